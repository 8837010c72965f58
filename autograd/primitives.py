"""The table of scalar primitives: each operation the engine knows, in one place.

What a row is made of stands in :mod:`autograd.table`. In short: a row is one function of a namespace ``xp`` (:mod:`autograd.namespaces`) that returns the forward rule
and one *partial* per argument: the derivative of the output with respect to that argument, as a
function of the output and the arguments. From the partials everything follows: the vjp of a row is
``cotangent * partial``, its jvp the sum of ``partial * tangent``. Partials that are the number 1 or -1
are given as numbers, so that nobody multiplies by them.

>>> tanh.forward(0.5)
0.46211715726000...
>>> [partial(tanh.forward(0.5), 0.5) for partial in tanh.partials]
[0.786447732965927...]

Rules are branch-free (they select with ``xp.where``) and use only ``+ - *``, comparisons, ``out`` and
the functions of ``xp``, so that the same line runs on floats, on nodes of a graph (which is how
derivatives of any order come about), on symbols, on arrays and on mpmath's numbers.

To add a primitive, add a row. Operators, drawings, checks, compiled kernels and the reference table
are made from it. What each row answers at kinks, poles and saturations is listed in
``docs/conventions.md``, and asserted by ``tests/autograd/test_conventions.py``.
"""

from __future__ import annotations

import math
import operator
from functools import reduce
from typing import TYPE_CHECKING, Any

from . import special
from .table import ABSENT, TABLE, TRACED, Primitive, primitive

if TYPE_CHECKING:
    from .namespaces import Namespace
    from .table import Row

    N = Any  # a number of whatever kind the namespace computes with

__all__ = ["ABSENT", "TABLE", "TRACED", "Primitive", "primitive"]  # and the rows


# --- arithmetic ------------------------------------------------------------------------------


@primitive("+", arity=2, commutative=True, kernel=True, identity=0.0)
def add(xp: Namespace) -> Row:
    """``a + b``."""
    return operator.add, 1.0, 1.0


@primitive("-", arity=2, kernel=True)
def sub(xp: Namespace) -> Row:
    """``a - b``."""
    return operator.sub, 1.0, -1.0


@primitive("×", arity=2, commutative=True, kernel=True, identity=1.0)
def mul(xp: Namespace) -> Row:
    """``a * b``."""
    return operator.mul, lambda out, a, b: b, lambda out, a, b: a


@primitive("÷", arity=2, domain=lambda a, b: (b * b,), kernel=True)
def div(xp: Namespace) -> Row:
    """``a / b``."""
    # -out/b rather than -a/b**2, which underflows at 1e-200/1e-200.
    return xp.div, lambda out, a, b: xp.div(1.0, b), lambda out, a, b: -xp.div(out, b)


@primitive("neg", kernel=True)
def neg(xp: Namespace) -> Row:
    """``-x``."""
    return operator.neg, -1.0


@primitive("^", arity=2, domain=lambda a, b: (a,), kernel=True)
def pow_(xp: Namespace) -> Row:
    """``a ** b``: nan for a negative base and a fractional exponent."""

    def base(out: N, a: N, b: N) -> N:
        # 0 * 0**-1 would be nan: a constant function has derivative 0 at 0 too. Elsewhere the exponent's
        # 0 must stay in the formula, for its own derivative (at b = 0 this one's by b is 1/a).
        plain = b * xp.pow(a, b - 1.0)
        at_origin = xp.where(xp.equal(b, 0.0), 0.0, plain)
        # Small exponents: a**(b - 1) overflows near 0 where b times it need not.
        slope = xp.where(b * b < 0.25, xp.div(b * out, a), plain)
        return xp.where(xp.equal(a, 0.0), at_origin, slope)

    def exponent(out: N, a: N, b: N) -> N:
        # out * log(a) by two roots of out, since out overflows before the product does where log(a) < 1.
        root = xp.pow(a, 0.5 * b)
        slope = (root * xp.log(a)) * root
        # 0**b is 0 for every b > 0, so its derivative is 0 although log(0) is not.
        return xp.where(xp.equal(a, 0.0), xp.where(b >= 0.0, 0.0, slope), slope)

    return xp.pow, base, exponent


@primitive(kinks=lambda x: (x,), kernel=True)
def abs_(xp: Namespace) -> Row:
    """Absolute value; derivative 0 at 0, the subgradient of least norm."""
    return xp.abs, lambda out, x: xp.sign(x)


