"""Ones beside arguments: a bias is one more column of weights where the argument has a 1 after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ir.program import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clusters import Clusters

    Ids = Any


def with_ones(clusters: Clusters, operands: Mapping[tuple[int, int], Ids]) -> None:
    """Let arguments of lanes that end with a 1 have it after them.

    Args:
        clusters: they get one copy of a 1, where it is wanted.
        operands: the elements of each, by value and argument.
    """
    np, places = clusters.np, clusters.places
    ones = [x for x, number in clusters.graph.numbers.items() if number == 1.0]
    after = places.rows
    if not ones or not after:
        return
    copies: Ids | None = None
    for use, elements in operands.items():
        line = elements.ravel()
        if line[-1] != ones[0] or max(elements.shape) < len(line) or len(line) < 2:
            continue
        data = line[:-1]
        ends = places.position[data[-1]] == after - 1
        if ends and (places.arena[data] == ROWS).all():
            if copies is None:
                copies = clusters.copied(ones[:1], ROWS)
                places.position[copies] = after
                places.rows = after + 1
            places.operands[use] = np.append(data, copies).reshape(elements.shape)
