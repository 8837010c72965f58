"""The sweeps: each node once with all it gets, and nothing left behind."""

from __future__ import annotations

import pytest
from hypothesis import given

import autograd as ag
from autograd import StaleGraphError, Value, gradient
from autograd.graph import restricted, topological_order
from autograd.native import core
from autograd.sweeps import Sweep, forward_sweep, reverse_sweep
from tests.autograd.graphs import PROGRAMS, clean, nodes_of, program

in_nodes = pytest.mark.skipif(
    core is not None, reason="the pure core's sweep, which leaves cotangents in the nodes"
)


def test_each_node_gets_all_that_is_handed_to_it():
    x = Value(3.0)
    y = x * x
    z = y + y
    assert Sweep([x, y, z], [x, y, z], [z]).pull([1.0]) == [12.0, 2.0, 1.0]


def test_seeds_add_up():
    x = Value(3.0)
    y = x * 2.0
    assert Sweep([x, y], [x, y], [y, x, y]).pull([1.0, 10.0, 4.0]) == [20.0, 5.0]


def test_an_input_that_nothing_reaches_has_no_derivative():
    x, w = Value(3.0), Value(4.0)
    y = x * ag.where(w > 5.0, w, 1.0)
    sweep = Sweep(topological_order(y), [x, w], [y, x, w, 7.0])
    assert sweep.pull([1.0, None, None, 1.0]) == [1.0, None]
    assert sweep.push([1.0, None]) == [1.0, 1.0, None, None]
    assert sweep.push([None, 1.0]) == [None, None, 1.0, None]


def test_a_sweep_may_be_made_inside_another():
    from autograd.primitives import TABLE, primitive

    @primitive()
    def nosy(xp):
        """The square, by a rule that differentiates meanwhile."""

        def slope(out, x):
            Value(1.0).tanh().backward()
            return 2.0 * x

        return lambda x: x * x, slope

    try:
        x = Value(3.0)
        y = ag.sum([x._apply(nosy, x) * x, x])
        y.backward()
        assert x.grad == 28.0
        assert gradient(y, x) == 28.0
    finally:
        del TABLE["nosy"]


@pytest.mark.parametrize("method", ["pull", "push"])
def test_a_sweep_takes_one_seed_each(method):
    x = Value(3.0)
    with pytest.raises(ValueError, match="2"):
        getattr(Sweep([x], [x], [x]), method)([1.0, 2.0])


@in_nodes
def test_the_reverse_sweep_yields_each_node_once_with_all_it_gets():
    x = Value(3.0)
    y = x * x
    z = y + y
    swept = list(reverse_sweep(topological_order(z), [(z, 1.0)]))
    assert swept == [(z, 1.0), (y, 2.0), (x, 12.0)]


@in_nodes
def test_whoever_stops_early_leaves_nothing_behind():
    x = Value(3.0)
    nodes = [x]
    for _ in range(5):
        nodes.append(nodes[-1] * x)
    sweep = reverse_sweep(topological_order(nodes[-1]), [(nodes[-1], 1.0)])
    next(sweep)
    next(sweep)
    assert not clean(*nodes)
    sweep.close()
    assert clean(*nodes)
    nodes[-1].backward()
    assert x.grad == 6 * 3.0**5


def test_a_rule_that_raises_leaves_nothing_behind():
    x = Value(1.0)
    y = x * 2.0
    z = y.exp() * y * x
    x.data = 2.0
    with pytest.raises(StaleGraphError):
        gradient(z, x, create_graph=True)
    if core is None:
        assert clean(x, y, z, *nodes_of(z))
    z.backward()
    assert x.grad != 0.0


@in_nodes
def test_nothing_is_handed_to_nodes_left_out():
    x, w = Value(2.0), Value(-1.0)
    out = ag.sum([x * w, x.relu(), ag.prod([x, w]), w.log()])
    order, among = restricted(topological_order(out), [x])
    swept = dict(reverse_sweep(order, [(out, 1.0)], among=among))
    assert swept[x] == -1.0
    assert w not in swept
    assert clean(x, w, *nodes_of(out))


@given(PROGRAMS)
def test_the_sweeps_agree(choices):
    nodes = program(choices)
    x, out = nodes[0], nodes[-1]
    sweep = Sweep(topological_order(out), [x], [out])
    (backward,), (forward,) = sweep.pull([1.0]), sweep.push([1.0])
    assert (forward or 0.0) == pytest.approx(backward or 0.0, rel=1e-12, abs=1e-300)


@in_nodes
def test_the_forward_sweep_skips_what_does_not_move():
    x, w = Value(2.0), Value(-1.0)
    out = x * 3.0 + ag.where(w > 0, w.log(), 1.0)
    tangents = forward_sweep(topological_order(out), [(x, 1.0)])
    assert tangents[id(out)] == 3.0
    assert id(w) not in tangents
    assert len(tangents) == 3
