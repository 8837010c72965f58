"""Which leaves are shown again beside a use, so that a loop's constants do not cross the whole picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def topological(operands: Sequence[Sequence[int]]) -> list[int]:
    """All indices, operands first; where they go in circles, nearly so."""
    order: list[int] = []
    seen = [False] * len(operands)
    for start in range(len(operands)):
        stack = [(start, False)]
        while stack:
            i, listed = stack.pop()
            if listed:
                order.append(i)
            elif not seen[i]:
                seen[i] = True
                stack.append((i, True))
                stack.extend((j, False) for j in reversed(operands[i]))
    return order


def chips(operands: Sequence[Sequence[int]], leaves: set[int]) -> list[tuple[int, int]]:
    """Leaves and the users that they are to stand beside once more.

    These are the uses more than one column after a leaf's first. An operation of leaves alone counts as
    standing in the column before its use: at its earliest column, each ``-k`` of a loop would stand at the
    start.

    Args:
        operands: for each box those that it depends on.
        leaves: those that may be repeated.
    """
    order = topological(operands)
    users: list[list[int]] = [[] for _ in operands]
    columns = [0] * len(operands)
    alone = set(leaves)
    for i in order:
        for j in operands[i]:
            users[j].append(i)
            if j not in leaves:
                columns[i] = max(columns[i], columns[j] + 1)
        if operands[i] and alone.issuperset(operands[i]):
            alone.add(i)
    for i in reversed(order):
        if i in alone and i not in leaves and users[i]:
            columns[i] = max(columns[i], min(columns[j] for j in users[i]) - 1)
    pairs = []
    for leaf in sorted(leaves):
        first = min((columns[user] for user in users[leaf]), default=0)
        pairs += [(leaf, user) for user in users[leaf] if columns[user] > first + 1]
    return pairs
