"""A function compiled for one structure of arguments: how its numbers go in and its results come out."""

from __future__ import annotations

import threading
from itertools import groupby
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

from ..collector import collector_paused
from ..structure import flatten
from .costing import has_lanes_on_tape
from .ir.program import ONCE, ROWS
from .pipeline import DERIVE, GROUP, LOWER, PASSES, RECORD, SIMPLIFY, Task, choose, run
from .plan import Plan, argument_names, entries_of
from .saved import Saved
from .shortcut import route
from .stages import record
from .straightline import generate, source
from .tape import encode, tape_of
from .trees import build, listed, writers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..structure import Structure
    from .ir.program import Program
    from .ir.scalar import ScalarGraph
    from .lanes import Batch
    from .running import Workspace
    from .stages import Recording
    from .tape import Code


SIZES = 8
"""For how many numbers of lanes an entry keeps workspaces."""


class Cost(NamedTuple):
    """What a compiled function costs a call (and a lane)."""

    path: str
    """``"arrays"`` or ``"straight line"``."""
    recorded: int
    """How many entries the recording had, without constants."""
    nodes: int
    """How many operations were left of them after simplification, without those of derivatives."""
    instructions: int
    """How many array instructions, or lines of straight-line code, run."""
    flops: int
    """How many numbers they compute: the floating-point operations, a product with a sum counting once."""
    bytes: int
    """The memory of the buffers."""


