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

from typing import TYPE_CHECKING, Any, NamedTuple

from .layout import nest
from .program import CONSTANTS, ONCE, Ref, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .building import Builder, Operand
    from .forward import Layout

    Ids = Any
    Lists = Sequence[tuple[int, ...]]

FULL = 0.5
"""The part of the pairs that must be there."""
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


class Product(NamedTuple):
    """A block that has become a matrix product, with what its derivative needs."""

    block: Block
    rows: View | None
    """The rows of a block that is not a mixture."""
    columns: View
    weights: View | None
    """The numbers of the pairs of a mixture, 0 where there is no pair."""


# --- finding ---------------------------------------------------------------------------------


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
    if not all(isinstance(x, Ref) and not x.laned for x in operands) or len(left) < 4:
        return []
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
        cost = sum(_cost(layout, block, sum(active)) for block in blocks)
        if blocks and cost < limit:
            best, limit = blocks, cost
    return best


def _products(left: Lists, right: Lists) -> _Candidate | None:
    rows: dict[tuple[int, ...], int] = {}
    columns: dict[tuple[int, ...], int] = {}
    row = [rows.setdefault(ids, len(rows)) for ids in left]
    column = [columns.setdefault(ids, len(columns)) for ids in right]
    if 2 * (len(rows) + len(columns)) > 3 * len(row):  # hardly any is met twice
        return None
    return _Candidate(False, list(rows), list(columns), row, column, range(len(row)))


def _mixtures(weights: Lists, vectors: Lists) -> _Candidate | None:
    by_row: dict[tuple[int, ...], list[int]] = {}
    for rank, ids in enumerate(weights):
        by_row.setdefault(ids, []).append(rank)
    if len({len(ranks) for ranks in by_row.values()}) != 1:
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
    if 2 * (len(by_row) + len(columns)) > 3 * len(row):
        return None
    rows = [tuple(ranks) for ranks in by_row.values()]
    return _Candidate(True, rows, list(columns), row, column, number)


def _blocks(layout: Layout, candidate: _Candidate) -> list[Block]:
    """The pairs by batches; none if too few are there."""
    np = layout.np
    row, column = np.array(candidate.row), np.array(candidate.column)
    count = len(candidate.rows), len(candidate.columns)
    batch_of = _connected(np, row, column, *count)
    if batch_of is None:
        return []
    sizes = [np.bincount(batches, minlength=count[0]) for batches in batch_of]
    terms = np.zeros(count[0], dtype=np.int64)
    terms[batch_of[0]] = list(map(len, candidate.rows))
    present = np.flatnonzero(sizes[0])
    shapes = np.stack([sizes[0], sizes[1], terms], axis=1)
    if FULL * (sizes[0] * sizes[1]).sum() > len(row):
        return []
    found = []
    for shape in np.unique(shapes[present], axis=0):
        batches = present[(shapes[present] == shape).all(axis=1)]
        rows, columns, _ = (int(n) for n in shape)
        order = np.full(count[0], -1)
        order[batches] = np.arange(len(batches))
        sides, slots = [], []
        for vectors, batch, size in zip(candidate[1:3], batch_of, (rows, columns), strict=True):
            chosen = np.flatnonzero(order[batch] >= 0)
            ids = np.array([vectors[i] for i in chosen], dtype=np.int64)
            ranked = candidate.mixture and not sides
            first = ids[:, 0] if ranked or ids[0, 0] < 0 else layout.position[ids[:, 0]]
            sorting = np.lexsort((first, order[batch[chosen]]))
            sides.append(ids[sorting].reshape(len(batches), size, -1))
            slot = np.zeros(len(batch), dtype=np.int64)
            slot[chosen[sorting]] = np.arange(len(chosen)) % size
            slots.append(slot)
        here = np.flatnonzero(order[batch_of[0][row]] >= 0)
        index = (order[batch_of[0][row[here]]], slots[0][row[here]], slots[1][column[here]])
        pairs = np.zeros((len(batches), rows, columns), dtype=np.int64)
        there = np.zeros(pairs.shape, dtype=bool)
        pairs[index] = np.array(candidate.number)[here]
        there[index] = True
        if there.sum() != len(here):  # a pair has two numbers
            return []
        found.append(Block(candidate.mixture, *sides, pairs, there))
    return found


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
    return 0.35 + 0.00095 * count


