"""Legal graphs: every row is a kernel, and what they mean does not change."""

from __future__ import annotations

import math

import pytest

import autograd as ag
from autograd.compiler.array.legalize import legalize
from autograd.compiler.ir.array import verify
from autograd.primitives import TABLE
from tests.autograd.compiler.arraygraphs import eager, graphs, results
from tests.autograd.compiler.programs import gap

POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1000.0, -1000.0, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.arity in {1, 2}])
def test_every_row_is_put_together_from_kernels_and_computes_what_it_did(name):
    row = TABLE[name]

    def f(xs):
        pairs = [xs] if row.arity == 1 else [xs, xs[::-1]]
        return [ag.functions.apply(row, *x) for x in zip(*pairs, strict=True)]

    before = graphs(f, POINTS).values
    after = legalize(before)
    verify(after, legal=True)
    places = range(len(POINTS))
    expected = [eager(lambda xs, i=i: f(xs)[i], POINTS)[0] for i in places]
    for graph in (before, after):
        found = [results(graph._replace(outputs=graph.outputs[[i]]), POINTS)[0][0] for i in places]
        assert gap(found, expected) <= 1e-12


def test_a_legal_graph_stays_as_it_is():
    graph = graphs(lambda xs: sum(ag.tanh(x) for x in xs), [0.5] * 4, wanted=4).legal
    assert str(legalize(graph)) == str(graph)
