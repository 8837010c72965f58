"""Where the derivative of an operation is a convention, and how many of those a graph's derivative is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd.table import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.table import Primitive
    from autograd.value import Value


def conventions(nodes: Iterable[Value]) -> int:
    """How many conventions there are among some nodes.

    With one, the derivative lies between the one-sided slopes. Several need not add up to anything between, and a
    jump need not by itself, for what jumps times 0 does not, and has a slope that the convention does not know.
    """
    count = 0
    for node in nodes:
        row = node.primitive
        if row is not None:
            found = switches(row, node.primals)
            count += 2 * found if found and is_flat(row) else found
    return count


def at_kink(node: Value) -> bool:
    """Whether a node's operands lie just where its derivative is a convention."""
    return conventions([node]) > 0


def switches(row: Primitive, operands: Sequence[float]) -> int:
    """How many of a row's switching functions vanish; of a tie between three, more than one."""
    if row.kinks is None or not all(map(math.isfinite, operands)):
        return 0
    return sum(switch == 0.0 for switch in row.kinks(*operands))


def is_flat(row: Primitive) -> bool:
    """Whether a row's derivative is 0 wherever it has one, as that of floor is: it has jumps for kinks."""
    if all(partial is ABSENT for partial in row.partials):
        return True
    if row.arity != 1 or row.kinks is None:
        return False
    probes = (-2.3, -0.7, 0.4, 1.6)
    return all(row.partials[0](row.forward(x), x) in {0.0, ABSENT} for x in probes)
