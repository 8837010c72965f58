"""gradcheck, gradgradcheck, check_jvp_vjp."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import autograd
from autograd import Value, cos, exp, log, maximum, no_grad, relu, sin, sqrt, tanh
from autograd.testing import GradientError, Verdict, check_jvp_vjp, gradcheck, gradgradcheck


@pytest.mark.parametrize("method", ["replay", "ladder"])
def test_a_right_gradient_passes_by_either_method(method):
    report = gradcheck(lambda x, y: tanh(x) * y + log(x) / y, 0.5, 2.0, method=method)
    assert report
    assert [entry.name for entry in report.entries] == ["df/dx", "df/dy"]
    assert report.entries[0].analytic == pytest.approx(report.entries[0].numeric)


@pytest.mark.parametrize("method", ["replay", "ladder"])
@pytest.mark.parametrize("factor", [1.01, 1 + 1e-4, 1 + 1e-6, math.nan])
def test_a_wrong_gradient_fails_by_either_method(method, factor):
    def wrong(x):
        return factor * math.cos(x)

    report = gradcheck(sin, 1.0, gradient=wrong, method=method)
    assert report.verdict is Verdict.FAIL
    with pytest.raises(GradientError, match="FAIL"):
        report.raise_if_failed()


def test_any_function_of_floats_is_checked_by_the_ladder():
    assert gradcheck(math.sin, 1.0, gradient=math.cos)
    assert not gradcheck(math.sin, 1.0, gradient=lambda x: -math.cos(x))


def test_arguments_may_be_nested_and_outputs_several():
    def f(p, x):
        return {"a": p["w"][0] * x[0], "b": [p["w"][1] + x[1], p["b"]]}

    report = gradcheck(f, {"w": [1.0, 2.0], "b": 3.0}, np.array([4.0, 5.0]))
    assert report
    assert len(report.entries) == 15
    names = {entry.name for entry in report.entries}
    assert "df['a']/dp['w'][0]" in names
    assert "df['b'][1]/dx[1]" in names


def test_what_is_no_number_is_handed_on():
    def f(x, mode, flag, nothing):
        assert mode == "sum"
        assert flag is True
        assert nothing is None
        return x * 2

    assert gradcheck(f, 3.0, "sum", True, None)


def test_parameters_are_checked_and_left_as_they_were():
    w = Value(0.5, label="w")
    w.grad = 7.0

    for method in ("replay", "ladder"):
        report = gradcheck(lambda x: tanh(w * x), 2.0, parameters=[w], method=method)
        assert report
        assert [entry.name for entry in report.entries] == ["df/dx", "df/dw"]
    assert (w.data, w.grad) == (0.5, 7.0)


@pytest.mark.parametrize("method", ["replay", "ladder"])
@pytest.mark.parametrize("found", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_fails_where_the_derivative_is(method, found):
    def gradient(x, y):
        return [found, 2.0 * y]

    report = gradcheck(lambda x, y: x * x + y * y, 0.5, 0.5, gradient=gradient, method=method)
    assert [entry.verdict for entry in report.entries] == [Verdict.FAIL, Verdict.PASS]
    assert "not finite, but the derivative is" in str(report)
    with pytest.raises(GradientError):
        report.raise_if_failed()


def infinity_times_zero(x):
    """0, with the derivative nan: an infinite partial meets one of 0."""
    return autograd.where(x < 10.0, 0.0, 1.0) * sqrt(x * 0.0)


def test_a_nan_on_the_way_back_fails_where_the_function_is_flat():
    for method in ("replay", "ladder"):
        assert gradcheck(infinity_times_zero, 0.5, method=method).verdict is Verdict.FAIL


def test_one_undecided_entry_is_not_hidden_by_those_that_pass():
    report = gradcheck(lambda x, y: [x * x, sqrt(y)], 1.0, 0.0)
    verdicts = {entry.name: entry.verdict for entry in report.entries}
    assert verdicts.pop("df[1]/dy") is Verdict.INCONCLUSIVE
    assert set(verdicts.values()) == {Verdict.PASS}
    assert report.verdict is Verdict.INCONCLUSIVE
    assert not report


def test_the_grad_of_captured_values_stays_as_it_was():
    w = Value(0.5)
    w.grad = 7.0
    assert gradcheck(lambda x: w * x, 2.0)
    assert w.grad == 7.0


def test_an_unused_input_has_gradient_zero():
    report = gradcheck(lambda x, y: x * 2, 1.0, 5.0)
    assert report.entries[1].verdict is Verdict.PASS
    assert report.entries[1].note == "unused"


def test_a_kink_passes_if_the_gradient_lies_between_the_slopes():
    (entry,) = gradcheck(relu, 0.0).entries
    assert (entry.left, entry.right, entry.verdict, entry.note) == (0, 1, Verdict.PASS, "kink")
    (entry,) = gradcheck(relu, 0.0, gradient=lambda x: 1.5).entries
    assert entry.verdict is Verdict.FAIL


def test_ties_between_results_pass():
    assert gradcheck(lambda x: maximum(x * 2, x + 1), 1.0)


def infinite_beside_0(x):
    """1 at 0, where 0 * log(0) is 0 by convention."""
    return (2.0**x) ** autograd.xlogy(autograd.xlogy(x, 0.5), 0.0)


def jump_times_zero(x):
    """Of slopes 1/e and e at 0, where sign's convention makes it 0."""
    s = autograd.sign(x)
    return x * s * s * exp(s)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (sqrt, 0.0),  # a vertical slope
        (log, 0.0),
        (lambda x: exp(x) * exp(-x), 1000.0),  # overflow
        (lambda x: (x + 1e20) - 1e20 + autograd.sin((x + 1e20) - 1e20), 1.0),  # cancellation
        (lambda x: relu(x) - relu(-x), 0.0),  # conventions that do not add up
        (lambda x: autograd.clip(-1.0, autograd.hypot(x, x), x), 0.0),
        (lambda x: autograd.atan2(x * x * x, x * x), 0.0),
        (lambda x: autograd.clip(-2.0 * x, -x, x), 0.0),  # two switches of one node
        (jump_times_zero, 0.0),
        (infinite_beside_0, 0.0),
    ],
)
def test_what_cannot_be_decided_is_inconclusive_and_does_not_raise(f, x):
    report = gradcheck(f, x, raise_on_failure=True)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert not report


