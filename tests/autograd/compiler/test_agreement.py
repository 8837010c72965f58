"""Eager and compiled agree: on random programs, and on those that once did not."""

from __future__ import annotations

import math
import random

import pytest

from autograd.testing.programs import Program
from tests.agreement.__main__ import compare
from tests.agreement.drawing import draw

INF, NAN = math.inf, math.nan

FOUND = {
    "a number that is captured chooses": Program((1.4, 0.1), [("where", (1, 1, 0))]),
    "an exponent of 0 at nan": Program((NAN,), [("pow", (0, 0.0))]),
    "a constant chosen at a pole has no tangent": Program(
        (-2.0,), [("where <", (0, 0.0, 0.0, 0)), ("log", (1,)), ("add", (2, 0)), ("mul", (3, 3))]
    ),
    "a root of -inf": Program((-INF,), [("pow", (0, 1.5))]),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_once_disagreed_agrees_now(name):
    assert not compare(FOUND[name], {}, name)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_agree(seed):
    assert not compare(draw(random.Random(seed)), {}, f"seed {seed}")
