"""Metrics: how good outputs are, in plain numbers, for people to read.

Each is a function of many samples' outputs and targets: lists, arrays, Values or numbers. A class is an index,
or a list of one score (in targets: one probability) for each class, of which the largest counts.

>>> from autograd import Value
>>> accuracy([[Value(2.0), Value(1.0)], [Value(0.0), Value(3.0)]], [0, 0])
0.5
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.reals import is_real, real
from nn.modules.state import flatten

from ._arguments import named, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Metric = Callable[[Any, Any], float]


def accuracy(outputs: Any, targets: Any) -> float:
    """The part of samples whose class is predicted, from 0 to 1. A sample with a nan score counts as missed.

    Raises:
        ValueError: if there are no samples, or the numbers of outputs and targets differ.
        TypeError: if an output or target is no class.
    """
    outputs, targets = _samples(outputs, targets)
    pairs = zip(outputs, targets, strict=True)
    return _mean([float(class_of(o, "an output") == class_of(t, "a target")) for o, t in pairs])


def binary_accuracy(outputs: Any, targets: Any, threshold: float = 0.0) -> float:
    """The part of samples on the right side of a threshold, from 0 to 1. A nan counts as missed.

    Args:
        outputs: one number for each sample.
        targets: 1 for each positive sample, 0 or -1 for the others.
        threshold: what positive outputs are above: 0 for logits and the scores of ``hinge``, 0.5 for
            probabilities.

    Raises:
        ValueError: if there are no samples, the numbers differ or a target is none of -1, 0 and 1.

    >>> binary_accuracy([0.9, 0.2], [1, 0], threshold=0.5)
    1.0
    """
    outputs, targets = _samples(outputs, targets)
    right = []
    for output, target in zip(outputs, targets, strict=True):
        o, t = _one_number(output, "an output"), _one_number(target, "a target")
        if t not in (-1.0, 0.0, 1.0):
            raise ValueError(f"binary targets are 1 and 0, or 1 and -1; not {shown(t)}")
        right.append(float(not math.isnan(o) and (o > threshold) == (t > 0.0)))
    return _mean(right)


def mae(outputs: Any, targets: Any) -> float:
    """Mean absolute error.

    Raises:
        ValueError: if there are no samples or the numbers of outputs and targets differ.
    """
    return _mean([abs(o - t) for o, t in _numbers(outputs, targets)])


def mse(outputs: Any, targets: Any) -> float:
    """Mean squared error.

    Raises:
        ValueError: as :func:`mae`.
    """
    return _mean([(o - t) * (o - t) for o, t in _numbers(outputs, targets)])


def rmse(outputs: Any, targets: Any) -> float:
    """The root of the mean squared error, in the targets' own unit.

    Raises:
        ValueError: as :func:`mae`.
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
    middle = _mean([t for _, t in pairs])
    residual = sum((o - t) * (o - t) for o, t in pairs)
    spread = sum((t - middle) * (t - middle) for _, t in pairs)
    if spread == 0.0:
        return 1.0 if residual == 0.0 else 0.0
    return 1.0 - residual / spread


class ConfusionTable:
    """How often each class was taken for which.

    Attributes:
        matrix: ``matrix[i][j]`` samples of class i were predicted to be of class j.
        labels: the classes' names.

    ``print`` shows it as text; see :func:`confusion_table`.
    """

    def __init__(self, matrix: list[list[int]], labels: list[str]) -> None:
        self.matrix = matrix
        self.labels = labels

    @property
    def accuracy(self) -> float:
        """The part of samples on the diagonal."""
        return sum(row[i] for i, row in enumerate(self.matrix)) / sum(map(sum, self.matrix))

    def __str__(self) -> str:
        corner, marginal = "true \\ predicted", "recall"
        cells = [[str(n) if n else "." for n in row] for row in self.matrix]
        widths = [
            max(len(text) for text in (label, *column))
            for label, column in zip(self.labels, zip(*cells, strict=True), strict=True)
        ]
        first = max(len(corner), *map(len, self.labels))

        def line(head: str, texts: Sequence[str], end: str) -> str:
            middle = "  ".join(t.rjust(w) for t, w in zip(texts, widths, strict=True))
            return f"{head.rjust(first)}  {middle}  {end.rjust(len(marginal))}"

        lines = [line(corner, self.labels, marginal)]
        for i, row in enumerate(self.matrix):
            recall = f"{row[i] / sum(row):.1%}" if any(row) else "-"
            lines.append(line(self.labels[i], cells[i], recall))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"ConfusionTable({self.matrix!r}, {self.labels!r})"


