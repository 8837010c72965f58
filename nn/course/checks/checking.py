"""Notebook 7: a rule that passes gradcheck, a law of numbers that floats break, a bug that one use does not show."""

from __future__ import annotations

import math
from typing import Any

from autograd import custom_gradient

from ..marking import WrongError, call, close, plain


def rule(answer: Any) -> str:
    """The derivative of x * |x|, as a function of x."""
    places = (1.5, -0.5, 3.0, -2.0)
    found = [plain(call(answer, x)) for x in places]
    if not all(isinstance(y, (int, float)) for y in found):
        raise WrongError("It is to answer one number.")
    for mistake, text in (
        (lambda x: 2.0 * x, "That is right for x > 0. For x < 0 the function is -x**2."),
        (abs, "Both factors move: that is the share of one of them."),
        (lambda x: x, "Both factors move, and what is the slope of |x| for x < 0?"),
        (
            lambda x: 2.0 * x * abs(x),
            "A derivative of a square grows like a line, not like a square.",
        ),
        (lambda x: x * abs(x), "That is the function itself."),
    ):
        if close(found, list(map(mistake, places))):
            raise WrongError(text)
    from autograd.testing import gradcheck

    checked = custom_gradient(lambda out, x: plain(answer(x)))(_product)
    for x in places:
        report = gradcheck(checked, x)
        if not report:
            raise WrongError(f"gradcheck says:\n{report}")
    return "And gradcheck agrees, on both sides of 0."


def _product(x: float) -> float:
    return x * abs(x)


def law(answer: Any) -> str:
    """A float x for which (x + 1) - x is not 1."""
    x = plain(answer)
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        raise WrongError(f"The answer is to be a number, not {answer!r:.40}.")
    if isinstance(x, int):
        x = float(x) if abs(x) < 2**1000 else math.inf
    if not math.isfinite(x):
        raise WrongError("Infinities and nan are no numbers; there are honest ones, too.")
    if (x + 1.0) - x == 1.0:
        raise WrongError(
            f"({x!r} + 1) - {x!r} is 1. Where are neighbouring floats so far apart that there is no room for a 1, or so "
            "unequal to 1 that digits get lost on the way?"
        )
    return f"It is {(x + 1.0) - x!r}. A check that asks for equality finds such places; a bound for the rounding tells them from bugs."


class _Forgetful:
    """A number of an engine whose backward pass writes gradients over one another."""

    def __init__(self, data: float, before: tuple[tuple[_Forgetful, float], ...] = ()) -> None:
        self.data, self.before, self.grad, self.total = data, before, 0.0, 0.0

    def __deepcopy__(self, memo: Any) -> _Forgetful:
        del memo
        return self  # whose gradient is to be looked at

    def __add__(self, other: Any) -> _Forgetful:
        other = _number(other)
        return _Forgetful(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Any) -> _Forgetful:
        other = _number(other)
        return _Forgetful(self.data * other.data, ((self, other.data), (other, self.data)))

    def __sub__(self, other: Any) -> _Forgetful:
        return self + _number(other).__mul__(-1.0)

    def __rsub__(self, other: Any) -> _Forgetful:
        return _number(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        """``grad`` as the bug has it, ``total`` as it should be."""
        order: list[_Forgetful] = []
        seen: set[int] = set()

        def visit(node: _Forgetful) -> None:
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.before:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = self.total = 1.0
        for node in reversed(order):
            for parent, local in node.before:
                parent.grad = node.grad * local
                parent.total += node.total * local


def _number(x: Any) -> _Forgetful:
    return x if isinstance(x, _Forgetful) else _Forgetful(float(x))


def witness(answer: Any) -> str:
    """A function of x, of sums, differences and products, whose slope an engine gets wrong that writes `grad =`, not `grad +=`."""
    shown = []
    for at in (0.5, 3.0, -2.0):
        x = _Forgetful(at)
        try:
            y = call(answer, x)
        except WrongError as wrong:
            if "TypeError" in str(wrong):
                raise WrongError(
                    "Make it of `+`, `-` and `*` only: the engine that is tried has nothing else."
                ) from None
            raise
        if not isinstance(y, _Forgetful):
            raise WrongError("It does not compute with x.")
        y.backward()
        shown.append(x.grad != x.total)
    if not any(shown):
        raise WrongError(
            "That engine gets it right: each number is used once. What must x be, for two gradients to meet?"
        )
    return "Two uses, two gradients, and the second wipes out the first. This is the bug that notebook 7 hunts."


CHECKS = rule, law, witness
