"""Floats that carry a bound on their own rounding error: running error analysis.

Each operation computes what floats compute, and beside it how far that may be from the exact number:
the errors that came in, magnified by the operation's slope, plus its own rounding (Higham, *Accuracy and
Stability of Numerical Algorithms*, section 3.3). Where a comparison could go either way within the
errors, what is selected by it carries the difference of the two branches as an error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.namespaces import IEEE, Namespace

from .rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT = 2.0**-53
"""The largest relative error of one rounding."""
TINY = 2.0**-1074
"""The largest absolute error of one rounding that underflows."""
LIBRARY = 4.0 * UNIT
"""What an elementary function of the C library may be off by, relatively: two ulps."""


class Tracked:
    """A float and a bound on its distance from the exact number.

    >>> third = Tracked(1.0) / 3.0
    >>> third.value, third.error <= 2**-53
    (0.333..., True)
    """

    __slots__ = ("error", "value")

    def __init__(self, value: float, error: float = 0.0) -> None:
        self.value = value
        self.error = error if math.isfinite(value) and error == error else math.inf

    def __repr__(self) -> str:
        return f"{self.value}±{self.error:.1e}"

    def __add__(self, other: Any) -> Tracked:
        other = lift(other)
        value = self.value + other.value
        return Tracked(value, self.error + other.error + _lost_in_sum(self.value, other.value))

    def __sub__(self, other: Any) -> Tracked:
        return self + -lift(other)

    def __mul__(self, other: Any) -> Tracked:
        a, b, e, f = self.value, lift(other).value, self.error, lift(other).error
        value = a * b
        return Tracked(value, _times(a, f) + _times(b, e) + _times(e, f) + _lost_in_product(a, b))

    def __truediv__(self, other: Any) -> Tracked:
        other = lift(other)
        value = IEEE.div(self.value, other.value)
        room = abs(other.value) - other.error
        spread = (self.error + _times(value, other.error)) / room if room > 0.0 else math.inf
        if _lost_in_product(value, other.value) == 0.0 and value * other.value == self.value:
            return Tracked(value, spread)  # the division comes out even
        return Tracked(value, spread + UNIT * abs(value) + TINY)

    def __radd__(self, other: Any) -> Tracked:
        return lift(other) + self

    def __rsub__(self, other: Any) -> Tracked:
        return lift(other) - self

    def __rmul__(self, other: Any) -> Tracked:
        return lift(other) * self

    def __neg__(self) -> Tracked:
        return Tracked(-self.value, self.error)

    def __abs__(self) -> Tracked:
        return Tracked(abs(self.value), self.error)

    def __bool__(self) -> bool:
        return self.value != 0.0

    def __lt__(self, other: Any) -> Any:
        return _decided(self.value < lift(other).value, self, other)

    def __le__(self, other: Any) -> Any:
        return _decided(self.value <= lift(other).value, self, other)

    def __gt__(self, other: Any) -> Any:
        return _decided(self.value > lift(other).value, self, other)

    def __ge__(self, other: Any) -> Any:
        return _decided(self.value >= lift(other).value, self, other)


class Unsure:
    """A comparison whose outcome may be another for the exact numbers."""

    __slots__ = ("outcome",)

    def __init__(self, outcome: bool) -> None:
        self.outcome = outcome

    def __bool__(self) -> bool:
        return self.outcome


def lift(number: Any) -> Tracked:
    """A number of a rule as a Tracked; one with a long mantissa (2/sqrt(pi)) counts as rounded."""
    if isinstance(number, Tracked):
        return number
    value = float(number)
    exact = not math.isfinite(value) or (math.frexp(value)[0] * 2.0**30).is_integer()
    return Tracked(value, 0.0 if exact else UNIT * abs(value))


def _lost_in_sum(a: float, b: float) -> float:
    """What the rounding of a + b takes away (Knuth's two-sum)."""
    total = a + b
    if not abs(total) < 1e300:
        return UNIT * abs(total)
    b_kept = total - a
    return abs((a - (total - b_kept)) + (b - b_kept))


def _lost_in_product(a: float, b: float) -> float:
    """What the rounding of a * b takes away (Dekker's two-product)."""
    product = a * b
    if product == 0.0 and (a == 0.0 or b == 0.0):
        return 0.0
    if not (1e-250 < abs(product) < 1e290 and abs(a) < 1e290 and abs(b) < 1e290):
        return UNIT * abs(product) + TINY
    a_high, b_high = _upper_half(a), _upper_half(b)
    a_low, b_low = a - a_high, b - b_high
    return abs(((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)


def _upper_half(x: float) -> float:
    """The upper 26 bits of a float (Veltkamp)."""
    big = 134217729.0 * x  # 2**27 + 1
    return big - (big - x)


def _times(factor: float, error: float) -> float:
    if not error or not factor:  # no error stays none, even times infinity
        return 0.0
    return abs(factor) * error or TINY


def _decided(outcome: bool, a: Tracked, b: Any) -> bool | Unsure:
    b = lift(b)
    doubt = a.error + b.error
    return outcome if not doubt or abs(a.value - b.value) > doubt else Unsure(outcome)


def _smooth(
    function: Callable[[float], float], slope: Callable[[float], float]
) -> Callable[[Any], Tracked]:
    def tracked(x: Any) -> Tracked:
        x = lift(x)
        value, e = function(x.value), x.error
        spread = 0.0
        if e:
            steepest = max(abs(slope(x.value)), abs(slope(x.value - e)), abs(slope(x.value + e)))
            spread = steepest * e if steepest == steepest else math.inf
            if math.isnan(function(x.value - e)) or math.isnan(function(x.value + e)):
                spread = math.inf  # the exact argument may lie outside the domain
        return Tracked(value, spread + LIBRARY * abs(value) + TINY)

    return tracked


def _steps(function: Callable[[float], float]) -> Callable[[Any], Tracked]:
    """A piecewise constant function: exact, unless the argument may be on another step."""

    def tracked(x: Any) -> Tracked:
        x = lift(x)
        value, e = function(x.value), x.error
        return Tracked(
            value, max(abs(function(x.value - e) - value), abs(function(x.value + e) - value))
        )

    return tracked


def _power(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = IEEE.pow(a.value, b.value)
    spread = 0.0
    if a.error:
        relative = IEEE.div(a.error, abs(a.value))
        if b.value == 0.0 and not b.error:
            spread = 0.0
        elif relative < 0.5:
            spread = abs(value) * IEEE.expm1(-abs(b.value) * math.log1p(-relative))
        else:
            spread = math.inf
    if b.error:
        spread += abs(value) * IEEE.expm1(abs(IEEE.log(abs(a.value))) * b.error)
    return Tracked(value, spread + LIBRARY * abs(value) + TINY)


def _hypot(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = math.hypot(a.value, b.value)
    return Tracked(value, a.error + b.error + LIBRARY * value)


def _atan2(y: Any, x: Any) -> Tracked:
    y, x = lift(y), lift(x)
    value = math.atan2(y.value, x.value)
    spread, doubt = 0.0, y.error + x.error
    if doubt:
        room = math.hypot(y.value, x.value) - doubt
        spread = doubt / room if room > 0.0 else math.inf
        if x.value < 0.0 and abs(y.value) <= y.error:  # perhaps on the other side of the cut
            spread = math.inf
    return Tracked(value, spread + LIBRARY * abs(value) + TINY)


def _larger(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    return Tracked(IEEE.maximum(a.value, b.value), max(a.error, b.error))


def _smaller(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    return Tracked(IEEE.minimum(a.value, b.value), max(a.error, b.error))


def _where(condition: Any, a: Any, b: Any) -> Any:
    taken, other = (a, b) if condition else (b, a)
    if isinstance(condition, Unsure) and taken is not None and other is not None:
        taken, other = lift(taken), lift(other)
        return Tracked(taken.value, abs(taken.value - other.value) + max(taken.error, other.error))
    return taken


def _equal(a: Any, b: Any) -> Any:
    a = lift(a)
    return _decided(a.value == lift(b).value, a, b)


def _namespace() -> Namespace:
    xp: Any = IEEE

    def bell(x: float) -> float:
        return 2.0 / math.sqrt(math.pi) * float(xp.exp(-x * x))

    def inside(x: float) -> float:
        return float(xp.div(1.0, xp.sqrt((1.0 - x) * (1.0 + x))))

    # The slopes are written out here, and not taken from the table's partials, because those are what
    # is being checked.
    slopes: dict[str, Callable[[float], float]] = {
        "exp": xp.exp,
        "expm1": xp.exp,
        "log": lambda x: xp.div(1.0, x),
        "log1p": lambda x: xp.div(1.0, 1.0 + x),
        "sqrt": lambda x: xp.div(0.5, xp.sqrt(x)),
        "sin": xp.cos,
        "cos": xp.sin,
        "tan": lambda x: 1.0 + xp.tan(x) * xp.tan(x),
        "asin": inside,
        "acos": inside,
        "atan": lambda x: 1.0 / (1.0 + x * x),
        "sinh": xp.cosh,
        "cosh": xp.sinh,
        "tanh": lambda x: xp.div(1.0, xp.cosh(x)) * xp.div(1.0, xp.cosh(x)),
        "asinh": lambda x: 1.0 / math.hypot(1.0, x),
        "acosh": lambda x: xp.div(1.0, xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)),
        "atanh": lambda x: xp.div(1.0, (1.0 - x) * (1.0 + x)),
        "erf": bell,
        "erfc": bell,
    }
    functions: dict[str, Any] = {
        name: _smooth(getattr(xp, name), slope) for name, slope in slopes.items()
    }
    functions |= {name: _steps(getattr(xp, name)) for name in ("sign", "floor", "ceil", "round")}
    functions |= {"abs": lambda x: abs(lift(x)), "div": lambda a, b: lift(a) / lift(b)}
    functions |= {"pow": _power, "hypot": _hypot, "atan2": _atan2}
    functions |= {"maximum": _larger, "minimum": _smaller, "largest": max}
    functions |= {"where": _where, "equal": _equal, "isnan": lambda x: math.isnan(lift(x).value)}
    return Namespace("tracked", functions)


RULES = Rules(_namespace())
"""The table of primitives on tracked numbers."""
