"""A training step recorded: the array program of the batch's loss, and what goes in and comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value, hooks, no_grad
from autograd.compiler.training import BatchLoss, Recording
from autograd.state import state
from nn.modules.module import modules_of
from nn.modules.noise import Noise, Noisy
from nn.modules.parameter import Parameter
from nn.optim.groups import is_frozen
from nn.training.reach import is_library
from nn.training.steady import CannotCompile, steadily, steadily_again

from .eager import buffered
from .encoding import Encoding, encodings, plain
from .purity import visibly_pure
from .update import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from nn.losses import Loss
    from nn.optim import Optimizer
    from nn.training.reach import Photograph


class Recorded:
    """A model and a loss recorded on a sample, and seen to compute what they compute eagerly.

    Args:
        model: a function of one sample.
        loss: a function of an output and a target.
        optimizer: of the parameters.
        X, y: samples and their targets; a few are tried.
        dtype: ``"float64"`` or ``"float32"``.
        trusted: whether there is no code of the user's in the model and the loss, nor between the steps.
        batch_loss: what runs its program.

    Attributes:
        recording: of the loss of a sample.
        program: the mean loss of a batch and its derivatives.
        slopes: the derivatives of the last step, as they were before the rules used them.
        rules: the optimizer's rule for each of its groups.
        encoding: how samples become the program's rows.
        noise: what the model draws for them.
        meddling: whether the learning rate comes from a function that may do more than to compute it.
        seen: stands for the others after whom it was last compared with the model and the loss.

    Raises:
        CannotCompile: if it cannot be recorded.
    """

    recording: Recording
    program: BatchLoss
    encoding: Encoding
    noise: Noise
    slopes: Any
    seen: object = None

    def __init__(
        self,
        model: Callable[[Any], Any],
        loss: Loss,
        optimizer: Optimizer,
        X: Any,
        y: Any,
        dtype: str,
        trusted: bool = False,
        batch_loss: type[BatchLoss] = BatchLoss,
    ) -> None:
        self._model, self._loss, self._optimizer = model, loss, optimizer
        self._dtype = dtype
        self._batch_loss = batch_loss
        for module, name in buffered(model):
            if not isinstance(module, Noisy) and is_library(type(module)):
                raise CannotCompile(f"{type(module).__name__} changes its {name} at each call")
        self._modules = modules_of(model)
        self._modes = self._training()
        self._stamp = _stamp(optimizer)
        self._settings = self._optimized()
        self.meddling = not all(map(visibly_pure, self._settings[1]))
        groups = [group["params"] for group in optimizer.param_groups]
        self._places = [
            [place for place, parameter in enumerate(group) if not is_frozen(parameter)]
            for group in groups
        ]
        leaves = [
            group[i] for group, places in zip(groups, self._places, strict=True) for i in places
        ]
        self._leaves = leaves or groups[0][:1]  # if all are frozen, derivatives that nobody takes
        self._parts = list(map(len, self._places)) if leaves else [1]
        self._frozen = [
            parameter for group in groups for parameter in group if is_frozen(parameter)
        ]
        roots: dict[str, Any] = {"model": model, "loss": loss}
        self._own_rule = not is_library(type(optimizer))
        if self._own_rule:
            roots["optimizer"] = optimizer
        self._roots = roots

        def make() -> Recorded:
            self.noise = Noise(model, plain(X[0]))
            self._record(X, y)
            return self

        self._photograph: Photograph | None = None
        if trusted:
            make()
        else:
            _, self._photograph = steadily(make, Recorded._again, roots, self._leaves)

    def fresh(self) -> bool:
        """Whether what the model and the loss can reach is what it was when they were recorded."""
        if self._settings != self._optimized() or self._hooked():
            return False
        return self._photograph is None or not self._photograph.changed()

    def follow(self) -> bool:
        """Record again, after others have changed what the model and the loss can reach; all Values are up to date.

        Numbers that have changed are let in as numbers of the program.

        Returns:
            Whether this was enough. False, and nothing is done, if it is all to be recorded anew.

        Raises:
            CannotCompile: if the model and the loss can no longer be recorded.
        """
        if self._own_rule or self._settings != self._optimized():
            return False
        try:
            again, photograph = steadily_again(self._again, self._roots, self._leaves)
        except CannotCompile:
            raise
        except Exception:  # noqa: BLE001 (recording it anew will tell)
            return False
        found = self.recording.following(again, photograph.values)
        if found is None:
            return False
        self._photograph = photograph
        if found is not self.recording:
            self._take(found, self._batch_loss(found, self._dtype, self._parts))
        return True

    def write(self) -> None:
        """Give the Values their numbers and their derivatives, and the optimizer its state."""
        self.write_values()
        for rule in self.rules:
            rule.write()

    def write_values(self) -> None:
        """Give the Values their numbers and their derivatives."""
        self.program.write()
        for leaf, slope in zip(self.program.leaves, self.slopes.tolist(), strict=True):
            leaf.grad = slope
        for parameter in self._frozen:  # eagerly the optimizer does it
            parameter.grad = 0.0

    def _optimized(self) -> tuple[list[int], list[Any]]:
        """What the optimizer moves, and the functions that say how fast."""
        groups = self._optimizer.param_groups
        rates = [group["lr"] for group in groups if callable(group["lr"])]
        return [id(parameter) for group in groups for parameter in group["params"]], rates

    def _hooked(self) -> bool:
        """Whether someone wants to see a parameter's derivative on its way, as no program lets them."""
        return bool(state.hooked) and any(map(hooks.are_on, self._leaves))

    def _again(self) -> Recording:
        return Recording(self._function, self.encoding.structure, self._leaves)

    def _function(self, t: Any, drawn: Any, x: Any) -> Any:
        """The loss of a sample."""
        with self.noise.supplied(drawn):
            output = self._model(x)
        return self._loss(output, t)

    def _take(self, recording: Recording, program: BatchLoss) -> None:
        """Run what was recorded from now on."""
        self.recording, self.program = recording, program
        self.slopes = program.gradients.copy()
        self.rules = []
        start = 0
        for number, places in enumerate(self._places):
            stop = start + len(places)
            if not places:
                continue
            order = [places[i - start] for i in program.order[start:stop]]
            part = program.numbers[start:stop], program.gradients[start:stop]
            self.rules.append(Rule(self._optimizer, number, order, *part, program.quietly))
            start = stop

    def current(self) -> bool:
        """Whether all modules are in the mode, training or evaluation, that was recorded."""
        return self._modes == self._training() and not self.outdated()

    def outdated(self) -> bool:
        """Whether other parameters are to be trained than when it was recorded."""
        return self._stamp != _stamp(self._optimizer)

    def _training(self) -> list[bool]:
        return [module.training for module in self._modules]

    def _record(self, X: Any, y: Any) -> None:
        """Find the first encoding of samples that the model and the loss can be recorded with."""
        reasons = []
        noise = self.noise
        for encoding in encodings(X, y, self._loss, noise.output, noise.size):
            self.encoding = encoding
            try:
                recording = self._again()
                program = self._batch_loss(recording, self._dtype, self._parts)
                self._check(program, encoding, X, y)
            except Exception as error:  # noqa: BLE001 (whatever it is, the eager step will tell)
                reasons.append(str(error) or type(error).__name__)
                continue
            self._take(recording, program)
            return
        raise CannotCompile(reasons[-1] if reasons else "its targets are not numbers")

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
