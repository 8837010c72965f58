"""How long a picture takes, from the graph to its SVG, with Graphviz's dot and without.

    python -m benchmarks.pictures_static

Prints seconds and boxes for loops, losses, chains, stars, diamonds and random graphs, small and large, at
draw's default limits; exits with 1 if a picture takes more than a second or has more than 200 boxes.
Processor time, dot's included, since other programs' load changes it less than the time on the clock.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import autograd as ag
import nn
from autograd import Value, draw

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS, BOXES = 1.0, 200


def spring(steps: int) -> Value:
    """A damped spring's place after some steps of Euler's method."""
    x, v, k, c = (Value(a, b) for a, b in ((1.0, "x"), (0.0, "v"), (4.0, "k"), (0.3, "c")))
    for _ in range(steps):
        v = v + 0.01 * (-k * x - c * v)
        x = x + 0.01 * v
    return x


def newton(steps: int) -> Value:
    """The square root of a by Newton's method."""
    x, a = Value(1.0, "x"), Value(2.0, "a")
    for _ in range(steps):
        x = x - (x * x - a) / (2 * x)
    return x


def loss(samples: int) -> Value:
    """The squared errors of a small net, added up one by one."""
    net = nn.MLP(3, [4, 4, 1], seed=0)
    rng = random.Random(0)
    rows = [[rng.uniform(-1.0, 1.0) for _ in range(3)] for _ in range(samples)]
    total: Value = sum(((net(row) - 1) ** 2 for row in rows), Value(0.0))
    return total


def recurrent(steps: int) -> Value:
    """A recurrent net's state, whose two parts depend on each other in a circle."""
    cell = nn.Linear(4, 3, seed=0)
    state = [Value(0.0)] * 3
    for i in range(steps):
        with ag.scope("cell"):
            state = cell([Value(0.1 * i, f"x[{i}]"), *state])
        with ag.scope("gate"):
            state = [ag.tanh(x) for x in state]
    return state[0]


def chain(steps: int) -> Value:
    """x times a number, again and again."""
    x = Value(1.0, "x")
    for _ in range(steps):
        x = x * 1.0001
    return x


def star(rays: int) -> Value:
    """A sum to which the same x is added again and again."""
    x = Value(1.0, "x")
    y = x * x
    for _ in range(rays):
        y = y + x
    return y


def wide(terms: int) -> Value:
    """One sum of many products."""
    x = Value(1.0, "x")
    total: Value = ag.sum([x * float(i + 1) for i in range(terms)])
    return total


def diamonds(steps: int) -> Value:
    """Two ways from each step to the next."""
    x = Value(1.0, "x")
    for _ in range(steps):
        x = x * 0.5 + ag.sin(x)
    return x


def winding(steps: int) -> Value:
    """Each step is made of the last and of any before."""
    rng = random.Random(5)
    nodes = [ag.sin(Value(1.0, "x"))]
    for _ in range(steps):
        nodes.append(nodes[-1] * rng.choice(nodes))
    return nodes[-1]


def tangle(size: int, seed: int = 0) -> Value:
    """Functions of any two nodes before."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.2, 1.5), f"p{i}") for i in range(max(3, size // 8))]
    while len(nodes) < size:
        a, b = rng.choice(nodes[-60:]), rng.choice(nodes)
        made = [a * b, ag.tanh(a), ag.sin(a + b), a / (b * b + 1.0), a - b]
        nodes.append(rng.choice(made))
    total: Value = ag.sum(nodes[-40:])
    return total


CASES: dict[Callable[[int], Value], tuple[int, ...]] = {
    spring: (10, 30, 100, 300),
    newton: (10, 40, 100, 200),
    loss: (1, 2, 3, 5, 10, 20, 30, 50, 100),
    recurrent: (3, 30),
    chain: (10, 100, 100_000),
    star: (10, 100, 10_000),
    wide: (10, 100, 10_000),
    diamonds: (10, 60, 1000),
    winding: (30, 100, 190),
    tangle: (30, 60, 100, 150, 200, 1000, 10_000),
}


def seconds(y: Value) -> float:
    """How long the picture takes."""
    before = os.times()
    draw(y).svg()
    return sum(os.times()[:4]) - sum(before[:4])


def main() -> int:
    """Print the table; 1 if a picture is too slow or too large."""
    path = os.environ.get("PATH", "")
    has_dot = shutil.which("dot") is not None
    sys.stdout.write(f"{'':20} boxes  with dot  without\n")
    bad = 0
    draw(Value(1.0) * 2).svg()  # what is imported on first use
    for make, sizes in CASES.items():
        for size in sizes:
            y = make(size)
            y.backward()
            boxes = len(draw(y).graph.with_chips().nodes)
            both = [seconds(y)] if has_dot else []
            os.environ["PATH"] = ""
            both.append(seconds(y))
            os.environ["PATH"] = path
            wrong = max(both) > SECONDS or boxes > BOXES
            bad += wrong
            with_dot = f"{both[0]:6.2f} s" if has_dot else "       -"
            name = f"{make.__name__} {size:,}"
            sys.stdout.write(f"{name:20} {boxes:5}  {with_dot} {both[-1]:6.2f} s{'  !' * wrong}\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
