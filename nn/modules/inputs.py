"""What layers are given: one sample, checked once and turned into floats, Values and symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.operators import Operators
from autograd.reals import real

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


class Row(list[Any]):
    """Inputs of a layer that have been checked: floats, Values and symbols only."""

    __slots__ = ()


_CHECKED = frozenset({float, Value, Parameter})


def row(x: Any, length: int, layer: Module) -> Row:
    """Check a layer's input.

    Args:
        x: a sequence, an array or a bare number.
        length: how many numbers the layer takes.
        layer: the layer, for messages.

    Raises:
        ValueError: if their number is another, or if they are samples rather than numbers.
        TypeError: if they are not numbers.
    """
    if hasattr(x, "tolist"):  # NumPy's floats are slow one by one
        x = x.tolist()
    if isinstance(x, (Operators, float, int)):
        x = (x,)
    try:
        checked = Row(x)
    except TypeError:
        raise TypeError(f"{layer!r} takes a list of {length} numbers, not {x!r:.60}") from None
    kinds = set(map(type, checked))
    if not kinds <= _CHECKED:
        if any(issubclass(kind, (list, tuple)) or hasattr(kind, "__array__") for kind in kinds):
            checked = _unnested(checked, layer)
        checked[:] = [
            v if isinstance(v, Operators) else real(v, f"input {i}") for i, v in enumerate(checked)
        ]
    if len(checked) != length:
        raise ValueError(f"{layer!r} takes {length} inputs, not {len(checked)}")
    return checked


def _unnested(x: Row, layer: Module) -> Row:
    flat = Row(v.item() if getattr(v, "shape", None) == () else v for v in x)
    if any(isinstance(v, (list, tuple)) or hasattr(v, "shape") for v in flat):
        raise ValueError(
            f"{layer!r} takes one sample, a list of numbers, and was given a list of lists; "
            f"for many samples write [model(x) for x in X]"
        )
    return flat
