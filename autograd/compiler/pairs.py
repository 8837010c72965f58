"""Groups of dots in which the vectors of two sets meet in pairs, as matrix products.

Two kinds of groups are found. In the first, the vectors of one set meet those of another: the scores of attention, a
Gram matrix, a covariance. Those are the *pairs* of ``rows`` and ``columns``, and each pair has a number, its
dot. In the second, each result mixes vectors with weights of its own, sums of w[row, column] times a vector of the
column: there it is the weights that are the numbers of pairs. Each kind is the derivative of the other.

Rows and columns that never meet, the heads of attention, are batches of one product. Where not all pairs are there
(causal attention has half of them) the product is completed if that costs less than doing the pairs one by one.
What is computed too many is never read, and where numbers of pairs are factors, those that are missing are *absent*:
0 in the product, and left out where the other factor is not finite (:mod:`.absent`).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from .ir.program import Ref
from .layout.affine import fitting, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .building import Operand
    from .places import Layout

    Ids = Any
    Lists = Sequence[tuple[int, ...]]

FULL = 0.5
"""The part of the pairs that must be there."""
MANY = 1.25
"""How many rows and columns there may be for each pair: with more, hardly any meets another twice."""
HOPS = 8
"""How many steps from one row to any other that it is connected with are looked at."""


class Block(NamedTuple):
    """Batches of rows and columns; ``terms`` is the length of the vectors."""

    mixture: bool
    """Whether the numbers of pairs are weights of what is computed, rather than what is computed."""
    rows: Ids
    """(batches, rows, terms): ids of operands; of a mixture, ranks of results."""
    columns: Ids
    """(batches, columns, terms): ids of operands."""
    pairs: Ids
    """(batches, rows, columns): ranks of results; of a mixture, ids of operands. Anything where there is no pair."""
    there: Ids
    """(batches, rows, columns): whether there is such a pair."""


class _Candidate(NamedTuple):
    """Pairs, before they are sorted into blocks."""

    mixture: bool
    rows: Lists
    columns: Lists
    row: Any
    """The row of each pair."""
    column: Any
    number: Any
    """What becomes ``Block.pairs``."""


def find(
    layout: Layout, left: Lists, right: Lists, operands: tuple[Operand, Operand], active: list[bool]
) -> list[Block]:
    """The blocks that a group of dots is best computed as; none if it is best computed term by term.

    Args:
        layout: where the operands stand.
        left: the ids of the first factors of each dot.
        right: those of the second factors.
        operands: where the factors stand, in any shape.
        active: whether the first and the second factors need cotangents.
    """
    if not all(isinstance(x, Ref) for x in operands) or len(left) < 4:
        return []
    laned = any(isinstance(x, Ref) and x.laned for x in operands)
    limit = _term_by_term(layout.np, len(left), operands, sum(active))
    best: list[Block] = []
    for candidate in (
        _products(left, right),
        _mixtures(left, right),
        _mixtures(right, left),
    ):
        if candidate is None:
            continue
        blocks = _blocks(layout, candidate)
        cost = sum(_cost(layout, block, sum(active), laned) for block in blocks)
        if blocks and cost < limit:
            best, limit = blocks, cost
    return best


def _products(left: Lists, right: Lists) -> _Candidate | None:
    rows: dict[tuple[int, ...], int] = {}
    columns: dict[tuple[int, ...], int] = {}
    row = [rows.setdefault(ids, len(rows)) for ids in left]
    column = [columns.setdefault(ids, len(columns)) for ids in right]
    if len(rows) + len(columns) > MANY * len(row):
        return None
    return _Candidate(False, list(rows), list(columns), row, column, range(len(row)))


def _mixtures(weights: Lists, vectors: Lists) -> _Candidate | None:
    by_row: dict[tuple[int, ...], list[int]] = {}
    for rank, ids in enumerate(weights):
        by_row.setdefault(ids, []).append(rank)
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
    for i, (ids, ranks) in enumerate(by_row.items()):
        row += [i] * len(ids)
        for vector in zip(*[vectors[rank] for rank in ranks], strict=True):
            column.append(columns.setdefault(vector, len(columns)))
        number += ids
    if len(by_row) + len(columns) > MANY * total:
        return None
    rows = [tuple(ranks) for ranks in by_row.values()]
    return _Candidate(True, rows, list(columns), row, column, number)


def _blocks(layout: Layout, candidate: _Candidate) -> list[Block]:
    """The pairs by batches; none if too few are there."""
    np = layout.np
    row, column = np.array(candidate.row), np.array(candidate.column)
    rows, columns = len(candidate.rows), len(candidate.columns)
    connected = _connected(np, row, column, rows, columns)
    if connected is None:
        return []
    height, width = (np.bincount(batches, minlength=rows) for batches in connected)
    if FULL * (height * width).sum() > len(row):
        return []
    terms = np.zeros(rows, dtype=np.int64)
    terms[connected[0]] = list(map(len, candidate.rows))
    shapes = np.stack([height, width, terms], axis=1)
    present = np.flatnonzero(height)
    found = []
    for shape in np.unique(shapes[present], axis=0):
        batches = present[(shapes[present] == shape).all(axis=1)]
        order = np.full(rows, -1)
        order[batches] = np.arange(len(batches))
        sides, slots = [], []
        for vectors, batch, ranked in (
            (candidate.rows, order[connected[0]], candidate.mixture),
            (candidate.columns, order[connected[1]], False),
        ):
            ids, slot = _sorted(layout, vectors, batch, ranked)
            sides.append(ids)
            slots.append(slot)
        pairs = np.zeros((*sides[0].shape[:2], sides[1].shape[1]), dtype=np.int64)
        there = np.zeros(pairs.shape, dtype=bool)
        here = np.flatnonzero(order[connected[0][row]] >= 0)
        index = order[connected[0][row[here]]], slots[0][row[here]], slots[1][column[here]]
        pairs[index] = np.array(candidate.number)[here]
        there[index] = True
        if there.sum() != len(here):  # a pair has two numbers
            return []
        found.append(Block(candidate.mixture, sides[0], sides[1], pairs, there))
    return found


def _sorted(layout: Layout, vectors: Lists, batch: Ids, ranked: bool) -> tuple[Ids, Ids]:
    """Vectors by batches, and in each by where they begin.

    Args:
        layout: where operands stand.
        vectors: all vectors.
        batch: the batch of each, -1 for none; every batch has as many.
        ranked: whether the vectors are of ranks rather than ids.

    Returns:
        An array (batches, vectors, terms), and the place of each vector in its batch.
    """
    np = layout.np
    chosen = np.flatnonzero(batch >= 0)
    ids = np.array([vectors[i] for i in chosen], dtype=np.int64)
    first = ids[:, 0] if ranked else layout.position[ids[:, 0]]
    order = np.lexsort((first, batch[chosen]))
    count = int(batch.max()) + 1
    size = len(chosen) // count
    slot = np.zeros(len(batch), dtype=np.int64)
    slot[chosen[order]] = np.arange(len(chosen)) % size
    return ids[order].reshape(count, size, -1), slot


def _connected(np: Any, row: Ids, column: Ids, rows: int, columns: int) -> tuple[Ids, Ids] | None:
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


# --- what it takes, in microseconds ----------------------------------------------------------


def _move(count: int) -> float:
    return 0.3 + 0.0009 * count


def _line(count: int) -> float:
    return 0.2 + 0.0003 * count


_ADD_UP = 0.8
_CHECK = 0.4
"""To look whether a result is finite."""
_LANES = 32
"""How many lanes are assumed."""


def _term_by_term(np: Any, dots: int, operands: tuple[Operand, Operand], active: int) -> float:
    refs = [x for x in operands if isinstance(x, Ref)]
    a, b = (x.positions.ravel() for x in refs)
    count = len(a)
    moves = sum(bool((np.diff(x) != 1).any()) for x in (a, b))
    if any(x.laned for x in refs):
        return 2.0 + _LANES * count * (0.0005 + 0.00025 * moves + 0.0022 * active)
    terms = count // dots
    added = min((terms - 1) * _line(dots), _ADD_UP + _line(count))
    forward = moves * _move(count) + _line(count) + added
    return forward + active * (2 * _move(count) + _line(count) + _ADD_UP)


def _cost(layout: Layout, block: Block, active: int, laned: bool) -> float:
    complete = block.there.all()
    batches, rows, columns = block.pairs.shape
    terms = block.rows.shape[2]
    total = 0.00006 * int(batches * rows * columns * terms)
    if laned:
        total += 0.04 * batches + 0.0005 * (block.there.size + block.rows.size + block.columns.size)
        return float((1.5 + _LANES * total) * (1 + active))
    total = (0.7 + 0.05 * int(batches) + total) * (1 + active)
    if block.mixture or not complete:
        total += _move(block.there.size) * (1 + (active > 0)) + _CHECK * active
    for ids in (block.columns,) if block.mixture else (block.rows, block.columns):
        if (
            not layout.constant[ids[0, 0, 0]]
            and fitting(steps(layout.position[ids]), ids.shape) is None
        ):
            total += _move(ids.size)
    return total
