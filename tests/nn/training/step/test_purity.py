"""Which functions of the count of steps can be seen to compute a number and nothing else."""

from __future__ import annotations

import itertools
import math
import random

import pytest

import nn
from nn.training.step.purity import visibly_pure

RATE = 0.1
TABLE = [0.1, 0.01]
SEEN = []
NUMBERS = itertools.count()


def halved(step):
    return RATE * 0.5 ** (step // 10)


def looked_up(step):
    return TABLE[min(step // 10, len(TABLE) - 1)]


def by_another(step):
    return halved(step) if step > 5 else step / 50


class Warmup:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, step):
        return RATE * min(1.0, (step + 1) / self.steps)


class Counting:
    calls = 0

    def __call__(self, step):
        self.calls += 1
        return RATE


def counting(step):
    counting.calls = step
    return RATE


def noting(step):
    SEEN.append(step)
    return RATE


def storing(step):
    TABLE[0] = step
    return RATE


def rebinding(step):
    global RATE
    RATE = 0.9 * RATE
    return RATE


def drawing(step):
    return random.random()


def by_a_meddler(step):
    return noting(step)


def by_exec(step):
    exec("SEEN.append(1)")
    return RATE


def closing():
    rate = 0.1

    def inner(step):
        nonlocal rate
        rate *= 0.9
        return rate

    return inner


@pytest.mark.parametrize(
    "function",
    [
        halved,
        looked_up,
        by_another,
        Warmup(10),
        lambda step: 0.1 * math.exp(-step / 10),
        lambda step: max(0.1 / (1 + step), 1e-4),
        nn.optim.schedules.cosine(0.1, 20),
        Warmup(3).__call__,
    ],
)
def test_what_only_computes_is_seen_to(function):
    assert visibly_pure(function)


@pytest.mark.parametrize(
    "function",
    [
        Counting(),
        counting,
        noting,
        storing,
        rebinding,
        drawing,
        by_a_meddler,
        by_exec,
        closing(),
        lambda step: next(NUMBERS),
        lambda step: setattr(counting, "calls", 1) or 0.1,
    ],
)
def test_what_may_do_more_is_not(function):
    assert not visibly_pure(function)