@primitive(
    "%",
    arity=2,
    domain=lambda a, b: (b * b,),
    kinks=lambda a, b: (a % b, a % b) if b else (),  # twice, since it jumps
    kernel=True,
)
def mod(xp: Namespace) -> Row:
    """``a % b``, which has the sign of b; derivatives 1 and ``-(a // b)``, also where it jumps."""
    return xp.mod, 1.0, lambda out, a, b: -xp.floordiv(a, b)


@primitive(
    "//",
    arity=2,
    domain=lambda a, b: (b * b,),
    kinks=lambda a, b: (a % b, a % b) if b else (),
    kernel=True,
)
def floordiv(xp: Namespace) -> Row:
    """``a // b``, the largest whole number not above ``a / b``; it has no derivative to hand on."""
    return xp.floordiv, ABSENT, ABSENT


# --- exponentials and logarithms -------------------------------------------------------------


@primitive(kernel=True)
def exp(xp: Namespace) -> Row:
    """``e ** x``."""
    return xp.exp, lambda out, x: out


@primitive(kernel=True)
def expm1(xp: Namespace) -> Row:
    """``e ** x - 1``, precise near 0."""
    # exp(x), not out + 1, which loses its digits where out is near -1.
    return xp.expm1, lambda out, x: xp.exp(x)


@primitive(domain=lambda x: (x,), kernel=True)
def log(xp: Namespace) -> Row:
    """Natural logarithm, for x > 0."""
    return xp.log, lambda out, x: xp.div(1.0, x)


@primitive(domain=lambda x: (1.0 + x,), kernel=True)
def log1p(xp: Namespace) -> Row:
    """``log(1 + x)``, precise near 0, for x > -1."""
    return xp.log1p, lambda out, x: xp.div(1.0, 1.0 + x)


@primitive("√", domain=lambda x: (x,), kernel=True)
def sqrt(xp: Namespace) -> Row:
    """Square root, for x >= 0."""
    return xp.sqrt, lambda out, x: xp.div(0.5, out)


@primitive(arity=2, domain=lambda x, y: (y,))
def xlogy(xp: Namespace) -> Row:
    """``x * log(y)``, and 0 where x is 0 (the entropy of an impossible event)."""

    def forward(x: N, y: N) -> N:
        return xp.where(xp.equal(x, 0.0), xp.where(xp.isnan(y), y, 0.0), x * xp.log(y))

    def at_origin(x: N, y: N, otherwise: N) -> N:
        return xp.where(xp.equal(x, 0.0), xp.where(xp.equal(y, 0.0), 0.0, otherwise), otherwise)

    return (
        forward,
        lambda out, x, y: at_origin(x, y, xp.log(y)),
        lambda out, x, y: at_origin(x, y, xp.div(x, y)),
    )


@primitive(domain=lambda x: (x,), kernel=True)
def log2(xp: Namespace) -> Row:
    """Logarithm to base 2, for x > 0."""
    return xp.log2, lambda out, x: xp.div(1.0 / math.log(2.0), x)


@primitive(domain=lambda x: (x,), kernel=True)
def log10(xp: Namespace) -> Row:
    """Logarithm to base 10, for x > 0."""
    return xp.log10, lambda out, x: xp.div(1.0 / math.log(10.0), x)


@primitive()
def exp2(xp: Namespace) -> Row:
    """``2 ** x``."""
    return lambda x: xp.pow(2.0, x), lambda out, x: math.log(2.0) * out


@primitive(domain=lambda x: (x * x,), kernel=True)
def cbrt(xp: Namespace) -> Row:
    """The cube root, of negative numbers too."""
    return xp.cbrt, lambda out, x: xp.div(1.0 / 3.0, out * out)


# --- circular and hyperbolic functions -------------------------------------------------------


@primitive(kernel=True)
def sin(xp: Namespace) -> Row:
    """Sine of an angle in radians."""
    return xp.sin, lambda out, x: xp.cos(x)


@primitive(kernel=True)
def cos(xp: Namespace) -> Row:
    """Cosine of an angle in radians."""
    return xp.cos, lambda out, x: -xp.sin(x)


@primitive(domain=lambda x: (math.pi / 2 - x, math.pi / 2 + x), kernel=True)
def tan(xp: Namespace) -> Row:
    """Tangent of an angle in radians."""
    return xp.tan, lambda out, x: 1.0 + out * out


