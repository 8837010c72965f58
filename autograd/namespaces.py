"""What ``xp`` can be in a primitive's rule: one set of callables a kind of number.

A rule (see :mod:`autograd.primitives`) is written once, as a function of a namespace ``xp``. Here
stand the functions it may ask for that Python's operators do not give:

========================  ========================================================
``exp`` ... ``atanh``     elementary functions of one argument
``log2 log10 cbrt``       more of them
``erf erfc``              the error function and its complement
``sign floor ceil round`` piecewise constant functions
``div pow``               IEEE division and power, for ``/`` and ``**`` raise on floats
``atan2 hypot``           functions of two arguments
``mod floordiv``          the remainder with the divisor's sign, and the whole quotient to it
``maximum minimum``       the larger, the smaller; nan if either is nan
``abs``                   the absolute value
``where``                 ``where(condition, a, b)``, both branches already computed; a branch of
                          partials may be :data:`~autograd.table.ABSENT`
``equal isnan``           comparisons that ``==`` cannot express for a graph's nodes
``largest``               the greatest of a sequence
========================  ========================================================

When the table of primitives is bound to a namespace it adds its own rows to it, so that a rule may
also use an earlier row (``softplus`` uses ``xp.sigmoid``).

Every namespace follows IEEE 754 where Python's :mod:`math` raises: a pole is an infinity, an invalid
operation is nan, an overflow is an infinity.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    # mypy cannot know which rows a namespace has been given, hence Any for its members.
    Function = Callable[..., Any]


class Namespace:
    """A named bag of functions that rules are bound to.

    Args:
        name: what to call the namespace in messages (``"ieee"``, ``"numpy"``...).
        functions: the functions it starts with, by name.

    Attributes:
        own: the names of those.
    """

    def __init__(self, name: str, functions: dict[str, Function]) -> None:
        self.name = name
        self.own = frozenset(functions)
        self.__dict__.update(functions)

    def take_in(self, name: str, function: Function) -> None:
        """Take in a row's function, unless the namespace has one of that name of its own."""
        if name not in self.own:
            setattr(self, name, function)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Function: ...

    def __repr__(self) -> str:
        return f"<namespace {self.name}>"


# --- Python floats ---------------------------------------------------------------------------


def _total(function: Callable[[float], float], pole: float = math.nan) -> Function:
    """Make a function of :mod:`math` answer everywhere.

    Args:
        function: the function; it raises ValueError outside its domain and OverflowError past the
            range of floats.
        pole: the one argument, if any, at which the function tends to an infinity; -0.0 counts as 0.0.
    """
    at_pole = math.nan
    if pole == pole:
        # The sign of the infinity: the function's sign on the way to the pole, from inside.
        inside = pole - math.copysign(1e-12, pole) if pole else 1e-12
        at_pole = math.copysign(math.inf, function(inside))

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return at_pole if x == pole else math.nan
        except OverflowError:  # exp, expm1, cosh overflow upwards, sinh on the side of x
            return math.copysign(math.inf, function(math.copysign(1.0, x)))

    return total


def _atanh(x: float) -> float:
    if abs(x) == 1.0:
        return math.copysign(math.inf, x)
    try:
        return math.atanh(x)
    except ValueError:
        return math.nan


def _divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        if a == 0.0:  # a negative power of zero; only odd integers keep the sign of -0.0
            return math.copysign(math.inf, a) if _is_odd(b) else math.inf
        return math.nan  # a negative base and a fractional exponent
    except OverflowError:
        return -math.inf if a < 0.0 and _is_odd(b) else math.inf


def _is_odd(x: float) -> bool:
    # The remainder of C, which is exact: -0.9999999999999999 % 2.0 rounds to 1.
    return abs(math.fmod(x, 2.0)) == 1.0


def _modulo(a: float, b: float) -> float:
    return a % b if b else math.nan


def _floor_divide(a: float, b: float) -> float:
    return a // b if b else _divide(a, b)


def _maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def _where(condition: object, a: float, b: float) -> float:
    return a if condition else b


def _sign(x: float) -> float:
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else math.nan


def _rounding(function: Callable[[float], int]) -> Function:
    def rounded(x: float) -> float:
        if not math.isfinite(x):
            return x
        return float(function(x)) or math.copysign(0.0, x)  # an integer 0 has lost its sign

    return rounded


def _equal(a: float, b: float) -> bool:
    return a == b


IEEE = Namespace(
    "ieee",
    {
        "exp": _total(math.exp),
        "expm1": _total(math.expm1),
        "log": _total(math.log, pole=0.0),
        "log1p": _total(math.log1p, pole=-1.0),
        "log2": _total(math.log2, pole=0.0),
        "log10": _total(math.log10, pole=0.0),
        "cbrt": math.cbrt,
        "sqrt": _total(math.sqrt),
        "sin": _total(math.sin),
        "cos": _total(math.cos),
        "tan": _total(math.tan),
        "asin": _total(math.asin),
        "acos": _total(math.acos),
        "atan": math.atan,
        "atan2": math.atan2,
        "sinh": _total(math.sinh),
        "cosh": _total(math.cosh),
        "tanh": math.tanh,
        "asinh": math.asinh,
        "acosh": _total(math.acosh),
        "atanh": _atanh,
        "erf": math.erf,
        "erfc": math.erfc,
        "hypot": math.hypot,
        "abs": abs,
        "sign": _sign,
        "floor": _rounding(math.floor),
        "ceil": _rounding(math.ceil),
        "round": _rounding(round),
        "div": _divide,
        "pow": _power,
        "mod": _modulo,
        "floordiv": _floor_divide,
        "maximum": _maximum,
        "minimum": _minimum,
        "where": _where,
        "equal": _equal,
        "isnan": math.isnan,
        "largest": max,
    },
)


