"""Before flattening: a softmax does not depend on the number that its exponents are shifted by, and what has been
shifted need not be shifted again.

``autograd.softmax`` divides ``exp(x - logsumexp(xs))`` by the sum of all of these. Any other shift gives the same
quotients, and so the shift has no derivative. Where all that uses a logsumexp are such quotients, the largest of
the terms takes its place, through which nothing flows back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import primitives as p
from . import conditions as c

if TYPE_CHECKING:
    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph


def shifted(graph: ScalarGraph) -> ScalarGraph:
    """The graph with the shifts of its softmaxes replaced.

    Args:
        graph: a simplified graph.

    >>> from autograd import softmax
    >>> from autograd.compiler.stages import simplified
    >>> print(shifted(simplified(lambda a, b: softmax([a, b])[0], 1.0, 2.0)))
    x0, x1
    v2 = largest x0, x1
    v3 = x0 - v2
    v4 = x1 - v2
    v5 = exp v3
    v6 = exp v4
    v7 = Σ v5, v6
    v8 = v5 ÷ v7
    return v8
    """
    shifts = {i for i, row in enumerate(graph.primitives) if row is p.logsumexp}
    if not shifts or p.div not in graph.primitives:
        return graph
    shifts -= _used_otherwise(graph, shifts)
    primitives = [c.largest if i in shifts else row for i, row in enumerate(graph.primitives)]
    return graph._replace(primitives=primitives)


def unshifted(graph: ScalarGraph) -> ScalarGraph:
    """The graph with each logsumexp of differences from the largest taken apart: it need not subtract that again.

    ``autograd.log_softmax`` is made of these.

    Args:
        graph: a simplified graph.

    >>> from autograd import log_softmax
    >>> from autograd.compiler.stages import simplified
    >>> print(unshifted(simplified(lambda a, b: log_softmax([a, b])[0], 1.0, 2.0)))
    x0, x1
    v2 = largest x0, x1
    v4 = max v2, -1.79769e+308
    v6 = min v4, 1.79769e+308
    v7 = x0 - v6
    v8 = x1 - v6
    v9 = exp v7
    v10 = exp v8
    v11 = Σ v9, v10
    v12 = log v11
    v13 = v7 - v12
    return v13
    """
    found = {
        i
        for i, row in enumerate(graph.primitives)
        if row is p.logsumexp and _is_of_differences(graph, graph.operands[i])
    }
    if not found:
        return graph
    primitives: list[Primitive | None] = []
    operands: list[tuple[int, ...]] = []
    roles = bytearray()
    new_id: list[int] = []

    def append(row: Primitive | None, ids: tuple[int, ...], role: int) -> int:
        primitives.append(row)
        operands.append(ids)
        roles.append(role)
        return len(operands) - 1

    for i, (row, old) in enumerate(zip(graph.primitives, graph.operands, strict=True)):
        ids = tuple([new_id[x] for x in old])
        role = graph.roles[i]
        if i in found:
            parts = [
                append(p.exp, (x,), graph.roles[before]) for x, before in zip(ids, old, strict=True)
            ]
            total = append(p.sum_, tuple(parts), role)
            new_id.append(append(p.log, (total,), role))
        else:
            new_id.append(append(row, ids, role))
    return graph._replace(
        primitives=primitives,
        operands=operands,
        roles=roles,
        constants={new_id[i]: number for i, number in graph.constants.items()},
        outputs=tuple([new_id[i] for i in graph.outputs]),
    )


def _is_of_differences(graph: ScalarGraph, ids: tuple[int, ...]) -> bool:
    """Whether numbers are differences of others from the largest of these, cut to the range of floats."""
    primitives, operands = graph.primitives, graph.operands
    if len(ids) < 2 or any(primitives[i] is not p.sub for i in ids):
        return False
    xs, shifts = zip(*[operands[i] for i in ids], strict=True)
    shift = shifts[0]
    if set(shifts) != {shift}:
        return False
    for row in (p.minimum, p.maximum):
        if primitives[shift] is not row:
            return False
        shift = operands[shift][0]
    return primitives[shift] is c.largest and operands[shift] == xs


def _used_otherwise(graph: ScalarGraph, shifts: set[int]) -> set[int]:
    """Those of some logsumexps that are not only the shift of softmaxes."""
    stages = {i: (SHIFT, i) for i in shifts}
    found: set[int] = set()
    for identity, ids in enumerate(graph.operands):
        reached = [stages[i] for i in ids if i in stages]
        if not reached:
            continue
        shift = reached[0][1]
        kinds = [kind for kind, other in reached if other == shift]
        stage = _next(graph.primitives[identity], kinds) if len(kinds) == len(ids) else None
        if graph.primitives[identity] is p.sub and reached == [(SHIFT, ids[1])]:
            stage = DIFFERENCE
        if stage is None:
            found |= {other for _, other in reached}
        elif stage != QUOTIENT:
            stages[identity] = stage, shift
    return found | {stages[i][1] for i in graph.outputs if i in stages}


SHIFT, DIFFERENCE, PART, SUM, QUOTIENT = range(5)
"""From the shift to the softmax: x - shift, its exponential, the sum of some, and the ratio of two."""


def _next(row: Primitive | None, kinds: list[int]) -> int | None:
    """What an operation makes of operands that all have one shift; None for nothing of use."""
    if row is p.exp and kinds == [DIFFERENCE]:
        return PART
    if row in {p.sum_, p.add} and set(kinds) <= {PART, SUM}:
        return SUM
    if row is p.div and set(kinds) <= {PART, SUM}:
        return QUOTIENT
    return None
