"""Which part of a model an operation belongs to: the names that pictures group nodes by.

Every Value remembers :data:`current` as its ``scope`` when it is made. ``nn.Module`` enters a scope for
each call, and anybody can name a part of a computation with :class:`scope`.

The innermost scope is one module attribute, since reading it is on the path of every operation; what is
restored on the way out is each thread's own, so that threads that run models at once may label each
other's nodes wrongly meanwhile but leave nothing behind.
"""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from typing import TYPE_CHECKING

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
    """

    __slots__ = ("_children", "depth", "kind", "name", "parent")

    def __init__(self, name: str, kind: str = "", parent: Scope | None = None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.depth: int = (parent.depth if parent is not None else 0) + bool(name)
        self._children: dict[tuple[str, str], Scope] = {}

    def child(self, name: str, kind: str = "") -> Scope:
        """The part of that name inside this one; the same object at each call."""
        found = self._children.get((name, kind))
        if found is None:
            found = self._children.setdefault((name, kind), Scope(name, kind, self))
        return found

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


current: Scope | None = None
"""The scope of what is computed now."""


class _Entered(threading.local):
    def __init__(self) -> None:
        self.scopes: list[Scope] = []


_entered = _Entered()


def innermost() -> Scope | None:
    """The scope that this thread entered last and has not left."""
    scopes = _entered.scopes
    return scopes[-1] if scopes else None


def enter(scope: Scope) -> None:
    """Let the nodes made from now on belong to a scope. :func:`leave` must follow, in a ``finally``."""
    global current
    _entered.scopes.append(scope)
    current = scope


def leave() -> None:
    """Go back to the scope around the one entered last."""
    global current
    scopes = _entered.scopes
    scopes.pop()
    current = scopes[-1] if scopes else None


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
        if not isinstance(name, str) or not name:
            raise TypeError(f"name must be a str that is not empty, not {name!r}")
        self._name = name
        self._kind = kind
        self._top = Scope(name, kind)

    def __enter__(self) -> Self:
        around = innermost()
        enter(self._top if around is None else around.child(self._name, self._kind))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave()
