"""The elementwise primitives as functions of NumPy arrays that write to an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..namespaces import numpy_namespace
from .ir.ops import KERNELS

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = Any

_known: dict[str, Callable[..., Any]] = {}


def kernels() -> dict[str, Callable[..., Any]]:
    """A function ``(*operands, out)`` for each elementwise primitive."""
    if _known:
        return _known
    import numpy as np

    xp = numpy_namespace()

    def to(function: Callable[..., Any]) -> Callable[..., Any]:
        def kernel(*arguments: Any) -> None:
            *operands, out = arguments
            out[...] = function(*operands)

        return kernel

    def where(condition: Array, a: Array, b: Array, out: Array) -> None:
        # Not in two steps to the output, which may be one of the operands.
        np.copyto(out, np.where(condition, a, b))

    def isnan(x: Array, out: Array) -> None:
        np.not_equal(x, x, out)

    def maximum(a: Array, b: Array, out: Array) -> None:
        np.maximum(a, b, out=out)  # a third argument by position is deprecated

    def minimum(a: Array, b: Array, out: Array) -> None:
        np.minimum(a, b, out=out)

    found: dict[str, Callable[..., Any]] = {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "neg": np.negative,
        "maximum": maximum,
        "minimum": minimum,
        "where": where,
        "lt": np.less,
        "le": np.less_equal,
        "equal": np.equal,
        "isnan": isnan,
        "both": np.multiply,
        "either": maximum,
        "negation": np.logical_not,
    }
    for row in KERNELS:
        if row.name not in found:
            found[row.name] = getattr(xp, row.name)
    for name in ("erf", "erfc"):
        found[name] = to(getattr(xp, name))
    _known.update(found)
    return _known
