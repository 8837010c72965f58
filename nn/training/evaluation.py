"""What a trained model answers, and how good that is; nothing here records a graph."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autograd import no_grad
from nn import losses, metrics
from nn.modules.module import modules_of

from . import data
from .answering import Answering, numbers, values
from .reach import Photograph

MANY = 100
"""How many samples are enough to compile a model for them."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def predict(model: Callable[[Any], Any], X: Any) -> list[Any]:
    """The model's outputs for many samples, as plain numbers, in evaluation mode.

    Args:
        model: a function of one sample.
        X: the samples; see :func:`nn.training.data.samples`.

    Returns:
        A float per sample, or a list of floats where the model has several outputs.

    >>> from nn import MLP
    >>> predict(MLP(2, [3, 1], init=1.0), [[1.0, 2.0], [3.0, 4.0]])
    [9.0, 21.0]
    """
    return outputs(model, data.samples(X, "X"))


def evaluate(
    model: Callable[[Any], Any],
    X: Any,
    y: Any,
    *,
    loss: str | losses.Loss | None = None,
    metrics: str | Callable[..., Any] | Iterable[Any] | Mapping[str, Any] = (),
) -> dict[str, float]:
    """How good a model is on many samples.

    Args:
        model: a function of one sample.
        X: the samples.
        y: their targets.
        loss: a loss by name or a function of (output, target); its mean is reported as ``"loss"``.
        metrics: names (:data:`nn.metrics.METRICS`) or functions of (outputs, targets).

    Raises:
        ValueError, TypeError: as :func:`nn.fit` about data and names.
    """
    rows, targets = data.paired(X, y)
    named = named_metrics(metrics)
    return scores(model, rows, targets, None if loss is None else losses.get(loss), named)


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
) -> dict[str, float]:
    """:func:`evaluate` for samples that have been checked.

    Args:
        model, rows, targets, loss, named: as there.
        answer: to be used if it can.
    """
    found: dict[str, float] = {}
    with evaluating(model):
        raw = plain = answer(rows) if answer is not None and len(rows) >= MANY else None
        if raw is None or plain is None:
            raw = [model(row) for row in rows]
            plain = [numbers(output) for output in raw]
        elif loss is not None and Photograph({"the loss": loss}).users:
            raw = [values(output) for output in plain]  # as the model itself would give them
        if loss is not None:
            each = [loss(output, target) for output, target in zip(raw, targets, strict=True)]
            found["loss"] = sum(map(numbers, each)) / len(each)
    return found | {name: float(metric(plain, targets)) for name, metric in named.items()}


def named_metrics(given: Any) -> dict[str, Any]:
    """Metrics by the names that they are reported under.

    Raises:
        ValueError: if a name is unknown or comes twice.
        TypeError: if something is neither a name nor a function.
    """
    if isinstance(given, str) or callable(given):
        given = [given]
    if hasattr(given, "items"):
        return {name: metrics.get(metric) for name, metric in given.items()}
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
        named[name] = metrics.get(metric)
    return named


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
