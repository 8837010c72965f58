"""The replay in many digits, where its own steps could be mistaken for derivatives."""

from __future__ import annotations

from autograd import cos, exp, hypot
from autograd.testing import Verdict, gradgradcheck


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
