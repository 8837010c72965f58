"""Losses: how far an output is from its target, as one Value.

Each is a function of an output and a target. The output of one sample is a Value or a list of Values, and the
loss of several outputs is their mean, except where they are the scores of classes. Given many samples (a
list of lists; for outputs that are one number a list of them), a loss is the mean over the samples.

Nothing branches on an output, so that losses can be recorded; targets that are plain numbers are checked.

>>> from autograd import Value
>>> logits = [Value(2.0), Value(1.0), Value(0.0)]
>>> loss = cross_entropy(logits, 0)
>>> loss
Value(data=0.4076..., grad=0.0)
>>> loss.backward()
>>> [round(z.grad, 4) for z in logits]
[-0.3348, 0.2447, 0.09]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nn._arguments import named

from .of_classes import class_index, cross_entropy, nll, one_hot
from .of_numbers import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge,
    huber,
    mae,
    mse,
)

if TYPE_CHECKING:
    from .shapes import Loss as Loss

__all__ = [
    "LOSSES",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "class_index",
    "cross_entropy",
    "get",
    "hinge",
    "huber",
    "mae",
    "mse",
    "nll",
    "one_hot",
]

LOSSES: dict[str, Loss] = {
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "hinge": hinge,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy,
    "nll": nll,
}


def get(loss: str | Loss) -> Loss:
    """A loss by name; a function of (output, target) is returned as it is.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is neither a name nor a function.

    >>> import nn
    >>> nn.losses.get("mse") is nn.losses.mse
    True
    """
    return named("loss", loss, LOSSES)


def ignored(loss: Loss) -> int | None:
    """The index of the samples that a loss has been told to ignore."""
    told = getattr(loss, "keywords", {}) if getattr(loss, "func", None) is cross_entropy else {}
    found: int | None = told.get("ignore_index")
    return found
