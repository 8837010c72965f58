"""Derivatives of a recorded graph by dual numbers: forward mode, with slopes that are not the table's partials.

Differences of floats cannot show every derivative: that of tanh at 30 is 1e-26, and all floats around it are 1. So
where they tell nothing, the rows' forward rules are run once more, on numbers that carry their derivative with a bound
on its error. The rows are made of a few elementary functions, whose slopes :mod:`.rounded` writes out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order
from autograd.namespaces import Namespace
from autograd.operations import Opaque
from autograd.value import Value

from .exact import Rules
from .finite_differences import Estimate
from .kinks import conventions
from .rounded import SLOPES, Lifting, Tracked, Unsure
from .running_error import RULES as TRACKED

if TYPE_CHECKING:
    from collections.abc import Callable

SLOPE_ERROR = 2.0**-44
"""What a slope may be off by, relatively, though it squares its argument and takes the exponential of that."""
NONE = Tracked(0.0)
xp: Any = TRACKED.namespace


class Dual(Lifting):
    """A number and its derivative, both with a bound on their error."""

    __slots__ = ("tangent", "value")

    def __init__(self, value: Tracked, tangent: Tracked = NONE) -> None:
        self.value, self.tangent = value, tangent

    @classmethod
    def lift(cls, number: Any) -> Dual:
        """A number of a rule as a constant."""
        return number if isinstance(number, Dual) else Dual(Tracked.lift(number))

    def __add__(self, other: Any) -> Dual:
        other = lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __mul__(self, other: Any) -> Dual:
        a, b = self, lift(other)
        return Dual(a.value * b.value, a.value * b.tangent + b.value * a.tangent)

    def __abs__(self) -> Dual:
        return _larger(self, -self)

    def compared(self, holds: Callable[[Any, Any], Any], other: Any) -> Any:
        return holds(self.value, lift(other).value)

    def __bool__(self) -> bool:
        return bool(self.value)


lift = Dual.lift


def _smooth(name: str, slope: Callable[[float], float]) -> Callable[[Any], Dual]:
    def dual(x: Any) -> Dual:
        x = lift(x)
        there = slope(x.value.value)
        return Dual(
            getattr(xp, name)(x.value), Tracked(there, SLOPE_ERROR * abs(there)) * x.tangent
        )

    return dual


def _of_two(name: str, partials: Callable[..., tuple[Tracked, Tracked]]) -> Callable[..., Dual]:
    """A function of two numbers, given its partials as a function of the result and the numbers."""

    def dual(a: Any, b: Any) -> Dual:
        a, b = lift(a), lift(b)
        out = getattr(xp, name)(a.value, b.value)
        total = NONE
        for partial, x in zip(partials(out, a.value, b.value), (a, b), strict=True):
            if (
                x.tangent.value or x.tangent.error
            ):  # an exponent's is nan where the base is negative
                total = total + partial * x.tangent
        return Dual(out, total)

    return dual


def _where(condition: Any, a: Any, b: Any) -> Any:
    if not isinstance(condition, Unsure):
        return a if condition else b
    a, b = lift(a), lift(b)
    tangent = xp.where(condition, a.tangent, b.tangent)
    return Dual(xp.where(condition, a.value, b.value), tangent)


def _larger(a: Any, b: Any) -> Dual:
    a, b = lift(a), lift(b)
    tie = (
        a.value.value == b.value.value
    )  # at which the rule of a smooth row may have kinks that make up for each other
    return lift(_where(Unsure(True) if tie else a > b, a, b))


def _equal(a: Any, b: Any) -> Any:
    a, b = lift(a), lift(b)
    same = a.value.equals(b.value)
    moving = any(x.tangent.value or x.tangent.error for x in (a, b))
    return Unsure(True) if same and moving else same  # a step on, they are equal no longer


def _namespace() -> Namespace:
    functions: dict[str, Any] = {name: _smooth(name, slope) for name, slope in SLOPES.items()}
    functions |= {name: _smooth(name, lambda x: 0.0) for name in ("sign", "floor", "ceil", "round")}
    functions |= {
        "abs": lambda x: abs(lift(x)),
        "div": _of_two("div", lambda out, a, b: (Tracked(1.0) / b, -out / b)),
        "pow": _of_two("pow", lambda out, a, b: (b * xp.pow(a, b - 1.0), out * xp.log(a))),
        "hypot": _of_two("hypot", lambda out, a, b: (a / out, b / out)),
        "atan2": _of_two("atan2", _of_angle),
        "mod": _of_two("mod", lambda out, a, b: (Tracked(1.0), -xp.floordiv(a, b))),
        "floordiv": _of_two("floordiv", lambda out, a, b: (NONE, NONE)),
        "maximum": _larger,
        "minimum": lambda a, b: -_larger(-lift(a), -lift(b)),
        "largest": max,
        "where": _where,
        "equal": _equal,
        "isnan": lambda x: math.isnan(lift(x).value.value),
    }
    return Namespace("dual", functions)


def _of_angle(out: Tracked, y: Tracked, x: Tracked) -> tuple[Tracked, Tracked]:
    radius = xp.hypot(x, y)
    return x / radius / radius, -y / radius / radius


RULES = Rules(_namespace())
"""The table of primitives on dual numbers."""


def tangent(root: Value, leaf: Value, spread: float) -> Estimate | None:
    """The derivative of a recorded graph.

    Args:
        root: what is differentiated.
        leaf: by what.
        spread: how far it may be off because the operations' operands are rounded.

    Returns:
        None where it cannot be told: at a kink, with an operation that computes with floats only, or past overflow.
    """
    order = topological_order(root)
    if conventions(order) or any(isinstance(node.primitive, Opaque) for node in order):
        return None
    numbers: dict[Value, Dual] = {}
    for node in order:
        if node.primitive is None:
            numbers[node] = Dual(Tracked(node.data), Tracked(float(node is leaf)))
        else:
            operands = [
                numbers[x] if isinstance(x, Value) else lift(primal)
                for x, primal in zip(node.operands, node.primals, strict=True)
            ]
            found = lift(RULES[node.primitive].forward(*operands))
            numbers[node] = Dual(Tracked(node.data), found.tangent)
    slope, error = numbers[root].tangent.value, numbers[root].tangent.error + spread
    return Estimate(slope, error, slope, slope) if math.isfinite(error) else None
