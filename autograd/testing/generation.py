"""Growing programs step by step, whoever makes the choices: Hypothesis, or a seeded random generator.

Each result carries how far it moves while the inputs move by an eighth of themselves: to :mod:`.running_error` that
is one more error of an operand. A row of the table is offered for a step only where its domain holds and its kinks stay
away so far around, so what comes out is smooth around its inputs by construction; nothing is drawn and thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from autograd.table import TABLE

from .kinks import is_flat
from .programs import Program, Step
from .running_error import RULES, Tracked, lift

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from autograd.table import Primitive

MARGIN = 1e-3
"""How far inside its domain, and away from kinks, an operation must stay."""
LARGEST = 1e6
"""No result of a smooth program is larger, for a sine's argument above that tells nothing."""
SPREAD = 1.0 / 8.0
"""How far the inputs may move, relatively; the ladder's first step is half of that."""


class Chooser(Protocol):
    """Whoever makes the choices while a program grows."""

    def boolean(self) -> bool:
        """Yes or no; no is the simpler answer."""
        ...

    def index(self, count: int) -> int:
        """A number from 0 to count - 1; smaller ones are simpler."""
        ...

    def number(self) -> float:
        """A constant."""
        ...


def moved(x: float) -> Tracked:
    """An input with how far it moves while it is checked."""
    return Tracked(x, SPREAD * (abs(x) or 1.0))


def row_names(ops: Collection[Any] | None, smooth: bool) -> list[str]:
    """The rows to draw from, by name; in a smooth program those that are not constant in pieces.

    Args:
        ops: names, or functions that bear them; None for the whole table.
        smooth: whether rows are left out that never have a derivative worth checking.

    Raises:
        ValueError: if a name is not in the table, or there is none.
    """
    if ops is None:
        apart = {"where", "polygamma"}  # which take a condition and a whole number
        return [n for n, row in TABLE.items() if n not in apart and not (smooth and is_flat(row))]
    names = [op if isinstance(op, str) else getattr(op, "__name__", repr(op)) for op in ops]
    if not names:
        raise ValueError("ops names no primitive")
    for name in names:
        if name not in TABLE:
            raise ValueError(f"ops: there is no primitive called {name!r}; there are {list(TABLE)}")
    return names


def grow(
    choose: Chooser,
    inputs: Sequence[float],
    ops: Sequence[str],
    max_nodes: int,
    smooth: bool = True,
) -> Program:
    """Let a program grow.

    Args:
        choose: makes the choices.
        inputs: the inputs' numbers.
        ops: names of rows to draw from.
        max_nodes: how many nodes there may be, inputs included.
        smooth: whether the program must be smooth around its inputs.
    """
    moving = [moved(x) if smooth else Tracked(x) for x in inputs]
    numbers = list(inputs)
    steps: list[Step] = []
    by_arity: dict[int | None, list[Primitive]] = {}
    for name in ops:
        by_arity.setdefault(TABLE[name].arity, []).append(TABLE[name])
    weights = {2: 4, 1: 5, None: 2, 3: 1}
    slots = [arity for arity, weight in weights.items() if arity in by_arity for _ in range(weight)]
    while len(inputs) + len(steps) < max_nodes and (not steps or choose.boolean()):
        step = None
        start = choose.index(len(slots)) if len(by_arity) > 1 else 0
        # Where nothing of the arity that was chosen may be applied, the others are tried.
        for arity in dict.fromkeys(slots[start:] + slots[:start]):
            step = _step(choose, by_arity[arity], arity, moving, numbers, smooth)
            if step is not None:
                break
        if step is None:
            break
        steps.append(step)
    return Program(inputs, steps)


def _step(
    choose: Chooser,
    rows: list[Primitive],
    arity: int | None,
    moving: list[Tracked],
    numbers: list[float],
    smooth: bool,
) -> Step | None:
    count = arity if arity is not None else 2 + 2 * choose.index(2)  # even, for dot's two halves
    operands: list[Any] = []
    for place in range(count):
        if place and choose.index(4) == 3:
            operands.append(choose.number())
        else:
            # Counted backwards, so that a program keeps its meaning when a line before it goes.
            operands.append(len(moving) - 1 - choose.index(len(moving)))
    regions = [moving[x] if isinstance(x, int) else Tracked(x) for x in operands]
    primals = [numbers[x] if isinstance(x, int) else x for x in operands]
    offered = []
    for row in rows:
        region = image(row, regions, smooth)
        if region is not None:
            offered.append((row, region))
    if not offered:
        return None
    row, region = offered[choose.index(len(offered))] if len(offered) > 1 else offered[0]
    moving.append(region)
    numbers.append(row.forward(*primals))
    return Step(row.name, tuple(operands))


def image(row: Primitive, regions: Sequence[Tracked], smooth: bool) -> Tracked | None:
    """A row's result, and how far it moves, when its operands move so far.

    Returns:
        None where the row is not defined, or (if it must be) not smooth, or its result too large.
    """
    margin = MARGIN if smooth else 0.0
    edges = map(lift, row.domain(*regions) if row.domain is not None else ())
    if not all(edge.value - edge.error >= margin for edge in edges):
        return None
    kinks = map(lift, row.kinks(*regions) if smooth and row.kinks is not None else ())
    if not all(abs(kink.value) - kink.error >= MARGIN for kink in kinks):
        return None
    region = lift(RULES[row].forward(*regions))
    return region if abs(region.value) + region.error <= LARGEST else None
