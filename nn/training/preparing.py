"""What fit is given, brought into the form in which it trains: samples, targets, weights, what is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import no_grad
from nn import metrics
from nn._arguments import number
from nn.datasets import train_test_split

from . import data, evaluation
from .answering import numbers
from .names import check, names_of, numbered
from .weights import weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRIED_TARGETS = 1000


class Samples(NamedTuple):
    """What a run trains on, and what it is measured by.

    Attributes:
        rows, targets: plain numbers, as many of one as of the other.
        weights: of the samples, or None if all count alike.
        held_out: rows and targets for validation, or None.
        names: of the classes, if targets came as names.
    """

    rows: list[Any]
    targets: list[Any]
    weights: list[float] | None
    held_out: tuple[list[Any], list[Any]] | None
    names: list[str] | None


def samples(
    model: Any,
    X: Any,
    y: Any,
    validation_data: Any,
    validation_split: Any,
    sample_weight: Any,
    class_weight: Any,
    seed: int,
) -> Samples:
    """Check the samples that :func:`nn.fit` was given, and hold out those for validation.

    Raises:
        TypeError, ValueError: if they are not what they should be.
    """
    names = names_of(model, y)
    rows, targets = data.paired(X, y if names is None else numbered(y, names))
    weights = weights_of(targets, sample_weight, class_weight, names)
    held_out = None if validation_data is None else _validation(validation_data, names)
    if validation_split is not None:
        if held_out is not None:
            raise ValueError("give validation_data= or validation_split=, not both")
        number("validation_split", validation_split, 0.0, 1.0)
        classes = all(isinstance(target, int) for target in targets)
        places = range(len(rows))
        kept, held, *_ = train_test_split(
            places, targets, float(validation_split), seed=seed, stratify=classes
        )
        held_out = [rows[i] for i in held], [targets[i] for i in held]
        rows, targets = [rows[i] for i in kept], [targets[i] for i in kept]
        weights = weights and [weights[i] for i in kept]
    return Samples(rows, targets, weights, held_out, names)


def _validation(given: Any, names: list[str] | None) -> tuple[list[Any], list[Any]]:
    try:
        X, y = given
    except (TypeError, ValueError):
        raise TypeError(
            f"validation_data must be a pair (X, y) or a Dataset, not {type(given).__name__}"
        ) from None
    y = y if names is None else numbered(y, names, "validation y")
    return data.paired(X, y, "validation ")


def try_out(
    model: Any,
    loss: Any,
    named: Mapping[str, Any],
    rows: list[Any],
    targets: list[Any],
    kind: str,
    names: Any,
) -> None:
    """Have the model take a sample, the loss every target, and our metrics one, before anything is changed."""
    if not callable(model):
        raise TypeError(f"model must be callable on a sample, and {type(model).__name__} is not")
    with evaluation.evaluating(model), no_grad():
        output = model(rows[0])
        if names is not None:
            check(names, output)
        for i, target in _distinct(targets):
            try:
                loss(output, target)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{kind}row {i}, of target {target!r:.60}: {error}") from error
    for name, metric in named.items():
        if (
            getattr(metric, "func", metric) in metrics.METRICS.values()
        ):  # a user's may count its calls
            try:
                metric([numbers(output)], targets[:1])
            except (TypeError, ValueError) as error:
                raise type(error)(f"the metric {name!r} of {kind}row 0: {error}") from error


def _distinct(targets: list[Any]) -> list[tuple[int, Any]]:
    """Each target that is not as one before it, with its place; not more of them than cost nothing."""
    first: dict[Any, int] = {}
    for i, target in enumerate(targets):
        first.setdefault(_hashable(target), i)
        if len(first) == _TRIED_TARGETS:
            break
    return [(i, targets[i]) for i in first.values()]


def _hashable(target: Any) -> Any:
    return tuple(map(_hashable, target)) if isinstance(target, list) else target
