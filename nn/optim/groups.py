"""Groups of parameters, each with hyper-parameters of its own, checked where they come in."""

from __future__ import annotations

import inspect
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import Value
from nn._arguments import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Flat = Any
    """One number per parameter: a NumPy array where NumPy is installed, else a list of floats."""
    Schedule = Callable[[int], float]

LR = "lr"
MAXIMIZE = "maximize"


class Grouped:
    """What an optimizer is before it has a rule: parameters in groups, hyper-parameters, a count of steps."""

    defaults: ClassVar[Mapping[str, Any]] = {LR: 1e-3, MAXIMIZE: False}
    """The hyper-parameters with their defaults: numbers, bools, or tuples of numbers."""

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Hyper-parameters that are held in an interval: closed below, open above."""

    param_groups: list[dict[str, Any]]
    steps: int
    _hyper: dict[str, Any]
    _parameters: list[Value]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parent: Any = cls.__base__
        defaults = {**parent.defaults, **cls.defaults}
        maximize = defaults.pop(MAXIMIZE)
        cls.defaults = {**defaults, MAXIMIZE: maximize}  # the last, as it is of all
        cls.ranges = {**parent.ranges, **cls.ranges}
        cls.__signature__ = _signature(cls.defaults)  # type: ignore[attr-defined]

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
