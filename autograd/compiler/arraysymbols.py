"""The rules of primitives on positions: what they do with array symbols becomes instructions.

A primitive that is no instruction of its own is put together from others by its own row, bound to these symbols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import primitives as p
from ..operators import Operators
from ..primitives import ABSENT, TRACED
from . import conditions as c
from .ir.program import Ref
from .masked import as_number, is_partial, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive
    from .building import Builder, Operand

_composites: dict[Primitive, Any] = {}


def composite(row: Primitive) -> Any:
    """The forward rule of a primitive that is not direct, on array symbols."""
    if row not in _composites:
        _composites[row] = row.bind(TRACED).forward
    return _composites[row]


class ArraySymbol(Operators):
    """Numbers side by side, for the rules of primitives: what they do with it becomes instructions."""

    __slots__ = ("_builder", "_count", "_zeros_of", "operand")

    def __init__(self, builder: Builder, operand: Operand, count: int) -> None:
        self._builder = builder
        self._count = count
        self.operand = operand
        self._zeros_of: Operand | None = None  # of a condition: what it asks if it is 0

    def _apply(self, primitive: Primitive, *operands: Any) -> Any:
        builder, count = self._builder, self._count
        found = [x.operand if isinstance(x, ArraySymbol) else float(x) for x in operands]
        rule = _FOLDS.get(primitive)
        known = None if rule is None else rule(found)
        if known is not None:
            return builder.symbol(known, count)
        return builder.symbol(builder.rule(primitive, found, count), count)

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
        if type(b) is float and b == 0.0 and type(a) is ArraySymbol and type(found) is ArraySymbol:
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
        builder = self._builder
        if builder.exact:
            return select(self, a, b)
        builder.doubtful = True
        if a is ABSENT and type(b) is ArraySymbol and b.operand is self._zeros_of:
            return b
        return self._where(as_number(a), as_number(b))

    def __and__(self, other: Any) -> Any:
        return self._apply(c.both, self, other)

    def __or__(self, other: Any) -> Any:
        return self._apply(c.either, self, other)

    def __invert__(self) -> Any:
        return self._apply(c.negation, self)


def _fold_mul(operands: Sequence[Operand]) -> Operand | None:
    """The other factor, where one is 1."""
    a, b = operands
    if a == 1.0 and isinstance(a, float):
        return b
    return a if isinstance(b, float) and b == 1.0 else None


def _fold_where(operands: Sequence[Operand]) -> Operand | None:
    """The branch, where both are the same one."""
    _, a, b = operands
    same = a.matches(b) if isinstance(a, Ref) else a == b
    return a if same else None


_FOLDS = {p.mul: _fold_mul, p.where: _fold_where}
