"""Scalar automatic differentiation: numbers that remember how they were computed.

>>> from autograd import Value, tanh
>>> x = Value(2.0)
>>> y = tanh(x * -3.0 + 6.5)
>>> y.backward()
>>> x.grad
-2.35934319889...

The names that matter:

==================  ==========================================================================================
``Value``           one number and one node of a graph; ``y.backward()`` puts dy/dx into ``x.grad``
``exp``, ``tanh``   and the other functions, for Values and for plain numbers
``no_grad``         computing without remembering
``grad``            the gradient of a function; with it ``value_and_grad``, ``jacobian``, ``hessian``, ``jvp``, ``vjp``, ``hvp``
``vmap``            a function of one point, made one of many
``compile``         plain scalar code, made a program on arrays
``to_jax``          plain scalar code, made a function of JAX's arrays
``draw``            a picture of a graph, a net, a function or a program
``primitive``       an operation of your own, from its rule; ``custom_gradient`` one of any function
``detect_anomaly``  where a nan comes from
``testing``         ``autograd.testing.gradcheck`` and its kin: whether a gradient is right
==================  ==========================================================================================

Neural nets stand in the package ``nn``. ``python -m autograd`` tells what is installed, and how fast it can be.
"""

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
    from .compiler import ProgramError as ProgramError
    from .compiler import RecompileWarning as RecompileWarning
    from .compiler import TraceError as TraceError
    from .compiler import compile as compile
    from .compiler import load_program as load_program
    from .compiler import to_jax as to_jax
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
        "ProgramError",
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
        "load_program",
        "no_grad",
        "norm",
        "primitive",
        "print_graph",
        "scope",
        "sparsity",
        "to_jax",
        "topological_order",
        "trace_lines",
        "value_and_grad",
        "vjp",
        "vmap",
        *(name for name in _functions.__all__ if not hasattr(_builtins, name)),
    ]

_warn_of_namesake()

if not TYPE_CHECKING:  # to a checker, a module with __getattr__ has every name
    _LIKE_BUILTINS = [name for name in _functions.__all__ if hasattr(_builtins, name)]

    def __dir__() -> list[str]:
        return sorted(
            {*__all__, *_LIKE_BUILTINS, "compile", "max", "min", "testing", "__version__"}
        )

    _ON_FIRST_USE = dict.fromkeys(("draw", "print_graph"), "drawing")
    _ON_FIRST_USE |= dict.fromkeys(("draw_backward", "explore"), "exploring")
    _ON_FIRST_USE |= dict.fromkeys(
        ("compile", "load_program", "to_jax", "ProgramError", "RecompileWarning", "TraceError"),
        "compiler",
    )

    def __getattr__(name: str) -> object:
        """What few programs need is imported when it is asked for, so that ``import autograd`` is quick."""
        from importlib import import_module

        if name == "testing":
            return import_module(".testing", __name__)
        if name not in _ON_FIRST_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
        globals()[name] = found
        return found
