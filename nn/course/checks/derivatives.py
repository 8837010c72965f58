"""Notebook 3: a derivative by formula, the chain rule, a slope measured well."""

from __future__ import annotations

import math
from typing import Any

from ..marking import WrongError, call, compare, follow, plain


def product(answer: Any) -> str:
    """The derivative of x**2 * sin(x)."""
    follow(
        answer,
        lambda x: 2 * x * math.sin(x) + x * x * math.cos(x),
        [(0.5,), (1.0,), (-2.0,), (3.0,)],
        (
            lambda x: 2 * x * math.cos(x),
            "That is the product of the derivatives: each factor in turn moves while the other waits.",
        ),
        (lambda x: 2 * x * math.sin(x), "The sine moves, too: a term is missing."),
        (lambda x: x * x * math.cos(x), "The square moves, too: a term is missing."),
        (
            lambda x: 2 * x * math.sin(x) - x * x * math.cos(x),
            "The derivative of the sine is the cosine, without a minus.",
        ),
        (lambda x: x * x * math.sin(x), "That is the function itself."),
    )
    return "One term for each factor: the product rule."


def chain(answer: Any) -> str:
    """The derivative of tanh(w x + b) by w at w = -2, x = 0.5, b = 1.5."""
    local = 1.0 - math.tanh(0.5) ** 2
    compare(
        answer,
        0.5 * local,
        (
            local,
            "That is the local derivative of tanh; it must still be multiplied by how the bracket changes with w.",
        ),
        (-2.0 * local, "That is the derivative by x: the bracket changes with w by x."),
        (0.5 * math.tanh(0.5), "The derivative of tanh is not tanh, but 1 less its square."),
        (0.5, "That is how the bracket changes with w; and how does tanh change with the bracket?"),
        (math.tanh(0.5), "That is the value of the neuron, not its slope."),
        (0.5 * (1.0 - math.tanh(0.5)), "1 less the *square* of tanh."),
        otherwise="The bracket is 0.5 there. How does tanh change with the bracket, and the bracket with w?",
        tolerance=1e-4,
    )
    return (
        "Outer slope times inner slope, each at its own place; backward() does this for every node."
    )


def measured(answer: Any) -> str:
    """A function slope(f, x) that measures the derivative of f at x to eight digits."""
    places = [(math.exp, 1.0), (math.sin, 0.3), (lambda x: x**3, 2.0)]
    right = [math.exp(1.0), math.cos(0.3), 12.0]
    second = [math.exp(1.0), -math.sin(0.3), 12.0]
    found = [plain(call(answer, f, x)) for f, x in places]
    if not all(isinstance(y, (int, float)) for y in found):
        raise WrongError("It is to answer one number.")
    errors = [y - its for y, its in zip(found, right, strict=True)]
    worst = max(abs(e) / abs(its) for e, its in zip(errors, right, strict=True))
    if worst <= 2e-9:
        return "To both sides, errors of odd order cancel; and a step near 1e-5 balances what is left against rounding."
    if all(abs(y - 2 * its) < 0.01 * abs(its) for y, its in zip(found, right, strict=True)):
        raise WrongError("It is twice the slope: from x - h to x + h it is 2 h.")
    if all(abs(y + its) < 0.01 * abs(its) for y, its in zip(found, right, strict=True)):
        raise WrongError("It has the other sign: later less earlier.")
    ratios = [e / s for e, s in zip(errors, second, strict=True)]
    if max(ratios) - min(ratios) < 0.1 * abs(max(ratios)) and max(map(abs, ratios)) > 1e-9:
        raise WrongError(
            f"Its error is a multiple of the *second* derivative ({worst:.0e} of the slope at worst): one looks to one side only. "
            "Look to both."
        )
    if worst < 0.01:
        raise WrongError(
            f"It is off by {worst:.0e} of the slope at worst. A larger step, or a smaller one?"
        )
    raise WrongError(f"Of exp at 1 it says {found[0]:.6g}, and 2.71828 would be right.")


CHECKS = product, chain, measured
