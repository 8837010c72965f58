"""Finite differences in plain scalar code: right at every kind of end, and as few instructions as without ends."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd as ag
from autograd import compile, value_and_grad, vmap
from autograd import primitives as p
from autograd.compiler import entry
from autograd.compiler.flatten import flatten
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.ir.verify import verify_groups
from autograd.compiler.pipeline import group
from autograd.compiler.reroll import needs
from autograd.compiler.signatures import signatures_of, unified
from autograd.compiler.stages import numbers, simplified
from autograd.structure import flatten as leaves_of
from tests.autograd.compiler.programs import gap, grouped
from tests.autograd.compiler.stencils import stencil


@pytest.fixture
def arrays(monkeypatch):
    """Everything runs as an array program, however small."""
    monkeypatch.setattr(entry, "choose", group)


def flat_numbers(tree):
    return [float(x) for x in leaves_of(tree)[0]]


# --- meaning ---------------------------------------------------------------------------------


@pytest.mark.seeds(17)
def test_a_random_stencil_has_the_engines_value_and_gradients(seed, arrays):
    f, args = stencil(seed)
    by_all = value_and_grad(f, (0, 1, 2, 3) if seed % 3 else 0)
    assert gap(flat_numbers(compile(by_all)(*args)), flat_numbers(by_all(*args))) <= 1e-12


LANED = [(0, None, None, None), (None, None, None, 0), (None, 0, None, None), (0, 0, 0, 0)]
LANED += [(None, 0, None, 0), (None, None, 0, 0), (0, None, None, 0)]
"""Which arguments differ from lane to lane: all kinds of mixtures."""


@pytest.mark.seeds(21)
def test_a_random_stencil_in_lanes_has_the_engines_value_and_gradients(seed):
    f, args = stencil(seed)
    axes = LANED[seed % len(LANED)]
    args = [
        x if axis is None else np.stack([np.array(x) * scale for scale in (1.0, 0.7, -0.4)])
        for x, axis in zip(args, axes, strict=True)
    ]
    mapped = vmap(value_and_grad(f, (0, 1, 2, 3) if seed % 2 else 0), axes)
    found, expected = compile(mapped)(*args), mapped(*args)
    assert gap(flat_numbers(found), flat_numbers(expected)) <= 1e-12


@pytest.mark.seeds(8)
def test_flattening_does_not_change_the_value_of_a_stencil(seed):
    f, args = stencil(seed)
    graph = simplified(f, *args)
    flat = flatten(graph.assigned(range(3))).graph
    xs = numbers(args)
    assert gap(interpret_scalar(flat, xs), interpret_scalar(graph, xs)) <= 1e-12


@pytest.mark.seeds(8)
def test_a_schedule_of_a_stencil_does_every_operation_once_and_after_its_operands(seed):
    f, args = stencil(seed, 8, 12)
    found = grouped(f, *args, wanted=8)
    verify_groups(found.flat.graph, found.groups)


# --- size ------------------------------------------------------------------------------------

LEFT, RIGHT = ag.Value(0.3), ag.Value(-0.2)


def beside(u, ends):
    """A row with what stands beyond its ends."""
    left, right = {
        "zeros": (0.0, 0.0),
        "constants": (0.25, 1.0),
        "captured": (LEFT, RIGHT),
        "reflecting": (u[0], u[-1]),
        "ring": (u[-1], u[0]),
    }[ends]
    return [left, *u, right]


def heat(u, before, k, ends):
    w = beside(u, ends)
    return [b + 0.1 * (a - 2.0 * b + c) for a, b, c in zip(w, u, w[2:], strict=False)]


def wave(u, before, k, ends):
    w = beside(u, ends)
    return [
        2.0 * b - old + 0.1 * (a - 2.0 * b + c)
        for a, b, c, old in zip(w, u, w[2:], before, strict=False)
    ]


def upwind(u, before, k, ends):
    w = beside(u, ends)
    return [
        b - 0.1 * (ag.maximum(s, 0.0) * (b - a) + ag.minimum(s, 0.0) * (c - b))
        for a, b, c, s in zip(w, u, w[2:], k, strict=False)
    ]


def choosing(u, before, k, ends):
    w = beside(u, ends)
    return [
        b - 0.1 * b * ag.where(b > 0.0, b - a, c - b) for a, b, c in zip(w, u, w[2:], strict=False)
    ]


def conducting(u, before, k, ends):
    w = beside(u, ends)
    flows = [s * (b - a) for s, (a, b) in zip([*k, 1.0], itertools.pairwise(w), strict=True)]
    return [b + 0.1 * (g - f) for b, (f, g) in zip(u, itertools.pairwise(flows), strict=True)]


def weighted(u, before, k, ends):
    w = beside(u, ends)
    return [0.3 * a + 0.5 * b + 0.2 * c for a, b, c in zip(w, u, w[2:], strict=False)]


def solution(rule, ends, steps):
    def f(u, k):
        before = u
        for _ in range(steps):
            before, u = u, rule(u, before, k, ends)
        return sum(x * x for x in u)

    return f


def held(rule, steps):
    """The same with a first and a last point that stay as they are."""

    def f(u, k):
        before = u
        for _ in range(steps):
            inner = rule(u, before, k, "ring")[1:-1]
            before, u = u, [u[0], *inner, u[-1]]
        return sum(x * x for x in u)

    return f


def size(f, width):
    args = np.linspace(0.5, 1.5, width), np.linspace(0.2, 0.8, width)
    program = compile(value_and_grad(f)).lower(*args).program
    return program.forward, len(program.instructions)


MOST = {heat: (6, 14), wave: (7, 16), upwind: (10, 22), choosing: (9, 27), conducting: (9, 20)}
MOST[weighted] = (12, 29)
"""Instructions a step, forward and in all."""


@pytest.mark.parametrize("rule", MOST)
@pytest.mark.parametrize(
    "ends", ["zeros", "constants", "captured", "reflecting", "ring", "held arguments"]
)
def test_a_stencil_grows_by_a_few_instructions_a_step_and_not_with_its_width(rule, ends):
    def make(steps):
        return held(rule, steps) if ends == "held arguments" else solution(rule, ends, steps)

    short, middle, long = [size(make(steps), 16) for steps in (8, 12, 16)]
    wide = size(make(12), 32)
    assert all(a <= b + 2 for a, b in zip(wide, middle, strict=True))
    forward, total = [(b - a) / 4 for a, b in zip(middle, long, strict=True)]
    assert abs(total - (middle[1] - short[1]) / 4) <= 1
    most_forward, most = MOST[rule]
    assert forward <= most_forward
    assert total <= most


def plane(steps, ring):
    def f(rows):
        u = [list(row) for row in rows]
        n = len(u)
        for _ in range(steps):
            u = [
                [
                    u[i][j]
                    + 0.1 * (u[i - 1][j] + u[(i + 1) % n][j] + u[i][j - 1] + u[i][(j + 1) % n])
                    - 0.4 * u[i][j]
                    if ring or (0 < i < n - 1 and 0 < j < n - 1)
                    else u[i][j]
                    for j in range(n)
                ]
                for i in range(n)
            ]
        return sum(x * x for row in u for x in row)

    return f


@pytest.mark.parametrize(("ring", "most"), [(False, 14), (True, 20)])
def test_a_plane_grows_by_a_few_instructions_a_step_too(ring, most):
    def instructions(steps, n):
        rows = np.random.default_rng(0).normal(size=(n, n))
        return len(compile(value_and_grad(plane(steps, ring))).lower(rows).program.instructions)

    short, long = instructions(8, 16), instructions(16, 16)
    assert instructions(16, 20) <= 1.1 * long
    assert (long - short) / 8 <= most


def test_ends_that_are_leaves_are_copied_once_for_all_steps():
    f = compile(value_and_grad(solution(heat, "captured", 12)))
    program = f.lower(np.zeros(30), np.zeros(30)).program
    ops = [x.op for x in program.instructions[: program.forward]]
    moved = [x for x in ops if x in {"take", "copy", "scatter"}]
    assert len(moved) <= 4  # and two in the first step, before there are results to stand beside


def test_the_copies_of_captured_ends_follow_them_from_call_to_call():
    points = np.linspace(0, 1, 30)
    by_points = value_and_grad(solution(heat, "captured", 8))
    f = compile(by_points)
    before = f(points, points)[0]
    LEFT.data += 0.5
    try:
        found, expected = f(points, points), by_points(points, points)
    finally:
        LEFT.data -= 0.5
    assert found[0] != before
    assert gap(flat_numbers(found), flat_numbers(expected)) <= 1e-12


# --- what is easily confused -----------------------------------------------------------------


def same_as_eagerly(f, *args):
    by_all = value_and_grad(f, tuple(range(len(args))))
    found = compile(by_all)(*args)
    return gap(flat_numbers(found), flat_numbers(by_all(*args))) <= 1e-12


def test_a_number_of_each_lane_does_not_stand_among_those_that_all_lanes_share():
    def f(x, p):
        a = [ag.tanh(v) for v in p]
        b = [ag.sin(v) for v in p]
        b[3] = x
        return sum((u + v + w) ** 2 for u, v, w in zip(a, [*a[1:], 0.5], b, strict=True))

    xs, p = [0.3, -0.4], np.linspace(0, 1, 24).tolist()
    mapped = vmap(value_and_grad(f), (0, None))
    assert gap(flat_numbers(compile(mapped)(xs, p)), flat_numbers(mapped(xs, p))) <= 1e-12


def test_results_that_are_another_name_for_others_are_copied_and_not_moved_to_a_margin(arrays):
    def f(u):
        total = 0.0
        for _ in range(8):
            moved = heat(u, None, None, "constants")
            u = [x.detach() for x in moved]
            total = total + sum(a * b for a, b in zip(moved, reversed(moved), strict=True))
        return total

    assert same_as_eagerly(f, np.linspace(0.5, 1.5, 12))


def test_neighbours_in_a_plane_and_neighbours_in_the_row_of_all_its_points(arrays):
    def f(u, end):
        n = 6
        for _ in range(8):
            lines = [[end, *u[i : i + n]] for i in range(0, n * n, n)]
            left = [x for line in lines for x in line[:-1]]
            u = [
                a + 0.1 * b * c - 0.2 * d
                for a, b, c, d in zip(u, left, [end, *u], [*u[1:], end], strict=False)
            ]
        return sum(x * x for x in u)

    assert same_as_eagerly(f, np.linspace(0.5, 1.5, 36), 0.3)


def test_products_of_different_length_are_never_taken_for_one_another():
    def f(xs):
        flat = flatten(simplified(many_products, xs).assigned(range(len(xs))))
        active, masked = needs(flat, range(len(xs)))
        found, known = signatures_of(flat, active, masked, {})
        merged = unified(known, found, True) or found
        lengths = {}
        for i in range(flat.graph.leaves, len(flat.graph.operands)):
            if flat.graph.primitives[i] is p.prod:
                lengths.setdefault(merged[i], set()).add(len(flat.graph.operands[i]))
        return lengths

    found = f([0.1 * i for i in range(1, 31)])
    assert {frozenset(lengths) for lengths in found.values()} == {frozenset({4}), frozenset({5})}


def many_products(xs):
    """Many of computed numbers, and a few that are one shorter."""
    ys = [ag.tanh(x) for x in xs]
    zs = [ag.prod(ys[i : i + 5]) for i in range(24)] + [ag.prod(ys[i : i + 4]) for i in range(3)]
    return sum(ag.sin(z) for z in zs)