@primitive(domain=lambda x: (1.0 - x, 1.0 + x), kernel=True)
def asin(xp: Namespace) -> Row:
    """Inverse sine, for -1 <= x <= 1."""
    return xp.asin, lambda out, x: xp.div(1.0, xp.sqrt(_one_less_square(xp, x)))


@primitive(domain=lambda x: (1.0 - x, 1.0 + x), kernel=True)
def acos(xp: Namespace) -> Row:
    """Inverse cosine, for -1 <= x <= 1."""
    return xp.acos, lambda out, x: -xp.div(1.0, xp.sqrt(_one_less_square(xp, x)))


@primitive(kernel=True)
def atan(xp: Namespace) -> Row:
    """Inverse tangent."""

    def slope(out: N, x: N) -> N:
        # Not by 1 + x**2, whose square underflows in the second derivative where that is 1e-230.
        r = xp.hypot(1.0, x)
        return xp.div(xp.div(1.0, r), r)

    return xp.atan, slope


@primitive(
    arity=2,
    domain=lambda y, x: (y * y + x * x,),
    kinks=lambda y, x: (abs(y) + abs(x),),
    kernel=True,
)
def atan2(xp: Namespace) -> Row:
    """The angle of the point (x, y), in (-pi, pi]; jumps across the negative x axis."""

    def per_length(a: N, y: N, x: N) -> N:
        # a / (x**2 + y**2) without overflow or underflow, and 0 at the origin
        r = xp.hypot(y, x)
        return xp.where(xp.equal(r, 0.0), 0.0, xp.div(xp.div(a, r), r))

    return (
        xp.atan2,
        lambda out, y, x: per_length(x, y, x),
        lambda out, y, x: -per_length(y, y, x),
    )


@primitive(kernel=True)
def sinh(xp: Namespace) -> Row:
    """Hyperbolic sine."""
    return xp.sinh, lambda out, x: xp.cosh(x)


@primitive(kernel=True)
def cosh(xp: Namespace) -> Row:
    """Hyperbolic cosine."""
    return xp.cosh, lambda out, x: xp.sinh(x)


@primitive(kernel=True)
def tanh(xp: Namespace) -> Row:
    """Hyperbolic tangent."""

    def slope(out: N, x: N) -> N:
        # Not 1 - out**2, which is 0 from x = 19 on.
        s = _sech(xp, x)
        return s * s

    return xp.tanh, slope


def _sech(xp: Namespace, x: Any) -> Any:
    """``1 / cosh(x)``, with derivative 0, not nan, where cosh overflows."""
    return xp.div(1.0, xp.cosh(xp.minimum(xp.maximum(x, -400.0), 400.0)))


@primitive(kernel=True)
def asinh(xp: Namespace) -> Row:
    """Inverse hyperbolic sine."""
    return xp.asinh, lambda out, x: xp.div(1.0, xp.hypot(1.0, x))


@primitive(domain=lambda x: (x - 1.0,), kernel=True)
def acosh(xp: Namespace) -> Row:
    """Inverse hyperbolic cosine, for x >= 1."""
    # Two roots rather than one of the product, which overflows at 1e155.
    return xp.acosh, lambda out, x: xp.div(1.0, xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0))


@primitive(domain=lambda x: (1.0 - x, 1.0 + x), kernel=True)
def atanh(xp: Namespace) -> Row:
    """Inverse hyperbolic tangent, for -1 < x < 1."""
    return xp.atanh, lambda out, x: xp.div(1.0, _one_less_square(xp, x))


def _one_less_square(xp: Namespace, x: Any) -> Any:
    """``1 - x**2``, where it and its derivative both keep their digits."""
    square = x * x
    return xp.where(square < 0.25, 1.0 - square, (1.0 - x) * (1.0 + x))


@primitive(
    arity=2,
    commutative=True,
    domain=lambda a, b: (a * a + b * b,),
    kinks=lambda a, b: (abs(a) + abs(b),),
    kernel=True,
)
def hypot(xp: Namespace) -> Row:
    """``sqrt(a*a + b*b)`` without overflow; derivative 0 at the origin."""

    def direction(a: N, b: N, out: N) -> N:
        # The derivative of a / out by a is b**2 / out**3, what 1 / out - a**2 / out**3 has no digits of where
        # b is small; that of the cosine of an angle by its tangent has them.
        cosine = xp.div(xp.sign(a), xp.hypot(1.0, xp.div(b, a)))
        slope = xp.where(xp.abs(a) >= xp.abs(b), cosine, xp.div(a, out))
        return xp.where(xp.equal(out, 0.0), 0.0, slope)

    return xp.hypot, lambda out, a, b: direction(a, b, out), lambda out, a, b: direction(b, a, out)


