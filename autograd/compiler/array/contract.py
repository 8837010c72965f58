"""Inner products in which the vectors of two sets meet in pairs, found among the many of a group.

Two kinds are found. In the first, the vectors of one set meet those of another: the scores of attention, a Gram
matrix, a covariance. Those are the *pairs* of rows and columns, and each pair has a number, its inner product. In the
second, each result mixes vectors with weights of its own, sums of w[row, column] times a vector of the column: there it is
the weights that are the numbers of pairs. Each kind is the derivative of the other, and both are contractions.

Rows and columns that never meet, the heads of attention, are batches of one contraction. Where not all pairs are there
(causal attention has half of them) it is completed if there are enough: what is computed too many is never read, and weights
that are missing are absent.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ir.array import Elements
    from .tape import Tape

    Vectors = Sequence[tuple[int, ...]]
    Array = Any

FULL = 0.5
"""The part of the pairs that must be there."""
MANY = 1.25
"""How many rows and columns there may be for each pair: with more, hardly any meets another twice."""
FEWEST = 4
"""How many inner products are worth looking at."""
MOST = 2
"""How many contractions are no more than products and their sums."""
HOPS = 8
"""How many steps from one row to any other that it is connected with are looked at."""


class Block(NamedTuple):
    """A contraction to be, of batches of rows and columns."""

    rows: Elements
    """(batches, rows, terms)."""
    columns: Elements
    """(batches, columns, terms)."""
    results: Array
    """(batches, rows, columns): the rank of the inner product that is computed there; -1 for none."""


class _Pairs(NamedTuple):
    """Rows and columns that meet, before they are sorted into batches."""

    rows: Vectors
    columns: Vectors
    row: Array
    """The row of each pair."""
    column: Array
    number: Array
    """Its inner product's rank; of a mixture, the element of its weight."""


def find(tape: Tape, left: Vectors, right: Vectors) -> list[Block]:
    """The contractions that inner products are best computed by; none if they are best computed term by term.

    Args:
        tape: where the elements stand.
        left: the elements of the first factor of each inner product.
        right: those of the second.
    """
    if len(left) < FEWEST:
        return []
    candidates = []
    pairs = _products(tape.np, left, right)
    if pairs is not None:
        candidates.append([Block(*block) for block in _batches(tape.np, pairs)])
    for weights, vectors in ((left, right), (right, left)):
        pairs = _mixtures(tape.np, weights, vectors)
        if pairs is not None:
            candidates.append([_mixed(tape, *block) for block in _batches(tape.np, pairs)])
    return min(filter(_is_gain, candidates), key=len, default=[])


def _is_gain(blocks: list[Block]) -> bool:
    """Whether vectors meet more than once, and few enough contractions do them all."""
    meeting = all(max(block.results.shape[1:]) > 1 for block in blocks)
    return 0 < len(blocks) <= MOST and meeting


def _products(np: Any, left: Vectors, right: Vectors) -> _Pairs | None:
    """Vectors that meet others; None if hardly any meets another twice."""
    rows: dict[tuple[int, ...], int] = {}
    columns: dict[tuple[int, ...], int] = {}
    row = np.array([rows.setdefault(x, len(rows)) for x in left])
    column = np.array([columns.setdefault(x, len(columns)) for x in right])
    if len(rows) + len(columns) > MANY * len(row):
        return None
    return _Pairs(list(rows), list(columns), row, column, np.arange(len(row)))


