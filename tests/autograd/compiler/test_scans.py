"""Running sums are one instruction, with the engine's bits, and so is what they hand back."""

from __future__ import annotations

import math
import random
from itertools import accumulate

import pytest

import autograd as ag
from autograd import compile, hessian, value_and_grad, vmap
from autograd.compiler import entry
from autograd.compiler.pipeline import group
from tests.autograd.compiler.programs import gap, grouped

pytest.importorskip("numpy")


@pytest.fixture(autouse=True)
def _arrays(monkeypatch):
    monkeypatch.setattr(entry, "choose", group)


def sums(xs):
    return list(accumulate(xs))


def loss(xs):
    return sum(ag.tanh(s) * (1.0 + 0.01 * i) for i, s in enumerate(sums(xs)))


def numbers(count, seed=0):
    rng = random.Random(seed)
    return [rng.gauss(0.0, 1.0) for _ in range(count)]


def counted(function, *args):
    return compile(function).lower(*args).cost().instructions


def check(function, xs):
    found, expected = compile(value_and_grad(function))(xs), value_and_grad(function)(xs)
    assert gap([found[0], *found[1]], [expected[0], *expected[1]]) <= 1e-12


def test_running_sums_are_one_instruction():
    program = compile(sums).lower(numbers(300)).program
    assert [x.op for x in program.instructions] == ["accumulate"]
    assert counted(value_and_grad(loss), numbers(300)) < 25


@pytest.mark.parametrize("row", [ag.maximum, ag.minimum, lambda a, b: a + b, lambda a, b: b * a])
def test_results_on_the_way_have_the_engines_bits(row):
    xs = numbers(100)
    assert compile(lambda xs: list(accumulate(xs, row)))(xs) == list(accumulate(xs, row))
    rows = [numbers(20, seed) for seed in range(3)]
    found = compile(vmap(lambda xs: list(accumulate(xs, row))))(rows)
    assert found == [list(accumulate(xs, row)) for xs in rows]


def test_derivatives_go_back_through_running_sums():
    check(loss, numbers(40))
    check(lambda xs: loss([0.5, *[x * x for x in xs]]), numbers(30))
    check(lambda xs: sum(s * s for s in sums(sums(xs))), numbers(20))


def test_lanes_have_running_sums_of_their_own():
    rows = [numbers(25, seed) for seed in range(4)]
    values, slopes = compile(vmap(value_and_grad(loss)))(rows)
    for value, slope, row in zip(values, slopes, rows, strict=True):
        expected, exact = value_and_grad(loss)(row)
        assert gap([value, *slope], [expected, *exact]) <= 1e-12


def test_lanes_add_up_what_they_share():
    def f(w, x):
        return loss([a * x for a in w])

    w, xs = numbers(20), [0.5, -1.0, 2.0]
    found = compile(vmap(value_and_grad(f), in_axes=(None, 0)))(w, xs)
    expected = vmap(value_and_grad(f), in_axes=(None, 0))(w, xs)
    for mine, other in zip(found[1], expected[1], strict=True):
        assert gap(mine, other) <= 1e-12


def test_rows_are_scans_side_by_side():
    def f(xs):
        return sum(loss(xs[i : i + 12]) for i in range(0, 60, 12))

    check(f, numbers(60))
    scans = [g for g in grouped(f, numbers(60), wanted=60).groups if g.scans]
    assert [len(g.scans) for g in scans] == [5]


def test_sums_that_depend_on_themselves_are_no_scan():
    def f(xs):
        mean, total = xs[0], 0.0
        for x in xs[1:]:
            mean = mean + 0.3 * (x - mean)
            total = total + mean * mean
        return total

    check(f, numbers(30))
    assert not any(g.scans for g in grouped(f, numbers(30), wanted=30).groups)


def test_two_running_sums_of_which_each_adds_the_other_are_no_scans():
    def f(xs):
        place, speed = xs[0], xs[1]
        total = 0.0
        for x in xs[2:]:
            speed = speed + 0.1 * ag.sin(place) + x
            place = place + speed
            total = total + place * speed
        return total

    check(f, numbers(30))


def test_two_scans_of_which_each_waits_for_the_other_are_taken_apart():
    def f(xs):
        first, second = sums(xs[:12]), []
        s = xs[12]
        for i in range(12):
            s = s + (ag.tanh(first[i]) if i > 5 else xs[i])
            second.append(s)
        again = first[-1]
        for i in range(12):
            again = again + (ag.sin(second[i]) if i < 5 else xs[i])
            second.append(again)
        return sum(v * v for v in (*first, *second))

    check(f, numbers(13))


def test_a_running_sum_of_running_sums_of_another():
    def f(xs):
        speed = sums(xs)
        place = sums([0.1 * v for v in speed])
        return sum(ag.cos(p) + v * v for p, v in zip(place, speed, strict=True))

    check(f, numbers(40))
    assert counted(value_and_grad(f), numbers(40)) < 40


def test_what_a_branch_alone_uses_is_absent_elsewhere():
    def f(xs):
        found = sums(xs)
        return sum(ag.where(s > 1.0, ag.sqrt(ag.where(s > 1.0, s - 1.0, 1.0)), s) for s in found)

    check(f, numbers(30))


def test_leaves_constants_and_computed_numbers_in_one_running_sum():
    w = ag.Value(0.5)

    def f(xs):
        terms = [xs[0] * xs[1], 2.5, w, xs[2], *[ag.sin(x) for x in xs], -1.0, w * xs[0]]
        return sum(ag.tanh(s) for s in sums(terms))

    check(f, numbers(12))
    rows = [numbers(12, seed) for seed in range(3)]
    values, _ = compile(vmap(value_and_grad(f)))(rows)
    assert gap(values, [f(row).data for row in rows]) <= 1e-12


def test_second_derivatives_go_through_running_sums():
    xs = numbers(9)
    found, expected = compile(hessian(loss))(xs), hessian(loss)(xs)
    assert all(gap(a, b) <= 1e-12 for a, b in zip(found, expected, strict=True))


def test_infinite_and_absent_sums_are_the_engines():
    xs = [1.0, math.inf, 2.0, -math.inf, *numbers(10)]
    found, expected = compile(sums)(xs), sums(xs)
    assert all(a == b or (a != a and b != b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("row", [ag.maximum, ag.minimum, lambda a, b: b * a])
def test_derivatives_of_other_running_results_are_taken_link_by_link(row):
    check(lambda xs: sum(ag.tanh(s) for s in accumulate(xs, row)), numbers(20))


def test_a_sum_that_depends_on_itself_leaves_the_others_scans():
    def f(xs):
        mean, total = xs[0], loss(xs)
        for x in xs[1:]:
            mean = mean + 0.3 * ag.sin(x - mean)
            total = total + mean * mean
        return total

    check(f, numbers(30))
    assert sum(len(g.scans or ()) for g in grouped(f, numbers(30), wanted=30).groups) == 1
