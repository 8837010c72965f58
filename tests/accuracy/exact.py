"""The first and second derivatives of every row of the table, written out by hand for mpmath's numbers.

Each is a product, which has no zeros but those of its factors, or a tuple of terms to be added where the derivative
has zeros of its own (that of ``x * sigmoid(x)`` at -1.278): near these no float formula has relative digits, and
errors are measured against the largest term.

Sources: Abramowitz and Stegun, 4.3.105 to 4.6.54 and 7.1.19; the others follow from the definitions by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath
from mpmath import mp

if TYPE_CHECKING:
    from collections.abc import Callable

    Real = Any  # an mpf, for mpmath has no types
    Formula = Callable[..., Any]


class Exact(NamedTuple):
    """A row's derivatives."""

    first: tuple[Formula, ...]
    """By each argument."""
    second: tuple[Formula, ...]
    """By each pair of arguments, in the order (0, 0), (0, 1), ..., (1, 1), ..."""
    inside: Formula = lambda *args: True
    """Whether a point is inside the domain and off the kinks."""
    near: tuple[float, ...] = ()
    """Arguments around which to look closer, besides 0 and 1."""

    @property
    def arity(self) -> int:
        return len(self.first)


def sech(x: Real) -> Real:
    return 1 / mp.cosh(x)


def sigmoid(x: Real) -> Real:
    return 1 / (1 + mp.exp(-x))


def bell(x: Real) -> Real:
    """The density of the normal distribution."""
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def logistic(x: Real) -> Real:
    """sigmoid'."""
    return sech(x / 2) ** 2 / 4


def normal(x: Real) -> Real:
    """The normal distribution function; mpmath's own fails at 1e155."""
    return mp.ncdf(x) if abs(x) < 1000 else mp.mpf(x > 0)


def no(*args: Real) -> Real:
    return mp.zero


def one(*args: Real) -> Real:
    return mp.one


def _weights(*args: Real) -> list[Real]:
    """The exponentials of the arguments, over their sum."""
    top = max(args)
    parts = [mp.exp(x - top) for x in args]
    return [part / mpmath.fsum(parts) for part in parts]


def _weight(i: int) -> Formula:
    return lambda *args: _weights(*args)[i]


def _covariance(i: int, j: int) -> Formula:
    def formula(*args: Real) -> Any:
        w = _weights(*args)
        return (w[i], -w[i] * w[i]) if i == j else -w[i] * w[j]

    return formula


def _off(switch: Formula) -> Formula:
    return lambda *args: switch(*args) != 0


def _square_root_of(x: Real) -> Real:
    return mp.sqrt((1 - x) * (1 + x))


def _sinc_slopes(x: Real) -> tuple[Any, Any]:
    """The first and the second derivative of sin(pi x) / (pi x), by spherical Bessel functions."""
    if x == 0:
        return mp.zero, -(mp.pi**2) / 3
    z = mp.pi * x
    j0 = mp.sincpi(x)
    if abs(x) < 0.5:
        j1 = mp.sign(z) * mp.sqrt(mp.pi / (2 * abs(z))) * mp.besselj(mp.mpf(3) / 2, abs(z))
        return -mp.pi * j1, -(mp.pi**2) * (j0 - 2 * j1 / z)
    first = (mp.cospi(x) / x, -j0 / x)
    return first, (-(mp.pi**2) * j0, -2 / x * first[0], -2 / x * first[1])


def _off_poles(x: Real) -> bool:
    return bool(x > 0 or not mp.isint(x))


def _digamma(x: Real) -> Any:
    """digamma, and where it has zeros the terms of its reflection and of its recurrence (DLMF 5.5.2 and 5.5.4)."""
    if x > 0:
        return mp.psi(0, 1 + x), -1 / x
    return mp.psi(0, 1 - x), -mp.pi * mp.cospi(x) / mp.sinpi(x)


def _polygamma(n: Real, x: Real) -> Any:
    """The derivative of digamma of order n; for negative x as the terms of sums over all whole numbers."""
    n, s = int(n), int(n) + 1
    if x > 0:
        return _psi(n, x)
    rest = x - mp.nint(x)
    pole = -((-1) ** n) * mp.factorial(n) / rest**s
    return pole, _psi(n, 1 + rest), (-1) ** s * _psi(n, 1 - rest), -((-1) ** s) * _psi(n, 1 - x)


def _psi(n: int, x: Real) -> Real:
    """mpmath's, which loses digits in large sums."""
    with mp.extraprec(400):
        return mp.psi(n, x)


