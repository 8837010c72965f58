"""Matrix products in which some terms are absent: not 0, for 0 times infinity is nan, but not there at all."""

from __future__ import annotations

from typing import Any

Array = Any


class AbsentProduct:
    """``out = a @ b`` without the terms that are absent; the factor of those in ``a`` is 0.

    The plain product is right as long as it is finite. Where it is not, it is computed again, term by term: a factor
    that is not finite may have met a 0 that stands for nothing.

    Args:
        there: for each number of ``a``, whether it is there.
        whole: the memory of ``out``, in one dimension.
    """

    def __init__(self, there: Array, whole: Array) -> None:
        import numpy as np

        self._np = np
        self._product = np.matmul
        self._there = there
        self._zeros = np.zeros(len(whole), whole.dtype)
        self._nonzero = whole.dot  # with zeros: 0 if all is finite, else nan

    def __call__(self, a: Array, b: Array, out: Array) -> None:
        """Compute the product."""
        self._product(a, b, out)
        if self._nonzero(self._zeros) != 0.0:
            self._again(a, b, out)

    def _again(self, a: Array, b: Array, out: Array) -> None:
        np = self._np
        total = np.zeros(out.shape, out.dtype)
        for k in range(a.shape[-1]):
            there = self._there[..., :, k, None]
            total += np.where(there, a[..., :, k, None] * b[..., k, None, :], 0.0)
        out[...] = total


class LaneProduct:
    """``out = a @ b`` in every lane, without the terms that are absent.

    BLAS wants the numbers of a lane beside each other; where they are not, they are copied.

    Args:
        there: for each number of ``a``, whether it is there.
        a: (lanes, ..., rows, terms), or without lanes.
        b: (lanes, ..., terms, columns), or without lanes.
        out: (lanes, ..., rows, columns).
    """

    def __init__(self, there: Array, a: Array, b: Array, out: Array) -> None:
        import numpy as np

        self._copy = np.copyto
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
        self._product = np.matmul if there.all() else AbsentProduct(there, whole)
        self._out = out
        self._found = beside

    def __call__(self) -> None:
        """Compute the product."""
        for beside, side in self._copies:
            self._copy(beside, side)
        self._product(*self._factors)
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
