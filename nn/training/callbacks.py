"""Callbacks: what is to happen between the epochs of :func:`nn.fit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nn.optim import Optimizer

    from .history import History


@dataclass
class Run:
    """A training run under way, as callbacks see it.

    Attributes:
        model: the model.
        optimizer: the optimizer.
        epochs: how many epochs the run is to have.
        history: the finished epochs.
        epoch: the number of the epoch under way or just finished, from 1.
        batch: the number of the batch just finished, from 1.
        loss: that batch's loss, before its step.
        settings: what a resumed run must have in common with this one.
        callbacks: all callbacks of the run.
        stopped: why the run is to end after this epoch, if it is.
    """

    model: Any
    optimizer: Optimizer
    epochs: int
    history: History
    epoch: int = 0
    batch: int = 0
    loss: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    callbacks: list[Callback] = field(default_factory=list)
    stopped: str = ""

    def stop(self, reason: str) -> None:
        """End the run after the epoch under way; the reason is told by the history."""
        self.stopped = reason

    def notes(self) -> dict[str, Any]:
        """What beside the model's and the optimizer's states lets a run go on bit for bit."""
        return {
            "epoch": self.epoch,
            "settings": self.settings,
            "history": self.history.columns,
            "callbacks": [callback.state_dict() for callback in self.callbacks],
        }


class Callback:
    """Base class of callbacks; override what you need.

    >>> class Halve(Callback):
    ...     def on_epoch_end(self, run):
    ...         run.optimizer.lr = run.optimizer.lr / 2
    """

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_batch_end(self, run: Run) -> None:
        """After each step of the optimizer."""

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch, its row of the history written."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch, unless an exception ended the run."""

    def on_exception(self, run: Run, error: BaseException) -> None:
        """When an exception (a divergence, an interrupt by keyboard) ends the run, before it goes on its way."""

    def state_dict(self) -> dict[str, Any]:
        """What of the callback belongs in a checkpoint: of JSON's types."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take :meth:`state_dict` back."""


class BeforeLastStep(Callback):
    """What callbacks share that may have to see the model before the last step of each epoch."""

    before_last_step: bool
    """Whether it is wanted."""

    def on_last_step(self, run: Run) -> None:
        """Before the last step of each epoch, the numbers of which the epoch's loss is the last to be of."""


class EachEpoch(Callback):
    """A plain function of the run as a callback, called after each epoch."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


def checked(callbacks: Any) -> list[Callback]:
    """Callbacks and plain functions as callbacks.

    Raises:
        TypeError: if something is neither.
    """
    if isinstance(callbacks, Callback) or callable(callbacks):
        callbacks = [callbacks]
    found = []
    for i, callback in enumerate(callbacks):
        if isinstance(callback, type) or not (isinstance(callback, Callback) or callable(callback)):
            raise TypeError(
                f"callbacks[{i}] must be a Callback or a function of the run, not {callback!r:.60}"
            )
        found.append(callback if isinstance(callback, Callback) else EachEpoch(callback))
    return found
