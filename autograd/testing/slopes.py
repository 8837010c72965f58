"""One-sided derivatives of an exactly replayed function, to 22 digits.

A difference quotient at a step so small that truncation vanishes, in arithmetic so precise that rounding
does too. mpmath's own ``diff`` is not used: its steps are fixed, so that it answers garbage for the
logarithm at 1e-300, 0 for the square at 1e300 and, without a word, 0 for the absolute value at 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .precise import precise

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (-400, -500)
"""The two steps, as powers of two, relative to min(1, |x|)."""
TINY_STEPS = (-1500, -1600)
"""The steps at 0 for a function that is not smooth on the scale of the others."""
FIRST_PRECISION, LAST_PRECISION = 1024, 8192
LATER_GROWTH = 1024
"""How much larger, as a power of two, a difference that rounding swallowed might have become before it
reached the answer: what separates the largest floats from 1."""


class Slopes(NamedTuple):
    """The derivatives of a function from the left and from the right, as mpmath's numbers."""

    left: Any
    right: Any
    settled: bool
    """Whether both are known: False where a slope diverges or the function ends."""
    smooth: bool
    """Whether they are the same."""
    error: float = 0.0
    """How far they may be off: not at all to speak of, but where they vanish with the step."""


def slopes(
    evaluate: Callable[[Any | None], Any],
    x: float,
    tolerance: float,
    magnitude: Callable[[], Any],
    steps: tuple[int, int] = STEPS,
) -> Slopes:
    """The one-sided derivatives of a function at a float.

    Args:
        evaluate: the function in mpmath's arithmetic, at the precision of the moment; called with None
            it answers for x itself, which it may remember.
        x: where.
        tolerance: an error in the slopes that is small enough in any case.
        magnitude: the size of the largest number that evaluate rounds on its way, which its answer need
            not show: log(cos(x)) is 0 where x**2 is beyond the precision.
        steps: the two steps, as powers of two.
    """
    found = _slopes(evaluate, x, tolerance, magnitude, steps, LAST_PRECISION)
    if (
        not found.settled
        and x == 0.0
        and steps == STEPS
        and not precise().context.isnan(found.right)
    ):
        # 0 does not tell on what scale the function moves there; it may be that of the smallest floats.
        found = _slopes(evaluate, x, tolerance, magnitude, TINY_STEPS, 2 * LAST_PRECISION)
    return found


def _slopes(
    evaluate: Callable[[Any | None], Any],
    x: float,
    tolerance: float,
    magnitude: Callable[[], Any],
    steps: tuple[int, int],
    last: int,
) -> Slopes:
    here = precise()
    mp = here.context
    negligible = mp.ldexp(max(tolerance, 2.0**-1074), -60)
    # A step and a precision, then the smaller step and the doubled precision: where two such slopes agree,
    # neither truncation nor rounding can be to blame for what they have in common.
    left = right = mp.nan
    bits = FIRST_PRECISION
    while bits < last:
        sides, resolutions = [], []
        for step, precision in zip(steps, (bits, 2 * bits), strict=True):
            with here.precision(precision):
                point = here.number(x)
                size = abs(point)
                h = mp.ldexp(size if 0 < size < 1 else 1, step)
                middle = evaluate(None)
                left = (middle - evaluate(point - h)) / h
                right = (evaluate(point + h) - middle) / h
                sides.append((left, right))
                resolutions.append(mp.ldexp(magnitude() / h, -precision))
        with here.precision(200):
            (coarse_left, coarse_right), (left, right) = sides
            on_left = _limit(mp, coarse_left, left, resolutions, negligible)
            on_right = _limit(mp, coarse_right, right, resolutions, negligible)
            if on_left is not None and on_right is not None:
                smooth = _agree(mp, on_left[0], on_right[0], negligible, 1e-20)
                error = float(max(on_left[1], on_right[1]))
                return Slopes(on_left[0], on_right[0], True, smooth, error)
            if any(mp.isnan(s) or mp.isinf(s) for side in sides for s in side):
                return Slopes(left, right, False, False)  # more digits would not help
        bits *= 2
    return Slopes(left, right, False, False)


def _limit(
    mp: Any, coarse: Any, fine: Any, resolutions: list[Any], negligible: Any
) -> tuple[Any, Any] | None:
    """What two difference quotients, the second at the finer step, tend to, and how far that may be off;
    None where they do not tell."""
    if fine == 0 and resolutions[1] > mp.ldexp(negligible, -LATER_GROWTH):
        return None  # perhaps the precision was too low
    # Two slopes that are negligible beside the tolerance agree, unless they grow as the step shrinks.
    grows = abs(fine) > 2 * abs(coarse)
    if _agree(mp, coarse, fine, mp.zero if grows else negligible):
        return fine, mp.zero
    if abs(fine) < mp.ldexp(abs(coarse), -20) and resolutions[0] <= mp.ldexp(abs(coarse), -20):
        return mp.zero, 2 * abs(fine)  # they vanish as the step does, like those of x**2 at 0
    return None


def _agree(mp: Any, a: Any, b: Any, negligible: Any, relative: float = 1e-22) -> bool:
    difference = abs(a - b)
    if not mp.isfinite(difference):
        return False
    return bool(difference <= relative * max(abs(a), abs(b)) or difference <= negligible)
