"""The replay in many digits, where its own steps could be mistaken for derivatives."""

from __future__ import annotations

from autograd import exp, hypot
from autograd.testing import gradgradcheck


def test_what_the_inner_step_leaves_of_a_second_derivative_of_0_is_no_failure():
    # found by a run with a random seed: the mixed derivative of hypot on an axis is 0
    assert gradgradcheck(lambda x, y: hypot(y, x), 0.0, -0.0625)


def test_a_second_derivative_as_small_as_that_is_still_told_from_0():
    def f(x, y):
        return exp(-250.0 + x * y)

    assert gradgradcheck(f, 1.0, 1.0)
