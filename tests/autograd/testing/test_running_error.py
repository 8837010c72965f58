"""Running error bounds hold, against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, floor, relu, sin
from autograd.table import TABLE
from autograd.testing import expressions
from autograd.testing.exact import arithmetic
from autograd.testing.replay import Replay
from autograd.testing.rounded import Tracked, Unsure, lift
from autograd.testing.running_error import RULES, backward, value_error

finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(finite, min_size=3, max_size=6))
def test_sums_differences_and_products_stay_within_their_bound(xs):
    tracked, exact = Tracked(xs[0]), Fraction(xs[0])
    for x in xs[1:]:
        tracked = tracked * Tracked(x) + Tracked(x) - tracked
        exact = exact * Fraction(x) + Fraction(x) - exact
    assert math.isinf(tracked.error) or abs(Fraction(tracked.value) - exact) <= Fraction(
        tracked.error
    ) * (1 + Fraction(1, 10**9))


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_integer_arithmetic_has_no_error(a, b):
    x, y = Tracked(float(a)), Tracked(float(b))
    assert (x * y + x - y).error == 0.0
    assert ((x * 8.0) / 4.0).error == 0.0


@given(expressions(smooth=True))
def test_a_programs_value_is_within_its_bound(program):
    root, _ = program.record()
    error = value_error(root)
    with arithmetic().precision(500):
        exact = Replay(root).base()[-1]
        assert abs(exact - root.data) <= error * (1 + 1e-9)


@pytest.mark.parametrize("name", ["mul", "div", "hypot", "sqrt", "pow", "erfc"])
def test_what_underflows_is_within_its_bound(name):
    operands = {"mul": (1e-200, 1e-120), "div": (1e-200, 3e120), "hypot": (5e-324, 5e-324)}
    operands |= {"sqrt": (1.5e-323,), "pow": (1e-200, 1.61), "erfc": (27.1,)}
    row, xs = TABLE[name], operands[name]
    found = lift(RULES[row].forward(*(Tracked(x) for x in xs)))
    here = arithmetic()
    with here.precision(2000):
        exact = here.number(here.rules[row].forward(*(here.number(x) for x in xs)))
        assert 0.0 < abs(exact - found.value) <= found.error


def test_a_comparison_that_rounding_could_turn_is_unsure():
    third = Tracked(1.0) / 3.0
    assert isinstance(third * 3.0 > 1.0, Unsure)
    assert (third > 0.0) is True
    assert isinstance(Tracked(1.0) > 1.0, bool)


@pytest.mark.parametrize(("f", "doubt"), [(relu, 1.0), (floor, 0.0), (abs, 1.0)])
def test_a_branch_that_rounding_decides_makes_the_bound_say_so(f, doubt):
    x = Value(1.0)
    near_zero = (x + 1e-20) - 1.0  # 0 in floats
    assert backward(f(near_zero))[x].error >= doubt
    assert value_error(floor(near_zero)) >= 1.0


def test_overflow_makes_the_bound_infinite():
    x = Value(1e200)
    assert math.isinf(backward(sin(x * x))[x].error)


def test_a_constant_with_a_long_mantissa_counts_as_rounded():
    assert lift(2 / math.sqrt(math.pi)).error > 0.0
    assert lift(0.1875).error == 0.0


def test_a_power_of_a_negative_base_is_unknown_where_the_exponent_may_not_be_whole():
    power = RULES[TABLE["pow"]].forward
    assert power(Tracked(-2.0), Tracked(3.0)).error < 1e-14
    assert power(Tracked(-2.0), Tracked(3.0, 1e-15)).error == math.inf
    assert power(Tracked(2.0), Tracked(3.0, 1e-15)).error < 1e-13
