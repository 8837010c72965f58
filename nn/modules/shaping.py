"""Flatten: what is nested, as one list."""

from __future__ import annotations

from typing import Any

from .module import Module
from .state import flatten


class Flatten(Module):
    """Lists of lists, to any depth, as one list of numbers.

    >>> Flatten()([[1.0, 2.0], [3.0, 4.0]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def forward(self, x: Any) -> list[Any]:
        return list(flatten(x.tolist() if hasattr(x, "tolist") else x))

    def config(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return "Flatten()"
