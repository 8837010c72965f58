"""Matrix products in which some terms are absent: not 0, for 0 times infinity is nan, but not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = Any


def check(there: Array, whole: Array) -> Callable[[Array, Array, Array], None]:
    """A function of two factors and their product, which makes the product right where it has terms that are absent.

    The plain product, where the factors of those terms are 0, is right as long as it is finite. Where it is not, it is
    computed again, term by term: a factor that is not finite may have met a 0 that stands for nothing.

    Args:
        there: for each number of the first factor, whether it is there.
        whole: the memory of the product, in one dimension.
    """
    import numpy as np

    zeros = np.zeros(len(whole), whole.dtype)
    total = whole.dot  # with zeros: 0 if all is finite, else nan

    def checked(a: Array, b: Array, out: Array) -> None:
        if total(zeros) != 0.0:
            _compute(there, a, b, out)

    return checked


def _compute(there: Array, a: Array, b: Array, out: Array) -> None:
    import numpy as np

    found = np.zeros(out.shape, out.dtype)
    for k in range(a.shape[-1]):
        terms = a[..., :, k, None] * b[..., k, None, :]
        found += np.where(there[..., :, k, None], terms, 0.0)
    out[...] = found


class LaneProduct:
    """``out = a @ b`` in every lane, without the terms that are absent.

    BLAS wants the numbers of a lane beside each other; where they are not, they are copied.

    Args:
        there: for each number of ``a``, whether it is there.
        out: (lanes, ..., rows, columns).
        a: (lanes, ..., rows, terms), or without lanes.
        b: (lanes, ..., terms, columns), or without lanes.
    """

    def __init__(self, there: Array, out: Array, a: Array, b: Array) -> None:
        import numpy as np

        self._copy = np.copyto
        self._product = np.matmul
        self._copies = []
        factors = []
        for side in (a, b):
            if side.ndim == there.ndim or side.itemsize in side.strides[-2:]:
                factors.append(side)
                continue
            _, beside = _beside(side)
            self._copies.append((beside, side))
            factors.append(beside)
        whole, beside = _beside(out)
        self._factors = (*factors, beside)
        self._check = None if there.all() else check(there, whole)
        self._out = out
        self._found = beside

    def __call__(self) -> None:
        """Compute the product."""
        for beside, side in self._copies:
            self._copy(beside, side)
        self._product(*self._factors)
        if self._check is not None:
            self._check(*self._factors)
        self._copy(self._out, self._found)


def _beside(array: Array) -> tuple[Array, Array]:
    """Room for an array in which the numbers of a lane are contiguous: all of it, and what is to be used.

    Lanes have a few numbers between them, for distances of powers of two are slow.
    """
    import numpy as np

    lanes, count, size = len(array), array[0].size, array.itemsize
    whole = np.zeros(lanes * (count + 8), array.dtype)
    steps = [size]
    for n in reversed(array.shape[2:]):
        steps.append(n * steps[-1])
    strides = ((count + 8) * size, *reversed(steps))
    return whole, np.ndarray(array.shape, array.dtype, whole, 0, strides)
