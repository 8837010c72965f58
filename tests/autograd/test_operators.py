"""Operators: on both sides, with Python's and NumPy's numbers and arrays, and where NumPy decides alone."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
NUMBERS = [
    2,
    True,
    0.5,
    Fraction(1, 2),
    Decimal("0.5"),
    np.float64(0.5),
    np.float32(0.5),
    np.int64(2),
]
NUMBERS += [np.bool_(True), np.array(0.5), np.array(2)]
FINITE = st.floats(0.125, 8.0)


def name(thing):
    return getattr(thing, "__name__", type(thing).__name__)


@pytest.mark.parametrize("op", BINARY, ids=name)
@pytest.mark.parametrize("number", NUMBERS, ids=name)
def test_a_number_on_either_side(op, number):
    x, y = Value(1.5), Value(float(number))
    for out, twin in [(op(x, number), op(x, y)), (op(number, x), op(y, x))]:
        assert type(out) is Value
        x.grad = 0.0
        twin.backward()
        expected, x.grad = x.grad, 0.0
        out.backward()
        assert (out.data, x.grad) == (twin.data, expected)


@pytest.mark.parametrize("op", BINARY, ids=name)
@given(a=FINITE, b=FINITE)
def test_arithmetic_is_that_of_floats(op, a, b):
    assert op(Value(a), Value(b)).data == op(a, b)
    assert op(Value(a), b).data == op(a, b)
    assert op(a, Value(b)).data == op(a, b)


@pytest.mark.parametrize("op", BINARY, ids=name)
@pytest.mark.parametrize("bad", ["a", None, 1j, [1.0], {}, object()], ids=name)
def test_what_is_no_number_is_pythons_own_type_error(op, bad):
    with pytest.raises(TypeError):
        op(Value(1.0), bad)
    with pytest.raises(TypeError):
        op(bad, Value(1.0))


@pytest.mark.parametrize("method", ["atan2", "hypot"])
def test_a_method_refuses_what_is_no_number(method):
    with pytest.raises(TypeError, match=f"{method} must be a real number, not the str 'a'"):
        getattr(Value(1.0), method)("a")


def test_unary_operators():
    x = Value(-2.0)
    assert (-x).data == 2.0
    assert +x is x
    assert abs(x).data == 2.0
    assert math.copysign(1.0, (-Value(0.0)).data) == -1.0


def test_augmented_assignment_makes_a_new_node():
    x = Value(2.0)
    y = x
    y += 1
    y *= y
    y.backward()
    assert (x.data, y.data, x.grad) == (2.0, 9.0, 6.0)


def test_rounding_gives_values_without_derivative():
    x = Value(2.567)
    for out, expected in [
        (math.floor(x), 2.0),
        (math.ceil(x), 3.0),
        (round(x), 3.0),
        (round(x, 0), 3.0),
        (round(x, 1), 2.6),
        (round(x, 2), 2.57),
        (round(x * 100, -1), 260.0),
    ]:
        assert type(out) is Value
        assert out.data == pytest.approx(expected, rel=1e-15)
        out.backward()
    assert x.grad == 0.0


def test_halves_are_rounded_to_even():
    assert [round(Value(x)).data for x in (0.5, 1.5, 2.5, -0.5)] == [0.0, 2.0, 2.0, 0.0]


@pytest.mark.parametrize("digits", [1.5, "1", Value(1.0)])
def test_digits_to_round_to_are_a_whole_number(digits):
    with pytest.raises(TypeError, match="interpreted as an integer"):
        round(Value(1.234), digits)


@pytest.mark.parametrize("digits", [23, 400, -400])
def test_digits_to_round_to_are_few(digits):
    with pytest.raises(ValueError, match=f"ndigits must be from -22 to 22, not {digits}"):
        round(Value(1.234), digits)


def test_methods_are_the_functions():
    x = Value(0.5)
    for method in [
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "atanh",
    ]:
        assert getattr(x, method)().data == getattr(ag, method)(0.5)
    for method in ("sign", "floor", "ceil", "relu", "sigmoid"):
        assert getattr(x, method)().data == getattr(ag, method)(0.5)
    assert Value(1.5).acosh().data == math.acosh(1.5)
    assert x.atan2(2).data == math.atan2(0.5, 2)
    assert x.hypot(2).data == math.hypot(0.5, 2)


# --- NumPy -----------------------------------------------------------------------------------

VECTOR = np.array([1.0, 2.0, 4.0])


def test_a_numpy_scalar_on_the_left_gives_a_value():
    v = Value(3.0)
    for scalar in (np.float64(2), np.float32(2), np.int64(2), np.array(2.0)):
        for out, expected in [
            (scalar * v, 6.0),
            (scalar + v, 5.0),
            (scalar - v, -1.0),
            (scalar**v, 8.0),
        ]:
            assert type(out) is Value
            assert out.data == expected


@pytest.mark.parametrize("op", BINARY, ids=name)
def test_an_array_on_either_side_gives_an_array_of_values(op):
    v = Value(3.0)
    for out, expected in [(op(v, VECTOR), op(3.0, VECTOR)), (op(VECTOR, v), op(VECTOR, 3.0))]:
        assert out.dtype == object
        assert out.shape == (3,)
        np.testing.assert_array_equal([x.data for x in out], expected)
        v.grad = 0.0
        out.sum().backward()
        assert v.grad != 0.0


def test_products_of_object_arrays():
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    out = W @ x
    assert [y.data for y in out] == [17.0, 39.0]
    (x @ x).backward()
    assert [v.grad for v in x] == [10.0, 12.0]
    assert (W @ np.array([1.0, 2.0]))[0].data == 5.0
    assert (np.eye(2) @ W)[1, 0].data == 3.0
    assert np.dot(x, [1.0, 1.0]).data == 11.0
    assert np.trace(W).data == 5.0


def test_reductions_of_object_arrays():
    x = np.array([Value(v) for v in (1.0, 2.0, 6.0)])
    assert x.sum().data == 9.0
    assert x.mean().data == 3.0
    assert np.prod(x).data == 12.0
    assert np.cumsum(x)[-1].data == 9.0
    assert np.linalg.norm(x).data == math.sqrt(41.0)
    variance = np.var(x)
    assert variance.data == pytest.approx(14 / 3)
    variance.backward()
    assert [v.grad for v in x] == pytest.approx([2 * (v.data - 3) / 3 for v in x])
    assert np.std(x).data == pytest.approx(math.sqrt(14 / 3))


UFUNCS = "exp expm1 log log1p sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh "
UFUNCS += "floor ceil rint absolute negative square reciprocal"


@pytest.mark.parametrize("ufunc", UFUNCS.split())
def test_a_ufunc_calls_our_method_on_a_value_and_on_an_array_of_values(ufunc):
    f = getattr(np, ufunc)
    out = f(Value(0.5))
    assert type(out) is Value
    assert out.data == pytest.approx(f(0.5), rel=1e-15)
    assert f(np.array([Value(0.5)]))[0].data == out.data
    assert out.operands


def test_ufuncs_of_two_arguments_with_a_value_first():
    v = Value(0.5)
    assert np.arctan2(v, 2.0).data == math.atan2(0.5, 2.0)
    assert np.hypot(v, 2.0).data == math.hypot(0.5, 2.0)
    assert np.power(v, 2).data == 0.25
    assert np.arccosh(Value(1.5)).data == math.acosh(1.5)
    assert np.arctan2(np.array([v]), np.array([v]))[0].data == math.pi / 4


def test_rounding_an_array_of_values():
    assert np.round(Value(0.567)).data == 1.0
    assert [v.data for v in np.round(np.array([Value(0.567)]), 2)] == pytest.approx([0.57])


def test_comparisons_with_arrays_are_elementwise():
    v = Value(2.0)
    np.testing.assert_array_equal(v < VECTOR, [False, False, True])
    np.testing.assert_array_equal(v >= VECTOR, [True, True, False])


def test_a_value_converts_to_an_array_of_floats_with_a_warning_only():
    with pytest.warns(ag.GradientDropped):
        assert np.array([Value(1.5)], dtype=float)[0] == 1.5
    assert np.array([Value(1.5)]).dtype == object


class TestWhereNumPyDecidesAlone:
    """NumPy computes these on objects itself, from comparisons, and never asks us: use ours instead.

    They are pinned down here so that a change in NumPy is noticed.
    """

    def test_sign_is_a_plain_int(self):
        assert type(np.sign(Value(0.5))) is int
        assert type(ag.sign(Value(0.5))) is Value

    def test_maximum_picks_an_operand_and_splits_no_tie(self):
        a, b = Value(1.0), Value(1.0)
        assert np.maximum(a, b) is a
        assert type(np.maximum(Value(0.5), 1.0)) is float
        out = ag.maximum(a, b)
        out.backward()
        assert (a.grad, b.grad) == (0.5, 0.5)

    def test_where_and_clip_pick_operands_too(self):
        x = np.array([Value(1.0), Value(5.0)])
        picked = np.where(x > 2, x, 0)
        assert picked[0] == 0
        assert picked[1] is x[1]
        clipped = np.clip(x, 0, 2)
        assert clipped[0] is x[0]
        assert clipped[1] == 2

    def test_a_float_before_a_value_has_no_method_to_call(self):
        with pytest.raises((AttributeError, TypeError)):
            np.arctan2(2.0, Value(0.5))
        assert ag.atan2(2.0, Value(0.5)).data == math.atan2(2.0, 0.5)

    @pytest.mark.parametrize("ufunc", ["isnan", "isfinite", "logaddexp"])
    def test_what_has_no_method_is_refused(self, ufunc):
        f = getattr(np, ufunc)
        with pytest.raises(TypeError):
            f(*[Value(0.5)] * f.nin)
