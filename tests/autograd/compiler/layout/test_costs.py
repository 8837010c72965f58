"""Costs: what is known of a value without emission is what emission says."""

from __future__ import annotations

import pytest

from autograd.compiler.array.merge import merge
from autograd.compiler.emit.emit import Emitter
from autograd.compiler.layout.clusters import GIVEN
from autograd.compiler.layout.search import Search, placed
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.layout.test_search import steps
from tests.autograd.compiler.programs import program
from tests.autograd.compiler.stencils import stencil_of_list


def check_costs(graph):
    """Values cost what the search knows of their forms, and no more at their places, which may be views by luck."""
    search = Search(graph)
    found = [search.costs[index] for index in range(len(graph.values))]
    assert found == [_emitted(search, index) for index in range(len(graph.values))]
    places = search.run()
    known = [search.costs[index] for index in range(len(graph.values))]
    search.costs.emitter = Emitter(graph, places)
    there = [_emitted(search, index) for index in range(len(graph.values))]
    assert all(a <= b for a, b in zip(there, known, strict=True))
    assert sum(there) >= 0.9 * sum(known)


def _emitted(search, index):
    return 0 if search.graph.values[index].op in GIVEN else search.costs.emitter.cost(index)


@pytest.mark.seeds(30)
def test_stencils_cost_at_their_places_what_was_measured(seed):
    function, numbers = stencil_of_list(seed)
    passes = graphs(function, numbers, wanted=len(numbers))
    check_costs(merge(passes.legal))


@pytest.mark.seeds(30)
def test_programs_cost_at_their_places_what_was_measured(seed):
    function, xs = program(seed)
    batched = seed % 2 * len(xs) // 2
    passes = graphs(function, xs, wanted=len(xs) - batched, batched=batched)
    check_costs(merge(passes.legal))


def test_the_steps_of_a_loop_are_emitted_once_to_be_measured(monkeypatch):
    emitted = []
    cost = Emitter.cost
    monkeypatch.setattr(Emitter, "cost", lambda self, i: emitted.append(i) or cost(self, i))
    xs = [0.001 * i for i in range(400)]
    counts = []
    for count in (6, 30):
        emitted.clear()
        placed(graphs(steps("copies", count), xs).values)
        counts.append(len(emitted))
    assert counts[0] == counts[1]
