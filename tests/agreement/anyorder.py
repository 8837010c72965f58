"""Floats with a bound on the rounding error of *any* order of evaluation.

:mod:`autograd.testing.running_error` bounds how far the engine's own floats are from the exact number, to the last
bit: an addition that comes out even has no error there. A compiled program evaluates the same formula otherwise:
sums in another order or by BLAS, a square as a product, elementary functions by NumPy. So here a sum of n terms,
however nested, may be off by (n - 1) u times the sum of the terms' magnitudes (Higham, *Accuracy and Stability of
Numerical Algorithms*, equation 4.4), and an operation is exact only where it is exact in any order: on integer
multiples of one power of two that stay below its 2**53-fold. Both ways of evaluating lie within the bound of the exact number, so within twice the bound of
each other.

The sign of a zero that a sum or a maximum came to is not known: it depends on the order.
"""

from __future__ import annotations

import itertools
import math
import operator
from typing import TYPE_CHECKING, Any

from autograd.namespaces import IEEE, Namespace
from autograd.table import ABSENT
from autograd.testing import rounded
from autograd.testing.exact import Rules
from autograd.testing.rounded import (
    SLOPES,
    TINY,
    UNIT,
    Tracked,
    spread_of_angle,
    spread_of_power,
    spread_of_quotient,
    spread_of_remainder,
    spread_of_steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIBRARY = 8.0 * UNIT
"""What an elementary function may be off by, relatively: the 4 ulps that NumPy's vector library promises."""
LARGEST = 1e300
"""Whether a sum of larger terms overflows depends on their order."""


class Unsure(rounded.Unsure):
    """A comparison that may come out otherwise in another order."""

    __slots__ = ()

    def __init__(self, outcome: bool) -> None:
        super().__init__(outcome)
        doubts.append(self)


doubts: list[Unsure] = []
"""All comparisons of which that was so."""


class Number(Tracked):
    """A float with a bound on its distance from the exact number, in any order of evaluation.

    Attributes:
        value: what the engine computed.
        error: the bound; infinite where nothing is known. An infinity or nan that is certain has 0.
        base, terms, size: of what was added up to it, the sum of the errors, the count, and the sum of the
            magnitudes; of anything else its own error, 1, and its magnitude.
        grain: if it is exact, a power of two that it is a multiple of.
        signless: whether it is a zero whose sign is not known.
    """

    __slots__ = ("base", "grain", "signless", "size", "terms")

    unsure = Unsure

    def __init__(self, value: float, error: float = 0.0, signless: bool = False) -> None:
        self.value = value
        if error != error or (error and not math.isfinite(value)):
            error = math.inf
        self.error = self.base = error
        self.terms, self.size = 1, abs(value)
        self.grain = _grain(value) if not error else 0.0
        self.signless = signless and value == 0.0

    @classmethod
    def lift(cls, number: Any) -> Number:
        """A number as a Number; those of rules are the same in any order."""
        return number if isinstance(number, Number) else Number(float(number))

    @property
    def exact(self) -> bool:
        """Whether it is a number and the same in any order."""
        return not self.error and math.isfinite(self.value)

    def __add__(self, other: Any) -> Number:
        other = lift(other)
        for one, rest in ((self, other), (other, self)):
            if one.exact and not one.size and rest.value:  # and not a sum that came to 0
                return rest
        value = self.value + other.value
        size = self.size + other.size
        if not (math.isfinite(self.value) and math.isfinite(other.value)):
            return _corners(float.__add__, self, other)
        total = Number(value, signless=value == 0.0)
        total.base, total.terms = self.base + other.base, self.terms + other.terms
        total.size, total.grain = size, min(self.grain, other.grain)
        if total.base or not size < 2.0**53 * total.grain:
            total.error = total.base + 1.01 * (total.terms - 1) * UNIT * size
            total.grain = 0.0
        if size > LARGEST:
            total.error = math.inf
        return total

    def __neg__(self) -> Number:
        negative = Number(-self.value, self.error, self.signless)
        negative.base, negative.terms, negative.size = self.base, self.terms, self.size
        negative.grain = self.grain
        return negative

    def __mul__(self, other: Any) -> Number:
        a, b = self, lift(other)
        for one, rest in ((a, b), (b, a)):
            if one.exact and abs(one.value) == 1.0:  # which the compiler drops
                return rest if one.value > 0.0 else -rest
        value = a.value * b.value
        if not (math.isfinite(a.value) and math.isfinite(b.value)):
            return _corners(float.__mul__, a, b)
        if not math.isfinite(value):
            return Number(value, math.inf)  # of three factors another two may come first
        signless = a.signless or b.signless
        grain = a.grain * b.grain  # 0 where it underflows, or one of them is not exact
        if a.exact and b.exact and grain and abs(value) < 2.0**53 * grain:
            return Number(value, 0.0, signless)
        if (a.exact and not a.value) or (b.exact and not b.value):
            return Number(value, 0.0, True)
        error = abs(a.value) * b.error + abs(b.value) * a.error + a.error * b.error
        return Number(value, error + UNIT * abs(value) + TINY, signless)

    def __abs__(self) -> Number:
        return Number(abs(self.value), self.error)


lift = Number.lift


def truth(condition: Any) -> bool | Unsure:
    """Whether a number is not 0."""
    if not isinstance(condition, Number):
        return condition if isinstance(condition, Unsure) else bool(condition)
    return condition.compared(operator.ne, 0.0)


def _grain(value: float) -> float:
    if not math.isfinite(value):
        return 0.0
    if not value:
        return math.inf
    numerator, denominator = value.as_integer_ratio()
    return (numerator & -numerator) / denominator if abs(value) < 1e300 else 0.0


def _corners(function: Callable[..., float], *numbers: Number) -> Number:
    """A function where infinities or nan take part: looked at from all corners of where the operands may be."""
    value = function(*[x.value for x in numbers])
    if any(x.error == math.inf for x in numbers):
        return Number(value, math.inf)
    places = []
    for x in numbers:
        place = {repr(y): y for y in (x.value, x.value - x.error, x.value + x.error)}
        if x.signless:
            place |= {"0.0": 0.0, "-0.0": -0.0}
        places.append(place.values())
    found = [function(*corner) for corner in itertools.product(*places)]
    if not math.isfinite(value):
        same = all(y == value or (y != y and value != value) for y in found)
        return Number(value, 0.0 if same else math.inf)
    off = max(abs(y - value) for y in found)
    exact = not off and value in {-1.0, 0.0, 1.0}
    return Number(value, 0.0 if exact else off + LIBRARY * abs(value), value == 0.0)


def _elementary(
    function: Callable[[float], float],
    slope: Callable[[float], float],
    library: Callable[[float], float] = lambda x: LIBRARY,
) -> Callable[[Any], Number]:
    def apply(x: Any) -> Number:
        x = lift(x)
        value = function(x.value)
        if not (math.isfinite(value) and math.isfinite(x.value)):
            return _corners(function, x)
        if x.exact and abs(x.value) in {0.0, 1.0} and value in {0.0, 1.0}:
            return Number(value, 0.0, x.signless)
        error = rounded.spread_of_smooth(function, slope, x) + library(x.value) * abs(value) + TINY
        return Number(value, error, x.signless)

    return apply


def _steps(function: Callable[[float], float]) -> Callable[[Any], Number]:
    def apply(x: Any) -> Number:
        x = lift(x)
        if not math.isfinite(x.value) or x.error == math.inf:
            return _corners(function, x)
        off = spread_of_steps(function, x)
        if off:
            Unsure(True)
        return Number(function(x.value), off, x.signless)

    return apply


def _root(x: Any) -> Number:
    x = lift(x)
    value = IEEE.sqrt(x.value)
    if x.exact and math.isfinite(value):
        even = Number(value) * Number(value)
        exact = even.exact and even.value == x.value
        return Number(value, 0.0 if exact else UNIT * value, x.signless)
    return _elementary(IEEE.sqrt, SLOPES["sqrt"])(x)


def _divide(a: Any, b: Any) -> Number:
    a, b = lift(a), lift(b)
    value = IEEE.div(a.value, b.value)
    if not (math.isfinite(value) and math.isfinite(a.value) and math.isfinite(b.value)):
        # Overflow comes or not with the order of factors; a pole is always there.
        overflow = math.isfinite(a.value) and math.isfinite(b.value) and b.value
        return Number(value, math.inf) if overflow else _corners(IEEE.div, a, b)
    if b.exact and b.value == 1.0:
        return a
    if (
        abs(b.value) < 1.0 / LARGEST
    ):  # a factor that comes with it may be divided first, and overflow
        return Number(value, math.inf)
    room = abs(b.value) - b.error
    spread = (a.error + abs(value) * b.error) / room if room > 0.0 else math.inf
    back = Number(value) * b if a.exact and b.exact else None
    if back is not None and back.exact and back.value == a.value:  # it comes out even
        return Number(value, 0.0, a.signless)
    return Number(value, spread + UNIT * abs(value) + TINY, a.signless)


def _power(a: Any, b: Any) -> Number:
    a, b = lift(a), lift(b)
    value = IEEE.pow(a.value, b.value)
    if b.exact and b.value == 1.0:
        return a
    if b.exact and b.value == 0.0:
        return Number(1.0)
    if not (math.isfinite(value) and math.isfinite(a.value) and math.isfinite(b.value)):
        overflow = (
            math.isinf(value) and math.isfinite(a.value) and math.isfinite(b.value) and a.value
        )
        return Number(value, math.inf) if overflow else _corners(IEEE.pow, a, b)
    if a.exact and b.exact and b.value in {2.0, 3.0, 4.0}:
        product = a
        for _ in range(int(b.value) - 1):
            product = product * a
        if product.exact:
            return Number(value, 0.0, a.signless)
    if a.exact and b.exact and abs(a.value) in {0.0, 1.0}:
        return Number(value, 0.0, a.signless)
    error = spread_of_power(a, b) + LIBRARY * abs(value) + TINY
    return Number(value, error, a.signless)


def _whole(
    function: Callable[[float, float], float], spread: Callable[[Number, Number], float]
) -> Callable[[Any, Any], Number]:
    """Of the remainder and the whole quotient, which jump."""

    def apply(a: Any, b: Any) -> Number:
        a, b = lift(a), lift(b)
        value = function(a.value, b.value)
        if not (math.isfinite(value) and math.isfinite(a.value) and math.isfinite(b.value)):
            return _corners(function, a, b)
        if spread_of_quotient(a, b):
            Unsure(True)
        return Number(value, spread(a, b) + UNIT * abs(value), a.signless or value == 0.0)

    return apply


def _hypot(a: Any, b: Any) -> Number:
    a, b = lift(a), lift(b)
    value = math.hypot(a.value, b.value)
    if not math.isfinite(value):
        return _corners(math.hypot, a, b)
    if a.exact and b.exact and (not a.value or not b.value):
        return Number(value)
    return Number(value, a.error + b.error + LIBRARY * value + TINY)


def _atan2(y: Any, x: Any) -> Number:
    y, x = lift(y), lift(x)
    value = math.atan2(y.value, x.value)
    finite = math.isfinite(value) and math.isfinite(y.value) and math.isfinite(x.value)
    if not finite or y.signless or x.signless:
        return _corners(math.atan2, y, x)
    spread = spread_of_angle(y, x)
    return Number(value, spread + LIBRARY * abs(value) + TINY if value else spread)


def _extreme(function: Callable[[float, float], float]) -> Callable[[Any, Any], Number]:
    def apply(a: Any, b: Any) -> Number:
        a, b = lift(a), lift(b)
        if not (math.isfinite(a.value) and math.isfinite(b.value)):
            return _corners(function, a, b)
        value = function(a.value, b.value)
        if abs(a.value - b.value) > a.error + b.error:
            return Number(value, a.error if value == a.value else b.error, value == 0.0)
        return Number(value, max(a.error, b.error), value == 0.0)

    return apply


def _where(condition: Any, a: Any, b: Any) -> Any:
    condition = truth(condition)
    taken, other = (a, b) if condition else (b, a)
    if isinstance(condition, Unsure) and (taken is not ABSENT or other is not ABSENT):
        taken, other = [lift(0.0 if x is ABSENT else x) for x in (taken, other)]
        off = abs(taken.value - other.value)
        return Number(taken.value, off + max(taken.error, other.error))
    return taken


def _largest(numbers: Sequence[Any]) -> Number:
    found = numbers[0]
    for x in numbers[1:]:
        found = MAXIMUM(found, x)
    return lift(found)


MAXIMUM = _extreme(IEEE.maximum)


def _namespace() -> Namespace:
    xp: Any = IEEE
    # Where errors are larger than roundings, the ends say nothing of a wave between them.
    slopes = SLOPES | dict.fromkeys(("sin", "cos"), lambda x: 1.0)
    functions: dict[str, Any] = {
        name: _elementary(getattr(xp, name), slope) for name, slope in slopes.items()
    }
    # In its right tail erfc is exp(-x*x) in essence, which magnifies the rounding of the square.
    functions["erfc"] = _elementary(xp.erfc, SLOPES["erfc"], lambda x: LIBRARY + 2.0 * UNIT * x * x)
    functions |= {name: _steps(getattr(xp, name)) for name in ("sign", "floor", "ceil", "round")}
    functions |= {"sqrt": _root, "abs": lambda x: abs(lift(x)), "div": _divide, "pow": _power}
    functions |= {
        "hypot": _hypot,
        "mod": _whole(IEEE.mod, spread_of_remainder),
        "floordiv": _whole(IEEE.floordiv, spread_of_quotient),
        "atan2": _atan2,
        "where": _where,
        "equal": lambda a, b: lift(a).equals(b),
    }
    functions |= {"maximum": MAXIMUM, "minimum": _extreme(IEEE.minimum), "largest": _largest}
    functions["isnan"] = lambda x: math.isnan(lift(x).value)
    return Namespace("any order", functions)


RULES = Rules(_namespace())
"""The table of primitives on these numbers."""
