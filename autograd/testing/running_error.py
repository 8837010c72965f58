"""How far rounding may have taken a graph's numbers and gradients from the exact ones: running error analysis.

Each operation computes what floats compute, and beside it how far that may be from the exact number:
the errors that came in, magnified by the operation's slope, plus its own rounding (Higham, *Accuracy and
Stability of Numerical Algorithms*, section 3.3). Where a comparison could go either way within the
errors, what is selected by it carries the difference of the two branches as an error.

A graph is swept forwards and backwards once more with such numbers. This sweep is written out here, and not the
engine's, because the engine's is what is being checked.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.graph import topological_order
from autograd.namespaces import IEEE, Namespace
from autograd.table import ABSENT, Rule
from autograd.value import Value

from .exact import Rules
from .rounded import (
    SLOPES,
    TINY,
    UNIT,
    Rounded,
    Unsure,
    spread_of_angle,
    spread_of_power,
    spread_of_quotient,
    spread_of_remainder,
    spread_of_smooth,
    spread_of_steps,
    spread_of_wave,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.table import Primitive

LIBRARY = 4.0 * UNIT
"""What an elementary function of the C library may be off by, relatively: two ulps."""


class Tracked(Rounded):
    """A float and a bound on its distance from the exact number.

    >>> third = Tracked(1.0) / 3.0
    >>> third.value, third.error <= 2**-53
    (0.333..., True)
    """

    __slots__ = ()

    def __init__(self, value: float, error: float = 0.0) -> None:
        self.value = value
        self.error = error if math.isfinite(value) and error == error else math.inf

    @classmethod
    def lift(cls, number: Any) -> Tracked:
        """A number of a rule as a Tracked; one with a long mantissa (2/sqrt(pi)) counts as rounded."""
        if isinstance(number, Tracked):
            return number
        value = float(number)
        exact = not math.isfinite(value) or (math.frexp(value)[0] * 2.0**30).is_integer()
        return Tracked(value, 0.0 if exact else UNIT * abs(value))

    def __add__(self, other: Any) -> Tracked:
        other = lift(other)
        value = self.value + other.value
        return Tracked(value, self.error + other.error + _lost_in_sum(self.value, other.value))

    def __mul__(self, other: Any) -> Tracked:
        a, b, e, f = self.value, lift(other).value, self.error, lift(other).error
        value = a * b
        return Tracked(value, _times(a, f) + _times(b, e) + _times(e, f) + _lost_in_product(a, b))

    def __truediv__(self, other: Any) -> Tracked:
        other = lift(other)
        value = IEEE.div(self.value, other.value)
        room = abs(other.value) - other.error
        spread = (self.error + _times(value, other.error)) / room if room > 0.0 else math.inf
        if _lost_in_product(value, other.value) == 0.0 and value * other.value == self.value:
            return Tracked(value, spread)  # the division comes out even
        return Tracked(value, spread + UNIT * abs(value) + TINY)

    def __mod__(self, other: Any) -> Tracked:
        return RULES.namespace.mod(self, other)  # type: ignore[no-any-return]

    def __floordiv__(self, other: Any) -> Tracked:
        return RULES.namespace.floordiv(self, other)  # type: ignore[no-any-return]

    def __neg__(self) -> Tracked:
        return Tracked(-self.value, self.error)

    def __abs__(self) -> Tracked:
        return Tracked(abs(self.value), self.error)

    def __bool__(self) -> bool:
        return self.value != 0.0


lift = Tracked.lift


def _lost_in_sum(a: float, b: float) -> float:
    """What the rounding of a + b takes away (Knuth's two-sum)."""
    total = a + b
    if not abs(total) < 1e300:
        return UNIT * abs(total)
    b_kept = total - a
    return abs((a - (total - b_kept)) + (b - b_kept))


def _lost_in_product(a: float, b: float) -> float:
    """What the rounding of a * b takes away (Dekker's two-product)."""
    product = a * b
    if product == 0.0 and (a == 0.0 or b == 0.0):
        return 0.0
    if not (1e-250 < abs(product) < 1e290 and abs(a) < 1e290 and abs(b) < 1e290):
        return UNIT * abs(product) + TINY
    a_high, b_high = _upper_half(a), _upper_half(b)
    a_low, b_low = a - a_high, b - b_high
    return abs(((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)


def _upper_half(x: float) -> float:
    """The upper 26 bits of a float (Veltkamp)."""
    big = 134217729.0 * x  # 2**27 + 1
    return big - (big - x)


def _times(factor: float, error: float) -> float:
    if not error or not factor:  # no error stays none, even times infinity
        return 0.0
    return abs(factor) * error or TINY


def _rule(
    function: Callable[..., float],
    spread: Callable[..., float],
    own: float = LIBRARY,
    tiny: float = TINY,
) -> Callable[..., Tracked]:
    """A function of floats, given how far errors of its operands may move it and what itself may be off by."""

    def tracked(*operands: Any) -> Tracked:
        numbers = [lift(x) for x in operands]
        value = function(*(x.value for x in numbers))
        return Tracked(value, spread(*numbers) + own * abs(value) + tiny)

    return tracked


def _largest_error(a: Tracked, b: Tracked) -> float:
    return max(a.error, b.error)


def _where(condition: Any, a: Any, b: Any) -> Any:
    taken, other = (a, b) if condition else (b, a)
    if isinstance(condition, Unsure) and (taken is not ABSENT or other is not ABSENT):
        taken, other = [lift(0.0 if x is ABSENT else x) for x in (taken, other)]
        return Tracked(taken.value, abs(taken.value - other.value) + max(taken.error, other.error))
    return taken


def _namespace() -> Namespace:
    xp: Any = IEEE
    functions: dict[str, Any] = {}
    for name, slope in SLOPES.items():
        spread = spread_of_wave if name in {"sin", "cos"} else spread_of_smooth
        function = getattr(xp, name)
        functions[name] = _rule(function, functools.partial(spread, function, slope))
    for name in ("sign", "floor", "ceil", "round"):
        function = getattr(xp, name)  # exact, unless the argument may be on another step
        functions[name] = _rule(function, functools.partial(spread_of_steps, function), 0.0, 0.0)
    functions |= {"abs": lambda x: abs(lift(x)), "div": lambda a, b: lift(a) / lift(b)}
    functions |= {
        "pow": _rule(xp.pow, spread_of_power),
        "hypot": _rule(math.hypot, lambda a, b: a.error + b.error),
        "atan2": _rule(math.atan2, spread_of_angle),
        "mod": _rule(xp.mod, spread_of_remainder, UNIT, 0.0),
        "floordiv": _rule(xp.floordiv, spread_of_quotient, UNIT, 0.0),
        "maximum": _rule(xp.maximum, _largest_error, 0.0, 0.0),
        "minimum": _rule(xp.minimum, _largest_error, 0.0, 0.0),
        "largest": max,
        "where": _where,
        "equal": lambda a, b: lift(a).equals(b),
        "isnan": lambda x: math.isnan(lift(x).value),
    }
    return Namespace("tracked", functions)


def _of_floats(row: Primitive) -> Rule:
    """The rule of a row that computes with floats: its author is trusted to be within two ulps, and to know its slopes."""

    def local(partial: Any, out: float, operands: list[float]) -> float:
        found: Any = partial(out, *operands) if callable(partial) else partial
        return 0.0 if found is None else float(found)

    def forward(*operands: Any) -> Tracked:
        numbers = [lift(x) for x in operands]
        values = [x.value for x in numbers]
        value = float(row.forward(*values))
        slopes = zip(row.partials, numbers, strict=True)
        spread = sum(abs(local(slope, value, values)) * x.error for slope, x in slopes if x.error)
        return Tracked(value, spread + LIBRARY * abs(value) + TINY)

    def tracked(partial: Any) -> Any:
        def slope(out: Any, *operands: Any) -> Tracked:
            value = local(partial, lift(out).value, [lift(x).value for x in operands])
            return Tracked(value, LIBRARY * abs(value))

        return slope

    return Rule(forward, tuple(tracked(x) if callable(x) else x for x in row.partials))


RULES = Rules(_namespace(), _of_floats)
"""The table of primitives on tracked numbers."""


# --- sweeps over a graph -------------------------------------------------------------------


class Bound(NamedTuple):
    """What rounding can do to one node's gradient."""

    error: float
    """The largest distance between the computed gradient and the exact one."""
    scale: float
    """The sum of the magnitudes of all paths' contributions: what the error is small against."""


def forward(order: list[Value]) -> dict[Value, Tracked]:
    """Each node's number with its bound; leaves and constants are exact."""
    numbers: dict[Value, Tracked] = {}
    for node in order:
        row = node.primitive
        if row is None:
            numbers[node] = Tracked(node.data)
        else:
            number = lift(RULES[row].forward(*_operands(node, numbers)))
            # The engine may have rounded otherwise (a sum of many, in another order).
            off = abs(number.value - node.data)
            numbers[node] = Tracked(node.data, number.error + off) if off else number
    return numbers


def _operands(node: Value, numbers: dict[Value, Tracked]) -> list[Tracked]:
    """A node's operands; a leaf's number is the one that was recorded, as it may have another by now."""
    return [
        numbers[x] if isinstance(x, Value) and x.primitive is not None else Tracked(primal)
        for x, primal in zip(node.operands, node.primals, strict=True)
    ]


def value_error(root: Value) -> float:
    """A bound on the rounding error of a computed Value, its leaves being exact."""
    return forward(topological_order(root))[root].error


def backward(root: Value) -> dict[Value, Bound]:
    """For each node that the root depends on, a bound on its gradient's rounding error."""
    order = topological_order(root)
    numbers = forward(order)
    cotangents: dict[Value, tuple[Tracked, float]] = {root: (Tracked(1.0), 1.0)}
    bounds: dict[Value, Bound] = {}
    for node in reversed(order):
        if node not in cotangents:
            continue
        cotangent, scale = cotangents.pop(node)
        # What arrives may have been added up in another order.
        error = 1.01 * cotangent.error + 4.0 * UNIT * scale + TINY
        bounds[node] = Bound(error if error == error else math.inf, scale)
        row = node.primitive
        if row is None:
            continue
        operands = _operands(node, numbers)
        out = numbers[node]
        partials = RULES[row].partials
        if row.arity is None:
            partials = tuple(partials[0](out, *operands))
        for operand, partial in zip(node.operands, partials, strict=True):
            if not isinstance(operand, Value):
                continue
            local = partial(out, *operands) if callable(partial) else partial
            if local is ABSENT and row.name == "where":  # the result does not depend on it
                continue
            if local is ABSENT:
                share, weight = Tracked(0.0), 0.0
            else:
                share, weight = cotangent * local, scale * abs(lift(local).value)
            if operand in cotangents:
                before, gathered = cotangents[operand]
                share, weight = before + share, gathered + weight
            cotangents[operand] = share, weight
    return bounds


def underflow_forward(found: dict[Value, Bound]) -> float:
    """What underflow may do to a root's tangent, whatever the leaves' tangents are.

    A forward sweep multiplies in the opposite order of a reverse sweep. What is rounded relatively is off by as
    much in both, but a product that underflows on the way up need not on the way down. Each is off by at most
    :data:`.rounded.TINY`, which goes on to the root like any change of that node.

    Args:
        found: what :func:`backward` answers for the root.
    """
    return sum(
        len(node.operands) * TINY * (1.0 + bound.scale)  # 1.0, since half a TINY rounds to none
        for node, bound in found.items()
    )
