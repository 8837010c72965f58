"""Eager and compiled agree: on random programs, and on those that once did not."""

from __future__ import annotations

import math
import random

import pytest

import autograd as ag
from autograd.testing.programs import Program
from tests.agreement.__main__ import agrees
from tests.agreement.drawing import draw
from tests.agreement.known import conventions, functions
from tests.agreement.ways import Case

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


@pytest.mark.parametrize(("name", "function", "inputs"), [*conventions(), *functions(0)])
def test_conventions_and_known_functions_agree(name, function, inputs):
    assert agrees(Case(function, inputs), {}, name)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_agree(seed):
    program = draw(random.Random(seed))
    assert agrees(Case(program, program.inputs), {}, f"seed {seed}")


def test_a_detached_input_stands_where_computed_numbers_stand():
    def f(x, y):
        return ag.prod([x.detach(), 2.0 * y, x])

    found = ag.compile(ag.vmap(ag.grad(f, (0, 1))))([1.0, 2.0], [3.0, 4.0])
    assert found == ([6.0, 16.0], [2.0, 8.0])
