"""Functions of Values and plain numbers: types, sequences, tails, messages."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, hessian, value_and_grad
from autograd.primitives import TABLE

INF, NAN = math.inf, math.nan

NAMES = (
    "exp expm1 log log1p sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf "
    "sigmoid log_sigmoid softplus relu leaky_relu elu gelu silu abs sign floor ceil maximum minimum "
    "clip where hypot xlogy log2 log10 exp2 cbrt square mod floordiv logaddexp sinc deg2rad rad2deg sum prod dot mean logsumexp softmax log_softmax"
)

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    3.0,
    1e-300,
    5e-324,
    1e300,
    -1e300,
    710.0,
    INF,
    -INF,
    NAN,
]

FLOATS = st.floats() | st.sampled_from(SPECIAL)


def bits(number):
    """A float as text, in which 0.0 and -0.0 differ and all nans are one."""
    return repr(float(number))


# --- numbers in, numbers out -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES.split())
def test_every_function_is_there_and_says_what_it_does(name):
    function = getattr(ag, name)
    assert function.__name__ == name
    assert function.__doc__


def test_every_row_of_fixed_arity_is_a_function():
    for name, row in TABLE.items():
        assert callable(getattr(ag, name))
        if row.arity is not None:
            first = 1 if name == "polygamma" else 0.5  # whose order is an int
            assert type(getattr(ag, name)(*[first, 0.25, 1.0][: row.arity])) is float


class Layer:
    activation = staticmethod(ag.tanh)


def test_in_a_class_a_function_of_the_table_is_a_static_method():
    # The native core's are builtins, which do not bind to an instance; the pure core's would.
    assert Layer().activation(0.5) == math.tanh(0.5)


def test_star_import_hides_no_builtin():
    names = {}
    exec("from autograd import *", names)
    assert "exp" in names
    assert not {"sum", "abs", "round", "pow"} & set(names)


UNARY_MATH = (
    "exp expm1 log log1p log2 log10 cbrt sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "erf erfc"
)


@given(name=st.sampled_from(UNARY_MATH.split()), x=FLOATS)
def test_where_math_answers_the_answer_is_maths_to_the_bit(name, x):
    try:
        expected = getattr(math, name)(x)
    except (ValueError, OverflowError):
        return
    assert bits(getattr(ag, name)(x)) == bits(expected)
    assert bits(getattr(ag, name)(Value(x)).data) == bits(expected)


@given(name=st.sampled_from(["atan2", "hypot", "pow"]), a=FLOATS, b=FLOATS)
def test_where_math_answers_for_two_arguments_the_answer_is_maths_to_the_bit(name, a, b):
    try:
        expected = getattr(math, name)(a, b)
    except (ValueError, OverflowError):
        return
    assert bits(getattr(ag, name)(a, b)) == bits(expected)
    assert bits(getattr(ag, name)(Value(a), b).data) == bits(expected)


@pytest.mark.parametrize("make", [float, np.float64, np.float32, Fraction, Decimal, Value])
def test_sequences_of_all_kinds_of_numbers(make):
    xs = [make(1), make(2)]

    def number(x):
        assert isinstance(x, Value if make is Value else float)
        return x.data if make is Value else x

    assert number(ag.sum(xs)) == 3.0
    assert number(ag.prod(xs)) == 2.0
    assert number(ag.mean(xs)) == 1.5
    assert number(ag.dot(xs, xs)) == 5.0
    assert number(ag.logsumexp(xs)) == pytest.approx(math.log(math.e + math.e**2))
    weights = [number(x) for x in ag.softmax(xs)]
    assert weights == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)], rel=1e-15)
    assert [math.exp(number(x)) for x in ag.log_softmax(xs)] == pytest.approx(weights)


def test_sequences_may_be_any_iterable():
    xs = [Value(1.0), Value(2.0)]
    assert ag.sum(iter(xs)).data == 3.0
    assert ag.dot((x for x in xs), np.array([3.0, 4.0])).data == 11.0
    assert ag.mean({"a": xs[0], "b": xs[1]}.values()).data == 1.5
    assert ag.softmax(np.array(xs))[0].data == ag.softmax(x for x in xs)[0].data


def test_the_empty_sum_is_0_and_the_empty_product_1():
    assert ag.sum([]) == 0.0
    assert ag.dot([], []) == 0.0
    assert ag.prod([]) == 1.0


# --- of sequences ----------------------------------------------------------------------------


def test_a_sum_of_a_hundred_thousand_is_one_node():
    xs = [Value(float(i)) for i in range(100_000)]
    out = ag.sum(xs)
    assert out.operands == tuple(xs)
    out.backward()
    assert {x.grad for x in xs} == {1.0}


def test_prod_of_zeros_needs_no_division():
    for numbers in ([0.0, 2.0, 3.0], [2.0, 0.0, 3.0], [2.0, 3.0, 0.0], [0.0, 0.0, 3.0], [2.0]):
        xs = [Value(x) for x in numbers]
        ag.prod(xs).backward()
        for i, x in enumerate(xs):
            assert x.grad == math.prod(numbers[:i] + numbers[i + 1 :])


def test_dot_with_itself_and_with_numbers():
    x, y = Value(3.0), Value(5.0)
    ag.dot([x, y, x], [x, 2, y]).backward()  # x*x + 2*y + x*y
    assert (x.grad, y.grad) == (11.0, 5.0)


@pytest.mark.parametrize(
    "logits", [[1000.0, 1000.0], [-1e5, -1e5 + 1.0], [1e4, 0.0], [0.3], [1.0] * 7]
)
def test_softmax_sums_to_one_and_its_gradients_to_zero(logits):
    xs = [Value(x) for x in logits]
    weights = ag.softmax(xs)
    assert math.fsum(w.data for w in weights) == pytest.approx(1.0, rel=1e-15)
    assert [math.log(w.data) if w.data else -1e4 for w in weights] == pytest.approx(
        [x.data for x in ag.log_softmax(xs)], rel=1e-11, abs=1e-11
    )
    weights[0].backward()
    assert math.fsum(x.grad for x in xs) == pytest.approx(0.0, abs=1e-16)


def test_a_logit_of_minus_infinity_masks():
    xs = [Value(1.0), Value(-INF), Value(2.0)]
    expected = ag.softmax([1.0, 2.0])
    weights = ag.softmax(xs)
    assert [w.data for w in weights] == pytest.approx([expected[0], 0.0, expected[1]], rel=1e-15)
    ag.dot(weights, [1.0, 2.0, 3.0]).backward()
    assert xs[1].grad == 0.0
    assert math.isfinite(xs[0].grad)
    assert hessian(lambda x: ag.logsumexp([x, -INF, 2 * x]))(0.5) > 0


def test_infinite_entries_of_logsumexp():
    assert ag.logsumexp([INF, 1.0]) == INF
    assert ag.logsumexp([-INF, -INF]) == -INF
    assert ag.logsumexp([INF, -INF]) == INF
    assert math.isnan(ag.logsumexp([1.0, NAN]))
    assert math.isnan(ag.logsumexp([NAN, INF]))


def test_an_infinite_entry_of_logsumexp_leaves_the_others_a_gradient_of_0():
    # PyTorch: [nan, 0, 0]
    xs = [Value(INF), Value(0.0), Value(-INF)]
    ag.logsumexp(xs).backward()
    assert math.isnan(xs[0].grad)
    assert [x.grad for x in xs[1:]] == [0.0, 0.0]


def test_infinite_entries_of_sum_dot_and_prod():
    assert ag.sum([INF, 1.0]) == INF
    assert math.isnan(ag.sum([INF, -INF]))
    assert ag.dot([INF], [2.0]) == INF
    assert math.isnan(ag.dot([INF], [0.0]))
    assert math.isnan(ag.prod([INF, 0.0]))


# --- tails -----------------------------------------------------------------------------------

SMOOTH = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "erfc": mpmath.erfc,
    "log1p": mpmath.log1p,
    "expm1": mpmath.expm1,
}
TAILS = [
    -1000.0,
    -100.0,
    -37.5,
    -20.0,
    -5.0,
    -1.0,
    -1e-8,
    -1e-20,
    1e-20,
    1e-8,
    0.9,
    3.0,
    20.0,
    37.5,
    700.0,
]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("x", TAILS)
def test_the_tails_keep_their_digits(name, x):
    if name == "log1p" and x <= -1:
        return
    with mpmath.workdps(600):
        expected = float(SMOOTH[name](mpmath.mpf(x)))
    # The error of gelu's argument of erfc, x times a rounded constant, counts x**2-fold in the tail.
    ulps = 4 + (x * x if name == "gelu" else 0)
    assert getattr(ag, name)(x) == pytest.approx(expected, rel=ulps * 2.3e-16, abs=5e-324)


@pytest.mark.parametrize(
    "name", ["gelu", "silu", "softplus", "log_sigmoid", "elu", "leaky_relu", "relu"]
)
@pytest.mark.parametrize("x", [-1e308, -1e200, -1000.0, 1000.0, 1e200, 1e308])
def test_activations_and_their_derivatives_are_finite_far_out(name, x):
    value, slope = value_and_grad(getattr(ag, name))(x)
    assert math.isfinite(value)
    assert abs(slope) <= 1.2


# --- with a parameter or a condition ---------------------------------------------------------


def test_parameters_have_their_usual_defaults():
    assert ag.leaky_relu(-2.0) == -0.02
    assert ag.leaky_relu(-2.0, 0.5) == -1.0
    assert ag.elu(-1.0) == math.expm1(-1.0)
    assert ag.elu(-1.0, alpha=2.0) == 2.0 * math.expm1(-1.0)


def test_parameters_may_be_values():
    slope, alpha = Value(0.1), Value(1.5)
    (ag.leaky_relu(-2.0, slope) + ag.elu(-1.0, alpha)).backward()
    assert (slope.grad, alpha.grad) == (-2.0, math.expm1(-1.0))


def test_clip_refuses_bounds_in_the_wrong_order():
    with pytest.raises(ValueError, match=r"clip needs low <= high, not low=2 and high=1\.5"):
        ag.clip(Value(0.0), 2, 1.5)


def test_clip_with_crossed_values_is_the_upper_bound():
    x, low, high = Value(0.0), Value(2.0), Value(1.0)
    out = ag.clip(x, low, high)
    out.backward()
    assert (out.data, x.grad, low.grad, high.grad) == (1.0, 0.0, 0.0, 1.0)


def test_where_hands_the_gradient_to_the_branch_taken():
    for condition in (True, 1, np.bool_(True), Value(0.5), Value(2.0) > 1, np.array(True)):
        a, b = Value(2.0), Value(3.0)
        out = ag.where(condition, a * 10, b * 10)
        out.backward()
        assert (out.data, a.grad, b.grad) == (20.0, 10.0, 0.0)
    a, b = Value(2.0), Value(3.0)
    ag.where(False, a, b).backward()
    assert (a.grad, b.grad) == (0.0, 1.0)
    assert ag.where(False, 1, 2) == 2.0


def test_where_keeps_the_other_branchs_infinities_out_at_any_order():
    def f(x):
        return ag.where(x > 0, x * ag.log(x), ag.where(x < 0, ag.sqrt(x), x))

    assert value_and_grad(f)(0.0) == (0.0, 1.0)
    assert hessian(f)(0.0) == 0.0


@pytest.mark.parametrize("condition", ["yes", None, [True], np.array([True, False])])
def test_where_refuses_a_condition_that_is_neither_true_nor_false(condition):
    with pytest.raises(TypeError, match="where needs a condition that is true or false, not"):
        ag.where(condition, 1.0, 2.0)


# --- messages --------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["a", None, 1j, [1.0]])
def test_a_refused_argument_is_named_with_its_function(bad):
    name = type(bad).__name__
    for call, where in [
        (lambda: ag.exp(bad), "an argument of exp"),
        (lambda: ag.maximum(Value(1.0), bad), "an argument of maximum"),
        (lambda: ag.maximum(bad, Value(1.0)), "an argument of maximum"),
        (lambda: ag.where(True, Value(1.0), bad), "an argument of where"),
        (lambda: ag.sum([1.0, Value(1.0), bad]), "an argument of sum"),
        (lambda: ag.dot([Value(1.0)], [bad]), "an argument of dot"),
        (lambda: ag.softmax([Value(1.0), bad]), "an argument of softmax"),
        (lambda: ag.mean([bad]), "an argument of mean"),
        (lambda: ag.deg2rad(bad), "an argument of deg2rad"),
    ]:
        with pytest.raises(TypeError, match=f"{where} must be a real number, not .*{name}"):
            call()


def test_dot_refuses_two_lengths():
    with pytest.raises(ValueError, match="two sequences of one length, not 2 and 1"):
        ag.dot([Value(1.0), 2.0], [3.0])


@pytest.mark.parametrize("name", ["mean", "logsumexp", "softmax", "log_softmax"])
def test_what_has_no_meaning_for_nothing_says_so(name):
    with pytest.raises(ValueError, match=f"{name} needs at least one number"):
        getattr(ag, name)([])


def test_a_function_takes_no_wrong_number_of_arguments():
    with pytest.raises(TypeError):
        ag.exp(1.0, 2.0)
    with pytest.raises(TypeError):
        ag.maximum(1.0)
