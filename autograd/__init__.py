"""A scalar automatic differentiation engine: see :class:`Value`, and the README of valuegrad."""

from __future__ import annotations

import builtins as _builtins
from typing import TYPE_CHECKING as _TYPE_CHECKING

from . import functions as _functions
from ._clash import warn_of_namesake as _warn_of_namesake
from .functions import *
from .graph import StaleGraphError, first_anomaly, topological_order
from .modes import AnomalyError, detect_anomaly, no_grad
from .scopes import scope
from .value import GradientDropped, Value

if _TYPE_CHECKING:
    from .drawing import draw, print_graph

# What bears a builtin's name (sum, abs, round, pow) is here as autograd.sum, and stays out of
# ``from autograd import *``.
__all__ = [  # noqa: PLE0604
    "AnomalyError",
    "GradientDropped",
    "StaleGraphError",
    "Value",
    "detect_anomaly",
    "draw",
    "first_anomaly",
    "no_grad",
    "print_graph",
    "scope",
    "topological_order",
    *(name for name in _functions.__all__ if not hasattr(_builtins, name)),
]

_warn_of_namesake()

_ON_FIRST_USE = {"draw": "drawing", "print_graph": "drawing"}


def __getattr__(name: str) -> object:
    """What few programs need is imported when it is asked for, so that ``import autograd`` is quick."""
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
    globals()[name] = found
    return found
