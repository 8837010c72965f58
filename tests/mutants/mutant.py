"""What a mutant is."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One wrong change."""

    name: str
    file: str
    old: str
    new: str
    killers: tuple[str, ...] = ()
    """Tests of which at least one must fail."""
    equivalent: str = ""
    """Why nothing can notice it."""
