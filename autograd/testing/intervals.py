"""Interval arithmetic: where an operation's result lies when its operands move a little.

Programs drawn at random carry an interval with each number, so that an operation is only offered where its
domain holds, and no kink lies, on the whole interval: smooth by construction. Ends are not rounded
outwards; whoever asks keeps a margin. What is undefined somewhere on an interval has nan for ends.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.namespaces import IEEE, Namespace

from .exact import Rules
from .rounded import Lifting

if TYPE_CHECKING:
    from collections.abc import Callable


class Interval(Lifting):
    """The numbers from low to high.

    >>> Interval(-1.0, 2.0) * Interval(3.0, 4.0)
    [-4.0, 8.0]
    """

    __slots__ = ("high", "low")

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    @classmethod
    def lift(cls, number: Any) -> Interval:
        """A number as an interval of one point."""
        return number if isinstance(number, Interval) else Interval(float(number), float(number))

    def __repr__(self) -> str:
        return f"[{self.low}, {self.high}]"

    @property
    def size(self) -> float:
        """The largest magnitude inside; nan where the interval is undefined."""
        return max(abs(self.low), abs(self.high)) + 0.0 * (self.low + self.high)

    def clears(self, margin: float) -> bool:
        """Whether every number inside is at least so far from 0."""
        return self.low >= margin or self.high <= -margin

    def __add__(self, other: Any) -> Interval:
        other = lift(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __mul__(self, other: Any) -> Interval:
        if other is self:  # a square
            return hull(*_corners(lambda a, b: a * b, abs(self), abs(self)))
        return hull(*_corners(lambda a, b: a * b, self, lift(other)))

    def __mod__(self, other: Any) -> Interval:
        divisor = lift(other)
        n = self // divisor
        if n.low == n.high or n.size != n.size:
            return self - n * divisor
        return hull(0.0, divisor.low, divisor.high)  # somewhere between it jumps to 0, or from it

    def __floordiv__(self, other: Any) -> Interval:
        return _divide(self, other).__floor__()

    def __abs__(self) -> Interval:
        if self.low >= 0.0:
            return self
        return -self if self.high <= 0.0 else Interval(0.0, max(-self.low, self.high))

    def __floor__(self) -> Interval:
        return Interval(IEEE.floor(self.low), IEEE.floor(self.high))

    def __ceil__(self) -> Interval:
        return Interval(IEEE.ceil(self.low), IEEE.ceil(self.high))

    def __lt__(self, other: Any) -> bool | None:
        other = lift(other)
        return _settled(self.high < other.low, self.low >= other.high)

    def __le__(self, other: Any) -> bool | None:
        other = lift(other)
        return _settled(self.high <= other.low, self.low > other.high)

    def __gt__(self, other: Any) -> bool | None:
        return lift(other) < self

    def __ge__(self, other: Any) -> bool | None:
        return lift(other) <= self


NOWHERE = Interval(math.nan, math.nan)


lift = Interval.lift


def hull(*points: float) -> Interval:
    """The smallest interval around some numbers; undefined if one of them is nan."""
    if any(p != p for p in points):
        return NOWHERE
    return Interval(min(points), max(points))


def _settled(surely: bool, surely_not: bool) -> bool | None:
    """True, False, or None where it depends on which numbers of the intervals are meant."""
    return True if surely else False if surely_not else None


def _corners(f: Callable[[float, float], float], a: Interval, b: Interval) -> list[float]:
    return [f(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]


def _monotone(f: Callable[[float], float]) -> Callable[[Any], Interval]:
    def image(x: Any) -> Interval:
        x = lift(x)
        return hull(f(x.low), f(x.high))

    return image


def _wave(f: Callable[[float], float], crest: float) -> Callable[[Any], Interval]:
    """Of a sine or cosine, whose crests and troughs lie half a turn apart from a first one on."""

    def image(x: Any) -> Interval:
        x = lift(x)
        if not math.isfinite(x.size):
            return NOWHERE
        first = math.ceil((x.low - crest) / math.pi)
        last = math.floor((x.high - crest) / math.pi)
        turns = [1.0 if n % 2 == 0 else -1.0 for n in range(first, min(last, first + 1) + 1)]
        return hull(f(x.low), f(x.high), *turns)

    return image


def _tan(x: Any) -> Interval:
    x = lift(x)
    low, high = (
        math.floor(end / math.pi + 0.5) if math.isfinite(end) else 0 for end in (x.low, x.high)
    )
    return hull(IEEE.tan(x.low), IEEE.tan(x.high)) if low == high else NOWHERE  # no pole between


def _divide(a: Any, b: Any) -> Interval:
    a, b = lift(a), lift(b)
    return hull(*_corners(IEEE.div, a, b)) if b.clears(0.0) and b.size else NOWHERE


def _power(a: Any, b: Any) -> Interval:
    a, b = lift(a), lift(b)
    return hull(*_corners(IEEE.pow, a, b)) if a.low > 0.0 else NOWHERE


def _hypot(a: Any, b: Any) -> Interval:
    a, b = abs(lift(a)), abs(lift(b))
    return Interval(math.hypot(a.low, b.low), math.hypot(a.high, b.high))


def _atan2(y: Any, x: Any) -> Interval:
    y, x = lift(y), lift(x)
    if x.low <= 0.0 and y.low <= 0.0 <= y.high:
        return NOWHERE  # across the cut it jumps
    return hull(*_corners(math.atan2, y, x))


def _where(condition: Any, a: Any, b: Any) -> Any:
    if condition is None:
        a, b = lift(a), lift(b)
        return hull(a.low, a.high, b.low, b.high)
    return a if condition else b


def _equal(a: Any, b: Any) -> bool | None:
    a, b = lift(a), lift(b)
    return _settled(a.low == a.high == b.low == b.high, a.high < b.low or b.high < a.low)


def _even(f: Callable[[float], float]) -> Callable[[Any], Interval]:
    return lambda x: _monotone(f)(abs(lift(x)))


def _larger(a: Any, b: Any) -> Interval:
    a, b = lift(a), lift(b)
    return Interval(IEEE.maximum(a.low, b.low), IEEE.maximum(a.high, b.high))


def _smaller(a: Any, b: Any) -> Interval:
    a, b = lift(a), lift(b)
    return Interval(IEEE.minimum(a.low, b.low), IEEE.minimum(a.high, b.high))


def _largest(xs: Any) -> Interval:
    xs = [lift(x) for x in xs]
    return Interval(max(x.low for x in xs), max(x.high for x in xs))


def _namespace() -> Namespace:
    names = "exp expm1 log log1p log2 log10 cbrt sqrt asin acos atan sinh tanh asinh acosh atanh erf erfc"
    names += " sign floor ceil round"
    functions: dict[str, Any] = {name: _monotone(getattr(IEEE, name)) for name in names.split()}
    functions |= {"sin": _wave(math.sin, math.pi / 2), "cos": _wave(math.cos, 0.0), "tan": _tan}
    functions |= {"cosh": _even(IEEE.cosh), "abs": lambda x: abs(lift(x))}
    functions |= {"div": _divide, "pow": _power, "hypot": _hypot, "atan2": _atan2}
    functions |= {"mod": lambda a, b: lift(a) % b, "floordiv": lambda a, b: lift(a) // b}
    functions |= {"maximum": _larger, "minimum": _smaller, "largest": _largest}
    functions |= {"where": _where, "equal": _equal, "isnan": lambda x: lift(x).size != lift(x).size}
    return Namespace("intervals", functions)


RULES = Rules(_namespace())
"""The table of primitives on intervals."""
