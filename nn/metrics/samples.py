"""What metrics are given: outputs and targets of many samples, as plain numbers and classes."""

from __future__ import annotations

import math
from typing import Any

from autograd import Value
from autograd.reals import is_real, real
from nn._arguments import shown


def one_number(x: Any, name: str) -> float:
    """A number, Value or list of one as a float."""
    if type(x) is float:
        return x
    if isinstance(x, (list, tuple)) and len(x) == 1:
        x = x[0]
    return x.data if isinstance(x, Value) else real(x, name)


def samples(outputs: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Both as lists of equal lengths.

    Raises:
        ValueError: if they are not, or are empty.
    """
    both = [x.tolist() if hasattr(x, "tolist") else list(x) for x in (outputs, targets)]
    outputs, targets = ([x.tolist() if hasattr(x, "tolist") else x for x in xs] for xs in both)
    if len(outputs) != len(targets):
        raise ValueError(f"{len(outputs)} samples have outputs, and {len(targets)} have targets")
    if not outputs:
        raise ValueError("there are no samples to measure")
    return outputs, targets


def mean(xs: list[float]) -> float:
    """Their mean."""
    return sum(xs) / len(xs)


def class_of(x: Any, name: str) -> int:
    """The class that an index or a list of scores stands for; the first of equal scores, -1 if one is nan.

    Raises:
        TypeError: if it is neither; the message bears the name.

    >>> class_of([0.1, 2.0, -1.0], "output"), class_of(1.0, "target")
    (1, 1)
    """
    if isinstance(x, (list, tuple)) and len(x) > 1:
        scores = [one_number(score, name) for score in x]
        return -1 if any(map(math.isnan, scores)) else scores.index(max(scores))
    number: Any = x  # of which a type checker knows no more that it may be a list
    if not is_real(x) or number != number // 1 or number < 0:
        raise TypeError(
            f"{name} must be a class's index or a list of scores, not {x!r:.60}" + _advice(x)
        )
    return int(number)


def _advice(x: Any) -> str:
    if isinstance(x, (list, tuple)) and len(x) == 1 and is_real(x[0]) and x[0] == x[0] // 1:
        return "; if these are a column of classes, pass y.ravel()"
    if isinstance(x, (Value, float, list, tuple)):
        return "; for one score a sample there is binary_accuracy"
    return ""


def is_score(output: Any) -> bool:
    """Whether an output is one number that says how sure the answer yes is, rather than a class or their scores."""
    if isinstance(output, (list, tuple)):
        return len(output) == 1
    return isinstance(output, (Value, float))


def yes(target: Any) -> bool:
    """A binary target.

    Raises:
        ValueError: if it is none of -1, 0 and 1.
    """
    t = one_number(target, "a target")
    if t not in (-1.0, 0.0, 1.0):
        raise ValueError(f"binary targets are 1 and 0, or 1 and -1; not {shown(t)}")
    return t > 0.0


def classes(outputs: Any, targets: Any, threshold: float) -> tuple[list[tuple[int, int]], int]:
    """For each sample its class and that which is predicted (-1 for a nan score), and how many classes there are.

    Raises:
        ValueError: if there are no samples, the numbers differ or a binary target is none of -1, 0 and 1.
        TypeError: if an output or target is no class.
    """
    outputs, targets = samples(outputs, targets)
    if any(map(is_score, outputs)):
        scores = [one_number(output, "an output") for output in outputs]
        guesses = [-1 if math.isnan(score) else int(score > threshold) for score in scores]
        return [(int(yes(t)), guess) for t, guess in zip(targets, guesses, strict=True)], 2
    pairs = [
        (class_of(t, "a target"), class_of(o, "an output"))
        for o, t in zip(outputs, targets, strict=True)
    ]
    lengths = [len(x) for x in (*outputs, *targets) if isinstance(x, list)]
    return pairs, max(*lengths, 0, 0, *(1 + max(pair) for pair in pairs))
