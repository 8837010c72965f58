"""fit: training a model on samples, by mini-batches, with validation, a progress bar and callbacks."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any

from autograd.compiler.training import BatchLoss, agree
from nn import losses, optim
from nn._arguments import count
from nn.metrics import confusion_table
from nn.modules.module import modules_of
from nn.training.step.backends import NUMPY, batch_loss_on
from nn.training.step.compiled import AutoStep, CompiledStep
from nn.training.step.eager import DivergenceError, EagerStep
from nn.training.step.purity import visibly_pure

from . import callbacks as callbacks_
from . import data, evaluation
from .answering import Answering
from .callbacks import BeforeLastStep, Run
from .history import ALWAYS, History
from .monitors import Checkpoint
from .optimizing import optimizer_of
from .preparing import samples, try_out
from .progress import bar_of, tell
from .reach import has_users_code, is_library
from .resuming import take_up
from .weights import Weighted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nn.training.step.eager import Step


def fit(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: str | losses.Loss,
    optimizer: str | type[optim.Optimizer] | optim.Optimizer = "adam",
    lr: float | Callable[[int], float] | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    accumulate: int = 1,
    validation_data: Any = None,
    validation_split: float | None = None,
    sample_weight: Any = None,
    class_weight: Mapping[Any, float] | str | None = None,
    metrics: str | Callable[..., Any] | Iterable[Any] | Mapping[str, Any] = (),
    callbacks: Any = (),
    seed: int | None = 0,
    shuffle: bool = True,
    progress: bool = True,
    resume: Any = None,
    compile: bool | str = "auto",
    backend: str = "numpy",
) -> History:
    """Train a model.

    Args:
        model: a :class:`nn.Module`, or anything callable on one sample that has ``parameters()``.
        X: the samples: a list of rows, a NumPy array, a data frame.
        y: a target per sample, in whatever form the loss takes: class numbers, numbers, lists of numbers. Names of
            classes (strings) are numbered in alphabetical order and kept as the model's ``class_names``, and
            :func:`nn.predict` gives them back.
        loss: a name (:data:`nn.losses.LOSSES`) or a function of one sample's output and target; its mean over
            the batch is made small.
        optimizer: a name (:data:`nn.optim.OPTIMIZERS`), a class, or an optimizer already made.
        lr: the learning rate, a number or a function of the count of steps; by default the optimizer's own.
        epochs: how many times to go through the samples.
        batch_size: how many samples a step is of: 1 is stochastic gradient descent, None takes all of them.
        accumulate: a step is of so many batches together, of the mean over all their samples. (Memory is no reason for it
            here: an eager step never holds the graphs of more than 32 samples.)
        validation_data: ``(X, y)`` or a :class:`nn.datasets.Dataset` to be measured after each epoch.
        validation_split: the part of the samples, between 0 and 1, that is held out for validation instead: drawn by
            the seed, and of classes the same part of each.
        sample_weight: a factor of each sample's loss, in training; the mean over a batch is still divided by the
            number of its samples.
        class_weight: factors by class (by name, where classes have names), which are multiplied with those of samples;
            ``"balanced"`` lets each class count alike (samples / (classes * samples of the class)).
        metrics: names (:data:`nn.metrics.METRICS`), functions of (outputs, targets), or a dict of these by
            name; measured after each epoch on the validation data, or on the samples if there are none.
            As to thresholds see :func:`nn.evaluate`.
        callbacks: :class:`nn.Callback` objects, or functions of the run to be called after each epoch.
        seed: of the shuffling; the global random state is neither used nor changed. None draws one. Which order of the samples
            comes next is told by the optimizer's count of steps: one that is passed again goes on with the next.
        shuffle: whether each epoch has an order of its own.
        progress: whether to show a bar (with tqdm, if that is installed); in a notebook it is one line.
        resume: the path of a file that :class:`nn.Checkpoint` wrote in a run with the same arguments: the run goes
            on from there up to ``epochs``, bit for bit as if it had never stopped.
        compile: ``"auto"`` compiles the step where that is possible, and says in the log (``nn``) why where it
            is not; True insists; False never does. Compiled or not, the numbers are the same but for rounding: what the
            model or the loss reads from attributes, closures and globals may be changed by callbacks, metrics and
            whatever else runs between two steps, and is then looked at again. (But for one thing: Values that the
            optimizer does not have get no gradients in compiled steps.)
        backend: what computes the loss and its derivatives: ``"numpy"``, or ``"jax"`` for all devices of all of JAX's
            processes at once, which share each batch out. The numbers are the same but for rounding, and every process has them. The
            step must be one that can be compiled. See ``docs/beyond-one-machine.md``.

    Returns:
        What happened, epoch by epoch.

    Raises:
        CannotCompile: with ``compile=True`` or another backend than NumPy, if the step cannot be compiled.
        ImportError: if the backend is not installed.
        TypeError, ValueError: if an argument is wrong, or data are empty, ragged, not finite, or do not go with the
            model and the loss; nothing is then changed.
        DivergenceError: if the loss becomes nan or infinite. The parameters are then those before that batch, and
            the error's ``history`` has the epochs before.

    >>> import nn
    >>> moons = nn.datasets.moons(60, noise=0.1, seed=1)
    >>> model = nn.MLP(2, [8, 2], activation="tanh", seed=1)
    >>> history = nn.fit(
    ...     model, *moons, loss="cross_entropy", lr=0.1, epochs=40, metrics="accuracy", progress=False
    ... )
    >>> history["accuracy"][-1]
    1.0
    """
    seed = random.randrange(2**32) if seed is None else count("seed", seed, 0)
    rows, targets, weights, held_out, names = samples(
        model, X, y, validation_data, validation_split, sample_weight, class_weight, seed
    )
    loss = losses.get(loss)
    named = evaluation.named_metrics(metrics, evaluation.threshold(model, loss))
    for name in named:
        if name in ALWAYS:
            raise ValueError(f"a metric cannot be called {name!r}, which the history has anyway")
        if getattr(named[name], "func", named[name]) is confusion_table:
            raise ValueError(
                f"a history has columns of numbers, and {name!r} is a table; nn.evaluate gives it"
            )
    epochs = count("epochs", epochs)
    batch_size = (
        len(rows) if batch_size is None else min(count("batch_size", batch_size), len(rows))
    )
    batch_size = min(batch_size * count("accumulate", accumulate), len(rows))
    listed = callbacks_.checked(callbacks)
    if compile not in ("auto", True, False):
        raise ValueError(f"compile must be 'auto', True or False, not {compile!r:.40}")
    batch_loss = batch_loss_on(backend)
    if backend != NUMPY and compile is False:
        raise ValueError(f"backend={backend!r} runs compiled steps, and compile=False forbids them")
    try_out(model, loss, {} if held_out else named, rows, targets, "", names)
    if held_out is not None:
        try_out(model, loss, named, *held_out, "validation ", names)
    optimizer = optimizer_of(optimizer, model, lr)
    rates = [group["lr"] for group in optimizer.param_groups]

    prefix = "val_" if held_out is not None else ""
    columns = [f"{prefix}{name}" for name in named]
    run = Run(
        model=model,
        optimizer=optimizer,
        epochs=epochs,
        history=History(["val_loss", *columns] if held_out is not None else columns),
        settings={
            "samples": len(rows),
            "batch_size": batch_size,
            "shuffle": bool(shuffle),
            "seed": seed,
        },
        # A checkpoint comes last, so that it holds what the others have done.
        callbacks=sorted(listed, key=lambda callback: isinstance(callback, Checkpoint)),
    )
    try:
        if lr is not None:
            optimizer.lr = lr
        for callback in run.callbacks:
            callback.on_train_begin(run)
        if resume is not None:
            take_up(run, resume)
        if backend != NUMPY:
            numbers = [parameter.data for parameter in optimizer.parameters()]
            asked = {"seed": seed, "epochs": epochs, "batch_size": batch_size, "shuffle": shuffle}
            agree(
                {"X": rows, "y": targets, "sample_weight": weights, "the model": numbers, **asked}
            )
    except BaseException:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        raise

    if names is not None:
        model.class_names = names
    rates = [group["lr"] for group in optimizer.param_groups]
    meddling = [rate for rate in rates if callable(rate) and not visibly_pure(rate)]
    rule = None if is_library(type(optimizer)) else optimizer
    code = [model, loss, named, listed, meddling, rule]
    trusted = compile is False or not has_users_code(code=code)
    answer = None if compile is False else Answering(model, optimizer.parameters(), trusted)

    def measure() -> dict[str, float]:
        if held_out is not None:
            found = evaluation.scores(model, *held_out, loss, named, answer)
            return {f"val_{name}": number for name, number in found.items()}
        return evaluation.scores(model, rows, targets, None, named, answer) if named else {}

    if weights is None:
        step = _step(model, loss, optimizer, compile, trusted, batch_loss)
    else:
        step = _step(model, Weighted(loss), optimizer, compile, trusted, batch_loss)
        targets = [[target, weight] for target, weight in zip(targets, weights, strict=True)]
    looked_at = bool(run.callbacks or named or held_out is not None)
    bar = bar_of(run) if progress else None
    try:
        _epochs(run, step, rows, targets, measure if looked_at else None, bar)
    except BaseException as error:
        for callback in run.callbacks:
            callback.on_exception(run, error)
        raise
    for callback in run.callbacks:
        callback.on_train_end(run)
    return run.history


def _epochs(
    run: Run,
    step: Step,
    rows: list[Any],
    targets: list[Any],
    measure: Callable[[], dict[str, float]] | None,
    bar: Any,
) -> None:
    """The loop: epochs of batches.

    Args:
        measure: what gives the metrics after an epoch; None if nobody looks at the model until the end.
    """
    size, seed = run.settings["batch_size"], run.settings["seed"]
    per_epoch = math.ceil(len(rows) / size)
    by_batch = [
        callback
        for callback in run.callbacks
        if type(callback).on_batch_end is not callbacks_.Callback.on_batch_end
    ]
    before_last = [
        callback
        for callback in run.callbacks
        if isinstance(callback, BeforeLastStep) and callback.before_last_step
    ]
    advance: Callable[[list[int]], float] | None = None
    modules = modules_of(run.model)
    modes = [module.training for module in modules]
    try:
        while run.epoch < run.epochs and not run.stopped:
            run.epoch += 1
            for module in modules:
                module.training = True
            began = time.perf_counter()
            if advance is None:  # now that the modules are in training mode
                advance = step.on(rows, targets)
            if run.settings["shuffle"]:
                # The optimizer knows how many orders there have been, also those of an earlier call of fit.
                orders = run.optimizer.steps // per_epoch
                order = data.shuffled(len(rows), seed, orders + 1)
            else:
                order = list(range(len(rows)))
            total, lr = 0.0, run.optimizer.lr
            for run.batch, start in enumerate(range(0, len(rows), size), start=1):
                chosen = order[start : start + size]
                if start + size >= len(rows):
                    lr = run.optimizer.lr
                    for waiting in before_last:
                        step.sync()
                        waiting.on_last_step(run)
                run.loss = advance(chosen)
                total += run.loss * len(chosen)
                if bar is not None:
                    bar.update()
                for callback in by_batch:
                    step.sync()
                    callback.on_batch_end(run)
            measured = {}
            if measure is not None:
                step.sync()
                measured = measure()
            mean = total / len(rows)
            seconds = time.perf_counter() - began
            run.history.append({"loss": mean, "lr": lr, **measured, "seconds": seconds})
            if bar is not None:
                tell(bar, run)
            for callback in run.callbacks:
                callback.on_epoch_end(run)
            run.history.stopped = run.stopped
    except DivergenceError as error:
        divergence = DivergenceError(
            f"training stopped in epoch {run.epoch}, batch {run.batch}: {error}. The parameters are as "
            f"they were before that batch; a smaller learning rate or clip_norm= may help"
        )
        divergence.history = run.history
        raise divergence from None
    finally:
        step.sync()
        if bar is not None:
            bar.close()
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


# --- arguments -------------------------------------------------------------------------------


def _step(
    model: Any,
    loss: Any,
    optimizer: optim.Optimizer,
    compile: bool | str,
    trusted: bool,
    batch_loss: type[BatchLoss],
) -> Step:
    """The one seam: which step a run takes."""
    if compile is False:
        return EagerStep(model, loss, optimizer)
    if compile is True or batch_loss is not BatchLoss:
        return CompiledStep(model, loss, optimizer, trusted=trusted, batch_loss=batch_loss)
    return AutoStep(model, loss, optimizer, trusted=trusted)