@primitive(kernel=True)
def erf(xp: Namespace) -> Row:
    """The error function."""
    return xp.erf, lambda out, x: (2.0 / math.sqrt(math.pi)) * xp.exp(-(x * x))


@primitive(kernel=True)
def erfc(xp: Namespace) -> Row:
    """``1 - erf(x)``, precise where that difference is small."""
    return xp.erfc, lambda out, x: (-2.0 / math.sqrt(math.pi)) * xp.exp(-(x * x))


@primitive(domain=lambda x: (1.0 - x, 1.0 + x))
def erfinv(xp: Namespace) -> Row:
    """The inverse of erf, for -1 <= x <= 1."""
    slope = math.sqrt(math.pi) / 2.0
    return lambda x: special.erfinv(xp, x), lambda out, x: slope * xp.exp(out * out)


@primitive(
    "ψₙ",
    arity=2,
    domain=lambda n, x: (n - 0.5, x),
    kinks=lambda n, x: (n % 1.0 - 0.5, n % 1.0 - 0.5),  # twice, since it jumps
)
def polygamma(xp: Namespace) -> Row:
    """The derivative of digamma of order n, which is taken as the nearest whole number and must be 1 at least."""
    return (
        lambda n, x: special.polygamma(xp, xp.round(n), x),
        lambda out, n, x: _flat(xp, out),
        lambda out, n, x: xp.polygamma(n + 1.0, x),
    )


@primitive("ψ", domain=lambda x: (x,))
def digamma(xp: Namespace) -> Row:
    """The derivative of lgamma; poles at 0, -1, -2, ..."""
    return lambda x: special.digamma(xp, x), lambda out, x: xp.polygamma(1.0, x)


@primitive(domain=lambda x: (x,))
def lgamma(xp: Namespace) -> Row:
    """The logarithm of the size of the gamma function; poles at 0, -1, -2, ..."""
    return lambda x: special.lgamma(xp, x), lambda out, x: xp.digamma(x)


@primitive()
def sinc(xp: Namespace) -> Row:
    """``sin(pi x) / (pi x)``, and 1 at 0."""

    # Of pi times x only what is left of the nearest whole number is rounded, or beside half ones what is left of those.
    def turned(x: N) -> tuple[N, N, N]:
        n = xp.round(x)
        rest = x - n
        return 1.0 - 2.0 * xp.mod(n, 2.0), rest, xp.abs(rest)

    def forward(x: N) -> N:
        sign, rest, _ = turned(x)
        sine = sign * xp.sin(math.pi * rest)
        return xp.where(xp.equal(x, 0.0), 1.0, xp.div(sine, math.pi * x))

    def slope(out: N, x: N) -> N:
        # Near 0 the two terms cancel, and the series (of a spherical Bessel function) has all digits.
        square = (math.pi * math.pi) * (x * x)
        series: N = 1.0
        for k in range(14, 0, -1):
            series = 1.0 - (1.0 / (2 * k * (2 * k + 3))) * (square * series)
        near = (-math.pi * math.pi / 3.0) * (x * series)
        sign, rest, size = turned(x)
        cosine = xp.where(size < 0.25, xp.cos(math.pi * rest), xp.sin(math.pi * (0.5 - size)))
        return xp.where(xp.abs(x) < 0.5, near, xp.div(sign * cosine - out, x))

    return forward, slope


# --- choices ---------------------------------------------------------------------------------


@primitive(kinks=lambda x: (x,), kernel=True)
def sign(xp: Namespace) -> Row:
    """-1, 0 or 1; derivative 0."""
    return xp.sign, lambda out, x: _flat(xp, out)


@primitive(kinks=lambda x: (x % 1.0,), kernel=True)
def floor(xp: Namespace) -> Row:
    """The largest whole number not above x; derivative 0."""
    return xp.floor, lambda out, x: _flat(xp, out)


@primitive(kinks=lambda x: (x % 1.0,), kernel=True)
def ceil(xp: Namespace) -> Row:
    """The smallest whole number not below x; derivative 0."""
    return xp.ceil, lambda out, x: _flat(xp, out)


@primitive(kinks=lambda x: (x % 1.0 - 0.5,), kernel=True)
def round_(xp: Namespace) -> Row:
    """The nearest whole number, halves to the even one; derivative 0."""
    return xp.round, lambda out, x: _flat(xp, out)


