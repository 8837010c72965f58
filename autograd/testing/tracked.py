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
from autograd.table import ABSENT, Rule

from .rounded import (
    SLOPES,
    TINY,
    UNIT,
    Rounded,
    Unsure,
    spread_of_angle,
    spread_of_power,
    spread_of_quotient,
    spread_of_remainder,
    spread_of_smooth,
    spread_of_steps,
)
from .rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.table import Primitive

LIBRARY = 4.0 * UNIT
"""What an elementary function of the C library may be off by, relatively: two ulps."""


class Tracked(Rounded):
    """A float and a bound on its distance from the exact number.

    >>> third = Tracked(1.0) / 3.0
    >>> third.value, third.error <= 2**-53
    (0.333..., True)
    """

    __slots__ = ()

    def __init__(self, value: float, error: float = 0.0) -> None:
        self.value = value
        self.error = error if math.isfinite(value) and error == error else math.inf

    @classmethod
    def lift(cls, number: Any) -> Tracked:
        """A number of a rule as a Tracked; one with a long mantissa (2/sqrt(pi)) counts as rounded."""
        if isinstance(number, Tracked):
            return number
        value = float(number)
        exact = not math.isfinite(value) or (math.frexp(value)[0] * 2.0**30).is_integer()
        return Tracked(value, 0.0 if exact else UNIT * abs(value))

    def __add__(self, other: Any) -> Tracked:
        other = lift(other)
        value = self.value + other.value
        return Tracked(value, self.error + other.error + _lost_in_sum(self.value, other.value))

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

    def __neg__(self) -> Tracked:
        return Tracked(-self.value, self.error)

    def __abs__(self) -> Tracked:
        return Tracked(abs(self.value), self.error)

    def __bool__(self) -> bool:
        return self.value != 0.0


lift = Tracked.lift


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


def _smooth(
    function: Callable[[float], float], slope: Callable[[float], float]
) -> Callable[[Any], Tracked]:
    def tracked(x: Any) -> Tracked:
        x = lift(x)
        value = function(x.value)
        return Tracked(value, spread_of_smooth(function, slope, x) + LIBRARY * abs(value) + TINY)

    return tracked


def _steps(function: Callable[[float], float]) -> Callable[[Any], Tracked]:
    """A piecewise constant function: exact, unless the argument may be on another step."""

    def tracked(x: Any) -> Tracked:
        x = lift(x)
        return Tracked(function(x.value), spread_of_steps(function, x))

    return tracked


def _power(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = IEEE.pow(a.value, b.value)
    return Tracked(value, spread_of_power(a, b, value) + LIBRARY * abs(value) + TINY)


def _mod(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = IEEE.mod(a.value, b.value)
    return Tracked(value, spread_of_remainder(a, b) + UNIT * abs(value))


def _floordiv(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = IEEE.floordiv(a.value, b.value)
    return Tracked(value, spread_of_quotient(a, b) + UNIT * abs(value))


def _hypot(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    value = math.hypot(a.value, b.value)
    return Tracked(value, a.error + b.error + LIBRARY * value + TINY)


def _atan2(y: Any, x: Any) -> Tracked:
    y, x = lift(y), lift(x)
    value = math.atan2(y.value, x.value)
    return Tracked(value, spread_of_angle(y, x) + LIBRARY * abs(value) + TINY)


def _larger(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    return Tracked(IEEE.maximum(a.value, b.value), max(a.error, b.error))


def _smaller(a: Any, b: Any) -> Tracked:
    a, b = lift(a), lift(b)
    return Tracked(IEEE.minimum(a.value, b.value), max(a.error, b.error))


def _where(condition: Any, a: Any, b: Any) -> Any:
    taken, other = (a, b) if condition else (b, a)
    if isinstance(condition, Unsure) and (taken is not ABSENT or other is not ABSENT):
        taken, other = [lift(0.0 if x is ABSENT else x) for x in (taken, other)]
        return Tracked(taken.value, abs(taken.value - other.value) + max(taken.error, other.error))
    return taken


def _namespace() -> Namespace:
    xp: Any = IEEE
    functions: dict[str, Any] = {
        name: _smooth(getattr(xp, name), slope) for name, slope in SLOPES.items()
    }
    functions |= {name: _steps(getattr(xp, name)) for name in ("sign", "floor", "ceil", "round")}
    functions |= {"abs": lambda x: abs(lift(x)), "div": lambda a, b: lift(a) / lift(b)}
    functions |= {"pow": _power, "hypot": _hypot, "atan2": _atan2}
    functions |= {"mod": _mod, "floordiv": _floordiv}
    functions |= {"maximum": _larger, "minimum": _smaller, "largest": max}
    functions |= {
        "where": _where,
        "equal": lambda a, b: lift(a).equals(b),
        "isnan": lambda x: math.isnan(lift(x).value),
    }
    return Namespace("tracked", functions)


def _of_floats(row: Primitive) -> Rule:
    """The rule of a row that computes with floats: its author is trusted to be within two ulps, and to know its slopes."""

    def local(partial: Any, out: float, operands: list[float]) -> float:
        found = partial(out, *operands) if callable(partial) else partial
        return 0.0 if found is None else float(found)

    def forward(*operands: Any) -> Tracked:
        numbers = [lift(x) for x in operands]
        values = [x.value for x in numbers]
        value = float(row.forward(*values))
        spread = sum(
            abs(local(partial, value, values)) * x.error
            for partial, x in zip(row.partials, numbers, strict=True)
            if x.error
        )
        return Tracked(value, spread + LIBRARY * abs(value) + TINY)

    def tracked(partial: Any) -> Any:
        def slope(out: Any, *operands: Any) -> Tracked:
            value = local(partial, lift(out).value, [lift(x).value for x in operands])
            return Tracked(value, LIBRARY * abs(value))

        return slope

    return Rule(forward, tuple(tracked(x) if callable(x) else x for x in row.partials))


RULES = Rules(_namespace(), _of_floats)
"""The table of primitives on tracked numbers."""