def confusion_table(
    outputs: Any, targets: Any, labels: Sequence[Any] | None = None
) -> ConfusionTable:
    """Count how often each class was taken for which.

    Args:
        outputs: for each sample a class.
        targets: for each sample the true class.
        labels: the classes' names, in order; by default their indices, as many as occur.

    Raises:
        ValueError: if there are no samples, the numbers differ, a score is nan or a class has no label.
        TypeError: if an output or target is no class.

    >>> print(confusion_table([0, 1, 1, 0], [0, 1, 1, 1], labels=["cat", "dog"]))
    true \\ predicted  cat  dog  recall
                 cat    1    .  100.0%
                 dog    1    2   66.7%
    """
    outputs, targets = _samples(outputs, targets)
    pairs = [
        (class_of(t, "a target"), class_of(o, "an output"))
        for o, t in zip(outputs, targets, strict=True)
    ]
    lengths = [len(x) for x in (*outputs, *targets) if isinstance(x, list)]
    n = max(*lengths, 0, 0, *(1 + max(pair) for pair in pairs))
    if labels is None:
        labels = range(n)
    if n > len(labels):
        raise ValueError(f"{n} classes need as many labels, not {len(labels)}")
    matrix = [[0] * len(labels) for _ in labels]
    for truth, predicted in pairs:
        if truth < 0 or predicted < 0:
            raise ValueError("a sample has a nan score and so no class")
        matrix[truth][predicted] += 1
    return ConfusionTable(matrix, [str(label) for label in labels])


def class_of(x: Any, name: str) -> int:
    """The class that an index or a list of scores stands for; the first of equal scores, -1 if one is nan.

    Raises:
        TypeError: if it is neither; the message bears the name.
    """
    if isinstance(x, (list, tuple)) and len(x) > 1:
        scores = [_one_number(score, name) for score in x]
        return -1 if any(map(math.isnan, scores)) else scores.index(max(scores))
    if not is_real(x) or x != x // 1 or x < 0:
        raise TypeError(
            f"{name} must be a class's index or a list of scores, not {x!r:.60}" + _advice(x)
        )
    return int(x)


def _advice(x: Any) -> str:
    if isinstance(x, (list, tuple)) and len(x) == 1 and is_real(x[0]) and x[0] == x[0] // 1:
        return "; if these are a column of classes, pass y.ravel()"
    if isinstance(x, (Value, float, list, tuple)):
        return "; for one score a sample there is binary_accuracy"
    return ""


def _one_number(x: Any, name: str) -> float:
    """A number, Value or list of one as a float."""
    if type(x) is float:
        return x
    if isinstance(x, (list, tuple)) and len(x) == 1:
        x = x[0]
    return x.data if isinstance(x, Value) else real(x, name)


def _samples(outputs: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Both as lists of equal lengths."""
    both = [x.tolist() if hasattr(x, "tolist") else list(x) for x in (outputs, targets)]
    outputs, targets = ([x.tolist() if hasattr(x, "tolist") else x for x in xs] for xs in both)
    if len(outputs) != len(targets):
        raise ValueError(f"{len(outputs)} samples have outputs, and {len(targets)} have targets")
    if not outputs:
        raise ValueError("there are no samples to measure")
    return outputs, targets


def _numbers(outputs: Any, targets: Any) -> list[tuple[float, float]]:
    """Pairs of numbers, of all outputs of all samples."""
    pairs: list[tuple[float, float]] = []
    for output, target in zip(*_samples(outputs, targets), strict=True):
        os, ts = list(flatten(output)), list(flatten(target))
        if len(os) != len(ts):
            raise ValueError(f"a sample has {len(os)} outputs and {len(ts)} targets")
        for o, t in zip(os, ts, strict=True):
            pairs.append((_one_number(o, "an output"), _one_number(t, "a target")))
    return pairs


def _mean(xs: list[float]) -> float:
    return sum(xs) / len(xs)


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "mae": mae,
    "mse": mse,
    "rmse": rmse,
    "r2": r2,
}


def get(metric: str | Metric) -> Metric:
    """A metric by name; a function of (outputs, targets) is returned as it is.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is neither a name nor a function.
    """
    return named("metric", metric, METRICS)
