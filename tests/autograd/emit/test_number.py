"""What a rule may not do with a number that is written down is refused, with what to do instead."""

from __future__ import annotations

import math

import pytest

from autograd.emit.expressions import Expression, named
from autograd.emit.nodes import Evaluation

X = named("x")
KINDS = [Expression, Evaluation]


def leaf(kind):
    return kind.make("name", value="x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "branch",
    [
        lambda x: 1.0 if x > 0.0 else 0.0,
        lambda x: x and 1.0,
        lambda x: not x,
        lambda x: max(x, 0.0),
        lambda x: 0.0 < x < 1.0,
    ],
)
def test_branching_on_a_number_is_refused(kind, branch):
    with pytest.raises(TypeError, match=r"branches on a number; it must select with xp\.where"):
        branch(leaf(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "compare", [lambda x: x == 0.0, lambda x: x != 0.0, lambda x: x in (0.0, 1.0)]
)
def test_comparing_with_an_operator_that_floats_alone_have_is_refused(kind, compare):
    with pytest.raises(TypeError, match=r"compares numbers with ==; it must use xp\.equal"):
        compare(leaf(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("take", [float, int, math.exp, math.floor, lambda x: [0.0] * x])
def test_taking_the_number_out_is_refused(kind, take):
    with pytest.raises(TypeError):
        take(leaf(kind))


def test_taking_the_number_out_is_refused_with_what_to_do():
    with pytest.raises(
        TypeError, match="takes a number out of its expression; it must use functions"
    ):
        float(X)


@pytest.mark.parametrize("operation", [lambda x: x / 2.0, lambda x: x**2.0, lambda x: x % 1.0, abs])
def test_operators_that_rules_may_not_use_are_refused(operation):
    with pytest.raises(TypeError):
        operation(X)


@pytest.mark.parametrize("kind", KINDS)
def test_computing_with_a_comparison_is_refused(kind):
    x = leaf(kind)
    for compute in (
        lambda: (x > 0.0) * 2.0,
        lambda: 1.0 - (x < 1.0),
        lambda: kind.apply("exp", x > 0.0),
    ):
        with pytest.raises(
            TypeError, match=r"computes with a comparison; it must select with xp\.where"
        ):
            compute()


@pytest.mark.parametrize("other", ["1", None, 1j, [1.0]])
def test_computing_with_what_is_no_number_is_refused(other):
    with pytest.raises(TypeError, match="which is no number"):
        X * other


def test_a_condition_that_is_known_selects_at_once():
    assert Expression.choose(True, X, 0.0) is X
    assert Expression.choose(0.0, X, None) is None


def test_a_number_shows_what_it_is():
    assert repr(-(X + 1) * 2.5) == "mul(neg(add(x, 1.0)), 2.5)"
    assert repr(Expression.choose(X > 0.0, X, None)) == "where(greater(x, 0.0), x, absent)"
