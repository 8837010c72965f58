"""``compile``: the function that takes a function apart, and the callable it returns."""

from __future__ import annotations

import functools
import threading
import warnings
from typing import TYPE_CHECKING, Any

from ..batching import fronted
from ..collector import collector_paused
from ..decorated import global_name
from ..operators import Operators
from ..reals import real
from ..structure import Structure, entry_types, flatten
from ..tracing import name_of
from .entry import Entry, Way
from .lanes import Batch, lane_outline
from .methods import bound
from .plan import plan
from .saved import save
from .shortcut import Shortcut
from .standalone import to_c
from .trees import outlines

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from .entry import Cost
    from .ir.program import Program


class RecompileWarning(UserWarning):
    """A compiled function is called with ever new structures of arguments, and recorded for each.

    >>> import warnings
    >>> from autograd import RecompileWarning, compile
    >>> total = compile(lambda xs: sum(xs))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     answers = [total([1.0] * n) for n in range(1, 12)]
    >>> [warning.category.__name__ for warning in caught]
    ['RecompileWarning']
    """


PATIENCE = 8
"""How many structures of arguments a compiled function meets before it warns."""


def compile(function: Callable[..., Any], dtype: str = "float64") -> Compiled:
    """A function with the same meaning as the given one, and much faster.

    The function is called once, on symbols, for each structure of arguments: numbers and nested lists, tuples,
    dicts, data classes and arrays of them. What it did is simplified and run without it from then on.

    Leaf Values that the function captures (a model's parameters) stay live: their data is read at every
    call. Everything else that it captures is a constant. A branch on an argument's number cannot be recorded;
    use ``where``, ``maximum``, ``relu``... A method may be decorated: it is compiled for each instance, whose
    attributes are what it captures.

    Args:
        function: any function of numbers, or a transform of one: ``compile(value_and_grad(f))``,
            ``compile(vmap(grad(f)))``...
        dtype: ``"float64"``, or ``"float32"`` for what runs as an array program.

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
    if dtype not in {"float64", "float32"}:
        raise ValueError(f"dtype must be 'float64' or 'float32', not {dtype!r}")
    if isinstance(function, Compiled):
        function = function.function
    if not callable(function):
        raise TypeError(f"compile needs a function, not {function!r:.60}")
    return Compiled(function, dtype)


class Compiled(Shortcut):
    """What :func:`compile` returns.

    Attributes:
        function: the function that was compiled.
        dtype: the kind of float that array programs compute with.

    >>> from autograd import compile
    >>> energy = compile(lambda xs: sum(x * x for x in xs))
    >>> energy([1.0, 2.0, 3.0])
    14.0
    >>> energy.cost().nodes  # of these arguments
    5
    """

    __name__: str
    _class: type[Any] | None = None
    _bound_to: tuple[Compiled, Any] | None = None

    def __init__(self, function: Callable[..., Any], dtype: str = "float64") -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.dtype = dtype
        self._plan = plan(function)
        self._entries: dict[Any, Entry] = {}
        self._by_outline: dict[Any, Way] = {}
        self._by_lane: dict[Any, tuple[Entry, Batch]] = {}
        self.latest: Entry | None = None
        self._lock = threading.RLock()

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        if self._class is not None and args and isinstance(args[0], self._class):
            return self.__get__(args[0])(*args[1:], **kwargs)  # Class.method(instance, ...)
        if self._plan.lanes:
            return self._map(args, kwargs)
        parts: list[Any] = []
        key = None if kwargs else outlines(args, parts)
        if key is not None:  # the short way
            way = self._by_outline.get(key)
            if way is not None:
                self.latest = entry = way.entry
                return entry.of_parts(parts, way)
        found, inputs = self._prepare(args, kwargs)
        if found is None:
            return self.function(*args, **kwargs)
        if key is not None:
            self._by_outline[key] = Way(found)
            route = found.route()
            if route is not None:
                self.remember(route)
        return found(inputs)

    def _map(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a mapped function."""
        given = args
        if self._plan.moves is not None:
            args = fronted(args, self._plan.moves, name_of(self._plan.function))
        outline = None if kwargs else lane_outline(args, self._plan.in_axes)
        if outline is not None:
            key, size = outline
            known = self._by_lane.get(key)
            if known is not None:
                entry, batch = known
                self.latest = entry
                return entry(batch.again(args, size))
        found, inputs = self._prepare(args, kwargs)
        if found is None:
            return self.function(*given, **kwargs)
        if outline is not None:
            self._by_lane[outline[0]] = found, inputs.bare()
        return found(inputs)

    def lower(self, *args: Any, **kwargs: Any) -> Compiled:
        """Compile for arguments like these, without running; returns self.

        >>> from autograd import value_and_grad
        >>> f = compile(value_and_grad(lambda xs: sum(x * x for x in xs))).lower([0.0] * 1000)
        >>> print(f.program)  # doctest: +SKIP
        """
        if self._plan.moves is not None:
            args = fronted(args, self._plan.moves, name_of(self._plan.function))
        self._prepare(args, kwargs)
        return self

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Entry | None, Any]:
        """The entry for arguments and their numbers; None if the function itself is to be called."""
        chosen = self._plan
        if chosen.lanes:
            if any(issubclass(kind, Operators) for kind in entry_types((args, kwargs))):
                return None, None
            batch = Batch(args, kwargs, chosen)
            if not batch.size:
                return None, None
            return self._entry(batch.structure, batch.laned), batch
        leaves, structure = flatten((args, dict(sorted(kwargs.items()))))
        if any(issubclass(kind, Operators) for kind in set(map(type, leaves))):
            return None, None
        numbers = _numbers(leaves, structure)  # first: what is no number is not to be recorded
        return self._entry(structure, ()), numbers

    def _entry(self, structure: Structure, laned: tuple[bool, ...]) -> Entry:
        key = structure, laned
        entry = self._entries.get(key)
        if entry is None:
            with self._lock, collector_paused():
                entry = self._entries.get(key)
                if entry is None:
                    entry = Entry(self._plan, structure, laned, self.dtype)
                    self._entries[key] = entry
                    self._warn()
        self.latest = entry
        return entry

    def _warn(self) -> None:
        count = len(self._entries)
        if count >= PATIENCE and not count & (count - 1):
            seen = "; ".join(str(structure.parts[0]) for structure, _ in list(self._entries)[-3:])
            warnings.warn(
                f"{self.__name__} was compiled for {count} structures of arguments, the last: {seen}. "
                f"Each costs a recording; arguments of one size would not",
                RecompileWarning,
                stacklevel=5,
            )

    def _compiled(self) -> Entry:
        if self.latest is None:
            raise RuntimeError(
                f"{self.__name__} has not been compiled yet: call it, or its lower() with arguments "
                f"like those to come"
            )
        return self.latest

    @property
    def program(self) -> Program:
        """The array program for the arguments of the last structure that was met.

        Raises:
            RuntimeError: before the first call.
        """
        return self._compiled().program

    def graph(self, stage: str = "simplify") -> Any:
        """What a pass of the compiler makes of the function, for the arguments of the last structure that was met.

        All of these can be printed, and drawn with :func:`autograd.draw`.

        Args:
            stage: the name of the pass: ``"record"`` (what the function did; it is called again), ``"simplify"``,
                ``"softmax"``, ``"nary"`` (sums and dots of many terms), ``"group"`` (what is done together),
                ``"build"``, ``"vjp"``, ``"legalize"`` or ``"merge"`` (whole arrays, then their derivatives among them) or
                ``"emit"`` (the array program); ``"derive"`` for what straight-line code computes.

        Raises:
            RuntimeError: before the first call.
            ValueError: if there is no such pass.

        >>> f = compile(lambda x, y: x * y + (x * y) ** 2).lower(1.0, 1.0)
        >>> print(f.graph("record"))
        x0, x1
        v2 = x0 × x1
        v3 = x0 × x1
        v5 = v3 ^ 2
        v6 = v2 + v5
        return v6
        >>> print(f.graph("simplify"))
        x0, x1
        v2 = x0 × x1
        v3 = v2 × v2
        v4 = v2 + v3
        return v4
        """
        return self._compiled().stage(stage)

    @property
    def source(self) -> str:
        """The straight-line code in the place of an array program, where that is cheaper.

        Raises:
            RuntimeError: before the first call.
        """
        return self._compiled().source

    def cost(self) -> Cost:
        """What one call costs: recorded nodes, array instructions, floating-point operations, bytes.

        Raises:
            RuntimeError: before the first call.
        """
        return self._compiled().cost

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program for the arguments of the last structure to a file, for :func:`~autograd.load_program`.

        Captured Values are in it with the numbers that they have now.

        Raises:
            RuntimeError: before the first call.
            TypeError: if it has lanes, named arguments or operations of one's own that compute with floats, or if
                arguments or answer are containers that a file cannot tell of.
            OSError: if the file cannot be written.
        """
        save(self._compiled().saved(self.__name__), path)

    def to_c(self, name: str = "f") -> str:
        """The program for the arguments of the last structure as C99: ``void NAME(const double *in, double *out)``.

        ``in`` are the arguments' numbers and ``out`` the answer's, each in order; captured Values are in it with the
        numbers that they have now. It needs the C library alone.

        Raises:
            RuntimeError: before the first call.
            TypeError: as :meth:`save`.
            ValueError: if the name is none for C.

        >>> f = compile(lambda x: x * x - 1.0).lower(0.0)
        >>> print(f.to_c())  # doctest: +ELLIPSIS
        /* ... */
        #include <math.h>
        <BLANKLINE>
        void f(const double *in, double *out)
        {
            const double v1 = in[0] * in[0];
            const double v2 = v1 - 1.0;
            out[0] = v2;
        }
        """
        saved = self._compiled().saved(self.__name__)
        words = [
            f"{self.__name__}, written by autograd.compile.",
            f"in: the {saved.arguments.size} numbers of {saved.arguments}.",
            f"out: the {saved.answer.size} numbers of {saved.answer}.",
        ]
        code = saved.code if saved.exact is None else saved.exact
        return to_c(code, name, [line.replace("*/", "* /") for line in words])

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._class = owner

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        # A decorated method is compiled for each instance, which is captured.
        return self if instance is None else bound(self, instance)

    def of(self, instance: Any) -> Compiled:
        """The method of an instance, compiled anew."""
        made = Compiled(functools.partial(self.function, instance), self.dtype)
        functools.update_wrapper(made, self.function, updated=())
        made._bound_to = self, instance
        return made

    def __reduce__(self) -> Any:
        if self._bound_to is not None:
            return Compiled.__get__, self._bound_to
        # Compiled anew where it is copied or loaded, but for a decorated function, which is its module's.
        return global_name(self) or (Compiled, (self.function, self.dtype))

    def __repr__(self) -> str:
        return f"<compiled {getattr(self, '__name__', self.function)!s}>"


def _numbers(leaves: list[Any], structure: Structure) -> list[float]:
    """Entries of arguments as floats."""
    if all(kind is float for kind in set(map(type, leaves))):
        return leaves
    try:
        return [
            x if type(x) is float else real(x, f"argument {structure.parts[0].path(i) or i}")
            for i, x in enumerate(leaves)
        ]
    except TypeError as error:
        error.add_note(
            "a compiled function takes numbers and containers of them; give it other arguments before, as in "
            "compile(functools.partial(f, mode='fast'))"
        )
        raise
