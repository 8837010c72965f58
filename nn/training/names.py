"""Classes that are given by their names: numbered for training, and given back by predict."""

from __future__ import annotations

from typing import Any


def names_of(model: Any, y: Any, name: str = "y") -> list[str] | None:
    """The names that number targets: the model's or, if it has none yet, those that occur, sorted.

    Returns:
        None if the targets are not names.

    Raises:
        TypeError: if names and other things are mixed, or there is a model that cannot keep names.
    """
    listed = _listed(y)
    if not listed or not isinstance(listed[0], str):
        return None
    for i, target in enumerate(listed):
        if not isinstance(target, str):
            raise TypeError(
                f"{name}[0] is the str {listed[0]!r:.40} and {name}[{i}] is {target!r:.40}"
            )
    if not hasattr(model, "class_names"):
        raise TypeError(
            f"{name} has names of classes, which a Module keeps; number them for a "
            f"{type(model).__name__}"
        )
    return list(model.class_names) or sorted(set(listed))


def numbered(y: Any, names: list[str], name: str = "y") -> list[int]:
    """Targets by the places of their names.

    Raises:
        ValueError: if a name is none of them.
    """
    places = {known: place for place, known in enumerate(names)}
    listed = _listed(y)
    for i, target in enumerate(listed):
        if target not in places:
            raise ValueError(
                f"{name}[{i}] is {target!r:.40}, and the model's classes are {', '.join(names):.200}"
            )
    return [places[target] for target in listed]


def check(names: list[str], output: Any) -> None:
    """See that a model has an output for each name.

    Raises:
        ValueError: if it has not.
    """
    outputs = len(output) if isinstance(output, list) else 1
    if outputs != len(names):
        raise ValueError(
            f"y has {len(names)} names of classes, and the model has {outputs} outputs; there must be "
            f"one for each"
        )


def named(outputs: list[Any], names: Any) -> list[str]:
    """The name of the class of the largest score, for each sample."""
    from nn.metrics import class_of

    return [names[class_of(output, "an output")] for output in outputs]


def _listed(y: Any) -> list[Any]:
    y = y.to_numpy() if hasattr(y, "to_numpy") else y
    y = y.tolist() if hasattr(y, "tolist") else y
    return list(y) if isinstance(y, (list, tuple)) else []