@pytest.mark.parametrize(
    ("f", "slope"),
    [(lambda x: autograd.atan2(x, 4e-271), 2.5e270), (lambda x: tanh(x * 1e280), 1e280)],
)
def test_a_function_that_lives_on_a_tiny_scale_around_zero_is_told_from_a_jump(f, slope):
    assert gradcheck(f, 0.0)
    assert not gradcheck(f, 0.0, gradient=lambda x: slope * 1.0001)


def test_a_gradient_that_cancels_passes():
    assert gradcheck(lambda x: sin(x) ** 2 + cos(x) ** 2, 1.0)
    assert gradcheck(lambda x: x - x, 3.0)


def test_second_derivatives_are_checked():
    report = gradgradcheck(lambda x, y: exp(x * y) + x / y, 0.5, 2.0)
    assert report
    assert {e.name for e in report.entries} >= {"df/dx", "d(df/dx)/dy", "d(df/dy)/dx"}
    assert gradgradcheck(autograd.logsumexp, [0.1, 2.0, -1.0], method="ladder")


def test_a_bug_in_the_second_derivative_only_is_found(monkeypatch, pure_core):
    row = autograd.primitives.TABLE["tanh"]
    # As numbers this is the right partial; as a graph it forgets that out depends on x.
    detached = (lambda out, x: 1.0 - out.detach() * out.detach(),)
    monkeypatch.setattr(row, "traced", detached)
    assert gradcheck(tanh, 0.5)
    for method in ("replay", "ladder"):
        report = gradgradcheck(tanh, 0.5, method=method)
        assert report.verdict is Verdict.FAIL
        assert report.entries[-1].name == "d(dtanh/dx)/dx"
        assert report.entries[-1].verdict is Verdict.FAIL


def test_jvp_and_vjp_are_adjoint():
    report = check_jvp_vjp(lambda x: [x[0] * x[1], sin(x[0]) / x[1]], [0.5, 2.0])
    assert report
    assert report.entries[0].error < 1e-14


@pytest.mark.parametrize("factors", [(1e-300, 1e-20, 1e10), (1e10, 1e-160, 1e-163)])
def test_products_that_underflow_in_one_mode_only_are_adjoint(factors):
    def scaled(x):
        for factor in factors:
            x = x * factor
        return x

    report = check_jvp_vjp(scaled, 1.0)
    assert report.entries[0].error > 0.0
    assert report


def test_a_function_that_returns_no_value_is_refused():
    with pytest.raises(TypeError, match=r"f must return Values.*not 4.0"):
        gradcheck(lambda x: x.data * 2, 2.0)
    with pytest.raises(TypeError, match="was given no number"):
        gradcheck(lambda s: s, "text")
    with pytest.raises(TypeError, match="needs a function, not float"):
        gradcheck(2.0, 1.0)
    with pytest.raises(ValueError, match="method must be 'auto'"):
        gradcheck(sin, 1.0, method="fast")
    with pytest.raises(TypeError, match="parameters must be leaf Values"):
        gradcheck(sin, 1.0, parameters=[Value(1.0) * 2])
    with pytest.raises(ValueError, match="gradient must answer 1 numbers"):
        gradcheck(sin, 1.0, gradient=lambda x: [x, x])


def test_a_function_that_raises_leaves_parameters_as_they_were():
    w = Value(1.0)

    def f(x):
        if w.data != 1.0:
            raise RuntimeError("no")
        return w * x

    with pytest.raises(RuntimeError, match="no"):
        gradcheck(f, 2.0, parameters=[w], method="ladder")
    assert w.data == 1.0


def test_without_mpmath_the_ladder_is_used_and_the_missing_extra_is_named():
    code = """
import sys
sys.modules["mpmath"] = None
from importlib.util import find_spec
import importlib.util
importlib.util.find_spec = lambda name, *a: None if name == "mpmath" else find_spec(name, *a)
from autograd import sin
from autograd.testing import gradcheck
assert gradcheck(sin, 1.0)
try:
    gradcheck(sin, 1.0, method="replay")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "python -m pip install hypothesis mpmath" in done.stdout


def test_importing_the_checks_loads_neither_hypothesis_nor_mpmath_nor_numpy():
    code = (
        "import sys, autograd.testing; print({'hypothesis', 'mpmath', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def leaky(x):
    with no_grad():
        return x * 2


@pytest.mark.parametrize(
    "f", [leaky, lambda x: x * x.data, lambda x: x * x.detach(), lambda x: Value(x.data) + 0 * x]
)
def test_a_gradient_lost_outside_the_graph_is_found(f):
    report = gradcheck(f, 1.5)
    assert report.verdict is Verdict.FAIL
    assert "the function changes, its graph does not" in str(report)


def test_a_constant_that_follows_the_inputs_to_no_effect_is_no_failure():
    def first_of_softmax(x, y):
        top = max(x.data, y.data)
        return exp(x - top) / (exp(x - top) + exp(y - top))

    assert gradcheck(first_of_softmax, 1.5, 0.5)
