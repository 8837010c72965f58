"""The table of primitives on mpmath's numbers, of any precision; and on any other namespace of the checks.

Real throughout: outside a function's domain stands nan, where mpmath would turn complex, and a pole is
an infinity, where mpmath would raise. There is no signed zero.
"""

from __future__ import annotations

import importlib
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from autograd.namespaces import Namespace
from autograd.operations import Opaque
from autograd.table import TABLE, bind_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd.table import Primitive, Rule

    Real = Any  # an mpf, for mpmath has no types

_HUGE = 2**40
"""Past this the exponential is taken as infinite: its exponent alone would fill the memory."""

_HIGHEST = 200
"""The highest order of a derivative of digamma that is asked for: floats have none beyond 170 near 1."""


def require(name: str, purpose: str) -> Any:
    """Import an optional package.

    Raises:
        ImportError: if it is missing; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, name.partition(".")[0]):
            raise
        raise ImportError(
            f"{purpose} needs the package {error.name}: python -m pip install hypothesis mpmath"
        ) from None


class Rules:
    """The table's rows bound to one namespace, as they are asked for; a row that is added later is found too.

    Args:
        namespace: what they are bound to.
        opaque: gives the rule of a row whose own rules compute with floats only.
    """

    def __init__(
        self, namespace: Namespace, opaque: Callable[[Primitive], Rule] | None = None
    ) -> None:
        self.namespace = namespace
        self._opaque = opaque
        self._bound: dict[Callable[[Namespace], Rule], Rule] = {}

    def __getitem__(self, row: Primitive) -> Rule:
        rule = self._bound.get(row.bind)
        if rule is None:
            # Rules may use rows that stand before them, so all that are new are bound, in order.
            for known in TABLE.values():
                if known.bind not in self._bound:
                    self._bound[known.bind] = bind_row(known, self.namespace)
            if row.bind not in self._bound:  # a user's, whose name is his own affair
                opaque = self._opaque if isinstance(row, Opaque) else None
                self._bound[row.bind] = opaque(row) if opaque else row.bind(self.namespace)
            rule = self._bound[row.bind]
        return rule


class Arithmetic:
    """A private context of mpmath, so that the user's precision stays as it is, and the table on it."""

    def __init__(self) -> None:
        mpmath = require("mpmath", "Checking against exact derivatives")
        self.context = mpmath.mp.clone()
        self.rules = Rules(_namespace(self.context))

    def number(self, x: Any) -> Real:
        """A number of the context, exact."""
        return self.context.mpf(x)

    @contextmanager
    def precision(self, bits: int) -> Iterator[None]:
        """Compute with a mantissa of so many bits."""
        before = self.context.prec
        self.context.prec = bits
        try:
            yield
        finally:
            self.context.prec = before


_here = threading.local()


def arithmetic() -> Arithmetic:
    """This thread's :class:`Arithmetic`.

    Raises:
        ImportError: if mpmath is not installed.
    """
    if not hasattr(_here, "arithmetic"):
        _here.arithmetic = Arithmetic()
    found: Arithmetic = _here.arithmetic
    return found


