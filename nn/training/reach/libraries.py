"""Whose code some code is: its user's, or a library's, which keeps nothing to itself that would change an answer."""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

OURSELVES = {"nn", "autograd"}


def is_library(x: Any) -> bool:
    """Whether a function, a class or a module is Python's or of an installed package that does not know us."""
    name = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
    return not isinstance(name, str) or _is_library(name)


def root_of(x: Any) -> str:
    """The name of the package in which a class or a function was written; empty if that is not known."""
    name = getattr(x, "__module__", None)
    return name.partition(".")[0] if isinstance(name, str) else ""


@functools.cache
def _is_library(name: str) -> bool:
    root = name.partition(".")[0]
    if root in OURSELVES or root == "numpy":
        return True
    if root == "__main__":
        return False
    if root in sys.stdlib_module_names:
        return True
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None) or ""
    if "site-packages" not in file and "dist-packages" not in file:
        return False
    return not any(
        root_of(inner) in OURSELVES or getattr(inner, "__name__", None) in OURSELVES
        for inner in vars(module).values()
    )
