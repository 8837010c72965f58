"""Equal expressions are one object, and every function of floats can be written down."""

from __future__ import annotations

import gc
import math

from autograd.emit import expressions as module
from autograd.emit.expressions import Expression, expressions, named
from autograd.namespaces import IEEE

X, Y = named("x"), named("y")


def test_equal_expressions_are_one_object():
    assert X * Y + 2.0 is X * Y + 2
    assert named("x") is X
    assert X * Y is not Y * X
    assert named("x", truth=True) is not X


def test_constants_are_told_apart_by_their_bits():
    zero, minus = Expression.of(0.0), Expression.of(-0.0)
    assert zero is not minus
    assert (math.copysign(1.0, zero.value), math.copysign(1.0, minus.value)) == (1.0, -1.0)
    assert Expression.of(math.nan) is Expression.of(-math.nan)


def test_the_builtin_sum_is_told_from_additions():
    assert repr(sum([X, Y])) == "add(sum(x), y)"
    assert repr(0.0 + X + Y) == "add(add(0.0, x), y)"


def test_all_functions_of_floats_can_be_written_down():
    xp = expressions()
    for name in IEEE.own - {"where", "largest"}:
        assert repr(getattr(xp, name)(X, 1.0)) == f"{name}(x, 1.0)"
    assert repr(xp.where(X < Y, X, Y)) == "where(less(x, y), x, y)"
    assert repr(xp.largest([X, Y])) == "largest(x, y)"


def test_expressions_that_nobody_holds_are_forgotten():
    gc.collect()
    before = len(module._known)
    kept = [X * i + named(f"forgotten{i}") for i in range(10)]
    assert len(module._known) > before + 20
    del kept
    gc.collect()
    assert len(module._known) == before
