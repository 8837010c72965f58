"""Stage 4, before grouping: running sums, products and maxima whose results on the way are used.

``s = s + x`` in a loop is a chain of operations of which each needs the one before it, and so each would be a group of its
own. Where what is added does not depend on the sums, the chain is one *scan*: all its operations are done together, when
all that is added is there. (Where only the last result is used, flattening has made one operation of it before.)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .. import primitives as p
from .flatten import stands_for
from .ir.ops import UFUNCS

if TYPE_CHECKING:
    from .flatten import Flat

SHORTEST = 8
"""The fewest operations that are a scan."""
EFFORT = 10
"""How many times as many operands as the graph has may be looked at to find scans."""


class Scan(NamedTuple):
    """A chain of operations that are done together."""

    nodes: list[int]
    """The operations, each of which has the one before it as an operand."""
    inputs: list[int]
    """What the first one begins with, then what each adds."""


def scans_of(flat: Flat, active: bytearray, masked: bytearray) -> dict[int, Scan]:
    """The scans of a graph, by their first operations.

    A derivative can be handed through sums; other chains are scans only where none is needed.

    Args:
        flat: the graph.
        active: for each id, whether it needs a cotangent.
        masked: for each id, whether its cotangent may be absent.
    """
    graph = flat.graph
    primitives, operands, roles = graph.primitives, graph.operands, graph.roles

    def continues(identity: int, before: int) -> bool:
        """Whether an operation could follow one of its operands in a scan."""
        return (
            primitives[before] is primitives[identity]
            and roles[before] == roles[identity]
            and active[before] == active[identity]
            and masked[before] == masked[identity]
        )

    after: dict[int, int] = {}
    for identity, row in enumerate(primitives):
        if row in UFUNCS and (row is p.add or not active[identity]):
            before = next((i for i in operands[identity] if continues(identity, i)), None)
            if before is not None:
                after.setdefault(before, identity)
    found: dict[int, Scan] = {}
    left = EFFORT * sum(map(len, operands)) if after else 0
    for head in sorted(after.keys() - set(after.values())):
        nodes = [head]
        while nodes[-1] in after:
            nodes.append(after[nodes[-1]])
        if len(nodes) < SHORTEST:
            continue
        inputs = [*operands[head]]
        for before, identity in pairwise(nodes):
            a, b = operands[identity]
            inputs.append(b if a == before else a)
        own = roles[head]
        if not all(roles[i] == own or stands_for(roles[i], own) for i in inputs):
            continue
        left -= sum(map(len, operands[head : nodes[-1] + 1]))
        if left < 0:
            break
        if not _depends(operands, nodes, inputs):
            found[head] = Scan(nodes, inputs)
    return found


def _depends(operands: list[tuple[int, ...]], nodes: list[int], inputs: list[int]) -> bool:
    """Whether something that a chain adds depends on a result of it."""
    head = nodes[0]
    reached = bytearray(nodes[-1] + 1 - head)
    for node in nodes:
        reached[node - head] = 1
    for identity in range(head, nodes[-1] + 1):
        for i in operands[identity]:
            if i >= head and reached[i - head]:
                reached[identity - head] = 1
                break
    return any(i >= head and reached[i - head] for i in inputs)
