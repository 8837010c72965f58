"""Placement: what the elements' places are, they are right ones, and for which operands they become views."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.array.merge import merge
from autograd.compiler.emit.emit import cost, emit
from autograd.compiler.ir.program import LANES, ONCE, ROWS
from autograd.compiler.layout.places import side_by_side
from autograd.compiler.layout.search import Search, placed
from autograd.structure import flatten
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.emit.test_emit import check_places
from tests.autograd.compiler.programs import program, program_with_lanes
from tests.autograd.compiler.stencils import stencil_of_list


def check(graph, shared, rows=None):
    """The operations of a placed graph, which computes what it means and costs no more than one that is not placed."""
    places = placed(graph)
    for arena in (ONCE, LANES, ROWS):
        here = np.flatnonzero(places.arena == arena)
        there = [x for x in here if x >= graph.size or places.owner[x] >= 0]
        positions = places.position[there]
        assert len(np.unique(positions)) == len(positions)  # each place is of one number
        size = places.rows if arena == ROWS else places.sizes[arena]
        assert not len(positions) or (positions.min() >= 0 and positions.max() < size)
    for (index, argument), ids in places.operands.items():
        assert (places.source[ids] == graph.values[index].args[argument]).all()
    found = check_places(graph, places, shared, rows)
    mine, unplaced = emit(graph, places), emit(graph, side_by_side(graph))
    assert cost(mine.instructions) <= cost(unplaced.instructions)
    return found


@pytest.mark.seeds(40)
def test_random_programs(seed):
    function, xs = program(seed)
    check(merge(graphs(function, xs, wanted=len(xs)).legal), xs)


@pytest.mark.seeds(30)
def test_random_stencils(seed):
    function, numbers = stencil_of_list(seed)
    passes = graphs(function, numbers, wanted=len(numbers))
    check(merge(passes.legal), [*numbers, *passes.captured])


@pytest.mark.seeds(30)
def test_random_programs_with_lanes(seed):
    function, xs, rows = program_with_lanes(seed)
    passes = graphs(function, [*xs, *rows[0]], wanted=len(xs), batched=rows.shape[1])
    check(merge(passes.legal), xs, rows)


def steps(ends, count):
    """Points that move towards their neighbours, the last ones' being those of the other end or themselves."""

    def f(xs):
        u = list(xs)
        for _ in range(count):
            padded = [u[-1], *u, u[0]] if ends == "ring" else [u[0], *u, u[-1]]
            u = [ag.tanh(ag.sum(padded[i : i + 3])) for i in range(len(u))]
        return sum(x * x for x in u)

    return f


@pytest.mark.parametrize("ends", ["ring", "copies"])
def test_what_is_beyond_the_ends_of_a_row_is_copied_there(ends):
    xs = [0.001 * i for i in range(400)]
    counts = [len(check(graphs(steps(ends, n), xs).values, xs)) for n in (3, 6)]
    assert counts[1] - counts[0] == 3 * 4  # two additions, a tanh and a copy a step


def test_values_that_are_used_together_stand_together():
    def f(xs):
        parts = [ag.sin(x) for x in xs[:4]] + [ag.exp(x) for x in xs[4:]]
        return sum(ag.tanh(x) * (i + 1.0) for i, x in enumerate(parts))

    xs = [0.1 * i for i in range(8)]
    graph = graphs(f, xs).values
    assert "take" in [x.op for x in emit(graph, side_by_side(graph)).instructions]
    assert "take" not in check(graph, xs)


def test_arguments_of_lanes_have_a_one_after_them_where_it_is_wanted():
    def f(w, x):
        return sum(ag.tanh(sum(a * b for a, b in zip(r, x, strict=False)) + r[-1]) for r in w)

    w = [[0.1 * i - 0.2 * j for j in range(4)] for i in range(9)]
    passes = graphs(f, w, [0.5] * 3, wanted=36, batched=3)
    places = placed(passes.legal)
    assert places.rows == 4
    rows = np.random.default_rng(0).normal(size=(5, 3))
    assert "take" not in check(passes.legal, flatten(w)[0], rows)


@pytest.mark.parametrize("alike", [True, False])
def test_what_keeps_failing_is_not_tried_again(monkeypatch, alike):
    tried = []
    attempt = Search.attempt
    monkeypatch.setattr(
        Search, "attempt", lambda self, *args: tried.append(args) or attempt(self, *args)
    )
    xs = [0.01 * i for i in range(61)]

    def f(xs, count):
        u = list(xs)
        for step in range(count):
            k = (
                1 if alike else step + 1
            )  # neighbours as no row of points has them, the same or others in each step
            u = [ag.tanh(u[k * i * i % 61] + u[k * i * i * i % 61]) for i in range(61)]
        return sum(x * x for x in u)

    counts = []
    for count in (10, 40):
        tried.clear()
        placed(graphs(lambda xs, count=count: f(xs, count), xs).values)
        counts.append(len(tried))
    assert 0 < counts[1] <= counts[0] + 4
