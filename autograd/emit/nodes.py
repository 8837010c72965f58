"""Rules read as what they do to nodes: partials as C that builds the graph of the next derivative.

Nothing is shared here that Python does not share: each evaluation is one number of its own, and they are written in
the order of evaluation, so that the graph, and with it the order of summation of the next derivative, is the one
that :func:`autograd.namespaces.traced_namespace` leads to. What a rule evaluates and does not use is left out.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Self

from ..namespaces import Namespace
from ..table import TABLE
from .c import branches, function, literal
from .expressions import Expression
from .loops import looped
from .number import TRUTHS, Number, may_be_absent
from .number import function as written

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..table import Rule

_serial = count()
_COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
}


class Evaluation(Number):
    """One evaluation of a row, of a comparison or of a choice, or a leaf."""

    __slots__ = ("serial",)

    serial: int
    """Its place in the order of evaluation."""

    @classmethod
    def make(cls, op: str, *operands: Any, value: Any = None) -> Self:
        new = super().make(op, *operands, value=value)
        new.serial = next(_serial)
        return new


def evaluations() -> Namespace:
    """The namespace of evaluations: each row of the table as one, as on nodes."""
    functions = {name: written(Evaluation, name) for name in [*TABLE, "equal", "isnan"]}
    functions["where"] = Evaluation.choose
    return Namespace("evaluations", functions)


def partial_as_nodes(
    row: str, place: int, parameters: Sequence[str], partial: Any, known: Collection[str]
) -> str:
    """``int t0_ROW(Operand *partial, Operand out, Operand x, ...)``: 1, 0 where absent, -1 on an exception.

    Args:
        row: the row's name.
        place: the argument's.
        parameters: the arguments' names.
        partial: the partial bound to :func:`evaluations`, or a number.
        known: the names of the rows that C has.

    Raises:
        TypeError: if it applies another row, or one of any number of arguments.
    """
    names = ("out", *parameters)
    if callable(partial):
        partial = partial(*(Evaluation.make("name", value=name) for name in names))
    result = Evaluation.make("absent") if partial is None else Evaluation.of(partial)
    body = _Body(known)
    lines = body.lines(result)
    declared = ["Operand *partial", *(f"Operand {name}" for name in names)]
    return function(f"static inline int t{place}_{row}", declared, lines)


class _Body:
    """The lines of one function; what it makes is held in the array ``t`` until it returns."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._made: dict[Evaluation, int] = {}
        self._texts: dict[Evaluation, str] = {}

    def lines(self, result: Evaluation) -> list[str]:
        steps = [e for e in _in_order(result) if e.operands and not may_be_absent(e)]
        made = [e for e in steps if e.op not in TRUTHS and e.op != "where"]
        self._made = {e: place for place, e in enumerate(made)}
        lines = []
        if self._made:
            empty = ", ".join(["{NULL, 0.0}"] * len(self._made))
            lines.append(f"Operand t[{len(self._made)}] = {{{empty}}};")
        for e in steps:
            lines += self._step(e)
        return lines + self._handed_over(result)

    def _step(self, e: Evaluation) -> list[str]:
        if e in self._made:
            return self._applied(e)
        named = sum(text[0] == "s" for text in self._texts.values())
        self._texts[e] = name = f"s{named}"
        if e.op == "where":
            condition, a, b = e.operands
            choice = f"{self._truth(condition)} ? {self._text(a)} : {self._text(b)}"
            return [f"const Operand {name} = {choice};"]
        numbers = [self._number(operand) for operand in e.operands]
        if e.op == "isnan":
            return [f"const int {name} = ag_isnan({numbers[0]});"]
        return [f"const int {name} = {numbers[0]} {_COMPARISONS[e.op]} {numbers[1]};"]

    def _applied(self, e: Evaluation) -> list[str]:
        arity = TABLE[e.op].arity
        if arity is None:
            raise TypeError(f"it applies {e.op}, a row of any number of arguments")
        if e.op not in self._known:
            raise TypeError(f"it applies {e.op}, which is not translated")
        operands = ", ".join(map(self._text, e.operands))
        self._texts[e] = made = f"t[{self._made[e]}]"
        call = f"apply{arity}(&{made}, OP_{e.op}, f_{e.op}, {operands})"
        return [f"if ({call} < 0)", f"    {self._released(-1)}"]

    def _handed_over(self, e: Evaluation) -> list[str]:
        if e.op == "absent":
            return [self._released(0)]
        if not may_be_absent(e):
            temporaries = f"t, {len(self._made)}" if self._made else "NULL, 0"
            return [f"return hand_over(partial, {self._text(e)}, {temporaries});"]
        condition, a, b = e.operands
        return branches(self._truth(condition), self._handed_over(a), self._handed_over(b))

    def _released(self, answer: int) -> str:
        return (
            f"return release(t, {len(self._made)}, {answer});"
            if self._made
            else f"return {answer};"
        )

    def _truth(self, e: Evaluation) -> str:
        return self._text(e) if e.op in TRUTHS else f"({self._number(e)} != 0.0)"

    def _number(self, e: Evaluation) -> str:
        return literal(e.value) if e.op == "constant" else f"value_of({self._text(e)})"

    def _text(self, e: Evaluation) -> str:
        if e.op == "constant":
            return f"constant({literal(e.value)})"
        if e.op == "name":
            return str(e.value)
        if may_be_absent(e):
            raise TypeError("a rule computes with an absent partial")
        return self._texts[e]


def _in_order(result: Evaluation) -> list[Evaluation]:
    """All that a number was made from and itself, in the order of evaluation."""
    found: set[Evaluation] = set()
    waiting = [result]
    while waiting:
        e = waiting.pop()
        if e not in found:
            found.add(e)
            waiting += e.operands
    return sorted(found, key=lambda e: e.serial)


def partials_as_operands(row: str, rule: Rule) -> str:
    """``Operand tn_ROW(Py_ssize_t i, Py_ssize_t n, const Operand *v)``: the partial by argument ``i``, borrowed.

    Raises:
        TypeError: if the partials are not all arguments, or all one constant.
    """

    def read(length: int) -> list[Expression]:
        arguments = [Evaluation.make("argument", value=i) for i in range(length)]
        out = Evaluation.make("name", value="out")
        partials = [Evaluation.of(p) for p in rule.partials[0](out, *arguments)]
        if any(p.op not in {"argument", "constant"} for p in partials):
            raise TypeError("its partials take computing, and it has any number of arguments")
        return [Expression.make(p.op, value=p.value) for p in partials]

    result = looped(read).result
    answer = f"constant({literal(result.value)})" if result.op == "constant" else str(result.value)
    lines = ["const Py_ssize_t half = n / 2;"] if "half" in answer else []
    declared = ["Py_ssize_t i", "Py_ssize_t n", "const Operand *v"]
    return function(f"static inline Operand tn_{row}", declared, [*lines, f"return {answer};"])
