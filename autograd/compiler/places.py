"""Where the numbers of a program stand: those of the groups, and copies of some beside or among others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .flatten import LANED_INPUT
from .program import CONSTANTS, LANES, ONCE, ROWS, Ref

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
        graph, classes, _ = schedule.flat
        size = len(graph.operands)
        self.leaves = graph.leaves
        laned = np.array([k >= LANED_INPUT for k in classes[: graph.leaves]], dtype=bool)
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
        self.constants = np.array(graph.constants, dtype=float)

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
            constant = ids < 0
            sources = np.where(constant, CONSTANTS, self.arena[np.maximum(ids, 0)])
            for source in np.unique(sources):
                chosen = sources == source
                pair = start + slots[chosen], ids[chosen]
                by_arenas.setdefault((arena, int(source)), []).append(pair)
        for (arena, i), position in self.homes.items() if homes else ():
            source = CONSTANTS if i < 0 else int(self.arena[i])
            pair = np.array([position]), np.array([i])
            by_arenas.setdefault((arena, source), []).append(pair)
        for (arena, _), pairs in by_arenas.items():
            places = np.concatenate([slots for slots, _ in pairs])
            ids = np.concatenate([ids for _, ids in pairs])
            builder.put(self.operand(builder, ids), Ref(arena, places))

    def operand(self, builder: Builder, ids: Ids) -> Operand:
        """Where operands stand; constants are put into the program."""
        constant = ids < 0
        if constant.any() != constant.all():
            return self.mixed(builder, ids)
        if constant.flat[0]:
            numbers = self.constants[~ids]
            if ids.ndim == 1:
                return builder.constant(numbers)
            found = builder.constant(numbers.ravel())
            if isinstance(found, Ref):
                return Ref(CONSTANTS, found.positions.reshape(ids.shape))
            return found
        arenas = self.arena[ids]
        first = arenas.flat[0]
        if not (arenas == first).all():
            return self.mixed(builder, ids)
        return Ref(int(first), self.position[ids])

    def mixed(self, builder: Builder, ids: Ids) -> Ref:
        """Where operands of several arenas stand, the leaves and constants among them being copied to one."""
        np = self.np
        arenas = np.where(ids < 0, CONSTANTS, self.arena[np.maximum(ids, 0)])
        laned = bool(((arenas == LANES) | (arenas == ROWS)).any())
        arena = LANES if laned else ONCE
        positions = self.position[np.maximum(ids, 0)]
        for at in np.flatnonzero(arenas != arena).tolist():
            key = arena, int(ids.flat[at])
            assert key[1] < self.leaves, "what is computed is always there in its own arena"
            if key not in self.homes:
                self.homes[key] = int(builder.place(laned, 1).positions[0])
            positions.flat[at] = self.homes[key]
        return Ref(arena, positions)
