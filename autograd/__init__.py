"""A scalar automatic differentiation engine: see :class:`Value`, and the README of valuegrad."""

from __future__ import annotations

import builtins as _builtins
from typing import TYPE_CHECKING

from . import functions as _functions
from ._clash import warn_of_namesake as _warn_of_namesake
from .extremes import argmax as argmax
from .extremes import argmin as argmin
from .extremes import max as max
from .extremes import min as min
from .extremes import norm as norm
from .functions import *
from .graph import first_anomaly as first_anomaly
from .graph import topological_order as topological_order
from .modes import AnomalyError as AnomalyError
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .modes import trace_lines as trace_lines
from .operations import custom_gradient as custom_gradient
from .operations import primitive as primitive
from .scopes import scope as scope
from .sweeps import StaleGraphError as StaleGraphError
from .transforms import grad as grad
from .transforms import gradient as gradient
from .transforms import hessian as hessian
from .transforms import hvp as hvp
from .transforms import jacobian as jacobian
from .transforms import jvp as jvp
from .transforms import sparsity as sparsity
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp
from .transforms import vmap as vmap
from .value import GradientDropped as GradientDropped
from .value import Value as Value

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .compiler import RecompileWarning as RecompileWarning
    from .compiler import TraceError as TraceError
    from .compiler import compile as compile
    from .drawing.entry import draw as draw
    from .drawing.entry import print_graph as print_graph
    from .exploring.entry import draw_backward as draw_backward
    from .exploring.entry import explore as explore

# What bears a builtin's name (sum, abs, max, round, pow) is here as autograd.sum, and stays out of
# ``from autograd import *``. Hidden from type checkers, which read no computed list.
if not TYPE_CHECKING:
    __all__ = [  # noqa: PLE0604
        "AnomalyError",
        "GradientDropped",
        "RecompileWarning",
        "StaleGraphError",
        "TraceError",
        "Value",
        "argmax",
        "argmin",
        "custom_gradient",
        "detect_anomaly",
        "draw",
        "draw_backward",
        "explore",
        "first_anomaly",
        "grad",
        "gradient",
        "hessian",
        "hvp",
        "jacobian",
        "jvp",
        "no_grad",
        "norm",
        "primitive",
        "print_graph",
        "scope",
        "sparsity",
        "topological_order",
        "trace_lines",
        "value_and_grad",
        "vjp",
        "vmap",
        *(name for name in _functions.__all__ if not hasattr(_builtins, name)),
    ]

_warn_of_namesake()

if not TYPE_CHECKING:  # to a checker, a module with __getattr__ has every name
    _ON_FIRST_USE = dict.fromkeys(("draw", "print_graph"), "drawing")
    _ON_FIRST_USE |= dict.fromkeys(("draw_backward", "explore"), "exploring")
    _ON_FIRST_USE |= dict.fromkeys(("compile", "RecompileWarning", "TraceError"), "compiler")

    def __getattr__(name: str) -> object:
        """What few programs need is imported when it is asked for, so that ``import autograd`` is quick."""
        if name not in _ON_FIRST_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
        globals()[name] = found
        return found
