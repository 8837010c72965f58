"""Metrics: how good outputs are, in plain numbers, for people to read.

Each is a function of many samples' outputs and targets: lists, arrays, Values or numbers. A class is an index,
or a list of one score (in targets: one probability) for each class, of which the largest counts.

>>> from autograd import Value
>>> accuracy([[Value(2.0), Value(1.0)], [Value(0.0), Value(3.0)]], [0, 0])
0.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn._arguments import named

from .confusion import ConfusionTable, confusion_table
from .of_classes import accuracy, binary_accuracy, f1, precision, recall, roc_auc
from .of_numbers import mae, mse, r2, rmse
from .samples import class_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "METRICS",
    "ConfusionTable",
    "accuracy",
    "binary_accuracy",
    "class_of",
    "confusion_table",
    "f1",
    "get",
    "mae",
    "mse",
    "precision",
    "r2",
    "recall",
    "rmse",
    "roc_auc",
]

METRICS: dict[str, Callable[..., Any]] = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "roc_auc": roc_auc,
    "confusion_table": confusion_table,
    "mae": mae,
    "mse": mse,
    "rmse": rmse,
    "r2": r2,
}


def get(metric: str | Callable[..., Any]) -> Callable[..., Any]:
    """A metric by name; a function of (outputs, targets) is returned as it is.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is neither a name nor a function.

    >>> import nn
    >>> nn.metrics.get("accuracy") is nn.metrics.accuracy
    True
    """
    return named("metric", metric, METRICS)