FLAT = Exact((no,), (no,))
EXACT: dict[str, Exact] = {
    "add": Exact((one, one), (no, no, no)),
    "sub": Exact((one, lambda a, b: -mp.one), (no, no, no)),
    "mul": Exact((lambda a, b: b, lambda a, b: a), (no, one, no)),
    "div": Exact(
        (lambda a, b: 1 / b, lambda a, b: -a / b**2),
        (no, lambda a, b: -1 / b**2, lambda a, b: 2 * a / b**3),
        lambda a, b: b != 0,
    ),
    "neg": Exact((lambda x: -mp.one,), (no,)),
    "pow": Exact(
        (lambda a, b: b * a ** (b - 1), lambda a, b: a**b * mp.log(a)),
        (
            lambda a, b: b * (b - 1) * a ** (b - 2),
            lambda a, b: (a ** (b - 1), b * mp.log(a) * a ** (b - 1)),
            lambda a, b: a**b * mp.log(a) ** 2,
        ),
        lambda a, b: a > 0 and abs(b * mp.log(a)) < 3000,
    ),
    "abs": Exact((lambda x: mp.sign(x),), (no,), lambda x: x != 0),
    "mod": Exact(
        (one, lambda a, b: -mp.floor(a / b)),
        (no, no, no),
        lambda a, b: b != 0 and not mp.isint(a / b),
    ),
    "floordiv": Exact((no, no), (no, no, no), lambda a, b: b != 0),
    "exp": Exact((mp.exp,), (mp.exp,)),
    "expm1": Exact((mp.exp,), (mp.exp,)),
    "log": Exact((lambda x: 1 / x,), (lambda x: -1 / x**2,), lambda x: x > 0),
    "log1p": Exact(
        (lambda x: 1 / (1 + x),), (lambda x: -1 / (1 + x) ** 2,), lambda x: x > -1, (-1.0,)
    ),
    "log2": Exact(
        (lambda x: 1 / (x * mp.ln2),), (lambda x: -1 / (x * x * mp.ln2),), lambda x: x > 0
    ),
    "log10": Exact(
        (lambda x: 1 / (x * mp.ln10),), (lambda x: -1 / (x * x * mp.ln10),), lambda x: x > 0
    ),
    "exp2": Exact((lambda x: mp.ln2 * 2**x,), (lambda x: mp.ln2**2 * 2**x,)),
    "cbrt": Exact(
        (lambda x: 1 / (3 * mp.cbrt(x * x)),),
        (lambda x: -2 / (9 * mp.cbrt(x * x) * x),),
        lambda x: x != 0,
    ),
    "sqrt": Exact(
        (lambda x: 1 / (2 * mp.sqrt(x)),), (lambda x: -1 / (4 * x * mp.sqrt(x)),), lambda x: x > 0
    ),
    "xlogy": Exact(
        (lambda x, y: mp.log(y), lambda x, y: x / y),
        (no, lambda x, y: 1 / y, lambda x, y: -x / y**2),
        lambda x, y: y > 0,
    ),
    "sin": Exact((mp.cos,), (lambda x: -mp.sin(x),)),
    "cos": Exact((lambda x: -mp.sin(x),), (lambda x: -mp.cos(x),)),
    "tan": Exact((lambda x: mp.sec(x) ** 2,), (lambda x: 2 * mp.tan(x) * mp.sec(x) ** 2,)),
    "asin": Exact(
        (lambda x: 1 / _square_root_of(x),),
        (lambda x: x / _square_root_of(x) ** 3,),
        lambda x: abs(x) < 1,
        (-1.0,),
    ),
    "acos": Exact(
        (lambda x: -1 / _square_root_of(x),),
        (lambda x: -x / _square_root_of(x) ** 3,),
        lambda x: abs(x) < 1,
        (-1.0,),
    ),
    "atan": Exact((lambda x: 1 / (1 + x * x),), (lambda x: -2 * x / (1 + x * x) ** 2,)),
    "atan2": Exact(
        (lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)),
        (
            lambda y, x: -2 * x * y / (x * x + y * y) ** 2,
            lambda y, x: (1 / (x * x + y * y), -2 * x * x / (x * x + y * y) ** 2),
            lambda y, x: 2 * x * y / (x * x + y * y) ** 2,
        ),
        lambda y, x: x != 0 or y != 0,
    ),
    "sinh": Exact((mp.cosh,), (mp.sinh,)),
    "cosh": Exact((mp.sinh,), (mp.cosh,)),
    "tanh": Exact(
        (lambda x: sech(x) ** 2,), (lambda x: -2 * mp.tanh(x) * sech(x) ** 2,), near=(19.0, -19.0)
    ),
    "asinh": Exact((lambda x: 1 / mp.sqrt(1 + x * x),), (lambda x: -x / mp.sqrt(1 + x * x) ** 3,)),
    "acosh": Exact(
        (lambda x: 1 / mp.sqrt((x - 1) * (x + 1)),),
        (lambda x: -x / mp.sqrt((x - 1) * (x + 1)) ** 3,),
        lambda x: x > 1,
    ),
    "atanh": Exact(
        (lambda x: 1 / ((1 - x) * (1 + x)),),
        (lambda x: 2 * x / ((1 - x) * (1 + x)) ** 2,),
        lambda x: abs(x) < 1,
        (-1.0,),
    ),
    "hypot": Exact(
        (lambda a, b: a / mp.hypot(a, b), lambda a, b: b / mp.hypot(a, b)),
        (
            lambda a, b: b * b / mp.hypot(a, b) ** 3,
            lambda a, b: -a * b / mp.hypot(a, b) ** 3,
            lambda a, b: a * a / mp.hypot(a, b) ** 3,
        ),
        lambda a, b: a != 0 or b != 0,
    ),
    "erf": Exact(
        (lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),),
        (lambda x: -4 * x / mp.sqrt(mp.pi) * mp.exp(-x * x),),
    ),
    "erfc": Exact(
        (lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),),
        (lambda x: 4 * x / mp.sqrt(mp.pi) * mp.exp(-x * x),),
    ),
    "erfinv": Exact(
        (lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),),
        (lambda x: mp.pi / 2 * mp.erfinv(x) * mp.exp(2 * mp.erfinv(x) ** 2),),
        lambda x: abs(x) < 1,
        (-1.0, 0.5, -0.5),
    ),
    "polygamma": Exact(
        (no, lambda n, x: _polygamma(n + 1, x)),
        (no, no, lambda n, x: _polygamma(n + 2, x)),
        lambda n, x: 1 <= n <= 170 and mp.isint(n) and _off_poles(x),
        (*map(float, range(2, 9)), 20.0, 170.0, -0.5, -2.5),
    ),
    "digamma": Exact(
        (lambda x: _polygamma(1, x),),
        (lambda x: _polygamma(2, x),),
        lambda x: _off_poles(x),
        (-1.0, -0.5, -10.5),
    ),
    "lgamma": Exact(
        (lambda x: _digamma(x),),
        (lambda x: _polygamma(1, x),),
        lambda x: _off_poles(x),
        (1.4616321449683622, -0.5, -1.0, -10.5),
    ),
    "sinc": Exact(
        (lambda x: _sinc_slopes(x)[0],),
        (lambda x: _sinc_slopes(x)[1],),
        near=(0.5, -0.5, 1.43, 0.66),
    ),
    "sign": FLAT,
    "floor": FLAT,
    "ceil": FLAT,
    "round": FLAT,
    "maximum": Exact(
        (lambda a, b: mp.mpf(a > b), lambda a, b: mp.mpf(b > a)),
        (no, no, no),
        _off(lambda a, b: a - b),
    ),
    "minimum": Exact(
        (lambda a, b: mp.mpf(a < b), lambda a, b: mp.mpf(b < a)),
        (no, no, no),
        _off(lambda a, b: a - b),
    ),
    "clip": Exact(
        (
            lambda x, low, high: mp.mpf(low < x < high),
            lambda x, low, high: mp.mpf(x < low),
            lambda x, low, high: mp.mpf(x > high),
        ),
        (no,) * 6,
        lambda x, low, high: low < high and x not in (low, high),
    ),
    "sigmoid": Exact(
        (logistic,), (lambda x: -logistic(x) * mp.tanh(x / 2),), near=(37.0, -37.0, 709.0, -709.0)
    ),
    "log_sigmoid": Exact((lambda x: sigmoid(-x),), (lambda x: -logistic(x),), near=(37.0, -37.0)),
    "softplus": Exact((sigmoid,), (logistic,), near=(37.0, -37.0)),
    "relu": Exact((lambda x: mp.mpf(x > 0),), (no,), lambda x: x != 0),
    "leaky_relu": Exact(
        (lambda x, slope: mp.one if x > 0 else slope, lambda x, slope: min(x, mp.zero)),
        (no, lambda x, slope: mp.mpf(x < 0), no),
        lambda x, slope: x != 0,
    ),
    "elu": Exact(
        (
            lambda x, alpha: mp.one if x > 0 else alpha * mp.exp(x),
            lambda x, alpha: mp.zero if x > 0 else mp.expm1(x),
        ),
        (
            lambda x, alpha: mp.zero if x > 0 else alpha * mp.exp(x),
            lambda x, alpha: mp.zero if x > 0 else mp.exp(x),
            no,
        ),
        lambda x, alpha: x != 0,
    ),
    "gelu": Exact(
        (lambda x: (normal(x), x * bell(x)),),
        (lambda x: (2 * bell(x), -x * x * bell(x)),),
        near=(-0.7518, 1.4142, -1.4142, -37.0, 38.0),
    ),
    "silu": Exact(
        (lambda x: (sigmoid(x), x * logistic(x)),),
        (lambda x: (2 * logistic(x), -x * logistic(x) * mp.tanh(x / 2)),),
        near=(-1.278, 2.4, -2.4, 40.4, -40.4, 709.0, -709.0),
    ),
    "sum": Exact((one, one, one), (no,) * 6),
    "prod": Exact(
        (lambda a, b, c: b * c, lambda a, b, c: a * c, lambda a, b, c: a * b),
        (no, lambda a, b, c: c, lambda a, b, c: b, no, lambda a, b, c: a, no),
    ),
    "dot": Exact(
        (lambda a, b, c, d: c, lambda a, b, c, d: d, lambda a, b, c, d: a, lambda a, b, c, d: b),
        (no, no, one, no, no, no, one, no, no, no),
    ),
    "logsumexp": Exact(
        tuple(_weight(i) for i in range(3)),
        tuple(_covariance(i, j) for i in range(3) for j in range(i, 3)),
    ),
}
"""By the names of rows; ``where``, which selects, has no derivative of its own."""
