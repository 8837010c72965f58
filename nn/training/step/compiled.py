"""The compiled training step: the batch's loss as an array program, the optimizer's rule on flat buffers.

>>> import nn
>>> model = nn.MLP(2, [8, 1], activation="tanh", seed=0)
>>> step = compile_step(model, "mse", nn.optim.SGD(model.parameters(), lr=0.05))
>>> losses = [step([[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0]) for _ in range(50)]
>>> losses[-1] < losses[0]
True
>>> step.sync()  # the model's Values have what was trained from now on
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from autograd.compiler.training import BatchLoss
from nn import losses
from nn.training.steady import CannotCompile

from .backends import batch_loss_on
from .eager import EagerStep
from .encoding import plain
from .recorded import Recorded
from .update import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.training import Samples
    from nn.optim import Optimizer

    from .eager import Step


def compile_step(
    model: Callable[[Any], Any],
    loss: str | losses.Loss,
    optimizer: Optimizer,
    dtype: str = "float64",
    backend: str = "numpy",
) -> CompiledStep:
    """A function that does one training step on a batch, as an array program.

    It is called with samples, an array (batch, inputs) or a list of them, and their targets; it updates the
    parameters and the optimizer and returns the mean loss before the update. It keeps the parameters
    to itself until its ``sync()``, which gives them and their gradients to the model's Values; the call after that reads them
    again, and sees whether anything else has changed that the model and the loss depend on.
    Modules that draw at random, such as :class:`nn.Dropout`, draw the same numbers as they would in eager steps.

    Args:
        model: a function of one sample.
        loss: a name or a function of an output and a target, whose mean over the batch is made small.
        optimizer: of the parameters; its own rule is compiled.
        dtype: ``"float64"`` or ``"float32"``.
        backend: what computes the loss and its derivatives, as of :func:`nn.fit`.

    Raises:
        ValueError, ImportError: if there is no such backend, or it is not installed.
        CannotCompile: when first called, if the step cannot be recorded; the message says why.

    >>> import nn
    >>> net = nn.MLP(2, [8, 1], activation="tanh", seed=0)
    >>> step = nn.compile_step(net, "mse", nn.optim.SGD(net.parameters(), lr=0.05))
    >>> losses = [step([[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0]) for _ in range(50)]
    >>> step.sync()
    >>> losses[-1] < losses[0]
    True
    """
    return CompiledStep(
        model, losses.get(loss), optimizer, dtype, batch_loss=batch_loss_on(backend)
    )


class CompiledStep:
    """What :func:`compile_step` returns; a :class:`nn.training.step.eager.Step`.

    Args:
        model, loss, optimizer, dtype: as there.
        trusted: whether there is no code of the user's in the model and the loss, nor between the steps.
        batch_loss: what runs its program.

    Attributes:
        recordings: how often the model and the loss were recorded for it.
    """

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: losses.Loss,
        optimizer: Optimizer,
        dtype: str = "float64",
        *,
        trusted: bool = False,
        batch_loss: type[BatchLoss] = BatchLoss,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.dtype = dtype
        self._recorded: Recorded | None = None
        self._synced = True
        self._doubt: object = None
        self._trusted = trusted
        self._batch_loss = batch_loss
        self.recordings = 0

    def __call__(self, X: Any, y: Any) -> float:
        return self.on(X, y)(None)

    def on(self, X: Any, y: Any) -> Callable[[Sequence[int] | None], float]:
        """Take in all the data once.

        Returns:
            A function that does one step on the samples of the given indices; None for all in order.

        Raises:
            CannotCompile: if the step cannot be recorded.
        """
        known = self._recorded
        recorded = known if known is not None and known.current() else self._anew(X, y)
        program: BatchLoss | None = None
        data: Any = None
        all_in_order: object = None

        def step(chosen: Sequence[int] | None) -> float:
            nonlocal recorded, program, data, all_in_order
            if self._recorded is not recorded:  # another mode's has been at work
                self._write()
                self._recorded = recorded
            if self._doubt is not recorded.seen or recorded.outdated():
                recorded = self._again(recorded, X, y)
            noise, noisy = recorded.noise, recorded.encoding.noisy
            if program is not recorded.program:
                program = recorded.program
                data = program.padded(recorded.encoding.rows(X, y))
                all_in_order = object()
            if chosen is None:
                batch = recorded.program.batch(len(data))
                batch.fill(data, all_in_order)
            else:
                batch = recorded.program.batch(len(chosen))
                batch.choose(data, chosen)
            if noise.size:
                batch.rows[:, noisy] = noise.numbers(batch.lanes)
            loss = self._step(recorded, batch)
            if loss is None:
                # What goes wrong here goes wrong eagerly too, and is told better there.
                at = range(len(X)) if chosen is None else chosen
                eager = EagerStep(self.model, self.loss, self.optimizer)
                return eager([plain(X[i]) for i in at], [plain(y[i]) for i in at])
            noise.advance(batch.lanes)
            return loss

        return step

    def sync(self) -> None:
        """Bring the model's Values, and their gradients, up to date, for others to look at."""
        self._write()
        if not self._trusted:
            self._doubt = object()

    def _write(self) -> None:
        if self._recorded is not None and not self._synced:
            self._recorded.write()
        self._synced = True

    @property
    def program(self) -> Any:
        """The array program of the loss and its derivatives, once there is one."""
        return None if self._recorded is None else self._recorded.program.program

    def _anew(self, X: Any, y: Any) -> Recorded:
        """Record all."""
        self._write()
        args = self.model, self.loss, self.optimizer, X, y, self.dtype
        self._recorded = recorded = Recorded(*args, self._trusted, self._batch_loss)
        self.recordings += 1
        recorded.seen = self._doubt
        return recorded

    def _again(self, recorded: Recorded, X: Any, y: Any) -> Recorded:
        """What to go on with after others have been at work."""
        self._write()
        if not recorded.current():
            return self._anew(X, y)
        if not recorded.fresh():
            self.recordings += 1
            if not recorded.follow():
                return self._anew(X, y)
        recorded.seen = self._doubt
        return recorded

    def _step(self, recorded: Recorded, batch: Samples) -> float | None:
        """A step on a batch; None, and the Values up to date, if it meets a number that is not finite."""
        program = recorded.program
        if self._synced:  # others may have changed the Values, or the optimizer
            program.read()
            for rule in recorded.rules:
                rule.read()
            if not program.finite():  # later steps keep them so
                return None
        loss = program.run(batch)
        if not math.isfinite(loss):
            self._write()
            return None
        before, recorded.slopes = recorded.slopes, program.gradients.copy()
        if recorded.meddling:
            recorded.write_values()
        if not self._update(recorded):
            recorded.slopes = before
            self._write()
            return None
        self._synced = False
        if recorded.meddling:
            self._doubt = object()
        return loss

    def _update(self, recorded: Recorded) -> bool:
        """Move all parameters; False, and nothing done, if a number would not be finite."""
        optimizer, program, rules = self.optimizer, recorded.program, recorded.rules
        if optimizer.clip_value is not None or optimizer.clip_norm is not None:
            program.quietly(clip, program.gradients, optimizer)
        for number, rule in enumerate(rules):
            if not rule.prepare():
                if not rule.stale:
                    return False
                rules[number] = again = rule.again()
                if not again.prepare():
                    return False
        for rule in rules:
            rule.commit()
        optimizer.steps += 1
        return True


class AutoStep:
    """A compiled step where that is possible, an eager one where it is not; the log then says why."""

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: losses.Loss,
        optimizer: Optimizer,
        *,
        trusted: bool = False,
    ) -> None:
        self.step: Step = CompiledStep(model, loss, optimizer, trusted=trusted)
        self._eager = EagerStep(model, loss, optimizer)

    def __call__(self, X: Sequence[Any], y: Sequence[Any]) -> float:
        return self.on(X, y)(range(len(X)))

    def on(self, X: Sequence[Any], y: Sequence[Any]) -> Callable[[Sequence[int]], float]:
        """The step on the samples of given indices."""
        try:
            advance = self.step.on(X, y)
        except (CannotCompile, ImportError) as error:
            self._give_up(error)
            advance = self.step.on(X, y)

        def step(chosen: Sequence[int]) -> float:
            nonlocal advance
            if self.step is self._eager:
                return advance(chosen)
            try:
                return advance(chosen)
            except CannotCompile as error:  # found before anything is done
                self._give_up(error)
                advance = self.step.on(X, y)
                return advance(chosen)

        return step

    def sync(self) -> None:
        """Bring the model's Values up to date."""
        self.step.sync()

    def _give_up(self, error: Exception) -> None:
        _log.warning("training eagerly, for the step cannot be compiled: %s", error)
        self.step.sync()
        self.step = self._eager


_log = logging.getLogger("nn")
