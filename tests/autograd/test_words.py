"""The functions that users of NumPy and PyTorch look for: value, first and second derivatives are mpmath's, whichever way."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, compile, grad, hessian, value_and_grad, vmap

INF, NAN = math.inf, math.nan

UNARY = {
    "log2": (lambda x: mpmath.log(x, 2), [1e-300, 0.3, 1.0, 8.0, 1e300]),
    "log10": (mpmath.log10, [1e-300, 0.3, 1.0, 1000.0, 1e300]),
    "exp2": (lambda x: mpmath.power(2, x), [-1000.0, -0.7, 0.0, 3.0, 1000.0]),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), [-27.0, -1e-100, 1e-100, 0.3, 1e100]),
    "square": (lambda x: x * x, [-3.0, 0.0, 1e-100, 1e100]),
    "deg2rad": (mpmath.radians, [-180.0, 0.0, 57.0]),
    "rad2deg": (mpmath.degrees, [-3.0, 0.0, 1.0]),
    "sinc": (mpmath.sincpi, [1e-200, -1e-4, 0.25, 0.49, -0.51, 0.9, 2.5, -7.125, 1234.5678]),
}
BINARY = {
    "mod": (
        lambda a, b: a - b * mpmath.floor(a / b),
        [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (-7.5, -2.0), (0.3, 1e300), (1e15, 0.7)],
    ),
    "floordiv": (
        lambda a, b: mpmath.floor(a / b),
        [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (1e15, 0.7)],
    ),
    "logaddexp": (
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
        [(0.3, -1.0), (700.0, 701.0), (-1000.0, 3.0)],
    ),
}
CASES = [(name, (x,)) for name, (_, points) in UNARY.items() for x in points]
CASES += [(name, point) for name, (_, points) in BINARY.items() for point in points]


def exactly(name, point):
    """Value, gradient and Hessian, as floats."""
    exact = (UNARY | BINARY)[name][0]
    n = len(point)
    with mpmath.workdps(700):  # enough for differences around 1e-300

        def at(*orders):
            if not any(orders):
                return exact(*map(mpmath.mpf, point))
            h = mpmath.mpf(min(abs(x) for x in point) or 1) * mpmath.mpf(10) ** -100
            return mpmath.diff(
                exact, point if n > 1 else point[0], orders if n > 1 else orders[0], h=h
            )

        def unit(*places):
            return [places.count(i) for i in range(n)]

        return (
            float(at(*[0] * n)),
            [float(at(*unit(i))) for i in range(n)],
            [[float(at(*unit(i, j))) for j in range(n)] for i in range(n)],
        )


def close(found, expected):
    """To 12 digits; what underflows may be rounded as it will."""
    return found == pytest.approx(expected, rel=1e-12, abs=1e-307)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_value_and_derivatives_are_mpmaths_eager_compiled_and_mapped(name, point):
    def f(xs):
        return getattr(ag, name)(*xs)

    value, slopes, curvatures = exactly(name, point)
    xs = list(point)
    for way in (lambda g: g, compile):
        found, first = way(value_and_grad(f))(xs)
        assert close(found, value)
        assert close(first, slopes)
        for row, wanted in zip(way(hessian(f))(xs), curvatures, strict=True):
            assert close(row, wanted)
    values, gradients = compile(vmap(value_and_grad(f)))(np.array([xs] * 3))
    assert close(values.tolist(), [value] * 3)
    for gradient in gradients.tolist():
        assert close(gradient, slopes)
    assert type(f(xs)) is float
    assert f(xs) == f([Value(x) for x in xs]).data


# --- NumPy finds them, and Python's operators ------------------------------------------------

UFUNCS = "log2 log10 exp2 cbrt square deg2rad rad2deg radians degrees"


@pytest.mark.parametrize("name", UFUNCS.split())
def test_numpys_function_of_an_array_of_values_is_ours(name):
    leaves = [Value(0.5), Value(3.0)]
    out = getattr(np, name)(np.array(leaves))
    assert [type(y) for y in out] == [Value, Value]
    assert [y.data for y in out] == pytest.approx(getattr(np, name)([0.5, 3.0]).tolist(), rel=1e-15)
    ag.sum(out).backward()
    h = 1e-6
    numbers = np.array([0.5, 3.0])
    slope = (getattr(np, name)(numbers + h) - getattr(np, name)(numbers - h)) / (2.0 * h)
    assert [x.grad for x in leaves] == pytest.approx(slope.tolist(), rel=1e-7)


@given(a=st.floats(), b=st.floats())
def test_remainder_and_whole_quotient_are_pythons(a, b):
    x = Value(a)
    if b == 0.0:
        assert math.isnan((x % b).data)
        assert repr((x // b).data) == repr((x / b).data)
        return
    for found, expected in [
        (x % b, a % b),
        (a % Value(b), a % b),
        (x // b, a // b),
        (a // Value(b), a // b),
        *zip(divmod(x, b), divmod(a, b), strict=True),
        *zip(divmod(a, Value(b)), divmod(a, b), strict=True),
    ]:
        assert repr(found.data) == repr(expected)


def test_numpys_remainder_and_whole_quotient_of_arrays_are_ours():
    x = np.array([Value(7.5), Value(-7.5)])
    assert [y.data for y in np.mod(x, 2.0)] == [1.5, 0.5]
    assert [y.data for y in np.floor_divide(x, 2.0)] == [3.0, -4.0]
    assert [y.data for y in np.remainder(8.0, x)] == [0.5, -7.0]


def test_a_whole_quotient_hands_nothing_on():
    x = Value(0.0)
    y = 3.0 * x + ag.log(x) // 1.0  # whose derivative is infinite at 0
    y.backward()
    assert x.grad == 3.0


def test_a_remainder_by_a_moving_divisor():
    assert grad(lambda b: 7.5 % b)(2.0) == -3.0
    assert grad(lambda a: a % 2.0)(7.5) == 1.0


@pytest.mark.parametrize("word", ["a", None, [1.0], 1j])
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_what_is_no_number_is_refused_by_name(name, word):
    with pytest.raises(TypeError, match="an argument of"):
        getattr(ag, name)(*[word] * (1 if name in UNARY else 2))
