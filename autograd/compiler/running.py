"""Stage 7, run: a program on NumPy, with every buffer and view made beforehand."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from ..namespaces import numpy_namespace
from .program import LANES, ONCE, ROWS, Program, Ref, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from .program import Instruction

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
            target = self.lane if ones.arena == LANES else self.rows.T
            target[ones.positions] = 1.0
        if program.lane_count is not None:
            self.once[program.lane_count] = count
        self._kernels = kernels()
        self.code = [self._bind(instruction) for instruction in program.instructions]
        self.results = [[self._result(ref) for ref in group] for group in program.outputs]

    def __call__(self) -> None:
        """Run all instructions."""
        with self.np.errstate(all="ignore"):
            self.run()

    def run(self) -> None:
        """Run all instructions, under whatever ``numpy.errstate`` there is."""
        for function, arguments in self.code:
            function(*arguments)

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
        from .layout import nest

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

    def _bind(self, instruction: Instruction) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """An instruction as a function and its arguments."""
        np = self.np
        op, out, operands, detail = instruction
        if op == "take":
            (source,) = operands
            assert isinstance(source, View)
            target = self.view(out, lane_axis=False)
            if source.arena == ROWS:
                return self.rows.T.take, (detail, 0, target, "clip")
            buffer = (self.once, self.lane, None, self.constants)[source.arena]
            return buffer.take, (detail, 0, target, "clip")  # type: ignore[union-attr]
        if op == "scatter":
            buffer = self.once if out.arena == ONCE else self.lane
            return buffer.__setitem__, (detail, self._source(operands[0], lane_axis=False))
        if op in {"matmul", "vecdot"}:
            a, b = [self._source(x, lane_axis=False) for x in operands]
            target = self.view(out, lane_axis=False)
            if op == "vecdot":
                return np.dot, (a, b, target)
            if a.ndim == b.ndim == 2 and self._is_outer(operands):
                b = b.T
            elif a.ndim == 3 and b.ndim == 3 and self._is_outer(operands):
                b = b.transpose(0, 2, 1)
            if a.ndim == b.ndim == 2 and a.shape[0] == 1 and target.flags.c_contiguous:
                return np.dot, (b.T, a[0], target[0])  # which starts faster than matmul
            return np.matmul, (a, b, target)
        if op == "reduce":
            kind, axes = detail
            source = self._source(operands[0])
            first = source.ndim - axes - (self.lanes is not None)
            axis: Any = first if axes == 1 else tuple(range(first, first + axes))
            return getattr(np, kind).reduce, (source, axis, None, self.view(out))
        if op == "ragged":
            source = self._source(operands[0], lane_axis=False)
            kind, starts = detail
            reduceat = getattr(np, kind).reduceat
            return reduceat, (source, starts, 0, None, self.view(out, lane_axis=False))
        if op == "over_lanes":
            source, target = self._source(operands[0]), self.view(out, lane_axis=False)
            if source.ndim == 2 and source.strides[-1] == self.dtype.itemsize:
                # A product with ones is BLAS, and faster than a sum.
                return np.matmul, (source, np.ones(source.shape[1], self.dtype), target)
            return np.add.reduce, (source, -1, None, target)
        target = self.view(out)
        sources = [self._source(x) for x in operands]
        if op == "copy":
            return np.copyto, (target, sources[0])
        return self._kernels[op], (*sources, target)

    def _is_outer(self, operands: tuple[View | float, ...]) -> bool:
        """Whether a matrix product is over lanes: both factors have them."""
        return all(isinstance(x, View) and x.laned for x in operands)

    def _source(self, operand: View | float, lane_axis: bool = True) -> Any:
        if isinstance(operand, View):
            return self.view(operand, lane_axis)
        if abs(operand) != math.inf:  # float32 has a smaller largest number
            most = float(self.np.finfo(self.dtype).max)
            operand = min(max(operand, -most), most) if operand == operand else operand
        return self.np.array(operand, self.dtype)  # a float would be converted at every call


_known_kernels: dict[str, Callable[..., Any]] = {}


def kernels() -> dict[str, Callable[..., Any]]:
    """A function ``(*operands, out)`` for each elementwise primitive."""
    if _known_kernels:
        return _known_kernels
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
        "and": np.multiply,
        "or": np.maximum,
        "both": np.multiply,
        "either": maximum,
        "negation": np.logical_not,
    }
    names = (
        "abs exp expm1 log log1p sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh"
    )
    names += " atanh hypot sign floor ceil round div pow"
    for name in names.split():
        found[name] = getattr(xp, name)
    for name in ("erf", "erfc"):
        found[name] = to(getattr(xp, name))
    _known_kernels.update(found)
    return _known_kernels
