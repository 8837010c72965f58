"""What an operation says in its box, and which operand is which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.value import Value

from .model import number, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.primitives import Primitive

INFIX = frozenset("+−×÷^")

NAME_SHOWN = 12
"""The longest operand name that stands in a formula, in characters. Constants stand there however long."""


def formula(value: Value, primitive: Primitive, label: Callable[[Value], str], digits: int) -> str:
    """An operation with its constants, and with its operands' names where they are short.

    Other operands are dots, which are left out where nothing stands beside them and the node has no name.
    """
    operands = value.operands
    constants = [x for x in operands if isinstance(x, float)]
    if primitive.arity is None:
        # By name: the symbol for a dot product is hard to see.
        if not constants:
            return f"{primitive.name}(…)" if label(value) else primitive.name
        if len(constants) == 1:
            return f"{primitive.name} with {_constant(constants[0], digits)}"
        return f"{primitive.name} with {plural(len(constants), 'constant')}"
    names = [
        _constant(x, digits) if isinstance(x, float) else _short(label(x)) or "•" for x in operands
    ]
    if primitive.name == "where":
        names[0] = "true" if operands[0] else "false"
    bare = not label(value) and all(
        name == "•" for name, x in zip(names, operands, strict=True) if not isinstance(x, float)
    )
    symbol = primitive.symbol.replace("-", "−")
    if symbol in INFIX:
        a, b = names
        return f"{a} {symbol} {b}".strip("• ") if bare else f"{a} {symbol} {b}"
    return symbol if bare and not constants else f"{symbol}({', '.join(names)})"


def _constant(x: float, digits: int) -> str:
    """A constant, with more digits where it would look like a whole number and is none."""
    text = number(x, digits)
    return number(x, max(digits, 9)) if not x.is_integer() and "." not in text else text


def _short(name: str) -> str:
    """A name that may stand in a formula, or ""."""
    return name if len(name) <= NAME_SHOWN and name.isprintable() else ""


def ordinals(value: Value, label: Callable[[Value], str]) -> dict[Value, str]:
    """Which operand is which, where that matters and the formula does not tell; and how often one is used."""
    primitive = value.primitive
    counts: dict[Value, list[int]] = {}
    for i, operand in enumerate(value.operands):
        if isinstance(operand, Value):
            counts.setdefault(operand, []).append(i)
    if primitive is None or primitive.arity is None or primitive.commutative or len(counts) < 2:
        return {x: f"×{len(at)}" for x, at in counts.items() if len(at) > 1}
    if all(_short(label(x)) for x in counts):
        return {}
    ordinals = ("1st", "2nd", "3rd")
    return {
        x: ", ".join(ordinals[i] if i < 3 else f"{i + 1}th" for i in at) for x, at in counts.items()
    }
