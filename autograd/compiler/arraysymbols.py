"""The rules of primitives on positions: what they do with array symbols becomes instructions.

A primitive that is no instruction of its own is put together from others by its own row, bound to these symbols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import primitives as p
from .array.symbols import Symbol
from .ir.program import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive
    from .building import Operand


class ArraySymbol(Symbol):
    """A symbol whose maker is a builder of instructions, of which it asks for none that would copy an operand."""

    __slots__ = ()

    def _made(self, primitive: Primitive, args: list[Any]) -> Any:
        rule = _FOLDS.get(primitive)
        known = None if rule is None else rule(args)
        return super()._made(primitive, args) if known is None else known


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
