"""Recording a function of scalars, finding the arrays in it, and running those."""

from __future__ import annotations

from .compiled import Compiled, RecompileWarning, compile
from .recording import TraceError

__all__ = ["Compiled", "RecompileWarning", "TraceError", "compile"]