def _mixtures(np: Any, weights: Vectors, vectors: Vectors) -> _Pairs | None:
    """Rows of weights for vectors, the rows as ranks of results; None if these are hardly used again."""
    by_row: dict[tuple[int, ...], list[int]] = {}
    for rank, elements in enumerate(weights):
        by_row.setdefault(elements, []).append(rank)
    size = len(next(iter(by_row.values())))
    if any(len(ranks) != size for ranks in by_row.values()):
        return None
    total = sum(map(len, by_row))
    if len(by_row) + len(set(chain.from_iterable(vectors))) / size > MANY * total:
        return None
    columns: dict[tuple[int, ...], int] = {}
    row: list[int] = []
    column: list[int] = []
    number: list[int] = []
    for i, (elements, ranks) in enumerate(by_row.items()):
        row += [i] * len(elements)
        for vector in zip(*[vectors[rank] for rank in ranks], strict=True):
            column.append(columns.setdefault(vector, len(columns)))
        number += elements
    if len(by_row) + len(columns) > MANY * total:
        return None
    rows = [tuple(ranks) for ranks in by_row.values()]
    return _Pairs(rows, list(columns), np.array(row), np.array(column), np.array(number))


def _mixed(tape: Tape, rows: Array, columns: Elements, pairs: Array) -> Block:
    """A mixture as a contraction: over the columns, of the weights and the vectors' components."""
    weights = pairs
    if (pairs < 0).any():
        weights = tape.np.where(pairs < 0, tape.absent_element(), pairs)
    return Block(weights, columns.transpose(0, 2, 1), rows)


def _batches(np: Any, pairs: _Pairs) -> list[tuple[Array, Array, Array]]:
    """Rows, columns and numbers of pairs (-1 for none) by batches; none if too few pairs are there."""
    rows, columns = len(pairs.rows), len(pairs.columns)
    connected = _connected(np, pairs.row, pairs.column, rows, columns)
    if connected is None:
        return []
    of_row, of_column = connected
    height, width = (np.bincount(firsts, minlength=rows) for firsts in connected)
    if FULL * (height * width).sum() > len(pairs.row):
        return []
    terms = np.zeros(rows, dtype=np.int64)
    terms[of_row] = list(map(len, pairs.rows))
    shapes = np.stack([height, width, terms], axis=1)
    present = np.flatnonzero(height)
    found = []
    for shape in np.unique(shapes[present], axis=0):
        alike = present[(shapes[present] == shape).all(axis=1)]
        order = np.full(rows, -1)
        order[alike] = np.arange(len(alike))
        row_vectors, row_slot = _sorted(np, pairs.rows, order[of_row])
        column_vectors, column_slot = _sorted(np, pairs.columns, order[of_column])
        numbers = np.full((*row_vectors.shape[:2], column_vectors.shape[1]), -1)
        here = np.flatnonzero(order[of_row[pairs.row]] >= 0)
        row, column = pairs.row[here], pairs.column[here]
        numbers[order[of_row[row]], row_slot[row], column_slot[column]] = pairs.number[here]
        if (numbers >= 0).sum() != len(here):  # a pair has two numbers
            return []
        found.append((row_vectors, column_vectors, numbers))
    return found


def _sorted(np: Any, vectors: Vectors, batch: Array) -> tuple[Array, Array]:
    """Vectors by batches, and in each by where they begin.

    Args:
        np: NumPy.
        vectors: all vectors.
        batch: the batch of each, -1 for none; every batch has as many.

    Returns:
        An array (batches, vectors, terms), and the place of each vector in its batch.
    """
    chosen = np.flatnonzero(batch >= 0)
    numbers = np.array([vectors[i] for i in chosen], dtype=np.int64)
    order = np.lexsort((numbers[:, 0], batch[chosen]))
    count = int(batch.max()) + 1
    size = len(chosen) // count
    slot = np.zeros(len(batch), dtype=np.int64)
    slot[chosen[order]] = np.arange(len(chosen)) % size
    return numbers[order].reshape(count, size, -1), slot


def _connected(
    np: Any, row: Array, column: Array, rows: int, columns: int
) -> tuple[Array, Array] | None:
    """For each row and column, the first of the rows that it is connected with; None if they are too far apart."""
    of_row = np.arange(rows)
    for _ in range(HOPS):
        of_column = np.full(columns, rows)
        np.minimum.at(of_column, column, of_row[row])
        new = of_row.copy()
        np.minimum.at(new, row, of_column[column])
        if (new == of_row).all():
            return of_row, of_column
        of_row = new
    return None
