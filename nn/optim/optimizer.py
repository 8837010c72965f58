"""What all optimizers share: groups of parameters, state, the step, saving."""

from __future__ import annotations

import inspect
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import Value
from nn._arguments import count, number

from . import clipping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Flat = Any
    """One number per parameter: a NumPy array where NumPy is installed, else a list of floats."""
    Schedule = Callable[[int], float]

LR = "lr"
MAXIMIZE = "maximize"


class Optimizer:
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

    defaults: ClassVar[Mapping[str, Any]] = {LR: 1e-3, MAXIMIZE: False}
    """The hyper-parameters with their defaults: numbers, bools, or tuples of numbers."""

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Hyper-parameters that are held in an interval: closed below, open above."""

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
        self.param_groups: list[dict[str, Any]] = self._make_groups(params, {})
        self._parameters: list[Value] = [
            parameter for group in self.param_groups for parameter in group["params"]
        ]
        self.clip_value = clipping.checked_limit("clip_value", clip_value)
        self.clip_norm = clipping.checked_limit("clip_norm", clip_norm)
        self.steps = 0
        self.state_names = self._states()
        self._numpy = _numpy_or_none()
        self._state = [self._fresh_state(group) for group in self.param_groups]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parent: Any = cls.__base__
        defaults = {**parent.defaults, **cls.defaults}
        maximize = defaults.pop(MAXIMIZE)
        cls.defaults = {**defaults, MAXIMIZE: maximize}  # the last, as it is of all
        cls.ranges = {**parent.ranges, **cls.ranges}
        cls.__signature__ = _signature(cls.defaults)  # type: ignore[attr-defined]

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
        for parameter, data in zip(self._parameters, _floats(after), strict=True):
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

    def parameters(self) -> list[Value]:
        """All parameters, group after group."""
        return list(self._parameters)

    @property
    def lr(self) -> float:
        """The learning rate of the coming step (the first group's). Setting it sets all groups'."""
        return self._rate(self.param_groups[0])

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        checked = self._checked_hyper(LR, lr)
        for group in self.param_groups:
            group[LR] = checked

    def hyper_parameters(self, group: Mapping[str, Any]) -> SimpleNamespace:
        """What the rule gets as ``h`` for a group in the coming step."""
        h = SimpleNamespace(**{name: group[name] for name in self.defaults})
        h.lr = self._rate(group)
        h.t = self.steps + 1
        return h

    def _rate(self, group: Mapping[str, Any]) -> float:
        rate = group[LR]
        scheduled = callable(rate)
        if scheduled:
            rate = rate(self.steps)
        if type(rate) is float and 0.0 <= rate < math.inf:  # as it is until the first bad one
            return rate
        return number(f"lr(step={self.steps})" if scheduled else LR, rate, 0.0)

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
        numbers = _floats(gradients)
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
        i, number = next((i, x) for i, x in enumerate(_floats(numbers)) if not math.isfinite(x))
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
        return {
            "optimizer": type(self).__name__,
            "steps": self.steps,
            "clip_value": self.clip_value,
            "clip_norm": self.clip_norm,
            "param_groups": [
                {
                    "size": len(group["params"]),
                    **{name: _plain(group[name]) for name in self.defaults},
                }
                for group in self.param_groups
            ],
            "state": [
                {name: list(_floats(flat)) for name, flat in state.items()} for state in self._state
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over hyper-parameters and state from :meth:`state_dict` of an optimizer of this class.

        Raises:
            TypeError, ValueError: if anything is missing, extra, misshapen or of another class; nothing
                is then changed.
        """
        own = self.state_dict()
        _same_keys("the optimizer's state", state_dict, own)
        if state_dict["optimizer"] != own["optimizer"]:
            raise ValueError(
                f"the state is of {state_dict['optimizer']}, but this optimizer is {own['optimizer']}"
            )
        steps = count("steps", state_dict["steps"], least=0)
        clip_value = clipping.checked_limit("clip_value", state_dict["clip_value"])
        clip_norm = clipping.checked_limit("clip_norm", state_dict["clip_norm"])
        for key in ("param_groups", "state"):
            if not isinstance(state_dict[key], list) or len(state_dict[key]) != len(own[key]):
                raise ValueError(
                    f"{key} must be a list of {len(own[key])} (this optimizer's groups), "
                    f"not {state_dict[key]!r:.60}"
                )
        hypers = []
        flats = []
        for i, (group, saved, numbers) in enumerate(
            zip(self.param_groups, state_dict["param_groups"], state_dict["state"], strict=True)
        ):
            where = f"group {i} of the optimizer's state"
            size = len(group["params"])
            _same_keys(where, saved, own["param_groups"][i])
            if saved["size"] != size:
                raise ValueError(
                    f"{where} is of {saved['size']!r:.40} parameters, but this optimizer's group has {size}"
                )
            hypers.append(self._loaded_hyper(where, group, saved))
            _same_keys(where, numbers, own["state"][i])
            flats.append(
                {name: self._flat(_column(where, name, numbers[name], size)) for name in numbers}
            )
        for group, hyper in zip(self.param_groups, hypers, strict=True):
            group.update(hyper)
        self._state = flats
        self.steps = steps
        self.clip_value, self.clip_norm = clip_value, clip_norm

    def _loaded_hyper(
        self, where: str, group: Mapping[str, Any], saved: Mapping[str, Any]
    ) -> dict[str, Any]:
        scheduled = callable(group[LR])
        if (saved[LR] is None) != scheduled:
            here, there = ("has", "has not") if scheduled else ("has not", "has")
            raise ValueError(
                f"{where} {there} a schedule for lr and this optimizer {here}; schedules are not "
                f"saved, so make the optimizer with the same one"
            )
        hyper = {
            name: self._checked_hyper(name, tuple(x) if isinstance(x, list) else x)
            for name, x in saved.items()
            if name != "size" and x is not None
        }
        self._check_together({**group, **hyper})
        return hyper

    # --- making groups -----------------------------------------------------------------------

    def _make_groups(self, params: Iterable[Any], seen: dict[Value, str]) -> list[dict[str, Any]]:
        """Groups that are checked, with the hyper-parameters that they do not name themselves.

        Args:
            params: as for the constructor.
            seen: the parameters that are taken, and what to call them; those here are added.
        """
        if not hasattr(params, "__iter__"):
            advice = "; pass .parameters()" if hasattr(params, "parameters") else ""
            raise TypeError(
                f"params must be a sequence of Values, not {type(params).__name__}{advice}"
            )
        entries = list(params)
        if not entries:
            raise ValueError("params is empty: the optimizer has nothing to optimize")
        grouped = isinstance(entries[0], dict)
        groups = []
        for i, entry in enumerate(entries if grouped else [{"params": entries}]):
            where = f"params[{i}]" if grouped else "params"
            if not isinstance(entry, dict) or "params" not in entry:
                raise TypeError(
                    f"{where} must be a dict with 'params', as the first is, not {entry!r:.60}"
                )
            group = {"params": _checked_parameters(entry["params"], where, seen)}
            own = {name: x for name, x in entry.items() if name != "params"}
            merged = {**self.defaults, **self._hyper, **own}
            for name, x in merged.items():
                group[name] = self._checked_hyper(name, x)
            self._check_together(group)
            groups.append(group)
        return groups

    def _checked_hyper(self, name: str, x: Any) -> Any:
        kind = type(self).__name__
        if name not in self.defaults:
            known = ", ".join(self.defaults)
            raise TypeError(f"{kind} has no hyper-parameter {name!r}; it has {known}")
        if name == LR:
            return x if callable(x) else number(LR, x, 0.0)
        default = self.defaults[name]
        if isinstance(default, bool):
            if not isinstance(x, bool):
                raise TypeError(f"{name} must be True or False, not {x!r:.40}")
            return x
        low, high = self.ranges.get(name, (-math.inf, math.inf))
        if isinstance(default, tuple):
            if not isinstance(x, tuple | list) or len(x) != len(default):
                raise TypeError(f"{name} must be {len(default)} numbers, not {x!r:.40}")
            return tuple(number(f"{name}[{i}]", part, low, high) for i, part in enumerate(x))
        return number(name, x, low, high)

    def _check_together(self, hyper: Mapping[str, Any]) -> None:
        """For subclasses: refuse hyper-parameters that do not go together (raise ValueError)."""

    def __repr__(self) -> str:
        group = self.param_groups[0]
        settings = []
        for name in self.defaults:
            if name == MAXIMIZE and not group[name]:
                continue
            shown = (
                getattr(group[name], "__name__", "schedule")
                if callable(group[name])
                else group[name]
            )
            settings.append(f"{name}={shown}")
        count = len(self._parameters)
        return f"{type(self).__name__}({count} parameters, {', '.join(settings)})"


def is_frozen(parameter: Value) -> bool:
    """Whether a parameter is to be left as it is; a plain Value never is."""
    return not getattr(parameter, "requires_grad", True)


def _numpy_or_none() -> Any:
    try:
        import numpy as np
    except ImportError:
        return None
    return np


def _floats(flat: Flat) -> list[float]:
    result: list[float] = flat if isinstance(flat, list) else flat.tolist()
    return result


def _plain(hyper: Any) -> Any:
    if callable(hyper):
        return None
    return list(hyper) if isinstance(hyper, tuple) else hyper


def _signature(defaults: Mapping[str, Any]) -> inspect.Signature:
    """What ``help`` and notebooks show: the hyper-parameters by name instead of ``**hyper``."""
    keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("params", either)]
    for name, default in defaults.items():
        kind = either if name == LR else keyword
        parameters.append(inspect.Parameter(name, kind, default=default))
    for name in ("clip_value", "clip_norm"):
        parameters.append(inspect.Parameter(name, keyword, default=None))
    return inspect.Signature(parameters)


