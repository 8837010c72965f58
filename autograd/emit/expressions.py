"""Rules read as expressions: equal ones are one object, so that what is computed twice is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast
from weakref import WeakValueDictionary

from ..namespaces import IEEE, Namespace
from .number import Number, function

if TYPE_CHECKING:
    from collections.abc import Iterable

_known: WeakValueDictionary[tuple[Any, ...], Expression] = WeakValueDictionary()


class Expression(Number):
    """A number of which there is one object for each operation on the same operands."""

    __slots__ = ("__weakref__",)

    @classmethod
    def make(cls, op: str, *operands: Any, value: Any = None) -> Self:
        # 0.0 and -0.0 are two constants, and one nan is the other. Operands live as long as what they are in.
        exact = value.hex() if type(value) is float else value
        key = (cls, op, exact, *map(id, operands))
        found = _known.get(key)
        if found is None:
            found = _known[key] = super().make(op, *operands, value=value)
        return cast("Self", found)

    def __radd__(self, other: Any) -> Self:
        # So begins the builtin sum(), whose additions may be compensated: see native/ieee.h. What a rule adds
        # to a sum looks like one more term; the readings take only sums of as many terms as there are arguments.
        if type(other) is int and other == 0:
            return self.make("sum", self)
        return super().__radd__(other)


def expressions() -> Namespace:
    """The namespace of expressions: the functions of floats, each written down."""
    functions = {name: function(Expression, name) for name in IEEE.own}
    functions["where"] = Expression.choose
    functions["largest"] = _largest
    return Namespace("expressions", functions)


def _largest(numbers: Iterable[Any]) -> Expression:
    return Expression.apply("largest", *numbers)


def named(name: str, truth: bool = False) -> Expression:
    """A variable of the text."""
    return Expression.make("truth" if truth else "name", value=name)
