"""Derivatives of array graphs, and their legal form, next to the engine's."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.array.build import build
from autograd.compiler.array.legalize import legalize
from autograd.compiler.array.vjp import vjp
from autograd.compiler.ir.array import interpret
from autograd.compiler.pipeline import GROUP, Task, run
from autograd.compiler.stages import simplified
from tests.agreement.__main__ import drawn
from tests.agreement.everyday import everyday
from tests.agreement.known import conventions, functions
from tests.autograd.compiler.array.test_contract import SHAPES, random_mixtures, random_pairs
from tests.autograd.compiler.arraygraphs import (
    eager,
    eager_over_lanes,
    graphs,
    results,
    value_and_slopes,
)
from tests.autograd.compiler.programs import gap, program, program_with_lanes, spoiled
from tests.autograd.compiler.stencils import stencil_of_list

INF, NAN = math.inf, math.nan
PASSES = [lambda graph: graph, legalize]


def check(function, xs, bound=1e-12):
    expected = eager(function, xs)
    for make in PASSES:
        found = value_and_slopes(function, xs, make)
        assert gap(found, expected) <= bound
        assert gap(found[1:], expected[1:]) <= bound


@pytest.mark.seeds(50)
def test_the_derivatives_of_a_random_program(seed):
    check(*program(seed))


@pytest.mark.seeds(40)
def test_the_derivatives_of_a_random_stencil(seed):
    function, numbers = stencil_of_list(seed)
    check(function, numbers)


@pytest.mark.seeds(40)
def test_the_derivatives_of_any_primitives(seed):
    case = drawn(seed)
    expected = eager(lambda xs: case.function(*xs), case.inputs)
    for make in PASSES:
        found = value_and_slopes(lambda xs: case.function(*xs), case.inputs, make)
        assert gap(found, expected) <= 1e-12


KNOWN = [*conventions(), *functions(0), *everyday(0)]


@pytest.mark.parametrize(("name", "function", "inputs"), KNOWN)
def test_the_derivatives_of_a_known_function(name, function, inputs):
    expected = eager(lambda xs: function(*xs), inputs)
    for make in PASSES:
        found = value_and_slopes(lambda xs: function(*xs), inputs, make)
        assert gap(found, expected) <= 1e-12


@pytest.mark.seeds(30)
def test_what_lanes_share_gets_the_sum_of_what_they_give(seed):
    function, xs, rows = program_with_lanes(seed)
    values, slopes = eager_over_lanes(function, xs, rows)
    for exact in (False, True):
        passes = graphs(
            function, [*xs, *rows[0]], wanted=len(xs), batched=rows.shape[1], exact=exact
        )
        found = results(passes.legal, [*xs, *rows.T], 5)
        if not (passes.legal.doubtful and any(np.isnan(x).any() for x in found)):
            break
    assert gap(np.broadcast_to(found[0], 5), values) <= 1e-12
    assert gap(found[1][:, 0], slopes) <= 1e-12


# --- contractions, and what is not there -----------------------------------------------------


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.seeds(6)
def test_vectors_that_meet_in_pairs(seed, kind):
    function, xs = random_pairs(seed, kind)
    check(function, xs)
    for some in spoiled(xs, seed):
        check(function, some)


@pytest.mark.seeds(10)
def test_vectors_that_are_mixed(seed):
    function, xs = random_mixtures(seed)
    check(function, xs)
    for some in spoiled(xs, seed, 800.0):
        check(function, some)


def test_a_branch_that_is_not_taken_is_absent_not_zero():
    def f(xs):
        x, *w = xs
        inner = ag.log(ag.dot(w, [x, x * x, 1.0])) + ag.log(w[0])
        return ag.where(x > 0, 3.0 * x, inner) + ag.where(w[1] < 0, ag.sqrt(w[1]), w[1] * x)

    for xs in ([1.0, 0.0, 2.0, -1.0], [-1.0, 0.0, 2.0, -1.0], [2.0, 0.0, 0.0, 0.0]):
        check(f, xs)


def test_uses_of_one_matrix_are_one_contraction_over_all_of_them():
    def f(xs):
        w = [xs[4 * i :][:4] for i in range(4)]
        h = xs[16:20]
        for _ in range(6):
            h = [ag.tanh(sum(a * b for a, b in zip(row, h, strict=True))) for row in w]
        return sum(h)

    xs = [0.1 * (i % 7) - 0.3 for i in range(20)]
    check(f, xs)
    found = graphs(f, xs, wanted=16).legal.values
    assert (
        sum(value.op == "contract" for value in found) == 5 + 5 + 1
    )  # the last is a sum of columns


def test_a_layer_over_lanes_has_one_contraction_for_weights_and_biases():
    def f(w, x):
        hidden = [ag.tanh(sum(a * b for a, b in zip(row, x, strict=False)) + row[-1]) for row in w]
        return sum(h * h for h in hidden)

    w = [[0.1 * i - 0.2 * j for j in range(4)] for i in range(9)]
    passes = graphs(f, w, [0.5] * 3, wanted=36, batched=3)
    over = [value for value in passes.legal.values if value.detail is True]
    assert [value.shape for value in over] == [(1, 4, 9)] or [value.shape for value in over] == [
        (1, 9, 4)
    ]
    assert not any(value.op == "batch_sum" for value in passes.legal.values)


@pytest.mark.parametrize("pick", [ag.maximum, ag.minimum])
@pytest.mark.parametrize("change", [None, (3, NAN), (2, INF), (7, -INF)])
def test_a_chain_of_the_larger_or_the_smaller(pick, change):
    def f(xs):
        found = xs[0]
        for x in xs[1:]:
            found = pick(found, x)
        return found * 2.0

    xs = [0.5, -1.0, 2.0, 2.0, -1.0, 2.0, 0.0, -1.0]
    if change is not None:
        xs[change[0]] = change[1]
    check(f, xs)
    assert any(value.op == "accumulate" for value in graphs(f, xs, wanted=8).legal.values)


def test_the_cotangent_to_begin_with_may_be_set_from_outside():
    graph = simplified(lambda x: x * x, 3.0).assigned((0,), ())
    found = vjp(build(run(graph, Task((0,)), *GROUP)), [0], seeded=True)
    assert interpret(found, [3.0], seed=0.5)[found.gradients].tolist() == [[3.0]]
