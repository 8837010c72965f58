"""From groups to an array program: forward, in reverse, and without what nothing reads."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from .forward import build
from .ir.program import LANES, ONCE, Program, Ref, View
from .reverse import Reverse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .ir.program import Instruction
    from .reroll import Schedule


def lower(found: Schedule, wanted: Sequence[int] = (), seeded: bool = False) -> Program:
    """The array program of a schedule.

    Args:
        found: the groups.
        wanted: the leaves to differentiate the first output by, ascending.
        seeded: whether the cotangent to begin with is a number to be set before each run (``Program.seed``)
            rather than 1.
    """
    builder, layout, steps = build(found)
    graph = found.flat.graph
    values: list[Ref | float] = []
    for i in graph.outputs:
        number = graph.constants.get(i)
        if number is None:
            values.append(Ref(int(layout.arena[i]), layout.position[i : i + 1]))
        else:
            values.append(number)
    computed = len(builder.instructions)
    gradients: list[Ref | float] = []
    seed: Ref | float = builder.place(False, 1) if seeded else 1.0
    if wanted:
        gradients = Reverse(found, builder, layout, steps).run(graph.outputs[0], wanted, seed)
    np = builder.np
    outputs = [_joined(np, values), gradients]
    used = needed(builder.instructions, builder.sizes, outputs)
    constants = np.concatenate(builder.constants) if builder.constants else np.zeros(1)
    return Program(
        [x for x, alive in zip(builder.instructions, used, strict=True) if alive],
        builder.sizes[ONCE],
        builder.sizes[LANES],
        builder.rows,
        constants,
        outputs,
        layout.rows > 0,
        builder.lane_count,
        int(seed.positions[0]) if isinstance(seed, Ref) else None,
        sum(used[:computed]),
        builder.ones,
        layout.once,
        builder.zeros,
        builder.doubtful,
    )


def needed(
    instructions: Sequence[Instruction],
    sizes: Mapping[int, int],
    outputs: Sequence[Sequence[Ref | float]],
) -> list[bool]:
    """For each instruction whether anything reads what it writes."""
    import numpy as np

    read = {arena: np.zeros(size, dtype=bool) for arena, size in sizes.items()}
    for group in outputs:
        for ref in group:
            if isinstance(ref, Ref) and ref.arena in read:
                read[ref.arena][ref.positions] = True
    found = []
    for instruction in reversed(instructions):
        used = bool(read[instruction.out.arena][instruction.writes].any())
        found.append(used)
        for view in instruction.operands if used else ():
            if isinstance(view, View) and view.arena in read:
                read[view.arena][instruction.reads(view)] = True
    return found[::-1]


def _joined(np: Any, values: list[Ref | float]) -> list[Ref | float]:
    """Single numbers, those of one arena in a row joined."""
    found: list[Ref | float] = []
    for arena, run in groupby(values, lambda x: x.arena if isinstance(x, Ref) else None):
        if arena is None:
            found += run
        else:
            found.append(Ref(arena, np.concatenate([x.positions for x in run])))  # type: ignore[union-attr]
    return found
