"""The primitives that only recordings have: comparisons, connectives, and some that pass a number on.

They are rows like those of :mod:`autograd.primitives` but stand outside its table, since no user applies
them to a Value: an eager comparison is a plain bool. Truth is 1.0, falsehood 0.0.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn

from ..namespaces import IEEE, Namespace
from ..primitives import ABSENT, Primitive

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = tuple[Any, ...]

CONDITIONS: dict[str, Primitive] = {}
"""Every primitive of this module by name."""


def _condition(
    symbol: str,
    arity: int | None,
    commutative: bool = False,
    kernel: bool = True,
    folds: str = "",
    identity: float | None = None,
) -> Callable[[Callable[[Namespace], Row]], Primitive]:
    def enter(define: Callable[[Namespace], Row]) -> Primitive:
        row = Primitive(define, symbol, arity, commutative, None, None, kernel, folds, identity)
        row.forward, row.partials = row.bind(IEEE)
        row.traced = row.partials
        CONDITIONS[row.name] = row
        return row

    return enter


# A product with 1.0 makes a float (or an array of floats) of a truth value in every namespace.


@_condition("<", 2)
def lt(xp: Namespace) -> Row:
    """Whether ``a < b``."""
    return lambda a, b: (a < b) * 1.0, ABSENT, ABSENT


@_condition("≤", 2)
def le(xp: Namespace) -> Row:
    """Whether ``a <= b``."""
    return lambda a, b: (a <= b) * 1.0, ABSENT, ABSENT


@_condition("=", 2, commutative=True)
def equal(xp: Namespace) -> Row:
    """Whether ``a == b``."""
    return lambda a, b: (a == b) * 1.0, ABSENT, ABSENT


@_condition("isnan", 1)
def isnan(xp: Namespace) -> Row:
    """Whether x is nan."""
    return lambda x: (x != x) * 1.0, ABSENT


@_condition("and", 2, commutative=True, identity=1.0)
def both(xp: Namespace) -> Row:
    """Whether both conditions hold."""
    return operator.mul, ABSENT, ABSENT


@_condition("or", 2, commutative=True, identity=0.0)
def either(xp: Namespace) -> Row:
    """Whether at least one of two conditions holds."""
    return lambda a, b: a + b - a * b, ABSENT, ABSENT


@_condition("not", 1)
def negation(xp: Namespace) -> Row:
    """Whether the condition does not hold."""
    return lambda a: 1.0 - a, ABSENT


@_condition("detach", 1, kernel=False)
def detach(xp: Namespace) -> Row:
    """The number itself, through which no gradient flows back."""
    return lambda x: x, ABSENT


@_condition("largest", None, kernel=False, folds="maximum")
def largest(xp: Namespace) -> Row:
    """The largest of some numbers, through which no gradient flows back."""
    return lambda *args: xp.largest(args), lambda out, *args: (ABSENT,) * len(args)


def _differentiated_as_a_group(out: Any, *args: Any) -> NoReturn:
    raise NotImplementedError("only groups have these rows; see reverse.py")


@_condition("highest", None, kernel=False, folds="maximum")
def highest(xp: Namespace) -> Row:
    """What ``maximum`` leaves of some numbers, from one to the next."""
    return lambda *args: reduce(xp.maximum, args), _differentiated_as_a_group


@_condition("lowest", None, kernel=False, folds="minimum")
def lowest(xp: Namespace) -> Row:
    """What ``minimum`` leaves of some numbers, from one to the next."""
    return lambda *args: reduce(xp.minimum, args), _differentiated_as_a_group


@_condition("same", 1, kernel=False)
def same(xp: Namespace) -> Row:
    """The number itself, under another name: what a nested derivative is taken with respect to."""
    return lambda x: x, 1.0