def _checked_parameters(params: Any, where: str, seen: dict[Value, str]) -> list[Value]:
    listed: list[Value] = [params] if isinstance(params, Value) else list(params)
    if not listed:
        raise ValueError(f"{where} is empty: the optimizer has nothing to optimize")
    for i, parameter in enumerate(listed):
        name = f"{where}[{i}]"
        if not isinstance(parameter, Value):
            raise TypeError(f"{name} must be a Value, not {type(parameter).__name__}")
        if parameter.primitive is not None:
            raise TypeError(
                f"{name} was computed ({parameter.primitive.name}) and cannot be set; "
                f"optimize the leaves it came from"
            )
        if parameter in seen:
            raise ValueError(f"{name} is the same Value as {seen[parameter]}")
        seen[parameter] = name
    return listed


def _same_keys(where: str, got: Any, expected: Mapping[str, Any]) -> None:
    if not isinstance(got, dict):
        raise TypeError(f"{where} must be a dict, not {type(got).__name__}")
    missing = [name for name in expected if name not in got]
    extra = [name for name in got if name not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"has the unknown {', '.join(map(str, extra))}"] if extra else []
        raise ValueError(f"{where} {' and '.join(parts)}")


def _column(where: str, name: str, numbers: Any, size: int) -> list[float]:
    if not isinstance(numbers, list) or len(numbers) != size:
        raise ValueError(f"{name} in {where} must be a list of {size} numbers")
    return [number(f"{name}[{i}] in {where}", x) for i, x in enumerate(numbers)]
