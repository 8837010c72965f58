"""The basic operations that a tape knows, and how every row of the table unfolds into them.

A tape (``native/tape.h``) computes doubles with some 45 operations: those of C and the functions of the IEEE namespace.
A row is read as an expression (:mod:`.expressions`), whose parts are just these; so nobody writes a row for the tape, and
a truth is the number 1 or 0. C is printed from the list: ``tape_operations.h``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..namespaces import IEEE, Namespace
from ..table import bind_table
from .c import text
from .expressions import Expression, named
from .number import TRUTHS, function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..table import Primitive

_OF_TWO = ["div", "pow", "mod", "floordiv", "atan2", "hypot", "maximum", "minimum", "equal"]
_OF_ONE = sorted(IEEE.own - {*_OF_TWO, "where", "largest"})


class Operation(NamedTuple):
    """One thing that a tape can do."""

    name: str
    arity: int
    text: str
    """What it computes, in C, of the doubles a, b and c."""


def _operation(name: str, arity: int) -> Operation:
    operands = [named(letter) for letter in "abc"[:arity]]
    return Operation(name, arity, text(Expression.make(name, *operands)))


OPERATIONS = (
    *(_operation(name, 1) for name in ("neg", *_OF_ONE)),
    *(_operation(name, 2) for name in ("add", "sub", "mul", "less", "less_equal", *_OF_TWO)),
    _operation("where", 3),
    # A product that feeds one sum: rounded twice, as two instructions would round it.
    Operation("muladd", 3, "a * b + c"),
    Operation("mulsub", 3, "a * b - c"),
    Operation("submul", 3, "c - a * b"),
)

NUMBER = {operation.name: number for number, operation in enumerate(OPERATIONS)}
"""The number of each operation, by name: what an instruction of a tape begins with."""


def header() -> str:
    """``tape_operations.h``: a macro that applies another one to each operation."""
    calls = (f"    X({name}, {arity}, {text})" for name, arity, text in OPERATIONS)
    return (
        "/* Written by python -m autograd.emit from autograd/emit/operations.py: change that, not this. */\n"
        "/* Of each basic operation of a tape: its name, its arity, and what it makes of a, b and c. */\n"
        + " \\\n".join(["#define TAPE_OPERATIONS(X)", *calls])
        + "\n"
    )


# --- rows as operations ----------------------------------------------------------------------


class Term(Expression):
    """An expression in which a truth is a number, 1 or 0, as in the rows of conditions."""

    __slots__ = ()

    @classmethod
    def of(cls, number: Any) -> Any:
        """What a rule has as such a number."""
        return number if isinstance(number, cls) else super().of(number)

    @classmethod
    def choose(cls, condition: Any, a: Any, b: Any) -> Any:
        """``where`` of numbers, and of truths."""
        if not isinstance(condition, cls):
            return a if condition else b
        return cls.make("where", condition, cls.of(a), cls.of(b))

    def __mul__(self, other: Any) -> Any:
        if self.op in TRUTHS and isinstance(other, float) and other == 1.0:
            return self
        return super().__mul__(other)

    def __eq__(self, other: object) -> Any:
        return self.apply("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return self.make("isnan", self) if other is self else self.apply("sub", 1.0, self == other)

    __hash__ = Expression.__hash__


@cache
def _terms() -> Namespace:
    """The namespace of terms, which knows the rows of the table too."""
    functions = {name: function(Term, name) for name in IEEE.own}
    functions |= {"where": Term.choose, "largest": _largest}
    xp = Namespace("terms", functions)
    bind_table(xp)
    return xp


def _largest(numbers: Iterable[Any]) -> Any:
    """The builtin ``max``: the first of equal ones, and a nan only where it comes first."""
    first, *others = map(Term.of, numbers)
    for x in others:
        first = Term.choose(first < x, x, first)
    return first


class Unfolded(NamedTuple):
    """A row as operations.

    An operand is the number of an argument, or of an earlier step counted on from the arguments; a constant is its
    float.
    """

    steps: tuple[tuple[int, tuple[int | float, ...]], ...]
    """Each with the number of its operation."""
    result: int | float


def unfold(row: Primitive, count: int) -> Unfolded:
    """The forward rule of a row of that many arguments, as operations.

    Raises:
        TypeError: if the rule does something else with its arguments than rules may.
    """
    arguments = [Term.make("argument", value=i) for i in range(count)]
    places: dict[Term, int | float] = {term: i for i, term in enumerate(arguments)}
    steps: list[tuple[int, tuple[int | float, ...]]] = []
    result = Term.of(row.bind(_terms()).forward(*arguments))
    waiting = [result]
    while waiting:
        term = waiting[-1]
        if term in places:
            waiting.pop()
            continue
        if term.op == "constant":
            places[term] = term.value
            continue
        missing = [x for x in term.operands if x not in places]
        if missing:
            waiting += reversed(missing)
            continue
        name, operands = _plain(term.op, [places[x] for x in term.operands])
        places[term] = count + len(steps)
        steps.append((NUMBER[name], operands))
    return Unfolded(tuple(steps), places[result])


def _plain(op: str, operands: list[int | float]) -> tuple[str, tuple[int | float, ...]]:
    """An operation of expressions as one of a tape."""
    if op in {"greater", "greater_equal"}:
        return op.replace("greater", "less"), (operands[1], operands[0])
    if op == "sum":  # so the builtin sum() begins
        return "add", (0.0, operands[0])
    return op, tuple(operands)
