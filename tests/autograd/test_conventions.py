"""Every row of docs/conventions.md: values and gradients at kinks, poles and saturations."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import Value, grad, gradient, hessian, jvp, value_and_grad
from autograd.primitives import TABLE

INF, NAN = math.inf, math.nan


class Row(NamedTuple):
    function: Any
    """Of a module with functions of the names of ours, and of the arguments."""
    args: tuple[float, ...]
    value: float
    gradients: tuple[float, ...]
    same: bool = False
    """Whether PyTorch answers so too (to 1e-13)."""


def masked_entropy(m, y, p):
    return -(m.xlogy(y, p) + m.xlogy(1.0, 0.5))


def cross_entropy(m, a, b):
    return m.logsumexp([a, b]) - b


HALF_SQUARE = math.sqrt(0.5)
SAME = True

ROWS = {
    # --- kinks
    "relu(0)": Row(lambda m, x: m.relu(x), (0.0,), 0.0, (0.0,), SAME),
    "relu(-0.0)": Row(lambda m, x: m.relu(x), (-0.0,), 0.0, (0.0,), SAME),
    "leaky_relu(0)": Row(lambda m, x: m.leaky_relu(x, 0.01), (0.0,), 0.0, (0.01,), SAME),
    "elu(0)": Row(lambda m, x: m.elu(x), (0.0,), 0.0, (1.0,), SAME),
    "abs(0)": Row(lambda m, x: m.abs(x), (0.0,), 0.0, (0.0,), SAME),
    "abs(-0.0)": Row(lambda m, x: m.abs(x), (-0.0,), 0.0, (0.0,), SAME),
    "maximum(1,1)": Row(lambda m, a, b: m.maximum(a, b), (1.0, 1.0), 1.0, (0.5, 0.5), SAME),
    "minimum(1,1)": Row(lambda m, a, b: m.minimum(a, b), (1.0, 1.0), 1.0, (0.5, 0.5), SAME),
    "maximum(nan,1)": Row(lambda m, a, b: m.maximum(a, b), (NAN, 1.0), NAN, (NAN, NAN)),
    "maximum(1,nan)": Row(lambda m, a, b: m.maximum(a, b), (1.0, NAN), NAN, (NAN, NAN)),
    "minimum(nan,1)": Row(lambda m, a, b: m.minimum(a, b), (NAN, 1.0), NAN, (NAN, NAN)),
    "minimum(1,nan)": Row(lambda m, a, b: m.minimum(a, b), (1.0, NAN), NAN, (NAN, NAN)),
    "max([1,1,1])": Row(lambda m, *xs: m.max(xs), (1.0,) * 3, 1.0, (1 / 3,) * 3),
    "max([inf]*3)": Row(lambda m, *xs: m.max(xs), (INF,) * 3, INF, (0.25, 0.25, 0.5)),
    "norm([0,0])": Row(lambda m, *xs: m.norm(xs), (0.0, 0.0), 0.0, (0.0, 0.0)),
    "clip at low": Row(lambda m, x: m.clip(x, -1.0, 2.0), (-1.0,), -1.0, (1.0,), SAME),
    "clip at high": Row(lambda m, x: m.clip(x, -1.0, 2.0), (2.0,), 2.0, (1.0,), SAME),
    "clip below": Row(lambda m, x: m.clip(x, -1.0, 2.0), (-1.5,), -1.0, (0.0,), SAME),
    "clip above": Row(lambda m, x: m.clip(x, -1.0, 2.0), (2.5,), 2.0, (0.0,), SAME),
    "clip below, bounds": Row(
        lambda m, x, a, b: m.clip(x, a, b), (-1.5, -1.0, 2.0), -1.0, (0.0, 1.0, 0.0)
    ),
    "clip above, bounds": Row(
        lambda m, x, a, b: m.clip(x, a, b), (2.5, -1.0, 2.0), 2.0, (0.0, 0.0, 1.0)
    ),
    "clip at low, bounds": Row(
        lambda m, x, a, b: m.clip(x, a, b), (-1.0, -1.0, 2.0), -1.0, (1.0, 0.0, 0.0)
    ),
    "clip, equal bounds": Row(
        lambda m, x, a, b: m.clip(x, a, b), (0.0, 1.0, 1.0), 1.0, (0.0, 1.0, 0.0)
    ),
    "sign(0)": Row(lambda m, x: m.sign(x), (0.0,), 0.0, (0.0,), SAME),
    "sign(2)": Row(lambda m, x: m.sign(x), (2.0,), 1.0, (0.0,), SAME),
    "floor(2)": Row(lambda m, x: m.floor(x), (2.0,), 2.0, (0.0,), SAME),
    "floor(2.5)": Row(lambda m, x: m.floor(x), (2.5,), 2.0, (0.0,), SAME),
    "ceil(2.5)": Row(lambda m, x: m.ceil(x), (2.5,), 3.0, (0.0,), SAME),
    "round(2.5)": Row(lambda m, x: m.round(x), (2.5,), 2.0, (0.0,), SAME),
    "4 % 2": Row(lambda m, a, b: a % b, (4.0, 2.0), 0.0, (1.0, -2.0)),
    "4 // 2": Row(lambda m, a, b: a // b, (4.0, 2.0), 2.0, (0.0, 0.0)),
    "sqrt(relu(-1))": Row(lambda m, x: m.sqrt(m.relu(x)), (-1.0,), 0.0, (0.0,), SAME),
    # --- powers
    "0**0": Row(lambda m, a, b: a**b, (0.0, 0.0), 1.0, (0.0, 0.0), SAME),
    "x**0 at 0": Row(lambda m, a: a**0, (0.0,), 1.0, (0.0,), SAME),
    "0**2": Row(lambda m, a, b: a**b, (0.0, 2.0), 0.0, (0.0, 0.0), SAME),
    "0**.5": Row(lambda m, a, b: a**b, (0.0, 0.5), 0.0, (INF, 0.0), SAME),
    "0**-1": Row(lambda m, a, b: a**b, (0.0, -1.0), INF, (-INF, -INF), SAME),
    "(-2)**2.0": Row(lambda m, a, b: a**b, (-2.0, 2.0), 4.0, (-4.0, NAN), SAME),
    "(-2)**2, constant": Row(lambda m, a: a**2, (-2.0,), 4.0, (-4.0,), SAME),
    "(-2)**.5": Row(lambda m, a, b: a**b, (-2.0, 0.5), NAN, (NAN, NAN), SAME),
    "1**inf": Row(lambda m, a, b: a**b, (1.0, INF), 1.0, (INF, 0.0), SAME),
    "2**x": Row(lambda m, b: 2.0**b, (3.0,), 8.0, (8.0 * math.log(2.0),), SAME),
    # --- poles and domain
    "log(0)": Row(lambda m, x: m.log(x), (0.0,), -INF, (INF,), SAME),
    "log(-0.0)": Row(lambda m, x: m.log(x), (-0.0,), -INF, (-INF,), SAME),
    "log(-1)": Row(lambda m, x: m.log(x), (-1.0,), NAN, (-1.0,), SAME),
    "log1p(-1)": Row(lambda m, x: m.log1p(x), (-1.0,), -INF, (INF,), SAME),
    "log2(0)": Row(lambda m, x: m.log2(x), (0.0,), -INF, (INF,), SAME),
    "log10(0)": Row(lambda m, x: m.log10(x), (0.0,), -INF, (INF,), SAME),
    "cbrt(0)": Row(lambda m, x: m.cbrt(x), (0.0,), 0.0, (INF,)),
    "cbrt(-0.0)": Row(lambda m, x: m.cbrt(x), (-0.0,), -0.0, (INF,)),
    "1 % 0": Row(lambda m, a, b: m.mod(a, b), (1.0, 0.0), NAN, (1.0, -INF)),
    "0 % 0": Row(lambda m, a, b: m.mod(a, b), (0.0, 0.0), NAN, (1.0, NAN)),
    "1 // 0": Row(lambda m, a, b: m.floordiv(a, b), (1.0, 0.0), INF, (0.0, 0.0)),
    "erfinv(1)": Row(lambda m, x: m.erfinv(x), (1.0,), INF, (INF,), SAME),
    "erfinv(-1)": Row(lambda m, x: m.erfinv(x), (-1.0,), -INF, (INF,), SAME),
    "lgamma(0)": Row(lambda m, x: m.lgamma(x), (0.0,), INF, (-INF,), SAME),
    "lgamma(-1)": Row(lambda m, x: m.lgamma(x), (-1.0,), INF, (NAN,), SAME),
    "lgamma(-inf)": Row(lambda m, x: m.lgamma(x), (-INF,), INF, (NAN,)),
    "digamma(0)": Row(lambda m, x: m.digamma(x), (0.0,), -INF, (INF,), SAME),
    "digamma(-1)": Row(lambda m, x: m.digamma(x), (-1.0,), NAN, (INF,)),
    "polygamma(1,0)": Row(lambda m, x: m.polygamma(1, x), (0.0,), INF, (-INF,)),
    "polygamma(1,-1)": Row(lambda m, x: m.polygamma(1, x), (-1.0,), INF, (NAN,)),
    "sinc(0)": Row(lambda m, x: m.sinc(x), (0.0,), 1.0, (0.0,)),
    "sinc(inf)": Row(lambda m, x: m.sinc(x), (INF,), NAN, (NAN,)),
    "sqrt(0)": Row(lambda m, x: m.sqrt(x), (0.0,), 0.0, (INF,), SAME),
    "sqrt(-1)": Row(lambda m, x: m.sqrt(x), (-1.0,), NAN, (NAN,), SAME),
    "1/0": Row(lambda m, a, b: a / b, (1.0, 0.0), INF, (INF, -INF), SAME),
    "0/0": Row(lambda m, a, b: a / b, (0.0, 0.0), NAN, (INF, NAN), SAME),
    "1e-200/1e-200": Row(lambda m, a, b: a / b, (1e-200, 1e-200), 1.0, (1e200, -1e200), SAME),
    "asin(1)": Row(lambda m, x: m.asin(x), (1.0,), math.pi / 2, (INF,), SAME),
    "asin(-1)": Row(lambda m, x: m.asin(x), (-1.0,), -math.pi / 2, (INF,), SAME),
    "acos(1)": Row(lambda m, x: m.acos(x), (1.0,), 0.0, (-INF,), SAME),
    "acosh(1)": Row(lambda m, x: m.acosh(x), (1.0,), 0.0, (INF,), SAME),
    "atanh(1)": Row(lambda m, x: m.atanh(x), (1.0,), INF, (INF,), SAME),
    "atanh(-1)": Row(lambda m, x: m.atanh(x), (-1.0,), -INF, (INF,), SAME),
    "asin(2)": Row(lambda m, x: m.asin(x), (2.0,), NAN, (NAN,), SAME),
    "atan2(0,0)": Row(lambda m, y, x: m.atan2(y, x), (0.0, 0.0), 0.0, (0.0, 0.0), SAME),
    "hypot(0,0)": Row(lambda m, a, b: m.hypot(a, b), (0.0, 0.0), 0.0, (0.0, 0.0)),
    "hypot(1e200,1e200)": Row(
        lambda m, a, b: m.hypot(a, b),
        (1e200, 1e200),
        math.sqrt(2.0) * 1e200,
        (HALF_SQUARE, HALF_SQUARE),
        SAME,
    ),
    "xlogy(0,0)": Row(lambda m, x, y: m.xlogy(x, y), (0.0, 0.0), 0.0, (0.0, 0.0)),
    "prod(0,2,3)": Row(
        lambda m, a, b, c: m.prod([a, b, c]), (0.0, 2.0, 3.0), 0.0, (6.0, 0.0, 0.0), SAME
    ),
    "prod(0,0,3)": Row(
        lambda m, a, b, c: m.prod([a, b, c]), (0.0, 0.0, 3.0), 0.0, (0.0, 0.0, 0.0), SAME
    ),
    "inf-inf": Row(lambda m, a, b: a - b, (INF, INF), NAN, (1.0, -1.0), SAME),
    "inf*0": Row(lambda m, a, b: a * b, (INF, 0.0), NAN, (0.0, INF), SAME),
    # --- saturation
    "exp(1000)": Row(lambda m, x: m.exp(x), (1000.0,), INF, (INF,), SAME),
    "exp(-1000)": Row(lambda m, x: m.exp(x), (-1000.0,), 0.0, (0.0,), SAME),
    "exp2(1e4)": Row(lambda m, x: m.exp2(x), (1e4,), INF, (INF,), SAME),
    "logaddexp(1e4,1e4)": Row(
        lambda m, a, b: m.logaddexp(a, b), (1e4, 1e4), 1e4 + math.log(2.0), (0.5, 0.5), SAME
    ),
    "expm1(1000)": Row(lambda m, x: m.expm1(x), (1000.0,), INF, (INF,), SAME),
    "sinh(-1000)": Row(lambda m, x: m.sinh(x), (-1000.0,), -INF, (INF,), SAME),
    "cosh(-1000)": Row(lambda m, x: m.cosh(x), (-1000.0,), INF, (-INF,), SAME),
    "sigmoid(1000)": Row(lambda m, x: m.sigmoid(x), (1000.0,), 1.0, (0.0,), SAME),
    "sigmoid(-1000)": Row(lambda m, x: m.sigmoid(x), (-1000.0,), 0.0, (0.0,), SAME),
    "tanh(1000)": Row(lambda m, x: m.tanh(x), (1000.0,), 1.0, (0.0,), SAME),
    "tanh(-1000)": Row(lambda m, x: m.tanh(x), (-1000.0,), -1.0, (0.0,), SAME),
    "softplus(1000)": Row(lambda m, x: m.softplus(x), (1000.0,), 1000.0, (1.0,), SAME),
    "softplus(-1000)": Row(lambda m, x: m.softplus(x), (-1000.0,), 0.0, (0.0,), SAME),
    "log_sigmoid(-1000)": Row(lambda m, x: m.log_sigmoid(x), (-1000.0,), -1000.0, (1.0,), SAME),
    "log_sigmoid(1000)": Row(lambda m, x: m.log_sigmoid(x), (1000.0,), 0.0, (0.0,), SAME),
    "logsumexp(1000,1000)": Row(
        lambda m, a, b: m.logsumexp([a, b]),
        (1000.0, 1000.0),
        1000.0 + math.log(2.0),
        (0.5, 0.5),
        SAME,
    ),
    "softmax(1e4,0)[0]": Row(
        lambda m, a, b: m.softmax([a, b])[0], (1e4, 0.0), 1.0, (0.0, 0.0), SAME
    ),
    "softmax(1e4,0)[1]": Row(
        lambda m, a, b: m.softmax([a, b])[1], (1e4, 0.0), 0.0, (0.0, 0.0), SAME
    ),
    "cross_entropy(1e4,0)": Row(cross_entropy, (1e4, 0.0), 1e4, (1.0, -1.0), SAME),
    "y log p, y = p = 0": Row(masked_entropy, (0.0, 0.0), math.log(2.0), (0.0, 0.0)),
    "log1p(1e-20)": Row(lambda m, x: m.log1p(x), (1e-20,), 1e-20, (1.0,), SAME),
    "expm1(1e-20)": Row(lambda m, x: m.expm1(x), (1e-20,), 1e-20, (1.0,), SAME),
    # --- tails: what stands here is rounded from mpmath's 40 digits
    "sigmoid(40)": Row(lambda m, x: m.sigmoid(x), (40.0,), 1.0, (4.248354255291589e-18,)),
    "sigmoid(-40)": Row(
        lambda m, x: m.sigmoid(x), (-40.0,), 4.248354255291589e-18, (4.248354255291589e-18,), SAME
    ),
    "tanh(20)": Row(lambda m, x: m.tanh(x), (20.0,), 1.0, (1.6993417021166355e-17,)),
    "tanh(-20)": Row(lambda m, x: m.tanh(x), (-20.0,), -1.0, (1.6993417021166355e-17,)),
    "2**1024": Row(lambda m, b: 2.0**b, (1024.0,), INF, (1.2460659279417838e308,)),
    "5e-324**0": Row(lambda m, a, b: a**b, (5e-324, 0.0), 1.0, (0.0, math.log(5e-324))),
    "1e-310**0.001": Row(
        lambda m, a, b: a**b,
        (1e-310, 0.001),
        0.4897788193684462,
        (4.897788193684477e306, -349.60479658602236),
    ),
    # --- selection
    "where(0 > 0, log(0), 0)": Row(lambda m, x: m.where(x > 0, m.log(x), 0.0), (0.0,), 0.0, (0.0,)),
    "where(1 > 0, x, log(0 x))": Row(
        lambda m, x: m.where(x > 0, x, m.log(x * 0.0)), (1.0,), 1.0, (1.0,)
    ),
}


def agree(got, expected, rel_tol=4e-16):
    """Equal to rounding, infinities and nan included; the sign of a zero is not compared."""
    if math.isnan(expected) or math.isinf(expected) or expected == 0.0:
        return got == expected or (math.isnan(expected) and math.isnan(got))
    return math.isclose(got, expected, rel_tol=rel_tol)


def check(got, row, rel_tol=4e-16):
    value, gradients = got
    assert agree(value, row.value, rel_tol), f"value {value}, expected {row.value}"
    for gradient_, expected in zip(gradients, row.gradients, strict=True):
        assert agree(gradient_, expected, rel_tol), (
            f"gradients {gradients}, expected {row.gradients}"
        )


def by_backward(row):
    args = [Value(x) for x in row.args]
    out = row.function(ag, *args)
    out.backward()
    return out.data, [x.grad for x in args]


def by_created_graph(row):
    args = [Value(x) for x in row.args]
    out = row.function(ag, *args)
    return out.data, [g.data for g in gradient(out, args, create_graph=True)]


def by_forward_mode(row):
    value, gradients = NAN, []
    for i in range(len(row.args)):

        def partial(x, i=i):
            return row.function(ag, *row.args[:i], x, *row.args[i + 1 :])

        value, tangent = jvp(partial)((row.args[i],), (1.0,))
        gradients.append(tangent)
    return value, gradients


def by_compiled(row):
    argnums = tuple(range(len(row.args)))
    return ag.compile(value_and_grad(lambda *xs: row.function(ag, *xs), argnums))(*row.args)


MODES = [by_backward, by_created_graph, by_forward_mode, by_compiled]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("mode", MODES)
def test_the_answer_is_the_convention(name, mode):
    check(mode(ROWS[name]), ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_the_value_is_the_same_without_values(name):
    row = ROWS[name]
    if name in {"1/0", "0/0"} or "**" in name:
        return  # Python's own operators, without one of ours in between
    assert agree(row.function(ag, *row.args), row.value)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.same])
def test_pytorch_answers_so_too(name):
    row = ROWS[name]
    m = torch_functions()
    args = [m.torch.tensor(x, dtype=m.torch.float64, requires_grad=True) for x in row.args]
    out = row.function(m, *args)
    out.backward()
    check((out.item(), [x.grad.item() for x in args]), row, rel_tol=1e-13)


def torch_functions():
    """PyTorch's functions by our names."""
    torch = pytest.importorskip("torch")
    nn = torch.nn.functional

    class Functions:
        leaky_relu = staticmethod(nn.leaky_relu)
        elu = staticmethod(nn.elu)
        softplus = staticmethod(nn.softplus)
        log_sigmoid = staticmethod(nn.logsigmoid)

        def __getattr__(self, name):
            return getattr(torch, name)

        def prod(self, xs):
            return torch.stack(xs).prod()

        def logsumexp(self, xs):
            return torch.logsumexp(torch.stack(xs), 0)

        def softmax(self, xs):
            return torch.softmax(torch.stack(xs), 0)

    Functions.torch = torch
    return Functions()


