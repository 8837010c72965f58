"""Hooks on cotangents: called once a sweep with the whole of it, on either core, and gone with their Values."""

from __future__ import annotations

import gc

import pytest

import autograd as ag
from autograd import Value, compile, grad, gradient, hessian, jacobian, jvp, vjp
from autograd.state import state


@pytest.fixture(autouse=True)
def leaves_no_hooks():
    yield
    gc.collect()
    assert state.hooked == 0


def test_a_hook_sees_the_whole_derivative_and_what_it_returns_is_handed_on():
    x, seen = Value(3.0), []
    y = x * x
    first = y.register_hook(seen.append)  # returns None
    second = y.register_hook(lambda g: 2.0 * g)
    (10.0 * y + y).backward()
    assert seen == [11.0]
    assert (y.grad, x.grad) == (22.0, 132.0)
    second.remove()
    second.remove()
    x.grad = 0.0
    (10.0 * y).backward()
    assert (seen, y.grad, x.grad) == ([11.0, 10.0], 10.0, 60.0)
    first.remove()


def test_a_hook_on_a_leaf_changes_what_is_added_to_its_grad():
    x = Value(3.0)
    x.grad = 100.0
    handle = x.register_hook(lambda g: min(g, 1))
    (x * x + x).backward()
    assert x.grad == 101.0
    handle.remove()
    (x * x).backward()
    assert x.grad == 107.0


def test_a_hook_on_the_root_and_one_that_nothing_reaches():
    x, seen = Value(3.0), []
    y = x * x
    handles = [y.register_hook(lambda g: 3.0 * g), ag.log(x).register_hook(seen.append)]
    y.backward(2.0)
    assert (y.grad, x.grad, seen) == (6.0, 36.0, [])
    handles[0].remove()


def tripled(x):
    y = x * x
    y.register_hook(lambda g: 3.0 * g)
    return y * x


def test_reverse_transforms_call_hooks_and_forward_mode_does_not():
    # y * x = x**3, whose part through y is 2 x**2
    assert grad(tripled)(2.0) == 3 * 8.0 + 4.0
    assert vjp(tripled, 2.0)[1](1.0) == (28.0,)
    assert jacobian(lambda x: [tripled(x)])(2.0) == [28.0]
    assert jvp(tripled, (2.0,), (1.0,))[1] == 12.0


def test_where_a_graph_is_made_a_hook_gets_values():
    x, seen = Value(2.0), []
    y = x * x

    def squared(g):
        seen.append(g)
        return g * g

    handle = y.register_hook(squared)
    slope = gradient(x * y, x, create_graph=True)  # (x)**2 * 2x + x**2
    assert slope.data == 20.0
    assert type(seen[0]) is Value
    handle.remove()
    assert gradient(slope, x) == 6 * 4.0 + 2 * 2.0
    constant = y.register_hook(lambda g: 5)
    assert gradient(x * y, x, create_graph=True).data == 5 * 4.0 + 4.0
    constant.remove()
    assert hessian(lambda xs: tripled(xs[0]) * xs[1])([2.0, 1.0])[1] == [28.0, 0.0]


def test_what_raises_in_a_hook_changes_no_leaf():
    x, z = Value(2.0), Value(3.0)
    y = x * x

    def fail(g):
        raise RuntimeError("no")

    for hook, error in ((fail, RuntimeError), (lambda g: "a", TypeError), (lambda g: x, TypeError)):
        handle = y.register_hook(hook)
        with pytest.raises(error, match=r"no|what a hook returns must be a real number"):
            (y * z).backward()
        assert (x.grad, z.grad) == (0.0, 0.0)
        handle.remove()
    (y * z).backward()
    assert (x.grad, z.grad) == (12.0, 4.0)


def test_hooks_go_with_their_values():
    x = Value(2.0)
    handles = [(x * x).register_hook(print) for _ in range(10)]
    gc.collect()
    assert state.hooked == 0
    handles[0].remove()


def test_what_is_no_hook_or_cannot_be_called_is_refused():
    x = Value(2.0)
    with pytest.raises(TypeError, match="hook must be a function of the derivative, not 3"):
        x.register_hook(3)
    handle = x.register_hook(abs)
    with pytest.raises(ag.TraceError, match="a Value with hooks is used in a compiled function"):
        compile(lambda y: x * y)(1.0)
    handle.remove()
    assert compile(lambda y: x * y)(1.0) == 2.0
    with pytest.raises(ag.TraceError, match="register_hook"):
        compile(lambda y: y.register_hook(abs))(1.0)
