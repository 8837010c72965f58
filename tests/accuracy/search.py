"""The search for the points at which a row's derivatives are worst."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from mpmath import mp

from autograd import Value, compile, grad, gradient, vmap
from autograd.functions import apply

from .exact import EXACT
from .known import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd.primitives import Primitive

    Point = tuple[float, ...]

LEAST, LARGEST = sys.float_info.min, sys.float_info.max
BITS = 160
"""The precision of the exact derivatives, whose formulas lose some of it."""
ROUND = 4000
"""How many points are tried before the worst are looked at more closely."""
WORST = 24
"""How many those are."""
MODES = ("eager", "compiled")


class Worst(NamedTuple):
    """The largest error found of a row's derivatives of one order."""

    error: float
    """Relative to the exact derivative, or to the largest of the terms that it is the sum of."""
    point: Point
    found: float
    exact: float


def worst_of(row: Primitive, points: int, seed: int = 0) -> dict[tuple[int, str], Worst]:
    """The worst errors of a row, by order (1 or 2) and mode, over a number of points, but for those that are known.

    The first points are drawn over all magnitudes; later ones around the worst so far, at distances of all
    magnitudes.
    """
    rng = random.Random(seed)
    exact = EXACT[row.name]
    compiled = _Compiled(row, exact.arity)
    known: dict[tuple[int, str], list[tuple[float, int, Worst]]] = {
        key: [] for key in itertools.product((1, 2), MODES)
    }
    counter = itertools.count()
    tried = 0
    while tried < points:
        leaders = [worst.point for heap in known.values() for _, _, worst in heap]
        spread = not leaders or tried < points // 2
        chosen = list(
            _drawn(rng, row.name, leaders if not spread else [], min(ROUND, points - tried))
        )
        tried += len(chosen)
        by_compiled = compiled(chosen)
        for number, point in enumerate(chosen):
            for order, mode, worst in _errors(row, point, by_compiled[:, number]):
                heap = known[order, mode]
                heapq.heappush(heap, (worst.error, next(counter), worst))
                if len(heap) > WORST:
                    heapq.heappop(heap)
    none = Worst(0.0, (), math.nan, math.nan)
    return {key: max(heap)[2] if heap else none for key, heap in known.items()}


def _errors(row: Primitive, point: Point, by_compiled: Any) -> Iterator[tuple[int, str, Worst]]:
    """The errors of all derivatives at a point that are normal floats, by order and mode."""
    exact = EXACT[row.name]
    with mp.workprec(BITS):
        numbers = tuple(map(mp.mpf, point))
        if not exact.inside(*numbers):
            return
        formulas = [*exact.first, *exact.second]
        eager: list[float] | None = None
        for place, formula in enumerate(formulas):
            terms = formula(*numbers)
            if not isinstance(terms, tuple):
                terms = (terms,)
            right = mp.fsum(terms)
            size = max(map(abs, terms))
            if not LEAST <= abs(right) <= LARGEST or size > LARGEST:
                continue
            if eager is None:
                eager = _eager(row, point)
            order = 1 if place < exact.arity else 2
            for mode, found in zip(MODES, (eager[place], float(by_compiled[place])), strict=True):
                if reason(row.name, order, mode, float(right), point):
                    continue
                error = float(abs(found - right) / size) if math.isfinite(found) else math.inf
                yield order, mode, Worst(error, point, found, float(right))


def _eager(row: Primitive, point: Point) -> list[float]:
    """All first and second derivatives by the eager engine."""
    values = [Value(x) for x in point]
    first = gradient(apply(row, *values), values, create_graph=True)
    found = [slope.data for slope in first]
    for i, slope in enumerate(first):
        found += [x.data for x in gradient(slope, values[i:], create_graph=True)]
    return found


class _Compiled:
    """All first and second derivatives of a row by mapped, compiled functions."""

    def __init__(self, row: Primitive, arity: int) -> None:
        def function(*args: Any) -> Any:
            return apply(row, *args)

        everything = tuple(range(arity))
        self._calls = [compile(vmap(grad(function, everything)))]
        for i in everything:
            self._calls.append(compile(vmap(grad(grad(function, i), everything[i:]))))

    def __call__(self, points: Sequence[Point]) -> Any:
        """An array (derivative, point)."""
        columns = list(np.array(points).T)
        return np.array([x for call in self._calls for x in call(*columns)])


def _drawn(rng: random.Random, name: str, leaders: Sequence[Point], count: int) -> Iterator[Point]:
    exact = EXACT[name]
    for _ in range(count):
        if leaders and rng.random() < 0.9:
            yield tuple(_moved(rng, x) for x in rng.choice(leaders))
        else:
            point: list[float] = []
            for _ in range(exact.arity):
                if point and rng.random() < 0.3:
                    point.append(_moved(rng, rng.choice(point)))
                else:
                    point.append(_number(rng, exact.near))
            rng.shuffle(point)
            yield tuple(point)


def _number(rng: random.Random, near: Sequence[float]) -> float:
    kind = rng.random()
    if kind < 0.4:
        return math.copysign(
            math.ldexp(rng.uniform(1.0, 2.0), rng.randint(-1022, 1023)), rng.random() - 0.5
        )
    if kind < 0.7:
        return rng.uniform(-1.0, 1.0) * 10.0 ** rng.randint(-2, 3)
    return _moved(rng, rng.choice((0.0, 1.0, 1.0, 2.0, *near)))


def _moved(rng: random.Random, x: float) -> float:
    """A float at a distance of any magnitude."""
    kind = rng.random()
    if kind < 0.2:
        return x
    if kind < 0.3:
        return -x
    if kind < 0.4:
        moved = math.ldexp(x, rng.randint(-8, 8)) if abs(x) < 1e300 else x
    else:
        by = math.copysign(
            math.ldexp(rng.uniform(1.0, 2.0), rng.randint(-60, 6)), rng.random() - 0.5
        )
        moved = x + by if kind < 0.7 else x + by * x
    return moved if LEAST <= abs(moved) <= LARGEST else x
