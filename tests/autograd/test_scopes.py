"""Which part of a model an operation belongs to."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import tracemalloc
import weakref

import pytest

from autograd import Value, no_grad, scope
from autograd.scopes import Scope
from autograd.state import state


def test_nodes_and_leaves_know_the_scope_they_were_made_in():
    x = Value(2.0)
    with scope("outer", "Outer"):
        y = x * x
        with scope("inner"):
            z = y + 1.0
            leaf = Value(3.0)
        w = -z
    assert x.scope is None
    assert [str(v.scope) for v in (y, z, leaf, w)] == [
        "outer",
        "outer.inner",
        "outer.inner",
        "outer",
    ]
    assert (y.scope.kind, z.scope.parent, z.scope.depth) == ("Outer", y.scope, 2)
    assert (x + 1.0).scope is None


def test_a_scope_is_one_object_however_often_it_is_entered():
    x = Value(2.0)
    made = []
    for _ in range(3):
        with scope("loss"), scope("term"):
            made.append(x * x)
    assert len({id(v.scope) for v in made}) == 1


def test_an_exception_leaves_the_scope():
    with pytest.raises(ZeroDivisionError), scope("a"), scope("b"):
        1 / 0  # noqa: B018
    assert state.scope is None
    assert (Value(1.0) * 2).scope is None


def test_a_scope_decorates_functions_and_may_be_entered_again_inside_itself():
    @scope("square")
    def square(x, again):
        return square(x * x, False) if again else x * x

    assert str(square(Value(2.0), False).scope) == "square"
    assert str(square(Value(2.0), True).scope) == "square.square"
    assert state.scope is None


def test_no_grad_keeps_the_scope():
    with no_grad(), scope("a"):
        assert str((Value(1.0) * 2).scope) == "a"


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_must_be_a_str_that_says_something(name):
    with pytest.raises(TypeError, match="name must be a str"):
        scope(name)


def test_scopes_that_nobody_has_any_more_are_freed():
    with scope("passing"):
        x = Value(1.0) * 2
    seen = weakref.ref(x.scope)
    del x
    gc.collect()
    assert seen() is None


def test_threads_leave_nothing_behind():
    started, go = threading.Barrier(2), threading.Event()
    made = []

    def first():
        with scope("first"):
            started.wait()
            go.wait()

    def second():
        started.wait()
        with scope("second"):
            made.append(Value(1.0))
            go.set()
            one.join()

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    two.start()
    one.join()
    two.join()
    assert [str(v.scope) for v in made] == ["second"]
    assert state.scope is None
    assert (Value(1.0) * 2).scope is None


def test_values_are_the_same_whatever_the_scope():
    def f(x):
        y = x * x + 1.0
        y.backward()
        return y.data, x.grad

    plain = f(Value(3.0))
    with scope("a"):
        assert f(Value(3.0)) == plain


def test_a_node_takes_less_than_350_bytes():
    x = Value(1.0)
    tracemalloc.start()
    try:
        y = x
        for _ in range(20_000):
            y = y * x
        y.backward()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken / 20_000 < 350


def test_the_line_of_a_scope_goes_from_the_outermost_to_itself():
    a = Scope("", "MLP")
    b = a.child("layers[0]", "Layer")
    c = b.child("neurons[2]", "Neuron")
    assert c.line() == [a, b, c]
    assert (str(c), repr(c), c.depth) == (
        "layers[0].neurons[2]",
        "Scope('layers[0].neurons[2]')",
        2,
    )
    assert b.child("neurons[2]", "Neuron") is c


def test_importing_scopes_loads_no_drawing():
    code = "import sys, autograd.scopes; assert 'autograd.drawing' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
