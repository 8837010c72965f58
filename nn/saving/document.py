"""What a model's file holds, whatever its kind: its parts, checked, and the data that it can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import os

    from nn.modules.state import State

    PathLike = str | os.PathLike[str]

FORMAT = "valuegrad"
VERSION = 1

DEEPEST = 100
"""How deep lists and dicts may be nested in a file, so that whoever walks them need not fear for the stack."""


class SavedModel(NamedTuple):
    """What a file holds.

    Attributes:
        state: the model's numbers, as of ``state_dict()``.
        config: the architecture: the class's name as ``type`` and its arguments; None if it was not known.
        optimizer: the optimizer's state, or None.
        notes: whatever else was saved.
        class_names: the names of the classes that the outputs are scores of, or None.

    >>> import tempfile
    >>> import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/net.json", nn.Linear(2, 1, seed=0))
    ...     saved = nn.saving.read(f"{folder}/net.json")
    >>> saved.config["type"], sorted(saved.state)
    ('Linear', ['bias', 'weight'])
    """

    state: State
    config: dict[str, Any] | None = None
    optimizer: dict[str, Any] | None = None
    notes: dict[str, Any] | None = None
    class_names: list[str] | None = None


PARTS = ("config", "optimizer", "notes", "class_names")
"""What a file has beside its state."""


def checked(path: PathLike, document: dict[str, Any]) -> SavedModel:
    """A document's parts, checked."""
    version = document.get("version")
    if version != VERSION:
        raise ValueError(
            f"{path} has version {version!r} of the format, and this valuegrad reads version {VERSION}"
        )
    parts: dict[str, Any] = {key: document.get(key) for key in ("state", *PARTS)}
    names = parts["class_names"]
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise ValueError(f"{path} is damaged: its class_names are {names!r:.40}")
    for key, part in parts.items():
        if key == "class_names":
            continue
        if not isinstance(part, dict) and (part is not None or key == "state"):
            raise ValueError(f"{path} is damaged: its {key} is {part!r:.40}")
    return SavedModel(**parts)


# --- data as JSON --------------------------------------------------------------------------------

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def dumps(tree: Any, where: str) -> str:
    """Data as JSON.

    Raises:
        TypeError: if something is of another type than JSON's; the message says what and where.
        ValueError: if it is nested too deeply.
    """
    return json.dumps(_encode(tree, where), allow_nan=False)


def _encode(tree: Any, where: str, room: int = DEEPEST) -> Any:
    """Data as JSON's types, with nan and the infinities as {"float": name}.

    Raises:
        TypeError: if something is of another type.
        ValueError: if it is nested too deeply.
    """
    if tree is None or isinstance(tree, (str, bool, int)):
        return tree
    if isinstance(tree, float):
        return float(tree) if math.isfinite(tree) else {"float": str(float(tree))}
    if hasattr(tree, "tolist"):  # arrays and NumPy's numbers
        return _encode(tree.tolist(), where, room)
    if isinstance(tree, (list, tuple, Mapping)) and room == 0:
        raise ValueError(
            f"lists and dicts may be nested {DEEPEST} deep, and {where:.60}... is deeper"
        )
    if isinstance(tree, (list, tuple)):
        return [_encode(inner, f"{where}[{i}]", room - 1) for i, inner in enumerate(tree)]
    if isinstance(tree, Mapping):
        for key in tree:
            if not isinstance(key, str):
                raise TypeError(f"keys must be strings to be saved, and {where} has {key!r:.40}")
        return {key: _encode(inner, f"{where}[{key!r}]", room - 1) for key, inner in tree.items()}
    raise TypeError(
        f"{where} is a {type(tree).__name__}, which cannot be saved; numbers, strings, lists, dicts and "
        f"None can"
    )


def loads(text: str | bytes) -> Any:
    """What :func:`dumps` wrote.

    Raises:
        ValueError: if it is no JSON, is nested too deeply, or has an integer that Python does not read.
    """
    try:
        tree = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    return _decode(tree, DEEPEST + 3)  # the document, its state and {"float": "nan"} come on top


def _decode(tree: Any, room: int) -> Any:
    if isinstance(tree, (list, dict)) and room == 0:
        raise _too_deep()
    if isinstance(tree, list):
        if {list, dict}.isdisjoint(map(type, tree)):  # as most are, and long
            return tree
        return [_decode(inner, room - 1) for inner in tree]
    if isinstance(tree, dict):
        special = tree.get("float") if len(tree) == 1 else None
        if isinstance(special, str) and special in _SPECIAL:
            return _SPECIAL[special]
        return {key: _decode(inner, room - 1) for key, inner in tree.items()}
    return tree


def _too_deep() -> ValueError:
    return ValueError(f"lists and dicts are nested deeper than {DEEPEST}")