# --- second order ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "second"),
    [
        (lambda x: x**1.5, 0.0, INF),
        (lambda x: x**2, 0.0, 2.0),
        (lambda x: x**1, 0.0, 0.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**2.0, -3.0, 2.0),
        (lambda x: ag.where(x > 0, ag.log(x), 0.0), 0.0, 0.0),
        (ag.relu, 0.0, 0.0),
        (abs, 0.0, 0.0),
        (lambda x: ag.maximum(x, 0.0), 0.0, 0.0),
        (ag.sqrt, 0.0, -INF),
        (ag.log, 0.0, -INF),
        (lambda x: ag.hypot(x, 0.0), 0.0, 0.0),
        (lambda x: ag.xlogy(x, x), 0.0, 0.0),
        (ag.tanh, 1000.0, 0.0),
        (ag.sigmoid, -1000.0, 0.0),
        (ag.softplus, 1000.0, 0.0),
        (lambda x: ag.logsumexp([x, x + 1000.0]), 0.0, 0.0),
    ],
)
def test_second_derivatives_at_the_same_places(function, x, second):
    assert agree(hessian(function)(x), second)


@pytest.mark.parametrize(
    ("function", "args", "second"),
    # Rounded from mpmath's 40 digits.
    [
        (ag.sigmoid, (40.0,), -4.248354255291589e-18),
        (ag.sigmoid, (1e-9,), -1.25e-10),
        (ag.sigmoid, (1e-300,), -1.25e-301),
        (ag.tanh, (20.0,), -3.398683404233271e-17),
        (ag.tanh, (1e-9,), -2e-9),
        (ag.softplus, (40.0,), 4.248354255291589e-18),
        (ag.log_sigmoid, (-40.0,), -4.248354255291589e-18),
        (ag.silu, (40.410841513445845,), -1.0820525268131133e-16),
        (ag.atanh, (1e-10,), 2e-10),
        (ag.asin, (1e-10,), 1e-10),
        (ag.acos, (1e-10,), -1e-10),
        (ag.atan, (1e100,), -2e-300),
        (lambda a, b: ag.hypot(a, b), (1.0, 1e-10), 1e-20),
        (lambda a, b: ag.hypot(b, a), (1.0, 1e-10), 1e-20),
        (lambda b: 2.0**b, (1024.0,), 8.637070847446594e307),
        (lambda a, b: a**b, (1e-200, 1e-300), -1e100),
    ],
)
def test_second_derivatives_keep_their_digits(function, args, second):
    once = grad(function)
    twice = grad(lambda x: once(x, *args[1:]))
    found = {
        "eager": twice(args[0]),
        "compiled": ag.compile(twice)(args[0]),
        "mapped": ag.compile(ag.vmap(twice))([args[0]])[0],
    }
    for mode, number in found.items():
        assert agree(number, second, rel_tol=1e-14), f"{mode}: {number}"


