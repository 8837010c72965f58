"""Partials that are there only under a condition, as :data:`~autograd.table.ABSENT` has it: those of pieces not taken.

A rule says so by ``xp.where(condition, ABSENT, partial)``. Where the condition is not known yet, a derivative can do one
of two things. It can read what is absent as 0. That is fast, and right but where 0 meets an infinity: the nan that comes
of it goes on to an answer. Or it can be *exact* and carry the condition with the cotangent, which is asked for where an
answer is nan (:class:`.entry.Entry`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..table import ABSENT


class Masked(NamedTuple):
    """A partial that is absent unless a condition holds."""

    number: Any
    present: Any
    """The condition: whatever has the operators ``& | ~``."""


def parted(partial: Any) -> tuple[Any, Any]:
    """A partial as its number and the condition under which it is present, None for always."""
    return partial if type(partial) is Masked else (partial, None)


def select(condition: Any, a: Any, b: Any) -> Any:
    """``where(condition, a, b)`` of partials of which at least one is absent or masked."""
    if a is ABSENT and b is ABSENT:
        return ABSENT
    (x, under_x), (y, under_y) = parted(a), parted(b)
    if a is ABSENT:
        otherwise = ~condition
        return Masked(y, otherwise if under_y is None else otherwise & under_y)
    if b is ABSENT:
        return Masked(x, condition if under_x is None else condition & under_x)
    if under_x is None:
        present = condition | under_y
    elif under_y is None:
        present = ~condition | under_x
    else:
        present = (condition & under_x) | (~condition & under_y)
    return Masked(condition._where(x, y), present)


def is_partial(x: Any) -> bool:
    """Whether something is absent or masked, rather than a number."""
    return x is ABSENT or type(x) is Masked


def as_number(x: Any) -> Any:
    """What is absent, read as 0."""
    return 0.0 if x is ABSENT else x
