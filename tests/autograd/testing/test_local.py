"""Each operation's own value and partials against exact ones."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from autograd import Value, exp, tanh
from autograd.functions import apply
from autograd.table import ABSENT, TABLE, TRACED, primitive
from autograd.testing import check_row, gradcheck
from autograd.testing.kinks import kink_points
from autograd.testing.local import check_graph

MAGNITUDES = [1e-300, 1e-155, 1e-30, 1e-8, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 7.3, 40.0, 700.0, 1e4, 1e8]
MAGNITUDES += [1e155, 1e200, 1e300]
GRID = [0.0, *MAGNITUDES, *(-x for x in MAGNITUDES)]
NARY = [(1.0, 2.0, 3.0, 4.0), (1e3, -3.0, 0.1, 0.0), (0.0, 0.0, 1.0, 2.0), (2.5, 700.0)]
TRIPLES = [(x, 0.0, 2.0) for x in (-1.0, 0.0, 1.0, 2.0, 3.0)] + [(1.0, 3.0, 2.0), (0.3, 0.3, 0.3)]


def operands_of(row):
    if row.arity == 1:
        return [(x,) for x in GRID]
    if row.name == "polygamma":  # whose first is an order, and which mpmath takes its time over
        return list(itertools.product((1.0, 40.0), GRID[::2]))
    if row.arity == 2:
        return list(itertools.product(GRID[::2], repeat=2))
    return TRIPLES if row.arity == 3 else NARY


@pytest.mark.parametrize("name", list(TABLE))
def test_every_primitive_is_right_over_all_magnitudes_and_at_its_kinks(name):
    row = TABLE[name]
    findings = [f for point in operands_of(row) + kink_points(row) for f in check_row(row, point)]
    assert not findings, max(findings, key=how_far_off).what


def how_far_off(finding):
    if not math.isfinite(finding.found):
        return math.inf
    return abs(finding.found - finding.exact) / (abs(finding.exact) + 1e-300)


# A part in a million of the largest partial at ordinary operands, and of each argument by itself.
def _wrong(row, place, factor):
    def partials(out, *operands):
        found = list(row_partials(out, *operands))
        found[place] = factor * found[place]
        return found

    if row.arity is None:
        row_partials = row.partials[0]
        return (partials,)
    right = row.partials[place]

    def wrong(out, *operands):
        found = right(out, *operands)
        return ABSENT if found is ABSENT else factor * found

    return (
        *row.partials[:place],
        wrong if callable(right) else factor * right,
        *row.partials[place + 1 :],
    )


def ordinary_points(row):
    """Some points at which the row's partials are neither 0 nor conventions."""
    generator = random.Random(row.name)
    arity = row.arity or 4
    points = []
    while len(points) < 8:
        point = tuple(generator.uniform(0.1, 0.9) for _ in range(arity))
        if row.name == "acosh":
            point = (point[0] + 1.0,)
        if row.name == "polygamma":  # whose order is rounded
            point = (1.0 + 0.4 * point[0], point[1])
        if row.arity == 3:
            point = (point[0], *sorted(point[1:]))
        if row.kinks is not None and generator.random() < 0.5:
            point = (-point[0], *point[1:])
        points.append(point)
    return points


PLANTS = [
    (name, place)
    for name, row in TABLE.items()
    for place in range(row.arity or 2)
    if name != "where" and not (name in {"sign", "floor", "ceil", "round", "floordiv"})
    if (name, place) != ("polygamma", 0)  # flat between the whole numbers
]


@pytest.mark.parametrize(("name", "place"), PLANTS)
def test_a_bug_planted_in_any_partial_is_reported_with_the_primitives_name(
    name, place, monkeypatch, pure_core
):
    row = TABLE[name]
    points = ordinary_points(row)
    monkeypatch.setattr(row, "partials", _wrong(row, place, 1.0 + 1e-6))
    blamed = set()
    for point in points:
        # The guilty operation stands among innocent ones, and its operands are results.
        def f(*inputs):
            results = [(x * 2.0) * 0.5 for x in inputs]
            out = apply(row, *results)
            return tanh(out) + exp(out * 0.5) * inputs[0]

        report = gradcheck(f, *point)
        blamed |= {finding.primitive.name for finding in report.findings}
        if report.findings:
            assert not report
            assert f"{name}(" in str(report)
            assert name in {step.name for step in report.program.steps}
            assert len(report.program.steps) == 1
            break
    assert blamed == {name}


@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "round"])
def test_a_slope_planted_in_a_piecewise_constant_row_is_reported(name, monkeypatch):
    row = TABLE[name]
    monkeypatch.setattr(row, "partials", (lambda out, x: 1e-6,))
    assert {f.primitive.name for f in check_row(row, (0.3,))} == {name}
    assert {f.primitive.name for f in check_row(row, kink_points(row)[0])} == {name}


def test_a_wrong_value_is_reported_apart_from_the_partials(monkeypatch):
    row = TABLE["sigmoid"]
    right = row.forward
    monkeypatch.setattr(row, "forward", lambda x: right(x) * (1 + 1e-12))
    (finding,) = [f for f in check_row(row, (0.5,)) if f.argument is None]
    assert finding.what.startswith("sigmoid(0.5): value ")


def test_an_overflow_inside_a_rule_is_a_finding(monkeypatch):
    row = TABLE["hypot"]
    naive = lambda a, b: math.inf if abs(a) > 1e154 else math.sqrt(a * a + b * b)
    monkeypatch.setattr(row, "forward", naive)
    assert check_row(row, (1e200, 1e200))


@pytest.mark.parametrize(
    ("name", "point", "wrong"),
    [
        ("relu", (0.0,), 1.0),
        ("abs", (0.0,), 1.0),
        ("leaky_relu", (0.0, 0.01), 1.0),
        ("maximum", (1.0, 1.0), 1.0),
        ("minimum", (1.0, 1.0), 0.0),
        ("clip", (2.0, 0.0, 2.0), 0.0),
        ("clip", (0.0, 0.0, 2.0), 0.0),
        ("clip", (0.0, 1.0, 1.0), 0.5),
        ("hypot", (0.0, 0.0), 0.5),
        ("elu", (0.0, 0.5), 1.0),
    ],
)
def test_another_subgradient_than_the_documented_one_is_a_finding(name, point, wrong, monkeypatch):
    row = TABLE[name]
    assert not check_row(row, point)
    partials = (lambda out, *operands: wrong, *row.partials[1:])
    monkeypatch.setattr(row, "partials", partials)
    assert check_row(row, point)[0].found == wrong


def test_equal_bounds_of_clip_are_the_lower_ones(monkeypatch):
    row, point = TABLE["clip"], (0.0, 1.0, 1.0)
    assert not check_row(row, point)
    for place in (1, 2):
        partials = list(row.partials)
        partials[place] = lambda out, *operands: 0.5
        monkeypatch.setattr(row, "partials", tuple(partials))
        assert check_row(row, point)[0].argument == place
        monkeypatch.undo()


def test_a_row_that_a_user_adds_is_checked_like_any_other():
    @primitive(domain=lambda x: (x,))
    def cube_root(xp):
        "The cube root, wrongly differentiated."
        return lambda x: xp.pow(x, 1 / 3), lambda out, x: xp.div(out, 2.0 * x)

    try:
        x = Value(8.0)
        (finding,) = check_graph(TRACED.cube_root(x))
        assert finding.what == "cube_root(8): local partial 0.125, exact 0.0833333"
        assert "cube_root" in str(gradcheck(TRACED.cube_root, 8.0))
    finally:
        del TABLE["cube_root"]
