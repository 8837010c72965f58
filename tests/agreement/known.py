"""What is compared besides random programs: the rows of ``docs/conventions.md``, and functions of the field."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import autograd as ag
from benchmarks import cases
from tests.autograd.test_conventions import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Known = tuple[str, Callable[..., Any], list[float]]


def conventions() -> Iterator[Known]:
    """Each row at its arguments."""
    for name, row in ROWS.items():

        def function(*xs: Any, of: Any = row.function) -> Any:
            return of(ag, *xs)

        yield name, function, list(row.args)


def functions(seed: int) -> Iterator[Known]:
    """A Gaussian mixture's log-likelihood, determinants by minors, an ODE by RK4, a least-squares fit."""
    rng = random.Random(seed)
    points = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(12)]

    def mixture(*xs: Any) -> Any:
        parameters = {
            "logits": xs[:3], "means": [xs[3:5], xs[5:7], xs[7:9]], "log_scales": xs[9:],
        }  # fmt: skip
        return cases.mixture(parameters, points)

    def determinant(*xs: Any) -> Any:
        n = round(len(xs) ** 0.5)
        return cases.determinant([list(xs[i * n : i * n + n]) for i in range(n)])

    def pendulum(*xs: Any) -> Any:
        return cases.pendulum(list(xs), 5)

    data = [i / 10 - 1 for i in range(20)]
    targets = [ag.sin(3 * x) + rng.gauss(0, 0.1) for x in data]

    def least_squares(*xs: Any) -> Any:
        return cases.least_squares(list(xs), data, targets)

    def some(count: int) -> list[float]:
        return [round(rng.uniform(-1.5, 1.5), 3) for _ in range(count)]

    row = some(4)
    yield "GMM log-likelihood", mixture, some(12)
    yield "GMM log-likelihood, equal means", mixture, [0.0] * 12
    yield "determinant by minors", determinant, some(16)
    yield (
        "determinant of whole numbers",
        determinant,
        [float(rng.randint(-3, 3)) for _ in range(16)],
    )
    yield "determinant of equal rows", determinant, [*row, *row, *some(8)]
    yield "ODE by RK4", pendulum, some(2)
    yield "ODE by RK4, at rest", pendulum, [0.0, 0.0]
    yield "least-squares fit", least_squares, some(5)
    yield "least-squares fit, from zero", least_squares, [0.0] * 4
