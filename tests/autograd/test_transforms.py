"""Derivatives of functions: their values against PyTorch's, and what comes out for what goes in."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import operator
import pickle
import threading
import weakref
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest

import autograd as ag
from autograd import (
    AnomalyError,
    GradientDropped,
    StaleGraphError,
    Value,
    detect_anomaly,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
    vmap,
)
from autograd.structure import Structure
from autograd.tracing import Record
from autograd.transforms import Transformed


def smooth(x, lib=ag):
    """A smooth scalar function of three numbers, in our functions or in torch's."""
    return lib.exp(x[0] * x[1]) * lib.sin(x[2]) + lib.tanh(x[1] / (1.0 + x[2] ** 2)) * x[0] ** 3


POINT = [0.7, -0.4, 1.3]
DIRECTION = [0.3, 1.1, -0.6]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def point(torch):
    return torch.tensor(POINT, dtype=torch.float64)


def close(got, expected):
    if hasattr(expected, "tolist"):
        expected = expected.tolist()
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=0)


# --- values ----------------------------------------------------------------------------------


def test_grad_is_torchs(torch, point):
    close(
        grad(smooth)(POINT), torch.autograd.functional.jacobian(lambda x: smooth(x, torch), point)
    )


def test_hessian_is_torchs_and_symmetric(torch, point):
    got = hessian(smooth)(POINT)
    close(got, torch.autograd.functional.hessian(lambda x: smooth(x, torch), point))
    np.testing.assert_allclose(got, np.transpose(got), rtol=1e-14)


def test_third_derivatives_are_torchs(torch, point):
    def second(x):
        return torch.autograd.functional.hessian(lambda x: smooth(x, torch), x, create_graph=True)

    expected = torch.autograd.functional.jacobian(second, point)
    np.testing.assert_allclose(jacobian(hessian(smooth))(POINT), expected.tolist(), rtol=1e-12)


def test_jvp_is_torchs(torch, point):
    direction = torch.tensor(DIRECTION, dtype=torch.float64)
    value, tangent = torch.autograd.functional.jvp(lambda x: smooth(x, torch), point, direction)
    close(jvp(smooth)((POINT,), (DIRECTION,)), [value.item(), tangent.item()])


def test_hvp_is_the_hessian_times_the_direction():
    (product,) = hvp(smooth)((POINT,), (DIRECTION,))
    close(product, np.array(hessian(smooth)(POINT)) @ DIRECTION)


def test_hvp_joins_all_arguments():
    def f(x, y):
        return x * x * y + y**3

    assert hvp(f)((2.0, 3.0), (1.0, 10.0)) == (6.0 + 40.0, 4.0 + 180.0)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 4), (4, 1)])
def test_jacobian_is_the_matrix_of_a_linear_map_by_either_mode(shape):
    matrix = np.arange(1.0, 1 + shape[0] * shape[1]).reshape(shape)
    got = jacobian(lambda x: matrix @ x)(np.linspace(0.5, 1.5, shape[1]))
    np.testing.assert_array_equal(got, matrix)


@pytest.mark.parametrize(("rows", "columns"), [(1, 7), (7, 1), (3, 5), (5, 3)])
def test_jacobian_takes_as_few_sweeps_as_it_can(rows, columns, monkeypatch):
    sweeps = []
    for name in ("pull", "push"):
        sweep = getattr(Record, name)
        monkeypatch.setattr(Record, name, lambda *args, s=sweep: sweeps.append(s) or s(*args))
    got = jacobian(lambda x: [ag.sum(x) * i for i in range(rows)])([1.0] * columns)
    assert got == [[float(i)] * columns for i in range(rows)]
    assert len(sweeps) == min(rows, columns)


def test_forward_and_reverse_are_adjoint():
    def f(x):
        return [smooth(x), x[0] * x[1], ag.exp(x[2])]

    u = [0.2, -1.5, 0.7]
    _, tangents = jvp(f)((POINT,), (DIRECTION,))
    _, pullback = vjp(f)(POINT)
    (cotangents,) = pullback(u)
    assert np.dot(u, tangents) == pytest.approx(np.dot(cotangents, DIRECTION), rel=1e-14)


