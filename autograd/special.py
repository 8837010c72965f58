"""Rules of the special functions that neither :mod:`math` nor NumPy has with all digits, made of those that they have.

Each is a function of a namespace ``xp`` and its arguments, branch-free as all rules are, so that one text serves floats,
arrays and C. The formulas are those of the NIST *Digital Library of Mathematical Functions* (DLMF).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .namespaces import Namespace

    N = Any  # a number of whatever kind the namespace computes with

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""The numbers B2, B4, ..., B16: as many as asymptotic series need from 10 on."""

EULER = 0.5772156649015329
"""Euler's constant."""

ZETAS = (
    *(0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993),
    *(0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822143),
    *(0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915),
    *(6.124813505870483e-05, 3.058823630702049e-05, 1.528225940865187e-05, 7.637197637899763e-06),
    *(3.81729326499984e-06, 1.908212716553939e-06, 9.539620338727962e-07, 4.769329867878064e-07),
    *(2.38450502727733e-07, 1.1921992596531106e-07, 5.960818905125948e-08, 2.980350351465228e-08),
    *(1.4901554828365043e-08,),
)
"""What Riemann's zeta function of 2, 3, ..., 26 has beyond 1."""


def erfinv(xp: Namespace, x: N) -> N:
    """The inverse of erf: an estimate (Winitzki 2008), and from it two steps of Halley's method."""
    size = xp.abs(x)
    log = xp.log1p(-(x * x))
    half = 0.5 * log + 2.0 / (0.147 * math.pi)
    y = xp.sqrt(xp.div(log * (-1.0 / 0.147), half + xp.sqrt(half * half - log * (1.0 / 0.147))))
    for _ in range(2):
        # What is missing, by erfc where 1 - size has digits that size has lost.
        missing = xp.where(size < 0.5, size - xp.erf(y), xp.erfc(y) - (1.0 - size))
        newton = missing * ((math.sqrt(math.pi) / 2.0) * xp.exp(y * y))
        y = y + xp.div(newton, 1.0 - y * newton)
    y = xp.where(xp.equal(size, 1.0), math.inf, y)
    # Near 0 the square of x underflows, and the function is a line.
    return xp.where(size < 1e-100, (math.sqrt(math.pi) / 2.0) * x, xp.sign(x) * y)


def lgamma(xp: Namespace, x: N) -> N:
    """``log(abs(gamma(x)))``: by its power series at 2 (DLMF 5.7.3), or Stirling's (5.11.1), and reflected (5.5.3)."""
    a = xp.where(x < 0.0, 1.0 - x, x)
    t = a - xp.minimum(xp.floor(a + 0.5), 3.0)
    near = t * _horner(t, [1.0 - EULER, *((-1) ** k / k * z for k, z in enumerate(ZETAS, 2))])
    below = -xp.log1p(t) - xp.where(a < 0.5, xp.log(a), 0.0)
    near = near + xp.where(a < 1.5, below, xp.where(a < 2.5, 0.0, xp.log(a - 1.0)))
    start = xp.minimum(a, 10.0)
    product = start
    for k in range(1, 10):
        product = product * (start + float(k))
    y = xp.where(a < 10.0, a + 10.0, a)
    z = xp.div(1.0, y)
    series = z * _horner(z * z, [b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1)])
    far = (y - 0.5) * (xp.log(y) - 1.0) + (series + (0.5 * math.log(2.0 * math.pi) - 0.5))
    far = far - xp.where(a < 10.0, xp.log(product), 0.0)
    found = xp.where(a < 3.5, near, far)
    sine, _ = _turned(xp, x)
    mirrored = math.log(math.pi) - xp.log(xp.abs(sine)) - found
    return xp.where(x < 0.0, xp.where(xp.equal(sine, 0.0), math.inf, mirrored), found)


def digamma(xp: Namespace, x: N) -> N:
    """The derivative of lgamma, by its asymptotic series (DLMF 5.11.2), moved down (5.5.2) and reflected (5.5.4)."""
    a = xp.where(x < 0.0, 1.0 - x, x)
    y = a + 10.0
    z = xp.div(1.0, y)
    series = (z * z) * _horner(z * z, [b / (2 * k) for k, b in enumerate(BERNOULLI, 1)])
    found = xp.log(y) - (0.5 * z + series)
    for k in range(9, -1, -1):
        found = found - xp.div(1.0, a + float(k))
    sine, cosine = _turned(xp, x)
    turn = xp.where(xp.equal(sine, 0.0), math.nan, math.pi * xp.div(cosine, sine))
    return xp.where(x < 0.0, found - turn, found)


def polygamma(xp: Namespace, n: N, x: N) -> N:
    """The derivative of order n of digamma, n a whole number from 1 on: by Hurwitz's zeta function (DLMF 25.11.12).

    For negative x the sum of ``(x + k) ** -s`` over all k >= 0 is that over all whole k, which has period 1, less
    that over the negative ones.
    """
    s = n + 1.0
    parity = 1.0 - 2.0 * xp.mod(s, 2.0)
    # The factorial of n and the powers may leave the range of floats where the product does not: roots of both do not.
    root = xp.exp(0.5 * lgamma(xp, s))
    rest = _rest(xp, x)
    negative = x < 0.0
    found = _zeta(xp, s, xp.where(negative, 1.0 + rest, x), root)
    pole = root * xp.pow(xp.abs(rest), -0.5 * s)
    sign = xp.where(parity > 0.0, 1.0, xp.sign(rest))
    beyond = _zeta(xp, s, 1.0 - rest, root) - _zeta(xp, s, 1.0 - x, root)
    mirrored = sign * (pole * pole) + (found + parity * beyond)
    return xp.where(s < 1.5, math.nan, parity * xp.where(negative, mirrored, found))


def _zeta(xp: Namespace, s: N, x: N, root: N) -> N:
    """Hurwitz's zeta function of positive x, times the square of root, by Euler and Maclaurin's sum (DLMF 25.11.5)."""
    y = x + 10.0
    z = xp.div(1.0, y)
    series: N = 0.0
    for k in range(len(BERNOULLI), 0, -1):
        factor = BERNOULLI[k - 1] / math.factorial(2 * k)
        series = (s + (2.0 * k - 2.0)) * (factor + (z * z) * ((s + (2.0 * k - 1.0)) * series))
    last = root * xp.pow(y, 0.5 * (1.0 - s))
    found = last * (last * (xp.div(1.0, s - 1.0) + z * (0.5 + z * series)))
    for k in range(9, -1, -1):
        term = root * xp.pow(x + float(k), -0.5 * s)
        found = found + term * term
    return found


def _rest(xp: Namespace, x: N) -> N:
    """What negative x has beyond the nearest whole number, from -1/2 to 1/2, exactly; 0 at -infinity."""
    x = xp.maximum(x, -1e300)
    return x - xp.round(x)


def _turned(xp: Namespace, x: N) -> tuple[N, N]:
    """The sine and the cosine of pi times negative x, up to a common sign, both with all digits."""
    rest = _rest(xp, x)
    size = xp.abs(rest)
    sine = xp.sin(math.pi * rest)
    cosine = xp.where(size < 0.25, xp.cos(math.pi * rest), xp.sin(math.pi * (0.5 - size)))
    return sine, cosine


def _horner(x: N, coefficients: Sequence[float]) -> N:
    """A polynomial, from the constant on."""
    found: N = coefficients[-1]
    for c in coefficients[-2::-1]:
        found = c + x * found
    return found
