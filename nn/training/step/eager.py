"""The training step: what :func:`nn.fit` does with one batch, behind one seam."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

from autograd import AnomalyError, Value, detect_anomaly, first_anomaly
from autograd import functions as ag
from autograd.collector import collector_paused
from autograd.modes import describe
from nn.modules.module import modules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from nn.optim import Optimizer

    class Step(Protocol):
        """One update of a model's parameters from a batch of samples."""

        def __call__(self, X: Sequence[Any], y: Sequence[Any]) -> float:
            """Update the parameters.

            Args:
                X: the samples' inputs, plain numbers or lists of them.
                y: their targets, as many.

            Returns:
                The mean of the samples' losses, before the update.

            Raises:
                DivergenceError: if the loss, a gradient or an updated parameter is not finite. Parameters,
                    the optimizer and the model's buffers are then as before.
            """
            ...

        def on(self, X: Sequence[Any], y: Sequence[Any]) -> Callable[[Sequence[int]], float]:
            """Take in all the data once.

            Returns:
                The step on the samples of given indices.
            """
            ...

        def sync(self) -> None:
            """Bring the model's Values and their gradients up to date, where a step keeps them elsewhere.

            ``fit`` calls it before anyone else looks at them: callbacks, metrics and, on every exit, its caller.
            """


GRAPH_SAMPLES = 32
"""How many samples' graphs stand in memory at once. Their sum is what is walked backward: more save little
time (a walk visits each parameter once), and a full batch of thousands would fill the memory."""


class DivergenceError(ArithmeticError):
    """Training met a nan or an infinity; the message names the first node that has one.

    Attributes:
        history: what was recorded of the epochs before (:class:`nn.History`), where ``fit`` raises it.

    >>> import nn
    >>> X, y = nn.datasets.sine(20, seed=0)
    >>> try:
    ...     nn.fit(nn.MLP(1, [8, 1], seed=0), X, y, loss="mse", optimizer="sgd", lr=1e6, epochs=50, progress=False)
    ... except nn.DivergenceError as error:
    ...     print("training stopped" in str(error))
    True
    """

    history: Any = None


class EagerStep:
    """The step by recording the samples' graphs and walking them backward.

    Args:
        model: a function of one sample.
        loss: a function of the model's output and the target; the batch's loss is its mean.
        optimizer: what updates the parameters.
    """

    def __init__(
        self, model: Callable[[Any], Any], loss: Callable[[Any, Any], Any], optimizer: Optimizer
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self._buffered = buffered(model)

    def __call__(self, X: Sequence[Any], y: Sequence[Any]) -> float:
        buffers = [copy.deepcopy(getattr(module, name)) for module, name in self._buffered]
        try:
            with collector_paused():
                return self._update(X, y)
        except FloatingPointError as error:
            self._restore(buffers)
            where = self._first_anomaly(X, y)
            self._restore(buffers)
            raise DivergenceError(f"{error}{where}") from None

    def on(self, X: Sequence[Any], y: Sequence[Any]) -> Callable[[Sequence[int]], float]:
        """The step on the samples of given indices."""
        return lambda chosen: self([X[i] for i in chosen], [y[i] for i in chosen])

    def sync(self) -> None:
        """Nothing to do: this step works on the model's Values themselves."""

    def _update(self, X: Sequence[Any], y: Sequence[Any]) -> float:
        self.optimizer.zero_grad()
        total = 0.0
        for start in range(0, len(X), GRAPH_SAMPLES):
            total += self._backward(
                X[start : start + GRAPH_SAMPLES], y[start : start + GRAPH_SAMPLES], len(X)
            )
        self.optimizer.step()
        return total / len(X)

    def _backward(self, X: Sequence[Any], y: Sequence[Any], size: int) -> float:
        """Add the gradient of some samples' part of the batch's loss; returns the sum of their losses."""
        model, loss = self.model, self.loss
        part = ag.sum([loss(model(x), target) for x, target in zip(X, y, strict=True)])
        if not isinstance(part, Value):
            raise TypeError(
                "loss must give a Value that was computed from the model's output, not a plain number"
            )
        if not math.isfinite(part.data):
            node = first_anomaly(part)
            found = f"; the first bad node is {describe(node)}" if node is not None else ""
            raise FloatingPointError(f"the loss became {part.data}{found}")
        part.backward(1.0 / size)
        return part.data

    def _first_anomaly(self, X: Sequence[Any], y: Sequence[Any]) -> str:
        """Compute the batch again to find the operation and the line where things went wrong."""
        try:
            with detect_anomaly():
                for start in range(0, len(X), GRAPH_SAMPLES):
                    end = start + GRAPH_SAMPLES
                    self._backward(X[start:end], y[start:end], len(X))
        except AnomalyError as error:
            return f"; computed again: {error}"
        except FloatingPointError:  # which the error that brought us here has already told
            pass
        return ""

    def _restore(self, buffers: list[Any]) -> None:
        for (module, name), value in zip(self._buffered, buffers, strict=True):
            setattr(module, name, copy.deepcopy(value))
        self.optimizer.zero_grad()


def buffered(model: Any) -> list[tuple[Any, str]]:
    """What a model's calls change beside the graph, such as Dropout's count of calls."""
    return [
        (module, name) for module in modules_of(model) for name in getattr(module, "buffers", ())
    ]
