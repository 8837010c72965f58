from __future__ import annotations

import math
import random

import pytest

import autograd as ag
from autograd import compile, value_and_grad
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.ir.scalar import BATCHED, COMPUTED, CONST, INPUT, PARAM
from autograd.compiler.stages import simplified
from tests.autograd.compiler.programs import gap, program


def test_every_operand_is_an_earlier_id():
    for seed in range(40):
        graph = simplified(*_with_arguments(seed))
        for identity, ids in enumerate(graph.operands):
            assert all(0 <= i < identity for i in ids)


def _with_arguments(seed):
    function, xs = program(seed)
    return function, xs


def test_a_constant_has_one_id_for_its_bits():
    def f(x):
        return [x + 3.0, x * 3.0, x + 0.0, ag.where(x > 1.0, -0.0, x), x * math.nan, x - math.nan]

    graph = simplified(f, 1.0)
    numbers = [repr(number) for number in graph.constants.values()]
    assert len(set(numbers)) == len(numbers)
    assert {"3.0", "0.0", "-0.0", "nan"} <= set(numbers)


def test_roles_tell_leaves_constants_and_what_is_computed_of_lanes():
    w = ag.Value(2.0)
    graph = simplified(lambda x, y: w * x + 3.0 * y, 1.0, 1.0)
    assert [*graph.roles] == [INPUT, INPUT, PARAM, COMPUTED, CONST, COMPUTED, COMPUTED]
    laned = graph.assigned(wanted=[2], batched=[1])
    inside = COMPUTED | BATCHED
    assert [*laned.roles] == [INPUT, INPUT | BATCHED, PARAM, COMPUTED, CONST, inside, inside]
    assert [*laned.assigned().roles] == [*graph.roles]


def test_a_graph_computes_what_the_function_does():
    for seed in range(40):
        function, xs = program(seed)
        assert gap(interpret_scalar(simplified(function, xs), xs), [float(function(xs))]) <= 1e-12


@pytest.mark.parametrize("samples", [3, 16, 40])
@pytest.mark.parametrize("terms", [1, 2, 8])
def test_least_squares_with_more_constants_than_operations(samples, terms):
    rng = random.Random(samples)
    rows = [[rng.gauss(0, 1) for _ in range(terms)] for _ in range(samples)]
    targets = [rng.gauss(0, 1) for _ in range(samples)]

    def loss(w):
        pairs = zip(rows, targets, strict=True)
        return sum((t - sum(a * b for a, b in zip(w, row, strict=True))) ** 2 for row, t in pairs)

    w = [0.1 * (i + 1) for i in range(terms)]
    value, slopes = compile(value_and_grad(loss)).lower(w)(w)
    expected, exact = value_and_grad(loss)(w)
    assert gap([value, *slopes], [expected, *exact]) <= 1e-12


def test_powers_of_constants_make_pairs_of_constants_and_parameters():
    def loss(xs):
        total = 0.0
        for i in range(16):
            t = -1.0 + 2.0 * i / 15
            rest = math.copysign(1.0, t)
            for j, x in enumerate(xs):
                rest = rest - x * t**j
            total = total + 0.5 * rest * rest
        return total

    xs = [0.1] * 8
    value, slopes = compile(value_and_grad(loss))(xs)
    expected, exact = value_and_grad(loss)(xs)
    assert gap([value, *slopes], [expected, *exact]) <= 1e-12
