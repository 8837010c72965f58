"""The sweeps: each node once with all it gets, and nothing left behind."""

from __future__ import annotations

import pytest
from hypothesis import given

import autograd as ag
from autograd import StaleGraphError, Value, gradient
from autograd.graph import restricted, topological_order
from autograd.sweeps import forward_sweep, reverse_sweep
from tests.autograd.graphs import PROGRAMS, clean, nodes_of, program


def test_the_reverse_sweep_yields_each_node_once_with_all_it_gets():
    x = Value(3.0)
    y = x * x
    z = y + y
    swept = list(reverse_sweep(topological_order(z), [(z, 1.0)]))
    assert swept == [(z, 1.0), (y, 2.0), (x, 12.0)]


def test_seeds_add_up():
    x = Value(3.0)
    y = x * 2.0
    swept = dict(reverse_sweep([x, y], [(y, 1.0), (x, 10.0), (y, 4.0)]))
    assert swept == {y: 5.0, x: 20.0}


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
    assert clean(x, y, z, *nodes_of(z))
    z.backward()
    assert x.grad != 0.0


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
    order = topological_order(out)
    backward = dict(reverse_sweep(order, [(out, 1.0)])).get(x, 0.0)
    forward = forward_sweep(order, [(x, 1.0)]).get(out, 0.0)
    assert forward == pytest.approx(backward, rel=1e-12, abs=1e-300)


def test_the_forward_sweep_skips_what_does_not_move():
    x, w = Value(2.0), Value(-1.0)
    out = x * 3.0 + ag.where(w > 0, w.log(), 1.0)
    tangents = forward_sweep(topological_order(out), [(x, 1.0)])
    assert tangents[out] == 3.0
    assert w not in tangents
    assert len(tangents) == 3
