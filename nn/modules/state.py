"""States (``state_dict()``): numbers by name, and checking them before anything changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.reals import is_real, real

if TYPE_CHECKING:
    from collections.abc import Iterator

State = dict[str, Any]
"""Numbers by name; each entry is a number or a list (of equally long lists...) of numbers."""


class Buffer(NamedTuple):
    """An attribute of a module that is part of its state without being trained."""

    module: Any
    attribute: str


def flatten(entry: Any) -> Iterator[Any]:
    """What a nested list holds, in order; a bare thing by itself.

    >>> list(flatten([[1, 2], [3]])), list(flatten(4))
    ([1, 2, 3], [4])
    """
    if isinstance(entry, (list, tuple)):
        for inner in entry:
            yield from flatten(inner)
    else:
        yield entry


def numbers(entry: Any) -> Any:
    """The numbers of an entry (a parameter, a nested list of parameters or a buffer), in the same lists."""
    if isinstance(entry, Buffer):
        return _copied(getattr(entry.module, entry.attribute))
    if isinstance(entry, (list, tuple)):
        return [numbers(inner) for inner in entry]
    return entry.data


def shape_of(entry: Any) -> tuple[int, ...]:
    """The shape of nested lists of numbers, () for a number.

    Raises:
        ValueError: if it is anything else; the message says what.

    >>> shape_of([[1, 2, 3], [4, 5, 6]])
    (2, 3)
    """
    if isinstance(entry, (list, tuple)):
        shapes = {shape_of(inner) for inner in entry}
        if len(shapes) > 1:
            raise ValueError("a list whose parts differ in shape")
        return (len(entry), *(shapes.pop() if shapes else ()))
    if not is_real(entry):
        raise ValueError(f"a {type(entry).__name__}")
    return ()


class Misfits(NamedTuple):
    """What a state lacks of a module's entries, and what it has besides."""

    missing: list[str]
    extra: list[str]


class Plan:
    """Assignments that have been checked and only wait to be carried out."""

    def __init__(self, misfits: Misfits) -> None:
        self.misfits = misfits
        self.parameters: dict[int, tuple[Any, float]] = {}
        self.buffers: list[tuple[Buffer, Any]] = []

    def carry_out(self) -> None:
        for parameter, number in self.parameters.values():
            parameter.data = number
        for buffer, value in self.buffers:
            setattr(buffer.module, buffer.attribute, value)


def plan(
    owner: str, entries: dict[str, Any], state: Mapping[str, Any], strict: bool = True
) -> Plan:
    """Check a state against the entries it is meant for.

    Args:
        owner: what the entries belong to, for messages.
        entries: parameters, nested lists of parameters and buffers by name.
        state: numbers by name; NumPy arrays and other objects with ``tolist()`` will do for lists.
        strict: whether entries that are missing or extra are an error.

    Raises:
        TypeError: if state is not a mapping.
        ValueError: if an entry is missing, extra or of another shape; the message lists all that is wrong.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"a state is a dict of numbers by name, not {type(state).__name__}")
    problems = []
    missing = [name for name in entries if name not in state]
    extra = [str(name) for name in state if name not in entries]
    if missing and strict:
        problems.append(f"missing: {_listed(missing)}")
    if extra and strict:
        problems.append(f"extra: {_listed(extra)}")
    result = Plan(Misfits(missing, extra))
    for name, entry in entries.items():
        if name not in state:
            continue
        value = state[name].tolist() if hasattr(state[name], "tolist") else state[name]
        wanted = shape_of(numbers(entry))
        try:
            shape = shape_of(value)
        except ValueError as error:
            problems.append(f"{name} has shape {wanted}, and the state has {error}")
            continue
        if shape != wanted:
            problems.append(f"{name} has shape {wanted}, and the state has shape {shape}")
        elif isinstance(entry, Buffer):
            result.buffers.append((entry, _copied(value)))
        else:
            for parameter, number in zip(flatten(entry), flatten(value), strict=True):
                try:
                    data = real(number, name)
                except OverflowError as error:
                    problems.append(str(error))
                    break
                _, other = result.parameters.setdefault(id(parameter), (parameter, data))
                if data != other and not (math.isnan(data) and math.isnan(other)):
                    problems.append(f"{name} shares a parameter that the state gives two numbers")
    if problems:
        raise ValueError(
            f"this state does not fit {owner}, which was left as it was; " + "; ".join(problems)
        )
    return result


def _copied(value: Any) -> Any:
    return [_copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _listed(names: list[str], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
