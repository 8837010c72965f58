"""The state of an optimizer as plain data, and how it is checked before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn._arguments import count, number

from . import clipping
from .groups import LR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .groups import Flat


def state_of(optimizer: Any) -> dict[str, Any]:
    """What :meth:`Optimizer.state_dict` gives."""
    return {
        "optimizer": type(optimizer).__name__,
        "steps": optimizer.steps,
        "clip_value": optimizer.clip_value,
        "clip_norm": optimizer.clip_norm,
        "param_groups": [
            {
                "size": len(group["params"]),
                **{name: _plain(group[name]) for name in optimizer.defaults},
            }
            for group in optimizer.param_groups
        ],
        "state": [
            {name: list(floats(flat)) for name, flat in state.items()} for state in optimizer._state
        ],
    }


def load(optimizer: Any, state_dict: Mapping[str, Any]) -> None:
    """Check a state whole, then take it over."""
    own = state_of(optimizer)
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
        zip(optimizer.param_groups, state_dict["param_groups"], state_dict["state"], strict=True)
    ):
        where = f"group {i} of the optimizer's state"
        size = len(group["params"])
        _same_keys(where, saved, own["param_groups"][i])
        if saved["size"] != size:
            raise ValueError(
                f"{where} is of {saved['size']!r:.40} parameters, but this optimizer's group has {size}"
            )
        hypers.append(_hyper(optimizer, where, group, saved))
        _same_keys(where, numbers, own["state"][i])
        flats.append(
            {name: optimizer._flat(_column(where, name, numbers[name], size)) for name in numbers}
        )
    for group, hyper in zip(optimizer.param_groups, hypers, strict=True):
        group.update(hyper)
    optimizer._state = flats
    optimizer.steps = steps
    optimizer.clip_value, optimizer.clip_norm = clip_value, clip_norm


def _hyper(
    optimizer: Any, where: str, group: Mapping[str, Any], saved: Mapping[str, Any]
) -> dict[str, Any]:
    scheduled = callable(group[LR])
    if (saved[LR] is None) != scheduled:
        here, there = ("has", "has not") if scheduled else ("has not", "has")
        raise ValueError(
            f"{where} {there} a schedule for lr and this optimizer {here}; schedules are not "
            f"saved, so make the optimizer with the same one"
        )
    hyper = {
        name: optimizer._checked_hyper(name, tuple(x) if isinstance(x, list) else x)
        for name, x in saved.items()
        if name != "size" and x is not None
    }
    optimizer._check_together({**group, **hyper})
    return hyper


def floats(flat: Flat) -> list[float]:
    result: list[float] = flat if isinstance(flat, list) else flat.tolist()
    return result


def _plain(hyper: Any) -> Any:
    if callable(hyper):
        return None
    return list(hyper) if isinstance(hyper, tuple) else hyper


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