# --- nodes of a graph ------------------------------------------------------------------------


def traced_function(primitive: Any) -> Function:
    """A primitive as a function of nodes and floats: the node applies it, floats are computed.

    Nodes are whatever has an ``_apply`` method: the eager ``Value`` and the compiler's symbols.
    """

    def apply(*operands: Any) -> Any:
        for operand in operands:
            if type(operand) is not float:
                result = operand._apply(primitive, *operands)
                if result is not NotImplemented:
                    return result
        return primitive.forward(*operands)

    apply.__name__ = apply.__qualname__ = primitive.name
    return apply


def _traced_where(condition: Any, a: Any, b: Any) -> Any:
    """Select at once where the condition is known; record the choice where it is a symbol."""
    choose = getattr(
        condition, "_select", None
    )  # of a number, none: a Value is true unless it is 0
    return choose(a, b) if choose is not None else a if condition else b


def _traced_equal(a: Any, b: Any) -> Any:
    for operand in (a, b):
        if type(operand) is not float:
            return operand._equal(a, b)
    return a == b


def _traced_isnan(a: Any) -> Any:
    return math.isnan(a) if type(a) is float else a._isnan()


def traced_namespace() -> Namespace:
    """The namespace in which rules are evaluated on nodes, for derivatives of any order.

    The table adds each row's :func:`traced_function` as the row is defined.
    """
    functions: dict[str, Function] = {
        "where": _traced_where,
        "equal": _traced_equal,
        "isnan": _traced_isnan,
    }
    return Namespace("traced", functions)


# --- arrays ----------------------------------------------------------------------------------


def numpy_namespace() -> Namespace:
    """The namespace of NumPy arrays (float64 or float32); imports NumPy.

    NumPy warns where IEEE arithmetic signals; whoever runs these functions does so under
    ``numpy.errstate(all="ignore")``.
    """
    import numpy as np

    try:  # NumPy has no error function; SciPy's is vectorised
        from scipy.special import erf, erfc
    except ImportError:
        erf = np.vectorize(math.erf, otypes=[float])
        erfc = np.vectorize(math.erfc, otypes=[float])
    return _of_arrays("numpy", np, erf=erf, erfc=erfc)


def jax_namespace() -> Namespace:
    """The namespace of JAX's arrays (float64 or float32); imports JAX.

    XLA would make ``a / (b * c)`` of ``a / b / c``, x of ``log(exp(x))``, ``exp(a + b)`` of ``exp(a) * exp(b)``, which
    overflow elsewhere, and have other digits. What it may not look into passes through a choice that is never taken.
    """
    import jax.numpy as jnp
    from jax.scipy.special import erf, erfc

    def opaque(x: Any) -> Any:
        return jnp.where(x == x, x, math.nan)

    def floordiv(a: Any, b: Any) -> Any:
        return jnp.where(b == 0.0, jnp.divide(a, b), jnp.floor_divide(a, b))  # JAX has nan there

    return _of_arrays(
        "jax",
        jnp,
        div=lambda a, b: opaque(jnp.divide(a, b)),
        exp=lambda x: opaque(jnp.exp(x)),
        pow=lambda a, b: opaque(jnp.power(a, b)),
        log=lambda x: jnp.log(opaque(x)),
        sqrt=lambda x: opaque(jnp.sqrt(opaque(x))),
        erf=erf,
        erfc=erfc,
        floordiv=floordiv,
    )


def _of_arrays(name: str, np: Any, **own: Function) -> Namespace:
    """The functions of a module that has NumPy's names, and those that it has not."""

    def largest(values: Any) -> Any:
        return np.max(np.stack(values), axis=0)

    def where(condition: Any, a: Any, b: Any) -> Any:
        # Of partials too, of which some entries may be absent (None): an array has a 0 there.
        return np.where(condition, 0.0 if a is None else a, 0.0 if b is None else b)

    same = (
        "exp expm1 log log1p log2 log10 cbrt sqrt sin cos tan sinh cosh tanh hypot sign floor ceil"
    )
    same += " maximum minimum equal isnan"
    functions: dict[str, Function] = {name: getattr(np, name) for name in same.split()}
    inverse = "asin acos atan atan2 asinh acosh atanh"
    functions |= {name: getattr(np, "arc" + name[1:]) for name in inverse.split()}
    functions |= {"abs": np.absolute, "div": np.divide, "pow": np.power, "round": np.rint}
    functions |= {"mod": np.remainder, "floordiv": np.floor_divide}
    return Namespace(name, functions | {"largest": largest, "where": where} | own)
