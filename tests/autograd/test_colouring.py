"""Colourings: what shares a colour can be told apart."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from autograd.colouring import Stars, columns_apart

SIZE = 9
PAIRS = st.sets(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=30)


@given(PAIRS)
def test_columns_of_one_colour_meet_in_no_row(entries):
    rows_of = [[i for i, j in entries if j == column] for column in range(SIZE)]
    colours = columns_apart(rows_of, SIZE)
    for a, b in combinations(range(SIZE), 2):
        assert colours[a] != colours[b] or not set(rows_of[a]) & set(rows_of[b])
    assert set(colours) == set(range(max(colours) + 1))


@given(PAIRS)
def test_every_entry_of_a_symmetric_matrix_stands_alone_where_its_place_says(entries):
    entries = entries | {(j, i) for i, j in entries}
    stars = Stars([[j for i, j in entries if i == row != j] for row in range(SIZE)])
    for i, j in entries:
        row, colour = stars.place(i, j)
        (column,) = [k for r, k in entries if r == row and stars.colours[k] == colour]
        assert {row, column} == {i, j}


@given(PAIRS)
def test_no_path_of_four_has_two_colours_only(entries):
    near = {
        v: {j for i, j in (*entries, *((j, i) for i, j in entries)) if i == v} - {v}
        for v in range(SIZE)
    }
    colours = Stars([sorted(near[v]) for v in range(SIZE)]).colours
    for v in range(SIZE):
        for w in near[v]:
            assert colours[v] != colours[w]
            for x in near[w] - {v}:
                for y in near[x] - {v, w}:
                    assert len({colours[v], colours[w], colours[x], colours[y]}) > 2


def test_chains_arrows_and_diagonals_take_as_few_as_they_can():
    def stars(neighbours):
        return max(Stars(neighbours).colours) + 1

    for size in (5, 50, 500):
        chain = [[j for j in (i - 1, i + 1) if 0 <= j < size] for i in range(size)]
        assert stars(chain) == 3
        assert stars([[*range(1, size)], *[[0]] * (size - 1)]) == 2
        assert stars([[]] * size) == 1
        assert max(columns_apart([[i, i + 1] for i in range(size)], size + 1)) + 1 == 2
