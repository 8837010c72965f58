"""Notebook 1: a step against the slope, a bump, a net's numbers."""

from __future__ import annotations

from typing import Any

from ..marking import WrongError, call, compare, plain


def step(answer: Any) -> str:
    """The line w x + b with w = 1, b = 0, the point (2, 1), the loss (w x + b - y)**2, one step of rate 0.1."""
    compare(
        answer,
        (0.6, -0.2),
        ((1.0, 0.0), "These are the numbers from before the step."),
        ((1.4, 0.2), "That is uphill: the step goes against the slope."),
        ((0.8, -0.1), "The slope of a square has a factor 2."),
        (
            (0.8, -0.2),
            "The slope by w has a factor x: w moves the line twice as much as b does at x = 2.",
        ),
        ((-0.2, 0.6), "These are the right numbers in the other order: first w, then b."),
        ((-3.0, -2.0), "That is a step of rate 1; it is 0.1 here."),
        otherwise="The error is 1 * 2 + 0 - 1. What is the slope of its square by w, what by b?",
    )
    return "The line now passes through the point: the loss fell from 1 to 0."


def bump(answer: Any) -> str:
    """A function that is near 1 between -1 and 1, near 0 beyond -2 and 2, made of two tanh."""
    inside, outside = [
        [plain(call(answer, t)) for t in places]
        for places in ((-0.5, 0.0, 0.5), (-4.0, -2.0, 2.0, 4.0))
    ]
    if not all(isinstance(y, (int, float)) for y in inside + outside):
        raise WrongError("It is to answer one number.")
    if all(abs(y - 2.0) < 0.2 for y in inside) and all(abs(y) < 0.2 for y in outside):
        raise WrongError("It is twice as high as it should be: tanh rises from -1 to 1, by 2.")
    if all(abs(y + 1.0) < 0.1 for y in inside):
        raise WrongError(
            "It is a pit: the step down was taken from the step up, or the other way round?"
        )
    if abs(outside[-1] - outside[0]) > 0.5:
        raise WrongError(
            "It goes up and does not come down again: a bump is one step less another one."
        )
    if not all(abs(y - 1.0) < 0.1 for y in inside):
        raise WrongError(
            f"At -0.5, 0 and 0.5 it should be near 1, and is {', '.join(f'{y:.3g}' for y in inside)}."
        )
    if not all(abs(y) < 0.1 for y in outside):
        raise WrongError(
            f"At -4, -2, 2 and 4 it should be near 0, and is {', '.join(f'{y:.3g}' for y in outside)}; "
            "steeper steps help, and a constant may be missing."
        )
    return "Enough of these, each as high as a function is there, and the function is built."


def numbers(answer: Any) -> str:
    """How many numbers training adjusts in a net of 1 input, 16 tanh, 1 output."""
    compare(
        answer,
        49,
        (48, "The last neuron has a bias, too."),
        (33, "The neurons of the hidden layer have biases, too."),
        (32, "Each neuron has a bias, too."),
        (17, "These are the neurons. How many numbers has each?"),
        (18, "These are the neurons and the input. How many numbers has each neuron?"),
        otherwise="Each of the 16 has a weight and a bias; how many weights has the one that adds them up?",
    )
    return "16 weights and 16 biases, then 16 weights and a bias: nn.MLP(1, [16, 1]).parameters() has as many."


CHECKS = step, bump, numbers
