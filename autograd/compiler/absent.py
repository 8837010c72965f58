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
