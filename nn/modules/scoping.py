"""The scope of a module's call: under which name pictures show its operations.

A module has no name by itself; the outermost one that is called gives names to those inside it, the names of
``named_modules()``. They are looked up once, and again when a module turns up that has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.native import core, in_c
from autograd.scopes import Scope, entered
from autograd.state import state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Module(Protocol):
        """A module, which is a :class:`Called` itself."""

        def named_modules(self) -> Iterable[tuple[str, Any]]: ...


@in_c
class Called:
    """What calls a module's ``forward`` in the scope of its name; the base of :class:`nn.Module`."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        # On the path of every neuron: no more than a lookup of the name under which pictures show it.
        before = state.scope
        scope = None if before is None else before.parts.get(id(self))
        if scope is None:
            return call_from_outside(self, inputs, options)
        state.scope = scope
        try:
            return self.forward(*inputs, **options)  # type: ignore[attr-defined]
        finally:
            state.scope = before


class Parts:
    """The scopes of a module and of those inside it."""

    def __init__(self, root: Module, around: Scope | None) -> None:
        self.root = ref(root)
        self.top = Scope("", type(root).__name__, around)
        self.top.parts = {}  # all scopes below share it
        self.look()

    def look(self) -> None:
        """Give each module that is inside the root now the scope of its name."""
        root = self.root()
        if root is None:
            return
        by_name: dict[str, Scope] = {}
        for name, module in root.named_modules():
            if not name:  # the root itself is always called from outside
                continue
            around, own = self.top, name
            for i in range(len(name) - 1, 0, -1):  # the longest beginning that is a module's name
                if name[i] == "." and name[:i] in by_name:
                    around, own = by_name[name[:i]], name[i + 1 :]
                    break
            by_name[name] = self.top.parts[id(module)] = around.child(own, type(module).__name__)


_models: dict[int, Parts] = {}
"""What is known of modules that were called outside of any scope. By id, since a user's module may be
unhashable; an entry goes when its module does."""


def call_from_outside(module: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call a module that the scope around it, if any, has no name for."""
    before = entered.around()
    scope, parts = _scope(module, before)
    entered.push(scope, parts)
    try:
        return module.forward(*inputs, **options)
    finally:
        entered.pop(before)


def _scope(module: Module, around: Scope | None) -> tuple[Scope, Parts]:
    models = _models if around is None else around.models
    known = models.get(id(module))
    if known is not None and known.root() is module:
        return known.top, known
    parts = entered.frames[-1][1] if entered.frames else None
    if isinstance(parts, Parts) and parts.root() is not module:
        parts.look()  # the module may have been put in since
        scope = parts.top.parts.get(id(module))
        if scope is not None:
            return scope, parts
    known = models[id(module)] = Parts(module, around)
    if around is None:
        key = id(module)
        known.root = ref(module, lambda _: _models.pop(key, None))
    return known.top, known


if core is not None:
    core.set_call_from_outside(call_from_outside)
