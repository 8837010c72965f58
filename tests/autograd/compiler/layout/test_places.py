"""Places: an arena and a position for every id, and copies that have ids of their own."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.ir.program import LANES, ONCE, ROWS
from autograd.compiler.layout.places import NOWHERE, Places, side_by_side
from tests.autograd.compiler.arraygraphs import graphs
from tests.autograd.compiler.programs import program


def graph():
    return graphs(lambda xs: sum(ag.exp(x) * 2.0 for x in xs), [1.0] * 4).values


@pytest.mark.seeds(20)
def test_every_element_that_is_no_constant_has_a_place_of_its_own(seed):
    function, xs = program(seed)
    legal = graphs(function, xs, wanted=1, batched=seed % 2 * (len(xs) - 1)).legal
    places = side_by_side(legal)
    mine = np.flatnonzero(places.owner >= 0)
    spots = list(zip(places.arena[mine].tolist(), places.position[mine].tolist(), strict=True))
    assert len(set(spots)) == len(spots)
    assert {arena for arena, _ in spots} <= {ONCE, LANES, ROWS}
    sizes = {**places.sizes, ROWS: places.rows}
    assert all(0 <= position < sizes[arena] for arena, position in spots)


def test_constants_stand_nowhere():
    made = graph()
    assert (side_by_side(made).arena[list(made.numbers)] == NOWHERE).all()


def test_leaves_stand_in_their_order_before_all_else():
    places = side_by_side(graph())
    assert places.given == 4
    assert places.position[:4].tolist() == [0, 1, 2, 3]
    assert (places.position[places.owner > 0] >= 4).all()


def test_constants_and_leaves_are_there_before_everything():
    made = graph()
    places = Places(made)
    assert all(places.is_early(x) for x in [0, 3, *made.numbers])
    assert not any(places.is_early(x) for x in made.values[1].elements.tolist())


def test_copies_have_the_next_ids_and_may_be_forgotten():
    places = Places(graph())
    size = places.count
    first = places.copied([0, 3], ONCE)
    places.position[first] = 7, 8
    kept = places.count
    second = places.copied([2] * 50, LANES)
    assert [*first, *second] == [*range(size, size + 52)]
    assert places.ghosts().tolist() == [*first, *second]
    places.count = kept
    again = places.copied([1], ONCE)
    assert again.tolist() == [kept]
    places.trim()
    assert [len(x) for x in (places.source, places.arena, places.position)] == [kept + 1] * 3
    assert places.source[size:].tolist() == [0, 3, 1]
    assert places.arena[size:].tolist() == [ONCE] * 3
    assert places.position[first].tolist() == [7, 8]