@pytest.mark.parametrize("function", [ag.sigmoid, ag.tanh])
@pytest.mark.parametrize("x", [1e3, -1e4, 1e300, INF, -INF])
def test_saturation_is_flat_at_any_order(function, x):
    slope = grad(function)
    assert (slope(x), grad(slope)(x), grad(grad(slope))(x)) == (0.0, 0.0, 0.0)


# --- flat pieces -----------------------------------------------------------------------------

FLAT = {
    # An infinite cotangent comes to a flat piece.
    "sqrt(relu(x))": (lambda x: ag.sqrt(ag.relu(x)), -1.0),
    "log(relu(x))": (lambda x: ag.log(ag.relu(x)), -1.0),
    "1/relu(x)": (lambda x: 1.0 / ag.relu(x), -1.0),
    "relu(x)**.5": (lambda x: ag.relu(x) ** 0.5, -1.0),
    "sqrt(relu(x)) at the kink": (lambda x: ag.sqrt(ag.relu(x)), 0.0),
    "sqrt(maximum(x, 0))": (lambda x: ag.sqrt(ag.maximum(x, 0.0)), -1.0),
    "sqrt(maximum(0, x))": (lambda x: ag.sqrt(ag.maximum(0.0, x)), -1.0),
    "sqrt(-minimum(x, 0))": (lambda x: ag.sqrt(-ag.minimum(x, 0.0)), 1.0),
    "sqrt(clip(x, 0, 1))": (lambda x: ag.sqrt(ag.clip(x, 0.0, 1.0)), -1.0),
    "sqrt(1 - clip(x, 0, 1))": (lambda x: ag.sqrt(1.0 - ag.clip(x, 0.0, 1.0)), 2.0),
    "sqrt(clip(0.5, x, 1) - .5)": (lambda x: ag.sqrt(ag.clip(0.5, x, 1.0) - 0.5), 0.0),
    "sqrt(clip(0.5, 0, x) - .5)": (lambda x: ag.sqrt(ag.clip(0.5, 0.0, x) - 0.5), 1.0),
    "sqrt(floor(x))": (lambda x: ag.sqrt(ag.floor(x)), 0.5),
    "sqrt(ceil(x))": (lambda x: ag.sqrt(ag.ceil(x)), -0.5),
    "sqrt(round(x))": (lambda x: ag.sqrt(ag.round(x)), 0.3),
    "sqrt(sign(x))": (lambda x: ag.sqrt(ag.sign(x)), 0.0),
    "log(floor(x)) at a jump": (lambda x: ag.log(ag.floor(x)), 0.0),
    "leaky_relu's slope": (lambda x: ag.sqrt(ag.leaky_relu(1.0, x) - 1.0), 0.1),
    "elu's alpha": (lambda x: ag.sqrt(ag.elu(1.0, x) - 1.0), 0.1),
    # Behind a flat piece something has an infinite derivative.
    "relu(log(x))": (lambda x: ag.relu(ag.log(x)), 0.0),
    "relu(2 * log(x) + 1)": (lambda x: ag.relu(2.0 * ag.log(x) + 1.0), 0.0),
    "minimum(1/x, 5)": (lambda x: ag.minimum(1.0 / x, 5.0), 0.0),
    "clip(log(x), -1, 1)": (lambda x: ag.clip(ag.log(x), -1.0, 1.0), 0.0),
    "floor(sqrt(x))": (lambda x: ag.floor(ag.sqrt(x)), 0.0),
    "relu(a dot with log(x))": (
        lambda x: ag.relu(ag.dot([ag.log(x), x, 1.0], [2.0, 3.0, 1.0])),
        0.0,
    ),
    "relu(log(x)) + relu(x - 1)": (lambda x: ag.relu(ag.log(x)) + ag.relu(x - 1.0), 0.0),
    "sqrt(relu(log(x)))": (lambda x: ag.sqrt(ag.relu(ag.log(x))), 0.0),
}
"""Functions, and where they are flat."""


