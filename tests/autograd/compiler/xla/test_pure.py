"""A function of scalars is a pure function of JAX's: it can be transformed, and its derivatives are the engine's."""

from __future__ import annotations

import builtins
import sys
from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
from autograd import (
    TraceError,
    Value,
    compile,
    grad,
    hessian,
    jacobian,
    jvp,
    to_jax,
    value_and_grad,
    vmap,
)
from tests.autograd.compiler.programs import program

jax = pytest.importorskip("jax")
jnp = jax.numpy


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def rosenbrock(xs):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(xs))


POINT = np.linspace(-1.0, 1.0, 9)


def close(found, expected, tolerance=1e-12):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * max(np.abs(expected).max(), 1.0)


@pytest.mark.parametrize("wrapped", [lambda f: f, jax.jit], ids=["plain", "jit"])
def test_derivatives_of_three_orders_are_the_engines(wrapped):
    f = to_jax(rosenbrock)
    numbers = POINT.tolist()
    close(wrapped(f)(POINT), rosenbrock(numbers))
    close(wrapped(jax.grad(f))(POINT), grad(rosenbrock)(numbers))
    close(wrapped(jax.jacrev(jax.grad(f)))(POINT), hessian(rosenbrock)(numbers))
    short = POINT[:3]
    third = jax.jacrev(jax.jacrev(jax.grad(f)))
    close(wrapped(third)(short), jacobian(hessian(rosenbrock))(short.tolist()))


def test_the_jacobian_of_several_results_is_the_engines():
    def f(x, y):
        return [ag.sin(x[0]) * y, x[1] ** 3, 2.0, x[0] * x[1]]

    found = jax.jacrev(to_jax(f), (0, 1))(jnp.array([0.5, 2.0]), 3.0)
    for i, (by_x, by_y) in enumerate(found):
        expected = grad(lambda x, y, i=i: f(x, y)[i], (0, 1))([0.5, 2.0], 3.0)
        close(by_x, expected[0])
        close(by_y, expected[1])


def test_vmap_and_sharding_take_it():
    points = np.stack([POINT * k for k in range(1, len(jax.devices()) + 1)])
    expected = [grad(rosenbrock)(row.tolist()) for row in points]
    close(jax.vmap(jax.grad(to_jax(rosenbrock)))(points), expected)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("points",))
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("points"))
    found = jax.jit(jax.vmap(jax.grad(to_jax(rosenbrock))))(jax.device_put(points, spread))
    assert len(found.sharding.device_set) == len(jax.devices())
    close(found, expected)


@pytest.mark.parametrize("transform", [value_and_grad, grad, hessian, jvp, compile])
def test_transforms_and_compiled_functions_answer_as_they_do(transform):
    made = transform(rosenbrock)
    args = ((POINT,), (POINT,)) if transform is jvp else (POINT,)
    pairs = zip(jax.tree.leaves(to_jax(made)(*args)), jax.tree.leaves(made(*args)), strict=True)
    for mine, theirs in pairs:
        close(mine, theirs)


def test_vmap_is_jaxs_over_the_axes_that_were_asked_for():
    f = vmap(value_and_grad(lambda a, b: a * b * b, 1), in_axes=(None, 0))
    value, slopes = to_jax(f)(3.0, np.array([1.0, 2.0]))
    close(value, [3.0, 12.0])
    close(slopes, [6.0, 12.0])


@pytest.mark.parametrize(
    ("function", "at", "slope", "second"),
    [
        (abs, 0.0, 0.0, 0.0),
        (ag.relu, 0.0, 0.0, 0.0),
        (lambda x: ag.maximum(x, 0.0), 0.0, 0.5, 0.0),
        (lambda x: ag.sqrt(ag.relu(x)), -1.0, 0.0, 0.0),
        (lambda x: ag.where(x > 0, ag.log(x), 0.0), 0.0, 0.0, 0.0),
        (lambda x: x**2, 0.0, 0.0, 2.0),
        (lambda x: 3.0, 1.0, 0.0, 0.0),
        (lambda x: x, 1.0, 1.0, 0.0),
    ],
)
def test_conventions_hold_at_two_orders(function, at, slope, second):
    f = to_jax(function)
    assert float(jax.grad(f)(at)) == slope == grad(function)(at)
    assert float(jax.grad(jax.grad(f))(at)) == second == grad(grad(function))(at)


