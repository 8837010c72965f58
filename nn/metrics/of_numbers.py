"""Metrics of numbers: errors, and how much of the spread is explained."""

from __future__ import annotations

import math
from typing import Any

from nn.modules.state import flatten

from .samples import mean, one_number, samples


def mae(outputs: Any, targets: Any) -> float:
    """Mean absolute error.

    Raises:
        ValueError: if there are no samples or the numbers of outputs and targets differ.

    >>> import nn
    >>> nn.metrics.mae([1.0, 2.0], [0.0, 4.0])
    1.5
    """
    return mean([abs(o - t) for o, t in _numbers(outputs, targets)])


def mse(outputs: Any, targets: Any) -> float:
    """Mean squared error.

    Raises:
        ValueError: as :func:`mae`.

    >>> import nn
    >>> nn.metrics.mse([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return mean([(o - t) * (o - t) for o, t in _numbers(outputs, targets)])


def rmse(outputs: Any, targets: Any) -> float:
    """The root of the mean squared error, in the targets' own unit.

    Raises:
        ValueError: as :func:`mae`.

    >>> import nn
    >>> nn.metrics.rmse([1.0, 2.0], [0.0, 4.0])
    1.5811388300841898
    """
    return math.sqrt(mse(outputs, targets))


def r2(outputs: Any, targets: Any) -> float:
    """The coefficient of determination: 1 is perfect, 0 no better than the targets' mean.

    Where all targets are equal it is 1 for perfect outputs and 0 for others, as in scikit-learn. Several
    outputs of a sample count together.

    Raises:
        ValueError: as :func:`mae`.

    >>> r2([1.0, 2.0, 3.5], [1.0, 2.0, 3.0])
    0.875
    """
    pairs = _numbers(outputs, targets)
    middle = mean([t for _, t in pairs])
    residual = sum((o - t) * (o - t) for o, t in pairs)
    spread = sum((t - middle) * (t - middle) for _, t in pairs)
    if spread == 0.0:
        return 1.0 if residual == 0.0 else 0.0
    return 1.0 - residual / spread


def _numbers(outputs: Any, targets: Any) -> list[tuple[float, float]]:
    """Pairs of numbers, of all outputs of all samples."""
    pairs: list[tuple[float, float]] = []
    for output, target in zip(*samples(outputs, targets), strict=True):
        os, ts = list(flatten(output)), list(flatten(target))
        if len(os) != len(ts):
            raise ValueError(f"a sample has {len(os)} outputs and {len(ts)} targets")
        for o, t in zip(os, ts, strict=True):
            pairs.append((one_number(o, "an output"), one_number(t, "a target")))
    return pairs
