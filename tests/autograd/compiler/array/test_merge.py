"""Merged graphs: fewer operations, and the same meaning."""

from __future__ import annotations

import pytest

import autograd as ag
from autograd.compiler.array.merge import merge
from autograd.compiler.ir.array import interpret, verify
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.programs import gap, program, program_with_lanes
from tests.autograd.compiler.stencils import stencil_of_list


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
    function, numbers = stencil_of_list(seed)
    passes = graphs(function, numbers, wanted=len(numbers))
    check(passes.legal, [*numbers, *passes.captured])


@pytest.mark.seeds(20)
def test_random_programs_with_lanes(seed):
    function, xs, rows = program_with_lanes(seed)
    passes = graphs(function, [*xs, *rows[0]], wanted=len(xs), batched=rows.shape[1])
    check(passes.legal, [*xs, *rows.T], 5)


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
