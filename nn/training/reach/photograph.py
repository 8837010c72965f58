"""A photograph of all that a function can reach and that may change.

From a function one comes to its closure, its defaults, the globals that it names, and what these hold; from an object to its
attributes, its class and the methods there. Of a library's functions, those of ``nn`` and ``autograd`` among them, only
what they were given is looked at: they keep nothing to themselves that would change an answer.
"""

from __future__ import annotations

import datetime as dt
import functools
import numbers
import os
import random
import re
import sys
import types
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.primitives import TABLE, Primitive
from nn.optim.optimizer import Optimizer

from .holders import (
    ATOMS,
    ATTRIBUTES,
    BUFFER,
    CLASS,
    VALUE,
    Holder,
    globals_of,
    holder_of,
    same,
    slots,
)
from .libraries import is_library, root_of
from .naming import named, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 5_000_000
"""The most entries that are photographed."""

_BY_ANY_NAME = {"globals", "eval", "exec"}
"""By these, code comes to what it does not name."""
_OPAQUE = ("logging", "threading", "io", "_io", "tqdm", "warnings")
"""Libraries whose objects nobody computes with, but for a question now and then."""
_STILL = (
    *(
        numbers.Number,
        dt.date,
        dt.time,
        dt.timedelta,
        dt.tzinfo,
        re.Pattern,
    ),
    *(types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType),
    *(types.MethodDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType),
    *(types.MemberDescriptorType, types.CodeType, types.EllipsisType, types.GenericAlias),
    *(types.UnionType, types.NotImplementedType, weakref.ref),
)
"""What cannot be changed, though it has no attributes that would show it."""


