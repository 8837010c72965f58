"""Notebook 9: a second derivative, Newton's step, a product with the Hessian."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import grad, hessian

from ..marking import call, follow


def second(answer: Any) -> str:
    """A function second(f) that gives the second derivative of f, a function."""

    def at(twice: Any, f: Any, x: float) -> Any:
        return call(call(twice, f), x)

    follow(
        lambda f, x: at(answer, f, x),
        lambda f, x: grad(grad(f))(x),
        [(autograd.sin, 0.5), (lambda x: x**3, 2.0), (autograd.exp, 1.0)],
        (
            lambda f, x: grad(f)(x),
            "That is the first derivative: a derivative is a function, which has one, too.",
        ),
        (lambda f, x: grad(f)(x) ** 2, "That is the square of the first derivative."),
        (lambda f, x: grad(grad(grad(f)))(x), "That is the third."),
        tolerance=1e-5,
    )
    return "A derivative is a function, and has a derivative."


def newton(answer: Any) -> str:
    """A function newton(f, x): where Newton's step towards a minimum of f leads from x."""

    def step(f: Any, x: float) -> float:
        return float(x - grad(f)(x) / grad(grad(f))(x))

    follow(
        answer,
        step,
        [(lambda x: (x - 3.0) ** 2 + 1.0, 0.0), (lambda x: x**4 + x, 1.0), (autograd.cosh, 1.0)],
        (
            lambda f, x: float(x - f(x) / grad(f)(x)),
            "That is Newton's step towards a *zero* of f. At a minimum it is the slope that is zero: take the step for the slope.",
        ),
        (lambda f, x: float(x + grad(f)(x) / grad(grad(f))(x)), "It goes the other way."),
        (
            lambda f, x: float(-grad(f)(x) / grad(grad(f))(x)),
            "That is the step; where does it lead from x?",
        ),
        (
            lambda f, x: float(x - grad(f)(x)),
            "That is gradient descent of rate 1: the curvature tells how far to go.",
        ),
    )
    return "A parabola is solved in one step; anything smooth looks like one from near by."


def product(answer: Any) -> str:
    """A function product(f, x, v): the Hessian of f at x times v, f of one list."""

    def right(f: Any, x: list[float], v: list[float]) -> list[float]:
        rows = hessian(f)(x)
        return [sum(h * each for h, each in zip(row, v, strict=True)) for row in rows]

    def diagonal(f: Any, x: list[float], v: list[float]) -> list[float]:
        return [row[i] * v[i] for i, row in enumerate(hessian(f)(x))]

    def slope(f: Any, x: list[float], v: list[float]) -> float:
        return float(sum(g * each for g, each in zip(grad(f)(x), v, strict=True)))

    def valley(x: list[Any]) -> Any:
        return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2

    follow(
        answer,
        right,
        [
            (valley, [0.5, -0.5], [1.0, 2.0]),
            (lambda x: x[0] * x[1] * x[2], [1.0, 2.0, 3.0], [1.0, 0.0, -1.0]),
        ],
        (
            diagonal,
            "That is the diagonal of the Hessian times v: what x[0] and x[1] do together is missing.",
        ),
        (slope, "That is the slope along v, one number. How does the *gradient* change along v?"),
        (lambda f, x, v: hessian(f)(x), "That is the whole Hessian; times v, please."),
        tolerance=1e-5,
    )
    return "For a million parameters the Hessian has 10**12 numbers; its product with v is one forward pass along v through the gradient (hvp)."


CHECKS = second, newton, product
