"""Choosing between arrays and straight-line code, before anything is lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def choose(
    graph: ScalarGraph, wanted: Collection[int], laned: Collection[int], exact: bool = False
) -> Schedule | None:
    """The schedule of an array program if that is the faster way to run a graph, else None.

    Args:
        graph: a simplified graph.
        wanted: the leaves to differentiate by.
        laned: the arguments that differ from lane to lane; what has lanes is always an array program.
        exact: whether derivatives are to tell what is absent from 0; see :mod:`.masked`.
    """
    from .straightline import LONGEST

    operations = graph.operations
    if not operations and not laned:
        return None
    terms = sum(map(len, graph.operands))
    lines = operations + terms / 4
    passes = 4.0 if wanted else 1.0
    line = LINE if passes * operations < LONGEST else INTERPRETED
    straight = passes * lines * line
    if not laned and straight < CALL + 3 * INSTRUCTION:
        return None
    from .lowering import schedule

    found = schedule(graph, wanted, laned, exact)
    if laned:
        return found
    instructions = len(found.groups) * (2.6 if wanted else 1.2)
    arrays = CALL + instructions * INSTRUCTION + passes * terms * ELEMENT
    return found if arrays < straight else None
