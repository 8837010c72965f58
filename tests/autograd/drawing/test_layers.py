"""Sugiyama's steps, each against what it is to compute."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layers import Cell, Link, _crossings, _spread, distance, place


@given(
    st.lists(
        st.tuples(
            st.floats(-1e3, 1e3), st.sampled_from([0.05, 1.0, 3.0]), st.sampled_from([0.0, 40.0])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_cells_stand_as_near_to_their_wishes_as_order_and_distances_allow(wanted):
    column = [Cell(length, 20.0, weight) for _, weight, length in wanted]
    wishes = {cell: wish for cell, (wish, _, _) in zip(column, wanted, strict=True)}
    _spread(column, wishes.__getitem__)
    offsets = [0.0]
    for a, b in pairwise(column):
        offsets.append(offsets[-1] + distance(a, b))

    def mean(a, b):
        part = range(a, b + 1)
        total = sum((wanted[i][0] - offsets[i]) * wanted[i][1] for i in part)
        return total / sum(wanted[i][1] for i in part)

    # the min-max formula of isotonic regression: Robertson, Wright and Dykstra (1988), theorem 1.4.4
    count = len(column)
    for i, cell in enumerate(column):
        best = max(min(mean(a, b) for b in range(i, count)) for a in range(i + 1))
        assert cell.across == pytest.approx(best + offsets[i], abs=1e-6)


@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_crossings_are_pairs_of_edges_in_opposite_orders(left, right, data):
    ends = st.tuples(st.integers(0, left - 1), st.integers(0, right - 1))
    pairs = data.draw(st.lists(ends, max_size=20))
    columns = [[Cell(place=i) for i in range(n)] for n in (left, right)]
    for a, b in pairs:
        columns[0][a].after.append((columns[1][b], 0.0))
    crossing = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(pairs, 2))
    assert _crossings(columns) == crossing


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25, unique=True))
def test_each_cell_stands_after_all_that_it_depends_on(pairs):
    cells = [Cell(40.0, 20.0, 1.0) for _ in range(12)]
    links = [Link(i, cells[a], cells[a], cells[b]) for i, (a, b) in enumerate(pairs) if a < b]
    columns = place(cells, links, [])
    for link in links:
        assert link.tail.column < link.head.column
        assert [lane.column for lane in link.lanes] == [
            *range(link.tail.column + 1, link.head.column)
        ]
        assert all(lane in columns[lane.column] for lane in link.lanes)


def test_edges_of_one_trunk_share_their_lanes():
    a, b, c, d = (Cell(40.0, 20.0, 1.0) for _ in range(4))
    links = [
        Link(0, a, a, b),
        Link(1, b, b, c),
        Link(2, c, c, d),
        Link(3, a, a, c),
        Link(4, a, a, d),
    ]
    place([a, b, c, d], links, [])
    assert links[3].lanes == links[4].lanes[:1]
    assert len(links[4].lanes) == 2


def test_cells_of_a_row_keep_their_order_whatever_crosses():
    left, right = ([Cell(40.0, 20.0, 1.0) for _ in range(4)] for _ in range(2))
    links = [Link(i, left[i], left[i], right[3 - i]) for i in range(4)]
    place([*left, *right], links, [left, right])
    assert [cell.place for cell in (*left, *right)] == [0, 1, 2, 3] * 2
    place([*left, *right], links, [left])
    assert [cell.place for cell in right] == [3, 2, 1, 0]
