"""What is used more than once is computed once."""

from __future__ import annotations

import pytest

from autograd.emit.expressions import expressions, named
from autograd.emit.steps import Let, straight

X, Y = named("x"), named("y")
XP = expressions()


def test_what_is_used_twice_has_a_name_and_what_is_used_once_has_none():
    z = XP.exp(X * Y)
    steps, result = straight(XP.div(z, 1.0 + z))
    assert steps == (Let("t0", z),)
    assert repr(result) == "div(t0, add(1.0, t0))"


def test_names_are_given_before_they_are_used():
    below = X * Y
    above = below + below
    steps, result = straight(above * above)
    assert [(step.name, repr(step.number)) for step in steps] == [
        ("t0", "mul(x, y)"),
        ("t1", "add(t0, t0)"),
    ]
    assert repr(result) == "mul(t1, t1)"


def test_arguments_and_constants_need_no_names():
    assert straight(X * X + 2.0 * 2.0 * Y).steps == ()
    assert straight(X) == ((), X)


def test_a_truth_is_named_as_one():
    below = X < Y
    steps, result = straight(XP.where(below, XP.where(below, 1.0, X), Y))
    assert [step.name for step in steps] == ["t0"]
    assert [operand.op for operand in result.operands] == ["truth", "where", "name"]


@pytest.mark.parametrize("rule", [lambda: sum([X, Y]), lambda: XP.largest([X, Y])])
def test_builtins_that_take_any_number_of_arguments_are_refused_where_there_is_a_fixed_one(rule):
    with pytest.raises(TypeError, match="of the builtins is for rows of any number of arguments"):
        straight(rule())
