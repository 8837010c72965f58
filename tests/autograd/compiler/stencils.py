"""Random finite-difference stencils in plain scalar code: rows and planes of points, over steps, with ends of all kinds."""

from __future__ import annotations

import random
from typing import Any

import autograd as ag
from autograd.structure import flatten

ENDS = ["argument", "held", "zero", "constant", "value", "copied", "ring", "moving"]
"""Beyond the ends of a row stand arguments, constants, captured Values, copies of the last points, the points of the
other end, or numbers that have a life of their own; or the last points themselves do not change."""


def stencil(seed: int, width: int | None = None, steps: int | None = None) -> tuple[Any, list[Any]]:
    """A function of the points at the beginning and of numbers that belong to the points, with arguments for it.

    Args:
        seed: of everything else: the kind of ends, the neighbours and what is done with them.
        width: how many points there are (along each axis); random if None.
        steps: how many steps are taken; random if None.
    """
    rng = random.Random(seed)
    plane = rng.random() < 0.3
    width_drawn, steps_drawn = rng.randint(2, 6) if plane else rng.randint(3, 14), rng.randint(1, 7)
    width, steps = width or width_drawn, steps or steps_drawn
    ends = [rng.choice(ENDS) for _ in range(2)]
    if "ring" in ends:
        ends = ["ring", "ring"]
    reach = 1 if plane or rng.random() < 0.7 else 2
    formula = rng.choice(["laplace", "weights", "fluxes", "upwind", "where", "nonlinear", "ratio"])
    two_levels = rng.random() < 0.25
    scale = rng.choice([0.1, 0.05, "argument"])
    numbers = [round(rng.uniform(-1, 1), 2) for _ in range(3)]
    captured = [ag.Value(round(rng.uniform(-1, 1), 2)) for _ in range(2)]
    read = rng.choice(["squares", "last", "weighted"])

    def function(points: list[Any], local: list[Any], factor: Any, outer: list[Any]) -> Any:
        c = factor if scale == "argument" else scale
        rows = [points[i * width : (i + 1) * width] for i in range(len(points) // width)]
        before = rows
        own = list(captured)
        for _ in range(steps):
            kinds = {"argument": outer, "constant": numbers, "value": captured, "moving": own}
            padded = [_padded(row, ends, reach, kinds) for row in rows]
            if plane:
                empty = [numbers[2]] * (width + 2 * reach)
                outside = {"ring": (padded[-1], padded[0]), "copied": (padded[0], padded[-1])}
                low, high = outside.get(ends[0], (empty, empty))
                padded = [low, *padded, high]
            new = []
            for i, row in enumerate(rows):
                line = padded[i + 1] if plane else padded[i]
                moved = []
                for j, u in enumerate(row):
                    k = local[i * width + j]
                    at = j + reach
                    if (j == 0 and ends[0] == "held") or (j == width - 1 and ends[1] == "held"):
                        moved.append(u)
                        continue
                    near = [line[at + d] for d in range(-reach, reach + 1) if d]
                    if plane:
                        near += [padded[i][at], padded[i + 2][at]]
                    change = _change(formula, u, near, k, numbers)
                    if two_levels:
                        moved.append(2.0 * u - before[i][j] + c * change)
                    else:
                        moved.append(u + c * change)
                new.append(moved)
            before, rows = rows, new
            if "moving" in ends:
                own = [0.5 * (own[0] + rows[0][0]), own[1] - 0.1 * rows[-1][-1] * own[1]]
        states = [u for row in rows for u in row]
        if read == "last":
            return states[-1] * states[0] + states[len(states) // 2]
        if read == "weighted":
            return sum(k * u for k, u in zip(local, states, strict=True))
        return sum(u * u for u in states)

    count = width * width if plane else width
    draw = random.Random(seed + 1)
    return function, [
        [round(draw.uniform(-1, 1), 3) for _ in range(count)],
        [round(draw.uniform(0.2, 1), 3) for _ in range(count)],
        0.07,
        [0.4, -0.3],
    ]


def stencil_of_list(seed: int) -> tuple[Any, list[float]]:
    """A random stencil as a function of one list, with numbers for it."""
    function, args = stencil(seed)
    numbers, structure = flatten(tuple(args))
    return lambda xs: function(*structure.unflatten(xs)), numbers


def _padded(row: list[Any], ends: list[str], reach: int, kinds: dict[str, list[Any]]) -> list[Any]:
    """A row with what stands beyond its ends."""
    beyond: list[list[Any]] = [[], []]
    for side, kind in enumerate(ends):
        for d in range(reach):
            inside = row if side == 0 else row[::-1]
            if kind in kinds:
                found = kinds[kind][side]
            elif kind == "ring":
                found = inside[-1 - d % len(row)]
            else:
                found = inside[min(d, len(row) - 1)] if kind == "copied" else 0.0
            beyond[side].append(found)
    return [*beyond[0][::-1], *row, *beyond[1]]


def _change(formula: str, u: Any, near: list[Any], k: Any, numbers: list[float]) -> Any:
    if formula == "laplace":
        return sum(near) - len(near) * u
    if formula == "weights":
        return (
            sum(w * x for w, x in zip([0.3, -0.7, 0.2, 0.5, 0.1, 0.4], near, strict=False))
            - 0.6 * u
        )
    if formula == "fluxes":
        return sum(k * (x - u) for x in near)
    if formula == "upwind":
        return ag.maximum(k - 0.5, 0.0) * (u - near[0]) + ag.minimum(k - 0.5, 0.0) * (near[-1] - u)
    if formula == "where":
        return -u * ag.where(u > numbers[0], u - near[0], ag.where(near[-1] > u, near[-1] - u, k))
    if formula == "nonlinear":
        return ag.tanh(near[0] * near[-1]) - u**3 + ag.sigmoid(k * near[0])
    return (near[0] + k) / (2.0 + near[-1] * near[-1]) - u
