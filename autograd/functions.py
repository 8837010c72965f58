"""Functions of Values and plain numbers: each primitive by its name, and what is composed of them.

A Value in gives a Value out, plain numbers give a float. For every primitive of a fixed number of
arguments the table holds, this module has the function of that name; a row that is added to the table
appears here by itself. In the body of a class write ``staticmethod(tanh)``: the native core's functions are builtins,
which do not become methods.

>>> from autograd import Value, tanh, softmax, where, log
>>> tanh(0.5)
0.46211715726000...
>>> x = Value(0.5)
>>> y = tanh(x)
>>> y.backward()
>>> x.grad
0.786447732965927...
"""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any

from . import primitives as p
from .native import function_in_c
from .operators import Operators, apply
from .primitives import TABLE, Primitive
from .reals import is_real, real
from .structure import flatten
from .value import Value, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol, TypeVar, overload

    Number = Operators | float
    Traced = TypeVar("Traced", bound=Operators)

    class Unary(Protocol):
        @overload
        def __call__(self, x: Traced, /) -> Traced: ...
        @overload
        def __call__(self, x: float, /) -> float: ...

    class Binary(Protocol):
        @overload
        def __call__(self, a: Traced, b: Traced | float, /) -> Traced: ...
        @overload
        def __call__(self, a: float, b: Traced, /) -> Traced: ...
        @overload
        def __call__(self, a: float, b: float, /) -> float: ...

    # For type checkers; at run time these come from the table, below.
    exp: Unary
    expm1: Unary
    log: Unary
    log1p: Unary
    log2: Unary
    log10: Unary
    exp2: Unary
    cbrt: Unary
    sqrt: Unary
    sin: Unary
    cos: Unary
    tan: Unary
    asin: Unary
    acos: Unary
    atan: Unary
    sinh: Unary
    cosh: Unary
    tanh: Unary
    asinh: Unary
    acosh: Unary
    atanh: Unary
    erf: Unary
    erfc: Unary
    erfinv: Unary
    lgamma: Unary
    digamma: Unary
    sinc: Unary
    sigmoid: Unary
    log_sigmoid: Unary
    softplus: Unary
    relu: Unary
    gelu: Unary
    silu: Unary
    abs: Unary
    sign: Unary
    floor: Unary
    ceil: Unary
    round: Unary
    neg: Unary
    add: Binary
    sub: Binary
    mul: Binary
    div: Binary
    mod: Binary
    floordiv: Binary
    pow: Binary
    atan2: Binary
    hypot: Binary
    xlogy: Binary
    maximum: Binary
    minimum: Binary


def _elementwise(primitive: Primitive) -> Callable[..., Any]:
    """The public function of a primitive with a fixed number of arguments."""

    def of_one(x: Any, /) -> Any:
        if isinstance(x, Operators):  # the common case, without the general one's overhead
            return x._apply(primitive, x)
        return apply(primitive, x)

    def of_two(a: Any, b: Any, /) -> Any:
        return apply(primitive, a, b)

    def of_three(a: Any, b: Any, c: Any, /) -> Any:
        return apply(primitive, a, b, c)

    function: Any = {1: of_one, 2: of_two, 3: of_three}[primitive.arity or 3]
    function.__name__ = function.__qualname__ = primitive.name
    function.__module__ = __name__
    function.__doc__ = primitive.doc
    return function_in_c(function, primitive, sys.modules[__name__])


globals().update({name: _elementwise(row) for name, row in TABLE.items() if row.arity is not None})


# --- with a parameter or a condition ---------------------------------------------------------


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x where it is positive, else ``slope * x``; derivative slope at 0."""
    return apply(p.leaky_relu, x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x where it is positive, else ``alpha * (exp(x) - 1)``; derivative alpha at 0."""
    return apply(p.elu, x, alpha)


def clip(x: Any, low: Any, high: Any) -> Any:
    """x held between low and high; derivative 1 on the closed interval, 0 outside.

    Raises:
        ValueError: if low is above high.
    """
    if not isinstance(low, Operators) and not isinstance(high, Operators) and low > high:
        raise ValueError(f"clip needs low <= high, not low={low} and high={high}")
    return apply(p.clip, x, low, high)


