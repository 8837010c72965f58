"""What counts as a real number, and what is said of anything else."""

from __future__ import annotations

import numbers
from typing import Any


def is_real(number: Any) -> bool:
    """Whether an object is a real number that a Value can hold (a Value itself is not)."""
    if isinstance(number, (int, float, numbers.Real)):  # the ABC is slow, and comes last
        return True
    if getattr(number, "shape", None) == () and hasattr(number, "item"):  # NumPy, 0-d
        return isinstance(number.item(), numbers.Real)
    return type(number).__name__ == "Decimal"  # known without importing decimal


def real(number: Any, name: str) -> float:
    """A real number as a float.

    Args:
        number: what came.
        name: the argument's name, for messages.

    Raises:
        TypeError: if it is not a real number; the message says what to do.
        OverflowError: if it is an integer or a fraction too large for a float.
    """
    if not is_real(number):
        raise TypeError(f"{name} must be a real number, not {_advice(number)}")
    try:
        return float(number)
    except OverflowError:
        raise OverflowError(f"{name} is too large for a float") from None


def _advice(number: Any) -> str:
    kind = type(number).__name__
    if hasattr(number, "primitive"):
        return "a Value; use the Value itself, or its .data"
    if isinstance(number, str):
        return f"the str {number[:40]!r}; convert it with float() first"
    if isinstance(number, numbers.Complex):
        return "complex; use two Values, for the real and the imaginary part"
    if isinstance(number, (list, tuple)) or hasattr(number, "shape"):
        return f"{kind}; a Value is one number, so make one for each element"
    return kind
