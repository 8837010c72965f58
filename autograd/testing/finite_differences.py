"""Derivatives by differences of floats, at a ladder of steps: of any Python function.

Central differences at steps from ``|x|/16`` down to ``|x| * 2**-49``. A level counts only where the order
of the method shows: successive differences shrink as theory says they must (64 times a level; 16 are
asked), the gap between the one-sided slopes shrinks too, and both go down to what rounding explains. A fixed
step and a fixed tolerance, as in other checkers, are either blind or cry wolf.

Keep ``|x|`` below about 1e6: the first steps of a sine at 1e9 skip whole periods.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = range(4, 50, 3)
"""The steps: ``|x| * 2**-k`` for these k."""
SCATTER_LEVELS = (44, 37, 30)
"""The spacings at which rounding is estimated, in the same way."""


class Estimate(NamedTuple):
    """A derivative found without differentiating: by differences of floats, or in many digits (:mod:`.replay`).

    >>> import math
    >>> from autograd.testing import derivative
    >>> estimate = derivative(math.exp, 0.0)
    >>> abs(estimate.value - 1.0) <= estimate.error
    True
    """

    value: Any
    """The derivative, as a float or as mpmath's number; nan where there is none or it could not be told."""
    error: float
    """A bound on the distance of value and slopes from the true ones; infinite where they could not be told."""
    left: Any
    """The one-sided slope from the left."""
    right: Any

    @property
    def settled(self) -> bool:
        """Whether the slopes could be told."""
        return math.isfinite(self.error)

    @property
    def smooth(self) -> bool:
        """Whether there is a derivative: not at a kink, which a replay tells from what it cannot tell."""
        return bool(self.value == self.value)


class _Level(NamedTuple):
    slope: float
    left: float
    right: float
    gap: float
    noise: float
    """How much of the slope rounding may be."""
    gap_noise: float


def derivative(
    f: Callable[[float], float],
    x: float,
    rounding: Callable[[float], float] | None = None,
) -> Estimate:
    """The derivative of a function of one float.

    Args:
        f: the function. Where it raises ArithmeticError or ValueError, or answers nan, is outside its domain.
        x: where.
        rounding: a bound on the rounding error of f near a point; by default it is estimated from how f
            scatters at neighbouring floats.

    Returns:
        The derivative with a bound on its error, which is infinite at a kink, at the edge of the domain, or
        where rounding drowns everything.

    >>> import math
    >>> found = derivative(math.exp, 1.0)
    >>> abs(found.value - math.e) <= found.error < 1e-8
    True
    >>> derivative(abs, 0.0).settled
    False
    """
    scales = {abs(x) or 1.0}
    if rounding is not None:
        # Where x is small the function may move on the scale of x, or on that of 1, on which x is as good as 0. But
        # how a function scatters near x does not tell of the stairs that rounding makes at wider steps.
        scales.add(max(abs(x), 1.0))
    else:
        noise = _scatter(f, x)
        rounding = lambda _: noise

    middle, doubt = _call(f, x), rounding(x)
    best = last_resort = Estimate(math.nan, math.inf, math.nan, math.nan)
    for scale in sorted(scales):
        ladder: list[_Level] = []
        moved = False
        for k in LEVELS:
            level = _level(f, x, math.ldexp(scale, -k), middle, doubt, rounding)
            # A function that moved at wider steps and stands still at this one may just be a stair.
            if level is None or (moved and level.slope == 0.0):
                ladder.clear()  # the levels before it cannot be compared with those after
                continue
            moved = moved or level.slope != 0.0
            ladder.append(level)
            last_resort = last_resort._replace(left=level.left, right=level.right)
            bound = _bound(ladder[-4:])
            if bound is not None and bound < best.error:
                best = Estimate(level.slope, bound, level.left, level.right)
    size = max(abs(best.left), abs(best.right), abs(best.value))
    return last_resort if not best.settled or best.error > size > 0.0 else best


def _level(
    f: Callable[[float], float],
    x: float,
    h: float,
    middle: float,
    doubt: float,
    rounding: Callable[[float], float],
) -> _Level | None:
    above, below = x + h, x - h
    up, down = above - x, x - below  # what the steps are after rounding
    if up <= 0.0 or down <= 0.0 or not math.isfinite(up + down):
        return None
    high, low = _call(f, above), _call(f, below)
    high_doubt, low_doubt = rounding(above), rounding(below)
    right, left = (high - middle) / up, (middle - low) / down
    slope = (high - low) / (above - below)
    gap = right - left
    noise = (high_doubt + low_doubt) / (above - below)
    # Steps of unlike lengths let a little of the second derivative in.
    noise += abs(gap) * abs(up - down) / (up + down) + 2.0**-52 * abs(slope)
    gap_noise = (high_doubt + 2.0 * doubt + low_doubt) / min(up, down)
    gap_noise += 2.0**-51 * (abs(left) + abs(right))  # of the slopes themselves
    if not math.isfinite(slope + gap + noise + gap_noise):
        return None
    return _Level(slope, left, right, abs(gap), noise, gap_noise)


def _bound(levels: list[_Level]) -> float | None:
    """The error bound of the last of some levels, if their differences behave."""
    if len(levels) < 3:
        return None
    changes = [(abs(b.slope - a.slope), a.noise + b.noise) for a, b in pairwise(levels)]
    for (before, _), (after, noise) in pairwise(changes):
        if after > max(before / 16.0, noise):
            return None
    for wide, narrow in pairwise(levels):
        if narrow.gap > max(wide.gap / 4.0, narrow.gap_noise):
            return None
    change, hidden = changes[-1]  # the second is what rounding may hide of the first
    return change + hidden / 60.0 + levels[-1].noise


def _call(f: Callable[[float], float], x: float) -> float:
    try:
        return f(x)
    except (ArithmeticError, ValueError):
        return math.nan


def _scatter(f: Callable[[float], float], x: float) -> float:
    """The rounding error of a function that nothing is known about.

    Differences of the sixth order at neighbouring floats wipe out what is smooth and leave what is noise
    (Moré and Wild, *Estimating computational noise*, 2011). More than one spacing, because rounding
    inside the function can make stairs that are wider than the narrowest.
    """
    size = abs(x) if x else 1.0
    estimates = [_noise(f, x, math.ldexp(size, -k)) for k in SCATTER_LEVELS]
    return max(estimates)


def _noise(f: Callable[[float], float], x: float, h: float) -> float:
    values = [_call(f, x + i * h) for i in range(-6, 7)]
    if not math.isfinite(sum(values)):
        return 8.0 * 2.0**-53 * abs(_call(f, x))
    column = values
    noise = math.inf
    for order in range(1, 7):
        column = [b - a for a, b in pairwise(column)]
        if order >= 3:
            norm = math.factorial(order) ** 2 / math.factorial(2 * order)
            noise = min(noise, math.sqrt(norm / len(column)) * math.hypot(*column))
    size = max(map(abs, values))
    if (
        not noise
    ):  # it stands still, as does what adds 1 to its argument's exponential and takes 1 off again
        size = max(size, 1.0)
    return max(8.0 * noise, 4.0 * 2.0**-53 * size)
