"""Notebook 2: a neuron that says and, a net that says either-or, two layers that are one."""

from __future__ import annotations

from typing import Any

from autograd import Value

from ..marking import WrongError, call, compare, plain


def conjunction(answer: Any) -> str:
    """(w1, w2, b) with w1 x1 + w2 x2 + b > 0 just where both inputs are 1."""
    found = plain(answer)
    if not (
        isinstance(found, list)
        and len(found) == 3
        and all(isinstance(x, (int, float)) for x in found)
    ):
        raise WrongError("The answer is to be three numbers: w1, w2, b.")
    w1, w2, b = found
    says = {(x1, x2): w1 * x1 + w2 * x2 + b > 0 for x1 in (0, 1) for x2 in (0, 1)}
    if b == 0 and says[1, 1]:
        raise WrongError(
            "Without a bias the border passes through (0, 0): what lies on the same side of it as (1, 1) "
            "has (1, 0) or (0, 1) among it."
        )
    if all(says[x] == (x != (0, 0)) for x in says):
        raise WrongError(
            "That is 'or': one input is enough. How high must the threshold be for both to be needed?"
        )
    for inputs, yes in says.items():
        if yes != (inputs == (1, 1)):
            raise WrongError(f"For the inputs {inputs} it says {'yes' if yes else 'no'}.")
    return "Weights tilt, and the bias is the threshold."


def either(answer: Any) -> str:
    """A function of two numbers that is 1 at (0, 1) and (1, 0), and 0 at (0, 0) and (1, 1), of relu, sums and factors."""
    found = {(a, b): call(answer, Value(a), Value(b)) for a in (0.0, 1.0) for b in (0.0, 1.0)}
    if not all(isinstance(y, Value) for y in found.values()):
        raise WrongError(
            "Called with Values, it answers something else: `if`, `==` and `!=` are not made of slopes. "
            "Take relu, sums and factors."
        )
    numbers = {inputs: plain(y) for inputs, y in found.items()}
    if all(abs(y - max(inputs)) < 1e-9 for inputs, y in numbers.items()):
        raise WrongError(
            "That is 'or': at (1, 1) something must be taken off again, and only there."
        )
    for inputs, y in numbers.items():
        if abs(y - (inputs[0] != inputs[1])) > 1e-9:
            raise WrongError(f"At {inputs} it is {y:.6g}.")
    for a in (0.13, 0.42, 0.71):  # between its bends it is straight
        near, at, far = (
            plain(call(answer, Value(a + d), Value(0.2 * a))) for d in (-1e-3, 0.0, 1e-3)
        )
        if abs(near + far - 2.0 * at) > 1e-9:
            raise WrongError(
                "It is right at the corners, and curved between them: take relu, sums and factors."
            )
    return "Two bends do what no single neuron can: its border is one straight line."


def collapse(answer: Any) -> str:
    """The one matrix that does what [[1, 2], [3, 4]] and then [[1, -1]] do."""
    compare(
        answer,
        [[-2.0, -2.0]],
        ([-2.0, -2.0], "The numbers are right. As a matrix of one row it is [[...]]."),
        ([[-2.0], [-2.0]], "That is a column; the second layer has one neuron, which is one row."),
        ([[4.0, 6.0]], "The second weight of the second layer is -1."),
        ([[-1.0, -1.0]], "That is one matrix times the other the wrong way round."),
        otherwise="The neuron of the second layer takes 1 times the first neuron and -1 times the second: "
        "what does it take of each input?",
    )
    return "However many layers, without a bend between them they are one."


CHECKS = conjunction, either, collapse
