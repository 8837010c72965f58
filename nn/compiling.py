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

from autograd import TraceError, Value, no_grad
from autograd.compiler.batch import BatchLoss
from autograd.compiler.recording import Recorder
from autograd.compiler.stages import tracing
from autograd.structure import Structure, flatten

from . import losses
from .arranging import arranged
from .steps import EagerStep, buffered
from .updating import Rule, clip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.batch import Batch

    from .optim import Optimizer
    from .steps import Step

    Array = Any


class CannotCompile(ValueError):  # noqa: N818 (it is not always an error)
    """A model, loss or kind of data that no compiled step can be made for; the message says why."""


UNRECORDABLE = (TraceError, TypeError, ValueError, RuntimeError, IndexError, KeyError)
"""What a function raises that cannot be called on symbols."""


def compile_step(
    model: Callable[[Any], Any],
    loss: str | losses.Loss,
    optimizer: Optimizer,
    dtype: str = "float64",
) -> CompiledStep:
    """A function that does one training step on a batch, as an array program.

    It is called with samples, an array (batch, inputs) or a list of them, and their targets; it updates the
    parameters and the optimizer and returns the mean loss before the update. It keeps the parameters
    to itself until its ``sync()``, which gives them to the model's Values; the call after that reads them again.

    Args:
        model: a function of one sample.
        loss: a name or a function of an output and a target, whose mean over the batch is made small.
        optimizer: of the parameters; its own rule is compiled.
        dtype: ``"float64"`` or ``"float32"``.

    Raises:
        CannotCompile: when first called, if the step cannot be recorded; the message says why.
    """
    return CompiledStep(model, losses.get(loss), optimizer, dtype)


class CompiledStep:
    """What :func:`compile_step` returns; a :class:`nn.steps.Step`."""

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: losses.Loss,
        optimizer: Optimizer,
        dtype: str = "float64",
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.dtype = dtype
        self._program: BatchLoss | None = None
        self._encode: Callable[[Any], Array] = _numbers
        self._synced = True
        self._rules: list[Rule] = []

    def __call__(self, X: Any, y: Any) -> float:
        return self.on(X, y)(None)

    def on(self, X: Any, y: Any) -> Callable[[Sequence[int] | None], float]:
        """Take in all the data once.

        Returns:
            A function that does one step on the samples of the given indices; None for all in order.

        Raises:
            CannotCompile: if the step cannot be recorded.
        """
        import numpy as np

        if self._program is None:
            self._compile(X, y)
        program = self._program
        assert program is not None
        data = program.padded(np.concatenate([self._encode(y), _numbers(X)], axis=1))
        all_in_order = object()

        def step(chosen: Sequence[int] | None) -> float:
            if chosen is None:
                batch = program.batch(len(data))
                batch.fill(data, all_in_order)
            else:
                batch = program.batch(len(chosen))
                batch.choose(data, chosen)
            loss = self._step(program, batch)
            if loss is None:
                # What goes wrong here goes wrong eagerly too, and is told better there.
                at = range(len(X)) if chosen is None else chosen
                eager = EagerStep(self.model, self.loss, self.optimizer)
                loss = eager(_listed([X[i] for i in at]), _listed([y[i] for i in at]))
            return loss

        return step

    def sync(self) -> None:
        """Bring the model's Values up to date."""
        if self._program is not None and not self._synced:
            self._program.write()
            for rule in self._rules:
                rule.write()
        self._synced = True

    @property
    def program(self) -> Any:
        """The array program of the loss and its derivatives, once there is one."""
        return None if self._program is None else self._program.program

    # --- a step ------------------------------------------------------------------------------

    def _step(self, program: BatchLoss, batch: Batch) -> float | None:
        """A step on a batch; None, and the Values up to date, if it meets a number that is not finite."""
        if self._synced:  # others may have changed the Values, or the optimizer
            program.read()
            for rule in self._rules:
                rule.read()
            if not program.finite():  # later steps keep them so
                return None
        loss = program.run(batch)
        if not math.isfinite(loss) or not self._update(program):
            self.sync()
            return None
        self._synced = False
        return loss

    def _update(self, program: BatchLoss) -> bool:
        """Move all parameters; False, and nothing done, if a number would not be finite."""
        optimizer = self.optimizer
        if optimizer.clip_value is not None or optimizer.clip_norm is not None:
            program.quietly(clip, program.gradients, optimizer)
        for number, rule in enumerate(self._rules):
            if not rule.prepare():
                if not rule.stale:
                    return False
                self._rules[number] = again = rule.again()
                if not again.prepare():
                    return False
        for rule in self._rules:
            rule.commit()
        optimizer.steps += 1
        return True

    # --- recording ---------------------------------------------------------------------------

    def _compile(self, X: Any, y: Any) -> None:
        """Record the loss of a sample, and see that it is what the model and the loss compute eagerly."""
        import numpy as np

        changing = buffered(self.model)
        if changing:
            module, name = changing[0]
            raise CannotCompile(f"{type(module).__name__} changes its {name} at each call")
        groups = [group["params"] for group in self.optimizer.param_groups]
        orders = [arranged(self.model, group) for group in groups]
        leaves = [group[i] for group, order in zip(groups, orders, strict=True) for i in order]
        _, sample = flatten(_plain(X[0]))
        reasons = []
        for structure, arrange, encode in _targets(y, self.model, X, self.loss):

            def function(t: Any, x: Any, arrange: Any = arrange) -> Any:
                return self.loss(self.model(x), arrange(t))

            # The sample last, so that there may be a 1 after it.
            both = Structure(tuple, structure.size + sample.size, children=(structure, sample))
            try:
                program = BatchLoss(function, leaves, both, self.dtype)
                few = _few(y)
                rows = np.concatenate(
                    [encode([_plain(y[i]) for i in few]), _numbers([_plain(X[i]) for i in few])],
                    axis=1,
                )
                self._check(program, rows, [(_plain(X[i]), _plain(y[i])) for i in few])
            except UNRECORDABLE as error:
                reasons.append(str(error))
                continue
            self._rules = self._recorded(program, orders)
            self._program, self._encode = program, encode
            return
        raise CannotCompile(reasons[0] if reasons else "its targets are not numbers")

    def _recorded(self, program: BatchLoss, orders: list[list[int]]) -> list[Rule]:
        """The optimizer's rule for each of its groups."""
        rules: list[Rule] = []
        start = 0
        for number, order in enumerate(orders):
            stop = start + len(order)
            part = program.numbers[start:stop], program.gradients[start:stop]
            rules.append(Rule(self.optimizer, number, order, *part, program.quietly))
            start = stop
        return rules

    def _check(self, program: BatchLoss, rows: Array, samples: list[tuple[Any, Any]]) -> None:
        tolerance = 1e-9 if self.dtype == "float64" else 1e-4
        for row, (x, t) in zip(rows, samples, strict=True):
            with no_grad():
                expected = self.loss(self.model(x), t)
            expected = expected.data if isinstance(expected, Value) else float(expected)
            found = program(row[None])
            if found != expected and not (
                abs(found - expected) <= tolerance * max(abs(expected), 1.0)
                or (found != found and expected != expected)
            ):
                raise CannotCompile(
                    f"recorded, the loss of a sample is {found}, and it should be {expected}: the model or "
                    f"the loss decides something that a recording does not show"
                )