def _line(count: int) -> float:
    return 0.2 + 0.0003 * count


def _multiply(block: Block) -> float:
    batches, rows, columns = block.pairs.shape
    terms = block.rows.shape[2]
    products: int = batches * rows * columns * terms
    return 0.9 + 0.09 * batches + 0.00006 * products


_ADD_UP = 0.8
_CHECK = 0.4
"""To look whether a result is finite."""


def _term_by_term(np: Any, dots: int, operands: tuple[Operand, Operand], active: int) -> float:
    a, b = (x.positions.ravel() for x in operands if isinstance(x, Ref))
    count = len(a)
    line = np.arange(count)
    if nest(np.stack([line, a, b])) is not None:
        moves = 0
    else:
        moves = 2 - any(nest(np.stack([line, x])) is not None for x in (a, b))
    terms = count // dots
    added = min((terms - 1) * _line(dots), _ADD_UP + _line(count))
    forward = moves * _move(count) + _line(count) + added
    return forward + active * (2 * _move(count) + _line(count) + _ADD_UP)


def _cost(layout: Layout, block: Block, active: int) -> float:
    complete = block.there.all()
    total = _multiply(block) * (1 + active)
    if block.mixture or not complete:
        total += _move(block.there.size) * (1 + (active > 0)) + _CHECK * active
    for ids in (block.columns,) if block.mixture else (block.rows, block.columns):
        if ids[0, 0, 0] >= 0 and _fitting(_strides(layout.position[ids]), ids.shape) is None:
            total += _move(ids.size)
    return total


# --- making instructions ---------------------------------------------------------------------


def compute(
    builder: Builder, layout: Layout, blocks: list[Block], count: int
) -> tuple[Ref, tuple[Product, ...]]:
    """The results of the dots, by rank, and the products that computed them."""
    np = builder.np
    positions = np.empty(count, dtype=np.int64)
    products = []
    complete = True
    for block in blocks:
        columns = _view(builder, _operand(builder, layout, block.columns))
        if block.mixture:
            weights = _spread(builder, _operand(builder, layout, block.pairs[block.there]), block)
            out = _mixed(builder, weights, columns, block.there, block.rows)
            positions[block.rows] = out.positions
            products.append(Product(block, None, columns, weights))
        else:
            rows = _view(builder, _operand(builder, layout, block.rows))
            ranks = block.pairs if block.there.all() else None
            out = _paired(builder, rows, columns, ranks)
            positions[block.pairs[block.there]] = out.positions[block.there]
            complete = complete and ranks is not None
            products.append(Product(block, rows, columns, None))
    result = Ref(ONCE, positions)
    return result if complete else builder.take(result), tuple(products)


def differentiate(
    builder: Builder,
    product: Product,
    cotangent: Ref,
    active: Callable[[Ids], bool],
    push: Callable[[Ids, Ref], None],
) -> None:
    """The cotangents of what a product is made of.

    Args:
        builder: what is added to.
        product: a product of :func:`compute`.
        cotangent: of all results of the group.
        active: whether some of some ids need a cotangent.
        push: contributes numbers to the cotangents of ids.
    """
    block, rows, columns, weights = product
    there = block.there
    if block.mixture:
        assert weights is not None
        mixed = _view(builder, Ref(cotangent.arena, cotangent.positions[block.rows]))
        ids = block.pairs[there]
        if active(ids):
            complete = there.all()
            share = _paired(builder, mixed, columns, _order(builder, ids, there) if complete else None)
            found = Ref(ONCE, share.positions[there])
            push(ids, found if complete else builder.take(found))
    else:
        assert rows is not None
        numbers = Ref(cotangent.arena, cotangent.positions[block.pairs[there]])
        weights, mixed = _spread(builder, numbers, block), rows
        if active(block.rows):
            _push(builder, push, block.rows, weights, columns, there)
    if active(block.columns):
        _push(builder, push, block.columns, _turned(weights), mixed, there.transpose(0, 2, 1))


def _push(
    builder: Builder, push: Callable[[Ids, Ref], None], ids: Ids, weights: View, of: View, there: Ids
) -> None:
    share = _mixed(builder, weights, of, there, _order(builder, ids))
    push(ids.ravel(), Ref(ONCE, share.positions.ravel()))


