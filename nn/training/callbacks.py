"""Callbacks: what is to happen between the epochs of :func:`nn.fit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn import saving
from nn._arguments import count, number
from nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nn.optim import Optimizer

    from .history import History

RISING = ("accuracy", "r2", "precision", "recall", "f1")
"""Columns ending so are better the larger they are; all others the smaller."""


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

    def state_dict(self) -> dict[str, Any]:
        """What of the callback belongs in a checkpoint: of JSON's types."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take :meth:`state_dict` back."""


class EachEpoch(Callback):
    """A plain function of the run as a callback, called after each epoch."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


class _Monitor(Callback):
    """What callbacks share that watch a column of the history."""

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', not {mode!r:.40}")
        self.monitor = monitor
        self.min_delta = number("min_delta", min_delta, 0.0)
        rising = mode == "max" or (mode == "auto" and monitor.endswith(RISING))
        self.sign = 1.0 if rising else -1.0
        self.best: float | None = None
        self.best_epoch = 0

    def on_train_begin(self, run: Run) -> None:
        if self.monitor not in run.history.columns:
            known = ", ".join(run.history.columns)
            raise ValueError(
                f"{type(self).__name__} monitors {self.monitor!r}, but the history has {known}"
            )
        self.best, self.best_epoch = None, 0

    def improved(self, run: Run) -> bool:
        """Whether the epoch just finished is the best so far."""
        now = run.history[self.monitor][-1]
        if self.best is None or self.sign * (now - self.best) > self.min_delta:
            self.best, self.best_epoch = now, run.epoch
            return True
        return False

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]


class EarlyStopping(_Monitor):
    """End the run when a column of the history has stopped getting better.

    Args:
        monitor: the column.
        patience: how many epochs without a new best are put up with.
        min_delta: by how much a new best must be better.
        mode: ``"min"`` or ``"max"`` is better; by default (``"auto"``) accuracies are to rise, all else to fall.
        restore_best: whether the model is left with the numbers of the best epoch; by default with the last.

    Attributes:
        best: the best of the column, and ``best_epoch`` its epoch.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore_best: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = count("patience", patience)
        self.restore_best = restore_best
        self.best_state: dict[str, Any] | None = None

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        if self.restore_best:
            _need_module(self, run)
        self.best_state = None

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            if self.restore_best:
                self.best_state = run.model.state_dict()
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop(
                f"no better {self.monitor} than {self.best:.4g} of epoch {self.best_epoch} "
                f"in {self.patience} epochs"
            )

    def on_train_end(self, run: Run) -> None:
        if self.best_state is not None:
            run.model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.best_state = state["best_state"]


class Checkpoint(_Monitor):
    """Save model, optimizer and the state of the run, so that ``fit(..., resume=path)`` goes on bit for bit.

    Args:
        path: where to, ``.json`` or ``.safetensors``; ``{epoch}`` in it is replaced by the epoch's number, else
            the one file is replaced (at once, never half-written). Folders are made.
        every: save after every so many epochs, and after the last.
        monitor: save only when this column of the history is the best so far.
        mode: as for :class:`EarlyStopping`.
    """

    def __init__(
        self, path: Any, *, every: int = 1, monitor: str | None = None, mode: str = "auto"
    ) -> None:
        super().__init__(monitor or "loss", mode)
        self.path = Path(path)
        self.every = count("every", every)
        self.best_only = monitor is not None
        if self.path.suffix not in (".json", ".safetensors"):
            raise ValueError(f"path must end in .json or .safetensors, not {self.path.name!r}")

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        _need_module(self, run)

    def on_epoch_end(self, run: Run) -> None:
        due = run.epoch % self.every == 0 or run.epoch == run.epochs or bool(run.stopped)
        if due and (self.improved(run) or not self.best_only):
            path = Path(str(self.path).replace("{epoch}", str(run.epoch)))
            path.parent.mkdir(parents=True, exist_ok=True)
            saving.save(path, run.model, optimizer=run.optimizer, notes=run.notes())


def _need_module(callback: Callback, run: Run) -> None:
    if not isinstance(run.model, Module):
        raise TypeError(
            f"{type(callback).__name__} needs a Module, whose state can be saved, and the model is "
            f"{run.model!r:.60}"
        )


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
