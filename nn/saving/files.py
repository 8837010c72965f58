"""Models on disk: JSON, or safetensors by the file's suffix; never pickle, so that loading runs no code.

A file holds the state (:meth:`nn.Module.state_dict`), the architecture where the model can tell it, the
optimizer's state if there is one, and notes. Numbers come back bit for bit, nan and infinities included.

A JSON file is one object: ``format`` ("valuegrad"), ``version``, ``state``, ``config``, ``optimizer``, ``notes``, with
``{"float": "nan"}`` for what JSON has no number for. A safetensors file has the state as float64 tensors and
the rest, as JSON, in its metadata.

>>> import tempfile, pathlib
>>> from nn import MLP
>>> model = MLP(2, [3, 1], activation="tanh", seed=0)
>>> with tempfile.TemporaryDirectory() as folder:
...     path = pathlib.Path(folder) / "model.json"
...     save(path, model)
...     again = load(path)
>>> again, again([1.0, 2.0]).data == model([1.0, 2.0]).data
(MLP(2, [3, 1], activation='tanh'), True)
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.files import write_atomically
from nn.modules.module import Module
from nn.modules.state import flatten

from .architecture import compare, config_of, rebuild

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Protocol

    from nn.modules.state import State

    PathLike = str | os.PathLike[str]

    class Stateful(Protocol):
        """Anything with a state, such as an optimizer."""

        def state_dict(self) -> Mapping[str, Any]: ...
        def load_state_dict(self, state: Any, /) -> Any: ...


FORMAT = "valuegrad"
VERSION = 1

DEEPEST = 100
"""How deep lists and dicts may be nested in a file, so that whoever walks them need not fear for the stack."""


_MISFITS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What classes and optimizers raise that are given another's arguments or state."""


class SavedModel(NamedTuple):
    """What a file holds.

    Attributes:
        state: the model's numbers, as of ``state_dict()``.
        config: the architecture: the class's name as ``type`` and its arguments; None if it was not known.
        optimizer: the optimizer's state, or None.
        notes: whatever else was saved.
    """

    state: State
    config: dict[str, Any] | None = None
    optimizer: dict[str, Any] | None = None
    notes: dict[str, Any] | None = None


