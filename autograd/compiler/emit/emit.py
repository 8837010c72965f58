"""The program of an array graph whose elements have places."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...primitives import Primitive
from ..ir.program import CONSTANTS, LANES, ONCE, Program, Ref
from ..layout.places import NOWHERE
from .products import contract
from .writer import Writer

if TYPE_CHECKING:
    from ..ir.array import ArrayGraph, Elements, Value
    from ..layout.places import Places

    Operand = Ref | float


def emit(graph: ArrayGraph, places: Places) -> Program:
    """The instructions of all values, in their order.

    Args:
        graph: a legal graph.
        places: of its elements.
    """
    return _Emitter(graph, places).run()


class _Emitter:
    def __init__(self, graph: ArrayGraph, places: Places) -> None:
        self.graph = graph
        self.places = places
        self.writer = writer = Writer(places.once, places.lanes)
        self.np = writer.np
        self.homes: dict[tuple[int, int], int] = {}
        """Of elements of which an arena needs a copy, by arena and element: the position of that."""
        self.fixed: dict[float, list[Ref]] = {0.0: [], 1.0: []}
        """Copies of these numbers, which are there before everything."""
        self.early: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """Copies to be made before everything, by the arenas to and from: the position and the element."""

    def run(self) -> Program:
        graph, places, writer = self.graph, self.places, self.writer
        forward = 0
        last = int(graph.outputs.max(initial=-1))
        for value in graph.values:
            if value.op not in {"input", "lanes", "seed"}:
                self.value(value)
            if value.base <= last:
                forward = len(writer.instructions)
        outputs = self.results(graph.outputs)
        forward = max(forward, len(writer.instructions)) if not graph.gradients.size else forward
        gradients = self.gradients()
        early = self.copies()
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
            len(early) + forward,
            self.fixed[1.0],
            places.given,
            self.fixed[0.0],
            graph.doubtful,
        )

    # --- values ------------------------------------------------------------------------------

    def value(self, value: Value) -> None:
        writer = self.writer
        refs = [x if isinstance(x, float) else self.ref(x) for x in value.args]
        out = self.out(value)
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
        elif value.op == "segment":
            kind, *starts = value.detail
            writer.segment(kind, ref, starts, out)
        else:
            writer.over_lanes(ref, out)

    def out(self, value: Value) -> Ref:
        """Where the results of a value go, in one dimension."""
        span = slice(value.base, value.stop)
        return Ref(int(self.places.arena[value.base]), self.places.position[span])

    # --- operands ----------------------------------------------------------------------------

    def ref(self, elements: Elements) -> Ref:
        """Where elements stand; constants are put into the program, and what stands elsewhere than most is copied."""
        np, places = self.np, self.places
        arenas = places.arena[elements]
        first = int(arenas.flat[0])
        if (arenas == first).all():
            if first == NOWHERE:
                numbers = [self.graph.numbers[x] for x in elements.ravel().tolist()]
                return self.writer.table(np.array(numbers).reshape(elements.shape))
            return Ref(first, places.position[elements])
        laned = bool((arenas > ONCE).any())  # in LANES or ROWS
        arena = LANES if laned else ONCE
        positions = places.position[elements]
        elsewhere = arenas != arena
        late: dict[int, list[int]] = {}
        for element in np.unique(elements[elsewhere]).tolist():
            if (arena, element) not in self.homes:
                self.home(arena, element, late)
        for source, copied in late.items():
            target = Ref(arena, np.array([self.homes[arena, x] for x in copied]))
            self.writer.copy(Ref(source, places.position[copied]), target)
        positions[elsewhere] = [self.homes[arena, x] for x in elements[elsewhere].tolist()]
        return Ref(arena, positions)

    def home(self, arena: int, element: int, late: dict[int, list[int]]) -> None:
        """A place in an arena for a copy of an element, which is made early, or else noted in ``late``."""
        places = self.places
        number = self.graph.numbers.get(element)
        copy = self.writer.room(arena == LANES, (1,))
        self.homes[arena, element] = position = int(copy.positions[0])
        if number is not None and number in self.fixed and not self._is_negative_zero(number):
            self.fixed[number].append(copy)
            return
        source = CONSTANTS if number is not None else int(places.arena[element])
        leaf = number is not None or (source == ONCE and places.position[element] < places.given)
        if leaf or source > LANES:
            self.early.setdefault((arena, source), []).append((position, element))
        else:
            late.setdefault(source, []).append(element)

    def _is_negative_zero(self, number: float) -> bool:
        return bool(self.np.signbit(number))

    def copies(self) -> list[Any]:
        """The instructions that come before all others."""
        writer = self.writer
        made = len(writer.instructions)
        for (arena, source), pairs in self.early.items():
            positions, elements = (list(x) for x in zip(*pairs, strict=True))
            target = Ref(arena, self.np.array(positions))
            if source == CONSTANTS:
                ref = writer.table([self.graph.numbers[x] for x in elements])
            else:
                ref = Ref(source, self.places.position[elements])
            writer.copy(ref, target)
        early = writer.instructions[made:]
        del writer.instructions[made:]
        return early

    # --- results -----------------------------------------------------------------------------

    def results(self, elements: Elements) -> list[Operand]:
        """Results in their order, those of one arena in a row joined."""
        found: list[Operand] = []
        arenas = self.places.arena[elements].tolist()
        for _, run in groupby(range(len(elements)), lambda i: arenas[i]):
            part = elements[list(run)]
            if self.places.arena[part[0]] == NOWHERE:
                found += [self.graph.numbers[x] for x in part.tolist()]
            else:
                found.append(self.ref(part))
        return found

    def gradients(self) -> list[Operand]:
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
        return [self.ref(elements)]
