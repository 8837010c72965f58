"""Losses of numbers, each of its own: squared and absolute errors, margins, logits of yes or no."""

from __future__ import annotations

import math
from typing import Any

from autograd import Value
from autograd import functions as ag
from nn._arguments import shown

from .shapes import mean_over

_LEAST = math.exp(-100.0)  # PyTorch's bound: logarithms of probabilities count no less than -100


# --- of numbers ------------------------------------------------------------------------------


def mse(output: Any, target: Any) -> Any:
    """Mean squared error, the mean of ``(output - target) ** 2``.

    Raises:
        ValueError: if the lengths differ.

    >>> mse([Value(1.0), Value(3.0)], [0.0, 0.0])
    Value(data=5.0, grad=0.0)
    """
    return mean_over(_squared_error, output, target)


def mae(output: Any, target: Any) -> Any:
    """Mean absolute error, the mean of ``|output - target|``; derivative 0 where they are equal.

    Raises:
        ValueError: if the lengths differ.

    >>> import nn
    >>> nn.losses.mae([1.0, 2.0], [0.0, 4.0])
    1.5
    """
    return mean_over(lambda o, t: abs(o - t), output, target)


def huber(output: Any, target: Any, delta: float = 1.0) -> Any:
    """Huber's loss: half the squared error up to an error of delta, ``delta * (|error| - delta / 2)`` beyond.

    Raises:
        ValueError: if the lengths differ or delta is not positive.

    >>> huber(Value(0.5), 0.0), huber(Value(3.0), 0.0)
    (Value(data=0.125, grad=0.0), Value(data=2.5, grad=0.0))
    """
    if not delta > 0:
        raise ValueError(f"delta must be positive, not {delta!r}")

    def one(o: Any, t: Any) -> Any:
        error = o - t
        near = ag.clip(error, -delta, delta)
        return near * (error - 0.5 * near)  # both cases at once

    return mean_over(one, output, target)


def hinge(output: Any, target: Any) -> Any:
    """The margin loss of support vector machines, the mean of ``relu(1 - target * output)``.

    Args:
        output: scores.
        target: -1 or 1 for each.

    Raises:
        ValueError: if the lengths differ or a target is another number.

    >>> import nn
    >>> nn.losses.hinge(0.25, 1.0), nn.losses.hinge(2.0, 1.0)
    (0.75, 0.0)
    """

    def one(o: Any, t: Any) -> Any:
        if type(t) is float and t not in (-1.0, 1.0):
            raise ValueError(f"targets of hinge are -1 and 1, not {shown(t)}{_advise_signs(t)}")
        return ag.relu(1.0 - t * o)

    return mean_over(one, output, target)


def binary_cross_entropy(output: Any, target: Any) -> Any:
    """Cross-entropy of probabilities, the mean of ``-target * log(p) - (1 - target) * log(1 - p)``.

    As in PyTorch no outcome costs more than 100, where logarithms would be infinite. Where the output comes out of
    a sigmoid, :func:`binary_cross_entropy_with_logits` of the sigmoid's input is more precise.

    Args:
        output: probabilities.
        target: 0 or 1 or a probability for each.

    Raises:
        ValueError: if the lengths differ or a number is not in [0, 1].

    >>> import nn
    >>> nn.losses.binary_cross_entropy(0.5, 1)
    0.6931471805599453
    """
    return mean_over(_binary_cross_entropy, output, target)


def binary_cross_entropy_with_logits(output: Any, target: Any) -> Any:
    """Cross-entropy of ``sigmoid(output)``, precise for outputs of any size.

    Args:
        output: logits.
        target: 0 or 1 or a probability for each.

    Raises:
        ValueError: if the lengths differ or a target is not in [0, 1].

    >>> binary_cross_entropy_with_logits(Value(1000.0), 0)
    Value(data=1000.0, grad=0.0)
    """
    return mean_over(_logistic, output, target)


def _squared_error(o: Any, t: Any) -> Any:
    error = o - t
    return error * error


def _binary_cross_entropy(p: Any, t: Any) -> Any:
    _refuse_improbable(t)
    number = p.data if isinstance(p, Value) else p
    if type(number) is float and (number < 0.0 or number > 1.0):
        raise ValueError(
            f"binary_cross_entropy takes probabilities, and an output is {shown(number)}; "
            + (
                "hold what was rounded so with autograd.clip(p, 0.0, 1.0)"
                if -1e-6 < number < 1.0 + 1e-6
                else "for logits there is binary_cross_entropy_with_logits"
            )
        )
    # The least number keeps log and its derivative finite at 0, and is lost in rounding elsewhere.
    if type(t) is float and t == 1.0:
        return -ag.log(p + _LEAST)
    if type(t) is float and t == 0.0:
        return -ag.log((1.0 - p) + _LEAST)
    return -(t * ag.log(p + _LEAST) + (1.0 - t) * ag.log((1.0 - p) + _LEAST))


def _logistic(z: Any, t: Any) -> Any:
    _refuse_improbable(t)
    if type(t) is float and t == 1.0:
        return ag.softplus(-z)
    if type(t) is float and t == 0.0:
        return ag.softplus(z)
    # Not softplus(z) - t * z, which cancels where the loss is small.
    return t * ag.softplus(-z) + (1.0 - t) * ag.softplus(z)


def _refuse_improbable(t: Any) -> None:
    if type(t) is float and not 0.0 <= t <= 1.0:
        raise ValueError(
            f"targets are probabilities from 0 to 1, not {shown(t)}{_advise_zero_one(t)}"
        )


def _advise_signs(t: float) -> str:
    return "; turn labels 0 and 1 into 2 * label - 1" if t == 0.0 else ""


def _advise_zero_one(t: float) -> str:
    return "; turn labels -1 and 1 into (label + 1) / 2" if t == -1.0 else ""
