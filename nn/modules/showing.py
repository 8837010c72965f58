"""How modules show themselves, in few words."""

from __future__ import annotations

from typing import Any

from .parameter import Parameter, shape_of_parameters
from .scoping import Called


def holds(value: Any) -> bool:
    """Whether something is, or is a list or dict that begins with, a parameter or a module."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return bool(value) and holds(value[0])
    return isinstance(value, (Parameter, Called))


def brief(value: Any, depth: int = 3) -> str:
    """A value in few words; what lies deeper than so many lists is left out."""
    if isinstance(value, Parameter):
        return f"{value.data:.4g}"
    if not isinstance(value, (dict, list, tuple)):
        return repr(value)
    if depth == 0:
        return "..."
    if isinstance(value, dict):
        inside = [f"{key!r}: {brief(inner, depth - 1)}" for key, inner in value.items()]
        return "{" + ", ".join(inside) + "}"
    shape = shape_of_parameters(value)
    if shape is not None:
        return "×".join(map(str, shape)) + " parameters"
    shown = [brief(inner, depth - 1) for inner in value[:4]]
    return "[" + ", ".join(shown + ["..."] * (len(value) > 4)) + "]"
