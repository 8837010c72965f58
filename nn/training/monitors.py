"""Callbacks that watch a column of the history: early stopping and checkpoints."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn import saving
from nn._arguments import count, number
from nn.modules.module import Module

from .callbacks import BeforeLastStep, Callback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callbacks import Run

RISING = (
    "acc accuracy auc auroc bleu dice f1 fbeta gmean iou jaccard kappa likelihood map mcc "
    "mrr ndcg pearson precision psnr r2 recall reward sensitivity spearman specificity "
    "ssim tnr tpr"
)
"""Words in the names of columns that are better the larger they are."""

FALLING = (
    "bce bits brier cer cost crossentropy deviance distance divergence entropy err error "
    "errors fid fnr fpr hinge huber kl loss mae mape mse msle nll perplexity ppl regret "
    "residual rmse seconds wer"
)
"""Words in the names of columns that are better the smaller they are."""


def rises(column: str) -> bool | None:
    """Whether a column of the history is better the larger it is; None if its name does not tell.

    The last word that is known, of :data:`RISING` or :data:`FALLING`, tells, since names end in what they are of.

    >>> rises("val_roc_auc"), rises("accuracy_loss"), rises("quality")
    (True, False, None)
    """
    words = re.findall("[a-z]+[0-9]?", column.lower())
    known = [word for word in words if word in f"{RISING} {FALLING}".split()]
    return known[-1] in RISING.split() if known else None


class Monitor(Callback):
    """What callbacks share that watch a column of the history."""

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', not {mode!r:.40}")
        self.monitor = monitor
        self.min_delta = number("min_delta", min_delta, 0.0)
        rising = mode == "max"
        if mode == "auto":
            known = rises(monitor)
            if known is None:
                _log.warning(
                    "%s takes %r for better the smaller it is, as its name does not tell; say "
                    "mode='min' or mode='max'",
                    type(self).__name__,
                    monitor,
                )
            rising = bool(known)
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
        """Whether the epoch just finished is the best so far; one of nan never is."""
        now = run.history[self.monitor][-1]
        if math.isnan(now):
            return False
        if self.best is None or self.sign * (now - self.best) > self.min_delta:
            self.best, self.best_epoch = now, run.epoch
            return True
        return False

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]


class EarlyStopping(Monitor, BeforeLastStep):
    """End the run when a column of the history has stopped getting better. A nan is never better.

    Args:
        monitor: the column.
        patience: how many epochs without a new best are put up with.
        min_delta: by how much a new best must be better.
        mode: ``"min"`` or ``"max"`` is better; by default (``"auto"``) the column's name tells (losses and errors
            are to fall, accuracies and their like to rise: :func:`nn.training.monitors.rises`); one that does not is
            taken to fall, and the log says so.
        restore_best: whether the model is left with the numbers of the best epoch, also by a run that diverges or
            is interrupted; by default with the last. An epoch's ``"loss"`` is of before its steps: where that is
            watched, the numbers are those before the epoch's last step.

    Attributes:
        best: the best of the column, and ``best_epoch`` its epoch.

    >>> import nn
    >>> X, y = nn.datasets.moons(60, noise=0.1, seed=0)
    >>> net = nn.MLP(2, [2], seed=0)
    >>> history = nn.fit(
    ...     net, X, y, loss="cross_entropy", lr=1.0, epochs=200, progress=False,
    ...     callbacks=[nn.EarlyStopping("loss", patience=2)],
    ... )
    >>> len(history) < 200
    True
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
        self.before_last_step = restore_best and monitor == "loss"
        self._measured: dict[str, Any] | None = None

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        if self.restore_best:
            _need_module(self, run)
        self.best_state = None

    def on_last_step(self, run: Run) -> None:
        self._measured = run.model.state_dict()

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            if self.restore_best:
                measured = self._measured if self.before_last_step else run.model.state_dict()
                self.best_state = measured
        elif run.epoch - self.best_epoch >= self.patience:
            best = "nan" if self.best is None else f"{self.best:.4g} of epoch {self.best_epoch}"
            run.stop(f"no better {self.monitor} than {best} in {self.patience} epochs")

    def on_train_end(self, run: Run) -> None:
        if self.best_state is not None:
            run.model.load_state_dict(self.best_state)

    def on_exception(self, run: Run, error: BaseException) -> None:
        if self.best_state is not None:
            run.model.load_state_dict(self.best_state)
            error.add_note(
                f"EarlyStopping left the model with the numbers of epoch {self.best_epoch}"
            )

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.best_state = state["best_state"]


class ReduceLROnPlateau(Monitor):
    """Lower the learning rate when a column of the history has stopped getting better.

    Args:
        monitor, min_delta, mode: as for :class:`EarlyStopping`.
        factor: what the rates of all groups are multiplied by, from 0 to below 1.
        patience: how many epochs without a new best are put up with, since the best and since the last lowering.
        min_lr: no rate is lowered further than this.

    Raises:
        TypeError: when training begins, if a rate is a schedule, which has ideas of its own.

    >>> import nn
    >>> X, y = nn.datasets.moons(60, noise=0.1, seed=0)
    >>> net = nn.MLP(2, [2], seed=0)
    >>> history = nn.fit(
    ...     net, X, y, loss="cross_entropy", lr=1.0, epochs=200, progress=False,
    ...     callbacks=[nn.ReduceLROnPlateau("loss", patience=1)],
    ... )
    >>> history["lr"][-1] < 1.0
    True
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        factor: float = 0.1,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str = "auto",
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = number("factor", factor, 0.0, 1.0)
        self.patience = count("patience", patience)
        self.min_lr = number("min_lr", min_lr, 0.0)
        self._since = 0

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        self._since = 0
        if any(callable(group["lr"]) for group in run.optimizer.param_groups):
            raise TypeError(
                "ReduceLROnPlateau needs a number for lr, and the optimizer has a schedule"
            )

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            self._since = run.epoch
        elif run.epoch - self._since >= self.patience:
            self._since = run.epoch
            for group in run.optimizer.param_groups:
                group["lr"] = min(group["lr"], max(group["lr"] * self.factor, self.min_lr))

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "since": self._since}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self._since = state["since"]


class Checkpoint(Monitor):
    """Save model, optimizer and the state of the run, so that ``fit(..., resume=path)`` goes on bit for bit.

    Args:
        path: where to, ``.json`` or ``.safetensors``; ``{epoch}`` in it is replaced by the epoch's number, else
            the one file is replaced (at once, never half-written). Folders are made.
        every: save after every so many epochs, and after the last.
        monitor: save only when this column of the history is the best so far; what is saved is the end of that
            epoch, from which a run can go on.
        mode: as for :class:`EarlyStopping`.

    >>> import tempfile
    >>> import nn
    >>> X, y = nn.datasets.moons(60, noise=0.1, seed=0)
    >>> net = nn.MLP(2, [2], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saver = nn.Checkpoint(f"{folder}/run.json")
    ...     history = nn.fit(net, X, y, loss="cross_entropy", epochs=3, callbacks=[saver], progress=False)
    ...     again = nn.load(f"{folder}/run.json")
    >>> again.state_dict() == net.state_dict()
    True
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


_log = logging.getLogger("nn")
