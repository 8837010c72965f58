"""How single instructions are bound to NumPy: each gives what the engine gives, whatever shapes and strides."""

from __future__ import annotations

import math

import pytest

from autograd import Value, compile, vmap

np = pytest.importorskip("numpy")

EDGES = [-0.0, 0.0, -math.inf, math.inf, math.nan, 4.0, -4.0, 5e-324, -1e300, 1e300, 2.5]


def alike(found, expected):
    """Equal up to the last digits, nan and the sign of zero included."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    both_nan = np.isnan(found) & np.isnan(expected)
    close = np.isclose(found, expected, rtol=4e-16, atol=0)
    return bool((both_nan | close & (np.signbit(found) == np.signbit(expected))).all())


@pytest.mark.parametrize("repeats", [1, 100])
@pytest.mark.parametrize("exponent", [0.5, -0.5, 2.0, 3.0, -1.0, 1.5])
def test_a_power_of_every_edge_is_the_engines(exponent, repeats):
    xs = EDGES * repeats
    expected = [(Value(x) ** exponent).data for x in xs]
    assert alike(compile(vmap(lambda x: x**exponent))(xs), expected)
    power = Value(exponent)
    assert alike(compile(vmap(lambda x: x**power))(xs), expected)
