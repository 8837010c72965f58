"""Losses of scores of classes: cross-entropy and the negative log-likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import autograd
from autograd import Value
from autograd import functions as ag
from autograd.operators import Operators
from autograd.reals import is_real
from nn._arguments import number as checked

from .shapes import brief, is_many, over_samples, plain, same_length

if TYPE_CHECKING:
    from collections.abc import Sequence


def cross_entropy(
    output: Any,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """``-sum(target * log_softmax(output))``: how surprised the predicted probabilities are by the truth.

    Args:
        output: one logit for each class; for many samples a list of such lists.
        target: the index of the true class, or the probability of each class (one-hot, say); for many samples a
            list of these.
        weight: a factor for each class. The mean over many samples is then, as in PyTorch, the sum of their losses
            divided by the sum of the weights of their classes; the loss of one sample, as :func:`nn.fit` takes it, is
            simply multiplied.
        ignore_index: samples of this index have no loss, and do not count in the mean.
        label_smoothing: this part of each target, from 0 to below 1, is spread evenly over all classes (Szegedy et
            al. 2016).

    Raises:
        ValueError: if an index is not of a class, if lengths differ, if plain numbers are no probabilities, or an option
            is out of range.
        TypeError: if a class is not given by a whole number, or the output is one number.

    >>> from functools import partial
    >>> smooth = partial(cross_entropy, label_smoothing=0.1)  # nn.fit(..., loss=smooth)
    >>> smooth([2.0, 1.0, 0.0], 0)
    0.5076...
    """
    if weight is None and ignore_index is None and label_smoothing == 0.0:
        return over_samples(_cross_entropy, output, target)
    one = _Adjusted(weight, ignore_index, label_smoothing)
    output = plain(output)
    total, weights = over_samples(one, output, target, one.together)
    if not is_many(output[0]):
        return total
    if isinstance(weights, Operators):  # recorded
        return total / ag.where(weights > 0.0, weights, 1.0)  # type: ignore[operator]
    return total / weights if weights else total


class _Adjusted:
    """Cross-entropy of a sample with options, and the weight that it has in a mean: a pair."""

    def __init__(self, weight: Any, ignored: Any, smoothing: Any) -> None:
        self.smoothing = checked("label_smoothing", smoothing, 0.0, 1.0)
        self.ignored = ignored
        given = None if weight is None else plain(weight)
        self.weight = given and [checked(f"weight[{i}]", w, 0.0) for i, w in enumerate(given)]

    def __call__(self, logits: list[Any], target: Any) -> tuple[Any, Any]:
        classes, smoothing = len(logits), self.smoothing
        weight = self.weight or [1.0] * classes
        same_length(classes, len(weight), "outputs", "weights")
        own: Any = 1.0
        if not isinstance(target, list):
            if self.ignored is not None and target == self.ignored:
                return Value(0.0) if any(isinstance(z, Operators) for z in logits) else 0.0, 0.0
            index = class_index(target, classes)
            own = weight[index]
            if not smoothing:
                return own * _surprise(logits, index), own
            target = one_hot(index, classes)
        elif any(isinstance(t, Operators) for t in target):
            target, own = self._recorded(target)
        elif self.ignored is not None:
            raise TypeError("ignore_index is of targets that are indices, and one is a list")
        else:
            _weighted(logits, target)  # which refuses what is no distribution
        even = ag.sum(target) * (smoothing / classes)
        shares = [w * ((1.0 - smoothing) * t + even) for w, t in zip(weight, target, strict=True)]
        counted = [(z, q) for z, q in zip(logits, shares, strict=True) if type(q) is not float or q]
        kept, shares = [z for z, _ in counted], [q for _, q in counted]
        return _expected(logits, kept, shares, ag.sum(shares)), own

    def _recorded(self, target: list[Any]) -> tuple[list[Any], Any]:
        """Symbols of probabilities, which where something is ignored are a class, one-hot, or none at all; and their weight."""
        if self.ignored is None:
            return target, None if self.weight else 1.0
        if 0 <= self.ignored < len(target):
            target = [t * (1.0 - target[self.ignored]) for t in target]
        return target, None if self.weight else ag.sum(target)

    @staticmethod
    def together(pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        """The sum of losses, and that of weights."""
        weights = [weight for _, weight in pairs]
        if None in weights:
            raise autograd.TraceError(
                "recorded, targets do not tell by what a weighted mean is divided"
            )
        return ag.sum([loss for loss, _ in pairs]), ag.sum(weights)


def nll(output: Any, target: Any) -> Any:
    """Negative log-likelihood, ``-sum(target * output)``: cross-entropy of log-probabilities.

    Args:
        output: the logarithm of each class's probability, as ``log_softmax`` gives it; for many samples a list
            of such lists.
        target: as for :func:`cross_entropy`.

    Raises:
        As :func:`cross_entropy`.

    >>> import nn
    >>> from autograd import log_softmax
    >>> nn.losses.nll(log_softmax([0.0, 0.0]), 1)
    0.6931471805599453
    """
    return over_samples(_nll, output, target)


def one_hot(index: Any, classes: int) -> list[float]:
    """A class as probabilities: 1 at its index, 0 elsewhere.

    Raises:
        ValueError: if there is no such class.
        TypeError: if the index is not a whole number.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    index = class_index(index, classes)
    return [1.0 if i == index else 0.0 for i in range(classes)]


