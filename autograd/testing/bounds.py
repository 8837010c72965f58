"""How far rounding may have taken a graph's numbers and gradients from the exact ones.

The graph is swept forwards and backwards once more, with tracked numbers (:mod:`.tracked`) in place of
floats. This sweep is written out here, and not the engine's, because the engine's is what is being checked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from autograd.graph import topological_order
from autograd.table import ABSENT

from .rounded import TINY, UNIT
from .tracked import RULES, Tracked, lift

if TYPE_CHECKING:
    from autograd.value import Value


class Bound(NamedTuple):
    """What rounding can do to one node's gradient."""

    error: float
    """The largest distance between the computed gradient and the exact one."""
    scale: float
    """The sum of the magnitudes of all paths' contributions: what the error is small against."""


def forward(order: list[Value]) -> dict[Value, Tracked]:
    """Each node's number with its bound; leaves and constants are exact."""
    numbers: dict[Value, Tracked] = {}
    for node in order:
        row = node.primitive
        if row is None:
            numbers[node] = Tracked(node.data)
        else:
            number = lift(RULES[row].forward(*_operands(node, numbers)))
            # The engine may have rounded otherwise (a sum of many, in another order).
            off = abs(number.value - node.data)
            numbers[node] = Tracked(node.data, number.error + off) if off else number
    return numbers


def _operands(node: Value, numbers: dict[Value, Tracked]) -> list[Tracked]:
    """A node's operands; a leaf's number is the one that was recorded, as it may have another by now."""
    return [
        Tracked(primal) if isinstance(x, float) or x.primitive is None else numbers[x]
        for x, primal in zip(node.operands, node.primals, strict=True)
    ]


def value_error(root: Value) -> float:
    """A bound on the rounding error of a computed Value, its leaves being exact."""
    return forward(topological_order(root))[root].error


def backward(root: Value) -> dict[Value, Bound]:
    """For each node that the root depends on, a bound on its gradient's rounding error."""
    order = topological_order(root)
    numbers = forward(order)
    cotangents: dict[Value, tuple[Tracked, float]] = {root: (Tracked(1.0), 1.0)}
    bounds: dict[Value, Bound] = {}
    for node in reversed(order):
        if node not in cotangents:
            continue
        cotangent, scale = cotangents.pop(node)
        # What arrives may have been added up in another order.
        error = 1.01 * cotangent.error + 4.0 * UNIT * scale + TINY
        bounds[node] = Bound(error if error == error else math.inf, scale)
        row = node.primitive
        if row is None:
            continue
        operands = _operands(node, numbers)
        out = numbers[node]
        partials = RULES[row].partials
        if row.arity is None:
            partials = tuple(partials[0](out, *operands))
        for operand, partial in zip(node.operands, partials, strict=True):
            if isinstance(operand, float):
                continue
            local = partial(out, *operands) if callable(partial) else partial
            if local is ABSENT and row.name == "where":  # the result does not depend on it
                continue
            if local is ABSENT:
                share, weight = Tracked(0.0), 0.0
            else:
                share, weight = cotangent * local, scale * abs(lift(local).value)
            if operand in cotangents:
                before, gathered = cotangents[operand]
                share, weight = before + share, gathered + weight
            cotangents[operand] = share, weight
    return bounds


def underflow_forward(found: dict[Value, Bound]) -> float:
    """What underflow may do to a root's tangent, whatever the leaves' tangents are.

    A forward sweep multiplies in the opposite order of a reverse sweep. What is rounded relatively is off by as
    much in both, but a product that underflows on the way up need not on the way down. Each is off by at most
    :data:`.rounded.TINY`, which goes on to the root like any change of that node.

    Args:
        found: what :func:`backward` answers for the root.
    """
    return sum(
        len(node.operands) * TINY * (1.0 + bound.scale)  # 1.0, since half a TINY rounds to none
        for node, bound in found.items()
    )
