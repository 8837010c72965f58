from __future__ import annotations

import pytest

import autograd as ag
from autograd import Value, compile, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.structure import flatten
from tests.autograd.compiler.programs import eager, gap, program


@pytest.mark.seeds(50)
def test_the_compiled_gradient_of_a_random_program_is_the_engines(seed):
    f, xs = program(seed)
    value, gradient = compile(value_and_grad(f))(xs)
    expected, gradients = eager(f, xs)
    assert gap([value, *gradient], [expected, *gradients]) <= 1e-12


@pytest.mark.seeds(8)
@pytest.mark.parametrize(
    "transform",
    [
        hessian,
        jacobian,
        lambda f: lambda xs: hvp(f, (xs,), (xs,)),
        lambda f: lambda xs: jvp(f, (xs,), (xs,)),
        lambda f: lambda xs: vjp(f, xs)[1](2.0),
        lambda f: lambda xs: sum(g * g for g in grad(f)(xs)),
    ],
    ids=["hessian", "jacobian", "hvp", "jvp", "vjp", "inside"],
)
def test_any_transform_is_recorded_like_other_code(seed, transform):
    f, xs = program(seed)
    found, expected = compile(transform(f))(xs), transform(f)(xs)
    assert gap(flatten(found)[0], flatten(expected)[0]) <= 1e-10


def test_a_nested_derivative_does_not_count_other_uses_of_its_argument():
    def f(x):
        y = 2.0 * x
        return grad(lambda a: a * y)(x)

    assert compile(f)(3.0) == 6.0
    assert compile(grad(f))(3.0) == 2.0


def test_a_nested_derivative_of_captured_leaves_stays_live():
    w = Value(3.0)
    f = compile(lambda x: x + grad(lambda a: a * w * w)(1.0))
    assert f(1.0) == 10.0
    w.data = 1.0
    assert f(1.0) == 2.0


def test_a_captured_value_turned_into_a_float_is_refused_rather_than_frozen():
    w = Value(3.0)
    with (
        pytest.warns(ag.GradientDropped),
        pytest.raises(ag.TraceError, match="would be frozen"),
    ):
        compile(lambda x: x * float(w))(1.0)


@pytest.mark.parametrize("argnums", [0, 1, -1, (0,), (0, 1), (1, 0)])
def test_argnums_choose_as_they_do_eagerly(argnums):
    def f(x, tree):
        return x * tree["a"] ** 2 + tree["b"][0]

    args = 3.0, {"a": 2.0, "b": [1.0]}
    assert compile(grad(f, argnums))(*args) == grad(f, argnums)(*args)
    assert compile(value_and_grad(f, argnums))(*args) == value_and_grad(f, argnums)(*args)


def test_only_a_scalar_function_has_a_gradient():
    with pytest.raises(TypeError, match="returns one number"):
        compile(grad(lambda xs: xs))([1.0])
    with pytest.raises(TypeError, match="argument 2 of"):
        compile(grad(lambda x: x, 2))(1.0)


def test_an_unselected_branch_never_reaches_the_gradient_at_any_order():
    def f(x):
        return ag.where(x > 0, ag.log(x), 0.0) * x

    for transform in (grad(f), grad(grad(f)), grad(grad(grad(f)))):
        assert compile(transform)(0.0) == 0.0
        assert compile(transform)(2.0) == transform(2.0)
