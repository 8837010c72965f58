"""In what order leaves are kept: a bias beside the row of weights whose product it is added to.

A bias is one more term of the product where it stands after its weights, and models have all biases of a layer after all its
weights.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ... import primitives as p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..reroll import Schedule


def beside_weights(schedule: Schedule, ends: Sequence[int]) -> list[int]:
    """The leaves in an order in which biases follow their weights.

    Args:
        schedule: the groups of a graph.
        ends: where the parts of the leaves end that are to stay together, ascending; those after them stay as they are.
    """
    operands = schedule.flat.graph.operands
    count = ends[-1] if ends else 0
    dots = {node for group in schedule.groups if group.row is p.dot for node in group.nodes}
    follower: dict[int, int] = {}
    moving: set[int] = set()
    for group in schedule.groups:
        for node in group.nodes if group.row is p.add else ():
            a, b = operands[node]
            for product, bias in ((a, b), (b, a)):
                if product in dots and bias < count and bias not in moving:
                    last = _last_weight(operands[product], bias, count)
                    if last is None or last in follower:
                        continue
                    if bisect_right(ends, last) == bisect_right(ends, bias):
                        follower[last] = bias
                        moving.add(bias)
    order = []
    for leaf in range(schedule.flat.graph.leaves):
        if leaf not in moving:
            order.append(leaf)
            if leaf in follower:
                order.append(follower[leaf])
    return order


def _last_weight(factors: Sequence[int], bias: int, count: int) -> int | None:
    """The last of the factors of a dot that are leaves side by side, and not the bias."""
    half = len(factors) // 2
    for row in (factors[:half], factors[half:]):
        first, last = row[0], row[-1]
        if last < count and not first <= bias <= last and list(row) == [*range(first, last + 1)]:
            return last
    return None
