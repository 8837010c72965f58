"""Which columns of a sparse matrix one sweep can compute together: colourings of graphs, all of them greedy.

Source: A. H. Gebremedhin, F. Manne, A. Pothen, "What color is your Jacobian? Graph coloring for computing
derivatives", SIAM Review 47 (2005) 629-705, https://doi.org/10.1137/S0036144504444711.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def columns_apart(rows_of: Sequence[Sequence[int]], rows: int) -> list[int]:
    """Colours of columns such that no two of one colour meet in a row: a distance-1 colouring of the columns'
    intersection graph, the columns with the most entries first (section 3.3 of the source).

    Args:
        rows_of: for each column, the rows in which it has entries.
        rows: how many rows there are.

    Returns:
        A colour for each column, from 0.

    >>> columns_apart([[0], [0, 1], [1, 2], [2]], 3)
    [1, 0, 1, 0]
    """
    colours = [0] * len(rows_of)
    taken = [0] * rows  # of each row, the colours that it has met, a bit each
    for column in sorted(range(len(rows_of)), key=lambda column: -len(rows_of[column])):
        met = 0
        for row in rows_of[column]:
            met |= taken[row]
        bit = ~met & (met + 1)  # the lowest that is free
        colours[column] = bit.bit_length() - 1
        for row in rows_of[column]:
            taken[row] |= bit
    return colours


class Stars:
    """Colours of a symmetric matrix's columns such that each entry can be read off the sums over columns of one
    colour: a star colouring of its graph, in which no path of four vertices has two colours only (section 4.3
    of the source; the vertices with the most neighbours first).

    Args:
        neighbours: for each column, the others in which it has entries.

    Attributes:
        colours: one for each column, from 0.

    >>> Stars([[1, 2, 3], [0], [0], [0]]).colours
    [0, 1, 1, 1]
    """

    def __init__(self, neighbours: Sequence[Sequence[int]]) -> None:
        size = len(neighbours)
        self.colours = colours = [-1] * size
        # Of each vertex, its coloured neighbours by their colours.
        self._near = near = [dict[int, list[int]]() for _ in range(size)]
        # Of each coloured vertex w, the colours of those neighbours x that have another neighbour of w's colour:
        # a neighbour v of w that had x's would begin a path v, w, x, y of two colours.
        blocked = [set[int]() for _ in range(size)]
        for v in sorted(range(size), key=lambda v: -len(neighbours[v])):
            forbidden: set[int] = set()
            for w in neighbours[v]:
                if colours[w] < 0:
                    forbidden.update(near[w])
                else:
                    forbidden.add(colours[w])
                    forbidden |= blocked[w]
            colours[v] = colour = next(c for c in count() if c not in forbidden)
            for x in neighbours[v]:
                same = near[x].setdefault(colour, [])
                if same and colours[x] >= 0:
                    blocked[v].add(colours[x])
                    blocked[same[0]].add(colours[x])
                same.append(v)

    def place(self, i: int, j: int) -> tuple[int, int]:
        """In which row, and in the sum of which colour's columns, the entry (i, j) stands alone."""
        if i == j or len(self._near[i][self.colours[j]]) == 1:
            return i, self.colours[j]
        return j, self.colours[i]
