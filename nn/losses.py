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

import math
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd import functions as ag
from autograd.operators import Operators
from autograd.reals import is_real, real

from ._arguments import named, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Loss = Callable[[Any, Any], Any]

_LEAST = math.exp(-100.0)  # PyTorch's bound: logarithms of probabilities count no less than -100


# --- of numbers ------------------------------------------------------------------------------


def mse(output: Any, target: Any) -> Any:
    """Mean squared error, the mean of ``(output - target) ** 2``.

    Raises:
        ValueError: if the lengths differ.

    >>> mse([Value(1.0), Value(3.0)], [0.0, 0.0])
    Value(data=5.0, grad=0.0)
    """
    return _mean_over(_squared_error, output, target)


def mae(output: Any, target: Any) -> Any:
    """Mean absolute error, the mean of ``|output - target|``; derivative 0 where they are equal.

    Raises:
        ValueError: if the lengths differ.
    """
    return _mean_over(lambda o, t: abs(o - t), output, target)


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

    return _mean_over(one, output, target)


def hinge(output: Any, target: Any) -> Any:
    """The margin loss of support vector machines, the mean of ``relu(1 - target * output)``.

    Args:
        output: scores.
        target: -1 or 1 for each.

    Raises:
        ValueError: if the lengths differ or a target is another number.
    """

    def one(o: Any, t: Any) -> Any:
        if type(t) is float and t not in (-1.0, 1.0):
            raise ValueError(f"targets of hinge are -1 and 1, not {shown(t)}{_advise_signs(t)}")
        return ag.relu(1.0 - t * o)

    return _mean_over(one, output, target)


def binary_cross_entropy(output: Any, target: Any) -> Any:
    """Cross-entropy of probabilities, the mean of ``-target * log(p) - (1 - target) * log(1 - p)``.

    As in PyTorch no outcome costs more than 100, where logarithms would be infinite. Where the output comes out of
    a sigmoid, :func:`binary_cross_entropy_with_logits` of the sigmoid's input is more precise.

    Args:
        output: probabilities.
        target: 0 or 1 or a probability for each.

    Raises:
        ValueError: if the lengths differ or a number is not in [0, 1].
    """
    return _mean_over(_binary_cross_entropy, output, target)


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
    return _mean_over(_logistic, output, target)


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


# --- of scores of classes --------------------------------------------------------------------


def cross_entropy(output: Any, target: Any) -> Any:
    """``-sum(target * log_softmax(output))``: how surprised the predicted probabilities are by the truth.

    Args:
        output: one logit for each class; for many samples a list of such lists.
        target: the index of the true class, or the probability of each class (one-hot, say); for many samples a
            list of these.

    Raises:
        ValueError: if an index is not of a class, if lengths differ, or if plain numbers are no probabilities.
        TypeError: if a class is not given by a whole number, or the output is one number.
    """
    return _over_samples(_cross_entropy, output, target)


def nll(output: Any, target: Any) -> Any:
    """Negative log-likelihood, ``-sum(target * output)``: cross-entropy of log-probabilities.

    Args:
        output: the logarithm of each class's probability, as ``log_softmax`` gives it; for many samples a list
            of such lists.
        target: as for :func:`cross_entropy`.

    Raises:
        As :func:`cross_entropy`.
    """
    return _over_samples(_nll, output, target)


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
            f"is a list of one number, {_brief(target)}; if the targets are a column, pass y.ravel()"
        )
    _same_length(len(scores), len(target), "classes")
    if not all(type(t) is float for t in target):
        return scores, target, ag.sum(target)
    total = math.fsum(target)
    if min(target) < 0.0 or not abs(total - 1.0) < 1e-3:
        raise ValueError(
            f"a target must be a class's index or probabilities that sum to 1, not {_brief(target)}"
        )
    pairs = [(score, t) for score, t in zip(scores, target, strict=True) if t]
    return [score for score, _ in pairs], [t for _, t in pairs], total


def _brief(numbers: list[Any]) -> str:
    first = ", ".join(map(shown, numbers[:6]))
    return f"[{first}{', ...' if len(numbers) > 6 else ''}]"


# --- one sample or many ----------------------------------------------------------------------


def _mean_over(one: Loss, output: Any, target: Any) -> Any:
    """The mean of a loss over outputs, over samples or over both."""
    output, target = _plain(output), _plain(target)
    if not isinstance(output, list):
        if isinstance(target, list):
            _same_length(1, len(target), "outputs")
            target = target[0]
        return one(_number(output, "an output"), _number(target, "a target"))
    if not isinstance(target, list):
        target = [target]
    if output and _is_many(output[0]):
        return _over_samples(lambda o, t: _mean_over(one, o, t), output, target)
    _same_length(len(output), len(target), "outputs")
    losses = []
    for o, t in zip(output, target, strict=True):
        if _is_many(t):  # a bare output for each sample, its target in a list of one
            losses.append(_mean_over(one, o, t))
        else:
            losses.append(one(_number(o, "an output"), _number(t, "a target")))
    return _mean(losses)


def _over_samples(one: Loss, output: Any, target: Any) -> Any:
    """The loss of a sample, or the mean over many."""
    output, target = _plain(output), _plain(target)
    if not isinstance(output, list):
        raise TypeError(
            "the output must be a list with a score for each class, not one number; for one logit a "
            "sample there is binary_cross_entropy_with_logits"
        )
    if not output:
        raise ValueError("there are no outputs to take a loss of")
    if not _is_many(output[0]):
        if isinstance(target, list):
            target = [_number(t, "a target") for t in target]
        return one([_number(o, "an output") for o in output], target)
    if not isinstance(target, list) or len(target) != len(output):
        came = len(target) if isinstance(target, list) else 1
        raise ValueError(f"{len(output)} samples have outputs, and {came} have targets")
    return _mean([_over_samples(one, o, t) for o, t in zip(output, target, strict=True)])


def _plain(x: Any) -> Any:
    """Arrays and tuples as lists, NumPy's numbers as Python's; anything else as it is."""
    if hasattr(x, "tolist"):
        return x.tolist()
    return list(x) if isinstance(x, tuple) else x


def _is_many(x: Any) -> bool:
    """Whether something is a list, a tuple or an array rather than a number."""
    return isinstance(x, (list, tuple)) or getattr(x, "shape", ()) != ()


def _number(x: Any, name: str) -> Any:
    """A float, Value or symbol, so that ``type(x) is float`` tells plain numbers from the others."""
    return x if type(x) is float or isinstance(x, Operators) else real(x, name)


def _same_length(outputs: int, targets: int, of_what: str) -> None:
    if outputs != targets:
        raise ValueError(f"{outputs} {of_what} and {targets} targets: they must be equally many")


def _mean(losses: Sequence[Any]) -> Any:
    if not losses:
        raise ValueError("there are no outputs to take a loss of")
    return losses[0] if len(losses) == 1 else ag.mean(losses)


# --- by name ---------------------------------------------------------------------------------

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
    """
    return named("loss", loss, LOSSES)
