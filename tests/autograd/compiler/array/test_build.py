"""From groups to an array graph: what it computes is what the function does, and how many operations that takes."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.array.build import forward
from autograd.structure import flatten
from tests.agreement.__main__ import drawn
from tests.agreement.everyday import everyday
from tests.agreement.known import conventions, functions
from tests.autograd.compiler.array.test_contract import attention, numbers, weighted
from tests.autograd.compiler.arraygraphs import eager, eager_over_lanes, graphs, results
from tests.autograd.compiler.programs import gap, program, program_with_lanes
from tests.autograd.compiler.stencils import stencil_of_list


def check(function, xs):
    passes = graphs(function, list(xs))
    value, _ = results(passes.values, [*xs, *passes.captured])
    assert gap(value, eager(function, xs)[:1]) <= 1e-12


@pytest.mark.seeds(50)
def test_a_graph_of_a_random_program_computes_its_value(seed):
    check(*program(seed))


@pytest.mark.seeds(40)
def test_a_graph_of_a_random_stencil_computes_its_value(seed):
    function, numbers = stencil_of_list(seed)
    check(function, numbers)


@pytest.mark.seeds(40)
def test_a_graph_of_any_primitives_computes_its_value(seed):
    case = drawn(seed)
    check(lambda xs: case.function(*xs), case.inputs)


KNOWN = [*conventions(), *functions(0), *everyday(0)]


@pytest.mark.parametrize(("name", "function", "inputs"), KNOWN)
def test_a_graph_of_a_known_function_computes_its_value(name, function, inputs):
    check(lambda xs: function(*xs), inputs)


@pytest.mark.seeds(30)
def test_lanes_compute_what_single_calls_do(seed):
    function, xs, rows = program_with_lanes(seed)
    passes = graphs(function, [*xs, *rows[0]], batched=rows.shape[1])
    values, _ = results(passes.values, [*xs, *rows.T], 5)
    expected, _ = eager_over_lanes(function, xs, rows)
    assert gap(np.broadcast_to(values, 5), expected) <= 1e-12


# --- how many operations ---------------------------------------------------------------------


def names(function, *args):
    return [value.name for value in forward(function, *args).values if value.op != "input"]


def layer(w, b, x):
    return [
        sum(p * q for p, q in zip(row, x, strict=True)) + c for row, c in zip(w, b, strict=True)
    ]


def net(sizes, seed=0):
    rng = random.Random(seed)
    return [
        (
            [[rng.gauss(0, 1) for _ in range(n)] for _ in range(m)],
            [rng.gauss(0, 1) for _ in range(m)],
        )
        for n, m in pairwise(sizes)
    ]


def apply(layers, x):
    for w, b in layers[:-1]:
        x = [ag.tanh(v) for v in layer(w, b, x)]
    return sum(v * v for v in layer(*layers[-1], x))


def test_a_net_is_a_contraction_and_an_addition_a_layer():
    found = names(apply, net([3, 9, 8]), [1.0] * 3)
    assert found == ["contract", "add", "tanh", "contract", "add", "contract"]


def test_with_lanes_biases_beside_their_weights_are_terms_of_the_contractions():
    layers = [[[*row, c] for row, c in zip(w, b, strict=True)] for w, b in net([3, 9, 8])]

    def f(layers, x):
        return apply([([row[:-1] for row in w], [row[-1] for row in w]) for w in layers], x)

    passes = graphs(f, layers, [0.5] * 3, batched=3)
    found = [value for value in passes.values.values if value.op != "input"]
    assert [value.name for value in found] == ["contract", "tanh", "contract", "contract"]
    assert [x.shape[2] for x in found[0].args] == [4, 4]
    rows = np.random.default_rng(0).normal(size=(7, 3))
    values, _ = results(passes.values, [*flatten(layers)[0], *rows.T], 7)
    assert values == pytest.approx([f(layers, row) for row in rows.tolist()], rel=1e-13)


def test_causal_attention_is_two_contractions():
    def f(xs):
        return weighted(attention(xs, 6, 2, 5))

    xs = numbers(3 * 6 * 10)
    values = graphs(f, xs, wanted=len(xs)).values.values
    found = [value.shape for value in values if value.op == "contract"]
    assert found == [
        (2, 6, 6),
        (2, 5, 5),
        (1, 1, 1),
    ]  # the first position looks at itself alone; the loss
