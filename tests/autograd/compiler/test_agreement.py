"""Eager and compiled agree: on random programs, and on those that once did not."""

from __future__ import annotations

import math
import random

import pytest

import autograd as ag
from autograd import primitives as p
from autograd.compiler import simplify
from autograd.testing.programs import Program
from tests.agreement.__main__ import MAIN_WAYS, agrees, drawn, shaped
from tests.agreement.anyorder import Number
from tests.agreement.everyday import everyday
from tests.agreement.known import conventions, functions
from tests.agreement.shapes import SHAPES
from tests.agreement.ways import WAYS, Case
from tests.autograd.test_conventions import ROWS

INF, NAN = math.inf, math.nan

FOUND = {
    "a number that is captured chooses": Program((1.4, 0.1), [("where", (1, 1, 0))]),
    "an exponent of 0 at nan": Program((NAN,), [("pow", (0, 0.0))]),
    "a constant chosen at a pole has no tangent": Program(
        (-2.0,), [("where <", (0, 0.0, 0.0, 0)), ("log", (1,)), ("add", (2, 0)), ("mul", (3, 3))]
    ),
    "an infinite factor of two terms": Program(
        (1.0, -2.0), [("mul", (0, -INF)), ("mul", (1, -INF)), ("add", (2, 3))]
    ),
    "an operation that is another name for an input": Program(
        (1.0, 2.5), [("leaky_relu", (1, 1.0)), ("prod", (2, -0.0, 0, 0))]
    ),
    "a root of -inf": Program((-INF,), [("pow", (0, 1.5))]),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_once_disagreed_agrees_now(name):
    assert agrees(Case(FOUND[name], FOUND[name].inputs), {}, name)


@pytest.mark.parametrize(("name", "function", "inputs"), list(conventions()))
def test_conventions_agree(name, function, inputs):
    assert agrees(Case(function, inputs), {}, name)


FEW = [
    way for way in WAYS if way.name in {"gradient", "Hessian-vector product", "vmapped gradient"}
]


KNOWN = [*functions(0), *everyday(0)]


@pytest.mark.parametrize(("name", "function", "inputs"), KNOWN)
def test_known_functions_and_programs_as_people_write_them_agree(name, function, inputs):
    assert agrees(Case(function, inputs), {}, name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "inputs"), KNOWN)
def test_they_agree_in_every_way(name, function, inputs):
    assert agrees(Case(function, inputs), {}, name)


@pytest.mark.seeds(8)
def test_random_programs_agree(seed):
    assert agrees(drawn(seed), {}, f"seed {seed}")


def test_a_disagreement_is_reported_with_the_smallest_program(capsys, monkeypatch):
    monkeypatch.setitem(simplify.STRUCTURAL, p.exp, lambda s, ids: s.entry(p.expm1, ids))
    steps = [("mul", (0, 1)), ("exp", (2,)), ("add", (3, 1))]
    assert not agrees(Case(Program((0.5, 2.0), steps), (0.5, 2.0)), {}, "planted")
    report = capsys.readouterr().out
    assert "--- planted: value, straight line ---" in report
    assert report.count(" = exp(") == 1
    assert "*" not in report


def test_a_detached_input_stands_where_computed_numbers_stand():
    def f(x, y):
        return ag.prod([x.detach(), 2.0 * y, x])

    found = ag.compile(ag.vmap(ag.grad(f, (0, 1))))([1.0, 2.0], [3.0, 4.0])
    assert found == ([6.0, 16.0], [2.0, 8.0])


SMALL = {
    name: row
    for name, row in ROWS.items()
    if all(not 0 < abs(x) < 1e-30 and not 1e30 < abs(x) < INF for x in (*row.args, *row.gradients))
}


@pytest.mark.parametrize("name", SMALL)
def test_conventions_hold_in_float32_within_its_range(name):
    row = SMALL[name]
    argnums = tuple(range(len(row.args)))
    compiled = ag.compile(
        ag.vmap(ag.value_and_grad(lambda *xs: row.function(ag, *xs), argnums)), "float32"
    )
    values, gradients = compiled(*[[x] * 3 for x in row.args])
    for found, expected in zip([values, *gradients], [row.value, *row.gradients], strict=True):
        assert found == pytest.approx([expected] * 3, rel=1e-6, nan_ok=True)


def test_a_constant_stands_among_numbers_of_lanes_and_among_others():
    w = [ag.Value(2.0), ag.Value(3.0)]

    def f(x):
        return ag.prod([w[0], w[1], -1.0]) + ag.prod([x, w[1], -1.0]) * ag.logsumexp(
            [w[0], -1.0, x]
        )

    found = ag.compile(ag.vmap(f))([1.0, 2.0])
    assert found == pytest.approx([f(x).data for x in (1.0, 2.0)], rel=1e-14)


def test_the_bound_of_any_order_knows_the_terms_of_a_sum_that_came_to_zero():
    total = (Number(-2.0) + Number(2.0)) + Number(2e-20)
    assert total.value == 2e-20
    assert total.error >= abs(2e-20 - ((-2.0 + 2e-20) + 2.0))
    assert ((Number(-2.0) + Number(2.0)) + Number(0.5)).error == 0.0


def test_the_bound_of_any_order_knows_that_a_product_underflowed():
    assert (Number(5e-324) * Number(1.5)).error >= 5e-324
    assert (Number(5e-324) * Number(3.0)).error == 0.0


@pytest.mark.seeds(len(SHAPES))
def test_programs_of_every_shape_agree(seed):
    few = [way for way in MAIN_WAYS if way.name in {"gradient", "vmapped gradient"}]
    assert agrees(shaped(seed), {}, f"seed {seed}", few)


@pytest.mark.slow
@pytest.mark.seeds(10 * len(SHAPES))
def test_programs_of_every_shape_agree_in_all_main_ways(seed):
    assert agrees(shaped(seed), {}, f"seed {seed}", MAIN_WAYS)


def test_a_size_of_one_is_a_program_of_every_shape():
    for make in SHAPES.values():
        function, numbers = make(random.Random(1), 1)
        assert agrees(Case(lambda *xs, f=function: f(list(xs)), numbers), {}, make.__name__, FEW)
