"""What a box says: an operation's formula, which operand is which, and to a pointer all there is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.value import Value

from .model import number, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.primitives import Primitive

INFIX = frozenset("+−×÷^")

NAME_SHOWN = 12
"""The longest operand name that stands in a formula, in characters. Constants stand there however long."""

TOLD, TOLD_VALUES = 120, 16
"""How many characters of a name, and how many Values of a vector, a pointer is told."""


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
        _short(label(x)) or "•" if isinstance(x, Value) else _constant(x, digits) for x in operands
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


def in_full(value: Value, label: str, kind: str, has_gradient: bool) -> str:
    """What a pointer that rests on a Value's box is told; ``kind`` says what a leaf is."""
    if value.primitive is not None:
        kind = (
            f"operation {value.primitive.name}: {value.primitive.doc.strip('.').replace('`', '')}"
        )
    lines = [f"{shorten(label, TOLD)}: {kind}" if label else kind, f"value {value.data!r}"]
    if has_gradient:
        lines.append(f"gradient {value.grad!r}")
    if value.scope is not None:
        lines.append(f"in {shorten(str(value.scope) or value.scope.kind, TOLD)}")
    return "\n".join(lines)


def all_in_full(values: Sequence[Value], label: Callable[[Value], str], count: str) -> str:
    """What a pointer that rests on a vector is told: ``count``, which says how many there are, and each."""
    lines = [
        f"{shorten(label(x))} = {x.data!r}" if label(x) else repr(x.data)
        for x in values[:TOLD_VALUES]
    ]
    more = [f"… {len(values) - TOLD_VALUES:,} more"] if len(values) > TOLD_VALUES else []
    return "\n".join([f"{count}:", *lines, *more])
