"""A long layout in rows, as a text is, so that it fits a sheet; edges go on from row to row.

*Along* and *across* are as in :mod:`.layers`.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .layers import Cell

SHEET = (1000.0, 620.0)
"""Width and height that a picture is to fit; one twice as long is broken into rows."""

PAD = 12.0
"""Room inside a frame's border, and around rows."""

LANE = 6.0
"""How far edges that go on in the next row, or turn around, keep from each other."""

Point = tuple[float, float]


@dataclass
class Strip:
    """What is to be broken.

    Attributes:
        columns: the columns, in their order along.
        gaps: where it may be broken, between columns.
        length: its extent along.
        breadth: its extent across.
    """

    columns: list[list[Cell]]
    gaps: list[float]
    length: float
    breadth: float


def broken(strip: Strip, routes: Iterable[list[Point]], sheet: tuple[float, float]) -> Rows:
    """A strip in one row, or in as many as let it be seen largest on a sheet, broken where few edges pass.

    Args:
        strip: the layout.
        routes: for each edge the points that it passes.
        sheet: how long and broad the whole is to be.
    """
    passing: list[set[float]] = [set() for _ in strip.gaps]
    for route in routes:
        for p, q in pairwise(route):
            first, last = bisect(strip.gaps, p[0]), bisect(strip.gaps, q[0])
            if first != last:
                passing[min(first, last)].add(min(p, q)[1])

    def scale(rows: Rows) -> float:
        return min(sheet[0] / rows.length, sheet[1] / rows.breadth)

    best = Rows(strip, [], [])
    if strip.length <= 2 * sheet[0]:
        return best
    for count in range(2, len(strip.gaps) + 2):
        cuts = _cuts(strip, passing, count)
        lanes = [sorted(passing[i]) for i in cuts]
        rows = Rows(strip, [strip.gaps[i] for i in cuts], lanes)
        if scale(rows) > (1.0 if best.cuts else 1.25) * scale(best):
            best = rows
        if rows.breadth > 2 * sheet[1] and scale(rows) < scale(best) / 2:
            break
    return best


def _cuts(strip: Strip, passing: list[set[float]], count: int) -> list[int]:
    """Gaps that break a strip into about so many rows; of those near each other, the one that fewest edges pass."""
    gaps, want = strip.gaps, strip.length / count
    start, cuts = 0.0, []
    while strip.length - start > 1.25 * want:  # no row of a box or two
        first, last = bisect(gaps, start + 0.7 * want), bisect(gaps, start + 1.1 * want)
        near = range(first, last) or range(first, min(first + 1, len(gaps)))
        if not near:
            break
        cuts.append(min(near, key=lambda i: (len(passing[i]), -gaps[i])))
        start = gaps[cuts[-1]]
    return cuts


class Rows:
    """Where things stand once a strip is broken.

    Attributes:
        length: the extent of the whole along.
        breadth: its extent across.
    """

    def __init__(self, strip: Strip, cuts: list[float], lanes: list[list[float]]) -> None:
        self.cuts, self.lanes = cuts, lanes
        self.starts = [0.0, *cuts]
        lows, highs = [strip.breadth] * len(self.starts), [0.0] * len(self.starts)
        for column in strip.columns:
            row = bisect(cuts, column[0].left)
            lows[row] = min(lows[row], *(c.across - c.breadth / 2 for c in column), strip.breadth)
            highs[row] = max(highs[row], *(c.across + c.breadth / 2 for c in column), 0.0)
        self.margin = max((LANE * len(row) for row in lanes), default=0.0)
        self.tops, self.bottoms = [], []
        at = PAD
        for row, (low, high) in enumerate(zip(lows, highs, strict=True)):
            self.tops.append(at - low)
            at += high - low
            self.bottoms.append(at)
            if row < len(lanes):
                at += 2 * PAD + LANE * (len(lanes[row]) + 1)
        self.breadth = at + PAD
        self.length = self.margin + max(
            (end - start + LANE * (len(row) + 1))
            for start, end, row in zip(
                self.starts, [*cuts, strip.length], [*lanes, []], strict=True
            )
        )

    def moved(self, point: Point) -> Point:
        """Where a point of the strip stands."""
        row = bisect(self.cuts, point[0])
        return self.margin + point[0] - self.starts[row], point[1] + self.tops[row]

    def route(self, points: list[Point]) -> list[Point]:
        """An edge's points, with those added that take it from row to row."""
        moved: list[Point] = []
        for i, q in enumerate(points):
            if i:
                p = points[i - 1]
                rows = bisect(self.cuts, p[0]), bisect(self.cuts, q[0])
                if rows[0] < rows[1]:
                    moved += self._bridge(rows[0], p, q)
                elif rows[0] > rows[1]:
                    moved += reversed(self._bridge(rows[1], q, p))
            moved.append(self.moved(q))
        return _straightened(moved)

    def _bridge(self, row: int, p: Point, q: Point) -> list[Point]:
        """Around the end of a row, between it and the next, and to the start of that: none crosses another."""
        k = self.lanes[row].index(p[1])
        back = len(self.lanes[row]) - k
        right = self.margin + self.cuts[row] - self.starts[row] + LANE * back
        left = self.margin - LANE * k
        between = self.bottoms[row] + PAD + LANE * back
        end, start = p[1] + self.tops[row], q[1] + self.tops[row + 1]
        return [(right, end), (right, between), (left, between), (left, start)]


def _straightened(points: list[Point]) -> list[Point]:
    """Without the points between those of a straight line."""
    kept: list[Point] = []
    for point in points:
        while len(kept) > 1 and any(
            max(kept[-2][d], kept[-1][d], point[d]) - min(kept[-2][d], kept[-1][d], point[d]) < 0.05
            for d in (0, 1)
        ):
            kept.pop()
        kept.append(point)
    return kept
