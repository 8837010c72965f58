from __future__ import annotations

import math

import pytest

import autograd as ag
from autograd.compiler import straightline
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.stages import simplified
from autograd.primitives import TABLE
from tests.autograd.compiler.programs import gap, program

POINTS = [0.0, -0.0, 1.0, -1.0, 2.5, 1000.0, -1000.0, 1e-20, 1e200, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("longest", [20_000, 0], ids=["generated", "interpreted"])
@pytest.mark.seeds(10)
def test_the_generated_function_means_what_the_graph_means(seed, longest, monkeypatch):
    monkeypatch.setattr(straightline, "LONGEST", longest)
    f, xs = program(seed)
    graph = simplified(f, xs)
    assert gap(straightline.generate(graph)(xs, []), interpret_scalar(graph, xs)) <= 1e-13


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.arity in (1, 2)])
def test_every_primitive_answers_as_the_table_at_poles_and_infinities(name):
    row = TABLE[name]
    if row.arity == 1:
        f = straightline.generate(simplified(lambda x: ag.functions.apply(row, x), 1.0))
        cases = [(x,) for x in POINTS]
    else:
        f = straightline.generate(simplified(lambda x, y: ag.functions.apply(row, x, y), 1.0, 1.0))
        cases = [(x, y) for x in POINTS for y in POINTS]
    for case in cases:
        (found,) = f(case, [])
        expected = row.forward(*case)
        assert found == expected or (found != found and expected != expected), case
