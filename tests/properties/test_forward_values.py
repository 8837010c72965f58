"""The forward rules against Python's math, bit by bit, and against mpmath where math has no such function."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.table import TABLE

floats = st.floats(allow_nan=True, allow_infinity=True)
moderate = st.floats(-50, 50)

UNARY = (
    "exp expm1 log log1p log2 log10 cbrt sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "erf erfc"
)
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": lambda a, b: a % b,
    "floordiv": lambda a, b: a // b,
    "pow": math.pow,
    "atan2": math.atan2,
    "hypot": math.hypot,
}


def bits(x: float) -> bytes:
    return b"nan" if x != x else struct.pack("<d", x)


@given(st.sampled_from(UNARY.split()), st.one_of(floats, moderate))
def test_elementary_functions_equal_math_bitwise_where_math_answers(name, x):
    try:
        expected = getattr(math, name)(x)
    except (ValueError, OverflowError):
        assert not math.isfinite(getattr(autograd, name)(x))
        return
    assert bits(getattr(autograd, name)(x)) == bits(expected)
    assert bits(getattr(autograd, name)(Value(x)).data) == bits(expected)


@given(st.sampled_from(sorted(BINARY)), st.one_of(floats, moderate), st.one_of(floats, moderate))
def test_binary_operations_equal_math_bitwise_where_math_answers(name, a, b):
    try:
        expected = BINARY[name](a, b)
    except (ValueError, OverflowError, ZeroDivisionError):
        assert not math.isfinite(TABLE[name].forward(a, b))
        return
    assert bits(TABLE[name].forward(a, b)) == bits(expected)


REFERENCES = {
    "sigmoid": lambda mp, x: 1 / (1 + mp.exp(-x)),
    "log_sigmoid": lambda mp, x: -mp.log1p(mp.exp(-x)),
    "softplus": lambda mp, x: mp.log1p(mp.exp(x)),
    "gelu": lambda mp, x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "silu": lambda mp, x: x / (1 + mp.exp(-x)),
    "relu": lambda mp, x: max(x, 0 * x),
    "sign": lambda mp, x: mp.sign(x),
    "abs": lambda mp, x: abs(x),
    "neg": lambda mp, x: -x,
    "floor": lambda mp, x: mp.floor(x),
    "ceil": lambda mp, x: mp.ceil(x),
    "round": lambda mp, x: mp.nint(x),
}
SLOPES = {
    "sigmoid": lambda mp, x: mp.exp(-abs(x)) / (1 + mp.exp(-abs(x))) ** 2,
    "log_sigmoid": lambda mp, x: 1 / (1 + mp.exp(x)),
    "softplus": lambda mp, x: 1 / (1 + mp.exp(-x)),
    "expm1": lambda mp, x: mp.exp(x),
    "log1p": lambda mp, x: 1 / (1 + x),
    "erf": lambda mp, x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "erfc": lambda mp, x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "asinh": lambda mp, x: 1 / mp.sqrt(1 + x * x),
    "atan": lambda mp, x: 1 / (1 + x * x),
    "tanh": lambda mp, x: 1 / mp.cosh(x) ** 2,
    "exp": lambda mp, x: mp.exp(x),
    "sinh": lambda mp, x: mp.cosh(x),
    "cosh": lambda mp, x: mp.sinh(x),
}
# What an output rounded to 1 leaves of 1 - out or out - 1, in units of the float's last place.
ABSOLUTE = {"tanh": 2**-52, "sigmoid": 2**-52}
ARGUMENTS = [s * m for m in (1e-300, 1e-20, 1e-9, 1e-3, 0.1, 0.5, 1.0, 2.5, 7.0) for s in (1, -1)]
ARGUMENTS += [s * m for m in (20.0, 36.0, 40.0, 300.0, 700.0) for s in (1, -1)] + [0.0]


@pytest.mark.parametrize("name", REFERENCES)
def test_composed_functions_keep_their_digits_in_both_tails(name):
    mpmath = pytest.importorskip("mpmath")
    for x in ARGUMENTS:
        with mpmath.workprec(3000):
            exact = REFERENCES[name](mpmath, mpmath.mpf(x))
            found = TABLE[name].forward(x)
            if abs(exact) > 1e-300:
                # erfc of an argument rounded before it is squared loses x**2 ulps: gelu's left tail
                lost = 8 + (2 * x * x if name == "gelu" and x < 0 else 0)
                assert abs(found - exact) <= lost * 2**-53 * abs(exact), x
            else:
                assert abs(found) <= 1e-300, x


@pytest.mark.parametrize("name", SLOPES)
def test_partials_keep_their_digits_in_both_tails(name):
    mpmath = pytest.importorskip("mpmath")
    row = TABLE[name]
    for x in ARGUMENTS:
        if name == "log1p" and x <= -1:
            continue
        out = row.forward(x)
        with mpmath.workprec(3000):
            exact = SLOPES[name](mpmath, mpmath.mpf(x))
            found = row.partials[0](out, x)
            if 1e-290 < abs(exact) < 1e300:
                # exp magnifies the rounding of x*x
                lost = 8 + (2 * x * x if name in {"erf", "erfc"} else 0)
                allowed = lost * 2**-53 * abs(exact) + ABSOLUTE.get(name, 0.0)
                assert abs(found - exact) <= allowed, x


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_logsumexp_is_precise_wherever_its_largest_argument_lies(xs):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workprec(3000):
        exact = mpmath.log(mpmath.fsum(mpmath.exp(x) for x in xs))
        found = autograd.logsumexp(xs)
        assert abs(found - exact) <= 2**-50 * (1 + abs(exact))


def test_the_weights_of_logsumexp_sum_to_one():
    for shift in (0.0, 1e6, 1e10, -1e12):
        xs = [Value(shift + x) for x in (0.25, -1.5, 0.0)]
        autograd.logsumexp(xs).backward()
        assert math.isclose(math.fsum(x.grad for x in xs), 1.0, rel_tol=1e-15)


def test_sigmoid_keeps_its_left_tail_down_to_the_smallest_floats():
    for x in (-600.0, -710.0, -740.0):
        assert TABLE["sigmoid"].forward(x) == math.exp(x) > 0.0


@pytest.mark.parametrize("name", ["asin", "acos", "atanh", "acosh"])
def test_partials_keep_their_digits_at_the_edge_of_a_domain(name):
    mpmath = pytest.importorskip("mpmath")
    row = TABLE[name]
    slopes = {
        "asin": lambda x: 1 / mpmath.sqrt(1 - x * x),
        "acos": lambda x: -1 / mpmath.sqrt(1 - x * x),
        "atanh": lambda x: 1 / (1 - x * x),
        "acosh": lambda x: 1 / mpmath.sqrt(x * x - 1),
    }
    for k in (20, 40, 50, 52):
        x = 1.0 + 2.0**-k if name == "acosh" else 1.0 - 2.0**-k * 1.25
        with mpmath.workprec(500):
            exact = slopes[name](mpmath.mpf(x))
            assert abs(row.partials[0](row.forward(x), x) - exact) <= 2**-50 * abs(exact)


def test_logsumexp_of_infinite_arguments_is_infinite():
    assert autograd.logsumexp([math.inf, 0.0]) == math.inf
    assert autograd.logsumexp([-math.inf, -math.inf]) == -math.inf
    assert autograd.logsumexp([-math.inf, 0.5]) == 0.5