def polygamma(n: int, x: Any) -> Any:
    """The derivative of order n of :func:`digamma`, which is that of :func:`lgamma`.

    Args:
        n: a whole number from 0 (digamma itself) to 170, the last whose factorial is a float.
        x: a number.

    Raises:
        TypeError: if n is no int.
        ValueError: if it is out of that range.

    >>> polygamma(1, 1.0)  # pi**2 / 6
    1.6449340668482264
    """
    if not hasattr(n, "__index__"):
        raise TypeError(f"n of polygamma must be an int, not {n!r:.60}")
    order = operator.index(n)
    if not 0 <= order <= 170:
        raise ValueError(f"n of polygamma must be from 0 to 170, not {order}")
    return apply(p.polygamma, float(order), x) if order else apply(p.digamma, x)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a if the condition holds, else b; the one not taken gets no gradient and spoils none.

    Args:
        condition: a bool, a comparison, which inside a compiled function is recorded, or a number, which is
            true unless it is 0.

    >>> x = Value(0.0)
    >>> y = where(x > 0, log(x), 0)
    >>> y.backward()
    >>> y.data, x.grad
    (0.0, 0.0)
    """
    if isinstance(condition, Value):  # true unless it is 0; while a function is recorded, a symbol
        condition = known(condition)
    if hasattr(condition, "_where"):
        return condition._where(a, b)
    if not is_real(condition):
        raise TypeError(f"where needs a condition that is true or false, not {condition!r:.60}")
    return apply(p.where, float(bool(condition)), a, b)


# --- composed of others ----------------------------------------------------------------------


def square(x: Any) -> Any:
    """``x * x``.

    >>> from autograd import grad, square
    >>> square(3.0), grad(square)(3.0)
    (9.0, 6.0)
    """
    return apply(p.mul, x, x, of="square")


def deg2rad(x: Any) -> Any:
    """An angle in degrees, in radians.

    >>> from autograd import deg2rad
    >>> deg2rad(180.0)
    3.141592653589793
    """
    return apply(p.mul, x, math.pi / 180.0, of="deg2rad")


def rad2deg(x: Any) -> Any:
    """An angle in radians, in degrees.

    >>> import math
    >>> from autograd import rad2deg
    >>> rad2deg(math.pi)
    180.0
    """
    return apply(p.mul, x, 180.0 / math.pi, of="rad2deg")


def logaddexp(a: Any, b: Any) -> Any:
    """``log(exp(a) + exp(b))``, without overflow.

    >>> from autograd import logaddexp
    >>> logaddexp(1000.0, 1000.0)
    1000.6931471805599
    """
    return apply(p.logsumexp, a, b, of="logaddexp")


# --- about a number --------------------------------------------------------------------------


def isnan(x: Any) -> Any:
    """Whether a number is nan; inside a compiled function a condition for :func:`where`.

    >>> from autograd import isnan
    >>> isnan(float("nan")), isnan(1.0)
    (True, False)
    """
    number: Any = known(x) if isinstance(x, Value) else x
    if hasattr(number, "_isnan"):
        return number._isnan()
    return math.isnan(real(number, "the argument of isnan"))


def isfinite(x: Any) -> Any:
    """Whether a number is neither infinite nor nan; inside a compiled function a condition for :func:`where`.

    >>> from autograd import isfinite
    >>> isfinite(float("inf")), isfinite(1.0)
    (False, True)
    """
    number: Any = known(x) if isinstance(x, Value) else x
    if isinstance(number, Operators):
        apart: Any = number - number
        return ~apart._isnan()
    return math.isfinite(real(number, "the argument of isfinite"))


def stop_gradient(x: Any) -> Any:
    """The same numbers, through which no gradient flows back.

    Args:
        x: a number, or nested lists, tuples, dicts and arrays of numbers. What holds plain numbers only comes back
            as it is.

    Raises:
        TypeError: if something in it is no number.

    >>> from autograd import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    leaves, structure = flatten(x)
    for i, leaf in enumerate(leaves):
        if not isinstance(leaf, Operators):
            real(leaf, f"x{structure.path(i)} of stop_gradient")
    if not any(isinstance(leaf, Operators) for leaf in leaves):
        return x
    return structure.unflatten([_detached(leaf) for leaf in leaves])


def _detached(x: Any) -> Any:
    if isinstance(x, Value):
        symbol = known(
            x
        )  # while a function is recorded, so that the compiled one reads the Value anew
        return symbol.detach() if isinstance(symbol, Operators) else x.detach()  # type: ignore[attr-defined]
    return x.detach() if isinstance(x, Operators) else x  # type: ignore[attr-defined]


# --- of sequences ----------------------------------------------------------------------------


def sum(xs: Iterable[Any]) -> Any:
    """The sum of numbers, as one node whatever their count.

    >>> sum([Value(1.0), 2, Value(3.0)])
    Value(data=6.0, grad=0.0)
    """
    xs = list(xs)
    return apply(p.sum_, *xs) if xs else 0.0


