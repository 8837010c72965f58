"""Kinks: where the derivative of an operation is a convention, which one, and how many a graph's derivative is made of."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

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


def convention(row: Primitive, place: int, left: Any, right: Any) -> Any:
    """Which of the slopes at a kink is the derivative (docs/conventions.md): in general the smallest in
    magnitude between the two, the subgradient of least norm."""
    if row.commutative:
        return (left + right) / 2  # a tie: both arguments share
    if row.name == "clip":  # 1 on the closed interval; of equal bounds, the lower where x is below
        return (max(left, right), left, right)[place]
    if row.name in {"leaky_relu", "elu"}:
        return left
    if left * right <= 0:
        return left * 0
    return min(left, right, key=abs)


def kink_points(row: Primitive) -> list[tuple[float, ...]]:
    """Operands at which a row's derivative is a convention, found by trying small numbers."""
    if row.kinks is None:
        return []
    arity = row.arity if row.arity is not None else 2
    candidates = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1.5, 3.0, 2.5)
    found = []
    for operands in itertools.product(candidates[: 10 if arity < 3 else 5], repeat=arity):
        if any(switch == 0.0 for switch in row.kinks(*operands)):
            found.append(operands)
    return found
