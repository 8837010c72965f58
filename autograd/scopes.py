"""Which part of a model an operation belongs to: the names that pictures group nodes by.

Every Value remembers the innermost scope as its ``scope`` when it is made. ``nn.Module`` enters a scope for
each call, and anybody can name a part of a computation with :class:`scope`.

The innermost scope stands in :data:`autograd.state.state`, since reading it is on the path of every operation. Threads that
run models at once may therefore label each other's nodes wrongly; whoever enters from outside puts back what
was there for his own thread, so that nothing is left behind.
"""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from .state import state

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Scope:
    """A part of a model, inside another part.

    Attributes:
        name: what it is called there, such as ``layers[0]``; "" for a whole model.
        kind: what it is, such as ``Layer``; may be "".
        parent: the part that it is in, or None.
        depth: how many of the names on the way here are not empty.
        parts: the scopes of the modules around and inside, by the modules' ids; kept by ``nn``.
        models: whatever ``nn`` keeps of the models that are called inside, by their ids.
    """

    __slots__ = ("__weakref__", "_children", "depth", "kind", "models", "name", "parent", "parts")

    def __init__(self, name: str, kind: str = "", parent: Scope | None = None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.depth: int = (parent.depth if parent is not None else 0) + bool(name)
        self.parts: dict[int, Scope] = {} if parent is None else parent.parts
        self.models: dict[int, Any] = {}
        self._children: WeakValueDictionary[tuple[str, str], Scope] = WeakValueDictionary()

    def child(self, name: str, kind: str = "") -> Scope:
        """The part of that name inside this one; the same object as long as anybody has it."""
        return self._children.setdefault((name, kind), Scope(name, kind, self))

    def line(self) -> list[Scope]:
        """This scope and all around it, the outermost first."""
        scopes = []
        at: Scope | None = self
        while at is not None:
            scopes.append(at)
            at = at.parent
        return scopes[::-1]

    def __str__(self) -> str:
        return ".".join(scope.name for scope in self.line() if scope.name)

    def __repr__(self) -> str:
        return f"Scope({str(self)!r})"


_outermost: WeakValueDictionary[tuple[str, str], Scope] = WeakValueDictionary()


class _Entered(threading.local):
    """The scopes that this thread entered from outside, each with a note of who did."""

    def __init__(self) -> None:
        self.frames: list[tuple[Scope, Any]] = []

    def around(self) -> Scope | None:
        """The scope that this thread is in."""
        return state.scope if self.frames else None

    def push(self, scope: Scope, note: Any = None) -> None:
        """Let the nodes made from now on belong to a scope; :meth:`pop` must follow, in a ``finally``."""
        self.frames.append((scope, note))
        state.scope = scope

    def pop(self, before: Scope | None) -> None:
        """Go back to the scope that :meth:`around` told before the push."""
        self.frames.pop()
        state.scope = before


entered = _Entered()


class scope(ContextDecorator):  # noqa: N801  (reads like a word, as no_grad does)
    """Name a part of a computation, for pictures. A context manager and a decorator.

    Args:
        name: what the picture calls it.
        kind: what it is, if that says more than the name.

    Raises:
        TypeError: if the name is not a str, or is empty.

    >>> from autograd import Value, scope
    >>> x = Value(3.0)
    >>> with scope("penalty"):
    ...     with scope("square"):
    ...         y = x * x
    >>> y.scope, x.scope
    (Scope('penalty.square'), None)
    """

    def __init__(self, name: str, kind: str = "") -> None:
        if not name or not isinstance(name, str):
            raise TypeError(f"name must be a str that is not empty, not {name!r}")
        self._name = name
        self._kind = kind
        self._before: list[Scope | None] = []

    def __enter__(self) -> Self:
        around = entered.around()
        name, kind = self._name, self._kind
        if around is None:
            inner = _outermost.setdefault((name, kind), Scope(name, kind))
        else:
            inner = around.child(name, kind)
        self._before.append(around)
        entered.push(inner)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entered.pop(self._before.pop())