@pytest.mark.parametrize("by", ["grad", "jvp", "vjp", "mixed"])
def test_any_order_by_any_mode(by):
    def forward(f):
        return lambda x: jvp(f)((x,), (1.0,))[1]

    def reverse(f):
        return lambda x: vjp(f)(x)[1](1.0)[0]

    steps = {
        "grad": [grad] * 6,
        "jvp": [forward] * 6,
        "vjp": [reverse] * 6,
        "mixed": [grad, forward, reverse, grad, reverse, forward],
    }[by]
    f, expected = lambda x: x**5, [32.0, 80.0, 160.0, 240.0, 240.0, 120.0, 0.0]
    for step, number in zip([*steps, None], expected, strict=True):
        assert f(2.0) == number
        f = step and step(f)


def test_the_inner_derivative_does_not_see_the_outer_variable():
    # Siskind and Pearlmutter 2005: differentiating x + y by y must not count x, though both are one number.
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: x * jvp(lambda y: x + y)((x,), (1.0,))[1])(1.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(x))((1.0,), (1.0,))[1] == 1.0


def test_a_captured_variable_of_the_outer_transform_stays_connected():
    assert grad(lambda w: grad(lambda y: w * y**2)(3.0))(2.0) == 6.0
    assert grad(lambda w: jvp(lambda y: w * y**2)((3.0,), (1.0,))[1])(2.0) == 6.0
    assert jvp(lambda w: hessian(lambda y: w**2 * y**3)(2.0))((3.0,), (1.0,)) == (108.0, 72.0)
    assert grad(lambda w: jacobian(lambda y: [w * y, w**2 * y])(1.0)[1])(3.0) == 6.0


def test_an_unrolled_descent_is_differentiated_by_its_step_length():
    def trained(rate):
        w = 1.0
        for _ in range(3):
            w = w - rate * grad(lambda w: w**2)(w)
        return w

    # w = (1 - 2 rate)**3
    assert trained(0.1) == pytest.approx(0.8**3)
    assert grad(trained)(0.1) == pytest.approx(-6 * 0.8**2)


def test_at_a_kink_every_mode_follows_the_conventions():
    def f(x):
        return ag.where(x > 0, ag.log(x), 0.0) + ag.maximum(x, 0.0) + abs(x)

    assert grad(f)(0.0) == 0.5
    assert jvp(f)((0.0,), (1.0,)) == (0.0, 0.5)
    assert hessian(f)(0.0) == 0.0
    assert hvp(f)((0.0,), (1.0,)) == (0.0,)


# --- structure -------------------------------------------------------------------------------


def test_the_answer_has_the_arguments_structure():
    def loss(model):
        (w,), b = model["layers"]
        return w[0] * 2 + w[1] * 3 + b * model["scale"]

    model = {"layers": [([1.0, 2.0],), 3.0], "scale": 10.0, "unused": (4.0,)}
    before = copy.deepcopy(model)
    assert grad(loss)(model) == {
        "layers": [([2.0, 3.0],), 10.0],
        "scale": 3.0,
        "unused": (0.0,),
    }
    assert model == before


def test_an_array_argument_arrives_as_an_array_of_values_and_comes_back_as_one_of_floats():
    seen = []

    def f(W):
        seen.append(W)
        return (W @ W).sum()

    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    got = grad(f)(W)
    assert seen[0].dtype == object
    assert seen[0].shape == (2, 2)
    assert got.dtype == float
    ones = np.ones((2, 2))
    np.testing.assert_array_equal(got, ones @ W.T + W.T @ ones)


def test_numbers_of_all_kinds_are_arguments():
    for number in (3, True, Fraction(3, 2), np.float32(1.5), np.int64(2), np.array(2.0)):
        got = grad(lambda x: x * x)(number)
        assert type(got) is float
        assert got == 2.0 * float(number)
    np.testing.assert_array_equal(grad(lambda x: (x * x).sum())(np.array([1, 2])), [2.0, 4.0])


def test_argnums_choose_the_arguments():
    def f(x, y, z):
        return x * y * z

    assert grad(f, argnums=1)(2.0, 3.0, 5.0) == 10.0
    assert grad(f, argnums=-1)(2.0, 3.0, 5.0) == 6.0
    assert grad(f, argnums=(2, 0))(2.0, 3.0, 5.0) == (6.0, 15.0)
    assert grad(f, argnums=[0])(2.0, 3.0, 5.0) == (15.0,)
    assert grad(f)(2.0, 3.0, z=5.0) == 15.0


