"""An optimizer's rule on flat buffers, as a compiled step runs it: recorded, and ready beside the parameters.

Looking up hyper-parameters and checking them takes longer than moving a few hundred numbers, so what a step
does for that is to see that they are what they were at the last one.
"""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autograd.compiler.training import NotElementwiseError, TraceError, elementwise
from nn.optim import clipping
from nn.optim.groups import LR
from nn.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from autograd.compiler.training import Elementwise

    Array = Any


class Rule:
    """An optimizer's rule on one group's stretch of the flat buffers.

    A step is :meth:`prepare` and, if that finds all numbers finite, :attr:`commit`.

    Args:
        optimizer: whose rule it is.
        number: the number of the group.
        order: the places in the group of the parameters, as ``numbers`` has them.
        numbers: the group's parameters, an array that is written in place.
        gradients: their gradients, an array that may be overwritten once they have been used.
        quietly: calls array code without warnings, see :class:`autograd.compiler.training.BatchLoss`.

    Attributes:
        commit: lets the new numbers be the numbers.
        stale: whether the optimizer's hyper-parameters have been found to be others than were recorded.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        number: int,
        order: Sequence[int],
        numbers: Array,
        gradients: Array,
        quietly: Callable[..., Any],
    ) -> None:
        import numpy as np

        self.optimizer = optimizer
        self.number = number
        self.numbers = numbers
        self.gradients = gradients
        self.names = optimizer.state_names
        self._order = order
        self.state = {name: np.empty_like(numbers) for name in self.names}
        self._take_over(self.state)
        self.stale = False
        self._quietly = quietly
        self._usual = (  # how hyper-parameters are looked up
            type(optimizer).hyper_parameters is Optimizer.hyper_parameters
            and type(optimizer)._rate is Optimizer._rate
        )
        group = optimizer.param_groups[number]
        h = self._hyper_parameters(group)
        self._constants = copy.deepcopy(_constants(h))  # which may be changed in place
        self._take(group, h)
        self._elementwise = self._record(h)
        self.commit: Callable[[], None] = self._commit
        if self._elementwise is not None:
            self._compute, self.commit = self._elementwise.compute, self._elementwise.keep
            self._counts = self._elementwise.uses(len(self._arrays()) + 1)
        self._new: Array = None
        self._new_state: dict[str, Array] = {}

    def prepare(self) -> bool:
        """Compute the new numbers beside the old ones.

        Returns:
            Whether the new numbers and the gradients are all finite. False, and nothing is done, if the rule was
            recorded with other hyper-parameters: it is then :attr:`stale`.
        """
        optimizer = self.optimizer
        group = optimizer.param_groups[self.number]
        if group != self._seen:
            h = self._hyper_parameters(group)
            if _constants(h) != self._constants:
                self.stale = True
                return False
            self._take(group, h)
        if self._elementwise is None:
            return self._run(group)
        if self._usual:
            lr, t = self._lr, optimizer.steps + 1 if self._counts else 0
            if lr is None:
                lr = optimizer._rate(group)
        else:
            lr, t = self._h.lr, self._h.t
        finite: bool = self._quietly(self._compute, lr, t)
        return finite

    def again(self) -> Rule:
        """The rule for the hyper-parameters of now."""
        self.write()
        arrays = self.numbers, self.gradients
        return Rule(self.optimizer, self.number, self._order, *arrays, self._quietly)

    def read(self) -> None:
        """Take the optimizer's state over."""
        self._take_over(self._state())

    def write(self) -> None:
        """Give the optimizer its state."""
        import numpy as np

        own = self.optimizer._state[self.number]
        for name, numbers in self._state().items():
            flat = np.array(own[name], dtype=float)  # the rest is of frozen parameters
            flat[self._order] = numbers
            own[name] = flat

    def _take_over(self, state: Mapping[str, Array]) -> None:
        """The optimizer's state into arrays."""
        import numpy as np

        for name, numbers in state.items():
            flat = np.asarray(self.optimizer._state[self.number][name], dtype=float)
            numbers[...] = flat.take(self._order)

    # --- hyper-parameters --------------------------------------------------------------------

    def _hyper_parameters(self, group: Mapping[str, Any]) -> Any:
        """A group's, without asking a schedule, which is to be called once a step."""
        if self._usual and callable(group[LR]):
            group = {**group, LR: 0.0}
        return self.optimizer.hyper_parameters(group)

    def _take(self, group: Mapping[str, Any], h: Any) -> None:
        """Remember a group, to know it again."""
        self._h = h
        self._lr: float | None = None
        self._seen: dict[str, Any] | None = None
        settings = [x for name, x in group.items() if name != "params"]
        if self._usual and all(map(_immutable, settings)):
            self._seen = dict(group)
            if not callable(group[LR]):
                self._lr = h.lr

    # --- the rule ----------------------------------------------------------------------------

    def _arrays(self) -> list[Array]:
        return [self.numbers, self.gradients, *self.state.values()]

    def _state(self) -> dict[str, Array]:
        """The state's arrays as they are now."""
        if self._elementwise is None:
            return self.state
        return {name: self._elementwise.array(i) for i, name in enumerate(self.names, start=2)}

    def _record(self, h: Any) -> Elementwise | None:
        """The rule as kernels; None if it cannot be recorded, and runs on arrays as it is."""

        def rule(p: Any, g: Any, *others: Any) -> list[Any]:
            *state, lr, t = others
            hyper = SimpleNamespace(**{**vars(h), LR: lr, "t": t})
            own = SimpleNamespace(**dict(zip(self.names, state, strict=True)))
            new, new_state = self.optimizer.directed(p, g, own, hyper)
            return [new, *(new_state[name] for name in self.names)]

        try:
            return elementwise(rule, self._arrays(), 2)
        except (TraceError, TypeError, KeyError, AttributeError, NotElementwiseError):
            return None

    def _run(self, group: Mapping[str, Any]) -> bool:
        """:meth:`prepare` for a rule that was not recorded."""
        h = self.optimizer.hyper_parameters(group)
        # Views, which the optimizer may make read-only.
        self._new, self._new_state = self.optimizer._run(
            self.numbers[:], self.gradients[:], self.state, h
        )
        return _finite(self.gradients) and _finite(self._new)

    def _commit(self) -> None:
        """:attr:`commit` for a rule that was not recorded."""
        self.numbers[:] = self._new
        for name, new in self._new_state.items():
            self.state[name][...] = new


def clip(gradients: Array, optimizer: Optimizer) -> None:
    """Clip an array of gradients in place, as the optimizer would; to be called under errstate."""
    limit, longest = optimizer.clip_value, optimizer.clip_norm
    if limit is not None:
        gradients.clip(-limit, limit, gradients)
    if longest is None:
        return
    squares = float(gradients.dot(gradients))
    if 1e-30 < squares < 1e30:
        gradients *= min(longest / (math.sqrt(squares) + 1e-6), 1.0)
    else:  # a sum of squares is not exact so far from 1
        gradients[:] = clipping.by_norm(gradients.tolist(), longest)[0]


def _finite(numbers: Array) -> bool:
    import numpy as np

    return bool(np.isfinite(numbers).all())


def _constants(h: Any) -> dict[str, Any]:
    return {name: x for name, x in vars(h).items() if name not in {LR, "t"}}


def _immutable(x: Any) -> bool:
    """Whether something that is the same object as before is sure to have the same meaning.

    A schedule has not, but it is asked at every step.
    """
    if type(x) is tuple:
        return all(map(_immutable, x))
    return isinstance(x, float | int | str) or callable(x)