class Photograph:
    """What functions can reach, as it is now.

    Args:
        roots: the functions, by what to call them.
        moving: the ids of Values whose numbers training changes by itself.

    Attributes:
        users: whether there is any code among it that is neither Python's nor a library's.
        opaque: whether there is something among it that cannot be seen into.
        unsteady: why it cannot be told whether something has changed; empty if it can.
        optimizers: the optimizers within reach.
        values: the ids of the Values within reach, but for rows of those that are moving.

    >>> __name__ = "__main__"  # a user's code, and not ours
    >>> weight = [1.0]
    >>> photograph = Photograph({"the loss": lambda o, t: weight[0] * (o - t) ** 2})
    >>> photograph.changes()
    []
    >>> weight[0] = 2.0
    >>> photograph.changes()
    ['weight[0] of the loss']
    >>> photograph.restore()
    >>> weight
    [1.0]
    """

    def __init__(
        self, roots: Mapping[str, Any], moving: frozenset[int] = frozenset(), *, _look: bool = False
    ) -> None:
        self._look = _look
        self.users = False
        self.opaque = False
        self.unsteady = ""
        self.optimizers: list[Optimizer] = []
        self.values: set[int] = set()
        self._moving = moving
        self._seen: dict[int, Any] = {}
        self._held: list[tuple[Any, Holder, list[Any], Any]] = []
        self._names: dict[int, tuple[dict[str, Any], set[str]]] = {}
        self._left = MOST
        self._waiting: list[tuple[Any, Any]] = [(x, (None, name)) for name, x in roots.items()]
        self._walk()
        if _look:
            return
        if self.users:
            for generator in _generators():
                self._waiting.append(
                    (generator, (None, "the state of the random module's generator"))
                )
            self._walk()
        for space, names in self._names.values():
            self._hold(space, globals_of(tuple(sorted(names))), (None, "the global "))

    def changes(self) -> list[str]:
        """What has changed, by names."""
        return [
            spoken(path, holder, before, holder.read(x))
            for x, holder, before, path in self._held
            if not same(before, holder.read(x))
        ]

    def changed(self) -> bool:
        """Whether anything has changed, or may have."""
        return self.opaque or any(
            not same(before, holder.read(x)) for x, holder, before, _ in self._held
        )

    def restore(self) -> None:
        """Put everything back."""
        for x, holder, before, _ in self._held:
            if not same(before, holder.read(x)):
                holder.write(x, before)

    # --- walking -----------------------------------------------------------------------------

    def _walk(self) -> None:
        waiting, seen = self._waiting, self._seen
        while waiting:
            x, path = waiting.pop()
            if isinstance(x, ATOMS) or id(x) in seen:
                continue
            seen[id(x)] = x
            self._visit(x, path)
            if self._look and self.users:
                return
            if self._left < 0:
                self.unsteady = f"more than {MOST} entries are within its reach"
                waiting.clear()

    def _hold(self, x: Any, holder: Holder, path: Any) -> list[Any]:
        parts = holder.read(x)
        if self._look:
            return parts
        self._left -= len(parts)
        self._held.append((x, holder, parts, path))
        return parts

    def _visit(self, x: Any, path: Any) -> None:
        if isinstance(x, Value):
            self.values.add(id(x))
            if id(x) not in self._moving and x.primitive is None:
                self._hold(x, VALUE, path)
            for operand in x.operands:
                self._waiting.append((operand, path))
            return
        holder = holder_of(x)
        if holder is not None:
            parts = self._hold(x, holder, path)
            if holder.inside:
                self._inside(x, parts, path)
        elif isinstance(x, (tuple, frozenset)):
            self._inside(x, list(x), path)
        elif isinstance(x, types.FunctionType):
            self._function(x, path)
            return
        elif isinstance(x, type):
            self._class(x, path)
            return
        elif isinstance(x, types.ModuleType):
            self._module(x, path)
            return
        else:
            self._other(x, path)
        if type(x).__module__ != "builtins":
            self._object(x, path)

    def _inside(self, x: Any, parts: list[Any], path: Any) -> None:
        kinds = set(map(type, parts))
        if kinds <= _ATOM_SET:
            return
        if all(issubclass(kind, Value) for kind in kinds) and self._moves(parts):
            return
        if isinstance(x, dict):
            half = len(parts) // 2
            for key, value in zip(parts[:half], parts[half:], strict=True):
                self._waiting.append((key, path))
                self._waiting.append((value, (path, f"[{key!r:.20}]")))
        elif isinstance(x, types.CellType):
            self._waiting += [(part, path) for part in parts]
        else:
            self._waiting += [(part, (path, f"[{i}]")) for i, part in enumerate(parts)]

    def _moves(self, row: list[Any]) -> bool:
        """Whether training moves all of a row of Values, as it does most rows."""
        return self._look or self._moving.issuperset(map(id, row))

    def _object(self, x: Any, path: Any) -> None:
        """The attributes of an object, and its class."""
        kind = type(x)
        names, opaque = _slotted(kind)  # type: ignore[arg-type]
        if opaque:
            self.opaque = True
            return
        if isinstance(x, Optimizer):
            self.optimizers.append(x)
        if isinstance(getattr(x, "__dict__", None), dict):
            parts = self._hold(x, ATTRIBUTES, path)
            half = len(parts) // 2
            for name, inner in zip(parts[:half], parts[half:], strict=True):
                if type(inner) not in _ATOM_SET:
                    self._waiting.append((inner, (path, f".{name}")))
        if names:
            parts = self._hold(x, slots(names), path)
            for name, inner in zip(names, parts, strict=True):
                self._waiting.append((inner, (path, f".{name}")))
        if id(kind) not in self._seen:
            self._waiting.append((kind, (path, "'s class")))

    def _class(self, x: type[Any], path: Any) -> None:
        if is_library(x):
            return
        self.users = True
        for base in x.__mro__:
            if not is_library(base):
                self._seen[id(base)] = base
                self._hold(base, CLASS, path)
                for name, inner in list(vars(base).items()):
                    if name not in {"__dict__", "__weakref__", "__annotations__", "__doc__"}:
                        self._waiting.append((inner, (path, f".{name}")))
        self._waiting.append((type(x), path))

    def _function(self, x: types.FunctionType, path: Any) -> None:
        names = x.__code__.co_freevars
        for name, cell in zip(names, x.__closure__ or (), strict=True):
            # A cell, and what it holds, by the name in the code.
            self._waiting.append((cell, (path, f"<{name}")))
        self._waiting.append((x.__defaults__, (path, "'s default")))
        self._waiting.append((x.__kwdefaults__, (path, "'s default")))
        if x.__dict__:
            self._hold(x, ATTRIBUTES, path)
            self._waiting += [(inner, (path, f".{name}")) for name, inner in vars(x).items()]
        if is_library(x):
            return
        self.users = True
        self._globals(x.__globals__, names_in(x.__code__), path)

    def _globals(self, space: dict[str, Any], names: frozenset[str], path: Any) -> None:
        """What some code names of a module's globals."""
        known = self._names.setdefault(id(space), (space, set()))[1]
        if not names.isdisjoint(_BY_ANY_NAME):
            names |= _public(space)
        for name in names - known:
            known.add(name)
            if name not in space:
                continue
            inner = space[name]
            if inner is os:
                if not names.isdisjoint(("environ", "environb", "getenv")):
                    self._waiting.append((os.environ, (path, "<environ")))
            elif not isinstance(inner, types.ModuleType):
                self._waiting.append((inner, (path, f"<{name}")))
            elif not is_library(inner):
                self._globals(vars(inner), names, path)

    def _module(self, x: types.ModuleType, path: Any) -> None:
        """A module that is handed over as a thing: what its own functions name is seen by them."""
        if not is_library(x):
            self._globals(vars(x), _public(vars(x)), path)

    def _other(self, x: Any, path: Any) -> None:
        """What holds others, and cannot be changed."""
        if isinstance(x, Primitive) and TABLE.get(x.name) is x:
            return  # a row of ours; one of a user's may read what changes
        if isinstance(x, types.MethodType):
            self._waiting += [(x.__self__, path), (x.__func__, path)]
        elif isinstance(x, functools.partial):
            self._waiting += [(x.func, path), (x.args, path), (x.keywords, path)]
        elif isinstance(x, (classmethod, staticmethod)):
            self._waiting.append((x.__func__, path))
        elif isinstance(x, property):
            self._waiting += [(part, path) for part in (x.fget, x.fset, x.fdel)]
        elif isinstance(x, weakref.ref):
            self._waiting.append((x(), path))
        elif isinstance(x, ContextVar):
            self._hold(x, _CONTEXT, path)
            self._waiting.append((x.get(None), path))
        elif isinstance(x, (types.BuiltinFunctionType, types.MethodWrapperType)):
            owner = getattr(x, "__self__", None)
            if not isinstance(owner, types.ModuleType):
                self._waiting.append((owner, path))
        elif hasattr(x, "__wrapped__"):
            self._waiting.append((getattr(x, "__wrapped__"), path))  # noqa: B009 (not every x has it)
        elif (
            hasattr(type(x), "__next__") and is_library(type(x)) and root_of(type(x)) not in _OPAQUE
        ):
            self.unsteady = f"{named(path)} is an iterator ({type(x).__name__}), which goes on"
        elif type(x).__name__ == "Run" and type(x).__module__ == "nn.training.callbacks":
            self.unsteady = f"{named(path)} is the run, which goes on"
        elif not isinstance(x, _STILL) and not _shows_itself(x):
            try:
                self._hold(x, BUFFER, path)
            except TypeError:  # it has none
                self.opaque = True


