"""The replay in many digits: one-sided slopes, and where its own steps could be mistaken for derivatives."""

from __future__ import annotations

import pytest

from autograd import Value, cos, exp, floor, hypot, log, maximum, sigmoid, sqrt, tanh
from autograd import abs as absolute
from autograd.testing import Verdict, gradgradcheck
from autograd.testing.exact import arithmetic
from autograd.testing.replay import Replay


def slopes(f, x):
    leaf = Value(x)
    found = Replay(f(leaf)).slopes(leaf, 2.0**-1080)
    return found, float(found.left), float(found.right)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (log, 1e-300, 1e300),  # mpmath's own diff answers garbage here
        (lambda x: x**2, 1e300, 2e300),  # and 0 here
        (lambda x: (x + 1e20) - 1e20, 1.0, 1.0),  # as floats this is 0
        (tanh, 40.0, 4 * 1.8048513878454153e-35),
        (sigmoid, 700.0, 9.859676543759770e-305),
        (lambda x: x * 0.0, 3.0, 0.0),
    ],
)
def test_slopes_are_exact_where_floats_and_fixed_steps_fail(f, x, expected):
    found, left, right = slopes(f, x)
    assert found.settled
    assert found.smooth
    assert left == pytest.approx(expected, rel=1e-14)
    assert right == pytest.approx(expected, rel=1e-14)


def test_a_kink_has_two_slopes():
    found, left, right = slopes(absolute, 0.0)
    assert found.settled
    assert not found.smooth
    assert (left, right) == (-1.0, 1.0)


@pytest.mark.parametrize(("f", "x"), [(sqrt, 0.0), (log, 0.0), (floor, 3.0)])
def test_a_vertical_slope_or_the_edge_of_a_domain_is_not_settled(f, x):
    assert not slopes(f, x)[0].settled


def test_a_slope_near_a_tie_is_that_of_the_greater():
    found, left, right = slopes(lambda x: maximum(x, 1.0), 1.0 + 2.0**-52)
    assert found.smooth
    assert left == right == 1.0


def test_the_users_own_precision_stays_as_it_is():
    mpmath = pytest.importorskip("mpmath")
    before = mpmath.mp.prec
    slopes(exp, 1.0)
    assert mpmath.mp.prec == before
    assert arithmetic().context is not mpmath.mp


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        # found by a run with random draws: cos(x) is 1 to 1,900 digits, and its logarithm 0
        (lambda x: log(cos(x)), 1e-290, -1e-290),
        (lambda x: log(cos(x)) * 1e300, 1e-290, -1e10),
        (lambda x: log(cos(x * x)) * 1e300, 1e-100, -2.0),
        (lambda x: (cos(x) - 1.0) * 1e300 * 1e300, 1e-310, -1e290),
        (lambda x: sqrt(1.0 + x * x) - 1.0, -1e-200, -1e-200),
        (lambda x: log(exp(x)) - x, 1e-300, 0.0),
        (lambda x: floor(x) * 1e300, 1e-300, 0.0),
    ],
)
def test_a_slope_that_the_first_precision_cannot_see_is_not_taken_for_0(f, x, expected):
    found, left, right = slopes(f, x)
    assert found.settled
    assert left == pytest.approx(expected, rel=1e-14)
    assert right == pytest.approx(expected, rel=1e-14)


def test_what_the_inner_step_leaves_of_a_second_derivative_of_0_is_no_failure():
    # found by a run with a random seed: the mixed derivative of hypot on an axis is 0
    assert gradgradcheck(lambda x, y: hypot(y, x), 0.0, -0.0625)


def test_a_second_derivative_as_small_as_that_is_still_told_from_0():
    def f(x, y):
        return exp(-250.0 + x * y)

    assert gradgradcheck(f, 1.0, 1.0)


def test_a_second_derivative_on_the_scale_of_the_inner_step_is_still_exact():
    for s in (3.6e-86, 3.6e-92, 3.6e-98, 3.6e-105):
        report = gradgradcheck(lambda x, y: cos(x + y) * (x + y), 0.0, s)
        assert report.verdict is not Verdict.FAIL, report
        second = {entry.name: entry for entry in report.entries}["d(df/dx)/dy"]
        assert abs(second.numeric + 3.0 * s) < 1e-15 * s or second.verdict is Verdict.INCONCLUSIVE
