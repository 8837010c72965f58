"""A function compiled for one structure of arguments: how its numbers go in and its results come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .costing import choose
from .derivative import gradient
from .plan import Plan, entries_of
from .simplify import simplify
from .stages import record
from .straightline import generate, source
from .trees import build, fill, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..structure import Structure
    from .graph import Graph
    from .lanes import Batch
    from .program import Program
    from .running import Workspace


class Cost(NamedTuple):
    """What a compiled function costs a call (and a lane)."""

    path: str
    """``"arrays"`` or ``"straight line"``."""
    recorded: int
    """How many entries the recording had."""
    nodes: int
    """How many operations were left of them after simplification, without those of derivatives."""
    instructions: int
    """How many array instructions, or lines of straight-line code, run."""
    flops: int
    """How many numbers they compute: the floating-point operations, a product with a sum counting once."""
    bytes: int
    """The memory of the buffers."""


class Entry:
    """A function compiled for one structure of arguments.

    Args:
        plan: what to compute.
        structure: of ``(args, kwargs)`` of one lane.
        laned: for each number of these, whether it differs from lane to lane; empty for no lanes.
        dtype: the kind of float.
    """

    def __init__(
        self, plan: Plan, structure: Structure, laned: tuple[bool, ...], dtype: str
    ) -> None:
        recorder, arguments, outputs, self.out = record(plan.function, structure)
        self.plan = plan
        self.dtype = dtype
        self.laned = laned
        self.recorded = len(recorder.operands)
        self.gradients: list[Structure] = []
        wanted: list[int] = []
        if plan.argnums is not None:
            self._check(plan, structure)
            count = len(structure.parts[0].parts)
            for argnum in plan.chosen:
                wanted += entries_of(structure, argnum)
                self.gradients.append(structure.parts[0].parts[argnum % count])
        self.wanted = wanted
        self.graph: Graph = simplify(recorder, arguments, outputs)
        self._program: Program | None = None
        self._source: Graph | None = None
        self._free: dict[int | None, list[Workspace]] = {}
        schedule = choose(self.graph, wanted, [i for i, on in enumerate(laned) if on])
        if schedule is not None:
            from .lowering import lower

            self._program = lower(schedule, sorted(wanted))
            self._order = _order(wanted)
        else:
            if wanted:
                found = gradient(recorder, [(outputs[0], 1.0)], [arguments[i] for i in wanted])
                ids = [i for x in found if (i := recorder.id_of(x)) is not None]
                self._source = simplify(recorder, arguments, [*outputs, *ids])
            else:
                self._source = self.graph
            self._run = generate(self._source)

    def _check(self, plan: Plan, structure: Structure) -> None:
        name = getattr(plan.function, "__name__", "the function")
        if self.out.kind is not None:
            raise TypeError(
                f"a gradient needs a function that returns one number, but {name} returned "
                f"{self.out.describe()}"
            )
        count = len(structure.parts[0].parts)
        for argnum in plan.chosen:
            if not -count <= argnum < count:
                raise TypeError(
                    f"argument {argnum} of {name} is to be differentiated by, but {count} arguments "
                    f"came by position"
                )

    # --- calls -------------------------------------------------------------------------------

    def __call__(self, inputs: Any) -> Any:
        """The answer for the numbers of all arguments, or for a :class:`~.lanes.Batch`."""
        parameters = [parameter._data for parameter in self.graph.parameters]
        if self._program is None:
            results = [float(x) for x in self._run(inputs, parameters)]
            return self._answer(results[: self.out.size], results[self.out.size :])
        if self.laned:
            return self._over_lanes(inputs, parameters)
        space = self._take(None)
        count = len(inputs)
        space.once[:count] = inputs
        if parameters:
            space.once[count : count + len(parameters)] = parameters
        space()
        return self._collect(space)

    def of_parts(self, parts: list[Any]) -> Any:
        """The answer for the numbers of all arguments, in the parts of an outline."""
        if self._program is None:
            return self(listed(parts))
        space = self._take(None)
        end = fill(space.once, parts)
        if self.graph.parameters:
            numbers = [parameter._data for parameter in self.graph.parameters]
            space.once[end : end + len(numbers)] = numbers
        space()
        return self._collect(space)

    def _over_lanes(self, batch: Batch, parameters: list[float]) -> Any:
        import numpy as np

        assert self._program is not None
        block = self._block()
        values, gradients = [], []
        for start in range(0, batch.size, block):
            stop = min(start + block, batch.size)
            space = self._take(stop - start)
            shared = [*batch.shared, *parameters]
            space.once[: len(shared)] = shared
            batch.fill(space.rows, start, stop)
            space()
            if self.plan.value:
                values.append(_columns(space.results[0], stop - start, self.out.size))
            if self.gradients:
                columns = _columns(space.results[1], stop - start, len(self.wanted))
                gradients.append(columns if self._order is None else columns[:, self._order])
            self._free[stop - start].append(space)
        return batch.answer(
            self,
            np.concatenate(values) if values else None,
            np.concatenate(gradients) if gradients else None,
        )

    def _block(self) -> int:
        """How many lanes go at once: what they work on should stay in the processor's cache."""
        assert self._program is not None
        a_lane = 8 * (self._program.lanes + self._program.rows)
        return max(64, min(2048, (1 << 20) // max(a_lane, 1)))

    def _take(self, lanes: int | None) -> Workspace:
        """A workspace that nobody else is using."""
        from .running import Workspace

        free = self._free.setdefault(lanes, [])
        try:
            return free.pop()
        except IndexError:
            assert self._program is not None
            return Workspace(self._program, lanes, self.dtype)

    def _collect(self, space: Workspace) -> Any:
        """The answer from a workspace, which is given back."""
        values, gradients = space.results
        value: Any = ()
        if self.plan.value:
            if self.out.kind is None:
                value = values[0]().tolist()
            else:
                value = _joined([read() for read in values])
        slopes: Any = ()
        if self.gradients:
            slopes = _joined([read() for read in gradients])
            if len(slopes) < len(self.wanted):
                slopes = slopes.repeat(len(self.wanted))
            if self._order is not None:
                slopes = slopes[self._order]
        self._free[None].append(space)
        return self._answer(value, slopes)

    def _answer(self, values: Any, gradients: Any) -> Any:
        """The results in their structures."""
        if not self.gradients:
            return build(self.out, values)
        trees, start = [], 0
        for structure in self.gradients:
            trees.append(build(structure, gradients[start : start + structure.size]))
            start += structure.size
        found = trees[0] if isinstance(self.plan.argnums, int) else tuple(trees)
        return (build(self.out, values), found) if self.plan.value else found

    # --- descriptions ------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The array program, made now if straight-line code was cheaper."""
        if self._program is None:
            from .lowering import lower, schedule

            return lower(schedule(self.graph, self.wanted), sorted(self.wanted))
        return self._program

    @property
    def source(self) -> str:
        """The straight-line code, if that was cheaper."""
        if self._source is None:
            raise AttributeError("this function runs as an array program: see .program")
        return source(self._source, fast=True)

    @property
    def cost(self) -> Cost:
        """What a call costs."""
        nodes = len(self.graph.operands) - self.graph.leaves
        if self._source is not None:
            lines = len(self._source.operands) - self._source.leaves
            flops = sum(len(ids) - 1 or 1 for ids in self._source.operands[self._source.leaves :])
            size = 24 * len(self._source.operands)
            return Cost("straight line", self.recorded, nodes, lines, flops, size)
        program = self.program
        flops = sum(x.elements for x in program.instructions)
        numbers = program.once + program.lanes + program.rows + len(program.constants)
        size = numbers * (4 if self.dtype == "float32" else 8)
        return Cost("arrays", self.recorded, nodes, len(program.instructions), flops, size)


def _order(wanted: Sequence[int]) -> Any:
    """Where each wanted leaf is among them in ascending order; None if they are ascending."""
    if list(wanted) == sorted(wanted):
        return None
    import numpy as np

    return np.argsort(np.argsort(np.array(wanted)))


def _columns(readers: Sequence[Any], lanes: int, count: int) -> Any:
    """Results as an array (lanes, numbers)."""
    import numpy as np

    found = [read() for read in readers]
    block = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
    return np.broadcast_to(block, (lanes, count)) if block.shape != (lanes, count) else block


def _joined(arrays: Sequence[Any]) -> Any:
    if len(arrays) == 1:
        return arrays[0]
    import numpy as np

    return np.concatenate(arrays)