@pytest.mark.seeds(6)
def test_gradients_of_random_programs_are_the_compilers(seed):
    function, args = program(seed)
    found = jax.jit(jax.grad(to_jax(function)))(np.array(args))
    expected = np.array(compile(grad(function))(args))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(all="ignore"):
        assert (same | (np.abs(found - expected) <= 1e-12 * np.abs(expected))).all()


LARGE = 1e200


@pytest.mark.parametrize(
    ("function", "at", "answer"),
    [
        (lambda a, b: a / b / b, (LARGE, LARGE), 1 / LARGE),
        (lambda a, b: a / (b / b), (LARGE, LARGE), LARGE),
        (lambda a: ag.log(ag.exp(a)), (1000.0,), np.inf),
        (lambda a, b: ag.exp(a) * ag.exp(b), (800.0, -800.0), np.nan),
        (lambda a: ag.sqrt(a * a), (LARGE,), np.inf),
        (lambda a, b: ag.log(a**b), (LARGE, 2.0), np.inf),
        (lambda a: a * 1e200 * 1e-200, (LARGE,), np.inf),
        (lambda a: a + 1e16 - 1e16, (1.0,), 0.0),
    ],
)
def test_nothing_is_regrouped_against_the_brackets(function, at, answer):
    """XLA does so with what it sees."""
    for found in (
        jax.jit(to_jax(function))(*at),
        jax.jit(jax.vmap(to_jax(function)))(*(np.full(5, x) for x in at))[0],
        jax.jit(to_jax(vmap(function)))(*(np.full(5, x) for x in at))[0],
        jax.jit(to_jax(lambda xs: ag.sum([function(*xs)])))(np.array(at)),
    ):
        assert float(found) == answer or (np.isnan(found) and np.isnan(answer))


def test_structures_go_in_and_come_out_in_the_functions_own_order():
    def f(tree, *, factor):
        return {"z": tree["x"] * factor, "a": [tree["b"], None, (tree["x"].sum(),)]}

    found = to_jax(f)({"x": np.array([[1.0, 2.0]]), "b": 5}, factor=2)
    assert list(found) == ["z", "a"]
    close(found["z"], [[2.0, 4.0]])
    assert [float(found["a"][0]), found["a"][1], float(found["a"][2][0])] == [5.0, None, 3.0]
    assert to_jax(list)() == []


def test_the_kind_of_float_is_that_of_the_arrays():
    f = to_jax(lambda x, y: x * y)
    assert f(jnp.float32(2.0), 3.0).dtype == "float32"
    assert f(jnp.float32(2.0), jnp.float64(3.0)).dtype == "float64"
    assert f(2, 3).dtype == "float64"
    with jax.enable_x64(False):
        assert f(2.0, 3.0).dtype == "float32"


def test_it_is_recorded_once_for_each_shape():
    calls = []
    f = to_jax(lambda xs: calls.append(1) or sum(x * x for x in xs))
    for _ in range(3):
        f(jnp.ones(3))
    before = len(calls)
    f(jnp.ones(3))
    assert len(calls) == before
    f(jnp.ones(4))
    assert len(calls) > before


def test_captured_values_are_read_when_it_is_called_or_traced():
    scale = Value(2.0)
    f = to_jax(lambda x: scale * x)
    jitted = jax.jit(f)
    assert float(f(3.0)) == float(jitted(3.0)) == 6.0
    scale.data = 5.0
    assert (float(f(3.0)), float(jitted(3.0))) == (15.0, 6.0)


def test_forward_mode_is_refused():
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(to_jax(rosenbrock), (POINT,), (POINT,))


@pytest.mark.parametrize(
    ("given", "message"),
    [("a", r"argument \[0\] must be of real numbers, not str"), (1j, "complex128"), ([1.0, "b"], r"\[0\]\[1\]")],
)  # fmt: skip
def test_what_is_no_number_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        to_jax(lambda x: x)(given)


def test_a_tree_that_only_jax_knows_is_refused():
    @jax.tree_util.register_pytree_node_class
    class Pair:
        children = 1.0, 2.0

        def tree_flatten(self):
            return self.children, None

        @classmethod
        def tree_unflatten(cls, _, children):
            made = cls()
            made.children = children
            return made

    with pytest.raises(TypeError, match=r"to_jax takes lists, tuples, dicts .*Pair"):
        to_jax(lambda x: x)(Pair())


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="to_jax needs a function, not 3"):
        to_jax(3)


def test_a_branch_on_a_number_is_refused():
    with pytest.raises(TraceError):
        to_jax(lambda x: x if x > 0 else -x)(1.0)


def test_without_jax_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match="python -m pip install"):
        to_jax(builtins.abs)
