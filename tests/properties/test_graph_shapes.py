"""Graphs of unusual shape: wide, integer, permuted."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import StaleGraphError, Value, gradient, topological_order
from autograd.sweeps import Sweep
from autograd.testing import expressions

INTEGER_STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "sub", "mul"]), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=9,
)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=3), INTEGER_STEPS)
def test_integer_graphs_equal_exact_fractions(inputs, steps):
    """Forward mode in exact arithmetic against reverse mode in floats, with ==: no tolerance at all."""
    exact = [
        (Fraction(x), [Fraction(i == j) for j in range(len(inputs))]) for i, x in enumerate(inputs)
    ]
    leaves = [Value(x) for x in inputs]
    results = list(leaves)
    for op, back_to_a, back_to_b in steps:
        i, j = -1 - back_to_a % len(results), -1 - back_to_b % len(results)
        (a, da), (b, db) = exact[i], exact[j]
        if op == "add":
            exact.append((a + b, [p + q for p, q in zip(da, db, strict=True)]))
        elif op == "sub":
            exact.append((a - b, [p - q for p, q in zip(da, db, strict=True)]))
        else:
            exact.append((a * b, [b * p + a * q for p, q in zip(da, db, strict=True)]))
        if any(abs(n) > 2**53 for n in (exact[-1][0], *exact[-1][1])):
            return  # past what floats hold exactly
        results.append(getattr(autograd, op)(results[i], results[j]))
    results[-1].backward()
    assert results[-1].data == exact[-1][0]
    assert [leaf.grad for leaf in leaves] == exact[-1][1]


@given(expressions(n_inputs=2), st.randoms(use_true_random=False))
def test_the_order_of_construction_does_not_matter(program, generator):
    """The same graph, built in another topological order, has the same gradients bit by bit."""
    count = len(program.inputs)
    waiting = list(range(len(program.steps)))
    leaves = [Value(x) for x in program.inputs]
    results: dict[int, Value] = dict(enumerate(leaves))
    while waiting:
        ready = [
            i
            for i in waiting
            if all(isinstance(x, float) or x in results for x in program.steps[i].operands)
        ]
        i = generator.choice(ready)
        waiting.remove(i)
        name, operands = program.steps[i]
        chosen = [results[x] if isinstance(x, int) else x for x in operands]
        results[count + i] = autograd.functions.apply(autograd.table.TABLE[name], *chosen)
    results[len(program) - 1].backward()
    root, others = program.record()
    root.backward()
    assert [leaf.grad for leaf in leaves] == [leaf.grad for leaf in others]


@given(expressions())
def test_every_node_comes_after_its_operands_and_once(program):
    root, _ = program.record()
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    for node in order:
        assert all(place[x] < place[node] for x in node.operands if isinstance(x, Value))


def test_a_hundred_thousand_consumers_and_operands():
    x = Value(2.0)
    products = [x * float(i % 7) for i in range(100_000)]
    total = autograd.sum(products)
    total.backward()
    assert x.grad == float(sum(i % 7 for i in range(100_000)))
    assert products[5].grad == 1.0


def test_a_ladder_of_diamonds_is_swept_once_a_node():
    # Two paths at each of 2,000 steps are 2**2000 paths in all.
    node = x = Value(1.0)
    for _ in range(2000):
        node = node * 0.5 + node * 0.5
    node.backward()
    assert x.grad == 1.0


def test_a_tangle_has_the_gradients_of_its_matrix_product():
    generator = random.Random(5)
    layer = leaves = [Value(generator.uniform(-1, 1)) for _ in range(8)]
    rows = [1.0] * 8
    weights = []
    for _ in range(6):
        matrix = [[generator.choice([-1.0, 0.5, 2.0]) for _ in range(8)] for _ in range(8)]
        weights.append(matrix)
        layer = [autograd.dot(layer, row) for row in matrix]
    autograd.sum(layer).backward()
    for matrix in reversed(weights):  # powers of two: exact
        rows = [sum(rows[i] * matrix[i][j] for i in range(8)) for j in range(8)]
    assert [leaf.grad for leaf in leaves] == rows


def test_two_seeds_at_one_node_add_up():
    x = Value(3.0)
    y = x * x
    assert Sweep(topological_order(y), [x], [y, y]).pull([1.0, 2.0]) == [18.0]


def test_a_branch_that_gets_nothing_shows_zero():
    x = Value(3.0)
    inner = x * 2.0
    inner.backward()
    assert inner.grad == 1.0
    autograd.where(False, inner, x).backward()
    assert inner.grad == 0.0


def test_a_changed_leaf_is_refused_with_create_graph():
    x = Value(3.0)
    y = x * x
    x.data = 5.0
    y.backward()
    assert x.grad == 6.0  # at the recorded point
    with pytest.raises(StaleGraphError):
        gradient(y, x, create_graph=True)
