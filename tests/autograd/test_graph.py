"""Walking a graph: order, size without recursion, and leaving nothing behind."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import weakref

import pytest
from hypothesis import given

import autograd as ag
from autograd import Value, gradient
from autograd.graph import restricted, topological_order
from autograd.native import core
from tests.autograd.graphs import PROGRAMS, nodes_of, program

# --- order -----------------------------------------------------------------------------------


@given(PROGRAMS)
def test_each_node_comes_once_and_after_its_operands(choices):
    nodes = program(choices)
    order = topological_order(nodes[-1])
    assert len(set(order)) == len(order)
    assert set(order) == nodes_of(nodes[-1])
    assert order[-1] is nodes[-1]
    place = {node: i for i, node in enumerate(order)}
    for node in order:
        assert all(place[x] < place[node] for x in node.operands if isinstance(x, Value))


@given(PROGRAMS)
def test_of_several_roots_the_order_holds_all(choices):
    nodes = program(choices)
    assert set(topological_order(*nodes)) == set(nodes)
    assert topological_order() == []


def test_the_order_depends_on_the_graph_alone():
    def build(names):
        leaves = {name: Value(float(i), label=name) for i, name in enumerate("abc")}
        made = {name: leaves[name] * 2.0 for name in names}
        out = made["a"] + made["b"] * made["c"]
        return [node.label or node.primitive.name for node in topological_order(out)]

    expected = build("abc")
    assert all(build(random.Random(i).sample("abc", 3)) == expected for i in range(6))


def test_the_walk_stops_at_the_nodes_it_is_told():
    x = Value(1.0)
    y = x * 2.0
    z = y * x
    assert topological_order(z, until=[y]) == [x, z]
    assert topological_order(z, until=[y, x]) == [z]
    assert topological_order(z, until=[z]) == []


def test_a_restricted_order_holds_what_depends_on_the_sources():
    x, w = Value(1.0), Value(2.0)
    a, b = x * 2.0, w * 3.0
    out = a * b
    order = topological_order(out)
    assert restricted(order, [x]) == ([x, a, out], {id(x), id(a), id(out)})
    assert restricted(order, [b]) == ([b, out], {id(b), id(out)})
    assert restricted(order, [x, w]) == (order, None)
    # A source that is not a leaf has operands outside, to which nothing must be handed.
    assert restricted([a, out], [a])[1] == {id(a), id(out)}


# --- size ------------------------------------------------------------------------------------

CHAIN = """
import gc, sys, time, tracemalloc
from autograd import Value
gc.disable()  # all is freed by counting references
sys.setrecursionlimit(200)
n = int(sys.argv[1])

def chain(x):
    y = x
    for _ in range(n // 2):
        y = y * 1.0000001 + x
    return y

x = Value(1.0)
if n <= 50_000:
    tracemalloc.start()
y = chain(x)
y.backward()
peak = tracemalloc.get_traced_memory()[1]
blocks = sys.getallocatedblocks()
del y
freed = blocks - sys.getallocatedblocks()
print(peak / n, freed / n, x.grad)
"""


@pytest.mark.parametrize("n", [1_000_000, 50_000])
def test_a_long_chain_is_walked_and_freed_without_recursion_and_small(n):
    done = subprocess.run(
        [sys.executable, "-c", CHAIN, str(n)], capture_output=True, text=True, check=True
    )
    bytes_a_node, blocks_freed_a_node, grad = map(float, done.stdout.split())
    if core is None:  # the native one has memory of its own, which Python does not count
        assert bytes_a_node < 350  # measured on the shorter one, as tracemalloc is slow
        assert blocks_freed_a_node > 3  # a node, its two tuples, and its numbers
    a = 1.0000001
    assert grad == pytest.approx((a ** (n // 2 + 1) - 1) / (a - 1), rel=1e-9)


def test_a_wide_graph_of_deep_ones_is_walked_without_recursion():
    x = Value(1.0)
    chains = []
    for _ in range(20):
        y = x
        for _ in range(5_000):
            y = -y
        chains.append(y)
    ag.sum(chains).backward()
    assert x.grad == 20.0
    assert gradient(ag.sum(chains), x, create_graph=True).data == 20.0


def test_a_graph_is_freed_by_counting_references_alone():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = x * 2.0
        z = ag.sum([y.exp(), y, ag.logsumexp([x, y])])
        slope = gradient(z, x, create_graph=True)
        curve = gradient(slope, x)
        z.backward()
        ghosts = [weakref.ref(node) for node in nodes_of(z, slope) if node is not x]
        assert len(ghosts) > 10
        del y, z, slope
        assert not [ghost for ghost in ghosts if ghost() is not None]
        assert curve > 0
        assert gc.collect() == 0
    finally:
        gc.enable()
