"""Sequences: running results, filters, recurrences, tables of dynamic programs, transforms, curves."""

from __future__ import annotations

import math
from functools import reduce
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import autograd as ag

from ._tools import dot, normals, positives, rows, squares

if TYPE_CHECKING:
    import random

    from ._tools import Made


def cumulative_sum(rng: random.Random, n: int) -> Made:
    return lambda x: sum(ag.tanh(s) for s in accumulate(x)), normals(rng, n)


def cumulative_product(rng: random.Random, n: int) -> Made:
    return (
        lambda x: sum(accumulate(x, lambda a, b: a * (1.0 + 0.1 * b))),
        normals(rng, n),
    )


def running_maximum(rng: random.Random, n: int) -> Made:
    return lambda x: sum(accumulate(x, ag.maximum)) + reduce(ag.minimum, x), normals(rng, n)


def largest_of_all(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        top = x[0]
        for v in x[1:]:
            top = ag.maximum(top, v)
        return ag.log(sum(ag.exp(v - top) for v in x)) + top

    return f, normals(rng, n)


def moving_average(rng: random.Random, n: int) -> Made:
    rate = round(rng.uniform(0.1, 0.9), 2)

    def f(x: list[Any]) -> Any:
        mean, spread = x[0], 0.0
        for v in x[1:]:
            off = v - mean
            mean = mean + rate * off
            spread = (1.0 - rate) * (spread + rate * off * off)
        return mean + spread

    return f, normals(rng, n)


def horner(rng: random.Random, n: int) -> Made:
    at = normals(rng, rng.randint(1, 4), 0.8)
    return (
        lambda x: sum(reduce(lambda total, c, t=t: total * t + c, x) for t in at),
        normals(rng, n),
    )


def polynomial_at_many_points(rng: random.Random, n: int) -> Made:
    points = normals(rng, rng.randint(1, 8), 0.9)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for t in points:
            power, value = 1.0, 0.0
            for c in x:
                value = value + c * power
                power = power * t
            total = total + (value - math.copysign(1.0, t)) ** 2
        return total / 2

    return f, normals(rng, min(n, 10))


def finite_response(rng: random.Random, n: int) -> Made:
    taps = rng.randint(1, 5)

    def f(x: list[Any]) -> Any:
        h, signal = x[:taps], x[taps:]
        return squares([sum(h[k] * signal[i - k] for k in range(taps) if i >= k) for i in range(n)])

    return f, normals(rng, n + taps)


def infinite_response(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        a, b, signal = x[0], x[1], x[2:]
        y: list[Any] = []
        for i, v in enumerate(signal):
            y.append(
                v + 0.5 * a * (y[i - 1] if i else 0.0) - 0.3 * b * (y[i - 2] if i > 1 else 0.0)
            )
        return squares(y)

    return f, normals(rng, n + 2)


def convolution(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        a, b = x[:k], x[k:]
        found: list[Any] = [0.0] * (k + len(b) - 1)
        for i, u in enumerate(a):
            for j, v in enumerate(b):
                found[i + j] = found[i + j] + u * v
        return sum(ag.sin(v) for v in found)

    return f, normals(rng, 2 * k)


def convolution_of_planes(rng: random.Random, n: int) -> Made:
    k, reach = min(n, 6), rng.randint(1, 3)
    image = rows(normals(rng, (k + reach) ** 2), k + reach)

    def f(x: list[Any]) -> Any:
        kernel = rows(x, reach)
        return sum(
            ag.relu(
                sum(kernel[a][b] * image[i + a][j + b] for a in range(reach) for b in range(reach))
            )
            for i in range(k)
            for j in range(k)
        )

    return f, normals(rng, reach * reach)


def pooling(rng: random.Random, n: int) -> Made:
    width = rng.randint(1, 4)

    def f(x: list[Any]) -> Any:
        pooled = [reduce(ag.maximum, part) for part in rows(x, width)]
        return squares(pooled)

    return f, normals(rng, n)


def total_variation(rng: random.Random, n: int) -> Made:
    return lambda x: sum(ag.abs(b - a) for a, b in pairwise([0.1, *x])), normals(rng, n)


def kalman(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        q, r, state, spread, total = x[0], x[1], x[2], 1.0, 0.0
        for z in x[3:]:
            spread = spread + q * q
            s = spread + r * r + 0.1
            gain, off = spread / s, z - state
            total = total - 0.5 * (ag.log(s) + off * off / s)
            state, spread = state + gain * off, (1.0 - gain) * spread
        return total

    return f, normals(rng, n + 3)


def recurrent_net(rng: random.Random, n: int) -> Made:
    k, inputs = rng.randint(1, 4), normals(rng, min(n, 10))

    def f(x: list[Any]) -> Any:
        u, w = rows(x[: k * k], k), x[k * k :]
        h: list[Any] = [0.0] * k
        for v in inputs:
            h = [ag.tanh(dot(u[i], h) + w[i] * v) for i in range(k)]
        return squares(h)

    return f, normals(rng, k * k + k)


def gated_net(rng: random.Random, n: int) -> Made:
    inputs = normals(rng, min(n, 12))

    def f(x: list[Any]) -> Any:
        h, total = 0.0, 0.0
        for v in inputs:
            gate = ag.sigmoid(x[0] * v + x[1] * h)
            new = ag.tanh(x[2] * v + x[3] * gate * h)
            h = gate * h + (1.0 - gate) * new
            total = total + h * h
        return total

    return f, normals(rng, 4)


def memory_cells(rng: random.Random, n: int) -> Made:
    steps, k = min(n, 6), rng.randint(1, 3)
    inputs = rows(normals(rng, steps * k), k)

    def f(x: list[Any]) -> Any:
        w, u = rows(x[: 4 * k], k), rows(x[4 * k :], k)
        h: list[Any] = [0.0] * k
        c: list[Any] = [0.0] * k
        for v in inputs:
            gates = [[w[g][i] * v[i] + u[g][i] * h[i] for i in range(k)] for g in range(4)]
            forget, enter, leave = ([ag.sigmoid(a) for a in row] for row in gates[:3])
            c = [forget[i] * c[i] + enter[i] * ag.tanh(gates[3][i]) for i in range(k)]
            h = [leave[i] * ag.tanh(c[i]) for i in range(k)]
        return sum(h) + squares(c)

    return f, normals(rng, 8 * k)


def hidden_states(rng: random.Random, n: int) -> Made:
    k, steps = rng.randint(1, 4), min(n, 8)
    seen = [rng.randrange(k) for _ in range(steps)]

    def f(x: list[Any]) -> Any:
        move, emit = rows(x[: k * k], k), rows(x[k * k :], k)
        alpha = [emit[i][seen[0]] for i in range(k)]
        for o in seen[1:]:
            alpha = [
                emit[j][o] + ag.logsumexp([alpha[i] + move[i][j] for i in range(k)])
                for j in range(k)
            ]
        return ag.logsumexp(alpha)

    return f, normals(rng, 2 * k * k)


def best_path(rng: random.Random, n: int) -> Made:
    k, steps = rng.randint(1, 4), min(n, 8)

    def f(x: list[Any]) -> Any:
        score: list[Any] = [0.0] * k
        for step in rows(x, k):
            score = [
                step[j] + reduce(ag.maximum, [score[i] - 0.1 * abs(i - j) for i in range(k)])
                for j in range(k)
            ]
        return reduce(ag.maximum, score)

    return f, normals(rng, k * steps)


def edit_distance(rng: random.Random, n: int) -> Made:
    k = min(n, 7)

    def f(x: list[Any]) -> Any:
        cost = rows(x, k)
        table: list[list[Any]] = [[float(i + j) for j in range(k + 1)] for i in range(k + 1)]
        for i in range(1, k + 1):
            for j in range(1, k + 1):
                ways = [
                    table[i - 1][j] + 1.0,
                    table[i][j - 1] + 1.0,
                    table[i - 1][j - 1] + cost[i - 1][j - 1],
                ]
                table[i][j] = -ag.logsumexp([-w for w in ways])
        return table[k][k]

    return f, positives(rng, k * k)


def time_warping(rng: random.Random, n: int) -> Made:
    k = min(n, 6)
    other = normals(rng, k)

    def f(x: list[Any]) -> Any:
        before: list[Any] = [0.0, *[100.0] * k]
        for u in x:
            now: list[Any] = [100.0]
            for j, v in enumerate(other):
                least = ag.minimum(ag.minimum(before[j], before[j + 1]), now[j])
                now.append((u - v) ** 2 + least)
            before = now
        return before[-1]

    return f, normals(rng, k)


def knapsack(rng: random.Random, n: int) -> Made:
    room, sizes = rng.randint(1, 8), [rng.randint(1, 4) for _ in range(min(n, 8))]

    def f(x: list[Any]) -> Any:
        best: list[Any] = [0.0] * (room + 1)
        for value, size in zip(x, sizes, strict=True):
            for left in range(room, size - 1, -1):
                best[left] = ag.maximum(best[left], best[left - size] + value)
        return best[room]

    return f, positives(rng, len(sizes))


def inside_of_a_tree(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        chart: dict[tuple[int, int], Any] = {(i, i): x[i] for i in range(k)}
        for length in range(1, k):
            for i in range(k - length):
                j = i + length
                splits = [chart[i, m] + chart[m + 1, j] for m in range(i, j)]
                chart[i, j] = 0.3 * ag.logsumexp(splits) + x[i] * x[j]
        return chart[0, k - 1]

    return f, normals(rng, k)


def butterflies(rng: random.Random, n: int) -> Made:
    size = 1 << min(n, 4)

    def f(x: list[Any]) -> Any:
        re, im = list(x), [0.0 * v for v in x]
        half = 1
        while half < size:
            for start in range(0, size, 2 * half):
                for k in range(half):
                    c, s = math.cos(math.pi * k / half), -math.sin(math.pi * k / half)
                    i, j = start + k, start + k + half
                    a, b = re[j] * c - im[j] * s, re[j] * s + im[j] * c
                    re[i], re[j] = re[i] + a, re[i] - a
                    im[i], im[j] = im[i] + b, im[i] - b
            half *= 2
        return sum(ag.log(1.0 + a * a + b * b) for a, b in zip(re, im, strict=True))

    return f, normals(rng, size)


def wavelet(rng: random.Random, n: int) -> Made:
    size = 1 << min(n, 4)

    def f(x: list[Any]) -> Any:
        total = 0.0
        while len(x) > 1:
            low = [(a + b) * 0.5 for a, b in zip(x[::2], x[1::2], strict=True)]
            high = [(a - b) * 0.5 for a, b in zip(x[::2], x[1::2], strict=True)]
            total = total + sum(ag.softplus(ag.abs(h) - 0.2) for h in high)
            x = low
        return total + x[0]

    return f, normals(rng, size)


def sorting_network(rng: random.Random, n: int) -> Made:
    k = min(n, 10)

    def f(x: list[Any]) -> Any:
        x = list(x)
        for turn in range(k):
            for i in range(turn % 2, k - 1, 2):
                x[i], x[i + 1] = ag.minimum(x[i], x[i + 1]), ag.maximum(x[i], x[i + 1])
        return dot(x, [1.0 + i for i in range(k)])

    return f, normals(rng, k)


def curve_by_halving(rng: random.Random, n: int) -> Made:
    times = [round(rng.random(), 2) for _ in range(rng.randint(1, 4))]

    def f(x: list[Any]) -> Any:
        total = 0.0
        for t in times:
            points = x
            while len(points) > 1:
                points = [(1.0 - t) * a + t * b for a, b in pairwise(points)]
            total = total + points[0] ** 2
        return total

    return f, normals(rng, min(n, 10))


def natural_spline(rng: random.Random, n: int) -> Made:
    k = max(min(n, 8), 3)

    def f(y: list[Any]) -> Any:
        right = [a - 2.0 * b + c for a, b, c in zip(y, y[1:], y[2:], strict=False)]
        c, d = [0.25], [right[0] / 4.0]
        for v in right[1:]:
            pivot = 4.0 - c[-1]
            c.append(1.0 / pivot)
            d.append((v - d[-1]) / pivot)
        m = [d[-1]]
        for i in reversed(range(len(d) - 1)):
            m.insert(0, d[i] - c[i] * m[0])
        m = [0.0, *m, 0.0]
        return sum(
            (a + b) / 2 - (p + q) / 16 for a, b, p, q in zip(y, y[1:], m, m[1:], strict=False)
        )

    return f, normals(rng, k)


def continued_fraction(rng: random.Random, n: int) -> Made:
    return lambda x: reduce(lambda tail, v: 2.0 + v / tail, x, 3.0), positives(rng, n)


def linear_recurrence(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        a, b = x[0], x[1]
        for _ in range(n):
            a, b = b, 0.4 * a + 0.3 * b * x[2]
        return a * b + b

    return f, normals(rng, 3)


def logistic_map(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        total = 0.0
        for start in x[1:]:
            v = ag.sigmoid(start)
            for _ in range(3):
                v = (1.5 + 0.2 * x[0]) * v * (1.0 - v)
            total = total + v
        return total

    return f, normals(rng, n + 1)


def newton(rng: random.Random, n: int) -> Made:
    steps = rng.randint(1, 5)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for a in x:
            root = a
            for _ in range(steps):
                root = 0.5 * (root + a / root)
            total = total + root
        return total

    return f, positives(rng, n)