class Way:
    """Arguments of one outline, and the entry for them."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry


class Entry:
    """A function compiled for one structure of arguments.

    Args:
        plan: what to compute.
        structure: of ``(args, kwargs)`` of one lane.
        laned: for each number of these, whether it differs from lane to lane; empty for no lanes.
        dtype: the kind of float.
        exact: whether derivatives are to tell what is absent from 0 (:mod:`.masked`), which takes longer. Another
            entry asks this of one, the first time that an answer of its own has a nan that may come of it.
    """

    def __init__(
        self,
        plan: Plan,
        structure: Structure,
        laned: tuple[bool, ...],
        dtype: str,
        exact: bool = False,
    ) -> None:
        recording = record(plan.function, structure, exact)
        recorder = recording.recorder
        self.out = recording.out
        self._structure = structure
        self._exact: Entry | None = None
        self.plan = plan
        self.dtype = dtype
        self.laned = laned
        self.recorded = len(recorder.operands) - len(recorder.constants)
        self.gradients: list[Structure] = []
        wanted: list[int] = []
        if plan.argnums is not None:
            self._check(plan, structure)
            count = len(structure.parts[0].parts)
            for argnum in plan.chosen:
                wanted += entries_of(structure, argnum)
                self.gradients.append(structure.parts[0].parts[argnum % count])
        self.wanted = wanted
        self.answer, self._places = self._of_answer()
        self._task = Task(
            tuple(sorted(wanted)), tuple(i for i, on in enumerate(laned) if on), exact
        )
        self.graph: ScalarGraph = run(recording, self._task, SIMPLIFY)
        self._program: Program | None = None
        self._source: ScalarGraph | None = None
        self._tape: Any = None
        self._arguments = structure.size
        self._idle: list[tuple[Workspace, Callable[[], Any], Way | None, list[Any]]] = []
        self._free: dict[int, list[Workspace]] = {}
        self._lock = threading.Lock()
        schedule = choose(self.graph, self._task)
        if laned and dtype == "float64" and schedule and has_lanes_on_tape(schedule, self.graph):
            self._source = self._derived(recording)
            self._tape = tape_of(self._source)
            self._doubtful = recorder.doubtful
        if self._tape is not None:
            self._columns = [i for i, on in enumerate(laned) if on]
        elif schedule is not None:
            self._source = None
            self._program = program = run(schedule, self._task, *LOWER)
            self._order = _order(wanted)
            self._doubtful = recorder.doubtful or program.doubtful
        else:
            self._source = self._straight(recording)
            self._doubtful = recorder.doubtful
            self._tape = tape_of(self._source)
            self._run = self._tape.run if self._tape is not None else generate(self._source)

    def _check(self, plan: Plan, structure: Structure) -> None:
        name = getattr(plan.function, "__name__", "the function")
        out = self.out
        if plan.has_aux:
            if out.kind is not tuple or len(out.parts) != 2:
                raise TypeError(
                    f"a gradient with has_aux=True needs a function that returns a pair, what to "
                    f"differentiate and anything else, but {name} returned {out.describe()}"
                )
            out = out.parts[0]
        if out.kind is not None:
            raise TypeError(
                f"a gradient needs a function that returns one number, but {name} returned "
                f"{out.describe()}; use jacobian for the derivatives of each"
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
        if self.laned:
            return self._over_lanes(inputs)
        return self.of_parts([inputs])

    def of_parts(self, parts: list[Any], way: Way | None = None) -> Any:
        """The answer for the numbers of all arguments, in the parts of an outline.

        Args:
            parts: arrays, lists and numbers.
            way: the same object for parts of the same sizes.
        """
        captured = self.graph.parameters
        numbers = [parameter.data for parameter in captured] if captured else []
        if self._program is None:
            results = self._run(listed(parts), numbers)
            if self._doubtful and isnan(sum(results)) and any(map(isnan, results)):
                return self._exactly().of_parts(parts)
            return build(self.answer, list(map(float, results)))
        try:
            space, read, known, writes = self._idle.pop()
        except IndexError:
            space, read = self._space()
            known = None
        if known is not way or way is None:
            writes = writers(space.once, parts)
        for write, part in zip(writes, parts):  # noqa: B905 -- it costs as much as a write
            write(Ellipsis, part)
        if numbers:
            start = self._arguments
            space.once[start : start + len(numbers)] = numbers
        space()
        answer = read()
        wrong = self._doubtful and space.has_nan()
        self._idle.append((space, read, way, writes))
        return self._exactly().of_parts(parts) if wrong else answer

    def _exactly(self) -> Entry:
        """The same, to ask again where there is a nan that may be wrong."""
        with self._lock, collector_paused():
            if self._exact is None:
                self._exact = Entry(self.plan, self._structure, self.laned, self.dtype, exact=True)
            return self._exact

    def _derived(self, recording: Recording) -> ScalarGraph:
        """The graph of results and derivatives, these in the order of the arguments."""
        if not self.wanted:
            return self.graph
        found: ScalarGraph = run(recording, Task(tuple(self.wanted)), DERIVE)
        return found

    def _straight(self, recording: Recording) -> ScalarGraph:
        """The graph of what a call answers with, in its order."""
        found = self._derived(recording)
        return found._replace(outputs=tuple([found.outputs[i] for i in self._places]))

    def _of_answer(self) -> tuple[Structure, list[int]]:
        """The structure of what a call answers with, and where its entries stand among results and derivatives."""
        start = self.out.size
        slopes = []
        for structure in self.gradients:
            slopes.append(structure.unflatten(range(start, start + structure.size)))
            start += structure.size
        answer = self.plan.answer(self.out.unflatten(range(self.out.size)), slopes)
        order = flatten(answer)[0]
        return self.plan.structure(self.out, self.gradients), [int(i) for i in order]

    def route(self) -> Any:
        """The way past Python for calls by position, if there is one."""
        if self._tape is None or self.laned:
            return None
        arguments = self._structure.parts[0]
        captured = self.graph.parameters
        return route(self._tape, arguments, self.answer, captured, self._doubtful, self)

    def _space(self) -> tuple[Workspace, Callable[[], Any]]:
        """A workspace without lanes, and what reads the answer from it."""
        from .answers import locate, reader
        from .running import Workspace

        program = self._program
        assert program is not None
        space = Workspace(program, None, self.dtype)
        values, slopes = program.outputs
        value = reader(self.out, locate(values, program.constants, self.out.size), space.once)
        if not self.gradients:
            return space, value
        places = locate(slopes, program.constants, len(self.wanted))
        if self._order is not None:
            places = places.at(self._order)
        readers, start = [], 0
        for structure in self.gradients:
            stop = start + structure.size
            readers.append(reader(structure, places.at(slice(start, stop)), space.once))
            start = stop
        one = isinstance(self.plan.argnums, int)
        gradient = readers[0] if one else lambda: tuple([read() for read in readers])
        if not self.plan.returned:
            return space, gradient
        if self.plan.value:
            return space, lambda: (value(), gradient())
        return space, lambda: (gradient(), value()[1])

    def _over_lanes(self, batch: Batch) -> Any:
        import numpy as np

        parameters = [parameter.data for parameter in self.graph.parameters]
        shared = [*batch.shared, *parameters]
        if self._tape is not None:
            return self._lane_by_lane(batch, shared)
        assert self._program is not None
        block = self._block()
        values, gradients = [], []
        for start in range(0, batch.size, block):
            stop = min(start + block, batch.size)
            space = self._take(stop - start)
            space.once[: len(shared)] = shared
            batch.fill(space.rows, start, stop)
            space()
            if self._doubtful and space.has_nan():
                return self._exactly()._over_lanes(batch)
            if self.plan.returned:
                values.append(_columns(space.results[0], stop - start, self.out.size))
            if self.gradients:
                columns = _columns(space.results[1], stop - start, len(self.wanted))
                gradients.append(columns if self._order is None else columns[:, self._order])
            free = self._free.get(stop - start)
            if free is not None:
                free.append(space)
        if len(values) > 1 or len(gradients) > 1:
            values, gradients = ([np.concatenate(x)] if x else [] for x in (values, gradients))
        return batch.answer(
            self, values[0] if values else None, gradients[0] if gradients else None
        )

    def _lane_by_lane(self, batch: Batch, shared: list[float]) -> Any:
        """The answer for a batch, on the tape."""
        import numpy as np

        size = self.out.size
        rows = np.empty((batch.size, len(self._columns)))
        batch.fill(rows, 0, batch.size)
        found = np.empty((batch.size, size + len(self.wanted)))
        self._tape.lanes(rows, self._columns, shared, found)
        if self._doubtful and np.isnan(found).any():
            return self._exactly()._over_lanes(batch)
        values = found[:, :size] if self.plan.returned else None
        return batch.answer(self, values, found[:, size:] if self.gradients else None)

    def _block(self) -> int:
        """How many lanes go at once: what they work on should stay in the processor's cache."""
        assert self._program is not None
        a_lane = 8 * (self._program.lanes + self._program.rows)
        return max(64, min(2048, (1 << 20) // max(a_lane, 1)))

    def _take(self, lanes: int) -> Workspace:
        """A workspace for a number of lanes that nobody else is using."""
        from .running import Workspace

        free = self._free.get(lanes)
        if free is None:
            with self._lock:
                while len(self._free) >= SIZES:
                    del self._free[next(iter(self._free))]
                free = self._free.setdefault(lanes, [])
        try:
            return free.pop()
        except IndexError:
            assert self._program is not None
            return Workspace(self._program, lanes, self.dtype)

    def saved(self, name: str) -> Saved:
        """What a file has of it, with the numbers that captured Values have now.

        Raises:
            TypeError: if it has lanes or named arguments, or an operation that is no tape's.
        """
        arguments, named = self._structure.parts
        if self.laned or named.size:
            what = "maps over lanes" if self.laned else "has named arguments"
            raise TypeError(
                f"{name} {what}; a saved program is of one lane and of arguments by position"
            )
        exact = self._exactly()._code() if self._doubtful else None
        return Saved(name, arguments, self.answer, self._code(), exact)

    def _code(self) -> Code:
        """The tape, made now where it runs as arrays; its leaves are the arguments."""
        graph = self._source
        if graph is None:
            graph = self._straight(record(self.plan.function, self._structure, self._task.exact))
        return encode(graph).closed([parameter.data for parameter in graph.parameters])

    # --- descriptions ------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The array program, made now if straight-line code was cheaper."""
        made: Program | None = self._program
        if made is None:
            made = run(self.graph, self._task, *GROUP, *LOWER)
        assert made is not None
        return made._replace(names=self._names())

    def _names(self) -> tuple[tuple[str, int, int, int], ...]:
        """What the function calls its arguments, and where they stand."""
        args, kwargs = self._structure.parts
        names = argument_names(self.plan.function, len(args.parts))
        parts = [*zip(names, args.parts, strict=True)]
        parts += [(kwargs.keys[i], part) for i, part in enumerate(kwargs.parts)]
        ends = {ONCE: 0, ROWS: 0}
        found, leaf = [], 0
        for name, part in parts:
            arena = ROWS if leaf in self._task.batched else ONCE
            found.append((name, arena, ends[arena], part.size))
            ends[arena] += part.size
            leaf += part.size
        captured = [value.label or "captured" for value in self.graph.parameters]
        for label, alike in groupby(captured):
            count = len(list(alike))
            found.append((label, ONCE, ends[ONCE], count))
            ends[ONCE] += count
        return tuple(found)

    def stage(self, name: str) -> Any:
        """What a pass makes of the function; see :meth:`.compiled.Compiled.graph`."""
        if name in {RECORD, DERIVE.name}:
            found = record(self.plan.function, self._structure, self._task.exact)
            return found if name == RECORD else run(found, Task(tuple(self.wanted)), DERIVE)
        names = [each.name for each in PASSES]
        if name not in names:
            raise ValueError(
                f"stage must be one of {', '.join([RECORD, *names, DERIVE.name])}, not {name!r}"
            )
        if name == PASSES[-1].name:
            return self.program
        return run(self.graph, self._task, *PASSES[1 : names.index(name) + 1])

    @property
    def source(self) -> str:
        """The straight-line code, if that was cheaper."""
        if self._source is None:
            raise AttributeError("this function runs as an array program: see .program")
        return source(self._source, fast=True)

    @property
    def cost(self) -> Cost:
        """What a call costs."""
        nodes = self.graph.operations
        if self._source is not None:
            lines = self._source.operations
            flops = sum(len(ids) - 1 or 1 for ids in self._source.operands if ids)
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
    return block if block.shape == (lanes, count) else np.repeat(block, count, axis=1)
