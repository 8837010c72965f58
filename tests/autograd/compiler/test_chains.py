"""Chains of maximum and minimum become one reduction, and share at ties as they do link by link."""

from __future__ import annotations

import math
import random
from functools import reduce

import pytest

import autograd as ag
from autograd import compile, grad, hessian, value_and_grad, vmap
from autograd.compiler import entry
from autograd.compiler.pipeline import group
from tests.autograd.compiler.programs import gap

pytest.importorskip("numpy")


@pytest.fixture(autouse=True)
def _arrays(monkeypatch):
    monkeypatch.setattr(entry, "choose", group)


def highest(xs):
    found = xs[0]
    for i, x in enumerate(xs[1:]):
        found = ag.maximum(found, x) if i % 3 else ag.maximum(x, found)
    return found


def range_of(xs):
    low = xs[0]
    for x in xs[1:]:
        low = ag.minimum(low, x)
    high = highest(xs)
    return 3.0 * high - low * high


def same(found, expected):
    pairs = zip([found[0], *found[1]], [expected[0], *expected[1]], strict=True)
    return all(a == b or (a != a and b != b) for a, b in pairs)


def numbers(seed):
    rng = random.Random(seed)
    xs = [float(rng.randint(0, 4)) for _ in range(rng.randint(2, 30))]
    for _ in range(rng.choice([0, 0, 1, 2])):
        xs[rng.randrange(len(xs))] = rng.choice([math.inf, -math.inf, math.nan])
    return xs


@pytest.mark.seeds(60)
def test_ties_infinities_and_nan_are_as_in_the_engine(seed):
    xs = numbers(seed)
    assert same(compile(value_and_grad(range_of))(xs), value_and_grad(range_of)(xs))


@pytest.mark.seeds(20)
def test_lanes_are_as_in_the_engine(seed):
    size = len(numbers(seed))
    rng = random.Random(seed)
    rows = [[float(rng.randint(0, 3)) for _ in range(size)] for _ in range(4)]
    found = compile(vmap(value_and_grad(range_of)))(rows)
    for mine, slopes, row in zip(*found, rows, strict=True):
        assert same((mine, slopes), value_and_grad(range_of)(row))


def test_a_long_chain_is_one_reduction():
    program = compile(lambda xs: reduce(ag.maximum, xs) * 2.0).lower([0.0] * 500).program
    assert [x.op for x in program.instructions] == ["reduce", "mul"]
    assert compile(value_and_grad(range_of)).lower([0.0] * 500).cost().instructions < 40


def test_a_chain_in_the_largest_term_of_a_sum_of_exponentials():
    def lse(xs):
        top = highest(xs)
        return ag.log(sum(ag.exp(x - top) for x in xs)) + top

    xs = [i % 7 * 0.1 for i in range(1000)]
    value, slopes = compile(value_and_grad(lse))(xs)
    parts = [math.exp(x) for x in xs]
    total = math.fsum(parts)
    assert value == pytest.approx(math.log(total), rel=1e-15)
    assert slopes == pytest.approx([part / total for part in parts], rel=0.0, abs=1e-15)


def test_what_is_used_on_the_way_is_still_there():
    def f(xs):
        found, total = xs[0], 0.0
        for i, x in enumerate(xs[1:]):
            found = ag.maximum(found, x)
            if i == 20:
                total = total + found * found
        return total + found

    xs = [math.sin(i) for i in range(40)]
    assert same(compile(value_and_grad(f))(xs), value_and_grad(f)(xs))


def test_constants_and_computed_numbers_in_one_chain():
    def f(xs):
        return ag.maximum(highest([x * x for x in xs]), 0.25) + highest([*xs, 0.5, ag.tanh(xs[0])])

    for xs in ([0.1 * i for i in range(12)], [-0.5] * 12, [-0.01 * i for i in range(12)]):
        assert same(compile(value_and_grad(f))(xs), value_and_grad(f)(xs))


def test_derivatives_of_derivatives_go_through_chains():
    def f(xs):
        return highest([x * x * x for x in xs])

    xs = [0.3 * i for i in range(9)]
    found, expected = compile(hessian(f))(xs), hessian(f)(xs)
    assert all(gap(a, b) <= 1e-15 for a, b in zip(found, expected, strict=True))


def test_what_does_not_win_gets_nothing_even_from_an_infinite_cotangent():
    def f(xs):
        return ag.sqrt(highest([x - 1.0 for x in xs]))

    xs = [0.1 * i for i in range(10)] + [1.0]
    found, expected = compile(grad(f))(xs), grad(f)(xs)
    assert all(a == b for a, b in zip(found, expected, strict=True))
    assert found[:-1] == [0.0] * 10
