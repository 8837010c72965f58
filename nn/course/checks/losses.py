"""Notebook 4: the slope of cross-entropy, a softmax that bears large scores, what losses choose."""

from __future__ import annotations

import math
from typing import Any

from ..marking import WrongError, call, compare, follow, plain

SCORES = [2.0, 1.0, 0.0]


def chances(scores: Any) -> list[float]:
    top = max(scores)
    parts = [math.exp(x - top) for x in scores]
    return [part / sum(parts) for part in parts]


def slope(answer: Any) -> str:
    """The slopes of cross-entropy by the scores 2, 1, 0, where the first class is right."""
    p = chances(SCORES)
    right = [p[0] - 1.0, p[1], p[2]]
    compare(
        answer,
        right,
        (
            p,
            "These are the chances. The score of the right class must rise, so its slope is negative.",
        ),
        (
            [-x for x in right],
            "These are the slopes with the other sign: where the loss falls, the slope is negative.",
        ),
        ([p[0] - 1.0, p[1] - 1.0, p[2] - 1.0], "The 1 is to be taken off the right class alone."),
        (
            [p[0] - 1.0, 0.0, 0.0],
            "The other scores count as well: they stand in the sum below the fraction.",
        ),
        (
            [-1.0 / p[0], 0.0, 0.0],
            "That is the slope by the *chances*; from there it goes back through softmax.",
        ),
        otherwise="What softmax says, less what it should have said.",
        tolerance=1e-3,
    )
    return "What softmax says less what it should have said: no logarithm is left, and no exponential that could overflow."


def stable(answer: Any) -> str:
    """A softmax of a list of scores that works for scores of a thousand, too."""
    small = plain(call(answer, SCORES))
    for scores in (
        [1000.0, 1001.0],
        [-1000.0, -1001.0, -1000.0],
        [0.0, -2000.0, -2000.0],
        [0.0, 2000.0],
    ):
        try:
            found = plain(call(answer, scores))
        except WrongError as wrong:
            if "OverflowError" in str(wrong):
                raise WrongError(
                    "exp(1000) is more than a float can hold. What may be taken off all scores without a change?"
                ) from None
            if "ZeroDivisionError" in str(wrong):
                raise WrongError(
                    "exp(-1000) is 0 to a float, and so is their sum. Which of the scores should become 0?"
                ) from None
            raise
        if _is_row(found) and any(x != x for x in found):
            raise WrongError(
                f"For {scores} it answers nan: infinity over infinity. Take something off all scores first."
            )
    if _is_row(small) and abs(sum(small) - 1.0) > 1e-6:
        raise WrongError(f"Its numbers add up to {sum(small):.6g}; chances add up to 1.")
    wide = [([0.0, -2000.0, -2000.0],), ([-2000.0, 0.0],), ([0.0, 2000.0, 1000.0],)]
    follow(answer, chances, [(SCORES,), ([1000.0, 1001.0],), ([0.0],), *wide])
    return "Only differences of scores count; so the largest may be 0."


def _is_row(x: Any) -> bool:
    return isinstance(x, list) and all(isinstance(each, (int, float)) for each in x)


def middles(answer: Any) -> str:
    """The numbers that make mean squared and mean absolute error of 1, 2, 3, 4, 100 smallest."""
    compare(
        answer,
        (22.0, 3.0),
        ((3.0, 22.0), "These are the right numbers in the other order: first for squared error."),
        (
            (22.0, 22.0),
            "Squared error wants the mean. Absolute error only counts on which side the numbers lie.",
        ),
        (
            (3.0, 3.0),
            "Absolute error wants the middle one. Squared error is pulled at by each number's distance.",
        ),
        otherwise="Where is the slope of the sum of (c - x)**2 zero? And that of the sum of |c - x|, whose terms have slope -1 or 1?",
    )
    return "The mean runs after the stray, the median does not: that is why one takes absolute error, or Huber's, where strays are expected."


CHECKS = slope, stable, middles