def test_jacobian_nests_the_argument_in_the_answer():
    def f(x, y):
        return {"a": x["p"] * y[0], "b": (y[1], 7)}

    got = jacobian(f, argnums=(0, 1))({"p": 2.0}, [3.0, 5.0])
    assert got == {
        "a": ({"p": 3.0}, [2.0, 0.0]),
        "b": (({"p": 0.0}, [0.0, 1.0]), ({"p": 0.0}, [0.0, 0.0])),
    }


def test_jacobian_of_arrays_by_arrays_has_both_shapes():
    X = np.arange(6.0).reshape(2, 3)
    got = jacobian(lambda X: X.T * X.T)(X)
    assert got.shape == (3, 2, 2, 3)
    for i, j in np.ndindex(2, 3):
        assert got[j, i, i, j] == 2 * X[i, j]
    assert np.count_nonzero(got) == 5


def test_jacobian_of_an_array_by_a_list_is_a_list_of_arrays():
    got = jacobian(lambda x: np.array([x[0], x[0] * x[1]]))([2.0, 3.0])
    assert isinstance(got, list)
    np.testing.assert_array_equal(got, [[1.0, 3.0], [0.0, 2.0]])


def test_hessian_with_two_arguments_is_a_tuple_of_tuples():
    def f(x, y):
        return x[0] * x[1] * y

    (xx, xy), (yx, yy) = hessian(f, argnums=(0, 1))(np.array([2.0, 3.0]), 5.0)
    np.testing.assert_array_equal(xx, [[0.0, 5.0], [5.0, 0.0]])
    np.testing.assert_array_equal(xy, [3.0, 2.0])
    np.testing.assert_array_equal(yx, [3.0, 2.0])
    assert yy == 0.0
    # A list holds numbers, not one array: each number gets its tuple of derivatives.
    got = hessian(f, argnums=(0, 1))([2.0, 3.0], 5.0)
    assert got == ([([0.0, 5.0], 3.0), ([5.0, 0.0], 2.0)], ([3.0, 2.0], 0.0))


def test_jvp_and_vjp_may_be_called_at_once():
    def f(x, y):
        return x * y

    assert jvp(f, (2.0, 3.0), (1.0, 0.0)) == jvp(f)((2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    value, pullback = vjp(f, 2.0, 3.0)
    assert (value, pullback(2.0)) == (6.0, (6.0, 4.0))
    assert hvp(f, (2.0, 3.0), (1.0, 0.0)) == (0.0, 1.0)


def test_a_pullback_may_be_called_again():
    _, pullback = vjp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])
    assert pullback([1.0, 0.0]) == ([3.0, 2.0],)
    assert pullback([0.0, 1.0]) == ([1.0, 0.0],)
    assert pullback([1.0, 0.0]) == ([3.0, 2.0],)


def test_an_argument_or_answer_may_be_empty():
    assert grad(lambda x, w: x * x)(3.0, []) == 6.0
    assert grad(lambda w: 1.0)([]) == []
    assert jacobian(lambda x: [])(1.0) == []


# --- numbers in, numbers out; Values in, Values out ------------------------------------------


def test_values_in_values_out_connected_to_them():
    x = Value(2.0)
    slope = grad(lambda x: x**5)(x)
    assert isinstance(slope, Value)
    assert slope.data == 80.0
    assert x.grad == 0.0
    slope.backward()
    assert x.grad == 160.0


def test_every_transform_answers_values_with_values():
    x = Value(2.0)
    answers = [
        *value_and_grad(lambda x: x**3)(x),
        *jacobian(lambda x: [x**3, 1.0])(x),
        hessian(lambda x: x**3)(x),
        *jvp(lambda x: x**3)((x,), (1.0,)),
        vjp(lambda x: x**3)(x)[0],
        *vjp(lambda x: x**3)(x)[1](1.0),
        *hvp(lambda x: x**3)((x,), (1.0,)),
    ]
    assert all(type(answer) is Value for answer in answers)
    assert [answer.data for answer in answers] == [8, 12, 12, 0, 12, 8, 12, 8, 12, 12]


def test_a_value_among_the_other_arguments_is_enough():
    y = Value(3.0)
    slope = grad(lambda x, y: x * x * y)(2.0, y)
    slope.backward()
    assert y.grad == 4.0
    slope = grad(lambda x, y: x * x * y["deep"][0])(2.0, y={"deep": [Value(3.0)]})
    assert isinstance(slope, Value)


