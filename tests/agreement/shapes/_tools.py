"""What several shapes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    Made = tuple[Callable[[list[Any]], Any], list[float]]
    """A function of a list of numbers, and numbers for it."""
    Rows = list[list[Any]]


def normals(rng: random.Random, count: int, scale: float = 1.0) -> list[float]:
    """Normal numbers of three digits."""
    return [round(rng.gauss(0.0, scale), 3) for _ in range(count)]


def positives(rng: random.Random, count: int) -> list[float]:
    """Numbers from 0.2 to 2."""
    return [round(rng.uniform(0.2, 2.0), 3) for _ in range(count)]


def rows(xs: Sequence[Any], width: int) -> Rows:
    """Numbers in rows."""
    return [list(xs[i : i + width]) for i in range(0, len(xs), width)]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """An inner product, written as people write it."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def times(a: Rows, b: Rows) -> Rows:
    """A matrix product."""
    return [[dot(r, c) for c in zip(*b, strict=True)] for r in a]


def squares(xs: Sequence[Any]) -> Any:
    """The sum of squares."""
    return sum(x * x for x in xs)
