"""What all entries of an elementwise rule share, taken out of it: one number each, computed once.

A rule such as Adam's, ``p - lr * (m / c) / ((v / d) ** 0.5 + eps)`` on arrays p, m and v, is seven operations
on arrays as it is written. Each array here carries a number that it is still to be multiplied with, through
products, quotients and square roots, until something needs it multiplied out: what is left is
``p - k * (m / (v ** 0.5 + e))``, five operations, with two numbers that plain floats give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from . import conditions as c
from .recording import Recorder, Symbol
from .simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph

    Number = float | Symbol
    """What all entries share: a constant, or an entry of the recording of numbers."""


class Scaled(NamedTuple):
    """An array that is the product of a number and of what is recorded."""

    factor: Number
    base: Symbol


class Hoisted(NamedTuple):
    """A rule in two parts."""

    numbers: ScalarGraph
    """From the rule's own numbers to those that :attr:`arrays` needs."""
    arrays: ScalarGraph
    """The operations on arrays; its arguments are the arrays, then the results of :attr:`numbers`."""
    move: Primitive | None
    """``sub`` or ``add`` if the rule's first result is the first array with that of :attr:`arrays` subtracted from
    it, or added to it."""


def hoist(graph: ScalarGraph, arrays: int, factors: bool = True) -> Hoisted:
    """Part a rule.

    Args:
        graph: of :func:`~.simplify.simplify` with ``finite=True``.
        arrays: how many of the first arguments are arrays; the others are numbers.
        factors: whether to carry factors along. Their quotients and roots may not exist where the rule's own
            operations do (a learning rate of 0, say); then a number of :attr:`Hoisted.numbers` is not finite.

    >>> from autograd.compiler.stages import simplified
    >>> rule = simplified(lambda p, g, lr: p - lr * g / 2, 1.0, 1.0, 1.0)
    >>> numbers, arrays, move = hoist(rule, 2)
    >>> print(numbers)
    x0
    v2 = x0 × 0.5
    return v2
    >>> print(arrays)
    x0, x1, x2
    v3 = x2 × x1
    return v3
    >>> move.name
    'sub'
    """
    return _Hoister(graph, arrays, factors).run()


class _Hoister:
    def __init__(self, graph: ScalarGraph, arrays: int, factors: bool) -> None:
        self.graph = graph
        self.factors = factors
        self.numbers, self.arrays = Recorder(), Recorder()
        self.found: list[Number | Scaled] = []
        self.own = [self.arrays.argument() for _ in range(arrays)]
        self.found += [Scaled(1.0, symbol) for symbol in self.own]
        self.given = [self.numbers.argument() for _ in range(graph.arguments - arrays)]
        self.found += self.given
        for parameter in graph.parameters:
            known = self.numbers.id_of(parameter)
            assert known is not None
            self.found.append(Symbol(self.numbers, known))
        self.needed: dict[int, Symbol] = {}
        """The arguments of the array part that stand for numbers, by those numbers' ids."""

    def run(self) -> Hoisted:
        graph = self.graph
        for i in range(graph.leaves, len(graph.operands)):
            row, ids = graph.primitives[i], graph.operands[i]
            if row is None:
                self.found.append(graph.constants[i])
                continue
            self.found.append(self.apply(row, [self.found[i] for i in ids]))
        results = []
        for i in graph.outputs:
            whole = self.whole(self.found[i])
            results.append(whole._id if isinstance(whole, Symbol) else self.arrays.constant(whole))
        move, results[0] = self.move(results[0])
        taken = [*self.own, *self.needed.values()]
        arguments = [symbol._id for symbol in taken]
        return Hoisted(
            simplify(self.numbers, [symbol._id for symbol in self.given], list(self.needed)),
            simplify(self.arrays, arguments, results, finite=True),
            move,
        )

    def move(self, result: int) -> tuple[Primitive | None, int]:
        """What the first array is moved by, if that is what a result is."""
        first = self.own[0]._id
        row, ids = self.arrays.primitives[result], self.arrays.operands[result]
        if row not in {p.add, p.sub} or first not in ids:
            return None, result
        other = ids[1] if ids[0] == first else ids[0]
        numbers = {symbol._id for symbol in self.needed.values()}
        if (
            other in self.arrays.constants
            or other == first
            or other in numbers
            or (row is p.sub and ids[1] == first)
        ):
            return None, result
        return row, other

    def apply(self, row: Primitive, operands: Sequence[Number | Scaled]) -> Number | Scaled:
        """An operation on what has been found of its operands."""
        if row is c.detach or row is c.same:
            return operands[0]
        if not any(isinstance(x, Scaled) for x in operands):
            number: Number = _apply(row, operands)
            return number
        if self.factors:
            found: Scaled | None = _RULES[row](self, *operands) if row in _RULES else None
            if found is not None:
                return found
        return Scaled(1.0, _apply(row, [self.whole(x) for x in operands]))

    def whole(self, x: Number | Scaled) -> Number:
        """Something multiplied out, for the recording of arrays."""
        if not isinstance(x, Scaled):
            if not isinstance(x, Symbol):
                return x
            if x._id not in self.needed:
                self.needed[x._id] = self.arrays.argument()
            return self.needed[x._id]
        return x.base if _is(x.factor, 1.0) else _apply(p.mul, [self.whole(x.factor), x.base])


