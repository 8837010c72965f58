"""Checks of plain arguments; each raises at once, naming the argument, what came and what was expected."""

from __future__ import annotations

import math
import operator
from typing import Any

from autograd import Value


def number(name: str, x: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number as a float.

    Args:
        name: what to call it in messages.
        x: what came.
        low: the least allowed.
        high: what it must stay below.

    Raises:
        TypeError: if it is not a real number; a Value is not (its gradient would be lost), nor a bool.
        ValueError: if it is not finite, or out of range.

    >>> number("momentum", 1.5, 0.0, 1.0)
    Traceback (most recent call last):
        ...
    ValueError: momentum must be at least 0 and below 1, not 1.5
    """
    if isinstance(x, Value | str | bool) or not hasattr(x, "__float__"):
        raise TypeError(f"{name} must be a number, not {x!r:.40}")
    result = float(x)
    if not math.isfinite(result):
        raise ValueError(f"{name} must be finite, not {result}")
    if not low <= result < high:
        end = f" and below {high:g}" if math.isfinite(high) else ""
        raise ValueError(f"{name} must be at least {low:g}{end}, not {result:g}")
    return result


def count(name: str, x: Any, least: int = 1) -> int:
    """A whole number of things.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if there are fewer than the least allowed.

    >>> count("batch_size", 0)
    Traceback (most recent call last):
        ...
    ValueError: batch_size must be at least 1, not 0
    """
    if isinstance(x, bool) or not hasattr(x, "__index__"):
        raise TypeError(f"{name} must be a whole number, not {x!r:.40}")
    result = operator.index(x)
    if result < least:
        raise ValueError(f"{name} must be at least {least}, not {result}")
    return result
