"""What a mutant is: a wrong change, and the tests that notice."""

from __future__ import annotations

from typing import NamedTuple, Protocol


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


class _Maker(Protocol):
    def __call__(
        self, name: str, old: str, new: str, *killers: str, equivalent: str = ""
    ) -> Mutant: ...


def of(file: str, *tests: str) -> _Maker:
    """Makes mutants of a file, which those tests notice where a mutant names no others."""

    def mutant(name: str, old: str, new: str, *killers: str, equivalent: str = "") -> Mutant:
        return Mutant(name, file, old, new, killers or tests, equivalent)

    return mutant
