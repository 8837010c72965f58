"""Transforms of random functions over all rows, to third derivatives."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp, vmap
from autograd.functions import apply
from autograd.primitives import TABLE

from .rows import counts
from .written import answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Function = Callable[[list[Any]], list[Any]]


def functions(seed: int, count: int) -> Iterator[tuple[str, list[str]]]:
    """The name of each case, and what the transforms answer."""
    rows = list(TABLE.values())
    for number in range(count):
        rng = random.Random(f"function {seed + number}")
        function, n = drawn(rng, rows)
        xs = [rng.choice([0.0, 1.0, -1.0, 0.5, 2])] + [rng.uniform(-2.0, 2.0) for _ in range(n - 1)]
        vs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
        for name, ask in questions(function, xs, vs).items():
            yield f"{name} of function of seed {seed + number}", answered(ask)


def drawn(rng: random.Random, rows: list[Any]) -> tuple[Function, int]:
    """A function from a list of numbers to a list of three, and how many it takes."""
    n = rng.randint(2, 4)
    plan = []
    for _ in range(rng.randint(3, 15)):
        row = rng.choice(rows)
        operands = [
            rng.uniform(-2.0, 2.0) if rng.random() < 0.15 else rng.randrange(100)
            for _ in range(rng.choice(counts(row, 6)))
        ]
        plan.append((row, operands))

    def function(xs: list[Any]) -> list[Any]:
        pool = list(xs)
        for row, operands in plan:
            numbers = [x if type(x) is float else pool[x % len(pool)] for x in operands]
            pool.append(apply(row, *numbers))
        return pool[-3:]

    return function, n


def questions(function: Function, xs: list[float], vs: list[float]) -> dict[str, Callable[[], Any]]:
    """What is asked about a function at a point, in a direction."""

    def one(xs: list[Any]) -> Any:
        return function(xs)[-1]

    def slopes(xs: list[Any]) -> Any:
        return ag.sum(grad(one)(xs))

    shifted = [[x + 0.25 * k for x in xs] for k in range(3)]
    return {
        "value_and_grad": lambda: value_and_grad(one)(xs),
        "grad": lambda: grad(one)(xs),
        "jacobian": lambda: jacobian(function)(xs),
        "hessian": lambda: hessian(one)(xs),
        "hvp": lambda: hvp(one, (xs,), (vs,)),
        "jvp": lambda: jvp(function, (xs,), (vs,)),
        "vjp": lambda: vjp(function, xs)[1]([1.0, -0.5, 2.0]),
        "vmap of grad": lambda: vmap(grad(one))(shifted),
        "third derivatives": lambda: hessian(slopes)(xs),
        "grad with a captured Value": lambda: captured(one, xs),
    }


def captured(function: Callable[[list[Any]], Any], xs: list[float]) -> Any:
    """The derivative of a gradient by a Value that the function has from outside."""
    scale = Value(1.5)
    inner = grad(lambda ys: function([scale * y for y in ys]))([Value(x) for x in xs])
    total = ag.sum(inner)
    if isinstance(total, Value):
        total.backward()
    return [inner, scale.grad]
