"""The functions that users of NumPy and PyTorch look for: value, first and second derivatives are mpmath's, whichever way."""

from __future__ import annotations

import functools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, compile, grad, hessian, special, value_and_grad, vmap

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
    "erfinv": (mpmath.erfinv, [-0.99999, -0.3, 1e-200, 0.5, 0.51, 1.0 - 2.0**-50]),
    "lgamma": (
        lambda x: mpmath.re(mpmath.loggamma(x)),
        [1e-300, 0.3, 1.0 + 1e-9, 2.4, 3.6, 9.9, 1e5, 1e300, -0.3, -4.4, -1234.75],
    ),
    "digamma": (mpmath.digamma, [1e-100, 0.3, 1.7, 9.9, 1e5, -0.3, -4.4, -1234.75]),
    "trigamma": (lambda x: mpmath.psi(1, x), [1e-50, 0.3, 1.0, 9.9, 1e5, -0.3, -4.4, -1234.75]),
    "pentagamma": (lambda x: mpmath.psi(3, x), [1e-50, 0.3, 1.0, 9.9, 1e5, -0.3, -4.4, -1234.75]),
    "polygamma_of_order_40": (lambda x: mpmath.psi(40, x), [0.3, 1.0, 9.9, 1234.75, -0.3]),
}
ORDERS = {"trigamma": 1, "pentagamma": 3, "polygamma_of_order_40": 40}
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
    # Enough for differences around 1e-300; mpmath takes seconds over so many digits of digamma.
    with mpmath.workdps(250 if "gamma" in name else 700):

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


def ours(name):
    return functools.partial(ag.polygamma, ORDERS[name]) if name in ORDERS else getattr(ag, name)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_value_and_derivatives_are_mpmaths_eager_compiled_and_mapped(name, point):
    def f(xs):
        return ours(name)(*xs)

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
    called = "polygamma" if name in ORDERS else name
    with pytest.raises(TypeError, match=f"an argument of {called} must be a real number"):
        ours(name)(*[word] * (1 if name in UNARY else 2))


@pytest.mark.parametrize(
    "name", ["mean", "norm", "softmax", "log_softmax", "max", "min", "sum", "prod", "logsumexp"]
)
def test_what_is_no_number_among_some_is_refused_by_name(name):
    for xs in (["a"], ["a", 1.0], [1.0, "a"], [Value(1.0), "a"], ["a", Value(1.0)]):
        with pytest.raises(TypeError, match=f"an argument of {name} must be a real number, .*'a'"):
            getattr(ag, name)(xs)


@pytest.mark.parametrize("n", [1.0, "1", None, Value(1.0), 1j])
def test_the_order_of_polygamma_must_be_an_int(n):
    with pytest.raises(TypeError, match="n of polygamma must be an int, not "):
        ag.polygamma(n, 2.0)


@pytest.mark.parametrize("n", [-1, 171, 10**9])
def test_the_order_of_polygamma_must_be_one_with_a_factorial(n):
    with pytest.raises(ValueError, match=f"n of polygamma must be from 0 to 170, not {n}"):
        ag.polygamma(n, 2.0)


def test_polygamma_of_order_0_is_digamma_and_derivatives_raise_the_order():
    assert ag.polygamma(0, 0.3) == ag.digamma(0.3) == grad(ag.lgamma)(0.3)
    assert ag.polygamma(np.int64(2), 0.3) == grad(grad(ag.digamma))(0.3)
    assert grad(lambda x: ag.polygamma(1, x))(0.3) == ag.polygamma(2, 0.3)


def test_the_constants_of_special_functions_are_mpmaths():
    with mpmath.workdps(40):
        assert list(special.ZETAS) == [float(mpmath.zeta(k) - 1) for k in range(2, 27)]
    assert float(mpmath.euler) == special.EULER
    assert list(special.BERNOULLI) == [float(mpmath.bernoulli(2 * k)) for k in range(1, 9)]


# --- the largest, the smallest, lengths ------------------------------------------------------

VECTORS = [[3.0, -1.0, 2.5], [-2.0, 0.25, 7.0, 1.0, -3.0], [1e200, -1e200, 1e199], [1e-200, 2e-200]]


@pytest.mark.parametrize("xs", VECTORS)
@pytest.mark.parametrize("way", [lambda f: f, compile], ids=["eager", "compiled"])
def test_a_norm_and_its_derivatives_are_mpmaths(xs, way):
    value, first = way(value_and_grad(ag.norm))(xs)
    second = way(hessian(ag.norm))(xs)
    with mpmath.workdps(700):
        exactly = [mpmath.mpf(x) for x in xs]
        r = mpmath.sqrt(mpmath.fsum(x * x for x in exactly))
        assert value == pytest.approx(float(r), rel=1e-14)
        assert first == pytest.approx([float(x / r) for x in exactly], rel=1e-13)
        for i, row in enumerate(second):
            wanted = [float(((i == j) - a * exactly[i] / r**2) / r) for j, a in enumerate(exactly)]
            assert row == pytest.approx(wanted, rel=1e-12)


