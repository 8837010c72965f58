"""The rules of primitives on elements: what they do with these symbols becomes values of the tape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import primitives as p
from ...operators import Operators
from ...primitives import ABSENT, TRACED
from .. import conditions as c
from ..masked import as_number, is_partial, select

if TYPE_CHECKING:
    from ...primitives import Primitive
    from ..ir.array import Elements
    from .tape import Tape

_composites: dict[Primitive, Any] = {}


def composite(row: Primitive) -> Any:
    """The forward rule of a primitive that is no kernel, on symbols."""
    if row not in _composites:
        _composites[row] = row.bind(TRACED).forward
    return _composites[row]


class Symbol(Operators):
    """Elements side by side, for the rules of primitives."""

    __slots__ = ("_count", "_tape", "_zeros_of", "operand")

    def __init__(self, tape: Tape, operand: Elements, count: int) -> None:
        self._tape = tape
        self._count = count
        self.operand = operand
        self._zeros_of: Elements | None = None  # of a condition: what it asks if it is 0

    def _apply(self, primitive: Primitive, *operands: Any) -> Any:
        args = [x.operand if isinstance(x, Symbol) else float(x) for x in operands]
        return self._tape.symbol(self._tape.rule(primitive, args, self._count), self._count)

    def __lt__(self, other: Any) -> Any:
        return self._apply(c.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return self._apply(c.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._apply(c.lt, other, self)

    def __ge__(self, other: Any) -> Any:
        return self._apply(c.le, other, self)

    def _equal(self, a: Any, b: Any) -> Any:
        found = self._apply(c.equal, a, b)
        if type(b) is float and b == 0.0 and isinstance(a, Symbol) and isinstance(found, Symbol):
            found._zeros_of = a.operand
        return found

    def _isnan(self) -> Any:
        return self._apply(c.isnan, self)

    def _where(self, a: Any, b: Any) -> Any:
        return self._apply(p.where, self, a, b)

    def _select(self, a: Any, b: Any) -> Any:
        """The choice of a rule: between numbers or partials."""
        if not is_partial(a) and not is_partial(b):
            return self._where(a, b)
        if self._tape.exact:
            return select(self, a, b)
        self._tape.doubtful = True
        if a is ABSENT and isinstance(b, Symbol) and b.operand is self._zeros_of:
            return b
        return self._where(as_number(a), as_number(b))

    def __and__(self, other: Any) -> Any:
        return self._apply(c.both, self, other)

    def __or__(self, other: Any) -> Any:
        return self._apply(c.either, self, other)

    def __invert__(self) -> Any:
        return self._apply(c.negation, self)
