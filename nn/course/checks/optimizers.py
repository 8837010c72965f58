"""Notebook 5: momentum by hand, the largest rate, Adam's step."""

from __future__ import annotations

import math
from typing import Any

from ..marking import compare, follow


def momentum(answer: Any) -> str:
    """Where a parameter that begins at 0 stands after each of three steps: rate 0.1, momentum 0.9, slope always 1."""
    compare(
        answer,
        [-0.1, -0.29, -0.561],
        (
            [-0.1, -0.2, -0.3],
            "That is without momentum: each step goes on with 0.9 of the one before.",
        ),
        ([0.1, 0.29, 0.561], "That is uphill."),
        (
            [-0.1, -0.19, -0.271],
            "These are the sizes of the steps; where does one stand after each?",
        ),
        ([-0.1, -0.19, -0.271][::-1], "The steps grow: what came before is added."),
        (
            [-0.01, -0.029, -0.0561],
            "A slope of 1 counts in full, not times 0.1: v = 0.9 v + slope.",
        ),
        otherwise="v = 0.9 v + slope, then the parameter moves by -0.1 v; v begins at 0.",
    )
    return "On a steady slope the steps grow up to ten times the first; across a valley, where slopes alternate, they cancel."


def largest(answer: Any) -> str:
    """The rate from which on gradient descent no longer comes closer to the minimum of 25 x**2."""
    compare(
        answer,
        0.04,
        (0.02, "That is the best rate: one step, and there. Twice as large it just fails."),
        (0.08, "The second derivative of 25 x**2 is 50, not 25."),
        (25.0, "That is how strong the square is. Which rate turns x into -x?"),
        (50.0, "That is the second derivative. Which rate turns x into -x?"),
        otherwise="A step turns x into x - rate * 50 x. For which rate is that as far from 0 as x was?",
    )
    return "2 over the second derivative; notebook 9 sees nets train at just that edge."


def adam(answer: Any) -> str:
    """A function adam(g, m, v, t) that gives the step and the new m and v: rate 0.1, betas 0.9 and 0.999, eps 1e-8."""

    def rule(
        g: float, m: float, v: float, t: int, *, corrected: bool = True, root: bool = True
    ) -> Any:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        a = m / (1 - 0.9**t) if corrected else m
        b = v / (1 - 0.999**t) if corrected else v
        return -0.1 * a / ((math.sqrt(b) if root else b) + 1e-8), m, v

    def uphill(*args: Any) -> Any:
        found, *state = rule(*args)
        return -found, *state

    follow(
        answer,
        rule,
        [(3.0, 0.0, 0.0, 1), (1e-4, 0.0, 0.0, 1), (-2.0, 0.5, 0.3, 2), (1.0, -0.2, 4.0, 100)],
        (
            lambda *args: rule(*args, corrected=False),
            "m and v begin at 0, and that is not corrected for: divide by 1 - beta**t before they are used.",
        ),
        (uphill, "That is uphill: the step goes against m."),
        (lambda *args: rule(*args, root=False), "m is to be divided by the square root of v."),
    )
    return "The first step is of size 0.1 whatever the slope, 3 or a ten-thousandth: Adam takes the measure of each parameter."


CHECKS = momentum, largest, adam
