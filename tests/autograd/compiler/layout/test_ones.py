"""Ones beside arguments of lanes: one copy, for all biases of the first layer."""

from __future__ import annotations

import autograd as ag
from autograd.compiler.ir.program import ROWS
from autograd.compiler.layout.search import placed
from tests.autograd.compiler.arraygraphs import graphs


def affine(rows, x):
    """Rows of weights, each with its bias after them, times x."""
    return [sum(a * b for a, b in zip(row, x, strict=False)) + row[-1] for row in rows]


W = [[0.1 * i - 0.2 * j for j in range(4)] for i in range(9)]


def places(f, *args, wanted, batched):
    return placed(graphs(f, *args, wanted=wanted, batched=batched).legal)


def test_arguments_have_one_1_after_them_for_all_biases():
    def f(v, w, x):
        return sum(ag.tanh(y) for y in affine(v, x)) * sum(ag.exp(y) for y in affine(w, x))

    found = places(f, W, W, [0.5] * 3, wanted=72, batched=3)
    assert found.rows == 4
    (copy,) = [i for i in found.ghosts() if found.arena[i] == ROWS]
    assert found.position[copy] == 3
    assert found.graph.numbers[int(found.source[copy])] == 1.0


def test_arguments_that_do_not_come_last_have_none():
    def f(w, x, target):
        return sum(ag.tanh(y) - target for y in affine(w, x))

    assert places(f, W, [0.5] * 3, 1.0, wanted=36, batched=4).rows == 4


def test_without_lanes_there_is_none():
    found = places(
        lambda w, x: sum(ag.tanh(y) for y in affine(w, x)), W, [0.5] * 3, wanted=36, batched=0
    )
    assert found.rows == 0
