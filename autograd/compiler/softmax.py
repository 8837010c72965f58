"""Before flattening: a softmax does not depend on the number that its exponents are shifted by.

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
    from .graph import Graph


def shifted(graph: Graph) -> Graph:
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


def _used_otherwise(graph: Graph, shifts: set[int]) -> set[int]:
    """Those of some logsumexps that are not only the shift of softmaxes."""
    stages = {i: (SHIFT, i) for i in shifts}
    found: set[int] = set()
    for identity in range(graph.leaves, len(graph.operands)):
        ids = graph.operands[identity]
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
