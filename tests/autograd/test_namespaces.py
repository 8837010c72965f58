"""Floats follow IEEE 754 where math raises; NumPy's arrays answer the same."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.namespaces import IEEE, Namespace, numpy_namespace
from autograd.primitives import ABSENT, TABLE
from autograd.table import bind_table

INF, NAN = math.inf, math.nan
SPECIAL = [
    0.0,
    -0.0,
    0.25,
    -0.25,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    -1.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    1e-310,
    -1e-310,
]
SPECIAL += [1e-200, -1e-200, 1e200, -1e200, 1e300, 9007199254740993.0, -745.2, 745.2, 710.0, -710.0]
SPECIAL += [5e-324, 1.7976931348623157e308, math.pi / 2, 2.5, -2.5, INF, -INF, NAN]
PAIRS = [(a, b) for a in SPECIAL for b in SPECIAL]

IN_NUMPY = bind_table(numpy_namespace())
SAME_IN_NUMPY = {
    **{
        name: name
        for name in [
            "exp",
            "expm1",
            "log",
            "log1p",
            "log2",
            "log10",
            "cbrt",
            "sqrt",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
        ]
    },
    **{name: f"arc{name[1:]}" for name in ["asin", "acos", "atan", "asinh", "acosh", "atanh"]},
    "floor": "floor",
    "ceil": "ceil",
    "round": "rint",
    "abs": "absolute",
    "sign": "sign",
}
BINARY_IN_NUMPY = {"pow": "power", "div": "divide", "atan2": "arctan2", "hypot": "hypot"}
BINARY_IN_NUMPY |= {"mod": "remainder", "floordiv": "floor_divide"}
BINARY_IN_NUMPY |= {"maximum": "maximum", "minimum": "minimum"}


def same_bits(a, b):
    """Equal as bit patterns, except that all nans are one."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def close(a, b, ulps):
    """Within some units in the last place; exactly equal, sign of zero and all, where either is special."""
    if ulps and a and b and math.isfinite(a) and math.isfinite(b):
        return abs(a - b) <= ulps * max(math.ulp(a), math.ulp(b))
    return same_bits(a, b)


@pytest.mark.parametrize("name", SAME_IN_NUMPY)
def test_functions_of_one_argument_answer_as_numpy_does(name):
    with np.errstate(all="ignore"):
        for x in SPECIAL:
            expected = float(getattr(np, SAME_IN_NUMPY[name])(x))
            # NumPy has its own vectorised exp and sin, an ulp or so from libm's.
            assert close(getattr(IEEE, name)(x), expected, ulps=4), x


@pytest.mark.parametrize("name", BINARY_IN_NUMPY)
def test_functions_of_two_arguments_answer_as_numpy_does(name):
    with np.errstate(all="ignore"):
        for a, b in PAIRS:
            if name in {"maximum", "minimum"} and a == b == 0.0:
                continue  # of two zeros either may be called the larger
            # Arrays, since NumPy takes the root for a scalar exponent of 0.5, which differs at -0.0.
            expected = float(getattr(np, BINARY_IN_NUMPY[name])(np.array([a]), np.array([b]))[0])
            ulps = {"pow": 1, "hypot": 1, "atan2": 1}.get(name, 0)
            assert close(getattr(IEEE, name)(a, b), expected, ulps), (a, b)


def c_power(a, b):
    """C17, annex F.10.4.4: pow at its special points; elsewhere Python's float, which calls it."""
    odd = math.isfinite(b) and b == math.floor(b) and math.fmod(b, 2.0) != 0.0
    sign = math.copysign(1.0, a) if odd else 1.0
    if b == 0.0 or a == 1.0:
        return 1.0
    if math.isnan(a) or math.isnan(b):
        return NAN
    if a == 0.0:
        return sign * (INF if b < 0 else 0.0)
    if math.isinf(a) or math.isinf(b):
        if a == -1.0:
            return 1.0
        return sign * (INF if (abs(a) > 1.0) == (b > 0.0) else 0.0)
    if a < 0.0 and b != math.floor(b):
        return NAN
    try:
        return sign * abs(a) ** b
    except OverflowError:
        return sign * INF


def test_pow_is_that_of_c():
    for a, b in PAIRS:
        assert same_bits(IEEE.pow(a, b), c_power(a, b)), (a, b)


@pytest.mark.parametrize("odd", [1.0, 3.0, 9007199254740991.0])
def test_only_an_odd_exponent_keeps_the_sign_of_the_base_and_not_its_neighbours(odd):
    # The floats nearest to an odd number, of which the remainder by 2 rounds to 1
    for b in (math.nextafter(odd, 0.0), odd, math.nextafter(odd, INF)):
        for exponent in (b, -b):
            for base in (-0.0, -1e308, -1e-308, -2.0, -INF):
                expected = c_power(base, exponent)
                assert same_bits(IEEE.pow(base, exponent), expected), (base, exponent)


@given(a=st.floats(), b=st.floats())
def test_division_is_ieees(a, b):
    with np.errstate(all="ignore"):
        assert same_bits(IEEE.div(a, b), float(np.float64(a) / np.float64(b)))


@pytest.mark.parametrize("name", ["floor", "ceil", "round"])
@given(x=st.floats())
def test_rounding_keeps_the_sign_of_zero_and_what_is_not_finite(name, x):
    expected = float(getattr(np, SAME_IN_NUMPY[name])(x))
    assert same_bits(getattr(IEEE, name)(x), expected)


@pytest.mark.parametrize("row", [row for row in TABLE.values() if row.arity in {1, 2}], ids=str)
def test_a_rule_on_arrays_answers_as_on_floats(row):
    points = [(x,) for x in SPECIAL] if row.arity == 1 else PAIRS
    columns = [np.array(column) for column in zip(*points, strict=True)]
    forward, partials = IN_NUMPY[row.name]
    if row.name == "floordiv":
        partials = ()  # both absent
    with np.errstate(all="ignore"):
        outs = np.broadcast_to(forward(*columns), len(points))
        slopes = [
            np.broadcast_to(partial(outs, *columns) if callable(partial) else partial, len(points))
            for partial in partials
        ]
    for i, point in enumerate(points):
        # An ulp of exp or of an argument near a root is all that the two may differ by.
        assert agree(row.forward(*point), outs[i]), (point, "value")
        for number, partial in enumerate(row.partials[: len(partials)]):
            # On the float's own output: near saturation 1 - out**2 is all rounding.
            local = partial(row.forward(*point), *point) if callable(partial) else partial
            local = 0.0 if local is ABSENT else local
            assert agree(local, slopes[number][i]), (point, "partial", number)


def agree(a, b):
    if math.isnan(a) or math.isinf(a) or math.isnan(b) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return math.isclose(a, b, rel_tol=1e-13, abs_tol=1e-15 if abs(a) < 1e-15 else 0.0)


def test_without_scipy_the_error_functions_are_maths():
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['scipy.special'] = None\n"
        "import math, numpy as np\n"
        "from autograd.namespaces import numpy_namespace\n"
        "xp = numpy_namespace()\n"
        "x = np.array([-1.0, 0.5])\n"
        "assert xp.erf(x).tolist() == [math.erf(-1.0), math.erf(0.5)]\n"
        "assert xp.erfc(x).tolist() == [math.erfc(-1.0), math.erfc(0.5)]\n"
        "assert xp.erf(np.array([])).tolist() == []\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_namespace_shows_its_name():
    assert repr(IEEE) == "<namespace ieee>"
    assert repr(Namespace("mine", {})) == "<namespace mine>"
