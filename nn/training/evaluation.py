"""What a trained model answers, and how good that is; nothing here records a graph."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

from autograd import no_grad
from nn import activations, losses, metrics
from nn.modules.layers import MLP, Layer
from nn.modules.module import modules_of
from nn.modules.sequential import Sequential

from . import data
from .answering import Answering, numbers, values
from .names import named, names_of, numbered
from .reach import has_users_code

MANY = 100
"""How many samples are enough to compile a model for them."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


def predict(model: Callable[[Any], Any], X: Any, *, names: bool = True) -> list[Any]:
    """The model's outputs for many samples, as plain numbers, in evaluation mode.

    Args:
        model: a function of one sample.
        X: the samples; see :func:`nn.training.data.samples`.
        names: False for outputs also of a model that was trained with names of classes.

    Returns:
        A float per sample, or a list of floats where the model has several outputs. Of a model that was trained with
        names of classes, the name of the class with the largest.

    >>> from nn import MLP
    >>> predict(MLP(2, [3, 1], init=1.0), [[1.0, 2.0], [3.0, 4.0]])
    [9.0, 21.0]
    """
    rows = data.samples(X, "X")
    try:
        found = outputs(model, rows)
    except (TypeError, ValueError) as error:
        if isinstance(rows[0], list):
            raise
        raise type(error)(f"{error}; X must hold rows, and one row by itself is [row]") from error
    known = getattr(model, "class_names", ())
    return named(found, known) if known and names else found


def evaluate(
    model: Callable[[Any], Any],
    X: Any,
    y: Any,
    *,
    loss: str | losses.Loss | None = None,
    metrics: str | Callable[..., Any] | Iterable[Any] | Mapping[str, Any] = (),
) -> dict[str, Any]:
    """How good a model is on many samples.

    Args:
        model: a function of one sample.
        X: the samples.
        y: their targets; names of classes, if the model was trained with such.
        loss: a loss by name or a function of (output, target); its mean is reported as ``"loss"``.
        metrics: names (:data:`nn.metrics.METRICS`) or functions of (outputs, targets). Metrics by name that take a
            threshold get that of probabilities, 0.5, where the loss is ``"binary_cross_entropy"`` or, if it does not
            tell, where the model ends in a sigmoid; that of scores, 0, elsewhere. ``"confusion_table"`` gives a
            :class:`nn.metrics.ConfusionTable`, to be printed.

    Raises:
        ValueError, TypeError: as :func:`nn.fit` about data and names.

    >>> import nn
    >>> net = nn.MLP(1, [1], init=2.0)
    >>> nn.evaluate(net, [[1.0], [2.0]], [2.0, 5.0], loss="mse", metrics="mae")
    {'loss': 0.5, 'mae': 0.5}
    """
    known = names_of(model, y)
    rows, targets = data.paired(X, y if known is None else numbered(y, known))
    loss = None if loss is None else losses.get(loss)
    found = named_metrics(metrics, threshold(model, loss), getattr(model, "class_names", ()))
    return scores(model, rows, targets, loss, found)


def outputs(model: Callable[[Any], Any], rows: list[Any]) -> list[Any]:
    """:func:`predict` for samples that have been checked."""
    with evaluating(model):
        found = Answering(model)(rows) if len(rows) >= MANY else None
        return [numbers(model(row)) for row in rows] if found is None else found


def scores(
    model: Callable[[Any], Any],
    rows: list[Any],
    targets: list[Any],
    loss: losses.Loss | None,
    named: Mapping[str, Any],
    answer: Callable[[list[Any]], list[Any] | None] | None = None,
) -> dict[str, Any]:
    """:func:`evaluate` for samples that have been checked.

    Args:
        model, rows, targets, loss, named: as there.
        answer: to be used if it can.
    """
    found: dict[str, Any] = {}
    with evaluating(model):
        raw = plain = answer(rows) if answer is not None and len(rows) >= MANY else None
        if raw is None or plain is None:
            raw = [model(row) for row in rows]
            plain = [numbers(output) for output in raw]
        elif loss is not None and has_users_code(loss=loss):
            raw = [values(output) for output in plain]  # as the model itself would give them
        if loss is not None:
            each = [loss(output, target) for output, target in zip(raw, targets, strict=True)]
            found["loss"] = sum(map(numbers, each)) / len(each)
    measured = {name: metric(plain, targets) for name, metric in named.items()}
    return found | {
        name: x if isinstance(x, metrics.ConfusionTable) else float(x)
        for name, x in measured.items()
    }


def threshold(model: Any, loss: Any) -> float:
    """What the outputs of a binary classifier are above where they say yes: 0.5 for probabilities, 0 for scores.

    The loss tells, or else whether the model ends in a sigmoid.
    """
    if loss in (losses.binary_cross_entropy_with_logits, losses.hinge):
        return 0.0
    last = model
    while isinstance(last, MLP | Sequential):
        last = last.layers[-1]
    if isinstance(last, Layer):
        last = last.neurons[0]
    function = getattr(last, "activation", getattr(last, "function", None))
    probable = loss is losses.binary_cross_entropy or function is activations.get("sigmoid")
    return 0.5 if probable else 0.0


def named_metrics(
    given: Any, threshold: float = 0.0, classes: Sequence[str] = ()
) -> dict[str, Any]:
    """Metrics by the names that they are reported under.

    Args:
        given: as for :func:`evaluate`.
        threshold: that of metrics which take one, where they are given by name.
        classes: the names of classes, likewise.

    Raises:
        ValueError: if a name is unknown or comes twice.
        TypeError: if something is neither a name nor a function.
    """
    if isinstance(given, str) or callable(given):
        given = [given]
    if hasattr(given, "items"):
        return {name: _metric(metric, threshold, classes) for name, metric in given.items()}
    named: dict[str, Any] = {}
    for metric in given:
        name = (
            metric
            if isinstance(metric, str)
            else getattr(metric, "__name__", type(metric).__name__)
        )
        if name in named:
            raise ValueError(
                f"two metrics are called {name!r}; name them: metrics={{name: function}}"
            )
        named[name] = _metric(metric, threshold, classes)
    return named


def _metric(given: Any, threshold: float, classes: Sequence[str]) -> Any:
    metric: Any = metrics.get(given)
    if not isinstance(given, str):
        return metric
    options: dict[str, Any] = {"threshold": threshold, "labels": list(classes) or None}
    taken = {name: x for name, x in options.items() if name in signature(metric).parameters}
    return partial(metric, **taken) if taken else metric


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode and no recording; afterwards each module is in the mode it was in."""
    modules = modules_of(model)
    modes = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        with no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
