"""Where the numbers of a program stand: those of the groups, and copies of some beside or among others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ir.program import CONSTANTS, LANES, ONCE, ROWS, Ref
from .ir.scalar import BATCHED, CONST

if TYPE_CHECKING:
    from .arrange import Arrangement, Fill
    from .building import Builder, Operand
    from .reroll import Schedule

    Ids = Any


class Layout:
    """Where the number of each id stands: its arena and position, its block and its rank there."""

    def __init__(self, schedule: Schedule, arrangement: Arrangement) -> None:
        import numpy as np

        self.np = np
        self.arrangement = arrangement
        self.first: dict[int, tuple[int, int]] = {}
        """Of the groups with margins, by number: the arena and the position of the first result."""
        self.homes: dict[tuple[int, int], int] = {}
        """Of leaves and constants that another arena needs copies of, by arena and id: the position there."""
        graph = schedule.flat.graph
        size = len(graph.operands)
        self.leaves = graph.leaves
        roles = np.frombuffer(graph.roles, dtype=np.uint8)
        laned = roles[: graph.leaves] >= BATCHED
        self.once = int((~laned).sum())
        self.rows = int(laned.sum())
        self.arena = np.zeros(size, dtype=np.int8)
        self.position = np.zeros(size, dtype=np.int64)
        self.arena[: graph.leaves] = np.where(laned, ROWS, ONCE)
        self.position[: graph.leaves][~laned] = np.arange(self.once)
        self.position[: graph.leaves][laned] = np.arange(self.rows)
        self.block = np.zeros(size, dtype=np.int64)
        """The block of each id: 0 for leaves that all lanes share, 1 for the others, then the groups."""
        self.block[: graph.leaves][laned] = 1
        self.rank = self.position.copy()
        self.constant = roles == CONST
        """Whether each id is a constant; these are put into the program where they are used."""
        self.numbers = np.zeros(size)
        """The number of each id that is a constant."""
        ids = np.flatnonzero(self.constant)
        self.numbers[ids] = list(graph.constants.values())
        self.arena[ids] = CONSTANTS
        self.position[ids] = np.arange(len(ids))

    def column(self, builder: Builder, ids: Ids, number: int, index: int) -> Operand:
        """Where an operand of a group stands, in the margin of another group where that has been planned."""
        beside = self.arrangement.beside.get((number, index))
        if beside is None:
            return self.operand(builder, ids)
        block, slots = beside
        arena, start = self.first[block]
        return Ref(arena, start + slots)

    def matrix(self, builder: Builder, ids: Ids, number: int, index: int = 0) -> Operand:
        """The same for several operands of a group, the columns of ``ids``, of which the first is given."""
        beside = self.arrangement.beside
        indices = range(index, index + ids.shape[1])
        if not any((number, i) in beside for i in indices):
            return self.operand(builder, ids)
        columns = [self.column(builder, ids[:, i - index], number, i) for i in indices]
        arenas = {x.arena if isinstance(x, Ref) else None for x in columns}
        if len(arenas) > 1 or None in arenas:
            return self.operand(builder, ids)
        positions = self.np.stack([x.positions for x in columns], axis=1)  # type: ignore[union-attr]
        return Ref(columns[0].arena, positions)  # type: ignore[union-attr]

    def with_margin(self, builder: Builder, number: int, out: Ref, before: int) -> Ref:
        """The results of a group, moved to a place with a margin if they are to have one.

        Args:
            builder: what is added to.
            number: of the group.
            out: where its results stand.
            before: how many instructions there were before it.
        """
        margin = self.arrangement.margins.get(number)
        if margin is None:
            return out
        slots = margin.slots(self.np.arange(len(out.positions)))
        room = builder.place(out.laned, margin.before + int(slots[-1]) + 1 + margin.after)
        start = int(room.positions[0]) + margin.before
        self.first[number] = room.arena, start
        place = Ref(room.arena, start + slots)
        builder.move(out, place, before)
        return place

    def fill(self, builder: Builder, fills: list[Fill], homes: bool = False) -> None:
        """Make copies in margins.

        Args:
            builder: what is added to.
            fills: the copies.
            homes: whether to fill ``homes`` as well.
        """
        np = self.np
        by_arenas: dict[tuple[int, int], list[tuple[Ids, Ids]]] = {}
        for block, slots, ids in fills:
            arena, start = self.first[block]
            sources = self.arena[ids]
            for source in np.unique(sources):
                chosen = sources == source
                pair = start + slots[chosen], ids[chosen]
                by_arenas.setdefault((arena, int(source)), []).append(pair)
        for (arena, i), position in self.homes.items() if homes else ():
            source = int(self.arena[i])
            pair = np.array([position]), np.array([i])
            by_arenas.setdefault((arena, source), []).append(pair)
        for (arena, _), pairs in by_arenas.items():
            places = np.concatenate([slots for slots, _ in pairs])
            ids = np.concatenate([ids for _, ids in pairs])
            builder.put(self.operand(builder, ids), Ref(arena, places))

    def operand(self, builder: Builder, ids: Ids) -> Operand:
        """Where operands stand; constants are put into the program."""
        arenas = self.arena[ids]
        first = arenas.flat[0]
        if not (arenas == first).all():
            return self.mixed(builder, ids)
        if first == CONSTANTS:
            numbers = self.numbers[ids]
            if ids.ndim == 1:
                return builder.constant(numbers)
            found = builder.constant(numbers.ravel())
            if isinstance(found, Ref):
                return Ref(CONSTANTS, found.positions.reshape(ids.shape))
            return found
        return Ref(int(first), self.position[ids])

    def mixed(self, builder: Builder, ids: Ids) -> Ref:
        """Where operands of several arenas stand, the leaves and constants among them being copied to one."""
        np = self.np
        arenas = self.arena[ids]
        laned = bool(((arenas == LANES) | (arenas == ROWS)).any())
        arena = LANES if laned else ONCE
        positions = self.position[ids]
        for at in np.flatnonzero(arenas != arena).tolist():
            key = arena, int(ids.flat[at])
            assert key[1] < self.leaves or self.constant[key[1]], (
                "what is computed is there in its own arena"
            )
            if key not in self.homes:
                self.homes[key] = int(builder.place(laned, 1).positions[0])
            positions.flat[at] = self.homes[key]
        return Ref(arena, positions)
