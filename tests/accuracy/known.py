"""What is known to have fewer digits than 12, and why; the page on conventions says the same."""

from __future__ import annotations

import math
from typing import NamedTuple

LIMIT = 1e-12
"""The largest error that needs no reason."""
PAGE = "docs/conventions.md"
"""Where the reasons are documented, under Tails."""


class Known(NamedTuple):
    """A reason for a larger error."""

    limit: float
    why: str


_UNDERFLOW = "below 1e-204, its factors underflow on the way"
_NEARLY = "within a factor of two of overflow, for exponents from -1 to -1/2"
KNOWN: dict[tuple[str, int, str], Known] = {
    ("div", 2, "compiled"): Known(math.inf, "where 1 / b**2 leaves the range of floats"),
    ("pow", 1, "eager"): Known(math.inf, _NEARLY),
    ("pow", 1, "compiled"): Known(math.inf, _NEARLY),
    ("pow", 2, "eager"): Known(math.inf, _NEARLY),
    ("pow", 2, "compiled"): Known(math.inf, _NEARLY),
    ("atan2", 2, "eager"): Known(math.inf, "where the distance is under 1e-154"),
    ("atan2", 2, "compiled"): Known(math.inf, "where the distance is under 1e-154"),
    ("tanh", 2, "eager"): Known(1.0, _UNDERFLOW),
    ("tanh", 2, "compiled"): Known(1.0, _UNDERFLOW),
    ("sigmoid", 2, "eager"): Known(1.0, _UNDERFLOW),
    ("sigmoid", 2, "compiled"): Known(1.0, _UNDERFLOW),
    ("elu", 1, "eager"): Known(1.0, "where exp(x) underflows and alpha is large"),
    ("elu", 1, "compiled"): Known(1.0, "where exp(x) underflows and alpha is large"),
    ("elu", 2, "eager"): Known(1.0, "where exp(x) underflows and alpha is large"),
    ("elu", 2, "compiled"): Known(1.0, "where exp(x) underflows and alpha is large"),
    ("gelu", 1, "compiled"): Known(2e-3, "SciPy's erfc is 0 where it should be subnormal"),
}
"""By row, order and mode."""
