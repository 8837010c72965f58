"""Choosing between arrays and straight-line code, before anything is lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .straightline import LONGEST

if TYPE_CHECKING:
    from collections.abc import Collection

    from .ir.scalar import ScalarGraph
    from .reroll import Schedule

LINE = 0.030
"""Microseconds a line of generated scalar code takes."""
INTERPRETED = 0.12
"""Microseconds an operation takes where the code is too long to be generated."""
INSTRUCTION = 0.75
"""Microseconds an array instruction takes, views and temporaries included."""
CALL = 4.0
"""Microseconds a call of an array program takes besides."""
ELEMENT = 0.0015
"""Microseconds an array instruction takes for each number."""


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
    instructions = len(schedule.groups) * (2.6 if wanted else 1.2)
    elements = _passes(wanted) * _terms(graph) * ELEMENT
    return CALL + instructions * INSTRUCTION + elements < _straight(graph, wanted)


def _straight(graph: ScalarGraph, wanted: Collection[int]) -> float:
    """Microseconds that straight-line code takes."""
    passes, operations = _passes(wanted), graph.operations
    line = LINE if passes * operations < LONGEST else INTERPRETED
    return passes * (operations + _terms(graph) / 4) * line


def _terms(graph: ScalarGraph) -> int:
    return sum(map(len, graph.operands))


def _passes(wanted: Collection[int]) -> float:
    return 4.0 if wanted else 1.0
