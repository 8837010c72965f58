"""Rows that a user adds at run time: no core was built with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.table import ABSENT, primitive

if TYPE_CHECKING:
    from autograd.namespaces import Namespace
    from autograd.table import Primitive, Row


def users_cube_root(xp: Namespace) -> Row:
    """The cube root, for x > 0."""
    return lambda x: xp.pow(x, 1 / 3), lambda out, x: xp.div(out, 3.0 * x)


def users_gate(xp: Namespace) -> Row:
    """a where it is above b, else b times itself, of which a has no part."""

    def first(out: Any, a: Any, b: Any) -> Any:
        return xp.where(a > b, 1.0, ABSENT)

    return (
        lambda a, b: xp.where(a > b, a, b * b),
        first,
        lambda out, a, b: xp.where(a > b, ABSENT, 2.0 * b),
    )


def users_norm(xp: Namespace) -> Row:
    """The square root of the sum of squares."""

    def direction(out: Any, *args: Any) -> Any:
        return [xp.where(xp.equal(out, 0.0), 0.0, xp.div(x, out)) for x in args]

    return lambda *args: xp.sqrt(sum(x * x for x in args)), direction


def add_rows() -> None:
    """Add them, once: as a user would, after the engine was imported."""
    primitive(domain=lambda x: (x,))(users_cube_root)
    primitive(arity=2)(users_gate)
    primitive(arity=None)(users_norm)


def counts(row: Primitive, most: int) -> list[int]:
    """How many arguments a row can be given, if any number will do: dot takes two vectors of one length."""
    if row.arity is not None:
        return [row.arity]
    return list(range(2, most + 1, 2) if row.name == "dot" else range(1, most + 1))