def prod(xs: Iterable[Any]) -> Any:
    """The product of numbers, as one node; a zero among them is no special case.

    >>> from autograd import Value, prod
    >>> xs = [Value(0.0), Value(2.0), Value(5.0)]
    >>> prod(xs).backward()
    >>> [x.grad for x in xs]
    [10.0, 0.0, 0.0]
    """
    xs = list(xs)
    return apply(p.prod, *xs) if xs else 1.0


def mean(xs: Iterable[Any]) -> Any:
    """The arithmetic mean.

    Raises:
        ValueError: if there are no numbers.

    >>> from autograd import mean
    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    xs = nonempty(xs, "mean")
    return apply(p.sum_, *xs, of="mean") / len(xs)


def dot(xs: Iterable[Any], ys: Iterable[Any]) -> Any:
    """``x0*y0 + x1*y1 + ...``, as one node.

    Raises:
        ValueError: if the lengths differ.

    >>> dot([Value(1.0), Value(2.0)], [3, 4])
    Value(data=11.0, grad=0.0)
    """
    xs, ys = list(xs), list(ys)
    if len(xs) != len(ys):
        raise ValueError(f"dot needs two sequences of one length, not {len(xs)} and {len(ys)}")
    return apply(p.dot, *xs, *ys) if xs else 0.0


def logsumexp(xs: Iterable[Any]) -> Any:
    """``log(exp(x0) + exp(x1) + ...)``, without overflow, as one node.

    Raises:
        ValueError: if there are no numbers.

    >>> from autograd import logsumexp
    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return apply(p.logsumexp, *nonempty(xs, "logsumexp"))


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """The logarithms of :func:`softmax`, precise where those are tiny and whatever the size of the numbers.

    Raises:
        ValueError: if there are no numbers.

    >>> log_softmax([1e16, 1e16])
    [-0.693..., -0.693...]
    """
    xs = nonempty(xs, "log_softmax")
    top, shift = shift_of(xs)
    shifted = [apply(p.sub, x, shift, of="log_softmax") for x in xs]
    total = logsumexp(shifted)
    found = [apply(p.sub, x, total) for x in shifted]
    if top is not None and len(xs) > 1:
        # The total loses what is beside the largest number's 1, and 1 less its weight is 0.
        others = logsumexp([apply(p.sub, x, xs[top]) for i, x in enumerate(xs) if i != top])
        found[top] = apply(p.neg, apply(p.softplus, apply(p.maximum, others, _LEAST)))
    return found


_LEAST = -1e300
"""A logarithm that is as good as that of 0, but has no infinite derivative behind it."""


def shift_of(xs: list[Any]) -> tuple[int | None, Any]:
    """Which number is the largest, and the number, to be subtracted from all; through it flows no gradient.

    Of symbols the first is not known, hence None. An infinite number cannot be subtracted; it is 0 then.
    """
    numbers = [known(x) if isinstance(x, Value) else x for x in xs]
    for number in numbers:
        if isinstance(number, Operators):
            largest = getattr(number, "_largest", None)  # of a symbol
            return None, largest(numbers) if largest is not None else 0.0
    numbers = [real(x, "an argument of log_softmax") for x in numbers]
    largest = max(numbers)
    return (numbers.index(largest), largest) if math.isfinite(largest) else (None, 0.0)


def softmax(xs: Iterable[Any]) -> list[Any]:
    """``exp(x) / sum(exp(x))`` for each x: positive numbers that sum to 1.

    Raises:
        ValueError: if there are no numbers.

    >>> softmax([10000, 0])
    [1.0, 0.0]
    """
    xs = nonempty(xs, "softmax")
    shift = apply(p.logsumexp, *xs, of="softmax")
    differences = [apply(p.sub, x, shift) for x in xs]
    parts = [apply(p.exp, x) for x in differences]
    total = sum(parts)  # 1 but for rounding, which logits of 10**5 make visible
    return [apply(p.div, part, total) for part in parts]


def nonempty(xs: Iterable[Any], name: str) -> list[Any]:
    """The numbers as a list, of which there must be one at least."""
    xs = list(xs)
    if not xs:
        raise ValueError(f"{name} needs at least one number")
    return xs


if not TYPE_CHECKING:  # a list that checkers cannot read would hide all names from them
    __all__ = [  # noqa: PLE0604
        *(name for name, row in TABLE.items() if row.arity is not None),
        *("square", "deg2rad", "rad2deg", "logaddexp"),
        *("isnan", "isfinite", "stop_gradient"),
        *("sum", "prod", "mean", "dot", "logsumexp", "log_softmax", "softmax"),
    ]
