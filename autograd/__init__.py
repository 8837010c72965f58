"""A scalar automatic differentiation engine: see :class:`Value`, and the README of valuegrad."""

from __future__ import annotations

import builtins as _builtins
from typing import TYPE_CHECKING

from . import functions as _functions
from ._clash import warn_of_namesake as _warn_of_namesake
from .functions import *
from .graph import StaleGraphError as StaleGraphError
from .graph import first_anomaly as first_anomaly
from .graph import topological_order as topological_order
from .modes import AnomalyError as AnomalyError
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .value import GradientDropped as GradientDropped
from .value import Value as Value

# What bears a builtin's name (sum, abs, round, pow) is here as autograd.sum, and stays out of
# ``from autograd import *``. Hidden from type checkers, which read no computed list.
if not TYPE_CHECKING:
    __all__ = [  # noqa: PLE0604
        "AnomalyError",
        "GradientDropped",
        "StaleGraphError",
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
