"""Interval arithmetic: where an operation's result lies when its operands move a little.

Programs drawn at random carry an interval with each number, so that an operation is only offered where its
domain holds, and no kink lies, on the whole interval: smooth by construction. Ends are not rounded
outwards; whoever asks keeps a margin. What is undefined somewhere on an interval has nan for ends.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
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
        factors = (
            (abs(self), abs(self)) if other is self else (self, other)
        )  # a square is no product
        return _corners(operator.mul, *factors)

    def __mod__(self, other: Any) -> Interval:
        return _mod(self, other)

    def __floordiv__(self, other: Any) -> Interval:
        return _floordiv(self, other)

    def __abs__(self) -> Interval:
        if self.low >= 0.0:
            return self
        return -self if self.high <= 0.0 else Interval(0.0, max(-self.low, self.high))

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


def _corners(f: Callable[..., float], *regions: Any) -> Interval:
    """Where a function that is monotone in each argument comes to."""
    ends = [(x.low, x.high) for x in map(lift, regions)]
    return hull(*itertools.starmap(f, itertools.product(*ends)))


def _monotone(f: Callable[..., float]) -> Callable[..., Interval]:
    return functools.partial(_corners, f)


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
    b = lift(b)
    return _corners(IEEE.div, a, b) if b.clears(0.0) and b.size else NOWHERE


def _floordiv(a: Any, b: Any) -> Interval:
    return _corners(IEEE.floor, _divide(a, b))


def _mod(a: Any, b: Any) -> Interval:
    a, b = lift(a), lift(b)
    n = _floordiv(a, b)
    if n.low == n.high or n.size != n.size:
        return lift(a - n * b)
    return hull(0.0, b.low, b.high)  # somewhere between it jumps to 0, or from it


def _power(a: Any, b: Any) -> Interval:
    return _corners(IEEE.pow, a, b) if lift(a).low > 0.0 else NOWHERE


def _atan2(y: Any, x: Any) -> Interval:
    y, x = lift(y), lift(x)
    if x.low <= 0.0 and y.low <= 0.0 <= y.high:
        return NOWHERE  # across the cut it jumps
    return _corners(math.atan2, y, x)


def _where(condition: Any, a: Any, b: Any) -> Any:
    if condition is None:
        a, b = lift(a), lift(b)
        return hull(a.low, a.high, b.low, b.high)
    return a if condition else b


def _equal(a: Any, b: Any) -> bool | None:
    a, b = lift(a), lift(b)
    return _settled(a.low == a.high == b.low == b.high, a.high < b.low or b.high < a.low)


def _largest(xs: Any) -> Interval:
    xs = [lift(x) for x in xs]
    return Interval(max(x.low for x in xs), max(x.high for x in xs))


def _namespace() -> Namespace:
    names = "exp expm1 log log1p log2 log10 cbrt sqrt asin acos atan sinh tanh asinh acosh atanh erf erfc"
    names += " sign floor ceil round"
    functions: dict[str, Any] = {name: _monotone(getattr(IEEE, name)) for name in names.split()}
    functions |= {"sin": _wave(math.sin, math.pi / 2), "cos": _wave(math.cos, 0.0), "tan": _tan}
    functions |= {
        "cosh": lambda x: _corners(IEEE.cosh, abs(lift(x))),
        "abs": lambda x: abs(lift(x)),
    }
    functions |= {"hypot": lambda a, b: _corners(math.hypot, abs(lift(a)), abs(lift(b)))}
    functions |= {
        "div": _divide,
        "floordiv": _floordiv,
        "mod": _mod,
        "pow": _power,
        "atan2": _atan2,
    }
    functions |= {name: _monotone(getattr(IEEE, name)) for name in ("maximum", "minimum")}
    functions |= {"largest": _largest}
    functions |= {"where": _where, "equal": _equal, "isnan": lambda x: lift(x).size != lift(x).size}
    return Namespace("intervals", functions)


RULES = Rules(_namespace())
"""The table of primitives on intervals."""
