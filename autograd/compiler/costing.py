"""Choosing between arrays and straight-line code, before anything is lowered.

The constants are measured (``python -m benchmarks.irregular --paths`` runs the cases both ways). Straight-line code is a
tape where the native core is there, and generated Python elsewhere; what it takes depends on which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import primitives as p
from ..native import core
from .ir.ops import FOLDED, LINEAR
from .straightline import LONGEST
from .tape import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Collection

    from .ir.scalar import ScalarGraph
    from .reroll import Schedule

LINE = 0.030
"""Microseconds a line of generated scalar code takes."""
INTERPRETED = 0.12
"""Microseconds an operation takes where the code is too long to be generated."""
INSTRUCTION = 0.30
"""Microseconds an array instruction takes, views and temporaries included."""
CALL = 4.0
"""Microseconds a call of an array program takes besides."""
ELEMENT = 0.00005
"""Microseconds an array instruction takes for each number."""
LARGE = 5_000
"""How many operations take longer to be differentiated one by one than as arrays, so that arrays may be slower to run."""


def most_groups(graph: ScalarGraph, wanted: Collection[int]) -> float:
    """Of fewer groups than so many, an array program is the faster way to run a graph.

    Args:
        graph: a simplified graph.
        wanted: the leaves to differentiate by.
    """
    if not graph.operations:
        return 0.0
    straight = _straight(graph, wanted)
    if straight < CALL + 3 * INSTRUCTION:
        return 0.0
    elements = (4.0 if wanted else 1.0) * _terms(graph) * ELEMENT
    spared = straight * (2.0 if graph.operations >= LARGE else 1.0) - CALL - elements
    return spared / (INSTRUCTION * (3.0 if wanted else 1.2))


LOOKED_AT = 4_096
"""How many operations are looked at for how deep a graph is: those of a loop's first steps tell."""
_WITHIN = LINEAR | FOLDED.keys()
"""What flattening may make a part of something else."""


def is_deeper(graph: ScalarGraph, most: float) -> bool:
    """Whether a graph is sure to have so many groups or more, since that many operations wait for one another.

    Of these, sums are not counted, nor a product of a product, which may be a scan with it.

    >>> from autograd import sin
    >>> from autograd.compiler.stages import simplified
    >>> is_deeper(simplified(lambda x: sin(sin(x) + 1.0) + sin(x), 1.0), 2)
    True
    >>> is_deeper(simplified(lambda x: sin(x + 1.0) + sin(x), 1.0), 2)
    False
    """
    depth = [0] * graph.leaves
    end = min(graph.leaves + LOOKED_AT, len(graph.operands))
    for identity in range(graph.leaves, end):
        row, ids = graph.primitives[identity], graph.operands[identity]
        below = max([depth[i] for i in ids], default=0)
        if row is None or row in _WITHIN:
            depth.append(below)
            continue
        if row is not p.mul or all(
            depth[i] < below or graph.primitives[i] is not p.mul for i in ids
        ):
            below += 1
            if below >= most:
                return True
        depth.append(below)
    return False


LARGE_LANES = 50_000
"""The same where there are lanes, of which the tape computes 64 at once."""
ROLLED = 12
"""How many operations a group must have, at least, for lanes to be worth arrays."""


def has_lanes_on_tape(schedule: Schedule, graph: ScalarGraph) -> bool:
    """Whether what has lanes runs on a tape, 64 at a time, rather than group by group.

    A tape takes 0.1 nanoseconds an operation and lane, and an array a third of one; but large programs that roll up well are
    sooner compiled as arrays.
    """
    small = graph.operations < LARGE_LANES or graph.operations <= ROLLED * len(schedule.groups)
    return core is not None and small


def _straight(graph: ScalarGraph, wanted: Collection[int]) -> float:
    """Microseconds that straight-line code takes."""
    if core is not None:
        return (2.0 if wanted else 1.0) * 1e-3 * nanoseconds(graph)
    passes, operations = (4.0 if wanted else 1.0), graph.operations
    line = LINE if passes * operations < LONGEST else INTERPRETED
    return passes * (operations + _terms(graph) / 4) * line


def _terms(graph: ScalarGraph) -> int:
    return sum(map(len, graph.operands))
