"""What all optimizers share: the rule's state, the step, saving."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from . import clipping, states
from .groups import LR, MAXIMIZE, Grouped, is_frozen
from .states import floats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .groups import Flat

    Schedule = Callable[[int], float]


class Optimizer(Grouped):
    """Base class of optimizers: a subclass is its hyper-parameters, its state and one update rule.

    The rule is plain arithmetic (``+ - * / **``), without branches on numbers and without :mod:`math`
    (a square root is ``** 0.5``): it runs on one flat NumPy array of all parameters, or on one float
    after the other where NumPy is not installed, and it can be recorded by the compiler.

    An optimizer of your own is this much (heavy-ball momentum that forgets faster after 100 steps):

    >>> from autograd import Value
    >>> class Momentum(Optimizer):
    ...     state_names = ("v",)                          # one number each per parameter, 0 at first
    ...     defaults = {"lr": 0.01, "momentum": 0.9}      # the hyper-parameters
    ...
    ...     def update(self, p, g, s, h):
    ...         v = h.momentum * s.v + g
    ...         return p - h.lr * v, {"v": v}
    >>> x = Value(3.0)
    >>> optimizer = Momentum([x], lr=0.1)
    >>> for _ in range(200):
    ...     optimizer.zero_grad()
    ...     loss = (x - 1) ** 2
    ...     loss.backward()
    ...     optimizer.step()
    >>> round(x.data, 3)
    1.0

    Args:
        params: the parameters (leaf Values), or several groups with hyper-parameters of their own, as
            in ``[{"params": first.parameters(), "lr": 1e-4}, {"params": second.parameters()}]``.
        lr: the learning rate, a number or a function of the count of steps taken so far (0 at the
            first step; see :mod:`nn.optim.schedules`).
        clip_value: hold each gradient between -clip_value and clip_value.
        clip_norm: scale all gradients down to this Euclidean norm where theirs is larger.
        maximize: climb: the rule gets the gradients with their signs turned.
        hyper: the hyper-parameters in ``defaults``.

    Attributes:
        param_groups: one dict per group, ``"params"`` and the hyper-parameters, which may be changed
            between steps.
        steps: how many steps were taken.

    Raises:
        TypeError: if a parameter is not a leaf Value, or a hyper-parameter is unknown or of a wrong type.
        ValueError: if there are no parameters, one comes twice, or a hyper-parameter is out of range.
    """

    state_names: tuple[str, ...] = ()
    """The numbers kept per parameter between steps; each starts at 0."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule | None = None,
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
        **hyper: Any,
    ) -> None:
        if lr is not None:
            hyper[LR] = lr
        self._hyper = hyper
        self.param_groups = self._make_groups(params, {})
        self._parameters = [
            parameter for group in self.param_groups for parameter in group["params"]
        ]
        self.clip_value = clipping.checked_limit("clip_value", clip_value)
        self.clip_norm = clipping.checked_limit("clip_norm", clip_norm)
        self.steps = 0
        self.state_names = self._states()
        self._numpy = _numpy_or_none()
        self._state = [self._fresh_state(group) for group in self.param_groups]

    def update(self, p: Any, g: Any, s: Any, h: Any) -> tuple[Any, dict[str, Any]]:
        """The rule, for one number or for an array of them.

        Args:
            p: the parameter.
            g: its gradient.
            s: the state, by attribute (``s.v``).
            h: the hyper-parameters, by attribute; ``h.lr`` is the learning rate of this step and
                ``h.t`` its number, from 1.

        Returns:
            The new parameter, and all of the new state by name.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update(self, p, g, s, h)")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Take on more parameters, such as those of layers that come to be trained later.

        Args:
            group: ``"params"``, and hyper-parameters where they are not those that the optimizer was made with.

        Raises:
            TypeError, ValueError: as for a group given at the start, or if a parameter is there already.
        """
        if not isinstance(group, dict):
            raise TypeError(f"group must be a dict with 'params', not {group!r:.60}")
        seen = dict.fromkeys(self._parameters, "one that the optimizer has already")
        (made,) = self._make_groups([group], seen)
        self._state.append(self._fresh_state(made))
        self._parameters += made["params"]
        self.param_groups.append(made)

    def _states(self) -> tuple[str, ...]:
        """For subclasses: the names of the state, where they depend on the hyper-parameters."""
        return self.state_names

    def _fresh_state(self, group: Mapping[str, Any]) -> dict[str, Flat]:
        return {name: self._flat([0.0] * len(group["params"])) for name in self.state_names}

    def directed(self, p: Any, g: Any, s: Any, h: Any) -> tuple[Any, dict[str, Any]]:
        """:meth:`update` in the direction that is wanted: down, or up with ``maximize``."""
        return self.update(p, -g if getattr(h, MAXIMIZE, False) else g, s, h)

    # --- stepping ----------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self._parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Update every parameter from its gradient; the gradient of a frozen one (``requires_grad``) becomes 0.

        Raises:
            FloatingPointError: if a gradient, or what the rule makes of it, is nan or infinite.
            ValueError: if the learning rate's schedule gives no sensible rate.
            After either, parameters and state are as they were.
        """
        for parameter in self._parameters:
            if is_frozen(parameter):
                parameter.grad = 0.0
        before = [parameter.data for parameter in self._parameters]
        after = self.advance(before, [parameter.grad for parameter in self._parameters])
        for parameter, data in zip(self._parameters, floats(after), strict=True):
            parameter.data = data

    def advance(self, numbers: Flat, gradients: Flat) -> Flat:
        """One step on flat sequences, for those who hold parameters elsewhere than in Values.

        Args:
            numbers: the parameters, in the order of :meth:`parameters`.
            gradients: their gradients in the same order.

        Returns:
            The new parameters. The state and the count of steps move on; Values are not touched.

        Raises:
            FloatingPointError, ValueError: as :meth:`step`.
        """
        if self._numpy is not None:
            numbers = self._numpy.asarray(numbers, dtype=float)
            gradients = self._numpy.asarray(gradients, dtype=float)
        gradients = self._clipped(gradients)
        self._refuse_not_finite(gradients, "the gradient of")
        state = []
        parts = []
        start = 0
        for group, old in zip(self.param_groups, self._state, strict=True):
            end = start + len(group["params"])
            h = self.hyper_parameters(group)
            own = numbers[start:end]
            new_numbers, new = self._run(own, gradients[start:end], old, h)
            frozen = [i for i, parameter in enumerate(group["params"]) if is_frozen(parameter)]
            if frozen:
                new_numbers = self._held(frozen, new_numbers, own)
                new = {name: self._held(frozen, flat, old[name]) for name, flat in new.items()}
            parts.append(new_numbers)
            state.append(new)
            start = end
        after = parts[0] if len(parts) == 1 else self._concatenate(parts)
        self._refuse_not_finite(after, f"{type(self).__name__}'s update of")
        self._state = state
        self.steps += 1
        return after

    def _run(
        self, numbers: Flat, gradients: Flat, state: Mapping[str, Flat], h: SimpleNamespace
    ) -> tuple[Flat, dict[str, Flat]]:
        """The rule on one group: on an array at once, or number by number."""
        if self._numpy is not None:
            # The slices are ours, what they show is perhaps not: rules read it only.
            numbers.flags.writeable = gradients.flags.writeable = False
            with self._numpy.errstate(all="ignore"):
                new, new_state = self._updated(numbers, gradients, state, h)
            kept = {name: self._numpy.empty_like(numbers) for name in new_state}
            for name, flat in kept.items():
                flat[:] = new_state[
                    name
                ]  # a rule may answer one constant for all, or its own argument
                flat.flags.writeable = False
            return self._numpy.broadcast_to(new, numbers.shape), kept
        results: list[float] = []
        columns: dict[str, list[float]] = {name: [] for name in self.state_names}
        for i, (x, gradient) in enumerate(zip(numbers, gradients, strict=True)):
            own = {name: column[i] for name, column in state.items()}
            try:
                new, new_state = self._updated(x, gradient, own, h)
            except (ZeroDivisionError, OverflowError):  # where an array has nan or an infinity
                new, new_state = math.nan, own
            results.append(new)
            for name, column in columns.items():
                column.append(new_state[name])
        return results, columns

    def _held(self, places: Sequence[int], new: Flat, old: Flat) -> Flat:
        """The new numbers, but the old ones in some places."""
        held = list(new) if self._numpy is None else self._numpy.array(new)
        for place in places:
            held[place] = old[place]
        return held

    def _updated(
        self, p: Any, g: Any, state: Mapping[str, Any], h: SimpleNamespace
    ) -> tuple[Any, dict[str, Any]]:
        try:
            answer = self.directed(p, g, SimpleNamespace(**state), h)
        except (TypeError, ValueError) as error:
            error.add_note(
                f"{type(self).__name__}.update runs on all parameters as one array: it must be plain "
                f"arithmetic (** 0.5 for math.sqrt), without if on numbers and without changing its "
                f"arguments in place (v = v + g, not v += g)"
            )
            raise
        try:
            new, new_state = answer
            if set(new_state) == set(self.state_names):
                return new, new_state
        except (TypeError, ValueError):
            pass
        raise TypeError(
            f"{type(self).__name__}.update must return the new parameter and a dict of the new state "
            f"({', '.join(self.state_names) or 'empty'}), not {answer!r:.80}"
        )

    def _clipped(self, gradients: Flat) -> Flat:
        if self.clip_value is None and self.clip_norm is None:
            return gradients
        numbers = floats(gradients)
        if self.clip_value is not None:
            numbers = clipping.by_value(numbers, self.clip_value)
        if self.clip_norm is not None:
            numbers, _ = clipping.by_norm(numbers, self.clip_norm)
        return self._flat(numbers)

    def _refuse_not_finite(self, numbers: Flat, what: str) -> None:
        if self._numpy is not None:
            if self._numpy.isfinite(numbers).all():
                return
        elif all(map(math.isfinite, numbers)):
            return
        i, number = next((i, x) for i, x in enumerate(floats(numbers)) if not math.isfinite(x))
        raise FloatingPointError(
            f"{what} {self._name(i)} is {number}; no parameter was changed "
            f"(autograd.detect_anomaly() finds where it comes from)"
        )

    def _name(self, index: int) -> str:
        parameter = self._parameters[index]
        return f"parameter {index} ({parameter.label})" if parameter.label else f"parameter {index}"

    # --- flat sequences ----------------------------------------------------------------------

    def _flat(self, numbers: Sequence[float]) -> Flat:
        return list(numbers) if self._numpy is None else self._numpy.array(numbers, dtype=float)

    def _concatenate(self, parts: Sequence[Flat]) -> Flat:
        if self._numpy is not None:
            return self._numpy.concatenate(parts)
        return [number for part in parts for number in part]

    # --- copying and saving ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if name != "_numpy"}  # a module

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _numpy=_numpy_or_none())

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs to go on bit for bit: plain numbers, lists and dicts.

        Parameters themselves are the model's, and schedules are functions: where the learning rate is
        one, ``"lr"`` is None.
        """
        return states.state_of(self)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over hyper-parameters and state from :meth:`state_dict` of an optimizer of this class.

        Raises:
            TypeError, ValueError: if anything is missing, extra, misshapen or of another class; nothing
                is then changed.
        """
        states.load(self, state_dict)


def _numpy_or_none() -> Any:
    try:
        import numpy as np
    except ImportError:
        return None
    return np