def _namespace(mp: Any) -> Namespace:
    number, nan, inf, zero, one = mp.mpf, mp.nan, mp.inf, mp.mpf(0), mp.mpf(1)

    def real(function: Callable[..., Any]) -> Callable[[Any], Real]:
        """The function where it is real, nan elsewhere."""

        def real(x: Any) -> Real:
            found = function(number(x))
            return nan if isinstance(found, mp.mpc) else found

        return real

    def bounded(
        function: Callable[[Real], Real], below: Real, above: Real
    ) -> Callable[[Any], Real]:
        """The function where it grows like the exponential, its limits further out."""

        def real(x: Any) -> Real:
            return above if x > _HUGE else below if x < -_HUGE else function(number(x))

        return real

    def cbrt(x: Any) -> Real:
        return mp.sign(x) * mp.cbrt(abs(x))

    def divide(a: Any, b: Any) -> Real:
        a, b = number(a), number(b)
        if b == 0:
            return nan if a == 0 or mp.isnan(a) else inf * mp.sign(a)
        return a / b

    def power(a: Any, b: Any) -> Real:
        a, b = number(a), number(b)
        if b == 0 or a == 1:
            return one
        if mp.isnan(a) or mp.isnan(b):
            return nan
        if a == 0:
            return zero if b > 0 else inf
        if a < 0 and not mp.isint(b):
            return nan
        steepness = b * mp.log(abs(a))
        if abs(steepness) > _HUGE:
            size = inf if steepness > 0 else zero
            return -size if a < 0 and b % 2 else size
        return mp.power(a, b)

    def floordiv(a: Any, b: Any) -> Real:
        a, b = number(a), number(b)
        if b == 0 or mp.isinf(a):
            return divide(a, b) if b == 0 else nan
        if mp.isinf(b):
            return zero if a * mp.sign(b) >= 0 else -one
        return mp.floor(a / b)

    def mod(a: Any, b: Any) -> Real:
        a, b = number(a), number(b)
        if b == 0 or mp.isinf(a):
            return nan
        if mp.isinf(b):
            return a if a * mp.sign(b) >= 0 else b
        return a - b * mp.floor(a / b)

    def erfinv(x: Any) -> Real:
        x = number(x)
        return mp.erfinv(x) if abs(x) < 1 else x * inf if abs(x) == 1 else nan

    def lgamma(x: Any) -> Real:
        if mp.isinf(x) or (x <= 0 and mp.isint(x)):
            return inf
        return mp.re(mp.loggamma(number(x)))

    def digamma(x: Any) -> Real:
        if x == 0 or (x < 0 and (mp.isinf(x) or mp.isint(x))):
            return nan if x else -inf
        return mp.psi(0, number(x))

    def polygamma(n: Any, x: Any) -> Real:
        n = mp.nint(number(n))
        if not 1 <= n <= _HIGHEST:
            return nan
        if x <= 0 and (mp.isinf(x) or mp.isint(x)):
            return inf if n % 2 else nan if x else -inf
        return psi(int(n), number(x), mp.prec)

    @lru_cache(
        maxsize=512
    )  # it takes milliseconds, and most of what asks anew has moved n within one step
    def psi(n: int, x: Real, precision: int) -> Real:
        return mp.psi(n, x)

    def sign(x: Any) -> Real:
        return nan if mp.isnan(x) else mp.sign(x)

    def maximum(a: Any, b: Any) -> Real:
        return number(a if a > b or mp.isnan(a) else b)

    def minimum(a: Any, b: Any) -> Real:
        return number(a if a < b or mp.isnan(a) else b)

    def atan2(y: Any, x: Any) -> Real:
        return zero if y == 0 and x == 0 else mp.atan2(y, x)

    def where(condition: Any, a: Any, b: Any) -> Any:
        return a if condition else b

    names = "log log1p log10 sqrt sin cos tan asin acos acosh atan asinh atanh "
    names += "floor ceil"
    functions: dict[str, Any] = {name: real(getattr(mp, name)) for name in names.split()}
    functions |= {
        "log2": real(lambda x: mp.log(x, 2)),
        "round": real(mp.nint),
        "exp": bounded(mp.exp, zero, inf),
        "expm1": bounded(mp.expm1, -one, inf),
        "sinh": bounded(mp.sinh, -inf, inf),
        "cosh": bounded(mp.cosh, inf, inf),
        "tanh": bounded(mp.tanh, -one, one),
        "erf": bounded(mp.erf, -one, one),
        "erfc": bounded(mp.erfc, number(2), zero),
        "erfinv": erfinv,
        "lgamma": lgamma,
        "digamma": digamma,
        "polygamma": polygamma,
        "cbrt": cbrt,
        "atan2": atan2,
        "hypot": mp.hypot,
        "div": divide,
        "pow": power,
        "mod": mod,
        "floordiv": floordiv,
        "abs": lambda x: abs(number(x)),
        "sign": sign,
        "maximum": maximum,
        "minimum": minimum,
        "where": where,
        "equal": lambda a, b: a == b,
        "isnan": mp.isnan,
        "largest": max,
    }
    return Namespace("mpmath", functions)
