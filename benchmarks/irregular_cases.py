"""Programs without arrays worth the name: what ``python -m benchmarks.irregular`` measures.

Each is plain scalar code that works on nested sequences of whatever computes, with the functions of a module ``m``: autograd,
CasADi's, ddx's.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable

Number = Any


class Case(NamedTuple):
    """A function of one array."""

    name: str
    make: Callable[[Any], Callable[[Any], Number]]
    """Makes it from a module."""
    point: list[Any]
    """Where it is evaluated: nested lists, rectangular."""


def _matrix(rows: int, columns: int, seed: int, scale: float = 1.0) -> list[list[float]]:
    rng = random.Random(seed)
    return [[scale * rng.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]


def _determinant(m: Any) -> Any:
    del m
    return lambda rows: cases.determinant([[x for x in row] for row in rows])  # noqa: C416


def tridiagonal(m: Any) -> Any:
    """The squared length of the solution of a tridiagonal system, by Thomas' algorithm."""
    del m

    def f(bands: Any) -> Number:
        below, diagonal, above, right = bands
        n = len(diagonal)
        c, d = [above[0] / diagonal[0]], [right[0] / diagonal[0]]
        for i in range(1, n):
            pivot = diagonal[i] - below[i] * c[-1]
            c.append(above[i] / pivot)
            d.append((right[i] - below[i] * d[-1]) / pivot)
        x = d[-1]
        total = x * x
        for i in range(n - 2, -1, -1):
            x = d[i] - c[i] * x
            total = total + x * x
        return total

    return f


def _bands(n: int) -> list[list[float]]:
    below, diagonal, above, right = _matrix(4, n, 1)
    return [below, [4.0 + abs(x) for x in diagonal], above, right]


def cholesky(m: Any) -> Any:
    """The logarithm of the determinant of a positive definite matrix, from its lower triangle."""

    def f(a: Any) -> Number:
        n = len(a)
        rows: list[list[Number]] = []
        total = 0.0
        for i in range(n):
            row: list[Number] = []
            for j in range(i):
                inner = sum(row[k] * rows[j][k] for k in range(j))
                row.append((a[i][j] - inner) / rows[j][j])
            pivot = m.sqrt(a[i][i] - sum(x * x for x in row))
            rows.append([*row, pivot])
            total = total + 2.0 * m.log(pivot)
        return total

    return f


def _definite(n: int) -> list[list[float]]:
    half = _matrix(n, n, 2)
    return [
        [
            sum(x * y for x, y in zip(p, q, strict=True)) + (n if i == j else 0)
            for j, q in enumerate(half)
        ]
        for i, p in enumerate(half)
    ]


def kalman(m: Any) -> Any:
    """The likelihood of noisy positions of something that moves steadily (Kalman 1960), by observation."""

    def f(observed: Any) -> Number:
        q, r = 0.1, 0.5
        x, v = 0.0, 0.0
        a, b, c = 1.0, 0.0, 1.0
        total = 0.0
        for z in observed:
            x = x + v
            a, b, c = a + 2.0 * b + c + q, b + c + 0.5 * q, c + q
            s = a + r + 0.01 * z * z
            k, g = a / s, b / s
            e = z - x
            x, v = x + k * e, v + g * e
            a, b, c = (1.0 - k) * a, (1.0 - k) * b, c - g * b
            total = total + m.log(s) + e * e / s
        return total

    return f


def markov(m: Any) -> Any:
    """The likelihood of 30 symbols under a hidden Markov model of 4 states, by its unnormalised scores."""
    rng = random.Random(3)
    symbols = [rng.randrange(3) for _ in range(30)]

    def f(scores: Any) -> Number:
        n = len(scores)
        moves = [_log_softmax(m, [row[j] for j in range(n)]) for row in scores]
        emits = [_log_softmax(m, [row[n + j] for j in range(3)]) for row in scores]
        state = [emits[i][symbols[0]] for i in range(n)]
        for symbol in symbols[1:]:
            state = [
                m.logsumexp([state[i] + moves[i][j] for i in range(n)]) + emits[j][symbol]
                for j in range(n)
            ]
        return m.logsumexp(state)

    return f


def _log_softmax(m: Any, xs: list[Number]) -> list[Number]:
    total = m.logsumexp(xs)
    return [x - total for x in xs]


def pendulum(m: Any) -> Any:
    """The final energy of a damped pendulum, integrated with the classical Runge-Kutta method."""

    def slope(angle: Number, speed: Number) -> tuple[Number, Number]:
        return speed, -9.81 * m.sin(angle) - 0.1 * speed

    def f(state: Any, steps: int = 100, h: float = 0.02) -> Number:
        angle, speed = state[0], state[1]
        for _ in range(steps):
            a1, s1 = slope(angle, speed)
            a2, s2 = slope(angle + h / 2 * a1, speed + h / 2 * s1)
            a3, s3 = slope(angle + h / 2 * a2, speed + h / 2 * s2)
            a4, s4 = slope(angle + h * a3, speed + h * s3)
            angle = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
            speed = speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
        return speed * speed / 2 + 9.81 * (1 - m.cos(angle))

    return f


