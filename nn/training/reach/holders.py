"""What holds other things and may be changed in place: how to read all that it holds, and how to put it back.

What is read is a flat list, of things that are compared by identity, or numbers and text that are compared as such.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import random
import sys
from array import array
from collections import deque
from operator import is_
from types import CellType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value
from nn.modules.noise import Noisy
from nn.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable


class Holder(NamedTuple):
    """A kind of thing that holds others."""

    read: Callable[[Any], list[Any]]
    write: Callable[[Any, list[Any]], None]
    inside: bool = True
    """Whether what is read may hold things itself."""
    names: tuple[str, ...] = ()
    """What is read is called, where that is known beforehand."""


MISSING = object()

ATOMS = (float, int, str, bool, type(None), bytes, complex, range, slice)
"""What is never changed, and compared as such."""

_OURS = {Optimizer: {"steps", "_state", "_parameters"}, Noisy: {"calls"}}
"""What a training step changes by itself."""


def same(a: list[Any], b: list[Any]) -> bool:
    """Whether two readings are of the same things."""
    if len(a) != len(b):
        return False
    return all(map(is_, a, b)) or all(x is y or _alike(x, y) for x, y in zip(a, b, strict=True))


def _alike(x: Any, y: Any) -> bool:
    if type(x) is not type(y):
        return False
    if isinstance(x, tuple):
        return same(list(x), list(y))
    if isinstance(x, float):
        return x == y if x and y else repr(x) == repr(y)  # nan, and the sign of a zero
    return isinstance(x, ATOMS) and bool(x == y)


def attributes(x: Any) -> dict[str, Any]:
    """The attributes of an object, without those that training changes by itself."""
    skipped = _skipped(type(x))  # type: ignore[arg-type]
    own: dict[str, Any] = x.__dict__
    if not skipped:
        return own
    return {name: inner for name, inner in own.items() if name not in skipped}


@functools.lru_cache(maxsize=1024)
def _skipped(kind: type[Any]) -> frozenset[str]:
    return frozenset().union(*(names for base, names in _OURS.items() if issubclass(kind, base)))


def _read_attributes(x: Any) -> list[Any]:
    return _read_dict(attributes(x))


def _write_attributes(x: Any, parts: list[Any]) -> None:
    own = vars(x)
    for name in list(attributes(x)):
        del own[name]
    half = len(parts) // 2
    own.update(zip(parts[:half], parts[half:], strict=True))


def _read_dict(x: dict[Any, Any]) -> list[Any]:
    return [*dict.keys(x), *dict.values(x)]


def _write_dict(x: dict[Any, Any], parts: list[Any]) -> None:
    half = len(parts) // 2
    dict.clear(x)
    dict.update(x, zip(parts[:half], parts[half:], strict=True))


def _write_list(x: list[Any], parts: list[Any]) -> None:
    x[:] = parts


def _write_set(x: Any, parts: list[Any]) -> None:
    x.clear()
    x.update(parts)


def _write_deque(x: Any, parts: list[Any]) -> None:
    x.clear()
    x.extend(parts)


def _read_cell(x: Any) -> list[Any]:
    try:
        return [x.cell_contents]
    except ValueError:  # empty as yet
        return []


def _write_cell(x: Any, parts: list[Any]) -> None:
    if parts:
        x.cell_contents = parts[0]
    else:
        del x.cell_contents


def _read_value(x: Any) -> list[Any]:
    return [x.data]


def _write_value(x: Any, parts: list[Any]) -> None:
    if x.primitive is None:
        x.data = parts[0]


def _read_class(x: type[Any]) -> list[Any]:
    return _read_dict({k: v for k, v in vars(x).items() if not k.startswith(("__", "_abc_"))})


def _write_class(x: type[Any], parts: list[Any]) -> None:
    half = len(parts) // 2
    before = dict(zip(parts[:half], parts[half:], strict=True))
    now = _read_class(x)
    for name in set(now[: len(now) // 2]) - set(before):
        delattr(x, name)
    for name, value in before.items():
        if vars(x).get(name, MISSING) is not value:
            setattr(x, name, value)


def _read_bytes(x: Any) -> list[Any]:
    return [bytes(x)]


def _read_array(x: Any) -> list[Any]:
    return [x.tobytes()]


def _write_array(x: Any, parts: list[Any]) -> None:
    x[:] = array(x.typecode, parts[0])


def _read_buffer(x: Any) -> list[Any]:
    return [memoryview(x).tobytes()]


def _write_buffer(x: Any, parts: list[Any]) -> None:
    import ctypes

    (ctypes.c_char * len(parts[0])).from_buffer(x)[:] = parts[0]


def _read_generator(x: Any) -> list[Any]:
    return [pickle.dumps(x.getstate())]


def _write_generator(x: Any, parts: list[Any]) -> None:
    x.setstate(pickle.loads(parts[0]))  # noqa: S301 (written above)


DICT = Holder(_read_dict, _write_dict)
ATTRIBUTES = Holder(_read_attributes, _write_attributes)
CLASS = Holder(_read_class, _write_class)
BUFFER = Holder(_read_buffer, _write_buffer, inside=False)
CELL = Holder(_read_cell, _write_cell)
VALUE = Holder(_read_value, _write_value, inside=False)

_KINDS: list[tuple[type[Any], Holder]] = [
    (dict, DICT),
    (list, Holder(list, _write_list)),
    (set, Holder(list, _write_set)),
    (deque, Holder(list, _write_deque)),
    (CellType, CELL),
    (Value, VALUE),
    (bytearray, Holder(_read_bytes, lambda x, parts: x.__setitem__(slice(None), parts[0]))),
    (array, Holder(_read_array, _write_array, inside=False)),
    (random.SystemRandom, Holder(lambda _: [], lambda _, __: None, inside=False)),
    (random.Random, Holder(_read_generator, _write_generator, inside=False)),
]


def holder_of(x: Any) -> Holder | None:
    """How to read and write something that holds others; None if it is nothing of the kind."""
    holder = _holder_of(type(x))  # type: ignore[arg-type]
    return _NUMPY_OBJECTS if holder is _NUMPY_NUMBERS and x.dtype.hasobject else holder


@functools.lru_cache(maxsize=1024)
def _holder_of(kind: type[Any]) -> Holder | None:
    for base, holder in _KINDS:
        if issubclass(kind, base):
            return holder
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if issubclass(kind, numpy.ndarray):
        return _NUMPY_NUMBERS
    if issubclass(kind, (numpy.random.RandomState, numpy.random.Generator)):
        return _NUMPY_GENERATOR
    return _NUMPY_BITS if issubclass(kind, numpy.random.BitGenerator) else None


def _write_numbers(x: Any, parts: list[Any]) -> None:
    import numpy as np

    with contextlib.suppress(ValueError):  # one that cannot be written has not been
        x[...] = np.frombuffer(parts[0], x.dtype).reshape(x.shape)


def _write_objects(x: Any, parts: list[Any]) -> None:
    for i, part in enumerate(parts):
        x.flat[i] = part


def _bits(x: Any) -> Any:
    bits = getattr(x, "bit_generator", None)
    return x._bit_generator if bits is None else bits


def _write_bits(x: Any, parts: list[Any]) -> None:
    x.state = pickle.loads(parts[0])  # noqa: S301 (written below)


_NUMPY_NUMBERS = Holder(_read_array, _write_numbers, inside=False)
_NUMPY_OBJECTS = Holder(lambda x: list(x.flat), _write_objects)
_NUMPY_BITS = Holder(lambda x: [pickle.dumps(x.state)], _write_bits, inside=False)
_NUMPY_GENERATOR = Holder(
    lambda x: _NUMPY_BITS.read(_bits(x)),
    lambda x, parts: _write_bits(_bits(x), parts),
    inside=False,
)


@functools.lru_cache(maxsize=1024)
def slots(names: tuple[str, ...]) -> Holder:
    """The attributes of some names, where they are in slots."""

    def write(x: Any, parts: list[Any]) -> None:
        for name, part in zip(names, parts, strict=True):
            if part is not MISSING:
                object.__setattr__(x, name, part)
            elif hasattr(x, name):
                object.__delattr__(x, name)

    return Holder(lambda x: [getattr(x, name, MISSING) for name in names], write, names=names)


def globals_of(names: tuple[str, ...]) -> Holder:
    """The globals of some names, in the dict of a module."""

    def write(x: dict[str, Any], parts: list[Any]) -> None:
        for name, part in zip(names, parts, strict=True):
            if part is not MISSING:
                x[name] = part
            else:
                x.pop(name, None)

    return Holder(lambda x: [x.get(name, MISSING) for name in names], write, names=names)
