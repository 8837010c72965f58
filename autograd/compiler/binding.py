"""Which calls of NumPy an instruction becomes: the one place for what was measured.

A ufunc on arrays that are one stretch of memory (or single numbers) starts in 0.15 us; on anything else
NumPy first makes an iterator, which takes 0.5 us, and then loses its vector loops on short or strided rows. Copying
an operand to a stretch of memory starts in 0.08 us as ``place[...] = x``. So everything is copied to scratch
first unless it lies well, from one number to a hundred thousand. Likewise:

* a stride-0 operand is copied, or becomes a 0-d array if it is one number; ``maximum`` and ``minimum`` have vector
  loops for two full arrays only;
* comparisons write to an array of bools, which is then copied: writing them to floats makes an iterator again;
* ``a.dot(b, out)`` starts in 0.2 us, ``np.dot`` in 0.3, ``np.matmul`` in 0.65, a reduction in 0.65: sums are products with
  ones. BLAS leaves out what is multiplied by a single 0, and so loses 0 * inf: no dot with one number;
* ``take`` starts faster with ``mode="clip"`` and runs faster with ``mode="wrap"``; where its output may overlap the array
  that it takes from, it copies the output before and after.

A call is a function and its arguments. Several calls may share the scratch, so they are for one thread at a time.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from .kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = Any
    Call = tuple[Callable[..., Any], tuple[Any, ...]]

_COMPARISONS = {"lt", "le", "equal", "isnan"}
_LARGER = {"maximum", "either"}
_SMALLER = {"minimum"}
_SPECIAL = _COMPARISONS | _LARGER | _SMALLER | {"where", "pow", "negation"}

FEW = 64
"""Below this many numbers a slow loop costs less than what avoids it."""
MOST_STAGED = 1 << 17
"""Copying more numbers than this to scratch, out of the caches, costs more than the iterator."""
MOST_COPIED = 4096
"""Copying more numbers than this takes longer than starting ``matmul``."""
CLIPPED = 512
"""From this many numbers on, ``take`` is faster with ``mode="wrap"``."""
MOST_SUMMED = 1 << 14
"""The most numbers that are summed by BLAS: beyond, NumPy's pairwise sums round less and start fast enough."""


