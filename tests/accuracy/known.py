"""Where derivatives are known to have fewer digits than 12, and why; the page on conventions says the same."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 1e-12
"""The largest error that needs no reason."""
PAGE = "docs/conventions.md"
"""Where the reasons are documented, under Tails."""


class Known(NamedTuple):
    """A reason for larger errors."""

    rows: tuple[str, ...]
    orders: tuple[int, ...]
    modes: tuple[str, ...]
    where: Callable[..., bool]
    """Of the exact derivative and the arguments; elsewhere the limit holds."""
    why: str


BOTH = ("eager", "compiled")
KNOWN = (
    Known(("tanh",), (2,), BOTH, lambda exact, x: abs(x) > 236.0, "below 1e-204 factors underflow"),
    Known(
        ("sigmoid",), (2,), BOTH, lambda exact, x: abs(x) > 472.0, "below 1e-204 factors underflow"
    ),
    Known(
        ("atan2",),
        (2,),
        BOTH,
        lambda exact, y, x: math.hypot(y, x) < 1e-153,
        "at a distance from the origin whose square underflows",
    ),
    Known(
        ("div",),
        (2,),
        ("compiled",),
        lambda exact, a, b: not 1e-153 < abs(b) < 1e153,
        "where 1 / b**2 leaves the range of floats",
    ),
    Known(
        ("pow",),
        (1, 2),
        BOTH,
        lambda exact, a, b: -1.0 <= b <= -0.5 and abs(exact) > sys.float_info.max / 4.0,
        "nearly overflows, for exponents from -1 to -1/2",
    ),
    Known(("elu",), (1, 2), BOTH, lambda exact, x, alpha: x < -708.0, "where exp(x) underflows"),
    Known(
        ("gelu",),
        (1,),
        ("compiled",),
        lambda exact, x: x < -37.0,
        "where SciPy's erfc is 0 and should be subnormal",
    ),
)


def reason(row: str, order: int, mode: str, exact: float, point: tuple[float, ...]) -> bool:
    """Whether a derivative is known to have fewer digits."""
    return any(
        row in known.rows and order in known.orders and mode in known.modes
        for known in KNOWN
        if row in known.rows and known.where(exact, *point)
    )
