"""A scalar automatic differentiation engine: see :class:`Value`, and the README of valuegrad."""

from __future__ import annotations

import builtins as _builtins

from . import functions as _functions
from ._clash import warn_of_namesake as _warn_of_namesake
from .compiler import RecompileWarning, TraceError, compile
from .functions import *
from .graph import StaleGraphError, first_anomaly, topological_order
from .modes import AnomalyError, detect_anomaly, no_grad
from .transforms import (
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)
from .value import GradientDropped, Value

# What bears a builtin's name (sum, abs, round, pow) is here as autograd.sum, and stays out of
# ``from autograd import *``.
__all__ = [  # noqa: PLE0604
    "AnomalyError",
    "GradientDropped",
    "RecompileWarning",
    "StaleGraphError",
    "TraceError",
    "Value",
    "detect_anomaly",
    "first_anomaly",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "no_grad",
    "topological_order",
    "value_and_grad",
    "vjp",
    "vmap",
    *(name for name in _functions.__all__ if not hasattr(_builtins, name)),
]

_warn_of_namesake()