class Binder:
    """Makes calls of instructions on arrays of one kind of float, and holds what these share.

    Args:
        dtype: the kind of float.
        most: how many numbers the largest array has that is to be bound.
    """

    def __init__(self, dtype: Any, most: int) -> None:
        import numpy as np

        self.np = np
        self.dtype = np.dtype(dtype)
        self.most = most
        self._table = kernels()
        self._scratch: dict[Any, Array] = {}
        self._filled: dict[tuple[bytes, int], Array] = {}

    # --- memory ------------------------------------------------------------------------------

    def scratch(self, slot: int, size: int, dtype: Any = None) -> Array:
        """A stretch of memory that any call may overwrite; another one for each slot."""
        kind = self.dtype if dtype is None else dtype
        buffer = self._scratch.get((slot, kind))
        if buffer is None or len(buffer) < size:
            buffer = self._scratch[slot, kind] = self.np.empty(max(self.most, size), kind)
        return buffer[:size]

    def number(self, x: float) -> Array:
        """A constant as a 0-d array: a float would be converted at every call."""
        if abs(x) != math.inf:  # float32 has a smaller largest number
            most = float(self.np.finfo(self.dtype).max)
            x = min(max(x, -most), most) if x == x else x
        return self.np.array(x, self.dtype)

    def filled(self, x: float, size: int) -> Array:
        """An array of one number, never written to."""
        number = self.number(x)
        key = number.tobytes(), size
        if key not in self._filled:
            self._filled[key] = self.np.full(size, number, self.dtype)
        return self._filled[key]

    def _stretch(self, array: Array, shape: tuple[int, ...], slot: int, calls: list[Call]) -> Array:
        """The numbers of an array, broadcast to a shape, in a stretch of memory: its own, or scratch."""
        if array.shape == shape and array.flags.c_contiguous:
            return array.reshape(-1)
        place = self.scratch(slot, math.prod(shape))
        calls.append((place.reshape(shape).__setitem__, (Ellipsis, array)))
        return place

    def _to(self, target: Array, make: Callable[[Array], list[Call]]) -> list[Call]:
        """Calls that write a target, by way of scratch if it is not a stretch of memory."""
        if target.flags.c_contiguous:
            return make(target)
        place = self.scratch(3, target.size).reshape(target.shape)
        return [*make(place), (target.__setitem__, (Ellipsis, place))]

    # --- one number at a time ----------------------------------------------------------------

    def elementwise(
        self, op: str, operands: Sequence[Array | float], target: Array, derivative: bool = False
    ) -> list[Call]:
        """The calls of an elementwise primitive, or of ``copy``.

        Args:
            op: its name.
            operands: arrays that broadcast to the target's shape, and constants.
            target: where the result goes.
            derivative: whether the result is one, for which the sign of a zero does not matter.
        """
        sources = [
            x.reshape(()) if not isinstance(x, float) and x.size == 1 else x for x in operands
        ]
        if op == "copy":
            (source,) = sources
            return [(target.__setitem__, (Ellipsis, self._array(source)))]
        if op == "neg" and not _contiguous(*sources, target):
            # np.negative reads the wrong numbers where both are strided, the operand by 64 bytes (NumPy 2.4).
            op, sources, derivative = "mul", [*sources, -1.0], False
        if op == "mul" and derivative:
            factors = _outer(sources, target)
            if factors is not None:
                return self.product(*factors, target)
        wide = [target, *[x for x in sources if not isinstance(x, float) and x.ndim]]
        if all(x.shape == target.shape for x in wide) and (
            target.ndim == 1 or all(x.flags.c_contiguous for x in wide)
        ):
            return self._flat(op, [_flattened(x) for x in sources], target.reshape(-1))
        shape = target.shape
        if target.size > MOST_STAGED and op not in _SPECIAL:
            return [(self._table[op], (*map(self._array, sources), target))]
        calls: list[Call] = []
        sources = [
            x if isinstance(x, float) or not x.ndim else self._stretch(x, shape, slot, calls)
            for slot, x in enumerate(sources)
        ]
        return calls + self._to(target, lambda out: self._flat(op, sources, out.reshape(-1)))

    def _array(self, x: Array | float) -> Array:
        return self.number(x) if isinstance(x, float) else x

    def _flat(self, op: str, sources: list[Array | float], out: Array) -> list[Call]:
        """The calls of an elementwise primitive on numbers and arrays of one dimension."""
        np = self.np
        size = out.size
        if op == "where":
            return self._where(sources, out)
        if op == "pow":
            return self._power(sources[0], sources[1], out)
        if op == "negation":
            return [(np.subtract, (self.number(1.0), self._array(sources[0]), out))]
        calls: list[Call] = []
        if op in _COMPARISONS:
            mask = self.scratch(0, size, np.bool_)
            pair = [self._array(x) for x in sources] * (2 if op == "isnan" else 1)
            compare = np.not_equal if op == "isnan" else self._table[op]
            return [(compare, (*pair, mask)), (out.__setitem__, (Ellipsis, mask))]
        if op in _LARGER | _SMALLER:
            if size >= FEW:
                sources = [self._full(x, size, slot, calls) for slot, x in enumerate(sources)]
            arrays = [self._array(x) for x in sources]
            function = np.maximum if op in _LARGER else np.minimum
            # A third argument by position is deprecated.
            return [*calls, (partial(function, *arrays, out=out), ())]
        return [(self._table[op], (*map(self._array, sources), out))]

    def _full(self, x: Array | float, size: int, slot: int, calls: list[Call]) -> Array:
        """An operand as an array of a size."""
        if isinstance(x, float):
            return self.filled(x, size)
        return x if x.ndim else self._stretch(x, (size,), slot, calls)

    def _where(self, sources: list[Array | float], out: Array) -> list[Call]:
        np = self.np
        condition, a, b = map(self._array, sources)
        if np.may_share_memory(a, out):
            place = self.scratch(3, out.size)
            return [*self._where(sources, place), (out.__setitem__, (Ellipsis, place))]
        mask = self.scratch(0, out.size, np.bool_)
        return [
            (np.not_equal, (condition, self.number(0.0), mask)),
            (out.__setitem__, (Ellipsis, b)),
            (partial(np.copyto, out, a, where=mask), ()),
        ]

    def _power(self, x: Array | float, exponent: Array | float, out: Array) -> list[Call]:
        np = self.np
        calls: list[Call] = []
        base = self._array(x)
        constant = isinstance(exponent, float)
        if constant and exponent == 3.0:  # NumPy takes 50 ns for each
            square = self.scratch(3, out.size)
            return [(np.multiply, (base, base, square)), (np.multiply, (square, base, out))]
        if out.size > 1 and (not constant or exponent == 0.5):
            # Where the exponent is one number, 0.5, NumPy takes the root: of -0.0 and -inf, too.
            exponent = self._full(exponent, out.size, 1, calls)
        return [*calls, (np.power, (base, self._array(exponent), out))]

    # --- gathering and scattering ------------------------------------------------------------

    def take(self, buffer: Array, positions: Array, target: Array) -> list[Call]:
        """The calls that take numbers, or rows of lanes, out of an array to a stretch of memory."""
        if buffer.ndim > 1 and not buffer.flags.c_contiguous:  # of which NumPy would make a copy
            place = self.scratch(0, target.size).reshape(target.shape[::-1])
            return [
                (buffer.T.take, (positions, 1, place, "clip")),
                (target.__setitem__, (Ellipsis, place.T)),
            ]
        part, positions = _stretch_of(buffer, positions)
        mode = "clip" if target.size < CLIPPED else "wrap"
        if self.np.may_share_memory(part, target):
            place = self.scratch(0, target.size).reshape(target.shape)
            calls = [(part.take, (positions, 0, place, mode))]
            return [*calls, (target.__setitem__, (Ellipsis, place))]
        return [(part.take, (positions, 0, target, mode))]

    def scatter(self, source: Array, buffer: Array, positions: Array) -> list[Call]:
        """The calls that write numbers, or rows of lanes, to places of an array."""
        part, positions = _stretch_of(buffer, positions)
        return [(part.__setitem__, (positions, source))]

    # --- products and sums -------------------------------------------------------------------

    def product(self, a: Array, b: Array, target: Array) -> list[Call]:
        """The calls of a matrix product, batched over leading axes, or the inner product of two vectors."""
        np = self.np
        if a.size == 1 or b.size == 1:
            return self.elementwise("mul", [a, b], target)
        if a.ndim == b.ndim == 1:
            return [(a.dot, (b, target))]
        if a.ndim == b.ndim == 3 and len(target) <= 2:
            return [call for x in zip(a, b, target, strict=True) for call in self.product(*x)]
        if not a.ndim == b.ndim == 2:
            return [(np.matmul, (a, b, target))]
        calls: list[Call] = []
        factors = []
        for slot, x in enumerate((a, b)):
            one = x.flags.c_contiguous or x.flags.f_contiguous
            if not one and x.size > MOST_COPIED:
                return [(np.matmul, (a, b, target))]
            factors.append(x if one else self._stretch(x, x.shape, slot, calls).reshape(x.shape))
        return calls + self._to(target, lambda out: [(factors[0].dot, (factors[1], out))])

    def total(self, source: Array, target: Array, first: int, last: int) -> list[Call]:
        """The calls of a sum over neighbouring axes.

        Args:
            source: the array.
            target: where the sums go.
            first: the first of the axes that are summed over.
            last: the one behind them.
        """
        np = self.np
        shape = source.shape
        before, count, behind = map(math.prod, (shape[:first], shape[first:last], shape[last:]))
        calls: list[Call] = []
        in_place = source.ndim == 1 or source.flags.c_contiguous
        if count > MOST_SUMMED or (not in_place and source.size > MOST_COPIED):
            return [(np.add.reduce, (source, tuple(range(first, last)), None, target))]
        if source.ndim > 1:
            source = self._stretch(source, shape, 0, calls)
        ones = self.filled(1.0, count)

        def sums(out: Array) -> list[Call]:
            if before > 1 and behind > 1:
                blocks = source.reshape(before, count, behind)
                row = ones.reshape(1, count)
                return [(np.matmul, (row, blocks, out.reshape(before, 1, behind)))]
            if before > 1:
                return [(source.reshape(before, count).dot, (ones, out.reshape(before)))]
            if behind > 1:
                return [(ones.dot, (source.reshape(count, behind), out.reshape(behind)))]
            return [(source.dot, (ones, out.reshape(())))]

        return calls + self._to(target, sums)


def _stretch_of(buffer: Array, positions: Array) -> tuple[Array, Array]:
    """The part of an array in which positions lie, and where they lie in it.

    NumPy copies the whole output or source first where it might overlap the array.
    """
    first = int(positions.min())
    return buffer[first : int(positions.max()) + 1], positions - first


def _contiguous(*arrays: Array | float) -> bool:
    return all(isinstance(x, float) or x.flags.c_contiguous for x in arrays)


def _flattened(x: Array | float) -> Array | float:
    """An array that is a stretch of memory, in one dimension."""
    return x if isinstance(x, float) or x.ndim < 2 else x.reshape(-1)


def _outer(sources: list[Array | float], target: Array) -> tuple[Array, Array] | None:
    """The column and the row whose product a product of two operands is."""
    if target.ndim != 2 or min(target.shape) < 2:
        return None
    for a, b in (sources, sources[::-1]):
        if isinstance(a, float) or isinstance(b, float) or a.ndim != 2 or b.ndim != 2:
            return None
        if (a.shape[1] == 1 or not a.strides[1]) and (b.shape[0] == 1 or not b.strides[0]):
            return a[:, :1], b[:1]
    return None
