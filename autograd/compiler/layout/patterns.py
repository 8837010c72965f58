"""The offsets at which an operand's elements could lie, for it to be a strided view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clusters import commonest

if TYPE_CHECKING:
    from collections.abc import Iterator

    Array = Any
    Ids = Any

SIDES = (1, 2, 3, 4, 5, 6, 8)
"""The lengths of lines that a sequence is tried to be cut into."""


def patterns(elements: Ids, cluster: Array, offset: Array, movable: Array) -> Iterator[Array]:
    """Wanted offsets, one after the other, the first of them anywhere.

    First the elements as they come, side by side, equal ones at one place or each at its own; a matrix's by columns too. Then the grid in which most of those lie
    that belong to the commonest cluster.

    Args:
        elements: of the operand, in its shape.
        cluster: of each.
        offset: of each in its cluster.
        movable: whether it has one.
    """
    import numpy as np

    ranks = np.arange(elements.size).reshape(elements.shape)
    orders = [ranks] if elements.ndim == 1 else [ranks, ranks.swapaxes(-1, -2)]
    for order in orders:
        found = _as_they_come(elements.ravel(), order.ravel())
        yield found
        if found.max() < len(found) - 1:
            yield order.ravel() if order is ranks else ranks.swapaxes(-1, -2).argsort(axis=None)
    if not movable.any():
        return
    mine = movable & (cluster == commonest(cluster[movable]))
    size = elements.size
    sides = [elements.shape[-1]]
    if elements.ndim == 1:
        lines = (k for k in (*SIDES, _line(offset)) if size % k == 0)
        sides = list(dict.fromkeys(lines))
    for side in sides:
        places, known = offset.reshape(-1, side), mine.reshape(-1, side)
        down = _step(places[:-1], places[1:], known[:-1] & known[1:])
        across = _step(places[:, :-1], places[:, 1:], known[:, :-1] & known[:, 1:])
        if (down, across) != (side, 1):  # which is as they come
            yield (np.arange(len(places))[:, None] * down + np.arange(side) * across).ravel()


def _as_they_come(line: Ids, order: Array) -> Array:
    """Offsets in some order, equal elements at one."""
    import numpy as np

    wanted = np.empty(len(line), np.int64)
    _, first, inverse = np.unique(line[order], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    wanted[order] = rank[inverse]
    return wanted


def _line(offset: Array) -> int:
    """How long the lines are that a sequence is made of, by what it steps over most regularly; 1 for none."""
    import numpy as np

    if len(offset) < 2:
        return 1
    steps = offset[1:] - offset[:-1]
    breaks = np.flatnonzero(steps != commonest(steps))
    return 1 if len(breaks) < 2 else commonest(breaks[1:] - breaks[:-1])


def _step(before: Array, after: Array, known: Array) -> int:
    """The commonest difference between neighbours that are both known."""
    steps = (after - before)[known]
    return commonest(steps) if steps.size else 0
