"""The order of leaves: every leaf keeps one place, and a bias comes after its weights."""

from __future__ import annotations

import random

import pytest

import autograd as ag
from autograd.compiler.layout.leaves import beside_weights
from tests.autograd.compiler.programs import grouped, program


def layer(weights, biases, x):
    return [
        sum(w * v for w, v in zip(row, x, strict=True)) + b
        for row, b in zip(weights, biases, strict=True)
    ]


def order(function, *args, parts):
    found = grouped(function, *args, wanted=sum(parts))
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return beside_weights(found, ends)


WEIGHTS, BIASES, X = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], [0.7, 0.8], [1.0, 2.0, 3.0]


def loss(weights, biases, x):
    return sum(ag.tanh(y) for y in layer(weights, biases, x))


def test_a_bias_follows_its_row_of_weights():
    assert order(loss, WEIGHTS, BIASES, X, parts=[8]) == [0, 1, 2, 6, 3, 4, 5, 7, 8, 9, 10]


def test_a_bias_of_another_part_stays_where_it_is():
    assert order(loss, WEIGHTS, BIASES, X, parts=[6, 2]) == [*range(11)]


def test_without_parts_all_stay_where_they_are():
    assert order(loss, WEIGHTS, BIASES, X, parts=[]) == [*range(11)]


def test_a_bias_that_rows_share_follows_the_first():
    assert order(lambda w, b, x: loss(w, [b, b], x), WEIGHTS, 0.7, X, parts=[7]) == [
        0,
        1,
        2,
        6,
        3,
        4,
        5,
        7,
        8,
        9,
    ]


def test_a_bias_before_its_weights_moves_too():
    found = order(lambda b, w, x: loss(w, b, x), BIASES, WEIGHTS, X, parts=[8])
    assert found[:8] == [2, 3, 4, 0, 5, 6, 7, 1]


@pytest.mark.seeds(20)
def test_every_leaf_of_a_random_program_keeps_one_place(seed):
    function, xs = program(seed)
    cut = random.Random(seed).randrange(len(xs))
    found = order(function, xs, parts=[cut, len(xs) - cut])
    assert sorted(found) == [*range(len(found))]
    assert sorted(found[:cut]) == [*range(cut)]
