"""Long layouts in rows."""

from __future__ import annotations

from itertools import combinations, pairwise

from autograd.drawing.layers import Cell
from autograd.drawing.rows import Strip, broken


def strip(count, lanes=3):
    """Columns of a box and some lanes, and an edge along each lane."""
    columns = []
    for i in range(count):
        cells = [Cell(60.0, 40.0, column=i), *(Cell(column=i) for _ in range(lanes))]
        for k, cell in enumerate(cells):
            cell.left, cell.right = 12.0 + 100.0 * i, 72.0 + 100.0 * i
            cell.across = 40.0 + 40.0 * k
        columns.append(cells)
    gaps = [100.0 * i + 92.0 for i in range(count - 1)]
    routes = [
        [(x, column[k].across) for column in columns for x in (column[k].left, column[k].right)]
        for k in range(1, lanes + 1)
    ]
    return Strip(columns, gaps, 100.0 * count, 200.0), routes


def meet(a, b):
    """Whether two segments, each level or upright, have a point in common."""
    return all(
        max(min(p[d] for p in a), min(p[d] for p in b))
        <= min(max(p[d] for p in a), max(p[d] for p in b))
        for d in (0, 1)
    )


def test_what_fits_stays_in_one_row():
    short, routes = strip(20)
    assert broken(short, routes, (1000.0, 620.0)).cuts == []


def test_what_is_long_is_seen_larger_in_rows():
    long, routes = strip(100)
    rows = broken(long, routes, (1000.0, 620.0))
    assert len(rows.cuts) > 2
    assert 0.7 < rows.length / rows.breadth < 3.0
    lengths = [b - a for a, b in pairwise([0.0, *rows.cuts, long.length])]
    assert max(lengths) < 2 * min(lengths)


def test_edges_that_go_on_in_the_next_row_do_not_meet():
    long, routes = strip(100)
    rows = broken(long, routes, (1000.0, 620.0))
    ways = [rows.route(route) for route in routes]
    for way in ways:
        assert all(p[0] == q[0] or p[1] == q[1] for p, q in pairwise(way))
    for one, other in combinations(ways, 2):
        assert not any(meet(a, b) for a in pairwise(one) for b in pairwise(other))


def test_rows_begin_where_few_edges_pass():
    long, _ = strip(40, lanes=1)
    # an edge passes every second gap
    routes = [
        [(x, column[1].across) for column in part for x in (column[1].left, column[1].right)]
        for part in (long.columns[i : i + 2] for i in range(0, 40, 2))
    ]
    rows = broken(long, routes, (1000.0, 620.0))
    assert rows.cuts
    assert all((cut - 92.0) / 100.0 % 2 == 1 for cut in rows.cuts)


def test_rows_do_not_lie_on_each_other():
    long, routes = strip(100)
    rows = broken(long, routes, (1000.0, 620.0))
    spans: dict[int, list[float]] = {}
    for column in long.columns:
        for cell in column:
            left, right = cell.left, cell.right
            for x in (left, right):
                row = sum(cut <= x for cut in rows.cuts)
                centre = rows.moved((x, cell.across))[1]
                ends = centre - cell.breadth / 2, centre + cell.breadth / 2
                low, high = spans.get(row, ends)
                spans[row] = [min(low, ends[0]), max(high, ends[1])]
    for above, below in pairwise(spans[row] for row in sorted(spans)):
        # and between them is room for the edges that go on
        assert above[1] + 3 * 6.0 < below[0]