def many(function):
    """The same of each of many numbers, which an array program computes."""
    return lambda xs: ag.sum([function(x) for x in xs])


@pytest.mark.parametrize("name", FLAT)
def test_a_piece_not_taken_has_no_say(name):
    function, x = FLAT[name]
    leaf = Value(x)
    out = function(leaf)
    out.backward()
    slope = grad(function)
    found = {
        "backward": leaf.grad,
        "create_graph": gradient(out, leaf, create_graph=True).data,
        "forward": jvp(function)((x,), (1.0,))[1],
        "second": grad(slope)(x),
        "second, forward over reverse": jvp(slope)((x,), (1.0,))[1],
        "compiled": ag.compile(slope)(x),
        "compiled, forward": ag.compile(lambda x: jvp(function)((x,), (1.0,))[1])(x),
        "compiled, second": ag.compile(grad(slope))(x),
        "mapped": ag.compile(ag.vmap(slope))([x, x])[1],
        "mapped, second": ag.compile(ag.vmap(grad(slope)))([x, x])[1],
        "an array program": ag.compile(grad(many(function)))([x] * 200)[7],
        "float32": ag.compile(ag.vmap(slope), "float32")([x, x])[0],
    }
    assert found == dict.fromkeys(found, 0.0)


def test_a_flat_piece_among_others_takes_nothing_from_them():
    def f(x, y):
        return ag.sqrt(ag.relu(x)) + ag.relu(ag.log(x + 1.0)) * y + y * y

    point = -1.0, 3.0
    right = (0.0, 6.0)
    assert grad(f, (0, 1))(*point) == right
    assert ag.compile(grad(f, (0, 1)))(*point) == right
    mapped = ag.compile(ag.vmap(grad(f, (0, 1))))([-1.0, 4.0, -1.0], [3.0, 0.0, 3.0])
    assert [column[0] for column in mapped] == [column[2] for column in mapped] == list(right)
    assert [column[1] for column in mapped] == pytest.approx([0.25, math.log(5.0)])