_ATOM_SET = set(ATOMS)


def _read_context(x: Any) -> list[Any]:
    return [x.get(None)]


_CONTEXT = Holder(_read_context, lambda x, parts: x.set(parts[0]))


@functools.lru_cache(maxsize=1024)
def _slotted(kind: type[Any]) -> tuple[tuple[str, ...], bool]:
    """The slots of a user's class, and whether nobody computes with its objects."""
    names = [
        name
        for base in kind.__mro__
        for name, member in vars(base).items()
        if isinstance(member, types.MemberDescriptorType) and not is_library(base)
    ]
    return tuple(names), root_of(kind) in _OPAQUE


def _shows_itself(x: Any) -> bool:
    """Whether attributes are all that an object has; what ctypes makes has memory, too."""
    ctypes = sys.modules.get("_ctypes")
    if ctypes is not None and isinstance(x, ctypes._SimpleCData.__mro__[1]):
        return False
    return hasattr(x, "__dict__") or bool(_slotted(type(x))[0])  # type: ignore[arg-type]


def _public(space: dict[str, Any]) -> frozenset[str]:
    return frozenset(name for name in space if not name.startswith("__"))


def names_in(code: types.CodeType) -> frozenset[str]:
    """All names that some code may look up."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_in(constant)
    return frozenset(found)


def has_users_code(**roots: Any) -> bool:
    """Whether functions can reach any code that is neither Python's nor a library's.

    >>> import nn
    >>> has_users_code(model=nn.MLP(2, [2]), loss=nn.losses.get("mse"))
    False
    """
    return Photograph(roots, _look=True).users


def _generators() -> Iterator[Any]:
    yield random._inst
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy.random" in sys.modules:
        yield numpy.random.mtrand._rand
