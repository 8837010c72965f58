"""Derivatives of a graph by dual numbers, with slopes that are not the table's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from autograd import Value, custom_gradient, erf, floor, logsumexp, relu, sigmoid, tanh, xlogy
from autograd.operators import apply
from autograd.table import TABLE
from autograd.testing import Verdict, expressions, gradcheck
from autograd.testing.dual_numbers import tangent
from autograd.testing.exact import arithmetic
from autograd.testing.generation import row_names
from autograd.testing.replay import Replay
from autograd.testing.running_error import backward


@given(expressions())
def test_the_tangent_of_any_program_is_within_its_bound_of_the_exact_slope(program):
    root, leaves = program.record()
    bounds = backward(root)
    for leaf in leaves:
        if leaf not in bounds:
            continue
        found = tangent(root, leaf, bounds[leaf].error)
        known = Replay(root).slopes(leaf, bounds[leaf].error)
        if found is not None and known.smooth:
            with arithmetic().precision(200):
                assert abs(found.value - known.value) <= found.error + 1e-300


@pytest.mark.parametrize("name", row_names(None, smooth=True))
def test_the_slopes_of_every_row_are_right_to_eleven_digits(name):
    row = TABLE[name]
    points = [(0.3, 0.7, 0.4, 0.2), (0.62, 0.25, 1.75, 0.6), (1.3, 0.45, 1.9, 0.8)]
    compared = 0
    for point in points:
        leaves = [Value(x) for x in point[: row.arity or 4]]
        root = apply(row, *leaves)
        if not math.isfinite(root.data):
            continue
        for leaf in leaves:
            found = tangent(root, leaf, 0.0)
            known = Replay(root).slopes(leaf, 0.0)
            assert found is not None
            assert abs(found.value - known.value) <= found.error + 1e-18 * abs(known.value)
            assert found.error <= 1e-11 * abs(known.value) + 1e-300
            compared += 1
    assert compared


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (tanh, 30.0),
        (sigmoid, 50.0),
        (erf, 8.0),
        (lambda x: logsumexp([x, 60.0]), -5.0),
        (lambda x: (x + 1e20) * 1e-20, 3.0),
    ],
)
def test_the_ladder_asks_them_where_rounding_drowns_every_difference(f, x):
    assert gradcheck(f, x, method="ladder").verdict is Verdict.PASS
    leaf = Value(x)
    f(leaf).backward()
    wrong = gradcheck(f, x, method="ladder", gradient=lambda x: leaf.grad * (1.0 + 1e-6))
    assert wrong.verdict is Verdict.FAIL


def test_a_value_of_its_own_at_one_point_is_not_differentiated():
    # found by the benchmark: xlogy is 0 where its first argument is, and its derivative there the logarithm
    x = Value(0.0)
    assert tangent(xlogy(x, 2.0), x, 0.0).error >= math.log(2.0)
    assert tangent(xlogy(x, 2.0) + x * 0.0, x, 0.0).error >= math.log(2.0)


def test_what_goes_around_the_graph_is_not_judged_by_the_graph():
    report = gradcheck(lambda x: tanh(x) + 1e-30 * x.data, 30.0, method="ladder")
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_kink_or_a_function_of_floats_on_the_way_tells_nothing():
    x = Value(0.0)
    assert tangent(relu(x), x, 0.0) is None
    assert tangent(floor(x + 3.0), x, 0.0) is None
    square = custom_gradient(lambda out, x: 2.0 * x)(lambda x: x * x)
    assert tangent(square(x), x, 0.0) is None