@pytest.mark.parametrize("name", ["sqrt(relu(x))", "relu(log(x))", "sqrt(clip(x, 0, 1))"])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_nan_that_comes_in_goes_out_of_flat_pieces_too(name, mapped):
    function, _ = FLAT[name]
    slope = ag.compile(ag.vmap(grad(function)) if mapped else grad(function))
    assert math.isnan(slope([NAN])[0] if mapped else slope(NAN))


# --- nan -------------------------------------------------------------------------------------

OWN_GRADIENT_WITHOUT_NAN = {
    # What is linear in an argument has a derivative by it that this argument does not enter.
    *((name, i) for name in ("add", "sub", "mul", "sum", "prod", "dot") for i in range(4)),
    *(("neg", 0), ("div", 0), ("xlogy", 0), ("mod", 0)),
}
ADDITIVE = {"add", "sub", "sum"}


def nan_cases():
    for name, row in TABLE.items():
        if name != "where":  # which selects: its own test, below
            arity = 4 if row.arity is None else row.arity
            for position in range(arity):
                yield pytest.param(row, arity, position, id=f"{name}-{position}")


@pytest.mark.parametrize(("row", "arity", "position"), list(nan_cases()))
def test_nan_in_gives_nan_out_value_and_gradient(row, arity, position):
    # The first is negative for the sake of leaky_relu and elu, which use their slope there only.
    numbers = [-0.5, 0.75, 0.25, 1.5][:arity]
    numbers[position] = NAN
    args = [Value(x) for x in numbers]
    out = args[0]._apply(row, *args)
    out.backward()
    assert math.isnan(out.data)
    for i, arg in enumerate(args):
        if i == position:
            linear = (row.name, i) in OWN_GRADIENT_WITHOUT_NAN
        else:
            linear = row.name in ADDITIVE or (row.name == "dot" and i != (position + 2) % 4)
            linear = linear or (row.name, i) == ("mod", 0)
        linear = linear or row.name == "floordiv"  # which hands nothing on
        assert math.isnan(arg.grad) != linear, f"gradient {arg.grad} by argument {i}"


