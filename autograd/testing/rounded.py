"""What floats with a bound on their error share, whatever the bound is of.

:mod:`.running_error` bounds the engine's own roundings; the tests of compiled programs bound those of any order of
evaluation. Here are the operators that follow from others, comparisons that know when they cannot be sure, and
how much an elementary function magnifies an error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.namespaces import IEEE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

UNIT = 2.0**-53
"""The largest relative error of one rounding."""
TINY = 2.0**-1074
"""The largest absolute error of one rounding that underflows."""


class Lifting:
    """Operators of a kind of number that follow from its addition, negation and product, with other kinds lifted."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def lift(cls, number: Any) -> Self:
            """Any number as one of this kind."""
            ...

        def __add__(self, other: Any) -> Self: ...

        def __neg__(self) -> Self: ...

        def __mul__(self, other: Any) -> Self: ...

    def __sub__(self, other: Any) -> Self:
        return self + -self.lift(other)

    def __radd__(self, other: Any) -> Self:
        return self.lift(other) + self

    def __rsub__(self, other: Any) -> Self:
        return self.lift(other) - self

    def __rmul__(self, other: Any) -> Self:
        return self.lift(other) * self


class Unsure:
    """A comparison that may come out otherwise."""

    __slots__ = ("outcome",)

    def __init__(self, outcome: bool) -> None:
        self.outcome = outcome

    def __bool__(self) -> bool:
        return self.outcome


class Rounded(Lifting):
    """A float and a bound on its distance from the exact number.

    Attributes:
        value: the float.
        error: the bound; infinite where nothing is known.
    """

    __slots__ = ("error", "value")

    value: float
    error: float
    unsure: type[Unsure] = Unsure

    def __repr__(self) -> str:
        return f"{self.value}±{self.error:.1e}"

    def __lt__(self, other: Any) -> bool | Unsure:
        return self.decided(self.value < self.lift(other).value, other)

    def __le__(self, other: Any) -> bool | Unsure:
        return self.decided(self.value <= self.lift(other).value, other)

    def __gt__(self, other: Any) -> bool | Unsure:
        return self.decided(self.value > self.lift(other).value, other)

    def __ge__(self, other: Any) -> bool | Unsure:
        return self.decided(self.value >= self.lift(other).value, other)

    def equals(self, other: Any) -> bool | Unsure:
        """Whether two numbers are equal; ``==`` itself stays that of objects."""
        return self.decided(self.value == self.lift(other).value, other)

    def decided(self, outcome: bool, other: Any) -> bool | Unsure:
        """What a comparison with another number comes to, or that it cannot be told."""
        other = self.lift(other)
        doubt = self.error + other.error
        return (
            outcome if not doubt or abs(self.value - other.value) > doubt else self.unsure(outcome)
        )


# --- how errors of arguments spread ----------------------------------------------------------


def spread_of_angle(y: Rounded, x: Rounded) -> float:
    """How far errors of y and x may turn ``atan2(y, x)``."""
    doubt = y.error + x.error
    if not doubt:
        return 0.0
    if x.value < 0.0 and abs(y.value) <= y.error:  # perhaps on the other side of the cut
        return math.inf
    room = math.hypot(y.value, x.value) - doubt
    return doubt / room if room > 0.0 else math.inf


def spread_of_power(base: Rounded, exponent: Rounded) -> float:
    """How far errors of base and exponent may move ``base ** exponent``."""
    value, spread = IEEE.pow(base.value, exponent.value), 0.0
    if base.error and (exponent.value or exponent.error):
        relative = IEEE.div(base.error, abs(base.value))
        if not relative < 0.5:
            return math.inf
        spread = abs(value) * IEEE.expm1(-abs(exponent.value) * math.log1p(-relative))
    if exponent.error:
        if base.value < 0.0:  # which has whole powers only
            return math.inf
        spread += abs(value) * IEEE.expm1(abs(IEEE.log(abs(base.value))) * exponent.error)
    return spread


