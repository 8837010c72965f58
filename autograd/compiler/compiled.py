"""``compile``: the function that takes a function apart, and the callable it returns."""

from __future__ import annotations

import functools
import gc
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..operators import Operators
from ..structure import Structure, flatten
from ..value import real
from .derivative import gradient
from .plan import Plan, entries_of, plan
from .simplify import simplify
from .stages import record
from .straightline import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .graph import Graph


class RecompileWarning(UserWarning):
    """A compiled function is called with ever new structures of arguments, and recorded for each."""


PATIENCE = 8
"""How many structures of arguments a compiled function meets before it warns."""


def compile(function: Callable[..., Any]) -> Compiled:  # noqa: A001
    """A function with the same meaning as the given one, and much faster.

    The function is called once, on symbols, for each structure of arguments: numbers and nested lists, tuples,
    dicts and arrays of them. What it did is simplified and run without it from then on.

    Leaf Values that the function captures (a model's parameters) stay live: their data is read at every
    call. Everything else that it captures is a constant. A branch on an argument's number cannot be recorded;
    use ``where``, ``maximum``, ``relu``...

    Args:
        function: any function of numbers, or a transform of one: ``compile(value_and_grad(f))``.

    Returns:
        A callable that answers with floats, and with arrays where the function returns arrays. Called with
        Values, or inside another recorded function, it is the given function itself, so that it can be
        differentiated.

    Raises:
        TraceError: when called, if the function asks for the number of what has none yet.

    >>> from autograd import Value, exp
    >>> scale = Value(2.0)
    >>> f = compile(lambda x: exp(x) * scale)
    >>> f(0.0)
    2.0
    >>> scale.data = 3.0
    >>> f(0.0)
    3.0
    """
    if isinstance(function, Compiled):
        return function
    if not callable(function):
        raise TypeError(f"compile needs a function, not {function!r:.60}")
    return Compiled(function)


class Compiled:
    """What :func:`compile` returns.

    Attributes:
        function: the function that was compiled.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self._plan = plan(function)
        self._entries: dict[Structure, _Entry] = {}
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten((args, dict(sorted(kwargs.items()))))
        for kind in set(map(type, leaves)):
            if issubclass(kind, Operators):
                return self.function(*args, **kwargs)
        if self._plan.lanes:
            return self.function(*args, **kwargs)
        entry = self._entries.get(structure) or self._compile(structure)
        return entry(_numbers(leaves, structure))

    def _compile(self, structure: Structure) -> _Entry:
        with self._lock, _without_collector():
            entry = self._entries.get(structure)
            if entry is None:
                entry = _Entry(self._plan, structure)
                self._entries[structure] = entry
                self._warn()
        return entry

    def _warn(self) -> None:
        count = len(self._entries)
        if count >= PATIENCE and not count & (count - 1):
            seen = "; ".join(str(structure.parts[0]) for structure in list(self._entries)[-3:])
            warnings.warn(
                f"{self.__name__} was compiled for {count} structures of arguments, the last: {seen}. "
                f"Each costs a recording; arguments of one size would not",
                RecompileWarning,
                stacklevel=4,
            )

    def __repr__(self) -> str:
        return f"<compiled {getattr(self, '__name__', self.function)!s}>"

    __name__: str


def _numbers(leaves: list[Any], structure: Structure) -> list[float]:
    """Entries of arguments as floats."""
    if all(kind is float for kind in set(map(type, leaves))):
        return leaves
    return [
        x if type(x) is float else real(x, f"argument {structure.parts[0].path(i) or i}")
        for i, x in enumerate(leaves)
    ]


@contextmanager
def _without_collector() -> Iterator[None]:
    """The cyclic collector paused: a recording is many small objects and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Entry:
    """A function compiled for one structure of arguments."""

    graph: Graph

    def __init__(self, plan: Plan, structure: Structure) -> None:
        recorder, arguments, outputs, out = record(plan.function, structure)
        results = outputs if plan.value else []
        self.value = out if plan.value else None
        self.gradients: list[Structure] = []
        self.single = isinstance(plan.argnums, int)
        if plan.argnums is not None:
            name = getattr(plan.function, "__name__", "the function")
            if out.kind is not None:
                raise TypeError(
                    f"a gradient needs a function that returns one number, but {name} returned "
                    f"{out.describe()}"
                )
            count = len(structure.parts[0].parts)
            for argnum in plan.chosen:
                if not -count <= argnum < count:
                    raise TypeError(
                        f"argument {argnum} of {name} is to be differentiated by, but {count} arguments "
                        f"came by position"
                    )
                self.gradients.append(structure.parts[0].parts[argnum % count])
            wanted = [arguments[i] for argnum in plan.chosen for i in entries_of(structure, argnum)]
            found = gradient(recorder, [(outputs[0], 1.0)], wanted)
            ids = [recorder.id_of(x) for x in found]
            results = [*results, *(i for i in ids if i is not None)]
        self.graph = simplify(recorder, arguments, results)
        self.run = generate(self.graph)

    def __call__(self, numbers: list[float]) -> Any:
        results = self.run(numbers, [parameter._data for parameter in self.graph.parameters])
        if not self.gradients and self.value is not None:
            return self.value.unflatten([float(x) for x in results])
        return self.assemble(results)

    def assemble(self, results: tuple[float, ...]) -> Any:
        """The results of a derivative in their structures."""
        start = 0 if self.value is None else self.value.size
        trees = []
        for structure in self.gradients:
            trees.append(structure.unflatten(results[start : start + structure.size]))
            start += structure.size
        gradients = trees[0] if self.single else tuple(trees)
        return gradients if self.value is None else (results[0], gradients)
