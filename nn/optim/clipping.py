"""Gradient clipping, by the size of each gradient or by the norm of all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nn._arguments import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd import Value


def clip_grad_norm_(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients by one factor so that their Euclidean norm is at most max_norm.

    The factor is ``max_norm / (norm + 1e-6)`` where that is below 1, as in PyTorch (Pascanu, Mikolov,
    Bengio 2013, algorithm 1). The underscore says that gradients are changed in place.

    Returns:
        The norm before clipping; infinite where it is too large for a float.

    Raises:
        ValueError: if max_norm is not positive.
        FloatingPointError: if a gradient is nan or infinite; no gradient is then changed.

    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> (x * x / 2 + y * y / 2).backward()
    >>> clip_grad_norm_([x, y], 1.0), round(x.grad, 5), round(y.grad, 5)
    (5.0, 0.6, 0.8)
    """
    limit = checked_limit("max_norm", max_norm, required=True)
    listed = [p for p in _listed(parameters) if getattr(p, "requires_grad", True)]
    gradients, norm = by_norm([parameter.grad for parameter in listed], limit)
    bad = next((i for i, p in enumerate(listed) if not math.isfinite(p.grad)), None)
    if bad is not None:
        raise FloatingPointError(
            f"the gradient of parameter {bad} is {listed[bad].grad}; no gradient was changed"
        )
    for parameter, gradient in zip(listed, gradients, strict=True):
        parameter.grad = gradient
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> float:
    """Hold each gradient between -clip_value and clip_value (nan stays nan).

    Returns:
        The Euclidean norm of the gradients before clipping.

    Raises:
        ValueError: if clip_value is not positive.

    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> (x * x / 2 + y * y / 2).backward()
    >>> clip_grad_value_([x, y], 3.5), x.grad, y.grad
    (5.0, 3.0, 3.5)
    """
    limit = checked_limit("clip_value", clip_value, required=True)
    listed = [p for p in _listed(parameters) if getattr(p, "requires_grad", True)]
    before = [parameter.grad for parameter in listed]
    for parameter, gradient in zip(listed, by_value(before, limit), strict=True):
        parameter.grad = gradient
    return math.hypot(*before)


def by_norm(gradients: Sequence[float], max_norm: float) -> tuple[list[float], float]:
    """The gradients scaled to a norm of at most max_norm, and their norm before."""
    norm = math.hypot(*gradients)  # whose squares do not overflow
    if norm == math.inf and all(map(math.isfinite, gradients)):
        largest = max(map(abs, gradients))
        shares = [gradient / largest for gradient in gradients]
        length = math.hypot(*shares)
        return [share / length * max_norm for share in shares], norm
    factor = max_norm / (norm + 1e-6)
    if factor < 1.0 and math.isfinite(norm):
        return [gradient * factor for gradient in gradients], norm
    return list(gradients), norm


def by_value(gradients: Sequence[float], limit: float) -> list[float]:
    """Each gradient held between -limit and limit."""
    return [limit if g > limit else max(g, -limit) for g in gradients]


def checked_limit(name: str, limit: Any, required: bool = False) -> Any:
    """A limit as a float, or None where none is asked for and none is required."""
    if limit is None and not required:
        return None
    checked = number(name, limit, 0.0)
    if checked == 0.0:
        raise ValueError(f"{name} must be positive, not 0")
    return checked


def _listed(parameters: Iterable[Value]) -> list[Value]:
    if not hasattr(parameters, "__iter__"):
        raise TypeError(f"parameters must be a sequence of Values, not {type(parameters).__name__}")
    return list(parameters)