@primitive(
    "max", arity=2, commutative=True, kinks=lambda a, b: (a - b,), kernel=True, identity=-math.inf
)
def maximum(xp: Namespace) -> Row:
    """The larger of two numbers; at a tie each has derivative 1/2."""
    return (
        xp.maximum,
        lambda out, a, b: _share(xp, a > b, a < b, a, b),
        lambda out, a, b: _share(xp, b > a, b < a, a, b),
    )


@primitive(
    "min", arity=2, commutative=True, kinks=lambda a, b: (a - b,), kernel=True, identity=math.inf
)
def minimum(xp: Namespace) -> Row:
    """The smaller of two numbers; at a tie each has derivative 1/2."""
    return (
        xp.minimum,
        lambda out, a, b: _share(xp, a < b, a > b, a, b),
        lambda out, a, b: _share(xp, b < a, b > a, a, b),
    )


@primitive(
    arity=3,
    domain=lambda x, lo, hi: (hi - lo,),
    kinks=lambda x, lo, hi: (x - lo, x - hi, hi - lo),
)
def clip(xp: Namespace) -> Row:
    """x held between lo and hi; derivative 1 on the closed interval, 0 outside."""

    def inside(out: N, x: N, lo: N, hi: N) -> N:
        return _defined(xp, out, xp.where(x < lo, ABSENT, xp.where(x > hi, ABSENT, 1.0)))

    def below(out: N, x: N, lo: N, hi: N) -> N:
        return _defined(xp, out, xp.where(x < lo, xp.where(lo > hi, ABSENT, 1.0), ABSENT))

    def above(out: N, x: N, lo: N, hi: N) -> N:
        below_both = xp.where(x < lo, xp.where(lo > hi, 1.0, ABSENT), ABSENT)
        return _defined(xp, out, xp.where(x > hi, 1.0, below_both))

    return lambda x, lo, hi: xp.minimum(xp.maximum(x, lo), hi), inside, below, above


@primitive(arity=3, kernel=True)
def where(xp: Namespace) -> Row:
    """a where the condition holds, else b; the branch not taken gets no cotangent."""
    return (
        xp.where,
        ABSENT,  # a condition does not vary smoothly
        lambda out, condition, a, b: xp.where(condition, 1.0, ABSENT),
        lambda out, condition, a, b: xp.where(condition, ABSENT, 1.0),
    )


def _flat(xp: Namespace, out: Any) -> Any:
    """The derivative of a piecewise constant function: absent, or nan at nan."""
    return _defined(xp, out, ABSENT)


def _defined(xp: Namespace, out: Any, value: Any) -> Any:
    """The value, or nan where the output is nan."""
    return xp.where(xp.isnan(out), math.nan, value)


def _share(xp: Namespace, wins: Any, loses: Any, a: Any, b: Any) -> Any:
    """The part of the derivative that goes to one of two rivals: 1, none, 1/2 at a tie, nan at a nan."""
    tied = xp.where(xp.equal(a, b), 0.5, math.nan)
    return xp.where(wins, 1.0, xp.where(loses, ABSENT, tied))


# --- activations -----------------------------------------------------------------------------


@primitive("σ")
def sigmoid(xp: Namespace) -> Row:
    """``1 / (1 + exp(-x))``, without overflow and precise in both tails."""

    def forward(x: N) -> N:
        z = xp.exp(-xp.abs(x))
        return xp.div(xp.where(x >= 0.0, 1.0, z), 1.0 + z)

    def slope(out: N, x: N) -> N:
        # Not out * (1 - out), which is 0 from x = 37 on.
        s = _sech(xp, 0.5 * x)
        return 0.25 * (s * s)

    return forward, slope


@primitive()
def log_sigmoid(xp: Namespace) -> Row:
    """``log(sigmoid(x))``, without overflow."""

    def forward(x: N) -> N:
        return xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))

    return forward, lambda out, x: xp.sigmoid(-x)


@primitive()
def softplus(xp: Namespace) -> Row:
    """``log(1 + exp(x))``, without overflow."""

    def forward(x: N) -> N:
        return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))

    return forward, lambda out, x: xp.sigmoid(x)


@primitive(kinks=lambda x: (x,))
def relu(xp: Namespace) -> Row:
    """x where it is positive, else 0; derivative 0 at 0."""

    def slope(out: N, x: N) -> N:
        sign = xp.sign(out)  # 1 where x is positive, and nan at nan
        return xp.where(xp.equal(sign, 0.0), ABSENT, sign)

    return lambda x: xp.maximum(x, 0.0), slope


