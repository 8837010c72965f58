"""Programs of array graphs mean what the graphs mean, whatever places their elements have."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from autograd.compiler.emit.emit import emit
from autograd.compiler.ir.array import interpret
from autograd.compiler.ir.interpret import interpret_program
from autograd.compiler.ir.program import LANES, ONCE
from autograd.compiler.ir.verify import verify_program
from autograd.compiler.layout.places import side_by_side
from tests.autograd.compiler.array.test_contract import SHAPES, random_mixtures, random_pairs
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.programs import gap, program, program_with_lanes
from tests.autograd.compiler.stencils import stencil_of_list


def shuffled(graph, rng):
    """Places in any order, with gaps."""
    places = side_by_side(graph)
    given = {ONCE: places.given, LANES: 0}
    for arena in (ONCE, LANES):
        moved = [
            v for v in graph.values if v.op != "input" and (LANES if v.batched else ONCE) == arena
        ]
        elements = (
            np.concatenate([v.elements.ravel() for v in moved]) if moved else np.zeros(0, int)
        )
        spots = rng.permutation(2 * len(elements))[: len(elements)]
        places.position[elements] = given[arena] + spots
        places.sizes[arena] = given[arena] + 2 * len(elements)
    places.number_given()
    return places


PLACES = {"side by side": lambda graph, rng: side_by_side(graph), "anywhere": shuffled}


def check(graph, shared, rows=None, place="side by side", seed=0):
    return check_places(graph, PLACES[place](graph, np.random.default_rng(seed)), shared, rows)


def check_places(graph, places, shared, rows=None):
    """The operations of a program, which means what its graph does."""
    made = emit(graph, places)
    verify_program(made)
    lanes = 1 if rows is None else len(rows)
    tape = interpret(graph, [*shared, *([] if rows is None else rows.T)], lanes)
    values, slopes = interpret_program(made, shared, rows)
    for found, elements in ((values, graph.outputs), (slopes, graph.gradients)):
        expected = tape[elements]
        if found and elements.size:
            columns = [np.reshape(x, (len(x), -1)) for x in map(np.atleast_1d, found)]
            block = np.concatenate([np.broadcast_to(x, (len(x), lanes)) for x in columns])
            block = np.broadcast_to(block, expected.shape) if len(block) == 1 else block
            finite = np.abs(expected[np.isfinite(expected)])
            assert gap(block.ravel(), expected.ravel()) <= 1e-12 or (finite > 1e200).any()
    return [instruction.op for instruction in made.instructions]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.seeds(30)
def test_random_programs(seed, place):
    function, xs = program(seed)
    passes = graphs(function, xs, wanted=len(xs))
    check(passes.legal, xs, None, place, seed)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.seeds(15)
def test_random_stencils(seed, place):
    function, numbers = stencil_of_list(seed)
    passes = graphs(function, numbers, wanted=len(numbers))
    check(passes.legal, [*numbers, *passes.captured], None, place, seed)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.seeds(20)
def test_random_programs_with_lanes(seed, place):
    function, xs, rows = program_with_lanes(seed)
    passes = graphs(function, [*xs, *rows[0]], wanted=len(xs), batched=rows.shape[1])
    check(passes.legal, xs, rows, place, seed)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.seeds(3)
def test_pairs_and_mixtures(seed, kind, place):
    for function, xs in (random_pairs(seed, kind), random_mixtures(seed)):
        some = list(xs)
        some[random.Random(seed).randrange(len(some))] = math.inf
        for numbers in (xs, some):
            passes = graphs(function, numbers, wanted=len(xs))
            check(passes.legal, numbers, None, place, seed)


def test_an_inner_product_is_one_instruction():
    def f(xs):
        return sum(a * b for a, b in zip(xs[:9], xs[9:], strict=True))

    assert check(graphs(f, [0.5] * 18).legal, [0.5] * 18) == ["vecdot"]