class AutoStep:
    """A compiled step where that is possible, an eager one where it is not; the log then says why."""

    def __init__(
        self, model: Callable[[Any], Any], loss: losses.Loss, optimizer: Optimizer
    ) -> None:
        self.step: Step = CompiledStep(model, loss, optimizer)
        self._eager = EagerStep(model, loss, optimizer)

    def __call__(self, X: Sequence[Any], y: Sequence[Any]) -> float:
        return self.on(X, y)(range(len(X)))

    def on(self, X: Sequence[Any], y: Sequence[Any]) -> Callable[[Sequence[int]], float]:
        """The step on the samples of given indices."""
        try:
            return self.step.on(X, y)
        except (CannotCompile, ImportError) as error:
            _log.warning("training eagerly, for the step cannot be compiled: %s", error)
            self.step = self._eager
            return self.step.on(X, y)

    def sync(self) -> None:
        """Bring the model's Values up to date."""
        self.step.sync()


_log = logging.getLogger("nn")


# --- data ------------------------------------------------------------------------------------


def _plain(x: Any) -> Any:
    return x.tolist() if hasattr(x, "tolist") else x


def _listed(x: Any) -> Any:
    return [_plain(entry) for entry in x]


def _numbers(X: Any) -> Array:
    """Samples as an array (samples, numbers)."""
    import numpy as np

    array = np.asarray(X, dtype=float)
    return array.reshape(len(array), -1)


def _few(y: Any) -> list[int]:
    """The indices of a few samples of different targets."""
    found: dict[Any, int] = {}
    for i in range(min(len(y), 1000)):
        found.setdefault(str(_plain(y[i])), i)
        if len(found) == 4:
            break
    return list(found.values())


def _targets(y: Any, model: Callable[[Any], Any], X: Any, loss: losses.Loss) -> Any:
    """Ways to hand targets to the loss: the structure to record, what to make of it, and how to encode them.

    Numbers as numbers first. A loss that wants a class's index cannot be given a symbol; if it takes
    probabilities too, as cross-entropy does, the class is recorded one-hot.
    """
    import numpy as np

    first = _plain(y[0])
    _, structure = flatten(first)
    output = None
    if isinstance(first, int) and not isinstance(first, bool):
        with no_grad():
            output = model(_plain(X[0]))
    if not isinstance(output, list) or _takes_symbols(loss, output):
        yield structure, lambda t: t, _numbers
    if isinstance(output, list):
        classes = len(output)

        def one_hot(labels: Any) -> Array:
            chosen = np.asarray(labels, dtype=int)
            return np.eye(classes)[chosen]

        yield flatten([0.0] * classes)[1], lambda t: t, one_hot


def _takes_symbols(loss: losses.Loss, output: Any) -> bool:
    """Whether a loss can be recorded on its own, the target being one number; that is soon found out."""
    recorder = Recorder()
    try:
        with tracing(recorder):
            structure = flatten(output)[1]
            symbols = [recorder.argument() for _ in range(structure.size)]
            loss(structure.unflatten(symbols), recorder.argument())
    except UNRECORDABLE:
        return False
    return True