def test_where_hands_on_a_nan_that_it_selects_and_no_other():
    x, y = Value(NAN), Value(2.0)
    assert math.isnan(ag.where(True, x, y).data)
    out = ag.where(False, x * x, y)
    out.backward()
    assert (out.data, x.grad, y.grad) == (2.0, 0.0, 1.0)


def test_ieee_lets_three_nans_vanish():
    # IEEE 754-2019, 9.2.1: the result is the same whatever number the nan stands for.
    assert (Value(NAN) ** 0).data == 1.0
    assert (Value(1.0) ** Value(NAN)).data == 1.0
    assert ag.hypot(Value(INF), NAN).data == INF


# --- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        *(2, 2.0, True, Fraction(5, 2), Decimal("2.5")),
        *(np.float64(2.5), np.float32(2.5), np.float16(2.5), np.int8(2), np.bool_(True)),
        *(np.array(2.5), np.array(2), np.array(True)),
    ],
    ids=lambda number: type(number).__name__,
)
def test_this_is_a_number(number):
    expected = float(number)
    value = Value(number)
    assert type(value.data) is float
    assert value.data == expected
    x = Value(3.0)
    for out, answer in [
        (x * number, 3.0 * expected),
        (x**number, 3.0**expected),
        (number - x, expected - 3.0),
        (number / x, expected / 3.0),
        (ag.maximum(number, x), 3.0),
    ]:
        assert isinstance(out, Value)
        assert out.data == answer
    assert ag.exp(number) == math.exp(expected)
    assert type(ag.exp(number)) is float
    assert value_and_grad(lambda x: x * number)(number) == (expected**2, expected)


