"""Functions that backward sweeps call on the way: with the cotangent of a Value, which what they return replaces.

They are kept beside the Values, by weak references, since few Values have any; a sweep asks whether any has before it looks.
"""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

from .operators import Operators
from .reals import real
from .state import state

if TYPE_CHECKING:
    from collections.abc import Callable

    Hook = Callable[[Any], Any]

_lock = threading.RLock()  # of one thread too: the collector may end a Value while it is held
_serial = count()
_hooks: dict[ref[Any], dict[int, Hook]] = {}


class Handle:
    """What :meth:`autograd.Value.register_hook` gives: the way to take the hook off again."""

    __slots__ = ("_serial", "_value")

    def __init__(self, value: ref[Any], serial: int) -> None:
        self._value = value
        self._serial = serial

    def remove(self) -> None:
        """Take the hook off; of one that is off already, or whose Value is gone, nothing."""
        with _lock:
            found = _hooks.get(self._value)
            if found is not None and found.pop(self._serial, None) is not None and not found:
                _forget(self._value)


def register(value: Any, hook: Hook) -> Handle:
    """Have backward sweeps call a function with the cotangent of a Value.

    Raises:
        TypeError: if the hook cannot be called.
    """
    if not callable(hook):
        raise TypeError(f"hook must be a function of the derivative, not {hook!r:.60}")
    key, serial = ref(value, _forget), next(_serial)
    with _lock:
        if key not in _hooks:
            _hooks[key] = {}
            state.hooked = len(_hooks)
        _hooks[key][serial] = hook
    return Handle(key, serial)


def _forget(key: ref[Any]) -> None:
    with _lock:
        _hooks.pop(key, None)
        state.hooked = len(_hooks)


def are_on(value: Any) -> bool:
    """Whether a Value has hooks."""
    return ref(value) in _hooks


def changed(value: Any, cotangent: Any) -> Any:
    """What a Value's hooks make of its cotangent, the first registered first.

    Args:
        value: any Value.
        cotangent: a float, or a Value where a graph of the derivatives is made.

    Raises:
        TypeError: if a hook returns neither None nor a real number.
    """
    for hook in list(_hooks.get(ref(value), {}).values()):
        found = hook(cotangent)
        if found is None:
            continue
        if isinstance(found, Operators) and isinstance(cotangent, Operators):
            cotangent = found
        else:
            cotangent = real(found, "what a hook returns")
    return cotangent
