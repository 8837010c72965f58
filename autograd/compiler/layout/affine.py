"""Finding strided views: which sequences of positions are nested arithmetic progressions.

Everything in an array program is an array of positions in an arena, until the instruction that uses it is
made: then the positions of all its operands are factored into one common shape, in which each operand is
a strided view. Stride 0 is broadcasting, a negative stride reversal, a difference in strides a transpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Array = Any
    Strides = list[tuple[int, ...]]

LEVELS = 4
"""The most axes a view is given."""


def nest(vectors: Array) -> tuple[tuple[int, ...], Strides] | None:
    """A common shape in which several sequences of positions are strided.

    The first break in the differences of any sequence ends the innermost axis; if all rows of that length
    run alike, the rows' first elements are treated in the same way.

    Args:
        vectors: an integer array of shape (sequences, length).

    Returns:
        The shape and each sequence's strides; None if there is no such shape.

    >>> import numpy as np
    >>> nest(np.array([[0, 1, 2, 10, 11, 12], [5, 5, 5, 6, 6, 6]]))
    ((2, 3), [(10, 1), (1, 0)])
    """
    count, length = vectors.shape
    shape: list[int] = []
    strides: list[Array] = []
    while length > 1:
        if len(shape) == LEVELS:
            return None
        steps = vectors[:, 1:] - vectors[:, :-1]
        first = steps[:, :1]
        same = (steps == first).all(axis=0) if count > 1 else (steps == first)[0]
        run = int(same.argmin()) + 1  # the first step is like itself, so 1 is for no break
        if run == 1:
            shape.append(length)
            strides.append(first[:, 0])
            break
        if length % run:
            return None
        rows = vectors.reshape(count, length // run, run)
        inner = rows[:, :, 1:] - rows[:, :, :-1]
        if not (inner == first[:, :, None]).all():
            return None
        shape.append(run)
        strides.append(first[:, 0])
        vectors = rows[:, :, 0]
        length //= run
    by_axis = [s.tolist() for s in reversed(strides)]
    return tuple(reversed(shape)), list(zip(*by_axis, strict=True)) if shape else [()] * count


def nest_rows(matrices: Array) -> tuple[tuple[int, ...], tuple[int, ...], Strides] | None:
    """Like :func:`nest` for matrices of positions, keeping the rows' axes apart from the columns'.

    Args:
        matrices: an integer array of shape (sequences, rows, columns).

    Returns:
        The shape of the rows, that of the columns, and each matrix's strides for both.
    """
    offsets = matrices - matrices[:, :, :1]
    if not (offsets == offsets[:, :1]).all():
        return None
    inner = nest(offsets[:, 0])
    outer = nest(matrices[:, :, 0])
    if inner is None or outer is None:
        return None
    strides = [a + b for a, b in zip(outer[1], inner[1], strict=True)]
    return outer[0], inner[0], strides


def plane(matrix: Array) -> tuple[int, int] | None:
    """The two strides of a matrix of positions, None if it has none."""
    rows, columns = matrix.shape
    down = int(matrix[1, 0] - matrix[0, 0]) if rows > 1 else 0
    across = int(matrix[0, 1] - matrix[0, 0]) if columns > 1 else 0
    if (matrix[:, 1:] - matrix[:, :-1] != across).any():
        return None
    if (matrix[1:, 0] - matrix[:-1, 0] != down).any():
        return None
    return down, across


def steps(box: Array) -> tuple[int, int, int] | None:
    """The three strides of a box of positions, None if it has none."""
    first = box[:1, :1, :1]
    edges = box[:, :1, :1], box[:1, :, :1], box[:1, :1, :]
    if (edges[0] + edges[1] + edges[2] - 2 * first != box).any():
        return None
    found = []
    for edge in edges:
        line = edge.ravel()
        step = int(line[1] - line[0]) if len(line) > 1 else 0
        if (line[1:] - line[:-1] != step).any():
            return None
        found.append(step)
    return found[0], found[1], found[2]


def fitting(
    strides: tuple[int, int, int] | None, shape: tuple[int, ...]
) -> tuple[int, int, int] | None:
    """Strides for which BLAS takes the matrices of a box; None if there are none."""
    if strides is None:
        return None
    step, down, across = strides
    _, rows, columns = shape
    if rows == 1:  # a stride that is never taken must still be one
        down = max(columns, 1) if across == 1 or columns == 1 else 1
    if columns == 1:
        across = 1 if down > 1 else rows
    by_rows = across == 1 and down >= columns
    by_columns = down == 1 and across >= rows
    return (step, down, across) if by_rows or by_columns else None
