"""Checks of plain arguments; each raises at once, naming the argument, what came and what was expected."""

from __future__ import annotations

import math
import operator
import random
from typing import TYPE_CHECKING, Any, TypeVar

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


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
        raise ValueError(f"{name} must be at least {low:g}{end}, not {shown(result)}")
    return result


def shown(x: float) -> str:
    """A number in few digits, or in all where few would show another.

    >>> shown(2.0), shown(1.0000000000000002)
    ('2', '1.0000000000000002')
    """
    short = f"{x:g}"
    return short if float(short) == x or x != x else repr(float(x))


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


def seeded(seed: Any) -> random.Random:
    """A generator of its own; where the seed is None, each time another.

    Raises:
        TypeError, ValueError: as :func:`count`, from 0. NumPy's whole numbers will do, which :mod:`random` refuses.
    """
    return random.Random(None if seed is None else count("seed", seed, 0))


def named(name: str, x: str | T, known: Mapping[str, T], what: str = "") -> T:
    """A function by name; a function is returned as it is.

    Args:
        name: the argument's name.
        x: what came.
        known: the functions that have names.
        what: what to call one of them in messages, if not as the argument.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is neither a name nor a function.

    >>> named("loss", "mze", {"mse": abs, "mae": abs})
    Traceback (most recent call last):
        ...
    ValueError: no loss is called 'mze'; there are mse, mae
    """
    if isinstance(x, str):
        if x not in known:
            raise ValueError(f"no {what or name} is called {x!r}; there are {', '.join(known)}")
        return known[x]
    if not callable(x):
        raise TypeError(f"{name} must be a name or a function, not {x!r:.60}")
    return x
