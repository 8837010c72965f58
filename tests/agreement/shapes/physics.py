"""Physics, finance and test functions: bodies, lattices, differential equations, trees."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import autograd as ag

from ._tools import dot, normals, positives, rows, squares

if TYPE_CHECKING:
    import random

    from ._tools import Made


def bodies(rng: random.Random, n: int) -> Made:
    k = min(n, 6)
    masses = positives(rng, k)

    def f(x: list[Any]) -> Any:
        places = rows(x, 2)
        return -sum(
            masses[i]
            * masses[j]
            / ag.sqrt(squares([a - b for a, b in zip(places[i], places[j], strict=True)]) + 0.1)
            for i, j in combinations(range(k), 2)
        ) + squares(x)

    return f, normals(rng, 2 * k)


def orbits(rng: random.Random, n: int) -> Made:
    steps = min(n, 12)

    def f(x: list[Any]) -> Any:
        px, py, vx, vy = x
        for _ in range(steps):
            r = px * px + py * py + 0.5
            pull = -0.1 / (r * ag.sqrt(r))
            vx, vy = vx + pull * px, vy + pull * py
            px, py = px + 0.1 * vx, py + 0.1 * vy
        return px * vy - py * vx + px

    return f, normals(rng, 4)


def springs(rng: random.Random, n: int) -> Made:
    return (
        lambda x: sum(
            (ag.sqrt((b - a) ** 2 + 1.0) - 1.2) ** 2 for a, b in pairwise([0.0, *x, 1.0])
        ),
        normals(rng, n),
    )


def heat(rng: random.Random, n: int) -> Made:
    steps, ends = rng.randint(1, 6), rng.choice(["held", "zero", "ring"])

    def f(u: list[Any]) -> Any:
        for _ in range(steps):
            left, right = {"held": (u[0], u[-1]), "zero": (0.0, 0.0), "ring": (u[-1], u[0])}[ends]
            wide = [left, *u, right]
            u = [b + 0.2 * (a - 2.0 * b + c) for a, b, c in zip(wide, u, wide[2:], strict=False)]
        return squares(u)

    return f, normals(rng, n)


def waves_in_a_plane(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 4), rng.randint(1, 4)

    def f(x: list[Any]) -> Any:
        before = now = rows(x, k)
        for _ in range(steps):
            new = [
                [
                    2.0 * now[i][j]
                    - before[i][j]
                    + 0.1
                    * (
                        now[i - 1][j]
                        + now[(i + 1) % k][j]
                        + now[i][j - 1]
                        + now[i][(j + 1) % k]
                        - 4.0 * now[i][j]
                    )
                    for j in range(k)
                ]
                for i in range(k)
            ]
            before, now = now, new
        return squares([v for row in now for v in row])

    return f, normals(rng, k * k)


def spins(rng: random.Random, n: int) -> Made:
    k = min(n, 5)
    lattice = [[rng.choice([-1, 1]) for _ in range(k)] for _ in range(k)]

    def f(x: list[Any]) -> Any:
        total = 0.0
        for i in range(k):
            for j in range(k):
                near = lattice[i - 1][j] + lattice[i][j - 1]
                total = total + ag.log_sigmoid(2.0 * lattice[i][j] * (x[0] * near + x[1]))
        return total

    return f, normals(rng, 2)


def runge_kutta(rng: random.Random, n: int) -> Made:
    steps = min(n, 8)

    def f(x: list[Any]) -> Any:
        def slope(y: list[Any]) -> list[Any]:
            return [y[1], -x[2] * ag.sin(y[0]) - 0.1 * y[1]]

        def at(y: list[Any], k: list[Any], h: float) -> list[Any]:
            return [a + h * b for a, b in zip(y, k, strict=True)]

        y = x[:2]
        for _ in range(steps):
            k1 = slope(y)
            k2 = slope(at(y, k1, 0.05))
            k3 = slope(at(y, k2, 0.05))
            k4 = slope(at(y, k3, 0.1))
            y = [
                v + 0.1 / 6.0 * (a + 2.0 * b + 2.0 * c + d)
                for v, a, b, c, d in zip(y, k1, k2, k3, k4, strict=True)
            ]
        return y[0] * y[1] + y[0]

    return f, normals(rng, 3)


def predators(rng: random.Random, n: int) -> Made:
    steps = min(n, 15)

    def f(x: list[Any]) -> Any:
        a, b = ag.exp(0.1 * x[0]), ag.exp(0.1 * x[1])
        for _ in range(steps):
            a, b = a + 0.05 * a * (1.0 - b), b + 0.05 * b * (x[2] * a - 1.0)
        return ag.log(a * a + b * b)

    return f, normals(rng, 3)


def forces_between_atoms(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for i, j in combinations(range(k), 2):
            r2 = (x[i] - x[j] + 1.5 * (j - i)) ** 2 + 0.5
            inverse = 1.0 / (r2 * r2 * r2)
            total = total + inverse * inverse - inverse
        return total + sum(x)

    return f, normals(rng, k, 0.3)


def rotations(rng: random.Random, n: int) -> Made:
    count = min(n, 6)

    def f(x: list[Any]) -> Any:
        w, a, b, c = 1.0, 0.0, 0.0, 0.0
        for p, q, r in rows(x, 3):
            size = ag.sqrt(1.0 + p * p + q * q + r * r)
            s, p, q, r = 1.0 / size, p / size, q / size, r / size
            w, a, b, c = (
                w * s - a * p - b * q - c * r,
                w * p + a * s + b * r - c * q,
                w * q - a * r + b * s + c * p,
                w * r + a * q - b * p + c * s,
            )
        return w * a + b - c * c

    return f, normals(rng, 3 * count)


def option_tree(rng: random.Random, n: int) -> Made:
    steps = min(n, 10)

    def f(x: list[Any]) -> Any:
        price, move, strike = 1.0 + 0.1 * x[0], 0.1 + 0.01 * x[1] ** 2, 1.0
        up = ag.exp(move)
        ends = [price * up ** (2 * i - steps) for i in range(steps + 1)]
        values = [ag.maximum(strike - end, 0.0) for end in ends]
        for _ in range(steps):
            values = [0.99 * (0.5 * a + 0.5 * b) for a, b in pairwise(values)]
        return values[0]

    return f, normals(rng, 2)


def option_formula(rng: random.Random, n: int) -> Made:
    def normal(x: Any) -> Any:
        return 0.5 * (1.0 + ag.erf(x / math.sqrt(2.0)))

    def f(x: list[Any]) -> Any:
        total = 0.0
        for s, v in rows(x, 2):
            d = (ag.log(s) + 0.5 * v * v) / v
            total = total + s * normal(d) - normal(d - v)
        return total

    return f, positives(rng, 2 * min(n, 8))


def rosenbrock(rng: random.Random, n: int) -> Made:
    return (
        lambda x: sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise([0.5, *x])),
        normals(rng, n),
    )


def rastrigin(rng: random.Random, n: int) -> Made:
    return lambda x: sum(v * v - 10.0 * ag.cos(2.0 * math.pi * v) + 10.0 for v in x), normals(
        rng, n
    )


def ackley(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        mean = sum(v * v for v in x) / len(x)
        waves = sum(ag.cos(2.0 * math.pi * v) for v in x) / len(x)
        return -20.0 * ag.exp(-0.2 * ag.sqrt(mean + 0.01)) - ag.exp(waves)

    return f, normals(rng, n)


def upwind(rng: random.Random, n: int) -> Made:
    steps = rng.randint(1, 4)
    speeds = normals(rng, n)

    def f(u: list[Any]) -> Any:
        for _ in range(steps):
            u = [
                v
                - 0.1
                * (ag.maximum(c, 0.0) * (v - u[i - 1]) + ag.minimum(c, 0.0) * (u[(i + 1) % n] - v))
                for i, (v, c) in enumerate(zip(u, speeds, strict=True))
            ]
        return squares(u)

    return f, normals(rng, n)


def levers(rng: random.Random, n: int) -> Made:
    lengths = positives(rng, n)

    def f(x: list[Any]) -> Any:
        angle, px, py = 0.0, 0.0, 0.0
        for turn, length in zip(x, lengths, strict=True):
            angle = angle + turn
            px, py = px + length * ag.cos(angle), py + length * ag.sin(angle)
        return (px - 1.0) ** 2 + (py - 0.5) ** 2

    return f, normals(rng, n)


def circuits(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        total = x[0]
        for i, r in enumerate(x[1:]):
            total = total + r if i % 2 else 1.0 / (1.0 / total + 1.0 / r)
        return total

    return f, positives(rng, n)


def lens(rng: random.Random, n: int) -> Made:
    heights = normals(rng, 4, 0.3)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for h in heights:
            y, slope = h, 0.0
            for power in x:
                slope = slope - 0.3 * power * y
                y = y + 0.4 * slope
            total = total + y * y
        return total

    return f, normals(rng, min(n, 10))


def ladder_of_powers(rng: random.Random, n: int) -> Made:
    return lambda x: sum(v ** (1.0 + 0.5 * i) for i, v in enumerate(x)) ** 0.5, positives(rng, n)


def works_of_forces(rng: random.Random, n: int) -> Made:
    k = min(n, 8)
    path = rows(normals(rng, 2 * (k + 1)), 2)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for (a, b), (c, d) in pairwise(path):
            field = [ag.sin(x[0] * a) + x[1] * b, ag.cos(x[2] * b) - x[1] * a]
            total = total + dot(field, [c - a, d - b])
        return total

    return f, normals(rng, 3)
