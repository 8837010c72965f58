"""@check_gradients."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st

from autograd import Value, sin, tanh
from autograd.table import TABLE
from autograd.testing import GradientError, check_gradients, values


@check_gradients(x=st.floats(-3, 3), y=values(-3, 3))
def test_a_right_function_passes_wherever_it_is_drawn(x, y):
    return tanh(x) * y


@check_gradients(xs=st.lists(st.floats(-3, 3), min_size=1, max_size=4), k=st.sampled_from("ab"))
def test_what_is_drawn_may_be_nested_and_need_not_be_numbers(xs, k):
    return [x * x if k == "a" else sin(x) for x in xs]


@settings(max_examples=30)
@check_gradients(order=2, x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_second_derivatives_too(x, y):
    return sin(x * y) + x**3


WEIGHT = Value(0.5, label="w")


@check_gradients(parameters=[WEIGHT], x=st.floats(-3, 3))
def test_parameters_too(x):
    return tanh(WEIGHT * x)


def test_a_wrong_function_fails_with_a_report_of_the_simplest_example(monkeypatch, pure_core):
    @check_gradients(x=st.floats(-3, 3), y=st.floats(-3, 3))
    def loss(x, y):
        return tanh(x) * y + x * y

    monkeypatch.setattr(TABLE["tanh"], "partials", (lambda out, x: 1.0 - out,))
    with pytest.raises(GradientError) as caught:
        loss()
    text = str(caught.value)
    assert "guilty node: tanh(" in text
    assert "x0 = Value(" in text


class TestOfAModel:
    scale = 2.0

    @check_gradients(x=st.floats(-3, 3))
    def test_a_method_is_checked_with_its_instance(self, x):
        return tanh(self.scale * x)

    @settings(phases=[Phase.generate])  # no simplest example: its search takes seconds
    @check_gradients(y=st.floats(1, 3), x=st.floats(-3, 3))
    def wrong(self, x, y):
        return (x.detach() + x) * y**self.scale


def test_a_wrong_method_fails_and_its_arguments_have_their_names():
    with pytest.raises(GradientError) as caught:
        TestOfAModel().wrong()
    assert [entry.name for entry in caught.value.report.entries] == ["dwrong/dy", "dwrong/dx"]


@pytest.fixture(scope="module")
def factor():
    return "3"


@check_gradients(x=st.floats(-3, 3))
def test_fixtures_are_handed_on_as_they_come(x, factor):
    return x * int(factor)


def test_it_is_refused_without_strategies_or_with_another_order():
    with pytest.raises(ValueError, match="a strategy for each argument"):
        check_gradients()
    with pytest.raises(ValueError, match="order must be 1 or 2"):
        check_gradients(order=3, x=st.floats())
