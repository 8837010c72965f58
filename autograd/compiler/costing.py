"""Choosing between arrays and straight-line code, before anything is lowered.

The constants are measured (``python -m benchmarks.irregular --paths`` runs the cases both ways). Straight-line code is a
tape where the native core is there, and generated Python elsewhere; what it takes depends on which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..native import core
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


def may_be_arrays(graph: ScalarGraph, wanted: Collection[int]) -> bool:
    """Whether an array program could be the faster way to run a graph, so that it is worth looking for one."""
    return bool(graph.operations) and _straight(graph, wanted) >= CALL + 3 * INSTRUCTION


def is_arrays(schedule: Schedule, graph: ScalarGraph, wanted: Collection[int]) -> bool:
    """Whether the array program of a schedule is the faster way.

    Args:
        schedule: the groups of the graph.
        graph: a simplified graph.
        wanted: the leaves to differentiate by.
    """
    instructions = len(schedule.groups) * (3.0 if wanted else 1.2)
    elements = (4.0 if wanted else 1.0) * _terms(graph) * ELEMENT
    arrays = CALL + instructions * INSTRUCTION + elements
    return arrays < _straight(graph, wanted) * (2.0 if graph.operations >= LARGE else 1.0)


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