def test_tangents_and_cotangents_may_be_values():
    t = Value(3.0)
    tangent = jvp(lambda x: x * x)((2.0,), (t,))[1]
    tangent.backward()
    assert (tangent.data, t.grad) == (12.0, 4.0)
    c = Value(5.0)
    (pulled,) = vjp(lambda x: x * x)(2.0)[1](c)
    pulled.backward()
    assert (pulled.data, c.grad) == (20.0, 4.0)


def test_captured_values_alone_leave_numbers_out():
    w = Value(4.0)
    assert value_and_grad(lambda x: w * x)(3.0) == (12.0, 4.0)
    assert type(grad(lambda x: w * x)(3.0)) is float


def test_a_transform_touches_no_grad_and_no_captured_graph():
    w = Value(4.0)
    y = w * w
    y.backward()
    grad(lambda x: y * x)(3.0)
    hessian(lambda x: y * x * w)(Value(3.0))
    assert w.grad == 8.0
    assert y.grad == 1.0


def test_the_partials_of_captured_values_are_not_computed():
    # The log of the captured base would be nan, and the pass through it must not be taken.
    base, calls = Value(-2.0), []
    fallback = ag.log(base * 1.0)
    assert fallback.data != fallback.data

    def f(x):
        calls.append(x)
        return x * 2.0 + ag.where(base > 0, fallback, 1.0)

    assert grad(f)(1.0) == 2.0
    assert len(calls) == 1


def test_labels_reach_the_function():
    seen = []
    grad(lambda x: seen.append(x.label) or x)(Value(1.0, label="speed"))
    assert seen == ["speed"]


def test_negative_zero_passes_through_unchanged():
    assert math.copysign(1.0, value_and_grad(lambda x: x)(Value(-0.0))[0].data) == -1.0


# --- what carries no derivative --------------------------------------------------------------


def test_a_constant_answer_has_derivative_zero():
    assert grad(lambda x: 7)(2.0) == 0.0
    assert value_and_grad(lambda x: 7)(2.0) == (7.0, 0.0)
    assert jvp(lambda x: [7, x])((2.0,), (1.0,)) == ([7.0, 2.0], [0.0, 1.0])
    assert hessian(lambda x: 3 * x)(2.0) == 0.0
    assert vjp(lambda x: 7)(2.0)[1](1.0) == (0.0,)


def test_detach_data_and_an_inner_no_grad_leak_nothing():
    def inner(x):
        with no_grad():
            return x * x

    assert grad(lambda x: x * x.detach())(3.0) == 3.0
    assert grad(lambda x: x * x.data)(3.0) == 3.0
    assert grad(lambda x: x * inner(x))(3.0) == 9.0
    assert jvp(lambda x: x * x.detach())((3.0,), (1.0,))[1] == 3.0
    assert grad(grad(lambda x: x * x.detach()))(3.0) == 0.0


def test_under_an_outer_no_grad_derivatives_are_computed_but_not_recorded():
    x = Value(2.0)
    with no_grad():
        assert grad(lambda x: x**3)(2.0) == 12.0
        value, slope = value_and_grad(lambda x: x**3)(x)
        (pulled,) = vjp(lambda x: x**3)(x)[1](1.0)
        _, pushed = jvp(lambda x: x**3)((x,), (1.0,))
        assert hessian(lambda x: x**3)(2.0) == 12.0
    assert (value.data, slope.data) == (8.0, 12.0)
    assert not any(answer.operands for answer in (value, slope, pulled, pushed))


def test_a_value_dropped_by_float_is_an_error_that_names_the_line():
    def f(x):
        return math.exp(x)

    line = inspect.getsourcelines(f)[1] + 1
    with (
        pytest.warns(GradientDropped),
        pytest.raises(TypeError, match=rf"cannot differentiate f: .* line {line}\. Use autograd's"),
    ):
        grad(f)(1.0)


def test_a_value_dropped_by_float_on_the_side_only_warns():
    printed = []

    def f(x):
        printed.append(float(x))
        return x * x

    with pytest.warns(GradientDropped):
        assert grad(f)(3.0) == 6.0


