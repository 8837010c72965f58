"""Stage 7, run: a program on NumPy, with every buffer and view made beforehand."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from ..native import core
from .absent import LaneProduct, check
from .binding import Binder
from .ir.program import LANES, ONCE, Program, Ref, View
from .quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from .binding import Call
    from .ir.program import Instruction

    Array = Any


class Workspace:
    """The buffers of a program for one number of lanes and one kind of float, and its instructions on them.

    For one call at a time.

    Args:
        program: what to run.
        lanes: how many lanes there are; None if the program has none.
        dtype: the kind of float.
        once: a buffer to use as the arena ONCE, where several workspaces share it.

    Attributes:
        once: the arena that all lanes share, one-dimensional.
        rows: the arguments that differ from lane to lane, (lanes, ``program.rows``).
    """

    def __init__(
        self, program: Program, lanes: int | None, dtype: Any, once: Array | None = None
    ) -> None:
        import numpy as np

        self.np = np
        self.program = program
        self.lanes = lanes
        count = 1 if lanes is None else lanes
        self.dtype = np.dtype(dtype)
        self.once = np.zeros(max(program.once, 1), dtype) if once is None else once
        self.lane = np.zeros((max(program.lanes, 1), count), dtype)
        self.rows = np.zeros((count, max(program.rows, 1)), dtype)
        self.constants = np.array(program.constants, dtype)
        for ones in program.ones:
            (self.once, self.lane, self.rows.T)[ones.arena][ones.positions] = 1.0
        if program.lane_count is not None:
            self.once[program.lane_count] = count
        self._quietly = quiet()
        self._binder = Binder(dtype, self._most())
        self.code: list[Call] = []
        for number, instruction in enumerate(program.instructions):
            self.code += self._bind(instruction, number >= program.forward)
        self._native = self._in_c()
        self._watched: list[Any] | None = None
        self.results = [[self._result(ref) for ref in group] for group in program.outputs]

    def __call__(self) -> None:
        """Run all instructions."""
        self._quietly(self.run)

    def _most(self) -> int:
        """How many numbers the largest array has that an instruction works on."""
        views = [x for _, out, operands, _ in self.program.instructions for x in (out, *operands)]
        sizes = [
            math.prod(x.shape) * (len(self.rows) if x.laned else 1)
            for x in views
            if isinstance(x, View)
        ]
        return max(sizes, default=1)

    def run(self) -> None:
        """Run all instructions, under whatever ``numpy.errstate`` there is."""
        if self._native is not None:
            self._native.run()
            return
        for function, arguments in self.code:
            function(*arguments)

    def _in_c(self) -> Any:
        """The calls as the native core's list of records, where there is that core; None elsewhere."""
        if core is None:
            return None
        np = self.np
        loops = {getattr(np, name): number for number, name in enumerate(core.loops, 1)}
        known = [loops.get(f, 0) if isinstance(f, np.ufunc) else 0 for f, _ in self.code]
        return core.Calls([(k, *call) for k, call in zip(known, self.code, strict=True)])

    def has_nan(self) -> bool:
        """Whether a result is nan."""
        return bool(self._quietly(self._has_nan))

    def _has_nan(self) -> bool:
        if self._watched is None:
            self._watched = [
                found for group in self.program.outputs for found in map(self._watch, group)
            ]
        for total, zeros, numbers in self._watched:
            # What is infinite times 0 is nan too: only then are the numbers looked at one by one.
            if total(zeros) != 0.0 and self.np.isnan(numbers()).any():
                return True
        return False

    def _watch(
        self, ref: Ref | float
    ) -> tuple[Callable[[Array], float], Array, Callable[[], Array]]:
        """What adds up a result, each number times one of some zeros; and what reads the numbers."""
        np = self.np
        if not isinstance(ref, Ref):
            return float(ref).__mul__, 0.0, lambda: ref
        buffer = (self.once, self.lane, self.rows.T, self.constants)[ref.arena]
        positions = np.unique(ref.positions)
        first, last = int(positions[0]), int(positions[-1]) + 1
        whole = buffer[first:last]
        if last - first <= 2 * len(positions) and whole.flags.c_contiguous:
            line = whole.reshape(-1)
            return line.dot, np.zeros(len(line), line.dtype), lambda: buffer[positions]
        return lambda zeros: zeros, math.nan, lambda: buffer[positions]

    def view(self, view: View, lane_axis: bool = True) -> Array:
        """A NumPy array of a view.

        Args:
            view: the view.
            lane_axis: whether what is the same in all lanes gets a last axis of length 1, where there are lanes.
        """
        np, size = self.np, self.dtype.itemsize
        arena, offset, shape, strides = view
        buffer = (self.once, self.lane, self.rows, self.constants)[arena]
        if view.laned:
            step, last = (buffer.shape[1], 1) if arena == LANES else (1, buffer.shape[1])
            count = buffer.shape[1] if arena == LANES else buffer.shape[0]
            full = (*shape, count)
            steps = (*(s * step * size for s in strides), last * size)
            return np.ndarray(full, self.dtype, buffer, offset * step * size, steps)
        steps = tuple(s * size for s in strides)
        if self.lanes is not None and lane_axis:
            shape, steps = (*shape, 1), (*steps, 0)
        return np.ndarray(shape, self.dtype, buffer, offset * size, steps)

    def _result(self, ref: Ref | float) -> Any:
        """What reads a result: a function without arguments that returns an array (lanes, numbers), or (numbers,)
        without lanes."""
        from .layout.affine import nest

        np = self.np
        if not isinstance(ref, Ref):
            shape = (1,) if self.lanes is None else (self.lanes, 1)
            number = np.full(shape, ref, self.dtype)
            return number.copy
        found = nest(ref.positions[None])
        count = len(ref.positions)
        shape = (count,) if self.lanes is None else (self.lanes, count)
        if found is not None and len(found[0]) <= 1:
            inner = View(ref.arena, int(ref.positions[0]), (count,), found[1][0] or (1,))
            view = self.view(inner)
            if self.lanes is not None:
                view = np.broadcast_to(view, (count, self.lanes)).T
            return view.copy
        buffer = (self.once, self.lane, self.rows.T, self.constants)[ref.arena]
        positions = ref.positions
        if self.lanes is None:
            return partial(buffer.__getitem__, positions)
        if ref.laned:
            return lambda: np.ascontiguousarray(buffer[positions].T)
        return lambda: np.broadcast_to(buffer[positions], shape).copy()

    def _bind(self, instruction: Instruction, derivative: bool) -> list[Call]:
        """The calls of an instruction; ``derivative`` tells that it is one of the reverse sweep."""
        np, binder = self.np, self._binder
        op, out, operands, detail = instruction
        if op == "take":
            (source,) = operands
            assert isinstance(source, View)
            buffer = (self.once, self.lane, self.rows.T, self.constants)[source.arena]
            return binder.take(buffer, detail, self.view(out, lane_axis=False))
        if op == "scatter":
            buffer = self.once if out.arena == ONCE else self.lane
            source = self._source(operands[0], lane_axis=False)
            return binder.scatter(source, buffer, detail)
        if op == "absent":
            a, b = [self._source(x, lane_axis=False) for x in operands]
            target = self.view(out, lane_axis=False)
            whole = self.once[out.offset : out.offset + target.size]
            return [*binder.product(a, b, target), (check(detail, whole), (a, b, target))]
        if op == "lanewise":
            views = (out, *operands)
            sides = [self._source(x, lane_axis=False) for x in views]
            lanes_first = [
                np.moveaxis(side, -1, 0) if isinstance(x, View) and x.laned else side
                for x, side in zip(views, sides, strict=True)
            ]
            return [(LaneProduct(detail, *lanes_first), ())]
        if op in {"matmul", "vecdot"}:
            a, b = [self._source(x, lane_axis=False) for x in operands]
            if op == "matmul" and all(isinstance(x, View) and x.laned for x in operands):
                b = b.swapaxes(-1, -2)  # a sum over lanes
            return binder.product(a, b, self.view(out, lane_axis=False))
        if op == "reduce":
            kind, axes = detail
            source, target = self._source(operands[0]), self.view(out)
            last = source.ndim - (self.lanes is not None)
            if kind == "add":
                return binder.total(source, target, last - axes, last)
            axis = tuple(range(last - axes, last))
            return [(getattr(np, kind).reduce, (source, axis, None, target))]
        if op == "accumulate":
            source, target = self._source(operands[0]), self.view(out)
            along = len(out.shape) - 1
            return [(getattr(np, detail).accumulate, (source, along, None, target))]
        if op == "ragged":
            source = self._source(operands[0], lane_axis=False)
            kind, starts = detail
            target = self.view(out, lane_axis=False)
            return [(getattr(np, kind).reduceat, (source, starts, 0, None, target))]
        if op == "over_lanes":
            source, target = self._source(operands[0]), self.view(out, lane_axis=False)
            return binder.total(source, target, source.ndim - 1, source.ndim)
        sources = [self._source(x) for x in operands]
        return binder.elementwise(op, sources, self.view(out), derivative)

    def _source(self, operand: View | float, lane_axis: bool = True) -> Any:
        return self.view(operand, lane_axis) if isinstance(operand, View) else float(operand)
