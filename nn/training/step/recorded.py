"""A training step recorded: the array program of the batch's loss, and what goes in and comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad
from autograd.compiler.batch import BatchLoss
from nn.modules.module import Parameter, modules_of
from nn.modules.noise import Noise, Noisy
from nn.optim.optimizer import is_frozen

from .arranging import arranged
from .eager import buffered
from .encoding import UNRECORDABLE, Encoding, encodings, plain
from .update import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from nn.losses import Loss
    from nn.optim import Optimizer


class CannotCompile(ValueError):  # noqa: N818 (it is not always an error)
    """A model, loss or kind of data that no compiled step can be made for; the message says why."""


class Recorded:
    """A model and a loss recorded on a sample, and seen to compute what they compute eagerly.

    Args:
        model: a function of one sample.
        loss: a function of an output and a target.
        optimizer: of the parameters.
        X, y: samples and their targets; a few are tried.
        dtype: ``"float64"`` or ``"float32"``.

    Attributes:
        program: the mean loss of a batch and its derivatives.
        rules: the optimizer's rule for each of its groups.
        encoding: how samples become the program's rows.
        noise: what the model draws for them.

    Raises:
        CannotCompile: if it cannot be recorded.
    """

    program: BatchLoss
    encoding: Encoding

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: Loss,
        optimizer: Optimizer,
        X: Any,
        y: Any,
        dtype: str,
    ) -> None:
        for module, name in buffered(model):
            if not isinstance(module, Noisy):
                raise CannotCompile(f"{type(module).__name__} changes its {name} at each call")
        self._model, self._loss, self._optimizer = model, loss, optimizer
        self._modules = modules_of(model)
        self._modes = self._training()
        self.noise = Noise(model, plain(X[0]))
        self._stamp = _stamp(optimizer)
        groups = [group["params"] for group in optimizer.param_groups]
        orders = [
            [place for place in arranged(model, group) if not is_frozen(group[place])]
            for group in groups
        ]
        leaves = [group[i] for group, order in zip(groups, orders, strict=True) for i in order]
        leaves = leaves or groups[0][:1]  # if all are frozen, derivatives that nobody takes
        self._record(leaves, X, y, dtype)
        self.rules: list[Rule] = []
        start = 0
        for number, order in enumerate(orders):
            stop = start + len(order)
            if not order:
                continue
            part = self.program.numbers[start:stop], self.program.gradients[start:stop]
            self.rules.append(Rule(optimizer, number, order, *part, self.program.quietly))
            start = stop

    def current(self) -> bool:
        """Whether all modules are in the mode, training or evaluation, that was recorded."""
        return self._modes == self._training() and not self.outdated()

    def outdated(self) -> bool:
        """Whether other parameters are to be trained than when it was recorded."""
        return self._stamp != _stamp(self._optimizer)

    def _training(self) -> list[bool]:
        return [module.training for module in self._modules]

    def _record(self, leaves: list[Value], X: Any, y: Any, dtype: str) -> None:
        """Find the first encoding of samples that the model and the loss can be recorded with."""
        noise = self.noise

        def function(t: Any, drawn: Any, x: Any) -> Any:
            with noise.supplied(drawn):
                output = self._model(x)
            return self._loss(output, t)

        reasons = []
        for encoding in encodings(X, y, self._loss, noise.output, noise.size):
            try:
                program = BatchLoss(function, leaves, encoding.structure, dtype)
                self._check(program, encoding, X, y)
            except UNRECORDABLE as error:
                reasons.append(str(error))
                continue
            self.program, self.encoding = program, encoding
            return
        raise CannotCompile(reasons[0] if reasons else "its targets are not numbers")

    def _check(self, program: BatchLoss, encoding: Encoding, X: Any, y: Any) -> None:
        """See that a few samples have the losses that they have eagerly."""
        tolerance = 1e-9 if program.once.dtype == "float64" else 1e-4
        few = _few(y)
        samples = [plain(X[i]) for i in few], [plain(y[i]) for i in few]
        rows = encoding.rows(*samples)
        rows[:, encoding.noisy] = self.noise.numbers(len(few))
        for row, x, t in zip(rows, *samples, strict=True):
            with no_grad():
                with self.noise.supplied(row[encoding.noisy].tolist()):
                    output = self._model(x)
                expected = self._loss(output, t)
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


def _stamp(optimizer: Optimizer) -> tuple[int, int]:
    """What changes where other parameters come to be trained."""
    return Parameter.freezings, len(optimizer.param_groups)


def _few(y: Any) -> list[int]:
    """The indices of a few samples of different targets."""
    found: dict[Any, int] = {}
    for i in range(min(len(y), 1000)):
        found.setdefault(str(plain(y[i])), i)
        if len(found) == 4:
            break
    return list(found.values())