@pytest.mark.parametrize(
    ("mode", "pulls", "pushes"), [(None, 2, 0), ("reverse", 2, 0), ("forward", 0, 3)]
)
def test_the_mode_of_a_jacobian_is_by_shape_unless_it_is_chosen(monkeypatch, mode, pulls, pushes):
    counts = {"pull": 0, "push": 0}

    def counted(name):
        sweep = getattr(Record, name)

        def count(self, *args):
            counts[name] += 1
            return sweep(self, *args)

        monkeypatch.setattr(Record, name, count)

    for name in counts:
        counted(name)

    def f(x):
        return [x[0] * x[1], ag.sin(x[2])]

    right = [[3.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    assert jacobian(f, mode=mode)([2.0, 3.0, 0.0]) == right
    assert counts == {"pull": pulls, "push": pushes}
    assert ag.compile(jacobian(f, mode=mode))([2.0, 3.0, 0.0]) == right
    assert grad(lambda x: jacobian(f, mode=mode)([x, x, x])[0][1])(2.0) == 1.0


@pytest.mark.parametrize("mode", ["sideways", True, 0])
def test_a_mode_that_there_is_not_is_refused(mode):
    with pytest.raises(ValueError, match="jacobian needs mode as 'forward', 'reverse' or None"):
        jacobian(lambda x: x, mode=mode)


def test_a_hessian_has_the_structure_of_what_the_function_returns():
    def f(x, y):
        return {"a": x[0] * x[1] ** 2, "b": (y * y, [x[0] * y])}

    for run in (lambda f: f, ag.compile):
        found = run(hessian(f))([2.0, 3.0], 5.0)
        assert found == {
            "a": [[0.0, 6.0], [6.0, 4.0]],
            "b": ([[0.0, 0.0], [0.0, 0.0]], [[[0.0, 0.0], [0.0, 0.0]]]),
        }
        both = run(hessian(f, (0, 1)))([2.0, 3.0], 5.0)
        assert both["b"][0] == ([([0.0, 0.0], 0.0), ([0.0, 0.0], 0.0)], ([0.0, 0.0], 2.0))
        cube = run(hessian(lambda x: x**3))(np.array([1.0, 2.0]))
        assert cube.shape == (2, 2, 2)
        assert (cube[1, 1, 1], cube[0, 0, 0], cube.sum()) == (12.0, 6.0, 18.0)


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: None, r"f returned the NoneType None \(is a return missing\?\)"),
        (lambda x: "a", "f returned the str 'a'"),
        (lambda x: 1j, "f returned the complex 1j"),
        (lambda x: [x, x], "returned a list of 2; use jacobian"),
        (lambda x: np.array([x]), r"returned an array of shape \(1,\); use jacobian"),
        (lambda x: {"loss": x}, "returned a dict of 1; use jacobian"),
        (lambda x: [x, ["b"]], r"f returned the str 'b' in \[1\]\[0\]"),
    ],
)
def test_an_answer_that_is_no_number_is_shown(answer, message):
    def f(x):
        return answer(x)

    with pytest.raises(TypeError, match=message):
        grad(f)(1.0)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("a",), "argument 0 of mul must be a real number, not the str 'a'"),
        (({"w": [1.0, "b"]},), r"argument 0\['w'\]\[1\] of mul must be a real number"),
        ((np.array(["a"]),), r"argument 0\[0\] of mul must be a real number, not the str"),
        ((10**400,), "argument 0 of mul is too large for a float"),
    ],
)
def test_an_argument_that_is_no_number_is_named(args, message):
    with pytest.raises((TypeError, OverflowError), match=message):
        grad(operator.mul)(*args)


@pytest.mark.parametrize(("argnums", "bad"), [(2, 2), (-3, -3), ((0, 5), 5)])
def test_argnums_out_of_range_are_named(argnums, bad):
    with pytest.raises(TypeError, match=rf"differentiates argument {bad} of mul, but 2 arguments"):
        grad(operator.mul, argnums)(1.0, 2.0)


def test_a_differentiated_argument_given_by_keyword_is_missed():
    with pytest.raises(TypeError, match="argument 0 of <lambda>, but 0 arguments came by position"):
        grad(lambda x: x)(x=1.0)


def test_an_argument_named_twice_is_refused():
    with pytest.raises(TypeError, match=r"\(0, -2\) names one of 2 arguments twice"):
        grad(operator.mul, (0, -2))(1.0, 2.0)


