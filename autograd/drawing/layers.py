"""Sugiyama's method for what stands in one frame: columns, an order in each, and coordinates.

After K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man, and Cybernetics 11 (1981). *Along* is the way that edges point, and *across*
the other. Each step takes time linear in what it places (but for sorting): boxes, and for each box the columns
that edges from it span.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from .chips import topological

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SWEEPS = 10
"""How often columns are ordered again after their neighbours, at most."""

SETTLINGS = 12
"""How often cells are moved towards their neighbours, at most."""

PATIENCE = 30_000
"""How many cells are ordered, and how many moved, before it is good enough, so that a tangle waits no longer."""


@dataclass(eq=False, slots=True)
class Cell:
    """What takes room in a column: a box, or the lane of an edge that passes.

    Attributes:
        length: its extent along.
        breadth: its extent across.
        weight: how much others follow it.
        column: which column.
        before: its neighbours in the column before, each with how far across of it an edge is straight.
        after: those in the next column.
        place: its number in the column.
        across: its centre.
        left: where its column begins, along.
        right: where its column ends.
    """

    length: float = 0.0
    breadth: float = 4.0
    weight: float = 3.0
    column: int = 0
    before: list[tuple[Cell, float]] = field(default_factory=list)
    after: list[tuple[Cell, float]] = field(default_factory=list)
    place: int = 0
    across: float = 0.0
    left: float = 0.0
    right: float = 0.0


Box = TypeVar("Box", bound=Cell)


@dataclass(eq=False, slots=True)
class Link(Generic[Box]):
    """An edge's part in one frame: between two cells, or between one and the frame's border.

    Attributes:
        edge: which edge.
        trunk: edges of one trunk and one tail share their lanes.
        tail: where it comes from; None for the border.
        head: where it goes to; None for the border.
        leave: how far across of the tail's centre it leaves.
        enter: how far across of the head's centre it enters.
        lanes: those that it passes, in its order.
        turns: if it runs against the others, how far further it turns around than the first to do so, behind
            its tail and before its head.
    """

    edge: int
    trunk: object
    tail: Box | None
    head: Box | None
    leave: float = 0.0
    enter: float = 0.0
    lanes: list[Cell] = field(default_factory=list)
    turns: tuple[float, float] = (0.0, 0.0)

    def is_back(self) -> bool:
        """Whether it runs against the others, in a circle."""
        return (
            self.tail is not None and self.head is not None and self.tail.column >= self.head.column
        )


def place(
    cells: Sequence[Box], links: Sequence[Link[Box]], rows: Iterable[Sequence[Cell]]
) -> list[list[Cell]]:
    """The columns of some cells and of the lanes between them, with ``across`` set for each.

    Args:
        cells: what to place.
        links: edges between them; their ``lanes`` are set.
        rows: cells to stand in this order where they stand in one column.
    """
    _set_columns(cells, links)
    every: list[Cell] = [*cells]
    every += _lanes(links, max((cell.column for cell in cells), default=-1) + 1)
    columns = _ordered(every, rows)
    _settle(columns)
    return columns


def _set_columns(cells: Sequence[Box], links: Sequence[Link[Box]]) -> None:
    """Each cell after all that it depends on; and late, where that makes edges shorter."""
    index = {cell: i for i, cell in enumerate(cells)}
    tails: list[list[int]] = [[] for _ in cells]
    for link in links:
        if link.tail is not None and link.head is not None:
            tails[index[link.head]].append(index[link.tail])
    order = topological([list(dict.fromkeys(row)) for row in tails])
    position = {i: k for k, i in enumerate(order)}
    heads: list[list[int]] = [[] for _ in cells]
    columns = [0] * len(cells)
    for i in order:
        tails[i] = [j for j in dict.fromkeys(tails[i]) if position[j] < position[i]]
        for j in tails[i]:
            heads[j].append(i)
            columns[i] = max(columns[i], columns[j] + 1)
    for _ in range(2):
        for i in reversed(order):
            held = sum(bool(tails[j]) for j in tails[i])
            if heads[i] and (not tails[i] or len(heads[i]) > held):
                columns[i] = max(columns[i], min(columns[j] for j in heads[i]) - 1)
    for i, cell in enumerate(cells):
        cell.column = columns[i]


def _lanes(links: Sequence[Link[Box]], count: int) -> Iterable[Cell]:
    """Make the lanes of edges that span columns, and make all neighbours known to each other."""
    trunks: dict[object, list[Cell]] = {}
    for link in links:
        tail, head = link.tail, link.head
        first = 0 if tail is None else tail.column + 1
        last = count if head is None else head.column
        if link.is_back():
            first, last = last, first
        back = link.edge if link.is_back() else None
        lanes = trunks.setdefault((link.trunk, tail, back, head if tail is None else None), [])
        for column in range(first + len(lanes), last):
            lane = Cell(column=column)
            if lanes:
                _connect(lanes[-1], lane, 0.0)
            elif tail is not None and back is None:
                _connect(tail, lane, link.leave)
            if back is not None and tail:
                lane.before.append((tail, 0.0))  # it stays near; the tail need not come to meet it
            lanes.append(lane)
            yield lane
        link.lanes = lanes[: last - first]
        if back is not None:
            link.lanes.reverse()
        elif head is not None and link.lanes:
            _connect(link.lanes[-1], head, -link.enter)
        elif head is not None and tail is not None:
            _connect(tail, head, link.leave - link.enter)


def _connect(tail: Cell, head: Cell, straight: float) -> None:
    tail.after.append((head, -straight))
    head.before.append((tail, straight))


# --- the order in each column ----------------------------------------------------------------


def _ordered(cells: list[Cell], rows: Iterable[Sequence[Cell]]) -> list[list[Cell]]:
    """The columns, each in an order with few crossings."""
    columns: list[list[Cell]] = [[] for _ in range(max((c.column for c in cells), default=-1) + 1)]
    seen: set[Cell] = set()
    for start in sorted(cells, key=lambda cell: -cell.column):
        stack = [start]  # depth first from what comes last, so that operands stand in their order
        while stack:
            cell = stack.pop()
            if cell not in seen:
                seen.add(cell)
                columns[cell.column].append(cell)
                stack.extend(tail for tail, _ in reversed(cell.before))
    kept: list[list[list[Cell]]] = [[] for _ in columns]
    for row in rows:
        parts: dict[int, list[Cell]] = {}
        for cell in row:
            parts.setdefault(cell.column, []).append(cell)
        for i, part in parts.items():
            kept[i].append(part)
    for column, parts_kept in zip(columns, kept, strict=True):
        _number(column, parts_kept)
    least, best = _crossings(columns), [column[:] for column in columns]
    for sweep in range(min(SWEEPS, 2 + PATIENCE // len(cells)) if cells else 0):
        if not least:
            break
        for i in range(len(columns)) if sweep % 2 else range(len(columns) - 1, -1, -1):
            column, centres = columns[i], {}
            for cell in column:
                near = cell.before if sweep % 2 else cell.after
                # An edge from one of a frame's rows counts as standing a little before or after its centre.
                sides = [
                    other.place + 0.8 * off / (other.breadth + abs(off)) for other, off in near
                ]
                centres[cell] = sum(sides) / len(sides) if sides else cell.place
            column.sort(key=centres.__getitem__)
            _number(column, kept[i])
        crossings = _crossings(columns)
        if crossings < least:
            least, best = crossings, [column[:] for column in columns]
    for column in best:
        _number(column, [])
    return best


def _number(column: list[Cell], rows: list[list[Cell]]) -> None:
    """Number a column's cells, after those of each row have changed places among themselves."""
    for i, cell in enumerate(column):
        cell.place = i
    for row in rows:
        for cell, i in zip(row, sorted(cell.place for cell in row), strict=True):
            column[i], cell.place = cell, i


