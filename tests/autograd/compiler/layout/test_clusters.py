"""Clusters: they move as a whole, get to where most of their elements are wanted, and go back."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.ir.program import ONCE
from autograd.compiler.layout.clusters import Clusters, commonest, distinct
from autograd.compiler.layout.places import Places
from tests.autograd.compiler.arraygraphs import graphs


def clusters():
    """Those of a sine, an exponential and a product of six leaves, e6:12, e12:18 and e18:24, and of what adds them up."""

    def f(xs):
        return sum(ag.sin(x) * ag.exp(x) for x in xs) + sum(
            ag.tanh(ag.sin(x) * ag.exp(x)) for x in xs
        )

    graph = graphs(f, [0.1] * 6).values
    assert [value.name for value in graph.values[1:4]] == ["sin", "exp", "mul"]
    return Clusters(graph, Places(graph))


def state(found):
    count = found.places.count
    columns = found.cluster, found.offset, found.movable, found.places.position, found.places.source
    members = {name: ids.tolist() for name, ids in found._members.items()}
    sets = dict(found.values), set(found._merged), set(found.anew)
    return [x[:count].tolist() for x in columns], members, sets


def moved(found, line, wanted, copies=()):
    layers, misfits = found.fitted(np.array(line), np.array(wanted), ONCE)
    return found.move(layers, ONCE, copies), misfits.tolist()


def test_each_value_is_a_cluster_at_first():
    found = clusters()
    assert found.cluster[6:18].tolist() == [1] * 6 + [2] * 6
    assert found.offset[6:18].tolist() == [*range(6), *range(6)]
    assert found.movable[:18].tolist() == [False] * 6 + [True] * 12


def test_two_values_side_by_side_are_one_cluster():
    found = clusters()
    _, misfits = moved(found, [*range(6, 18)], [*range(12)])
    assert misfits == []
    assert found.cluster[6:18].tolist() == [1] * 12
    assert np.diff(found.places.position[6:18]).tolist() == [1] * 11
    assert found.values[1] == [1, 2]


def test_a_cluster_goes_where_most_of_its_elements_are_wanted_and_the_rest_do_not_fit():
    found = clusters()
    layers, misfits = found.fitted(np.array([6, 7, 8, 10]), np.array([5, 6, 7, 8]), ONCE)
    assert misfits.tolist() == [3]
    assert layers[0].offsets.tolist() == [*range(5, 11)]


def test_leaves_do_not_fit_anywhere():
    _, misfits = clusters().fitted(np.array([2, 6, 7]), np.array([0, 1, 2]), ONCE)
    assert misfits.tolist() == [0]


def test_what_is_taken_by_a_larger_cluster_is_not_given_to_another():
    # All of the sine's places are taken once most of its elements are; the exponential's would overlap with them.
    layers, misfits = clusters().fitted(np.array([6, 7, 8, 12, 9]), np.array([0, 1, 2, 3, 4]), ONCE)
    assert [layer.cluster for layer in layers] == [1]
    assert misfits.tolist() == [3, 4]


def test_a_value_that_is_wanted_whole_is_laid_in_another_order():
    found = clusters()
    (layer,), misfits = found.fitted(np.arange(6, 12), np.array([5, 4, 3, 2, 1, 0]), ONCE)
    assert layer.anew
    assert layer.offsets.tolist() == [5, 4, 3, 2, 1, 0]
    assert misfits.tolist() == []


def test_what_something_depends_on_is_not_laid_in_another_order():
    found = clusters()
    moved(found, [*range(6, 18)], [*range(12)])
    layers, misfits = found.fitted(np.arange(6, 12), np.array([5, 4, 3, 2, 1, 0]), ONCE)
    assert not any(layer.anew for layer in layers)
    assert len(misfits) == 5


@pytest.mark.seeds(30)
def test_a_move_can_be_undone(seed):
    rng = np.random.default_rng(seed)
    found = clusters()
    for _ in range(4):
        before = state(found)
        line = rng.choice(24, rng.integers(2, 9), replace=False)
        wanted = rng.permutation(len(line)) if rng.random() < 0.5 else np.arange(len(line))
        fitted = found.fitted(line, wanted, ONCE)
        if fitted is None:
            continue
        layers, misfits = fitted
        copies = [(int(wanted[i]) + 1000, int(line[i])) for i in misfits]
        undo = found.move(layers, ONCE, copies)
        after = state(found)
        undo()
        assert state(found) == before
        found.move(layers, ONCE, copies)
        assert state(found) == after
        rest = np.setdiff1d(np.arange(len(line)), misfits)
        shifts = found.offset[line[rest]] - wanted[rest]
        assert (shifts == shifts[0]).all()
        assert len(set(found.cluster[line[rest]].tolist())) == 1


def test_copies_move_with_the_rest():
    found = clusters()
    moved(found, [*range(6, 12)], [*range(1, 7)], [(0, 2), (7, 3)])
    copies = found.places.ghosts()
    assert found.places.source[copies].tolist() == [2, 3]
    moved(found, [*range(12, 18), *range(6, 12)], [*range(6), *range(10, 16)])
    low = found.places.position[12]
    assert (found.places.position[copies] - low).tolist() == [9, 16]


def test_settled_clusters_stand_one_after_the_other():
    found = clusters()
    moved(found, [*range(6, 12)], [*range(1, 7)], [(0, 2)])
    found.settle()
    places = found.places
    here = np.flatnonzero((places.arena == ONCE) & (np.arange(places.count) >= 6))
    assert sorted(places.position[here].tolist()) == [*range(6, 6 + len(here))]
    assert places.position[6] == places.position[places.ghosts()[0]] + 1


def test_the_commonest_number_is_the_least_of_several():
    assert commonest(np.array([5, -1, 5, 2, -1])) == -1


def test_distinct_numbers():
    assert distinct(np.array([3, 1, 2]))
    assert not distinct(np.array([3, 1, 3]))