@pytest.mark.parametrize("argnums", ["x", 1.0, True, (), (0, "x"), None])
def test_argnums_that_are_no_ints_are_refused_at_once(argnums):
    with pytest.raises(TypeError, match="grad needs argnums as an int or a tuple of ints"):
        grad(operator.mul, argnums)


@pytest.mark.parametrize(
    "transform", [grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp, vmap]
)
def test_what_is_no_function_is_refused_at_once(transform):
    with pytest.raises(TypeError, match=rf"{transform.__name__} needs a function, not the float 3"):
        transform(3.0)


def test_a_whole_number_that_was_meant_as_an_index_is_explained():
    def power(x, n):
        return reduce(operator.mul, [x] * n)

    assert grad(power)(2.0, 3) == 12.0
    with pytest.raises(TypeError) as caught:
        grad(power, argnums=(0, 1))(2.0, 3)
    (note,) = caught.value.__notes__
    assert (
        "power got a whole number in argument 1: if it counts or indexes, leave it out of" in note
    )


@pytest.mark.parametrize(
    ("primals", "tangents", "error", "message"),
    [
        (1.0, (1.0,), TypeError, r"primals must be a tuple .* such as \(x,\), not the float 1.0"),
        ((1.0,), 1.0, TypeError, "tangents must be a tuple"),
        ((1.0,), (1.0, 2.0), ValueError, "tangents has 2 entries, but primals has 1"),
        (([1.0, 2.0],), ([1.0],), ValueError, r"tangents\[0\] has 1 entries, but primals\[0\] has"),
        (
            ([1.0],),
            ((1.0,),),
            ValueError,
            r"tangents\[0\] is a tuple of 1, but primals\[0\] is a l",
        ),
        ((1.0,), ("a",), TypeError, r"tangents\[0\] must be a real number"),
    ],
)
@pytest.mark.parametrize("transform", [jvp, hvp])
def test_tangents_that_do_not_fit_are_named(transform, primals, tangents, error, message):
    def f(x):
        raise AssertionError("the function must not be called")

    with pytest.raises(error, match=message):
        transform(f)(primals, tangents)


def test_a_cotangent_that_does_not_fit_is_named():
    _, pullback = vjp(lambda x: [x, x])(1.0)
    with pytest.raises(ValueError, match="the cotangent is one number, but the value of <lambda>"):
        pullback(1.0)
    with pytest.raises(TypeError, match=r"the cotangent\[1\] must be a real number"):
        pullback([1.0, "b"])
    with pytest.raises(ValueError, match=r"the cotangent\[1\] is None, but the value of <lambda>"):
        pullback([1.0, None])


def test_where_an_entry_stands_is_found_for_messages_only(monkeypatch):
    def path(structure, index):
        raise AssertionError("a walk an entry makes transforms quadratic")

    monkeypatch.setattr(Structure, "path", path)

    def f(x):
        return sum(x) * x[0]

    points = ([1.0, 2.0], [1, 2], np.array([1.0, 2.0]), [Value(1.0), Fraction(2)])
    for x in points:
        for transform in (grad, value_and_grad, jacobian, hessian):
            transform(f)(x)
        for transform in (jvp, hvp):
            transform(f)((x,), (x,))
        vjp(f, x)[1](1)


# --- gradient --------------------------------------------------------------------------------


def test_gradient_answers_in_the_structure_of_its_inputs_and_touches_no_grad():
    x, y, z = Value(2.0), Value(3.0), Value(5.0)
    got = gradient(x * y, {"x": x, "rest": (y, [z])})
    assert got == {"x": 3.0, "rest": (2.0, [0.0])}
    assert [v.grad for v in (x, y, z)] == [0.0, 0.0, 0.0]


def test_gradient_by_a_node_on_the_way_and_by_what_it_came_from():
    x = Value(2.0)
    y = x * x
    z = y * y * x
    assert gradient(z, [y, x, z, y]) == [2 * 4.0 * 2.0, 5 * 2.0**4, 1.0, 16.0]


def test_gradient_with_create_graph_can_be_differentiated():
    x = Value(2.0)
    y = x**5
    for expected in (80.0, 160.0, 240.0, 240.0, 120.0, 0.0):
        y = gradient(y, x, create_graph=True)
        assert isinstance(y, Value)
        assert y.data == expected


def test_an_anomaly_in_a_created_graph_is_named_too():
    x = Value(0.0, label="x")
    y = x.sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"div\(0\.5, 0\.0\) gave inf"):
        gradient(y, x, create_graph=True)
    assert gradient(y, x) == math.inf


