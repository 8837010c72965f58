"""Checker A: the ladder of steps."""

from __future__ import annotations

import math
import random

import pytest

from autograd.testing import derivative


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (math.exp, math.exp, 1.0),
        (math.sin, math.cos, 12345.6),
        (math.log, lambda x: 1 / x, 1e-300),
        (lambda x: x * x, lambda x: 2 * x, 1e150),
        (lambda x: x * x, lambda x: 2 * x, 0.0),
        (math.tanh, lambda x: 1 / math.cosh(x) ** 2, -0.3),
        (lambda x: 3.0, lambda x: 0.0, 0.7),
    ],
)
def test_the_error_bound_holds_and_is_small(f, slope, x):
    found = derivative(f, x)
    assert found.settled
    assert abs(found.value - slope(x)) <= found.error
    assert found.error <= 1e-6 * abs(slope(x)) + 1e-11


def test_a_kink_settles_nothing_and_shows_both_slopes():
    found = derivative(abs, 0.0)
    assert not found.settled
    assert (found.left, found.right) == (-1.0, 1.0)


@pytest.mark.parametrize("f", [math.sqrt, math.log, lambda x: 1 / x])
def test_the_edge_of_a_domain_settles_nothing(f):
    assert not derivative(f, 0.0).settled


def test_a_function_that_raises_beyond_a_point_is_differentiated_before_it():
    found = derivative(math.log, 1e-3)
    assert abs(found.value - 1e3) <= found.error < 1e-3


def test_noise_in_the_function_widens_the_bound():
    generator = random.Random(1)
    noise: dict[float, float] = {}

    def noisy(x: float) -> float:
        return math.sin(x) + 1e-6 * noise.setdefault(x, generator.uniform(-1, 1))

    found = derivative(noisy, 1.0)
    assert not found.settled or abs(found.value - math.cos(1.0)) <= found.error
    assert not found.error < 1e-7


def test_a_known_rounding_is_respected():
    found = derivative(math.sin, 1.0, rounding=lambda _: 1e-5)
    assert found.error >= 1e-5


def test_stairs_wider_than_the_smallest_steps_are_not_taken_for_a_flat_function():
    found = derivative(lambda x: math.sin(x) + 2e8 - 2e8, 1e-4)
    assert not found.settled or abs(found.value - math.cos(1e-4)) <= found.error


def test_at_a_small_number_the_steps_are_those_of_the_function_not_of_the_number():
    found = derivative(lambda x: 1.0 / (1.0 + math.exp(-x)), 1e-10, rounding=lambda _: 2.0**-52)
    assert abs(found.value - 0.25) <= found.error < 1e-9


def test_the_bound_counts_what_rounding_may_hide_of_the_last_change():
    rounding = (
        72.0 * 2.0**-30
    )  # just what keeps the slope from changing between steps of 2**-7 and 2**-10

    def f(x):
        return x**3 + math.copysign(rounding, x - 1.0) * (x != 1.0)

    found = derivative(f, 1.0, rounding=lambda _: rounding)
    assert abs(found.value - 3.0) <= found.error < 1e-3


def test_a_function_that_stands_still_may_hide_a_slope_that_ones_would_round_away():
    found = derivative(lambda x: math.log(math.erf(x)), 16.0)
    assert found.value == 0.0
    assert 1e-100 < found.error < 1e-10
