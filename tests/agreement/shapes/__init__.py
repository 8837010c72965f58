"""Shapes of code that people write: generators of programs of every size, for :mod:`tests.agreement`.

Each makes a function of a list of numbers, and numbers for it, from a source of random draws and a size from 1 to 24. What is
in loops, bands, triangles, gathers, recurrences or tables here decides how the compiler groups and lays out.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from . import linear, models, physics, sequences

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[list[Any]], Any]

LARGEST = 24
ROOMS = linear, sequences, models, physics
SHAPES: dict[str, Any] = {
    name: make
    for room in ROOMS
    for name, make in vars(room).items()
    if getattr(make, "__module__", "") == room.__name__ and not name.startswith("_")
}
"""The generators by name."""


def drawn(seed: int) -> tuple[str, Function, list[float]]:
    """A random program of a shape: what to call it, a function of a list of numbers, and numbers for it."""
    rng = random.Random(seed)
    name = list(SHAPES)[seed % len(SHAPES)]
    size = rng.randint(1, LARGEST)
    function, numbers = SHAPES[name](rng, size)
    return f"{name}, size {size}", function, numbers