def _crossings(columns: list[list[Cell]]) -> int:
    """How many pairs of edges cross: inversions, counted with a Fenwick tree."""
    total = 0
    for column in columns:
        ends = [end for cell in column for end in sorted(head.place for head, _ in cell.after)]
        size = max(ends, default=-1) + 1
        tree = [0] * (size + 1)
        for count, end in enumerate(ends):
            total += count
            i = end + 1
            while i:
                total -= tree[i]
                i &= i - 1
            i = end + 1
            while i <= size:
                tree[i] += 1
                i += i & -i
    return total


# --- coordinates -----------------------------------------------------------------------------


def _settle(columns: list[list[Cell]]) -> None:
    """Move cells towards their neighbours, from side to side and at last from both."""
    for column in columns:
        _spread(column, lambda cell: 40.0 * cell.place - 20.0 * len(column))  # noqa: B023
    turns = min(SETTLINGS, 4 + PATIENCE // max(1, sum(map(len, columns))))
    for turn in range(turns):
        for column in columns if turn % 2 else reversed(columns):
            _spread(column, _wish_between if turn >= turns - 4 else _WISHES[turn % 2])


def _wish(first: list[tuple[Cell, float]], second: list[tuple[Cell, float]], cell: Cell) -> float:
    near = first or second
    if not near:
        return cell.across
    total = weights = 0.0
    for other, straight in near:
        total += (other.across + straight) * other.weight
        weights += other.weight
    return total / weights


def _wish_between(cell: Cell) -> float:
    return _wish(cell.before + cell.after, [], cell)


_WISHES: list[Callable[[Cell], float]] = [
    lambda cell: _wish(cell.after, cell.before, cell),
    lambda cell: _wish(cell.before, cell.after, cell),
]


def _spread(column: list[Cell], wish: Callable[[Cell], float]) -> None:
    """Put each cell where it wishes, or as near as order and distances allow: isotonic regression.

    By pooling adjacent violators: M. Ayer and others, "An Empirical Distribution Function for Sampling with
    Incomplete Information", Annals of Mathematical Statistics 26 (1955).
    """
    blocks: list[
        tuple[float, float, int]
    ] = []  # sum of weighted wishes, sum of weights, how many cells
    offsets: list[float] = []
    offset = 0.0
    for i, cell in enumerate(column):
        if i:
            offset += distance(column[i - 1], cell)
        offsets.append(offset)
        total, weight, count = (wish(cell) - offset) * cell.weight, cell.weight, 1
        while blocks and blocks[-1][0] * weight >= total * blocks[-1][1]:
            before = blocks.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        blocks.append((total, weight, count))
    i = 0
    for total, weight, count in blocks:
        for _ in range(count):
            column[i].across = total / weight + offsets[i]
            i += 1


def distance(a: Cell, b: Cell) -> float:
    """How far the centres of neighbours in a column stand from each other, at least."""
    lanes = (not a.length) + (not b.length)
    return (a.breadth + b.breadth) / 2 + (14.0, 10.0, 6.0)[lanes]
