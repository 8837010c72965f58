"""The largest and the smallest of a sequence, where they stand, and the length of a vector.

Each is put together from binary rows of the table, in a tree, so that a thousand numbers are ten deep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import primitives as p
from .functions import nonempty
from .operators import Operators, apply
from .reals import real
from .value import Value, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .primitives import Primitive

    Counted = tuple[Any, Any]  # a number, and how many of those it was chosen from are equal to it


def max(xs: Iterable[Any]) -> Any:
    """The largest of some numbers; of n that tie each has derivative 1/n. nan if one of them is nan.

    Raises:
        ValueError: if there are no numbers.

    >>> x, y, z = Value(2.0), Value(2.0), Value(1.0)
    >>> max([x, y, z]).backward()
    >>> x.grad, y.grad, z.grad
    (0.5, 0.5, 0.0)
    """
    return _extreme(p.maximum, xs, "max")


def min(xs: Iterable[Any]) -> Any:
    """The smallest of some numbers, as :func:`max` is the largest.

    Raises:
        ValueError: if there are no numbers.

    >>> import autograd
    >>> autograd.min([3.0, 1.0, 2.0]), autograd.grad(autograd.min)([3.0, 1.0, 1.0])
    (1.0, [0.0, 0.5, 0.5])
    """
    return _extreme(p.minimum, xs, "min")


def argmax(xs: Iterable[Any]) -> int:
    """The place of the largest of some numbers, the first of equal ones; of the first nan, if there is one.

    Raises:
        ValueError: if there are no numbers.
        TraceError: inside a compiled function, where a number has no value yet.

    >>> argmax([Value(1.0), 3.0, 2.0])
    1
    """
    return _place(xs, "argmax", 1.0)


def argmin(xs: Iterable[Any]) -> int:
    """The place of the smallest of some numbers, as :func:`argmax` is that of the largest.

    Raises:
        ValueError: if there are no numbers.
        TraceError: inside a compiled function, where a number has no value yet.

    >>> from autograd import argmin
    >>> argmin([3.0, 1.0, 2.0])
    1
    """
    return _place(xs, "argmin", -1.0)


def norm(xs: Iterable[Any]) -> Any:
    """The Euclidean length of a vector, without overflow; derivative 0 at the origin.

    >>> norm([Value(3.0), 4.0]), norm([3e200, 4e200]) > 4e200
    (Value(data=5.0, grad=0.0), True)
    """
    numbers = list(xs)
    if len(numbers) < 2:
        return apply(p.abs_, numbers[0], of="norm") if numbers else 0.0
    return _in_a_tree(lambda a, b: apply(p.hypot, a, b, of="norm"), numbers)


def _extreme(row: Primitive, xs: Iterable[Any], name: str) -> Any:
    def chosen(a: Counted, b: Counted) -> Counted:
        (x, many_x), (y, many_y) = a, b
        extreme, apart = apply(row, x, y, of=name), apply(p.sub, y, x)
        tied = p.TRACED.equal(apart, 0.0)  # not of infinities, which share by halves
        y_alone = apart > 0.0 if row is p.maximum else apart < 0.0
        many = p.TRACED.where(tied, many_x + many_y, p.TRACED.where(y_alone, many_y, many_x))
        if type(many_x) is type(many_y) is float and many_x == many_y:
            return extreme, many  # the row shares by halves itself
        shared = x + apart * p.TRACED.div(many_y, many_x + many_y)  # x, since apart is 0
        return p.TRACED.where(tied, shared, extreme), many

    numbers = nonempty(xs, name)
    if len(numbers) == 1:
        return apply(p.sum_, numbers[0], of=name)
    return _in_a_tree(chosen, [(x, 1.0) for x in numbers])[0]


def _in_a_tree(combine: Callable[[Any, Any], Any], items: list[Any]) -> Any:
    """Combine neighbours until one is left."""
    while len(items) > 1:
        pairs = [combine(*items[i : i + 2]) for i in range(0, len(items) - 1, 2)]
        items = pairs + items[len(pairs) * 2 :]
    return items[0]


def _place(xs: Iterable[Any], name: str, sign: float) -> int:
    best, place = -1, 0.0
    for i, x in enumerate(nonempty(xs, name)):
        number: Any = known(x) if isinstance(x, Value) else x
        if isinstance(number, Operators):
            symbol: Any = number
            symbol._refused(name, "max or min for the number, or where for what goes with it")
        number = sign * real(number, f"an entry of {name}'s argument")
        if number != number:
            return i
        if best < 0 or number > place:
            best, place = i, number
    return best
