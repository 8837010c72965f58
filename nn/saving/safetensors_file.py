"""A model as a safetensors file."""

from __future__ import annotations

import operator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from .document import FORMAT, PARTS, VERSION, SavedModel, checked, dumps, loads

if TYPE_CHECKING:
    from .document import PathLike


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "files with the suffix .safetensors need the library: pip install safetensors (or save "
            "as .json, which needs none)"
        ) from None
    return safetensors


def write(saved: SavedModel) -> bytes:
    """The file's content.

    Raises:
        ImportError: if the library is not installed.
    """
    library = _library()
    import numpy as np

    tensors = {name: np.array(entry, dtype=float) for name, entry in saved.state.items()}
    metadata = {"format": FORMAT, "version": str(VERSION)}
    for key in PARTS:
        metadata[key] = dumps(getattr(saved, key), key)
    content: bytes = library.numpy.save(tensors, metadata)
    return content


def read(path: PathLike, content: bytes) -> SavedModel:
    """What a file holds; one of another library has a state alone.

    Raises:
        ValueError: if it is damaged, or of numbers that are no floats of ours.
        ImportError: if the library is not installed.
    """
    library = _library()
    try:
        tensors = library.numpy.load(content)
        # The library reads metadata from files only; by its format a length and a JSON header come first.
        header = loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header.get("__metadata__", {})
        if metadata.get("format") != FORMAT:  # what another library has to say
            metadata = {"version": str(VERSION)}
        parts = {key: loads(metadata.get(key, "null")) for key in ("version", *PARTS)}
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
    return checked(path, {"state": state, **parts})


def _unreadable(path: PathLike, dtype: Any) -> ValueError:
    return ValueError(f"{path} holds numbers of type {dtype}; convert them to float64 or float32")
