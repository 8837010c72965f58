"""Sums whose terms cancel: compiled, they keep the rounding that their author is after."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import autograd as ag
from autograd import compile, value_and_grad, vmap
from autograd.compiler import entry
from autograd.compiler.flatten import flatten
from autograd.compiler.pipeline import group
from autograd.compiler.stages import simplified

np = pytest.importorskip("numpy")


@pytest.fixture(autouse=True)
def arrays(monkeypatch):
    """Everything runs as an array program, however small."""
    monkeypatch.setattr(entry, "choose", group)


def two_sum(a, b):
    """Knuth, The Art of Computer Programming, 4.2.2: the sum and its rounding error."""
    s = a + b
    bb = s - a
    return s, (a - (s - bb)) + (b - bb)


def fast_two_sum(a, b):
    """Dekker 1971, for a larger than b."""
    s = a + b
    return s, b - (s - a)


def split(a):
    """Veltkamp's: the upper and the lower half of a float."""
    big = 134217729.0 * a
    high = big - (big - a)
    return high, a - high


def two_product(a, b):
    """Dekker 1971: the product and its rounding error."""
    p = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def kahan(xs):
    s = c = 0.0
    for x in xs:
        y = x - c
        t = s + y
        c = (t - s) - y
        s = t
    return s


def kahan_negated(xs):
    s = c = 0.0
    for x in xs:
        y = x + c
        t = s + y
        c = -((t - s) - y)
        s = t
    return s


def kahan_babuska_subtracted(xs):
    s, c = xs[0], 0.0
    for x in xs[1:]:
        t = s + x
        c = c + ag.where(abs(s) >= abs(x), (t - s) - x, (t - x) - s)
        s = t
    return s - c


def neumaier(xs):
    s, c = xs[0], 0.0
    for x in xs[1:]:
        t = s + x
        c = c + ag.where(abs(s) >= abs(x), (s - t) + x, (x - t) + s)
        s = t
    return s + c


def dot2(xs):
    """Ogita, Rump and Oishi 2005: an inner product in twice the precision."""
    half = len(xs) // 2
    s, c = two_product(xs[0], xs[half])
    for x, y in zip(xs[1:half], xs[half + 1 :], strict=True):
        p, e = two_product(x, y)
        s, d = two_sum(s, p)
        c = c + (d + e)
    return s + c


def shifted(xs):
    return [(x + 1e16) - 1e16 for x in xs]


def difference_of_squares(xs):
    return (xs[0] * xs[0] - xs[1] * xs[1]) - (xs[0] + xs[1]) * (xs[0] - xs[1])


def kept_with_sums_only(xs):
    """What is lost, used twice: the sum that it is added in has no minus of its own."""
    a, b, c = xs
    lost = a - (a + b)
    return lost, c + (b + lost)


def scaled_with_sums_only(xs):
    """The same times a number, so that the minus is within a product."""
    a, b, c, k = xs
    lost = (a - (a + b)) * k
    return lost, c + (b * k + lost)


PROGRAMS = {
    "two-sum": (lambda x: two_sum(*x), [1e16, 1.0]),
    "two-sum, the small one first": (lambda x: two_sum(*x), [1.0, 1e16]),
    "fast two-sum": (lambda x: fast_two_sum(*x), [1e16, 1.25]),
    "Veltkamp's split": (lambda x: split(x[0]), [math.pi]),
    "Dekker's product": (lambda x: two_product(*x), [math.pi, math.e]),
    "Kahan's sum": (kahan, [1.0] + [1e-16] * 30),
    "Kahan's sum, negated": (kahan_negated, [1.0] + [1e-16] * 30),
    "Neumaier's sum": (neumaier, [1.0, 1e100, 1.0, -1e100, 3.0]),
    "Neumaier's sum of many": (neumaier, [1.0] + [1e-16] * 30),
    "the same, subtracted": (kahan_babuska_subtracted, [1.0] + [1e-16] * 30),
    "a dot product in twice the precision": (
        dot2,
        [1e10, 1.0, -1e10, 3.0, 1e10, math.pi, 1e10 + 1e-5, math.e],
    ),
    "up and down again": (shifted, [1.0, 3.0, 0.3]),
    "added to what is lost": (kept_with_sums_only, [1e16, 3.3, 0.1]),
    "added to a multiple of what is lost": (scaled_with_sums_only, [1e16, 3.3, 0.1, 3.0]),
    "one square from another": (difference_of_squares, [1.0 + 1e-9, 1.0]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_cancels_is_what_the_engine_computes(name):
    function, point = PROGRAMS[name]
    right = np.array(function(point), float)
    assert np.array_equal(compile(function)(point), right)
    (mapped,) = np.array(compile(vmap(function))([point]), float).reshape(1, *right.shape, -1)[0:1]
    assert np.array_equal(mapped.reshape(right.shape), right)


def test_the_error_of_a_product_is_exact():
    a, b = math.pi, math.e
    p, e = compile(lambda x: two_product(*x))([a, b])
    assert Fraction(p) + Fraction(e) == Fraction(a) * Fraction(b)


def test_derivatives_of_compensated_sums_are_those_of_sums():
    xs = [1.0] + [1e-16] * 30
    for function in (kahan, neumaier):
        value, slopes = compile(value_and_grad(function))(xs)
        assert value == function(xs)
        assert slopes == pytest.approx([1.0] * len(xs), rel=1e-14)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x[0] - x[1]) * 3.0 - 2.0 * x[2] + x[3],
        lambda x: x[0] + 0.1 * (x[1] - 2.0 * x[0] + x[2]),
        lambda x: sum(a * b for a, b in zip(x[:4], x[4:], strict=True)) - x[0],
    ],
)
def test_other_sums_are_taken_apart(function):
    graph = simplified(function, [1.0] * 8)
    flat = flatten(graph)
    kept = [row for row in flat.graph.primitives if row is not None]
    assert kept != [row for row in graph.primitives if row is not None]


# --- the sign of zero ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 0.0,
        lambda x: 0.0 + x,
        lambda x: 0.0 - x,
        lambda x: x - 0.0,
        lambda x: x + -0.0,
        lambda x: -0.0 - x,
        lambda x: x - -0.0,
        lambda x: x * 2.0 + 0.0,
        lambda x: 0.0 - x * 2.0,
        lambda x: ag.sum([x, 0.0]),
        lambda x: sum([x]),
        lambda x: 0.0 + -x,
    ],
)
@pytest.mark.parametrize("x", [0.0, -0.0])
@pytest.mark.parametrize("straight", [False, True])
def test_zero_added_to_a_number_is_no_algebra(function, x, straight, monkeypatch):
    if straight:
        monkeypatch.setattr(entry, "choose", lambda *args: None)
    right = math.copysign(1.0, function(ag.Value(x)).data)
    assert math.copysign(1.0, compile(function)(x)) == right
    monkeypatch.setattr(entry, "choose", group)
    assert math.copysign(1.0, compile(vmap(function))([x])[0]) == right


# --- one number's logsumexp ------------------------------------------------------------------


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 3.0])
def test_the_logsumexp_of_one_number_has_one_answer(x, monkeypatch):
    function = value_and_grad(lambda x: ag.logsumexp([x]))
    right = function(x)
    (value,), (slope,) = compile(vmap(function))([x])
    assert (value, slope) == pytest.approx(right, nan_ok=True)
    assert compile(function)(x) == pytest.approx(right, nan_ok=True)
    monkeypatch.setattr(entry, "choose", lambda *args: None)
    assert compile(function)(x) == pytest.approx(right, nan_ok=True)
