"""Merged graphs: fewer operations, and the same meaning."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.array.merge import merge
from autograd.compiler.ir.array import interpret, verify
from autograd.structure import flatten
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.programs import gap, program
from tests.autograd.compiler.stencils import stencil


def check(graph, leaves, lanes=1):
    found = merge(graph)
    verify(found, legal=True)
    assert found.operations <= graph.operations
    for before, after in ((graph.outputs, found.outputs), (graph.gradients, found.gradients)):
        expected = interpret(graph, leaves, lanes)[before]
        assert gap(interpret(found, leaves, lanes)[after].ravel(), expected.ravel()) <= 1e-14
    return found


@pytest.mark.seeds(40)
def test_random_programs(seed):
    function, xs = program(seed)
    check(graphs(function, xs, wanted=len(xs)).legal, xs)


@pytest.mark.seeds(20)
def test_random_stencils(seed):
    function, args = stencil(seed)
    numbers, structure = flatten(tuple(args))
    passes = graphs(lambda xs: function(*structure.unflatten(xs)), numbers, wanted=len(numbers))
    check(passes.legal, [*numbers, *passes.captured])


@pytest.mark.seeds(20)
def test_random_programs_with_lanes(seed):
    function, xs = program(seed)
    shared = len(xs) // 2
    rows = np.random.default_rng(seed).uniform(-1.5, 1.5, (5, len(xs) - shared))
    passes = graphs(function, xs, wanted=shared, batched=len(xs) - shared)
    check(passes.legal, [*xs[:shared], *rows.T], 5)


def recurrence(steps):
    def f(xs):
        w, h = [xs[4 * i :][:4] for i in range(4)], xs[16:20]
        for _ in range(steps):
            h = [ag.tanh(sum(a * b for a, b in zip(row, h, strict=True))) for row in w]
        return sum(h)

    return f, [0.1 * (i % 7) - 0.3 for i in range(20)]


def test_the_slopes_of_all_steps_of_a_recurrence_are_computed_at_once():
    counts = []
    for steps in (6, 7):
        function, xs = recurrence(steps)
        found = check(graphs(function, xs, wanted=16).legal, xs)
        counts.append([value.name for value in found.values])
    assert [names.count("cosh") for names in counts] == [1, 1]
    assert (
        len(counts[1]) == len(counts[0]) + 4
    )  # a product and a tanh, forward; a product of each back


def test_values_that_are_to_stay_apart_do():
    function, xs = recurrence(6)
    graph = graphs(function, xs, wanted=16).legal
    found = merge(graph, apart=range(len(graph.values)))
    assert [value.name for value in found.values].count("cosh") == 6
