"""Notebook 6: who is taken for whom, which pixels count, a picture that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value
from nn import MLP

from ..marking import WrongError, call, close, follow, plain

if TYPE_CHECKING:
    from collections.abc import Callable


def table(answer: Any) -> str:
    """A function confusion(labels, guesses, classes): row i, column j: how often an i was taken for a j."""

    def counts(labels: list[int], guesses: list[int], classes: int) -> list[list[int]]:
        pairs = list(zip(labels, guesses, strict=True))
        return [[pairs.count((i, j)) for j in range(classes)] for i in range(classes)]

    def turned(labels: list[int], guesses: list[int], classes: int) -> list[list[int]]:
        return counts(guesses, labels, classes)

    follow(
        answer,
        counts,
        [([0, 1, 2, 2, 1], [0, 2, 2, 1, 2], 3), ([0, 0], [1, 1], 2), ([0, 1], [1, 0], 4)],
        (turned, "It is turned: rows are what the digit is, columns what it was taken for."),
    )
    return "Its diagonal is what was right; the rest says which digits look alike."


def slopes(answer: Any) -> str:
    """A function slopes(model, row): how the largest score changes with each number of the row."""

    def of(choose: Callable[[list[Any]], Any]) -> Callable[[Any, list[float]], list[float]]:
        def found(model: Any, row: list[float]) -> list[float]:
            inputs = [Value(x) for x in row]
            choose(model(inputs)).backward()
            return [x.grad for x in inputs]

        return found

    right = of(lambda scores: max(scores, key=lambda score: score.data))
    places = [
        (MLP(4, [5, 3], activation="tanh", seed=seed), [0.5, -1.0, 0.25, 2.0]) for seed in (0, 1, 2)
    ]
    for model, row in places:
        found = plain(call(answer, model, row))
        if isinstance(found, list) and len(found) != len(row):
            raise WrongError(
                f"For a row of {len(row)} numbers it answers {len(found)}: one for each number of the row is asked for."
            )
        its = right(model, row)
        if not close(found, its) and close(found, list(map(abs, its))):
            raise WrongError(
                "It gives sizes without signs: whether more ink speaks for the digit or against it is worth knowing."
            )
    follow(
        answer,
        right,
        places,
        (of(sum), "It adds all scores up; only the largest is asked for."),
        (of(lambda scores: scores[0]), "It takes the first score, whichever is the largest."),
        (
            of(lambda scores: min(scores, key=lambda score: score.data)),
            "It takes the smallest score.",
        ),
    )
    return "The same walk back that trains weights tells which pixels a decision hangs on."


def moved(answer: Any) -> str:
    """A function moved(row): a picture of 8 by 8, row by row, one pixel to the right, the left column white (0)."""

    def by(
        right: int, down: int = 0, *, wraps: bool = False
    ) -> Callable[[list[float]], list[float]]:
        def shift(row: list[float]) -> list[float]:
            found = []
            for i in range(8):
                for j in range(8):
                    y, x = i - down, j - right
                    there = wraps or (0 <= x < 8 and 0 <= y < 8)
                    found.append(row[8 * (y % 8) + x % 8] if there else 0.0)
            return found

        return shift

    def on(row: list[float]) -> list[float]:
        return [row[-1], *row[:-1]]

    follow(
        answer,
        by(1),
        [([(7 * i % 64) / 63 for i in range(64)],), ([1.0] * 64,)],
        (
            by(1, wraps=True),
            "What leaves on the right comes in on the left: the left column should be 0.",
        ),
        (
            on,
            "The last pixel of a line becomes the first of the next: cut the row into lines of 8.",
        ),
        (
            lambda row: [0.0, *row[:-1]],
            "The last pixel of a line becomes the first of the next: cut the row into lines of 8.",
        ),
        (by(-1), "It moves to the left."),
        (by(0, 1), "It moves down."),
    )
    return "To us the same digit, to the net 64 other numbers: train on pictures that are moved, and it learns that, too."


CHECKS = table, slopes, moved
