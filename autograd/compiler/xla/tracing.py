"""The numbers of a program while JAX traces it: nothing is written over, it is known which array has what is read.

An arena is not an array here. For each of its positions there is written down which of the arrays that were made so far holds it,
and where in it. So what an instruction reads is a slice, a transpose or a concatenation of arrays, known before anything runs.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..ir.program import CONSTANTS, LANES, ONCE, ROWS, View

if TYPE_CHECKING:
    from ..ir.program import Program

    Array = Any
    Positions = Any

PIECES = 40
"""From this many pieces on, what is read of several arrays is taken out of all of them joined."""


class Memory:
    """The arenas of a program during one trace.

    Args:
        program: the program.
        shared: the leaves that all lanes share, an array (leaves,).
        lanes: those that differ, an array (lanes, leaves), or None.
        seed: the cotangent to begin with, where the program asks for one.
    """

    def __init__(self, program: Program, shared: Array, lanes: Array | None, seed: Array) -> None:
        import jax.numpy as jnp
        import numpy as np
        from jax import lax

        self.np, self.jnp, self._hidden = np, jnp, lax.optimization_barrier
        self.dtype = shared.dtype
        self.count = None if lanes is None else lanes.shape[0]
        self.arrays: list[Array] = []
        sizes = {
            ONCE: program.once,
            LANES: program.lanes,
            ROWS: program.rows,
            CONSTANTS: len(program.constants),
        }
        self._array = {arena: np.zeros(size, int) for arena, size in sizes.items()}
        self._index = {arena: np.zeros(size, int) for arena, size in sizes.items()}
        for arena, size in sizes.items():  # 0 until it is written
            if arena != CONSTANTS and size:
                self._hold(arena, np.arange(size), np.zeros(size, int), self._filled(arena, 0.0))
        self.write(CONSTANTS, np.arange(sizes[CONSTANTS]), self.numbers(program.constants))
        self.write(ONCE, np.arange(len(shared)), shared)
        if lanes is not None:
            self.write(ROWS, np.arange(lanes.shape[1]), lanes.T)
        for ones in program.ones:
            nowhere = np.zeros(ones.positions.size, int)
            self._hold(ones.arena, ones.positions.ravel(), nowhere, self._filled(ones.arena, 1.0))
        for place, number in ((program.lane_count, self.count), (program.seed, seed)):
            if place is not None:
                self.write(ONCE, np.array([place]), jnp.full(1, number, self.dtype))

    def numbers(self, x: Any) -> Array:
        """Constants as an array. What is finite stays so: float32 has a smaller largest number.

        XLA does not see what they are, or it would add up those of ``(x + a) + b``.
        """
        np = self.np
        most = float(np.finfo(self.dtype).max)
        x = np.asarray(x, float)
        held = np.where(np.isinf(x), x, np.clip(x, -most, most))
        return self._hidden(self.jnp.asarray(held, self.dtype))

    def _filled(self, arena: int, number: float) -> Array:
        shape = (1,) if arena in (ONCE, CONSTANTS) or self.count is None else (1, self.count)
        return self.jnp.full(shape, number, self.dtype)

    # --- writing -----------------------------------------------------------------------------

    def write(self, arena: int, positions: Positions, array: Array) -> None:
        """Let an array (positions,), or (positions, lanes), be what stands at some positions."""
        self._hold(arena, positions, self.np.arange(len(positions)), array)

    def _hold(self, arena: int, positions: Positions, index: Positions, array: Array) -> None:
        self._array[arena][positions] = len(self.arrays)
        self._index[arena][positions] = index
        self.arrays.append(array)

    # --- reading -----------------------------------------------------------------------------

    def operand(self, operand: View | float, narrow: bool = False) -> Array:
        """The numbers of an operand; its lanes, if it has any, are the last axis.

        Args:
            operand: a view, or a constant.
            narrow: whether an axis along which all is the same may have length 1.
        """
        if not isinstance(operand, View):
            return self.numbers(operand)
        np = self.np
        shape = tuple(
            n if step else 1 for n, step in zip(operand.shape, operand.strides, strict=True)
        )
        view = operand._replace(shape=shape)
        found = self.read(operand.arena, view.positions.reshape(shape))
        if narrow or shape == operand.shape:
            return found
        assert np.ndim(found) >= len(shape)
        return self.jnp.broadcast_to(found, operand.shape + found.shape[len(shape) :])

    def read(self, arena: int, positions: Positions) -> Array:
        """What stands at positions, an array of any shape; one of that shape, and a last axis for lanes in their arenas."""
        arrays, index = self._array[arena][positions], self._index[arena][positions]
        if not arrays.size:
            return self.jnp.zeros(arrays.shape, self.dtype)
        return self._read(arrays, index)

    def _read(self, arrays: Positions, index: Positions) -> Array:
        np, jnp = self.np, self.jnp
        first = int(arrays.flat[0])
        if (arrays == first).all():
            return self._part(self.arrays[first], index)
        for axis in range(arrays.ndim):  # side by side along one axis
            line = arrays[tuple(slice(None) if i == axis else 0 for i in range(arrays.ndim))]
            along = [1] * arrays.ndim
            along[axis] = -1
            cuts = np.flatnonzero(np.diff(line)) + 1
            if len(cuts) < PIECES and (arrays == line.reshape(along)).all():
                pairs = zip(np.split(arrays, cuts, axis), np.split(index, cuts, axis), strict=True)
                return jnp.concatenate([self._read(*pair) for pair in pairs], axis)
        used, which = np.unique(arrays, return_inverse=True)
        parts = [self.arrays[i] for i in used]
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        return jnp.concatenate(parts)[starts[which.reshape(arrays.shape)] + index]

    def _part(self, array: Array, index: Positions) -> Array:
        """Some rows of an array: as slices if they are strided, as a gather otherwise."""
        np = self.np
        offset = int(index.flat[0])
        strides, found = [], np.array(offset)
        for axis, n in enumerate(index.shape):
            place = tuple(int(n > 1 and i == axis) for i in range(index.ndim))
            strides.append(int(index[place]) - offset)
            found = np.add.outer(found, np.arange(n) * strides[-1])
        if (found == index).all():
            sliced = self._strided(array, offset, index.shape, strides)
            if sliced is not None:
                return sliced
        return array[index]

    def _strided(
        self, array: Array, offset: int, shape: tuple[int, ...], strides: list[int]
    ) -> Array | None:
        """Rows of an array by strides, the largest of which steps over all of the next: None if that is not so."""
        jnp = self.jnp
        order = sorted(
            (i for i, n in enumerate(shape) if n > 1), key=lambda i: strides[i], reverse=True
        )
        spans = [(shape[i], strides[i]) for i in order]
        if any(step <= 0 for _, step in spans):
            return None
        for (_, step), (n, inner) in pairwise(spans):
            if step % inner or step < n * inner:
                return None
        tail = array.shape[1:]
        width = spans[0][0] * spans[0][1] if spans else 1
        found = array[offset : offset + width]
        if len(found) < width:  # the last step ends beyond the last row
            found = jnp.pad(found, [(0, width - len(found)), *((0, 0) for _ in tail)])
        for axis, (n, step) in enumerate(spans):
            found = found.reshape((*found.shape[:axis], n, step, *tail))
            inner = spans[axis + 1][0] * spans[axis + 1][1] if axis + 1 < len(spans) else 1
            found = found[(slice(None),) * (axis + 1) + (slice(inner),)]
        found = found.reshape(tuple(shape[i] for i in order) + tail)
        back = sorted(range(len(order)), key=order.__getitem__)
        found = found.transpose(*back, *range(len(order), found.ndim))
        return found.reshape(shape + tail)