def class_index(index: Any, classes: int) -> int:
    """A class's index as an int; NumPy's numbers and floats such as 3.0 will do.

    Raises:
        ValueError: if there is no such class.
        TypeError: if it is not a whole number.

    >>> class_index(2.0, classes=3)
    2
    """
    if isinstance(index, Operators) or not is_real(index) or index != index // 1:
        what = "a symbol or Value" if isinstance(index, Operators) else f"{index!r:.60}"
        raise TypeError(f"a class is given by its index, a whole number, or one-hot; not by {what}")
    if not 0 <= index < classes:
        raise ValueError(
            f"label {index} is outside the {classes} classes (0 to {classes - 1}) that have outputs"
        )
    return int(index)


def _cross_entropy(logits: list[Any], target: Any) -> Any:
    if not isinstance(target, list):
        return _surprise(logits, class_index(target, len(logits)))
    kept, weights, total = _weighted(logits, target)
    if all(type(w) is float for w in weights) and weights == [1.0]:
        return _surprise(logits, target.index(1.0))
    return _expected(logits, kept, weights, total)


def _expected(logits: list[Any], kept: list[Any], weights: list[Any], total: Any) -> Any:
    """The sum of weights times the logarithms of 1 over probabilities.

    Args:
        logits: of all classes.
        kept: those of classes that have a weight.
        weights: theirs.
        total: the sum of these.
    """
    _, shift = ag.shift_of(
        logits
    )  # a sum of weights times differences, whatever is subtracted from all logits
    return ag.logsumexp([z - shift for z in logits]) * total - ag.dot(
        weights, [z - shift for z in kept]
    )


def _surprise(logits: list[Any], index: int) -> Any:
    """The logarithm of 1 over a class's probability: that of ``1 + sum(exp(other - logit))``.

    Not ``logsumexp(logits) - logit``, which has no digits where the class is all but certain, nor where logits are large.
    """
    others = [z - logits[index] for i, z in enumerate(logits) if i != index]
    if len(others) < 2:
        return ag.softplus(others[0]) if others else logits[0] - logits[0]
    # Where all others are -inf, so is their sum, of which the derivatives are nan.
    return ag.softplus(ag.maximum(ag.logsumexp(others), -1e300))


def _nll(log_probabilities: list[Any], target: Any) -> Any:
    if not isinstance(target, list):
        return -log_probabilities[class_index(target, len(log_probabilities))]
    kept, weights, _ = _weighted(log_probabilities, target)
    return -ag.dot(weights, kept)


def _weighted(scores: list[Any], target: list[Any]) -> tuple[list[Any], list[Any], Any]:
    """The scores that count, their weights and the sum of these.

    A weight that is plainly 0 is left out with its score: 0 times a score of -inf would be nan.
    """
    if len(target) == 1 != len(scores):
        raise ValueError(
            f"a class is given by its index, or by the probability of each of the {len(scores)} classes, and a target "
            f"is a list of one number, {brief(target)}; if the targets are a column, pass y.ravel()"
        )
    same_length(len(scores), len(target), "classes")
    if not all(type(t) is float for t in target):
        return scores, target, ag.sum(target)
    total = math.fsum(target)
    if min(target) < 0.0 or not abs(total - 1.0) < 1e-3:
        raise ValueError(
            f"a target must be a class's index or probabilities that sum to 1, not {brief(target)}"
        )
    pairs = [(score, t) for score, t in zip(scores, target, strict=True) if t]
    return [score for score, _ in pairs], [t for _, t in pairs], total
