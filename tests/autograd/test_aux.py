"""has_aux: what a function returns beside what is differentiated, in every transform, eager and compiled."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import (
    Value,
    compile,
    grad,
    hessian,
    jacobian,
    jvp,
    no_grad,
    sin,
    sum,
    value_and_grad,
    vjp,
    vmap,
)

X = [2.0, 3.0]


def loss(x):
    """x0**2 x1, and its parts."""
    return x[0] ** 2 * x[1], {"square": x[0] ** 2, "count": 2, "none": None, "pair": (x[1], 7.0)}


AUX = {"square": 4.0, "count": 2, "none": None, "pair": (3.0, 7.0)}
SLOPES = [12.0, 4.0]
CURVES = [[6.0, 4.0], [4.0, 0.0]]


@pytest.mark.parametrize("run", [lambda f: f, compile])
def test_the_answers_are_arranged_as_in_jax(run):
    assert run(grad(loss, has_aux=True))(X) == (SLOPES, AUX)
    assert run(grad(loss, (0,), has_aux=True))(X) == ((SLOPES,), AUX)
    assert run(value_and_grad(loss, has_aux=True))(X) == ((12.0, AUX), SLOPES)
    assert run(jacobian(loss, has_aux=True))(X) == (SLOPES, AUX)
    assert run(hessian(loss, has_aux=True))(X) == (CURVES, AUX)
    assert run(jvp(loss, has_aux=True))((X,), ([1.0, 10.0],)) == (12.0, 52.0, AUX)
    assert run(lambda x: vjp(loss, x, has_aux=True)[::2])(X) == (12.0, AUX)
    assert run(lambda x: vjp(loss, x, has_aux=True)[1](2.0))(X) == ([24.0, 8.0],)


@pytest.mark.parametrize("size", [3, 300])  # as straight-line code, and as an array program
def test_a_compiled_gradient_with_a_side_answer_of_arrays_agrees_with_the_eager_one(size):
    def f(w, x):
        out = np.array([sin(a * b) for a, b in zip(w, x, strict=True)])
        return sum(out), (out, w[0])

    w, x = np.linspace(-1, 1, size), np.linspace(1, 3, size)
    for made in (grad(f, has_aux=True), value_and_grad(f, (0, 1), has_aux=True)):
        (found, right) = compile(made)(w, x), made(w, x)
        for _ in range(2):
            for a, b in zip(flat(found), flat(right), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-13)
                assert type(a) is type(b)


def flat(tree):
    return [x for item in tree for x in flat(item)] if isinstance(tree, tuple) else [tree]


def test_it_is_mapped_with_the_rest():
    def f(w, x):
        return w * x**2, {"twice": 2.0 * x}

    for made, right in (
        (grad(f, has_aux=True), ([1.0, 9.0], {"twice": [2.0, 6.0]})),
        (
            value_and_grad(f, 1, has_aux=True),
            (([2.0, 18.0], {"twice": [2.0, 6.0]}), [4.0, 12.0]),
        ),
    ):
        mapped = vmap(made, in_axes=(None, 0))
        assert mapped(2.0, [1.0, 3.0]) == right
        assert compile(mapped)(2.0, [1.0, 3.0]) == right


def test_what_is_no_number_comes_out_as_it_is():
    thing = object()
    integers = np.array([1, 2])

    def f(x):
        return x * x, [thing, "text", integers, True, {1, 2}]

    aux = grad(f, has_aux=True)(2.0)[1]
    assert aux[0] is thing
    assert aux[2] is integers
    assert aux[1:2] + aux[3:] == ["text", True, {1, 2}]
    with pytest.raises(TypeError, match="a compiled function must return numbers"):
        compile(grad(f, has_aux=True))(2.0)


def test_it_is_connected_with_values_that_come_and_else_of_floats():
    x = Value(3.0)
    slope, aux = grad(lambda x: (x**3, x**2), has_aux=True)(x)
    (slope + aux).backward()
    assert (slope.data, aux.data, x.grad) == (27.0, 9.0, 18.0 + 6.0)
    with no_grad():
        aux = grad(lambda x: (x**3, x**2), has_aux=True)(x)[1]
    assert (aux.data, aux.primitive) == (9.0, None)
    assert type(grad(lambda y: (y * x, x * y), has_aux=True)(2.0)[1]) is float


def test_an_outer_derivative_goes_through_it():
    def inner(x):
        slope, aux = grad(lambda x: (x**3, x**2), has_aux=True)(x)
        return slope * aux, aux  # 3 x**4

    assert grad(inner, has_aux=True)(2.0) == (96.0, 4.0)
    twice = grad(lambda x: grad(inner, has_aux=True)(x)[0])
    assert twice(2.0) == compile(twice)(2.0) == 144.0
    assert jacobian(grad(lambda x: (x**3, x), has_aux=True), has_aux=True)(2.0) == (12.0, 2.0)


@pytest.mark.parametrize("run", [lambda f: f, compile])
@pytest.mark.parametrize("answer", [lambda x: x, lambda x: (x,), lambda x: [x, x]])
def test_a_function_that_returns_no_pair_is_refused(run, answer):
    def f(x):
        return answer(x)

    for transform in (grad, value_and_grad, jacobian, hessian):
        name = (
            "a gradient" if run is compile and "grad" in transform.__name__ else transform.__name__
        )
        message = f"{name} with has_aux=True needs a function that returns a pair"
        with pytest.raises(TypeError, match=message):
            run(transform(f, has_aux=True))(1.0)
    with pytest.raises(TypeError, match=r"jvp with has_aux=True needs .* f returned"):
        jvp(f, (1.0,), (1.0,), has_aux=True)
    with pytest.raises(TypeError, match=r"vjp with has_aux=True needs .* f returned"):
        vjp(f, 1.0, has_aux=True)


def test_what_is_differentiated_must_still_be_one_number():
    for run in (compile, lambda f: f):
        with pytest.raises(TypeError, match="returned a list of 2; use jacobian"):
            run(grad(lambda x: ([x, x], 1.0), has_aux=True))(1.0)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian, jvp, vjp])
def test_a_flag_that_is_none_is_refused(transform):
    with pytest.raises(TypeError, match="needs has_aux as True or False, not 'yes'"):
        transform(loss, has_aux="yes")
