"""Operations of the user's own: from rules for every kind of number, or from any Python function of floats."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast, overload

from . import modes
from .namespaces import IEEE
from .operators import Operators, apply
from .reals import real
from .state import state
from .table import ABSENT, TABLE, TRACED, USERS, Primitive
from .value import GradientDropped, Value, known

if TYPE_CHECKING:
    from collections.abc import Callable

    from .namespaces import Function, Namespace

    Define = Callable[[Namespace], tuple[Any, ...]]


class Operation:
    """A function of numbers that is one node of a graph: what :func:`primitive` and :func:`custom_gradient` give.

    Called with plain numbers of any kind it answers with a float, with a Value or a recorded number among them with
    one of those.

    Attributes:
        primitive: its row: what the nodes that it makes have as their ``primitive``.
    """

    def __init__(self, row: Primitive, made_from: Callable[..., Any]) -> None:
        self.primitive = row
        self.__name__ = row.name
        self.__qualname__ = made_from.__qualname__
        self.__module__ = made_from.__module__
        self.__doc__ = made_from.__doc__

    def __call__(self, *numbers: Any) -> Any:
        """Apply it.

        Raises:
            TypeError: if there are more or fewer numbers than it takes, or if one is no real number.
        """
        row = self.primitive
        if len(numbers) != row.arity and (row.arity is not None or not numbers):
            takes = "at least one number" if row.arity is None else _counted(row.arity, "number")
            raise TypeError(f"{row.name} takes {takes}, not {len(numbers)}")
        return apply(row, *numbers)

    def __reduce__(self) -> str:
        return self.__qualname__  # as functions are pickled and copied: by where they stand

    def __repr__(self) -> str:
        return f"<operation {self.__name__}>"


@overload
def primitive(define: Define, /) -> Operation: ...
@overload
def primitive(
    symbol: str = "",
    arity: int | None = 1,
    commutative: bool = False,
    domain: Function | None = None,
    kinks: Function | None = None,
) -> Callable[[Define], Operation]: ...
def primitive(
    symbol: Any = "",
    arity: int | None = 1,
    commutative: bool = False,
    domain: Function | None = None,
    kinks: Function | None = None,
) -> Any:
    """Make an operation of a function that gives its rules: the number, then the derivative by each argument.

    The decorated function takes a namespace ``xp``, the kind of number computed with, and returns the rule
    ``forward(*arguments)`` and for each argument a partial ``partial(out, *arguments)``: a function of the result and
    the arguments, a plain number, or None where nothing is handed on. Rules use ``+ - *``, comparisons and the
    functions of xp (``xp.div`` and ``xp.pow`` for ``/`` and ``**``, ``xp.where`` for ``if``), so that the same lines
    compute on floats, on Values (which makes derivatives of any order), in compiled programs, and in mpmath for the checks.

    Args:
        symbol: a short sign for drawings; the function's name by default.
        arity: how many numbers it takes; None for any number, and then there is one partial, which returns the
            sequence of all derivatives.
        commutative: whether exchanging its two arguments changes nothing.
        domain: a function of the arguments returning a tuple of expressions that are all positive just where it is
            defined and smooth.
        kinks: a function of the arguments returning a tuple of expressions that vanish just where its derivative is
            a convention.

    Raises:
        TypeError: if the function does not return what it should; when the operation is used, if a rule gives no real
            number, or other than one partial for each argument.
        ValueError: if the engine has an operation of that name itself.

    >>> from autograd import Value, grad
    >>> @primitive(domain=lambda x: (x, 1.0 - x))
    ... def logit(xp):
    ...     "The inverse of sigmoid."
    ...     return lambda x: xp.log(x) - xp.log1p(-x), lambda out, x: xp.div(1.0, x * (1.0 - x))
    >>> logit(0.5), logit(Value(0.5)), grad(grad(logit))(0.25)
    (0.0, Value(data=0.0, grad=0.0), -14.222222222222221)
    """
    if callable(symbol):
        return _operation(cast("Define", symbol), "", arity, commutative, domain, kinks)
    if not isinstance(symbol, str):
        raise TypeError(f"symbol must be a str, not {symbol!r:.60}")

    def make(define: Define) -> Operation:
        return _operation(define, symbol, arity, commutative, domain, kinks)

    return make


def _operation(define: Define, symbol: str, arity: int | None, *rest: Any) -> Operation:
    if not callable(define):
        raise TypeError(f"primitive needs a function of xp, not {define!r:.60}")
    if arity is not None and (type(arity) is not int or arity < 1):
        raise ValueError(f"arity must be None or at least 1, not {arity!r}")

    @functools.wraps(define)
    def with_partials(xp: Namespace) -> tuple[Any, ...]:
        forward, *partials = define(xp)
        return forward, *map(_as_partial, partials)

    row = Primitive(with_partials, symbol, arity, *rest)
    if row.name in TABLE:
        raise ValueError(f"autograd has an operation called {row.name} itself; choose another name")
    rules: Any = define(IEEE)
    if not isinstance(rules, tuple) or not rules or not callable(rules[0]):
        raise TypeError(
            f"{row.name} must return a tuple of the rule and the partials, not {rules!r:.60}"
        )
    wanted = 1 if arity is None else arity
    if len(rules) - 1 != wanted:
        raise TypeError(
            f"{row.name} returned {_counted(len(rules) - 1, 'partial')} with its rule, but "
            f"arity={arity} needs {wanted}"
        )
    for partial in rules[1:]:
        if not (callable(partial) or partial is ABSENT or isinstance(partial, (int, float))):
            raise TypeError(
                f"a partial of {row.name} must be a function, a number or None, not {partial!r:.60}"
            )
    return Operation(_bound(row), define)


def custom_gradient(*partials: Any) -> Callable[[Callable[..., Any]], Operation]:
    """Make an operation of any Python function of floats, with derivatives that its author gives.

    For what the engine cannot look into: a solver, a table, another library. It is called with floats and must return
    one number.

    Args:
        partials: for each argument a function ``partial(out, *arguments)`` of the result and the arguments, a plain
            number, or None where nothing is to be handed on. Backward passes call it with floats; derivatives of
            derivatives call it with Values, and for them it must use autograd's functions.

    Raises:
        TypeError: if the number of partials is not that of the function's arguments. When the operation is used, if it or
            a partial gives no real number; by a derivative of a derivative, if a partial computes with floats. Inside a compiled function, which cannot look into it, a
            TraceError.

    >>> from autograd import Value
    >>> @custom_gradient(lambda out, a: 1.0 / (2.0 * out))
    ... def heron(a):
    ...     "The square root, by Heron's method."
    ...     x = max(a, 1.0)
    ...     while x > (x + a / x) / 2.0:
    ...         x = (x + a / x) / 2.0
    ...     return x
    >>> a = Value(9.0)
    >>> root = heron(a)
    >>> root.backward()
    >>> root.data, a.grad
    (3.0, 0.16666666666666666)
    """
    for partial in partials:
        if not (callable(partial) or partial is ABSENT or isinstance(partial, (int, float))):
            raise TypeError(
                f"a partial must be a function, a number or None, not {partial!r:.60}; "
                f"custom_gradient takes one for each argument, as in "
                f"@custom_gradient(lambda out, x: ...)"
            )

    def make(function: Callable[..., Any]) -> Operation:
        if not callable(function):
            raise TypeError(f"custom_gradient needs a function of floats, not {function!r:.60}")
        name = getattr(function, "__name__", "function")
        try:
            inspect.signature(function).bind(*partials)
        except ValueError:  # of a builtin, which may have no signature
            pass
        except TypeError:
            given = _counted(len(partials), "partial")
            raise TypeError(
                f"custom_gradient got {given}, but {name} does not take so many numbers"
            ) from None
        if not partials:
            raise TypeError(f"custom_gradient needs a partial for each argument of {name}")
        return _OpaqueOperation(function, partials)

    return make


class Opaque(Primitive):
    """The row of an operation of :func:`custom_gradient`: its rules compute with floats, not with other numbers."""

    __slots__ = ()


class _OpaqueOperation(Operation):
    def __init__(self, function: Callable[..., Any], partials: tuple[Any, ...]) -> None:
        name = getattr(function, "__name__", "function")

        def define(xp: Namespace) -> tuple[Any, ...]:
            rules = [_as_partial(partial) for partial in partials]
            return function, *([_of_nodes(rule, name) for rule in rules] if xp is TRACED else rules)

        define.__name__ = name
        define.__doc__ = function.__doc__
        super().__init__(_bound(Opaque(define, "", len(partials), False, None, None)), function)

    def __call__(self, *numbers: Any) -> Any:
        for x in numbers:
            found = known(x) if state.active and isinstance(x, Value) else x
            if isinstance(found, Operators) and not isinstance(found, Value):
                symbol: Any = found
                symbol._refused(
                    f"{self.__name__}, an operation of custom_gradient,",
                    "autograd.primitive to make it of rules for every kind of number",
                )
        return super().__call__(*numbers)


def _of_nodes(partial: Any, name: str) -> Any:
    """A partial that is called with Values, and must not turn them into floats."""
    if not callable(partial):
        return partial

    def of_nodes(*arguments: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GradientDropped)
            try:
                return partial(*arguments)
            except GradientDropped:
                raise TypeError(
                    f"a derivative of {name}'s derivative is asked for, {modes.call_site()}, but the partial given to "
                    f"custom_gradient computes with floats; write it with autograd's functions"
                ) from None

    return of_nodes


def _bound(row: Primitive) -> Primitive:
    """A row with its rules. The namespaces do not take in its function, so that no rule of another row is changed."""
    rule, what = row.bind(IEEE), f"what a partial of {row.name} gives"
    row.forward = _looked_at(rule.forward, f"what the rule of {row.name} gives")
    look_at = _looked_at if row.arity is not None else _all_looked_at
    row.partials = tuple([look_at(partial, what, type(ABSENT)) for partial in rule.partials])
    traced = row.bind(TRACED).partials
    # Of a symbol a partial may be a pair, of a number and the condition under which it is there.
    also = (Operators, type(ABSENT), tuple)
    row.traced = tuple([look_at(partial, what, also) for partial in traced])
    USERS[row.name] = row
    return row


def _looked_at(rule: Any, what: str, also: Any = ()) -> Any:
    """A rule of a user's that gives a float or something of some other classes, or else a TypeError that says what."""
    if not callable(rule):
        return rule

    def looked_at(*numbers: Any) -> Any:
        found = rule(*numbers)
        return found if type(found) is float or isinstance(found, also) else real(found, what)

    return looked_at


def _all_looked_at(rule: Any, what: str, also: Any = ()) -> Any:
    """The same of one function that gives all partials."""
    if not callable(rule):
        return rule

    def looked_at(out: Any, *numbers: Any) -> list[Any]:
        found = rule(out, *numbers)
        if not isinstance(found, Iterable):
            raise TypeError(
                f"{what} must be a sequence, of one partial for each number, not {found!r:.60}"
            )
        partials = list(found)
        if len(partials) != len(numbers):
            counts = f"{_counted(len(numbers), 'partial')}, not {len(partials)}"
            raise TypeError(f"{what} must be {counts}")
        return [x if type(x) is float or isinstance(x, also) else real(x, what) for x in partials]

    return looked_at


def _as_partial(partial: Any) -> Any:
    """A partial as rows have it: of numbers, those that nobody has to multiply by stand for themselves."""
    if callable(partial) or partial is ABSENT:
        return partial
    number = float(partial)
    return number if abs(number) == 1.0 else lambda out, *arguments: number


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
