"""Metrics of classifiers: of all classes together, of yes and no, and of a ranking."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

from .samples import class_of, classes, is_score, mean, one_number, samples, yes


def accuracy(outputs: Any, targets: Any) -> float:
    """The part of samples whose class is predicted, from 0 to 1. A sample with a nan score counts as missed.

    Raises:
        ValueError: if there are no samples, or the numbers of outputs and targets differ.
        TypeError: if an output or target is no class.

    >>> import nn
    >>> nn.metrics.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    outputs, targets = samples(outputs, targets)
    pairs = zip(outputs, targets, strict=True)
    return mean([float(class_of(o, "an output") == class_of(t, "a target")) for o, t in pairs])


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
    outputs, targets = samples(outputs, targets)
    right = []
    for output, target in zip(outputs, targets, strict=True):
        score = one_number(output, "an output")
        right.append(float((score > threshold) == yes(target) and not math.isnan(score)))
    return mean(right)


def precision(outputs: Any, targets: Any, threshold: float = 0.0) -> float:
    """The part of the samples taken for a class that are of it; 0 where none was taken for it.

    Of two classes it is that of class 1, of more the mean over all that occur (scikit-learn's ``"macro"``).

    Args:
        outputs: for each sample scores of classes, a class's index (an int), or one score (a float).
        targets: the true classes, or for one score 1 and 0 or -1.
        threshold: what a single score of class 1 is above, as for :func:`binary_accuracy`.

    Raises:
        ValueError: if there are no samples, the numbers differ or a binary target is none of -1, 0 and 1.
        TypeError: if an output or target is no class.

    >>> precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666...
    """
    return mean([_ratio(hit, taken) for hit, taken, _ in _counts(outputs, targets, threshold)])


def recall(outputs: Any, targets: Any, threshold: float = 0.0) -> float:
    """The part of a class's samples that are taken for it; 0 where it has none.

    Args:
        outputs, targets, threshold: as for :func:`precision`, also as to several classes.

    Raises:
        As :func:`precision`.

    >>> import nn
    >>> nn.metrics.recall([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 1, 0])
    0.5
    """
    return mean([_ratio(hit, there) for hit, _, there in _counts(outputs, targets, threshold)])


def f1(outputs: Any, targets: Any, threshold: float = 0.0) -> float:
    """The harmonic mean of a class's precision and recall.

    Args:
        outputs, targets, threshold: as for :func:`precision`, also as to several classes.

    Raises:
        As :func:`precision`.

    >>> import nn
    >>> nn.metrics.f1([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 1, 0])
    0.5
    """
    counts = _counts(outputs, targets, threshold)
    return mean([_ratio(2 * hit, taken + there) for hit, taken, there in counts])


def roc_auc(outputs: Any, targets: Any) -> float:
    """The area under the ROC curve: how often a positive sample scores above a negative one, ties counting half.

    Args:
        outputs: for each sample one score, or the scores of two classes.
        targets: 1 for each positive sample, 0 or -1 for the others.

    Returns:
        From 0 to 1, 0.5 for guessing; nan if all targets are equal or a score is nan.

    Raises:
        ValueError: if there are no samples, the numbers differ or a target is none of -1, 0 and 1.
        TypeError: if there are more than two classes.

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    outputs, targets = samples(outputs, targets)
    ranked = sorted(zip(map(_score, outputs), map(yes, targets), strict=True))
    positives = sum(truth for _, truth in ranked)
    negatives = len(ranked) - positives
    if not positives or not negatives or any(math.isnan(score) for score, _ in ranked):
        return math.nan
    below, won = 0, 0.0
    for _, equal in groupby(ranked, key=lambda pair: pair[0]):
        truths = [truth for _, truth in equal]
        hits = sum(truths)
        won += hits * (below + (len(truths) - hits) / 2)
        below += len(truths) - hits
    return won / (positives * negatives)


def _score(output: Any) -> float:
    if isinstance(output, (list, tuple)) and len(output) == 2:
        no, positive = (one_number(score, "an output") for score in output)
        return positive - no
    if not is_score(output):
        raise TypeError(
            f"roc_auc takes one score a sample, or those of two classes; not {output!r:.60}"
        )
    return one_number(output, "an output")


def _counts(outputs: Any, targets: Any, threshold: float) -> list[tuple[int, int, int]]:
    """Of each class that counts: how many samples were rightly taken for it, taken for it, and of it."""
    pairs, n = classes(outputs, targets, threshold)
    chosen = sorted({label for pair in pairs for label in pair} - {-1}) if n > 2 else [1]
    return [
        (
            sum(truth == guess == label for truth, guess in pairs),
            sum(guess == label for _, guess in pairs),
            sum(truth == label for truth, _ in pairs),
        )
        for label in chosen
    ]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
