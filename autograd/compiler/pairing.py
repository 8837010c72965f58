"""The matrix products that groups of dots become where vectors meet in pairs, and their derivatives.

The groups are found in :mod:`.pairs`. Numbers of pairs that are not there are 0 where they are factors, and *absent*
where the other factor is not finite (:mod:`.absent`); where they are results, nobody reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from .ir.program import CONSTANTS, LANES, ROWS, Ref, View
from .layout.affine import fitting, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .building import Builder
    from .pairs import Block
    from .places import Layout

    Ids = Any


class Product(NamedTuple):
    """A block that has become a matrix product, with what its derivative needs."""

    block: Block
    rows: View | None
    """The rows of a block that is not a mixture."""
    columns: View
    weights: View | None
    """The numbers of the pairs of a mixture, 0 where there is no pair."""


def compute(
    builder: Builder, layout: Layout, blocks: Sequence[Block], count: int
) -> tuple[Ref, tuple[Product, ...]]:
    """The results of the dots, by rank, and the products that computed them."""
    np = builder.np
    positions = np.empty(count, dtype=np.int64)
    products = []
    complete = True
    for block in blocks:
        columns = _view(builder, _operand(builder, layout, block.columns))
        if block.mixture:
            weights = _spread(
                builder, _operand(builder, layout, block.pairs[block.there]), block.there
            )
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
    result = Ref(out.arena, positions)
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
    if not block.mixture:
        assert rows is not None
        symmetric = _symmetric(builder, block, cotangent)
        if symmetric is not None:
            if active(block.rows):
                both = there | there.transpose(0, 2, 1)
                _push(builder, push, block.rows, symmetric, rows, both)
            return
        numbers = Ref(cotangent.arena, cotangent.positions[block.pairs[there]])
        weights, mixed = _spread(builder, numbers, there), rows
        if active(block.rows):
            _push(builder, push, block.rows, weights, columns, there)
    else:
        assert weights is not None
        mixed = _view(builder, Ref(cotangent.arena, cotangent.positions[block.rows]))
        ids = block.pairs[there]
        if active(ids):
            complete = there.all()
            ranks = _order(builder, block.pairs) if complete else None
            share = _paired(builder, mixed, columns, ranks)
            found = Ref(share.arena, share.positions[there])
            push(ids, found if complete else builder.take(found))
    if active(block.columns):
        _push(builder, push, block.columns, _turned(weights), mixed, there.transpose(0, 2, 1))


def _symmetric(builder: Builder, block: Block, cotangent: Ref) -> View | None:
    """Where the vectors of one set meet each other, what each pair contributes to both: a symmetric matrix.

    None if there are two sets, or pairs that come in both orders.
    """
    np, there = builder.np, block.there
    if block.rows.shape != block.columns.shape or (block.rows != block.columns).any():
        return None
    turned = there.transpose(0, 2, 1)
    diagonal = np.eye(there.shape[1], dtype=bool)
    if cotangent.arena > LANES or (there & turned & ~diagonal).any():
        return None
    pairs = np.where(there, block.pairs, block.pairs.transpose(0, 2, 1))
    both = there | turned
    numbers = Ref(cotangent.arena, cotangent.positions[pairs[both]])
    box = builder.take(_filled(builder, numbers, both))
    twice = Ref(box.arena, box.positions[there & diagonal])
    count = len(twice.positions)
    if count:
        builder.elementwise(p.mul, [twice, 2.0], count, twice)
    return _view(builder, box)


def _push(
    builder: Builder,
    push: Callable[[Ids, Ref], None],
    ids: Ids,
    weights: View,
    of: View,
    there: Ids,
) -> None:
    share = _mixed(builder, weights, of, there, _order(builder, ids))
    push(ids.ravel(), share.line)


def _order(builder: Builder, ids: Ids) -> Ids:
    """The order of ids, in which their numbers are best put."""
    np = builder.np
    ranks = np.empty(ids.size, dtype=np.int64)
    ranks[np.argsort(ids, axis=None, kind="stable")] = np.arange(ids.size)
    return ranks.reshape(ids.shape)


def _paired(builder: Builder, rows: View, columns: View, ranks: Ids | None) -> Ref:
    """The inner product of every row with every column, to places in the order of ``ranks`` if that can be."""
    batches, count, terms = rows.shape
    shape = (batches, count, columns.shape[1])
    target, out = _place(builder, rows.laned or columns.laned, shape, ranks)
    _emit(builder, target, rows, _turned(columns), terms, None)
    return out


def _mixed(builder: Builder, weights: View, vectors: View, there: Ids, ranks: Ids) -> Ref:
    """Sums of vectors with weights, some of which are absent."""
    shape = (*weights.shape[:2], vectors.shape[2])
    target, out = _place(builder, weights.laned or vectors.laned, shape, ranks)
    _emit(builder, target, weights, vectors, weights.shape[2], None if there.all() else there)
    return out


def _emit(builder: Builder, out: View, a: View, b: View, terms: int, there: Ids | None) -> None:
    if out.shape[0] == 1:
        out, a, b = (v._replace(shape=v.shape[1:], strides=v.strides[1:]) for v in (out, a, b))
        there = None if there is None else there[0]
    if out.laned:
        whole = builder.np.ones(a.shape, dtype=bool)
        builder.emit("lanewise", out, (a, b), whole if there is None else there)
    elif there is None:
        builder.emit("matmul", out, (a, b), terms)
    else:
        builder.emit("absent", out, (a, b), there)


def _place(
    builder: Builder, laned: bool, shape: tuple[int, ...], ranks: Ids | None
) -> tuple[View, Ref]:
    """A place for a box of numbers, in the order of ``ranks`` if a matrix product can write them there."""
    np = builder.np
    count = shape[0] * shape[1] * shape[2]
    place = builder.place(laned, count)
    start = int(place.positions[0])
    found = None if ranks is None else fitting(steps(ranks), shape)
    if ranks is None or found is None or ranks[0, 0, 0] or ranks.max() >= count:
        ranks = np.arange(count).reshape(shape)
        found = fitting(steps(ranks), shape)
    assert found is not None
    return View(place.arena, start, shape, found), Ref(place.arena, start + ranks)


def _operand(builder: Builder, layout: Layout, ids: Ids) -> Ref:
    """Where operands stand, constants being written out."""
    if layout.constant[ids].all():
        return builder.table(layout.numbers[ids])
    found = layout.operand(builder, ids)
    assert isinstance(found, Ref)
    return found


def _view(builder: Builder, box: Ref) -> View:
    """A box of positions as a view, of what has no lanes as one that BLAS takes."""
    shape = box.positions.shape
    found = steps(box.positions)
    if not box.laned:
        found = fitting(found, shape)
    if found is None:
        return _view(builder, builder.take(box))
    return View(box.arena, int(box.positions[0, 0, 0]), shape, found)


def _spread(builder: Builder, numbers: Ref, there: Ids) -> View:
    """The numbers of pairs as a box, with 0 where there is no pair."""
    if there.all():
        return _view(builder, Ref(numbers.arena, numbers.positions.reshape(there.shape)))
    if numbers.arena == CONSTANTS:
        values = builder.np.zeros(there.shape)
        values[there] = builder.np.concatenate(builder.constants)[numbers.positions]
        return _view(builder, builder.table(values))
    return _view(builder, builder.take(_filled(builder, numbers, there)))


def _filled(builder: Builder, numbers: Ref, there: Ids) -> Ref:
    """A box of positions: of the numbers of pairs and, where there is no pair, of a 0 that nothing ever writes."""
    if numbers.arena == ROWS:
        numbers = builder.take(numbers)
    zero = builder.place(numbers.laned, 1)
    builder.zeros.append(zero)
    positions = builder.np.full(there.shape, zero.positions[0])
    positions[there] = numbers.positions
    return Ref(numbers.arena, positions)


def _turned(view: View) -> View:
    """The rows of each batch as its columns."""
    (batches, rows, columns), (step, down, across) = view.shape, view.strides
    return view._replace(shape=(batches, columns, rows), strides=(step, across, down))
