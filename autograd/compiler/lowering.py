"""From a simplified graph to an array program: stages 3 to 6 in a row."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from .biases import absorb
from .flatten import INPUT, LANED_INPUT, PARAMETER, flatten
from .forward import build
from .program import LANES, ONCE, Program, Ref
from .reroll import reroll
from .reverse import Reverse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .graph import Graph
    from .reroll import Schedule


def roles(graph: Graph, wanted: Collection[int], laned: Collection[int]) -> list[int]:
    """The class of each leaf: parameters are what is captured or differentiated by."""
    found = [INPUT] * graph.arguments + [PARAMETER] * len(graph.parameters)
    for i in wanted:
        found[i] = PARAMETER
    for i in laned:
        found[i] = LANED_INPUT
    return found


def schedule(graph: Graph, wanted: Collection[int] = (), laned: Collection[int] = ()) -> Schedule:
    """The groups of a graph.

    Args:
        graph: a simplified graph.
        wanted: the leaves to differentiate the first output by.
        laned: the arguments that differ from lane to lane.
    """
    return absorb(reroll(flatten(graph, roles(graph, wanted, laned)), wanted))


def lower(found: Schedule, wanted: Sequence[int] = (), seeded: bool = False) -> Program:
    """The array program of a schedule.

    Args:
        found: of :func:`schedule`.
        wanted: the leaves to differentiate the first output by, ascending.
        seeded: whether the cotangent to begin with is a number to be set before each run (``Program.seed``)
            rather than 1.
    """
    builder, layout, steps = build(found)
    graph = found.flat.graph
    values: list[Ref | float] = []
    for i in graph.outputs:
        if i < 0:
            values.append(graph.constants[~i])
        else:
            values.append(Ref(int(layout.arena[i]), layout.position[i : i + 1]))
    forward = len(builder.instructions)
    gradients: list[Ref | float] = []
    seed: Ref | float = builder.place(False, 1) if seeded else 1.0
    if wanted:
        gradients = Reverse(found, builder, layout, steps).run(graph.outputs[0], wanted, seed)
    np = builder.np
    constants = np.concatenate(builder.constants) if builder.constants else np.zeros(1)
    return Program(
        builder.instructions,
        builder.sizes[ONCE],
        builder.sizes[LANES],
        builder.rows,
        constants,
        [_joined(np, values), gradients],
        layout.rows > 0,
        builder.lane_count,
        int(seed.positions[0]) if isinstance(seed, Ref) else None,
        forward,
        builder.ones,
    )


def _joined(np: Any, values: list[Ref | float]) -> list[Ref | float]:
    """Single numbers, those of one arena in a row joined."""
    found: list[Ref | float] = []
    for arena, run in groupby(values, lambda x: x.arena if isinstance(x, Ref) else None):
        if arena is None:
            found += run
        else:
            found.append(Ref(arena, np.concatenate([x.positions for x in run])))  # type: ignore[union-attr]
    return found
