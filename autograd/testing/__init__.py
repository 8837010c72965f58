"""Checking gradients: of your functions, of the engine, and of primitives you add to it.

``gradcheck(f, *args)`` finds the derivatives of f by other means and compares; there is no tolerance to
choose. With Hypothesis, ``@check_gradients`` does so wherever a strategy leads, and ``expressions()`` draws
whole programs. The packages hypothesis and mpmath are imported when first needed:
``pip install hypothesis mpmath``.
"""

from __future__ import annotations

from .finite_differences import Estimate, derivative
from .gradcheck import check_jvp_vjp, gradcheck, gradgradcheck
from .local import Finding, check_row
from .programs import Program
from .report import Entry, GradientError, Report, Verdict
from .strategies import check_gradients, datasets, expressions, kinks, modules, values

__all__ = [
    "Entry",
    "Estimate",
    "Finding",
    "GradientError",
    "Program",
    "Report",
    "Verdict",
    "check_gradients",
    "check_jvp_vjp",
    "check_row",
    "datasets",
    "derivative",
    "expressions",
    "gradcheck",
    "gradgradcheck",
    "kinks",
    "modules",
    "values",
]