@primitive(arity=2, kinks=lambda x, slope: (x,))
def leaky_relu(xp: Namespace) -> Row:
    """x where it is positive, else slope * x; derivative slope at 0."""
    return (
        lambda x, slope: xp.where(x > 0.0, x, slope * x),
        lambda out, x, slope: _defined(xp, out, xp.where(x > 0.0, 1.0, slope)),
        lambda out, x, slope: _defined(xp, out, xp.where(x > 0.0, ABSENT, x)),
    )


@primitive(arity=2, kinks=lambda x, alpha: (x,))
def elu(xp: Namespace) -> Row:
    """x where it is positive, else alpha * (exp(x) - 1); derivative alpha at 0."""

    def slope(out: N, x: N, alpha: N) -> N:
        return _defined(xp, out, xp.where(x > 0.0, 1.0, alpha * xp.exp(x)))

    def scale(out: N, x: N, alpha: N) -> N:
        return _defined(xp, out, xp.where(x > 0.0, ABSENT, xp.expm1(x)))

    return lambda x, alpha: xp.where(x > 0.0, x, alpha * xp.expm1(x)), slope, scale


@primitive()
def gelu(xp: Namespace) -> Row:
    """x times the normal distribution function of x (Hendrycks and Gimpel 2016, the exact form)."""

    def half(x: N) -> N:  # the normal distribution function; erfc keeps the digits of the left tail
        return 0.5 * xp.erfc(-xp.sqrt(0.5) * x)  # xp's root: exact where numbers are

    def density(x: N) -> N:
        return (1.0 / math.sqrt(2.0 * math.pi)) * xp.exp(-0.5 * (x * x))

    return lambda x: x * half(x), lambda out, x: half(x) + x * density(x)


@primitive()
def silu(xp: Namespace) -> Row:
    """``x * sigmoid(x)``, also called swish."""

    def slope(out: N, x: N) -> N:
        # sigmoid(-x) is 1 - sigmoid(x) with all its digits.
        return xp.sigmoid(x) + out * xp.sigmoid(-x)

    return lambda x: x * xp.sigmoid(x), slope


# --- any number of arguments -----------------------------------------------------------------


@primitive("Σ", arity=None, commutative=True, folds="add")
def sum_(xp: Namespace) -> Row:
    """The sum of all arguments."""
    return lambda *args: sum(args), lambda out, *args: (1.0,) * len(args)


@primitive("Π", arity=None, commutative=True, folds="mul")
def prod(xp: Namespace) -> Row:
    """The product of all arguments."""

    def others(out: N, *args: N) -> N:
        # The product of all but one, from running products on either side: no division, so that
        # a zero among the arguments is no special case.
        before, after = [1.0], [1.0]
        for x in args[:-1]:
            before.append(before[-1] * x)
        for x in args[:0:-1]:
            after.append(after[-1] * x)
        return [a * b for a, b in zip(before, reversed(after), strict=True)]

    return lambda *args: reduce(operator.mul, args, 1.0), others


@primitive("·", arity=None, folds="add")
def dot(xp: Namespace) -> Row:
    """The inner product of the first half of the arguments with the second half."""

    def forward(*args: N) -> N:
        n = len(args) // 2
        return sum(map(operator.mul, args[:n], args[n:]))

    def swap(out: N, *args: N) -> N:
        n = len(args) // 2
        return args[n:] + args[:n]

    return forward, swap


@primitive("lse", arity=None, commutative=True, folds="logaddexp")
def logsumexp(xp: Namespace) -> Row:
    """``log(exp(x1) + exp(x2) + ...)``, without overflow."""

    def forward(*args: N) -> N:
        top = xp.largest(args)
        shift = xp.where(xp.isnan(top - top), 0.0, top)  # an infinite maximum cannot be subtracted
        return shift + xp.log(sum(xp.exp(x - shift) for x in args))

    def weights(out: N, *args: N) -> N:
        # They sum to 1. Divided by their sum, since the rounding error of a large out is a factor in each.
        parts = [xp.exp(x - out) for x in args]
        total = xp.sum(*parts)
        total = xp.where(xp.isnan(total), 1.0, total)  # one of inf leaves the others their 0
        return [xp.div(part, total) for part in parts]

    return forward, weights