def bodies(m: Any) -> Any:
    """The potential energy of five bodies after 20 steps, by where they start from rest."""

    def f(start: Any, steps: int = 20, h: float = 0.01) -> Number:
        at = [[x for x in row] for row in start]  # noqa: C416
        speed = [[0.0, 0.0, 0.0] for _ in at]
        n = len(at)
        total = 0.0
        for step in range(steps + 1):
            pull: list[list[Number]] = [[0.0, 0.0, 0.0] for _ in at]
            for i in range(n):
                for j in range(i):
                    d = [p - q for p, q in zip(at[i], at[j], strict=True)]
                    square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.01
                    inverse = 1.0 / m.sqrt(square)
                    if step == steps:
                        total = total - inverse
                        continue
                    cubed = inverse * inverse * inverse
                    for k in range(3):
                        pull[i][k] = pull[i][k] - d[k] * cubed
                        pull[j][k] = pull[j][k] + d[k] * cubed
            for i in range(n):
                for k in range(3):
                    speed[i][k] = speed[i][k] + h * pull[i][k]
                    at[i][k] = at[i][k] + h * speed[i][k]
        return total

    return f


def edits(m: Any) -> Any:
    """The soft distance of two sequences of 12 numbers, by dynamic programming (Cuturi and Blondel 2017)."""

    def softest(*xs: Number) -> Number:
        return -m.logsumexp([-x for x in xs])

    def f(pair: Any) -> Number:
        xs, ys = pair
        n = len(xs)
        rows: list[list[Number]] = [[float(j) for j in range(n + 1)]]
        for i in range(n):
            row: list[Number] = [float(i + 1)]
            for j in range(n):
                cost = (xs[i] - ys[j]) * (xs[i] - ys[j])
                row.append(softest(rows[i][j] + cost, rows[i][j + 1] + 1.0, row[j] + 1.0))
            rows.append(row)
        return rows[-1][-1]

    return f


def arm(m: Any) -> Any:
    """The squared distance of a robot's hand, at the end of six joints, from where it is to be."""

    def f(angles: Any) -> Number:
        at: list[Number] = [0.0, 0.0, 0.0]
        frame: list[list[Number]] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        for number in range(len(angles)):
            s, c = m.sin(angles[number]), m.cos(angles[number])
            turned = []
            for x, y, z in frame:
                if number % 2:
                    turned.append([x, c * y + s * z, c * z - s * y])
                else:
                    turned.append([c * x + s * y, c * y - s * x, z])
            frame = turned
            at = [p + 0.3 * row[0] + 0.1 * row[2] for p, row in zip(at, frame, strict=True)]
        wanted = (0.5, -0.2, 0.7)
        return sum((p - q) * (p - q) for p, q in zip(at, wanted, strict=True))

    return f


def bundle(m: Any) -> Any:
    """The squared error of 15 points seen by 3 cameras, by where both are."""
    rng = random.Random(5)
    seen = [[(rng.gauss(0, 0.2), rng.gauss(0, 0.2)) for _ in range(15)] for _ in range(3)]

    def f(numbers: Any) -> Number:
        total = 0.0
        for camera in range(3):
            a, b, c, *moved = [numbers[6 * camera + i] for i in range(6)]
            size = m.sqrt(a * a + b * b + c * c + 1e-12)
            s, co = m.sin(size), m.cos(size)
            kx, ky, kz = a / size, b / size, c / size
            for number in range(15):
                x, y, z = [numbers[18 + 3 * number + i] for i in range(3)]
                along = (kx * x + ky * y + kz * z) * (1.0 - co)
                p = x * co + (ky * z - kz * y) * s + kx * along + moved[0]
                q = y * co + (kz * x - kx * z) * s + ky * along + moved[1]
                r = z * co + (kx * y - ky * x) * s + kz * along + moved[2]
                u, v = seen[camera][number]
                du, dv = p / r - u, q / r - v
                total = total + du * du + dv * dv
        return total

    return f


def _scene() -> list[float]:
    rng = random.Random(6)
    cameras = [0.1 * rng.gauss(0, 1) for _ in range(18)]
    points: list[float] = []
    for _ in range(15):
        points += [rng.gauss(0, 0.5), rng.gauss(0, 0.5), 4.0 + rng.gauss(0, 0.5)]
    return cameras + points


def _rosenbrock(n: int) -> Case:
    point = [0.5 + i / (n - 1) for i in range(n)]
    return Case(f"Rosenbrock {n:,}", lambda m: cases.rosenbrock, point)


CASES = [
    *(_rosenbrock(n) for n in (10, 100, 1000)),
    Case("determinant 5x5", _determinant, _matrix(5, 5, 4)),
    Case("tridiagonal solve, 50", tridiagonal, _bands(50)),
    Case("Cholesky 8x8", cholesky, _definite(8)),
    Case("Kalman filter, 50 steps", kalman, _matrix(1, 50, 7)[0]),
    Case("hidden Markov model 4x30", markov, _matrix(4, 7, 8)),
    Case("ODE, RK4, 100 steps", pendulum, [1.0, 0.0]),
    Case("five bodies, 20 steps", bodies, _matrix(5, 3, 9)),
    Case("soft edit distance 12x12", edits, _matrix(2, 12, 10)),
    Case("robot arm, 6 joints", arm, [0.3, -0.5, 0.7, 0.2, -0.4, 0.6]),
    Case("bundle adjustment 3x15", bundle, _scene()),
]
"""Every one, in the order of the table."""

LARGE = [_rosenbrock(10_000)]
"""What takes long to compile."""