def test_a_norm_is_0_with_derivative_0_at_the_origin_and_of_one_number_its_size():
    for way in (lambda f: f, compile):
        assert way(value_and_grad(ag.norm))([0.0, 0.0, 0.0]) == (0.0, [0.0, 0.0, 0.0])
        assert way(value_and_grad(ag.norm))([-2.0]) == (2.0, [-1.0])
    assert ag.norm([]) == 0.0


@given(xs=st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=9))
def test_of_n_equal_extremes_each_has_derivative_1_over_n(xs):
    for ours, pythons, place in ((ag.max, max, ag.argmax), (ag.min, min, ag.argmin)):
        value, slopes = value_and_grad(ours)(xs)
        assert value == pythons(xs) == ours(xs)
        many = xs.count(value)
        assert slopes == pytest.approx([(x == value) / many for x in xs], rel=1e-15)
        assert place(xs) == place([Value(x) for x in xs]) == xs.index(value)


def test_extremes_are_those_of_each_lane_compiled_and_mapped():
    rows = [[1.0, 1.0, 1.0, 0.0, -2.0], [3.0, 5.0, 5.0, 5.0, 1.0], [2.0, 1.0, 4.0, -4.0, 4.0]]
    for function in (ag.max, ag.min):
        fast = compile(vmap(value_and_grad(function)))(rows)
        for row, value, slopes in zip(rows, *fast, strict=True):
            assert (value, slopes) == value_and_grad(function)(row)
        assert compile(hessian(function))(rows[0]) == hessian(function)(rows[0])

    def curved(xs):
        return ag.max([x * x for x in xs])

    for way in (lambda f: f, compile):  # at a tie of one and another: half of each one's curvature
        assert way(hessian(curved))([2.0, -2.0, 1.0]) == [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 0]]


def test_extremes_of_what_is_not_finite():
    assert ag.max([1.0, INF, 2.0]) == INF
    assert ag.min([-INF, -INF, 2.0]) == -INF
    assert math.isnan(ag.max([1.0, NAN, 2.0]))
    assert ag.argmax([1.0, NAN, 2.0]) == ag.argmin([1.0, NAN, 2.0]) == 1
    value, slopes = value_and_grad(ag.max)([INF, INF, INF])
    assert (value, slopes) == (INF, [0.25, 0.25, 0.5])
    assert value_and_grad(ag.max)([-INF, ag.log(0.0), 1.0]) == (1.0, [0.0, 0.0, 1.0])
    assert grad(lambda x: ag.max([1.0, ag.log(x)]))(0.0) == 0.0  # not 0 times infinity


@pytest.mark.parametrize("function", [ag.max, ag.min, ag.argmax, ag.argmin])
def test_extremes_of_nothing_or_of_no_numbers_are_refused(function):
    name = function.__name__
    with pytest.raises(ValueError, match=f"{name} needs at least one number"):
        function([])
    with pytest.raises(TypeError, match=r"an argument of|an entry of"):
        function(["a", "b"])


@pytest.mark.parametrize("function", [ag.argmax, ag.argmin])
def test_a_place_is_refused_where_numbers_have_no_value_yet(function):
    with pytest.raises(ag.TraceError, match=rf"{function.__name__} needs a number.*use max or min"):
        compile(lambda xs: xs[function(xs)])([1.0, 2.0])
    assert grad(lambda xs: xs[ag.argmax(xs)] ** 2)([1.0, 3.0]) == [0.0, 6.0]


# --- about a number --------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, 1e308, INF, -INF, NAN, 3])
def test_isnan_and_isfinite_are_maths_eager_and_recorded(x):
    for ours, maths in ((ag.isnan, math.isnan), (ag.isfinite, math.isfinite)):
        assert ours(x) is ours(Value(x)) is maths(x)
        assert compile(lambda y, ours=ours: ag.where(ours(y), 1.0, 0.0))(float(x)) == maths(x)
    with pytest.raises(TypeError, match="the argument of isnan"):
        ag.isnan("x")


def test_no_gradient_flows_through_stop_gradient():
    for way in (lambda f: f, compile):
        assert way(grad(lambda x: x * ag.stop_gradient(x)))(3.0) == 3.0
        assert way(grad(lambda xs: ag.dot(xs, ag.stop_gradient(xs))))([3.0, 4.0]) == [3.0, 4.0]
    assert ag.stop_gradient([Value(1.0), {"a": (2, Value(3.0))}])[1]["a"][0] == 2
    array = ag.stop_gradient(np.array([Value(2.0) * 3.0]))
    assert array[0].primitive is None
    assert array[0].data == 6.0


def test_plain_numbers_come_back_from_stop_gradient_as_they_are():
    for plain in (3, 2.5, [1, 2], {"a": (1.0, 2)}, np.array([1, 2])):
        assert ag.stop_gradient(plain) is plain
    with pytest.raises(TypeError, match=r"x\['a'\]\[1\] of stop_gradient must be a real number"):
        ag.stop_gradient({"a": [1.0, "b"]})


def test_a_compiled_function_reads_what_it_stops_anew():
    w = Value(2.0)
    f = compile(lambda x: x * ag.stop_gradient(w))
    assert f(3.0) == 6.0
    w.data = 5.0
    assert f(3.0) == 15.0
