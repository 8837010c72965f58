"""Stage 4, last: the order of the results inside a group, and *margins* beside them.

An operand is cheapest where it is a strided view of what is there already. Two things stand in the way. The
first is the order in which operations were recorded: a difference that two neighbours share is recorded with the
first of them. A group is therefore sorted by one of its operands where that leaves fewer breaks in them all. The
second are the ends: the left neighbours in a row are the row itself, shifted by one, but for the first. So a
group's results may get room before and behind them (and, in a plane, beside every line) that holds copies of the
few numbers that its users look for there. Copies of leaves and constants, which do not wait for anything, are
made once at the beginning, for all groups together.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from .ir.ops import REDUCING
from .ir.scalar import CONST
from .layout.affine import nest

if TYPE_CHECKING:
    from .reroll import Group, Schedule

    Ids = Any

FEWEST = 4
"""How many results a group has at least, to be worth arranging."""
MUCH = 4
"""How many times fewer breaks an order must have to be taken."""
COLUMNS = 8
"""The most operands that are looked at one by one."""


class Margin(NamedTuple):
    """Room around the results of a group: lines of ``run`` results, one every ``pitch`` places."""

    before: int
    after: int
    run: int
    pitch: int

    def slots(self, ranks: Ids) -> Ids:
        """Where results stand, counted from the first of them."""
        return ranks // self.run * self.pitch + ranks % self.run


class Fill(NamedTuple):
    """Copies in the margin of a group."""

    block: int
    """The number of the group."""
    slots: Ids
    """Where, counted from its first result."""
    ids: Ids
    """Of what."""


class Arrangement(NamedTuple):
    """How the numbers of a schedule are to be laid out. Groups have numbers, from 0."""

    groups: list[Group]
    """The groups, their nodes in the order in which the results are stored."""
    ids: list[Ids | None]
    """Their operands, a row a node; None where nodes have different numbers of them."""
    margins: dict[int, Margin]
    beside: dict[tuple[int, int], tuple[int, Ids]]
    """For operands (group, column) that are found with the help of a margin: the group that has it, and the slots."""
    early: list[Fill]
    """The copies of leaves and constants."""
    late: dict[int, list[Fill]]
    """The other copies, by the group after which they can be made."""


def arrange(schedule: Schedule) -> Arrangement:
    """Arrange the groups of a schedule."""
    return _Arranger(schedule).run()


class _Request(NamedTuple):
    """An operand that is the results of one group, shifted, but for a few."""

    group: int
    column: int
    ids: Ids
    inside: Ids
    """For each, whether it is where the shift puts it."""
    shift: int


class _Arranger:
    def __init__(self, schedule: Schedule) -> None:
        import numpy as np

        self.np = np
        graph = schedule.flat.graph
        self.operands = graph.operands
        size = len(self.operands)
        self.constant = np.frombuffer(graph.roles, dtype=np.uint8) == CONST
        self.groups = list(schedule.groups)
        self.block = np.full(size, -1, dtype=np.int64)
        self.rank = np.zeros(size, dtype=np.int64)
        self.place = np.arange(size)  # ids first, as good as any, then where the groups put them
        self.ids: list[Ids | None] = []
        self.requests: dict[int, list[_Request]] = {}
        self.found = Arrangement(self.groups, self.ids, {}, {}, [], {})

    def run(self) -> Arrangement:
        np = self.np
        start = len(self.operands)
        for number, group in enumerate(self.groups):
            ids = self.matrix(group)
            if ids is not None and not (group.matrix or group.scans) and self.fits(ids):
                regular, order = self.order(ids)
                if order is not None:
                    ids = ids[order]
                    nodes = [group.nodes[i] for i in order]
                    self.groups[number] = group = group._replace(nodes=nodes)
                if not regular:
                    self.look_beside(number, ids)
            self.ids.append(ids)
            count = len(group.nodes)
            nodes = np.array(group.nodes)
            self.block[nodes] = number
            self.rank[nodes] = np.arange(count)
            self.place[nodes] = np.arange(start, start + count)
            start += count
        for number, requests in self.requests.items():
            self.plan(number, requests)
        return self.found

    def matrix(self, group: Group) -> Ids | None:
        """The operands of a group, a row a node; None if nodes have different numbers of them. Of scans, the numbers that
        each is of, a row a scan."""
        if group.scans:
            return self.np.array([scan.inputs for scan in group.scans], dtype=self.np.int64)
        lists = [self.operands[node] for node in group.products or group.nodes]
        arity = len(lists[0])
        if group.row in REDUCING and set(map(len, lists)) != {arity}:
            return None
        count = len(lists) * arity
        ids = self.np.fromiter(chain.from_iterable(lists), dtype=self.np.int64, count=count)
        return ids.reshape(len(lists), arity)

    def fits(self, ids: Ids) -> bool:
        """Whether it is worth looking at a group."""
        return len(ids) >= FEWEST and ids.shape[1] <= COLUMNS

    # --- order -------------------------------------------------------------------------------

    def order(self, ids: Ids) -> tuple[bool, Ids | None]:
        """Whether all operands are views, and if not, an order of rows in which more are; None for as it is."""
        np = self.np
        constant = self.constant[ids]
        whole = constant.all(axis=0)
        mixed = constant.any(axis=0) & ~whole
        chosen_ids = ids[:, ~(whole | mixed)] if constant.any() else ids
        if not chosen_ids.size:
            return not mixed.any(), None
        vectors = np.ascontiguousarray(self.place[chosen_ids].T)
        columns = list(vectors)
        least = self.irregular(vectors)
        if least == (0, 0):
            return not mixed.any(), None
        chosen = None
        for column in columns:
            if (column[1:] >= column[:-1]).all():
                continue
            order = np.argsort(column, kind="stable")
            found = self.irregular(vectors[:, order])
            if found < least and MUCH * found[1] <= least[1]:
                least, chosen = found, order
        return False, chosen

    def irregular(self, vectors: Ids) -> tuple[int, int]:
        """How many operands are no views, and how often they do not go on by one, but for their ends."""
        np = self.np
        here = np.arange(vectors.shape[1])
        if nest(np.vstack([here[None], vectors])) is not None:
            return 0, 0
        bad = sum(nest(np.stack([here, vector])) is None for vector in vectors)
        breaks = (vectors[:, 2:-1] - vectors[:, 1:-2] != 1).sum()
        return max(bad, 1), int(breaks)

    # --- margins -----------------------------------------------------------------------------

    def look_beside(self, number: int, ids: Ids) -> None:
        """Note the operands of a group that a margin could help."""
        np = self.np
        count = len(ids)
        for column in range(ids.shape[1]):
            wanted = np.ascontiguousarray(ids[:, column])
            block = self.block[wanted[count // 2]]
            if block < 0 or len(self.groups[block].nodes) < FEWEST:
                continue
            within = self.block[wanted] == block
            ranks = self.rank[wanted]
            shifts = ranks - np.arange(count)
            shift = int(np.median(shifts[within]))
            inside = within & (shifts == shift)
            here = int(inside.sum())
            if here == count or 2 * here <= count:
                continue
            if within.all() and nest(ranks[None]) is not None:
                continue
            self.requests.setdefault(block, []).append(
                _Request(number, column, wanted, inside, shift)
            )

    def plan(self, block: int, requests: list[_Request]) -> None:
        """Give a group a margin, if that spares more instructions than it takes."""
        np = self.np
        count = len(self.groups[block].nodes)
        run = self.line(count, requests)
        cells: dict[tuple[int, int], int] = {}
        accepted = []
        for request in requests:
            found = self.cells(request, run, count)
            if found is None or any(cells.get(cell, i) != i for cell, i in found.items()):
                continue
            cells.update(found)
            accepted.append(request)
        if not accepted:
            return
        rows = count // run
        left = max(0, -min(column for _, column in cells))
        right = max(0, max(column for _, column in cells) - run + 1)
        pitch = run + left + right if rows > 1 else run
        places = np.array([row * pitch + column for row, column in cells])
        sources = np.array(list(cells.values()))
        last = (rows - 1) * pitch + run - 1
        margin = Margin(max(0, -int(places.min())), max(0, int(places.max()) - last), run, pitch)
        made = self.block[sources]
        moments = np.where(made < 0, -1, np.maximum(made, block))
        fills = {
            int(moment): Fill(block, places[moments == moment], sources[moments == moment])
            for moment in np.unique(moments)
        }
        cost = sum(1 if self.is_copy(fill) else 2 for moment, fill in fills.items() if moment >= 0)
        if self.groups[block].row in REDUCING:  # which may have to be moved
            cost += 1
        if cost > len(accepted):
            return
        self.found.margins[block] = margin
        for moment, fill in fills.items():
            if moment < 0:
                self.found.early.append(fill)
            else:
                self.found.late.setdefault(moment, []).append(fill)
        for request in accepted:
            here = np.arange(len(request.ids))
            row, column = here // run, here % run
            down, across = _split(request.shift, run)
            slots = here + request.shift
            if rows > 1:
                slots = (row + down) * pitch + column + across
            self.found.beside[request.group, request.column] = (block, slots)

    def is_copy(self, fill: Fill) -> bool:
        """Whether copies are one instruction."""
        return nest(self.np.stack([fill.slots, self.place[fill.ids]])) is not None

    def line(self, count: int, requests: list[_Request]) -> int:
        """The length of the lines that a group's results lie in, as told by what is not where a shift puts it."""
        np = self.np
        for request in requests:
            outside = np.flatnonzero(~request.inside)
            wanted = outside + request.shift
            if ((wanted >= 0) & (wanted < count)).any():
                starts = outside[np.concatenate([[True], outside[1:] - outside[:-1] > 1])]
                if len(starts) > 1:
                    run = int(starts[1] - starts[0])
                    if run > 1 and count % run == 0:
                        return run
        return count

    def cells(self, request: _Request, run: int, count: int) -> dict[tuple[int, int], int] | None:
        """Where an operand needs copies, as (line, column); None if there are results in the way."""
        np = self.np
        outside = np.flatnonzero(~request.inside)
        ids = request.ids[outside].tolist()
        rows = count // run
        if rows == 1:
            places = (outside + request.shift).tolist()
            if any(0 <= place < count for place in places):
                return None
            return {(0, place): i for place, i in zip(places, ids, strict=True)}
        if len(request.ids) != count:
            return None
        down, across = _split(request.shift, run)
        inside = np.flatnonzero(request.inside)
        columns = inside % run + across
        if ((columns < 0) | (columns >= run)).any():
            return None
        lines, columns = outside // run + down, outside % run + across
        if ((lines >= 0) & (lines < rows) & (columns >= 0) & (columns < run)).any():
            return None
        return dict(zip(zip(lines.tolist(), columns.tolist(), strict=True), ids, strict=True))


def _split(shift: int, run: int) -> tuple[int, int]:
    """A shift as one of lines and one of columns, the latter the smaller way round."""
    down = (shift + run // 2) // run
    return down, shift - down * run