def test_gradient_by_an_array_of_values_is_an_array():
    w = np.array([Value(1.0), Value(2.0)])
    np.testing.assert_array_equal(gradient((w * w).sum(), w), [2.0, 4.0])
    assert gradient((w * w).sum(), w, create_graph=True).dtype == object


def test_gradient_refuses_what_is_no_value():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"output must be a Value, not the float 1.0"):
        gradient(1.0, x)
    with pytest.raises(TypeError, match=r"inputs\['a'\]\[1\] must be a Value, not the float 2.0"):
        gradient(x, {"a": [x, 2.0]})


def test_gradient_of_a_changed_leaf_is_of_the_recorded_point_or_refused():
    x = Value(2.0, label="x")
    y = x * x
    x.data = 5.0
    assert gradient(y, x) == 4.0
    with pytest.raises(StaleGraphError, match=r"x was 2.0 .* and is 5.0 now"):
        gradient(y, x, create_graph=True)


# --- what a transform returns ----------------------------------------------------------------


def test_a_transform_tells_what_it_was_made_from():
    f = vmap(value_and_grad(smooth, argnums=(0,)), in_axes=(0,))
    assert isinstance(f, Transformed)
    assert (f.transform, f.argnums, f.in_axes) == ("vmap", None, (0,))
    assert (f.function.transform, f.function.argnums) == ("value_and_grad", (0,))
    assert f.function.function is smooth
    assert repr(f) == "<vmap(value_and_grad(smooth))>"
    assert f.__doc__ == smooth.__doc__
    assert str(inspect.signature(grad(smooth))) == "(x, lib=" + repr(ag) + ")"


def test_a_transform_of_a_module_level_function_can_be_pickled():
    again = pickle.loads(pickle.dumps(grad(smooth)))  # noqa: S301
    assert again(POINT) == grad(smooth)(POINT)


def test_a_method_can_be_decorated():
    class Model:
        def __init__(self, w):
            self.w = w

        def loss(self, x):
            return self.w * x * x

        slope = value_and_grad(loss, argnums=1)

    assert Model(3.0).slope(2.0) == (12.0, 12.0)


def test_two_threads_may_differentiate_at_once():
    failures = []

    def work(n):
        for _ in range(50):
            if grad(grad(lambda x: x**n))(2.0) != n * (n - 1) * 2.0 ** (n - 2):
                failures.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_long_chain_is_differentiated_without_recursion():
    def f(x):
        for _ in range(20_000):
            x = x * 1.0001
        return x

    expected = math.prod([1.0001] * 20_000)
    assert grad(f)(1.0) == pytest.approx(expected)
    assert jvp(f)((1.0,), (1.0,))[1] == pytest.approx(expected)


# --- equality --------------------------------------------------------------------------------


def test_inside_a_transformed_function_equality_is_that_of_numbers():
    def f(x, y):
        return x if x == y else 3.0 * x

    def g(x):
        return 2.0 * x if x != 0.5 else x * x

    assert value_and_grad(f)(2.0, 2.0) == (2.0, 1.0)
    assert value_and_grad(f, argnums=(0, 1))(2.0, 2.0) == (2.0, (1.0, 0.0))
    assert value_and_grad(f)(2.0, 1.0) == (6.0, 3.0)
    assert value_and_grad(g)(0.5) == (0.25, 1.0)
    assert ag.jvp(f, (2.0, 2.0), (1.0, 0.0)) == (2.0, 1.0)
    assert hessian(lambda x: x**3 if x == 1 else x)(1.0) == 6.0
    assert vmap(grad(f))([1.0, 2.0], [1.0, 1.0]) == [1.0, 3.0]
    assert grad(lambda x: x if x == x else 2.0 * x)(math.nan) == 1.0  # itself
    w = Value(2.0)
    assert grad(lambda x: x if w == x else 0.0 * x)(2.0) == 1.0
    assert grad(lambda x: 0.0 * x if x == "a" else x)(2.0) == 1.0


def test_outside_of_one_and_after_it_equality_is_identity():
    x, y = Value(2.0), Value(2.0)
    assert x != y
    assert x != 2.0

    def fail(z):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        grad(fail)(1.0)
    assert x != y
    assert x == x
    assert len({x, y, x}) == 2