def _order(builder: Builder, ids: Ids, there: Ids | None = None) -> Ids:
    """The order of ids, which is where their numbers are best put."""
    np = builder.np
    ranks = np.empty(ids.size, dtype=np.int64)
    ranks[np.argsort(ids, axis=None, kind="stable")] = np.arange(ids.size)
    return ranks.reshape(ids.shape if there is None else there.shape)


def _paired(builder: Builder, rows: View, columns: View, ranks: Ids | None) -> Ref:
    """The inner product of every row with every column, to places in the order of ``ranks`` if that can be."""
    batches, count, terms = rows.shape
    shape = (batches, count, columns.shape[1])
    target, out = _place(builder, shape, ranks)
    _emit(builder, "matmul", target, rows, _turned(columns), terms)
    return out


def _mixed(builder: Builder, weights: View, vectors: View, there: Ids, ranks: Ids) -> Ref:
    """Sums of vectors with weights, some of which are absent."""
    shape = (*weights.shape[:2], vectors.shape[2])
    target, out = _place(builder, shape, ranks)
    if there.all():
        _emit(builder, "matmul", target, weights, vectors, weights.shape[2])
    else:
        _emit(builder, "absent", target, weights, vectors, there)
    return out


def _emit(builder: Builder, op: str, out: View, a: View, b: View, detail: Any) -> None:
    if out.shape[0] == 1:
        out, a, b = (v._replace(shape=v.shape[1:], strides=v.strides[1:]) for v in (out, a, b))
        if op == "absent":
            detail = detail[0]
    builder.emit(op, out, (a, b), detail)


def _place(builder: Builder, shape: tuple[int, ...], ranks: Ids | None) -> tuple[View, Ref]:
    """A place for a box of numbers, in the order of ``ranks`` if BLAS can write them there."""
    np = builder.np
    count = shape[0] * shape[1] * shape[2]
    place = builder.place(False, count)
    start = int(place.positions[0])
    found = None if ranks is None else _fitting(_strides(ranks), shape)
    if ranks is None or found is None or ranks[0, 0, 0] or ranks.max() >= count:
        ranks = np.arange(count).reshape(shape)
        found = _fitting(_strides(ranks), shape)
    assert found is not None
    return View(ONCE, start, shape, found), Ref(ONCE, start + ranks)


def _operand(builder: Builder, layout: Layout, ids: Ids) -> Ref:
    """Where operands stand, constants being written out."""
    if ids.flat[0] < 0:
        return builder.table(layout.constants[~ids])
    found = layout.operand(builder, ids)
    assert isinstance(found, Ref)
    return found


def _view(builder: Builder, box: Ref) -> View:
    """A box of positions as a view that BLAS takes."""
    shape = box.positions.shape
    found = _fitting(_strides(box.positions), shape)
    if found is None:
        return _view(builder, builder.take(box))
    return View(box.arena, int(box.positions[0, 0, 0]), shape, found)


def _spread(builder: Builder, numbers: Ref, block: Block) -> View:
    """The numbers of pairs as a box, with 0 where there is no pair."""
    np, there = builder.np, block.there
    if there.all():
        return _view(builder, Ref(numbers.arena, numbers.positions.reshape(there.shape)))
    if numbers.arena == CONSTANTS:
        flat = np.concatenate(builder.constants)
        values = np.zeros(there.shape)
        values[there] = flat[numbers.positions]
        return _view(builder, builder.table(values))
    never_written = int(builder.place(False, 1).positions[0])
    positions = np.full(there.shape, never_written)
    positions[there] = numbers.positions
    return _view(builder, builder.take(Ref(ONCE, positions)))


def _turned(view: View) -> View:
    """The rows of each batch as its columns."""
    (batches, rows, columns), (step, down, across) = view.shape, view.strides
    return view._replace(shape=(batches, columns, rows), strides=(step, across, down))


def _strides(box: Ids) -> tuple[int, int, int] | None:
    """The three strides of a box of positions, None if it has none."""
    first = box[:1, :1, :1]
    edges = box[:, :1, :1], box[:1, :, :1], box[:1, :1, :]
    if (edges[0] + edges[1] + edges[2] - 2 * first != box).any():
        return None
    steps = []
    for edge in edges:
        line = edge.ravel()
        step = int(line[1] - line[0]) if len(line) > 1 else 0
        if (line[1:] - line[:-1] != step).any():
            return None
        steps.append(step)
    return steps[0], steps[1], steps[2]


def _fitting(
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
