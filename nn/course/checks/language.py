"""Notebook 10: what guessing costs, whom attention looks at, temperature."""

from __future__ import annotations

import math
from typing import Any

from ..marking import compare, follow
from .losses import chances


def guessing(answer: Any) -> str:
    """The cross-entropy per letter of somebody who holds 27 letters for equally likely."""
    compare(
        answer,
        math.log(27.0),
        (math.log2(27.0), "That is in bits; the course's logarithm is the natural one."),
        (math.log10(27.0), "That is the logarithm of base 10; the course's is the natural one."),
        (-math.log(27.0), "A loss is minus the logarithm of a chance, and so above 0."),
        (1.0 / 27.0, "That is the chance; the loss is minus its logarithm."),
        (27.0, "That is among how many it guesses; the loss is the logarithm."),
        (
            math.log(27.0) / 27.0,
            "One pays that for each letter, whichever comes: there is nothing to divide by.",
        ),
        otherwise="The chance of each letter is 1/27. What is minus its logarithm?",
        tolerance=1e-3,
    )
    return "Whatever a model pays less than that, it knows."


def weights(answer: Any) -> str:
    """A function attention(query, keys): the weights with which the values of the keys are mixed."""

    def scores(query: list[float], keys: list[list[float]], *, scaled: bool) -> list[float]:
        products = [sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]
        return [x / math.sqrt(len(query)) for x in products] if scaled else products

    def by_length(query: list[float], keys: list[list[float]]) -> list[float]:
        return chances([x / len(query) for x in scores(query, keys, scaled=False)])

    follow(
        answer,
        lambda query, keys: chances(scores(query, keys, scaled=True)),
        [
            (
                [1.0, 2.0, 0.0, -1.0],
                [[1.0, 0.0, 1.0, 0.0], [0.5, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]],
            ),
            ([0.5, 1.5], [[1.0, 1.0], [-1.0, 2.0]]),
        ],
        (
            lambda query, keys: chances(scores(query, keys, scaled=False)),
            "The products are to be divided by the square root of how many numbers a query has: long vectors have large products.",
        ),
        (by_length, "Divide by the square *root* of how many numbers a query has."),
        (
            lambda query, keys: scores(query, keys, scaled=True),
            "These are the scores; weights are positive and add up to 1: softmax.",
        ),
        (
            lambda query, keys: scores(query, keys, scaled=False),
            "These are products; weights are positive and add up to 1: softmax.",
        ),
    )
    return "A query that fits a key twice as well does not look twice, but exp times as hard."


def warmed(answer: Any) -> str:
    """A function warmed(scores, temperature): the chances to draw the next letter by."""

    def after(scores: list[float], temperature: float) -> list[float]:
        return [p / temperature for p in chances(scores)]

    follow(
        answer,
        lambda scores, temperature: chances([x / temperature for x in scores]),
        [([2.0, 1.0, 0.0], 0.5), ([2.0, 1.0, 0.0], 2.0), ([2.0, 1.0, 0.0], 1e-3)],
        (
            lambda scores, temperature: chances([x * temperature for x in scores]),
            "It is the other way round: the colder, the surer.",
        ),
        (lambda scores, _: chances(scores), "The temperature plays no part."),
        (after, "These do not add up to 1: divide the scores, before softmax."),
    )
    return "Near 0 the likeliest letter always wins; far above 1 all are alike."


CHECKS = guessing, weights, warmed