def spread_of_smooth(
    function: Callable[[float], float], slope: Callable[[float], float], x: Rounded
) -> float:
    """How far the argument's error may move a function without a turn: by its slope there and at both ends, or as far
    as the ends themselves lie, for between them the slope may be larger."""
    e = x.error
    if not e:
        return 0.0
    points = x.value, x.value - e, x.value + e
    value, *ends = map(function, points)
    if any(map(math.isnan, ends)):
        return math.inf  # the exact argument may lie outside the domain
    reach = max(abs(slope(point)) for point in points) * e
    return max(reach, *(abs(end - value) for end in ends)) if reach == reach else math.inf


def spread_of_wave(
    function: Callable[[float], float], slope: Callable[[float], float], x: Rounded
) -> float:
    """How far the argument's error may move a sine or cosine, which turns."""
    if x.error >= 1.0:
        return 1.0 + abs(function(x.value))
    return spread_of_smooth(function, slope, x)


def spread_of_steps(function: Callable[[float], float], x: Rounded) -> float:
    """How far the argument's error may move a piecewise constant function."""
    value, e = function(x.value), x.error
    return max(abs(function(x.value - e) - value), abs(function(x.value + e) - value))


def spread_of_quotient(a: Rounded, b: Rounded) -> float:
    """How far errors of a and b may move the whole number ``a // b``."""
    if not a.error and not b.error:
        return 0.0
    room = abs(b.value) - b.error
    if not room > 0.0:
        return math.inf
    quotient = a.value / b.value
    doubt = (a.error + abs(quotient) * b.error) / room + UNIT * abs(quotient)
    if not math.isfinite(quotient) or not math.isfinite(doubt):
        return math.inf
    return IEEE.floor(quotient + doubt) - IEEE.floor(quotient - doubt)  # type: ignore[no-any-return]


def spread_of_remainder(a: Rounded, b: Rounded) -> float:
    """How far errors of a and b may move ``a % b``."""
    turns = spread_of_quotient(a, b)
    if not turns and not a.error and not b.error:
        return 0.0
    return a.error + abs(IEEE.floordiv(a.value, b.value)) * b.error + turns * abs(b.value)  # type: ignore[no-any-return]


def _slopes() -> dict[str, Callable[[float], float]]:
    xp: Any = IEEE

    def bell(x: float) -> float:
        return 2.0 / math.sqrt(math.pi) * float(xp.exp(-x * x))

    def inside(x: float) -> float:
        return float(xp.div(1.0, xp.sqrt((1.0 - x) * (1.0 + x))))

    return {
        "exp": xp.exp,
        "expm1": xp.exp,
        "log": lambda x: xp.div(1.0, x),
        "log1p": lambda x: xp.div(1.0, 1.0 + x),
        "log2": lambda x: xp.div(1.0 / math.log(2.0), x),
        "log10": lambda x: xp.div(1.0 / math.log(10.0), x),
        "cbrt": lambda x: xp.div(1.0 / 3.0, xp.cbrt(x) * xp.cbrt(x)),
        "sqrt": lambda x: xp.div(0.5, xp.sqrt(x)),
        "sin": xp.cos,
        "cos": lambda x: -xp.sin(x),
        "tan": lambda x: 1.0 + xp.tan(x) * xp.tan(x),
        "asin": inside,
        "acos": lambda x: -inside(x),
        "atan": lambda x: 1.0 / (1.0 + x * x),
        "sinh": xp.cosh,
        "cosh": xp.sinh,
        "tanh": lambda x: xp.div(1.0, xp.cosh(x)) * xp.div(1.0, xp.cosh(x)),
        "asinh": lambda x: 1.0 / math.hypot(1.0, x),
        "acosh": lambda x: xp.div(1.0, xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)),
        "atanh": lambda x: xp.div(1.0, (1.0 - x) * (1.0 + x)),
        "erf": bell,
        "erfc": lambda x: -bell(x),
    }


# Written out here, and not taken from the table's partials, because those are what is being checked.
SLOPES = _slopes()
"""The slopes of elementary functions."""
