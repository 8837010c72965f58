"""The program of an array graph whose elements have places."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...primitives import Primitive
from ..ir.program import CONSTANTS, LANES, ONCE, Program, Ref
from ..layout.places import NOWHERE
from .products import contract
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ir.array import ArrayGraph, Elements
    from ..ir.program import Instruction
    from ..layout.places import Places

    Ids = Any

    Operand = Ref | float

FAR = 1 << 60
"""Copies come after all that has a place, also while places are sought, which are far from one another then."""
GATHERED = 512
"""How many numbers are gathered in the time that an instruction takes to start."""


def cost(instructions: Sequence[Instruction]) -> int:
    """How many instructions there are; much that is gathered counts as some more."""
    gathered = sum(math.prod(x.out.shape) for x in instructions if x.op == "take")
    return len(instructions) + gathered // GATHERED


def emit(graph: ArrayGraph, places: Places) -> Program:
    """The instructions of all values, in their order.

    Args:
        graph: a legal graph.
        places: of its elements.
    """
    return Emitter(graph, places).run()


class Emitter:
    """What writes the instructions of values whose elements have places.

    Args:
        graph: a legal graph.
        places: of its elements.
    """

    def __init__(self, graph: ArrayGraph, places: Places) -> None:
        self.graph = graph
        self.places = places
        self.np = places.np
        self._begin()

    def _begin(self) -> None:
        self.writer = Writer(self.places.sizes[ONCE], self.places.sizes[LANES])
        self.homes: dict[tuple[int, int], int] = {}
        """Of ids of which another arena needs a copy, by arena and id: the position of that."""
        self.fixed: dict[float, list[Ref]] = {0.0: [], 1.0: []}
        """Copies of these numbers, which are there before everything."""
        self.early: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """Copies to be made before everything, by the arenas to and from: the position and the element."""
        self.late: dict[int, list[int]] = {}
        """The ghosts to be filled after a value."""

    def cost(self, index: int) -> int:
        """What the instructions of a value cost, by itself."""
        self._begin()
        self.writer.sizes = {ONCE: FAR, LANES: FAR}
        self._value(index)
        return cost(self.writer.instructions)

    def run(self) -> Program:
        """The program."""
        self._begin()
        graph, places, writer = self.graph, self.places, self.writer
        self._ghosts()
        forward = 0
        last = int(graph.outputs.max(initial=-1))
        for index, value in enumerate(graph.values):
            if value.op not in {"input", "lanes", "seed"}:
                self._value(index)
                self._fill(index)
            if value.base <= last:
                forward = len(writer.instructions)
        outputs = self._results(graph.outputs)
        gradients = self._gradients()
        early = self._copies()
        constants = writer.constants
        return Program(
            early + writer.instructions,
            writer.sizes[ONCE],
            writer.sizes[LANES],
            places.rows,
            self.np.concatenate(constants) if constants else self.np.zeros(1),
            [outputs, gradients],
            any(value.batched for value in graph.values),
            places.lane_count,
            places.seed,
            len(early) + (forward if graph.gradients.size else len(writer.instructions)),
            self.fixed[1.0],
            places.given,
            self.fixed[0.0],
            graph.doubtful,
            next((x.detail for x in graph.values if x.op == "input" and not x.batched), ()),
        )

    # --- values ------------------------------------------------------------------------------

    def _value(self, index: int) -> None:
        writer, value = self.writer, self.graph.values[index]
        refs: list[Operand] = []
        for argument, x in enumerate(value.args):
            known = isinstance(x, float)
            refs.append(x if known else self._ref(self.places.ids(index, argument, x)))
        span = slice(value.base, value.stop)
        out = Ref(int(self.places.arena[value.base]), self.places.position[span])
        if isinstance(value.op, Primitive):
            writer.elementwise(value.op.name, refs, out)
            return
        ref, *rest = (x for x in refs if isinstance(x, Ref))
        if value.op == "contract":
            there = [elements != self.graph.absent for elements in value.reads]
            box = Ref(out.arena, out.positions.reshape(value.shape))
            contract(writer, ref, rest[0], (there[0], there[1]), box, bool(value.detail))
        elif value.op == "reduce":
            writer.reduce(value.detail, ref, out)
        elif value.op == "accumulate":
            writer.accumulate(value.detail, ref, out)
        elif value.op == "segment":
            kind, *starts = value.detail
            writer.segment(kind, ref, starts, out)
        else:
            writer.over_lanes(ref, out)

    # --- copies ------------------------------------------------------------------------------

    def _ghosts(self) -> None:
        """Note when ghosts are to be filled."""
        places = self.places
        for ghost in places.ghosts().tolist():
            element, arena = int(places.source[ghost]), int(places.arena[ghost])
            if places.is_early(element):
                self._early(arena, int(places.position[ghost]), element)
            else:
                self.late.setdefault(int(places.owner[element]), []).append(ghost)

    def _fill(self, index: int) -> None:
        """Fill the ghosts of a value that has just been computed."""
        places = self.places
        by_arenas: dict[tuple[int, int], list[int]] = {}
        for ghost in self.late.get(index, ()):
            arenas = int(places.arena[ghost]), int(places.arena[places.source[ghost]])
            by_arenas.setdefault(arenas, []).append(ghost)
        for (arena, source), ghosts in by_arenas.items():
            order = self.np.array(sorted(ghosts, key=lambda ghost: int(places.position[ghost])))
            elements = places.source[order]
            ref = Ref(source, places.position[elements])
            self.writer.copy(ref, Ref(arena, places.position[order]))

    def _early(self, arena: int, position: int, element: int) -> None:
        """Note a copy of a constant or a leaf."""
        number = self.graph.numbers.get(element)
        if number in self.fixed and not self.np.signbit(number):
            assert number is not None
            self.fixed[number].append(Ref(arena, self.np.array([position])))
            return
        source = CONSTANTS if number is not None else int(self.places.arena[element])
        self.early.setdefault((arena, source), []).append((position, element))

    def _copies(self) -> list[Instruction]:
        """The instructions that come before all others."""
        writer = self.writer
        made = len(writer.instructions)
        for (arena, source), pairs in self.early.items():
            positions, elements = (list(x) for x in zip(*sorted(pairs), strict=True))
            if source == CONSTANTS:
                ref = writer.table([self.graph.numbers[x] for x in elements])
            else:
                ref = Ref(source, self.places.position[elements])
            writer.copy(ref, Ref(arena, self.np.array(positions)))
        early = writer.instructions[made:]
        del writer.instructions[made:]
        return early

    # --- operands ----------------------------------------------------------------------------

    def _ref(self, ids: Ids) -> Ref:
        """Where ids stand; constants are put into the program, and what stands elsewhere than most is copied."""
        np, places = self.np, self.places
        arenas = places.arena[ids]
        first = int(arenas.flat[0])
        if (arenas == first).all():
            if first == NOWHERE:
                numbers = [self.graph.numbers[x] for x in ids.ravel().tolist()]
                return self.writer.table(np.array(numbers).reshape(ids.shape))
            return Ref(first, places.position[ids])
        arena = LANES if (arenas > ONCE).any() else ONCE  # LANES or ROWS
        positions = places.position[ids]
        elsewhere = arenas != arena
        late: dict[int, list[int]] = {}
        for x in np.unique(ids[elsewhere]).tolist():
            if (arena, x) not in self.homes:
                self._home(arena, x, late)
        for source, copied in late.items():
            target = Ref(arena, np.array([self.homes[arena, x] for x in copied]))
            self.writer.copy(Ref(source, places.position[copied]), target)
        positions[elsewhere] = [self.homes[arena, x] for x in ids[elsewhere].tolist()]
        return Ref(arena, positions)

    def _home(self, arena: int, x: int, late: dict[int, list[int]]) -> None:
        """A place in an arena for a copy of an id, which is made early, or else noted in ``late``."""
        position = int(self.writer.room(arena == LANES, (1,)).positions[0])
        self.homes[arena, x] = position
        if self.places.is_early(int(self.places.source[x])):
            self._early(arena, position, int(self.places.source[x]))
        else:
            late.setdefault(int(self.places.arena[x]), []).append(x)

    # --- results -----------------------------------------------------------------------------

    def _results(self, elements: Elements) -> list[Operand]:
        """Results in their order, those of one arena in a row joined."""
        found: list[Operand] = []
        arenas = self.places.arena[elements].tolist()
        for _, run in groupby(range(len(elements)), lambda i: arenas[i]):
            part = elements[list(run)]
            if self.places.arena[part[0]] == NOWHERE:
                found += [self.graph.numbers[x] for x in part.tolist()]
            else:
                found.append(self._ref(part))
        return found

    def _gradients(self) -> list[Operand]:
        """The derivatives, in one place: by leaves that all lanes share, in the arena that these share."""
        elements = self.graph.gradients
        if not elements.size:
            return []
        arenas = self.places.arena[elements]
        if (arenas == NOWHERE).all():
            numbers = [self.graph.numbers[x] for x in elements.tolist()]
            if len(set(numbers)) == 1:
                return [numbers[0]]
            out = self.writer.room(False, (len(numbers),))
            self.writer.copy(self.writer.table(numbers), out)
            return [out]
        return [self._ref(elements)]