@pytest.mark.parametrize(
    ("thing", "advice"),
    [
        ("2.0", "the str '2.0'; convert it with float() first"),
        (None, "NoneType"),
        (2j, "complex; use two Values, for the real and the imaginary part"),
        (np.complex64(1j), "complex; use two Values"),
        ([1.0], "list; a Value is one number, so make one for each element"),
        ((1.0,), "tuple; a Value is one number"),
        (np.array([1.0]), "ndarray; a Value is one number"),
        (np.zeros((2, 2)), "ndarray; a Value is one number"),
        (np.array("a"), "ndarray"),
        (Value(1.0), "a Value; use the Value itself, or its .data"),
        (object(), "object"),
        (float, "type"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_this_is_no_number(thing, advice):
    with pytest.raises(TypeError) as caught:
        Value(thing)
    assert str(caught.value).startswith(f"data must be a real number, not {advice}")
    leaf = Value(1.0)
    with pytest.raises(TypeError, match="data must be a real number"):
        leaf.data = thing
    assert leaf.data == 1.0


@pytest.mark.parametrize(
    "number",
    [10**400, -(10**400), Fraction(10**400), np.array(10**400)],
    ids=["int", "negative", "Fraction", "array"],
)
def test_a_number_too_large_for_a_float_is_an_error_that_names_the_argument(number):
    with pytest.raises(OverflowError, match="data is too large for a float"):
        Value(number)
    with pytest.raises(OverflowError, match="an operand is too large for a float"):
        Value(1.0) * number
    with pytest.raises(OverflowError, match="an argument of exp is too large for a float"):
        ag.exp(number)
    with pytest.raises(OverflowError, match="argument 0 of <lambda> is too large for a float"):
        grad(lambda x: x)(number)


def test_what_is_no_number_is_refused_by_every_function():
    for name, row in TABLE.items():
        if row.arity is not None and name != "where":
            for bad in ("a", None, 1j, [1.0]):
                args = [Value(0.5)] * (row.arity - 1)
                for position in range(row.arity):
                    mixed = [*args[:position], bad, *args[position:]]
                    with pytest.raises(TypeError):
                        getattr(ag, name)(*mixed)
