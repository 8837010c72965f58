"""Architectures as data: the class and arguments of a model, and the model of a description.

>>> from nn import Linear, Sequential
>>> description = config_of(Sequential(Linear(2, 1), "tanh"))
>>> description["layers"][0]
{'type': 'Linear', 'nin': 2, 'nout': 1, 'bias': True}
>>> rebuild(description)
Sequential(Linear(2, 1), Activation('tanh'))
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from nn import activations
from nn.modules import (
    dropout,
    embedding,
    layers,
    linear,
    normalising,
    recurrent,
    sequential,
    shaping,
)
from nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OWN: dict[str, type[Module]] = {
    name: kind
    for module in (
        layers,
        linear,
        sequential,
        dropout,
        embedding,
        recurrent,
        normalising,
        shaping,
        activations,
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Module) and not name.startswith("_")
    if kind.__module__ == module.__name__
}


def config_of(model: Module) -> dict[str, Any] | None:
    """The class's name as ``type`` and its arguments, those that are modules likewise; None if unknown."""
    config = model.config()
    if config is None:
        return None
    described: dict[str, Any] = {"type": type(model).__name__}
    for key, value in config.items():
        if isinstance(value, Module):
            described[key] = config_of(value)
            if described[key] is None:
                return None
        elif isinstance(value, list) and any(isinstance(item, Module) for item in value):
            described[key] = [config_of(item) for item in value]
            if None in described[key]:
                return None
        else:
            described[key] = value
    return described


def rebuild(
    config: dict[str, Any], types: Iterable[type[Module]] = (), most: int | None = None
) -> Module:
    """A module of the architecture that :func:`config_of` described, its numbers yet to be loaded.

    Args:
        config: the description.
        types: classes it may name beside those of :mod:`nn`.
        most: how many parameters the layers of :mod:`nn` may have in all; found out before any is made, since a
            description of a few bytes may ask for any number of them.

    Raises:
        ValueError: if it names another class, is no description, or asks for more parameters.
        TypeError: if a class does not take the arguments.
    """
    known = _OWN | {kind.__name__: kind for kind in types}
    if most is not None and (asked := _parameters(config, known)) > most:
        raise ValueError(f"it asks for {asked} parameters, and there are {most} numbers for them")
    before = random.getstate()
    try:
        return _build(config, known)
    finally:
        random.setstate(before)  # what the layers drew was for nothing, and nobody's business


def _build(config: Any, known: Mapping[str, type[Module]]) -> Module:
    name = config.get("type") if isinstance(config, dict) else None
    if name is None:
        raise ValueError(f"this describes no architecture: {config!r:.60}")
    if name not in known:
        raise ValueError(
            f"the class {name} is not one of nn's; pass it as types=[{name}], or make the model and "
            f"call load_into"
        )
    arguments: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict) and "type" in value:
            arguments[key] = _build(value, known)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            arguments[key] = [_build(item, known) for item in value]
        elif key != "type":
            arguments[key] = value
    return known[name].from_config(arguments)


def _parameters(config: Any, known: Mapping[str, type[Module]]) -> int:
    """How many parameters the layers of :mod:`nn` in a description have.

    Raises:
        TypeError, ValueError: if a size is no whole number from 1.
    """
    if isinstance(config, list):
        return sum(_parameters(item, known) for item in config if isinstance(item, list | dict))
    if not isinstance(config, dict):
        return 0
    total = sum(_parameters(value, known) for value in config.values())
    name = config.get("type")
    if isinstance(name, str) and name in known and known[name] is _OWN.get(name):
        total += known[name].asks_for(config)
    return total


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """What differs between two descriptions, for a message; empty if the models compute the same."""
    ours, theirs = _essence(ours), _essence(theirs)
    return ", ".join(
        f"{key}: {theirs.get(key)!r:.80} there, {ours.get(key)!r:.80} here"
        for key in {**ours, **theirs}
        if ours.get(key) != theirs.get(key)
    )


def _essence(config: Any) -> Any:
    """A description without what does not change what the model computes."""
    if isinstance(config, dict):
        return {key: _essence(value) for key, value in config.items() if key != "seed"}
    return [_essence(value) for value in config] if isinstance(config, list) else config
