"""Random programs of plain scalar code, for properties that every stage must keep."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as ag
from autograd.compiler.pipeline import Task, group
from autograd.compiler.stages import simplified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.compiler.reroll import Schedule

UNARY = [
    ag.tanh, ag.sin, ag.cos, ag.sigmoid, ag.relu, ag.exp, ag.softplus, ag.atan, ag.abs, ag.silu,
    lambda x: x**2, lambda x: x * x, lambda x: -x, lambda x: 3.0 * x, lambda x: x + 1.0, lambda x: 2.0 - x,
    lambda x: x / 4.0, lambda x: x**3.0, lambda x: ag.log(1.5 + ag.tanh(x)), lambda x: 1.0 / (2.5 + ag.sin(x)),
    lambda x: x * ag.sign(x), lambda x: ag.clip(x, -0.5, 0.5), ag.gelu, ag.log, ag.sqrt,
]  # fmt: skip
BINARY = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, ag.maximum, ag.minimum, ag.hypot,
    lambda a, b: a / (1.5 + ag.tanh(b)), ag.atan2,
    lambda a, b: ag.where(a > b, ag.log(a - b), b * b),
    lambda a, b: ag.where(a > 0, ag.sqrt(a), b),
    lambda a, b: ag.where(b <= 0.5, a, ag.where(a >= b, a / (b - 0.5), b)),
]  # fmt: skip
SMOOTH_UNARY = [f for f in UNARY if f not in {ag.relu, ag.abs, ag.floor}][:16]


def program(seed: int, smooth: bool = False) -> tuple[Any, list[float]]:
    """A function of a list of numbers, with arguments for it.

    Blocks of equal operations on lists (as real code has them) among single ones, with shared nodes.
    """
    rng = random.Random(seed)
    n = rng.choice([1, 2, 3, 4, 6, 9])
    unary = SMOOTH_UNARY if smooth else UNARY
    binary = BINARY[:3] + BINARY[5:7] if smooth else BINARY
    steps = rng.randint(1, 9)
    plan = [(rng.random(), rng.randrange(1 << 30)) for _ in range(steps)]
    weights = [round(rng.uniform(-1, 1), 3) for _ in range(200)]

    def function(xs: list[Any]) -> Any:
        vectors = [list(xs)]
        singles = list(xs)
        for kind, key in plan:
            r = random.Random(key)
            v = r.choice(vectors)
            if kind < 0.2:
                f = r.choice(unary)
                vectors.append([f(x) for x in v])
            elif kind < 0.35:
                u = r.choice(vectors)
                f = r.choice(binary)
                vectors.append([f(x, u[i % len(u)]) for i, x in enumerate(v)])
            elif kind < 0.5:  # a layer
                rows = r.randint(1, 4)
                start = r.randrange(50)
                w = (
                    weights[start:]
                    if r.random() < 0.5
                    else [singles[i % len(singles)] for i in range(99)]
                )
                vectors.append(
                    [
                        sum((w[i * len(v) + j] * x for j, x in enumerate(v)), 0.5 * i)
                        for i in range(rows)
                    ]
                )
            elif kind < 0.58:
                vectors.append(ag.softmax(v))
            elif kind < 0.66:  # a recurrence
                h = r.choice(singles)
                u = r.choice(vectors)
                states = []
                for x in (v + u)[:6]:
                    h = ag.tanh(0.5 * h + x * weights[r.randrange(99)])
                    states.append(h)
                vectors.append(states)
            elif kind < 0.74:
                singles.append(
                    r.choice([ag.dot(v, v), ag.sum(v), ag.logsumexp(v), ag.prod(v[:5]), ag.mean(v)])
                )
            elif kind < 0.8:  # a stencil
                vectors.append([v[i] - 2.0 * v[i - 1] + v[(i - 2) % len(v)] for i in range(len(v))])
            elif kind < 0.9:
                singles.append(r.choice(unary)(r.choice(singles)))
            else:
                singles.append(r.choice(binary)(r.choice(singles), r.choice(v)))
        total = sum(singles[-4:])
        for v in vectors[-3:]:
            total = total + sum(x * weights[i % 200] for i, x in enumerate(v))
        return total

    return function, [round(rng.uniform(-1.5, 1.5), 2) for _ in range(n)]


def program_with_lanes(seed: int) -> tuple[Any, list[float], Any]:
    """A random program, numbers for the first half of its list, and five lanes of the others, (lanes, numbers)."""
    function, xs = program(seed)
    shared = len(xs) // 2
    rows = np.random.default_rng(seed).uniform(-1.5, 1.5, (5, len(xs) - shared))
    return function, xs[:shared], rows


def spoiled(xs: list[float], seed: int, *more: float) -> Iterator[list[float]]:
    """The same numbers with one that is no ordinary number, in some place; one list for each kind."""
    rng = random.Random(seed)
    for wrong in (math.inf, -math.inf, math.nan, 1e300, *more):
        some = list(xs)
        some[rng.randrange(len(some))] = wrong
        yield some


def eager(function: Any, xs: list[float]) -> tuple[float, list[float]]:
    """Value and gradient by the engine."""
    values = [ag.Value(x) for x in xs]
    out = function(values)
    out.backward()
    return out.data, [v.grad for v in values]


def gap(found: Any, expected: Any) -> float:
    """The largest relative difference between two sequences; 0 where both are nan or the same infinity.

    Relative to the largest finite entry of all: a sum that cancels has no digits of its own.
    """
    found, expected = list(found), list(expected)
    assert len(found) == len(expected)
    scale = max([abs(x) for x in expected if math.isfinite(x)], default=1.0) or 1.0
    worst = 0.0
    for a, b in zip(found, expected, strict=True):
        if a == b or (a != a and b != b):
            continue
        if not (math.isfinite(a) and math.isfinite(b)):
            return math.inf
        worst = max(worst, abs(a - b) / max(abs(b), scale))
    return worst


def grouped(function: Any, *args: Any, wanted: int) -> Schedule:
    """The groups of a function that is differentiated by its first leaves."""
    task = Task(tuple(range(wanted)))
    return group(simplified(function, *args).assigned(task.wanted), task)
