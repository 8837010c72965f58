"""Stage 4, after rerolling: a bias added to a matrix product becomes a term of it, times 1.

``W @ x + b`` is one product of ``W`` with ``b`` beside it and ``x`` with a 1 below it; and so is what both are given in
the reverse sweep. With lanes that saves an addition and a sum over lanes for every layer of a network, which for small
ones take as long as the products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import primitives as p
from .ir.scalar import INPUT, PARAM

if TYPE_CHECKING:
    from .flatten import Flat
    from .reroll import Group, Schedule


def absorb(schedule: Schedule) -> Schedule:
    """The same schedule with the additions of biases taken into the matrix products before them.

    Args:
        schedule: of :func:`.reroll.reroll`.
    """
    if not any(group.matrix and group.laned for group in schedule.groups):
        return schedule
    flat = schedule.flat
    added = _only_added(flat)
    additions = {group.nodes[0]: group for group in schedule.groups if _may_add(group)}
    taken: dict[int, Group] = {}
    fused: dict[int, Group] = {}
    for group in schedule.groups:
        if not (group.matrix and group.laned and _one_tuple(flat, group)):
            continue
        if any(node not in added for node in group.nodes):
            continue
        sums = [added[node] for node in group.nodes]
        addition = additions.get(min(sums))
        if addition is None or sorted(sums) != sorted(addition.nodes):
            continue
        biases = [_bias(flat, node, total) for node, total in zip(group.nodes, sums, strict=True)]
        if -1 in biases:
            continue
        taken[addition.nodes[0]] = addition
        fused[group.nodes[0]] = group._replace(
            nodes=sums, active=addition.active, products=group.nodes, biases=biases
        )
    if not fused:
        return schedule
    groups = [
        fused.get(group.nodes[0], group) for group in schedule.groups if group.nodes[0] not in taken
    ]
    return schedule._replace(groups=groups)


def _may_add(group: Group) -> bool:
    return group.row is p.add and group.laned and not (group.masked or group.scans)


def _only_added(flat: Flat) -> dict[int, int]:
    """The addition that is a dot's only use, for each dot that has no other."""
    graph = flat.graph
    users: dict[int, int] = {}
    for identity, ids in enumerate(graph.operands):
        for i in ids:
            if graph.primitives[i] is p.dot:
                alone = i not in users and graph.primitives[identity] is p.add
                users[i] = identity if alone else -1
    for i in graph.outputs:
        users[i] = -1
    return {i: user for i, user in users.items() if user >= 0}


def _one_tuple(flat: Flat, group: Group) -> bool:
    """Whether all rows of a product meet the same activations."""
    halves = {flat.graph.operands[node] for node in group.nodes}
    return len({ids[len(ids) // 2 :] for ids in halves}) == 1


def _bias(flat: Flat, product: int, total: int) -> int:
    """What is added to a product, if it is a leaf that all lanes share; -1 if it is not."""
    a, b = flat.graph.operands[total]
    bias = b if a == product else a
    shared = flat.graph.roles[bias] in (PARAM, INPUT)
    return bias if shared else -1
