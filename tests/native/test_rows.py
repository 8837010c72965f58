"""Rows among compiled ones that Python computes: the user's own, and ours with a rule exchanged."""

from __future__ import annotations

import gc
import weakref

import pytest

import autograd as ag
from autograd import Value, custom_gradient, functions
from autograd.primitives import TABLE, primitive
from autograd.table import TRACED
from tests.native import leaks
from tests.native.children import needs_core, said_by

pytestmark = needs_core


@pytest.fixture
def cube():
    """A row that nobody has compiled."""

    @primitive()
    def cube(xp):
        return lambda x: x * x * x, lambda out, x: 3.0 * xp.mul(x, x)

    yield TRACED.cube
    del TABLE["cube"]


def test_a_row_of_the_users_among_compiled_ones_has_derivatives_of_all_orders(cube):
    def smooth(x):
        return ag.exp(cube(x) * 2.0)

    def by_hand(x):
        return ag.exp(x * x * x * 2.0)

    for order in range(4):
        f, g = smooth, by_hand
        for _ in range(order):
            f, g = ag.grad(f), ag.grad(g)
        assert float(f(0.5)) == pytest.approx(float(g(0.5)), rel=1e-12)


def test_a_row_of_the_users_is_swept_back_and_forward(cube):
    x = Value(0.5)
    root = ag.tanh(cube(x)) * x
    root.backward()
    (exact,) = ag.gradient(root, [x])
    assert x.grad == exact
    _, tangent = ag.jvp(lambda x: ag.tanh(cube(x)) * x, (0.5,), (1.0,))
    assert tangent == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("name", ["tanh", "mul", "clip", "sum"])
def test_an_exchanged_rule_is_honoured_at_once_and_its_undoing_too(name, monkeypatch):
    row = TABLE[name]
    count = row.arity or 4
    xs = [Value(0.5) for _ in range(count)]

    def results():
        """The number, and the derivatives by backward() and with a graph."""
        for x in xs:
            x.grad = 0.0
        out = ag.operators.apply(row, *xs)
        out.backward()
        second = ag.gradient(out, xs, create_graph=True)
        return out.data, [x.grad for x in xs], [getattr(g, "data", g) for g in second]

    before = results()
    with monkeypatch.context() as patch:
        patch.setattr(row, "forward", lambda *numbers: 7.0)
        assert results()[0] == 7.0
    assert results() == before
    for kind, place in (("partials", 1), ("traced", 2)):
        rule = (lambda out, *xs: [5.0] * count,) if row.arity is None else (5.0,) * count
        with monkeypatch.context() as patch:
            patch.setattr(row, kind, rule)
            found = results()
            assert found[place] == [5.0] * count
            assert found[3 - place] == before[3 - place]
        assert results() == before


def test_the_function_of_a_row_honours_an_exchanged_rule_on_numbers_and_on_values(monkeypatch):
    monkeypatch.setattr(TABLE["exp"], "forward", lambda x: -x)
    assert (functions.exp(2.0), functions.exp(Value(2.0)).data) == (-2.0, -2.0)
    assert (Value(2.0).exp().data, functions.exp(2).real) == (-2.0, -2.0)


def test_a_rule_exchanged_in_the_middle_of_a_sweep_holds_for_the_nodes_that_follow(cube):
    row, x = TABLE["tanh"], Value(0.5)
    before = row.partials

    def exchanging(out, x):
        row.partials = (5.0,)
        return 1.0

    own = TABLE["cube"]
    root = cube(ag.tanh(x))
    kept, own.partials = own.partials, (exchanging,)
    try:
        root.backward()
    finally:
        own.partials, row.partials = kept, before
    assert x.grad == 5.0


def test_rows_of_operations_made_in_a_loop_go_when_their_nodes_do():
    said = said_by("""
        import gc
        from autograd import Value, custom_gradient
        x = Value(2.0)
        for turn in range(70_000):  # a node has room to count to 65,534 rows
            @custom_gradient(lambda out, a: 3.0)
            def triple(a): return 3.0 * a
            y = triple(x)
        del triple
        y.backward()
        gc.collect()
        print(y.data, x.grad, y.primitive.name, y.operands)
    """)
    assert said == "6.0 3.0 triple (Value(data=2.0, grad=3.0),)"


@pytest.mark.parametrize("kind", [Value, leaks.Open])
def test_a_node_keeps_the_row_of_an_operation_as_long_as_it_lives(kind):
    class Noted:
        """What a rule holds."""

    def operation():
        noted = Noted()
        watching.append(weakref.ref(noted))
        made = custom_gradient(lambda out, *_: noted and 2.0, 1.0, 1.0)(lambda a, b, c: a + b + c)
        noted.made = made  # a circle
        return made

    watching, x = [], kind(1.0)
    node = operation()(x, 2.0, 3.0)
    operation()
    operation()  # the last one of a name is kept, for the compiler
    gc.collect()
    assert [reference() is None for reference in watching] == [False, True, False]
    node.backward()
    assert (node.data, x.grad) == (6.0, 2.0)
    del node
    gc.collect()
    assert [reference() is None for reference in watching] == [True, True, False]