def save(
    path: PathLike,
    model: Module,
    *,
    optimizer: Stateful | Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Save a model, whole or not at all: a file that was there is replaced only when the new one is complete.

    Args:
        path: where to; the suffix, ``.json`` or ``.safetensors``, says how.
        model: the model.
        optimizer: an optimizer or its ``state_dict()``, to go on from where training was.
        notes: anything else worth keeping, of JSON's types (class names, the scaling of the inputs...).

    Raises:
        ValueError: if the suffix is another, or something is nested deeper than a file may be.
        TypeError: if something is not of JSON's types; the message says what and where.
        ImportError: if safetensors is wanted and not installed.
        OSError: if the file cannot be written.
    """
    if isinstance(path, Module):
        raise TypeError("save takes the path first: nn.save(path, model)")
    suffix = _suffix(path)
    if not isinstance(model, Module):
        raise TypeError(f"save needs a Module, not {type(model).__name__}")
    if optimizer is not None and not isinstance(optimizer, Mapping):
        optimizer = optimizer.state_dict()
    saved = SavedModel(
        state=model.state_dict(),
        config=config_of(model),
        optimizer=None if optimizer is None else dict(optimizer),
        notes=None if notes is None else dict(notes),
    )
    write = _to_json if suffix == ".json" else _to_safetensors
    write_atomically(path, write(saved))


def load(path: PathLike, types: Iterable[type[Module]] = ()) -> Module:
    """The model in a file, rebuilt with its architecture and numbers.

    Args:
        path: the file.
        types: classes of your own whose ``config()`` gives their arguments, beside those of :mod:`nn`.

    Raises:
        ValueError: if the file is damaged, of another kind, or of an architecture that cannot be rebuilt.
        OSError: if there is no such file.
    """
    saved = read(path)
    if saved.config is None:
        raise ValueError(
            f"{path} holds numbers without an architecture: make the model as it was made then, "
            f"and call load_into(path, model)"
        )
    try:
        # A description is small whatever it asks for; what is built must be no larger than the file.
        held = sum(1 for entry in saved.state.values() for _ in flatten(entry))
        model = rebuild(saved.config, types, most=held)
        model.load_state_dict(saved.state)
    except _MISFITS as error:
        raise ValueError(f"cannot rebuild the model in {path}: {error}") from error
    return model


def load_into(path: PathLike, model: Module, optimizer: Stateful | None = None) -> SavedModel:
    """Set a model's numbers, and an optimizer's, to those in a file; all of them or, if anything is wrong, none.

    Args:
        path: the file.
        model: a model of the same architecture.
        optimizer: an optimizer of the same kind, if its state is wanted too.

    Returns:
        What the file holds.

    Raises:
        ValueError: if the file is damaged or of another kind; if anything is missing, extra or of another shape,
            naming all of it; if the architectures differ; if the optimizer's state is wanted and is not there or does
            not fit.
        OSError: if there is no such file.
    """
    saved = read(path)
    own = config_of(model)
    if own is not None and saved.config is not None:
        differences = compare(own, saved.config)
        if differences:
            raise ValueError(
                f"{path} holds another architecture ({differences}); the model was left as it was. If "
                f"that is meant, model.load_state_dict(nn.saving.read(path).state) loads numbers alone"
            )
    try:
        plan = model.state_plan(saved.state)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if optimizer is not None:
        if saved.optimizer is None:
            raise ValueError(f"{path} was saved without an optimizer's state")
        try:
            optimizer.load_state_dict(saved.optimizer)
        except _MISFITS as error:
            raise ValueError(f"{path}: {error}") from error
    plan.carry_out()  # last, since it cannot fail
    return saved


def read(path: PathLike) -> SavedModel:
    """What a file holds, as plain data, for any use.

    Raises:
        ValueError: if the file is damaged or of another kind.
        ImportError: if it is a safetensors file and that library is not installed.
        OSError: if there is no such file.
    """
    suffix = _suffix(path)
    content = Path(path).read_bytes()
    return (_from_json if suffix == ".json" else _from_safetensors)(path, content)


def _suffix(path: PathLike) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in (".json", ".safetensors"):
        raise ValueError(f"{path}: the suffix must be .json or .safetensors, not {suffix!r}")
    return suffix


# --- JSON ------------------------------------------------------------------------------------

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _to_json(saved: SavedModel) -> bytes:
    lines = [f'"format": "{FORMAT}"', f'"version": {VERSION}']
    for key in ("config", "optimizer", "notes"):
        lines.append(f'"{key}": {_dumps(getattr(saved, key), key)}')
    entries = [f"{json.dumps(name)}: {_dumps(entry, name)}" for name, entry in saved.state.items()]
    lines.append('"state": {\n' + ",\n".join(entries) + "}")  # a line an entry, for diffs
    return ("{" + ",\n".join(lines) + "}\n").encode()


def _dumps(tree: Any, where: str) -> str:
    return json.dumps(_encode(tree, where), allow_nan=False)


def _from_json(path: PathLike, content: bytes) -> SavedModel:
    try:
        document = _loads(content)
    except ValueError as error:
        raise ValueError(f"{path} is damaged or no JSON file: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path} is JSON, but no model saved by valuegrad")
    return _saved_model(path, document)


def _saved_model(path: PathLike, document: dict[str, Any]) -> SavedModel:
    """A document's parts, checked."""
    version = document.get("version")
    if version != VERSION:
        raise ValueError(
            f"{path} has version {version!r} of the format, and this valuegrad reads version {VERSION}"
        )
    parts: dict[str, Any] = {
        key: document.get(key) for key in ("state", "config", "optimizer", "notes")
    }
    for key, part in parts.items():
        if not isinstance(part, dict) and (part is not None or key == "state"):
            raise ValueError(f"{path} is damaged: its {key} is {part!r:.40}")
    return SavedModel(**parts)


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


def _loads(text: str | bytes) -> Any:
    """What :func:`_dumps` wrote.

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


# --- safetensors -----------------------------------------------------------------------------


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "files with the suffix .safetensors need the library: pip install safetensors (or save "
            "as .json, which needs none)"
        ) from None
    return safetensors


def _to_safetensors(saved: SavedModel) -> bytes:
    library = _library()
    import numpy as np

    tensors = {name: np.array(entry, dtype=float) for name, entry in saved.state.items()}
    metadata = {"format": FORMAT, "version": str(VERSION)}
    for key in ("config", "optimizer", "notes"):
        metadata[key] = _dumps(getattr(saved, key), key)
    content: bytes = library.numpy.save(tensors, metadata)
    return content


def _from_safetensors(path: PathLike, content: bytes) -> SavedModel:
    library = _library()
    try:
        tensors = library.numpy.load(content)
        # The library reads metadata from files only; by its format a length and a JSON header come first.
        header = _loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header.get("__metadata__", {})
        if metadata.get("format") != FORMAT:  # what another library has to say
            metadata = {"version": str(VERSION)}
        parts = {
            key: _loads(metadata.get(key, "null"))
            for key in ("version", "config", "optimizer", "notes")
        }
    except KeyError as error:  # what the library says of a type that NumPy has not
        raise _unreadable(path, error.args[0]) from None
    except (library.SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged or no safetensors file: {error}") from None
    for tensor in tensors.values():
        if tensor.dtype.kind not in "fiub":
            raise _unreadable(path, tensor.dtype)
    # A tensor without numbers takes no bytes, whatever its shape, and any number of empty lists.
    empty = sum(
        max(accumulate(tensor.shape[:-1], operator.mul), default=0)
        for tensor in tensors.values()
        if tensor.size == 0
    )
    if empty > len(content):
        raise ValueError(
            f"{path} is damaged: it is of {len(content)} bytes and {empty} empty lists"
        )
    state = {name: tensor.astype(float).tolist() for name, tensor in tensors.items()}
    return _saved_model(path, {"state": state, **parts})


def _unreadable(path: PathLike, dtype: Any) -> ValueError:
    return ValueError(f"{path} holds numbers of type {dtype}; convert them to float64 or float32")
