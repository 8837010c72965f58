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

from .array.contract import batches, in_order, mixtures, products
from .ir.program import Ref
from .layout.affine import fitting, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .array.contract import Pairs
    from .building import Operand
    from .places import Layout

    Ids = Any
    Lists = Sequence[tuple[int, ...]]


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
    for mixture, pairs in (
        (False, products(layout.np, left, right)),
        (True, mixtures(layout.np, left, right)),
        (True, mixtures(layout.np, right, left)),
    ):
        if pairs is None:
            continue
        blocks = _blocks(layout, mixture, pairs)
        cost = sum(_cost(layout, block, sum(active), laned) for block in blocks)
        if blocks and cost < limit:
            best, limit = blocks, cost
    return best


def _blocks(layout: Layout, mixture: bool, pairs: Pairs) -> list[Block]:
    """The pairs by batches; none if too few are there."""

    def position(ids: Ids) -> Ids:
        return layout.position[ids]

    found = batches(layout.np, pairs, in_order if mixture else position, position)
    return [
        Block(mixture, rows, columns, layout.np.maximum(numbers, 0), numbers >= 0)
        for rows, columns, numbers in found
    ]


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