TRANSFORMS = {
    "grad": lambda f: grad(f)(0.0),
    "value_and_grad": lambda f: value_and_grad(f)(0.0),
    "jacobian": lambda f: jacobian(f)(0.0),
    "hessian": lambda f: hessian(f)(0.0),
    "jvp": lambda f: jvp(f, (0.0,), (1.0,)),
    "vjp": lambda f: vjp(f, 0.0),
    "hvp": lambda f: hvp(f)((0.0,), (1.0,)),
    "vmap": lambda f: vmap(grad(f))([0.0]),
    "compile": lambda f: ag.compile(f)(0.0),
    "compile and grad": lambda f: ag.compile(grad(f))(0.0),
}
KEYS = {
    "in a set": lambda x: 2.0 * x if x in {0.0, 1.0} else x,
    "in a dict": lambda x: {0.0: 2.0}.get(x, 1.0) * x,
    "as a key": lambda x: {x: x}[x],
    "computed": lambda x: x if x * 2.0 in frozenset({0.0, 1.0}) else 0.0,
    "remembered": lambda x: functools.lru_cache(lambda y: y * y)(x),
    "weakly": lambda x: weakref.WeakKeyDictionary([(x, 1.0)])[x] * x,
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_number_that_a_transform_follows_is_refused_as_a_key(transform, key):
    with pytest.raises(TypeError, match=r"key of a dict or in a set.*\.py, line"):
        TRANSFORMS[transform](KEYS[key])
    with pytest.raises(TypeError, match=r"as a key of a dict or in a set"):
        grad(lambda x: TRANSFORMS[transform](KEYS[key]) and x)(1.0)
    assert len({Value(1.0), Value(1.0)}) == 2  # outside, hashes are by identity


def test_what_the_engine_looks_up_itself_is_no_key_of_the_users():
    w = Value(2.0)
    w.register_hook(lambda derivative: 10.0 * derivative)

    def f(x):
        loss = w * w * x
        loss.backward()  # sweeps, hooks
        with detect_anomaly():
            inner = grad(lambda y: y * x * loss)(1.0)
        ag.draw(inner).to_text()
        assert loss._prev
        return inner * x

    assert grad(f)(1.0) == 8.0 + 4.0
    assert w.grad == 40.0


def test_captured_values_are_not_compared_while_a_function_is_compiled():
    w, v = Value(2.0), Value(2.0)
    with pytest.raises(ag.TraceError, match="=="):
        ag.compile(lambda x: x if w == v else 2.0 * x)(1.0)


# --- what NumPy cannot do with Values --------------------------------------------------------

LINALG = {
    "det": lambda a: np.linalg.det(a),
    "inv": lambda a: np.linalg.inv(a)[0, 0],
    "solve": lambda a: np.linalg.solve(a, a[0])[0],
    "svd": lambda a: np.linalg.svd(a)[1][0],
}
if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # before, it is no ufunc
    LINALG["fft"] = lambda a: np.fft.fft(a[0])[0]


@pytest.mark.parametrize("f", LINALG.values(), ids=LINALG)
@pytest.mark.parametrize(
    "way", [grad, jacobian, lambda f: vmap(grad(f)), ag.compile, lambda f: ag.compile(grad(f))]
)
def test_where_numpy_computes_with_floats_alone_a_note_says_what_works(f, way):
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    with pytest.raises(TypeError, match="ufunc") as caught:
        way(f)([a] if getattr(way(f), "transform", "") == "vmap" else a)
    (note,) = caught.value.__notes__
    assert "use @, np.dot, np.einsum, np.linalg.norm and autograd's functions" in note


@pytest.mark.parametrize(
    "f", [lambda a: (a @ a)[0, 1], lambda a: np.einsum("ij,ji->", a, a), np.linalg.norm, np.mean]
)
def test_what_the_note_says_works(f):
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    h = 1e-6 * np.eye(4).reshape(4, 2, 2)
    slopes = [(f(a + step) - f(a - step)) / 2e-6 for step in h]
    for way in (grad(f), ag.compile(grad(f))):
        assert way(a).ravel().tolist() == pytest.approx(slopes, rel=1e-8, abs=1e-9)


def test_a_type_error_of_the_functions_own_gets_no_note_on_arrays():
    with pytest.raises(TypeError, match="unsupported operand") as caught:
        grad(lambda x: x + "a")(1.0)
    assert not getattr(caught.value, "__notes__", ())
