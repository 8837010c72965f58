"""Models on disk: JSON, or safetensors by the file's suffix; never pickle, so that loading runs no code.

A file holds the state (:meth:`nn.Module.state_dict`), the architecture where the model can tell it, the
optimizer's state if there is one, and notes. Numbers come back bit for bit, nan and infinities included.

A JSON file is one object: ``format`` ("valuegrad"), ``version``, ``state``, ``config``, ``optimizer``, ``notes``, ``class_names``, with
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

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.files import write_atomically
from nn.modules.module import Module
from nn.modules.state import flatten

from . import json_file, safetensors_file
from .architecture import compare, config_of, rebuild
from .document import SavedModel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from .document import PathLike

    class Stateful(Protocol):
        """Anything with a state, such as an optimizer."""

        def state_dict(self) -> Mapping[str, Any]: ...
        def load_state_dict(self, state: Any, /) -> Any: ...


_MISFITS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What classes and optimizers raise that are given another's arguments or state."""


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

    >>> import tempfile
    >>> import nn
    >>> net = nn.MLP(2, [8, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/net.json", net, notes={"trained": "not at all"})
    ...     again = nn.load(f"{folder}/net.json")
    >>> again.state_dict() == net.state_dict()
    True
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
        class_names=list(model.class_names) or None,
    )
    write_atomically(path, _KINDS[suffix].write(saved))


def load(path: PathLike, types: Iterable[type[Module]] = ()) -> Module:
    """The model in a file, rebuilt with its architecture and numbers.

    Args:
        path: the file.
        types: classes of your own whose ``config()`` gives their arguments, beside those of :mod:`nn`.

    Raises:
        ValueError: if the file is damaged, of another kind, or of an architecture that cannot be rebuilt.
        OSError: if there is no such file.

    >>> import tempfile
    >>> import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/net.json", nn.MLP(2, [8, 1], activation="tanh", seed=0))
    ...     nn.load(f"{folder}/net.json")
    MLP(2, [8, 1], activation='tanh')
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
        _name(model, saved)
    except _MISFITS as error:
        raise ValueError(f"cannot rebuild the model in {path}: {error}") from error
    return model


def load_into(
    path: PathLike, model: Module, optimizer: Stateful | None = None, *, strict: bool = True
) -> SavedModel:
    """Set a model's numbers, and an optimizer's, to those in a file; all of them or, if anything is wrong, none.

    A safetensors file that PyTorch wrote (``safetensors.torch.save_file(model.state_dict(), path)``) will do:
    :class:`nn.Linear`, :class:`nn.Sequential`, the recurrent modules, the embedding and the norms have its names and shapes.

    Args:
        path: the file.
        model: a model of the same architecture.
        optimizer: an optimizer of the same kind, if its state is wanted too.
        strict: False takes the numbers that the file has under a name of the model's, whatever the architectures;
            ``model.load_state_dict(read(path).state, strict=False)`` does so too, and tells what did not fit.

    Returns:
        What the file holds.

    Raises:
        ValueError: if the file is damaged or of another kind; if anything is missing, extra or of another shape,
            naming all of it; if the architectures differ; if the optimizer's state is wanted and is not there or does
            not fit.
        OSError: if there is no such file.

    >>> import tempfile
    >>> import nn
    >>> net, other = nn.MLP(2, [1], seed=0), nn.MLP(2, [1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/net.json", net)
    ...     saved = nn.load_into(f"{folder}/net.json", other)
    >>> other.state_dict() == net.state_dict()
    True
    """
    saved = read(path)
    own = config_of(model)
    if strict and own is not None and saved.config is not None:
        differences = compare(own, saved.config)
        if differences:
            raise ValueError(
                f"{path} holds another architecture ({differences}); the model was left as it was. If "
                f"that is meant, model.load_state_dict(nn.saving.read(path).state) loads numbers alone"
            )
    try:
        plan = model.state_plan(saved.state, strict)
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
    _name(model, saved)
    return saved


def read(path: PathLike) -> SavedModel:
    """What a file holds, as plain data, for any use.

    Raises:
        ValueError: if the file is damaged or of another kind.
        ImportError: if it is a safetensors file and that library is not installed.
        OSError: if there is no such file.

    >>> import tempfile
    >>> import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/net.json", nn.MLP(2, [1], seed=0), notes={"by": "me"})
    ...     nn.saving.read(f"{folder}/net.json").notes
    {'by': 'me'}
    """
    suffix = _suffix(path)
    content = Path(path).read_bytes()
    found: SavedModel = _KINDS[suffix].read(path, content)
    return found


def _name(model: Module, saved: SavedModel) -> None:
    if saved.class_names is not None:
        model.class_names = saved.class_names


_KINDS: dict[str, Any] = {".json": json_file, ".safetensors": safetensors_file}


def _suffix(path: PathLike) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in _KINDS:
        raise ValueError(f"{path}: the suffix must be .json or .safetensors, not {suffix!r}")
    return suffix
