"""Rows beyond the table's, for what the generator can do and no row of the table needs."""

from __future__ import annotations

import contextlib
import operator
from functools import reduce
from typing import TYPE_CHECKING

from autograd.namespaces import IEEE
from autograd.table import ABSENT, TABLE, TRACED, primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def entered(*definitions: tuple[Callable, int | None]) -> Iterator[None]:
    """Rows that are in the table while the context lasts."""
    for define, arity in definitions:
        primitive(arity=arity)(define)
    try:
        yield
    finally:
        for define, _ in definitions:
            TABLE.pop(define.__name__, None)
            for xp in (IEEE, TRACED):
                vars(xp).pop(define.__name__, None)


def norm(xp):
    """The square root of the sum of squares."""

    def direction(out, *args):
        return [xp.where(xp.equal(out, 0.0), 0.0, xp.div(x, out)) for x in args]

    return lambda *args: xp.sqrt(sum(x * x for x in args)), direction


def top(xp):
    """The greatest, as max() finds it among zeros of either sign and nans."""
    return lambda *args: xp.largest(args), lambda out, *args: [out] * len(args)


def spread(xp):
    """The greatest of the exponentials, over their sum and product."""

    def forward(*args):
        powers = [xp.exp(x) for x in args]
        return xp.largest(powers) - sum(powers) * reduce(operator.mul, powers, 1.0)

    def partials(out, *args):
        top = xp.largest(args)
        return [xp.where(x < top, xp.tanh(x), -x) for x in args]

    return forward, partials


def halves(xp):
    """The difference of the halves, folded without compensation."""

    def forward(*args):
        n = len(args) // 2
        return reduce(operator.add, [a - b for a, b in zip(args[:n], args[n:], strict=False)], 0.5)

    def running(out, *args):
        sums = [2.0]
        for x in args[:-1]:
            sums.append(sums[-1] + x)
        return [s * x for s, x in zip(sums, args, strict=True)]

    return forward, running


def nested(xp):
    """Selections in selections, whose arms may be absent, truths used twice, products computed twice."""

    def first(out, a, b, c):
        below = a < b
        return xp.where(below, xp.where(b <= c, a * b, ABSENT), xp.where(a >= c, ABSENT, 2 * a * b))

    def second(out, a, b, c):
        below = a < b
        return xp.where(below, -1.0, xp.where(below, 0.0, a * b + a * b))

    return lambda a, b, c: 1 - xp.where(a, b, -c), first, second, ABSENT


MORE = [(norm, None), (top, None), (spread, None), (halves, None), (nested, 3)]