def _is(x: Any, number: float) -> bool:
    """Whether something is that number, and no symbol."""
    return not isinstance(x, Symbol) and bool(x == number)


def _apply(row: Primitive, operands: Sequence[Any]) -> Any:
    for x in operands:
        if isinstance(x, Symbol):
            return x._apply(row, *operands)
    return row.forward(*operands)


# --- rules: from operands, one of them an array, to an array, or None where factors have to be multiplied out ---


def _mul(s: _Hoister, a: Any, b: Any) -> Scaled | None:
    if not isinstance(a, Scaled):
        a, b = b, a
    if not isinstance(b, Scaled):
        return Scaled(b if _is(a.factor, 1.0) else _apply(p.mul, [a.factor, b]), a.base)
    return None  # the product without its factors could overflow where this does not


def _div(s: _Hoister, a: Any, b: Any) -> Scaled:
    if not isinstance(b, Scaled):
        return Scaled(_apply(p.div, [a.factor, b]), a.base)
    if not isinstance(a, Scaled):
        return Scaled(_apply(p.div, [a, b.factor]), _apply(p.div, [1.0, b.base]))
    return Scaled(_apply(p.div, [a.factor, b.factor]), _apply(p.div, [a.base, b.base]))


def _neg(s: _Hoister, a: Any) -> Scaled:
    return Scaled(_apply(p.neg, [a.factor]), a.base)


def _sum(row: Primitive) -> Any:
    def rule(s: _Hoister, a: Any, b: Any) -> Scaled | None:
        if isinstance(a, Scaled) and isinstance(b, Scaled):
            if a.base._id == b.base._id:
                return Scaled(_apply(row, [a.factor, b.factor]), a.base)
            return None
        factor = (a if isinstance(a, Scaled) else b).factor
        if _is(factor, 1.0) or _is(factor, 0.0):
            return None
        parts = [
            x.base if isinstance(x, Scaled) else s.whole(_apply(p.div, [x, factor])) for x in (a, b)
        ]
        return Scaled(factor, _apply(row, parts))

    return rule


def _root(s: _Hoister, a: Any, exponent: Any = 0.5) -> Scaled | None:
    if isinstance(exponent, Scaled) or not _is(exponent, 0.5) or not isinstance(a, Scaled):
        return None
    if not isinstance(a.factor, Symbol) and not a.factor > 0.0:
        return None
    return Scaled(_apply(p.sqrt, [a.factor]), _apply(p.sqrt, [a.base]))


_RULES: dict[Primitive, Any] = {
    p.mul: _mul,
    p.div: _div,
    p.neg: _neg,
    p.add: _sum(p.add),
    p.sub: _sum(p.sub),
    p.sqrt: _root,
    p.pow_: _root,
}
