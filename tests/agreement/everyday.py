"""Programs as people write them, in plain scalar code: what is compared besides the named functions.

Each is a function of single numbers, which it arranges as it needs them; data is captured as plain numbers.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import autograd as ag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rows = list[list[Any]]

RNG = random.Random(5)
DATA = [[round(RNG.gauss(0, 1), 2) for _ in range(3)] for _ in range(9)]
LABELS = [RNG.choice([-1, 1]) for _ in range(9)]
SPINS = [[RNG.choice([-1, 1]) for _ in range(4)] for _ in range(4)]
EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (1, 3), (3, 4)]
WORDS = [3, 1, 1, 0, 4, 1]


def rows(xs: Any, width: int) -> Rows:
    """Numbers in rows."""
    return [list(xs[i : i + width]) for i in range(0, len(xs), width)]


def product(a: Rows, b: Rows) -> Rows:
    """A matrix product."""
    return [
        [sum(x * y for x, y in zip(r, c, strict=True)) for c in zip(*b, strict=True)] for r in a
    ]


def kmeans(*xs: Any) -> Any:
    """The squared distance to the nearest of three centres."""
    total = 0.0
    for point in DATA:
        distances = [
            sum((p - c) ** 2 for p, c in zip(point, c_, strict=True)) for c_ in rows(xs, 3)
        ]
        nearest = distances[0]
        for distance in distances[1:]:
            nearest = ag.minimum(nearest, distance)
        total += nearest
    return total / len(DATA)


def kalman(q: Any, r: Any, start: Any, *observed: Any) -> Any:
    """The log-likelihood of a scalar Kalman filter."""
    x, p, total = start, 1.0, 0.0
    for z in observed:
        p = p + q**2
        s = p + r**2
        gain, e = p / s, z - x
        total -= 0.5 * (ag.log(2 * math.pi * s) + e * e / s)
        x, p = x + gain * e, (1 - gain) * p
    return total


def exponential(*xs: Any) -> Any:
    """The trace of a matrix exponential, by its series."""
    a = rows(xs, 3)
    term = [[float(i == j) for j in range(3)] for i in range(3)]
    total = 0.0
    for k in range(1, 9):
        term = [[x / k for x in row] for row in product(term, a)]
        total = total + sum(term[i][i] for i in range(3))
    return total


def tridiagonal(*xs: Any) -> Any:
    """The squared length of a tridiagonal system's solution, by Thomas' algorithm."""
    n = len(xs) // 2
    diagonal, right = [4 + x for x in xs[:n]], list(xs[n:])
    factors = [0.5 / diagonal[0]]
    right[0] = right[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - 0.3 * factors[-1]
        factors.append(0.5 / pivot)
        right[i] = (right[i] - 0.3 * right[i - 1]) / pivot
    for i in reversed(range(n - 1)):
        right[i] = right[i] - factors[i] * right[i + 1]
    return sum(x * x for x in right)


def ising(coupling: Any, field: Any) -> Any:
    """The energy of captured spins."""
    energy = 0
    for i in range(4):
        for j in range(4):
            s = SPINS[i][j]
            energy -= coupling * s * (SPINS[(i + 1) % 4][j] + SPINS[i][(j + 1) % 4]) + field * s
    return energy


def attention(*xs: Any) -> Any:
    """A causal attention head with the softmax written out."""
    x, wq, wk, wv = rows(xs[:12], 3), rows(xs[12:18], 2), rows(xs[18:24], 2), rows(xs[24:30], 2)
    q, k, v = product(x, wq), product(x, wk), product(x, wv)
    total = 0
    for i, query in enumerate(q):
        scores = [
            sum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(2) for key in k[: i + 1]
        ]
        largest = scores[0]
        for score in scores[1:]:
            largest = ag.maximum(largest, score)
        parts = [ag.exp(score - largest) for score in scores]
        whole = sum(parts)
        for column in zip(*v[: i + 1], strict=True):
            total += sum(part / whole * y for part, y in zip(parts, column, strict=True)) ** 2
    return total


def lstm(*xs: Any) -> Any:
    """A gated recurrent cell of one unit."""
    weights = rows(xs[:12], 3)
    h = c = 0.0
    for x in xs[12:]:
        i, f, o, g = [w[0] * h + w[1] * x + w[2] for w in weights]
        c = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
        h = ag.sigmoid(o) * ag.tanh(c)
    return h * h


def cholesky(*xs: Any) -> Any:
    """A Gaussian process' negative log-likelihood, by a Cholesky factor."""
    scale, noise, *ys = xs
    n = len(ys)
    k = [[ag.exp(-((i - j) ** 2) * scale * scale) for j in range(n)] for i in range(n)]
    factor: Rows = [[0.0] * n for _ in range(n)]
    for i in range(n):
        k[i][i] = k[i][i] + noise * noise + 0.1
        for j in range(i + 1):
            rest = k[i][j] - sum(factor[i][m] * factor[j][m] for m in range(j))
            factor[i][j] = ag.sqrt(rest) if i == j else rest / factor[j][j]
    solved: list[Any] = []
    for i, y in enumerate(ys):
        solved.append((y - sum(factor[i][m] * solved[m] for m in range(i))) / factor[i][i])
    return sum(z * z for z in solved) / 2 + sum(ag.log(factor[i][i]) for i in range(n))


def markov(*xs: Any) -> Any:
    """The forward algorithm of a hidden Markov model, in logarithms."""
    moves = [ag.log_softmax(row) for row in rows(xs[:4], 2)]
    emits = [ag.log_softmax(row) for row in rows(xs[4:14], 5)]
    state = [emits[s][WORDS[0]] - math.log(2) for s in range(2)]
    for word in WORDS[1:]:
        state = [
            ag.logsumexp([state[r] + moves[r][s] for r in range(2)]) + emits[s][word]
            for s in range(2)
        ]
    return ag.logsumexp(state)


def viterbi(*xs: Any) -> Any:
    """The best path's score."""
    best = list(xs[:3])
    for step in rows(xs[3:], 3):
        best = [ag.maximum(ag.maximum(best[0], best[1] - 0.5), best[2] - 1.0) + x for x in step]
    return ag.maximum(ag.maximum(best[0], best[1]), best[2])


def graph_net(*xs: Any) -> Any:
    """Two rounds of messages along captured edges."""
    nodes, w = list(xs[:5]), xs[5:]
    for _ in range(2):
        sums = [0.0] * 5
        for a, b in EDGES:
            sums[b] = sums[b] + ag.tanh(w[0] * nodes[a] + w[1])
            sums[a] = sums[a] + ag.tanh(w[0] * nodes[b] + w[1])
        nodes = [ag.relu(w[2] * x + s) for x, s in zip(nodes, sums, strict=True)]
    return sum(nodes)


def embedding(*xs: Any) -> Any:
    """Bigrams of captured words, each a row of a table; a word is looked up many times."""
    table = rows(xs, 2)
    total = 0.0
    for a, b in pairwise(WORDS):
        score = table[a][0] * table[b][1] + table[a][1] * table[b][0]
        total = total + ag.softplus(-score)
    return total


def svm(*xs: Any) -> Any:
    """Hinge losses and a penalty."""
    *w, b = xs
    losses = [
        ag.maximum(0, 1 - y * (sum(a * x for a, x in zip(w, row, strict=True)) + b))
        for row, y in zip(DATA, LABELS, strict=True)
    ]
    return sum(losses) / len(losses) + 0.01 * sum(a * a for a in w)


def huber(w: Any, b: Any) -> Any:
    """A robust fit, its pieces chosen by a comparison."""
    total = 0.0
    for x, y, _ in DATA:
        e = w * x + b - y
        total += ag.where(abs(e) <= 1.0, 0.5 * e**2, abs(e) - 0.5)
    return total


def polynomial(*xs: Any) -> Any:
    """Powers counted from 0."""
    x, *coefficients = xs
    return sum(c * x**i for i, c in enumerate(coefficients)) + x**-2 + 2**x


def layer_norm(*xs: Any) -> Any:
    """Rows made of mean 0 and variance 1, and scaled."""
    *values, gain, shift = xs
    total = 0.0
    for row in rows(values, 4):
        mean = sum(row) / len(row)
        variance = sum((x - mean) ** 2 for x in row) / len(row)
        total += sum(ag.gelu(gain * (x - mean) / (variance + 1e-5) ** 0.5 + shift) for x in row)
    return total


def convolution(*xs: Any) -> Any:
    """A 2x2 kernel over a 5x5 picture, its largest answers in 2x2 pools."""
    kernel, picture = rows(xs[:4], 2), rows(xs[4:], 5)
    maps = [
        [
            sum(kernel[a][b] * picture[i + a][j + b] for a in range(2) for b in range(2))
            for j in range(4)
        ]
        for i in range(4)
    ]
    total = 0.0
    for i in (0, 2):
        for j in (0, 2):
            pool = [maps[i + a][j + b] for a in range(2) for b in range(2)]
            total += ag.maximum(ag.maximum(pool[0], pool[1]), ag.maximum(pool[2], pool[3]))
    return total


def tree(*xs: Any) -> Any:
    """A recursive network over a captured tree: the branches depend on plain data alone."""
    shape = ((0, (1, 2)), ((3, 4), (0, (2, 1))))

    def encode(part: Any) -> Any:
        if isinstance(part, int):
            return xs[part]
        left, right = part
        return ag.tanh(xs[5] * encode(left) + xs[6] * encode(right) + xs[7])

    return encode(shape)


def gravity(*xs: Any) -> Any:
    """The energy of a few bodies after leapfrog steps."""
    n = len(xs) // 4
    place, speed = rows(xs[: 2 * n], 2), rows(xs[2 * n :], 2)

    def pull(i: int) -> list[Any]:
        force = [0.0, 0.0]
        for j in range(n):
            if i != j:
                gap = [place[j][a] - place[i][a] for a in range(2)]
                cube = (gap[0] ** 2 + gap[1] ** 2 + 0.1) ** 1.5
                force = [f + g / cube for f, g in zip(force, gap, strict=True)]
        return force

    for _ in range(3):
        forces = [pull(i) for i in range(n)]
        speed = [
            [v + 0.05 * f for v, f in zip(vs, fs, strict=True)]
            for vs, fs in zip(speed, forces, strict=True)
        ]
        place = [
            [x + 0.05 * v for x, v in zip(ps, vs, strict=True)]
            for ps, vs in zip(place, speed, strict=True)
        ]
    kinetic = sum(v * v for vs in speed for v in vs) / 2
    return kinetic - sum(
        1 / ag.hypot(place[i][0] - place[j][0], place[i][1] - place[j][1])
        for i in range(n)
        for j in range(i)
    )


def sinkhorn(*xs: Any) -> Any:
    """Rows and columns of a positive matrix normalised in turn."""
    matrix = [[ag.exp(x) for x in row] for row in rows(xs, 3)]
    for _ in range(3):
        matrix = [[x / sum(row) for x in row] for row in matrix]
        columns = [sum(column) for column in zip(*matrix, strict=True)]
        matrix = [[x / c for x, c in zip(row, columns, strict=True)] for row in matrix]
    return -sum(x * ag.log(x) for row in matrix for x in row)


def prices(spot: Any, volatility: Any, strike: Any) -> Any:
    """An option's mean pay-off over captured draws, and its closed form."""
    total = 0.0
    for row in DATA:
        for draw in row:
            end = spot * ag.exp(-0.5 * volatility * volatility + volatility * draw)
            total = total + ag.relu(end - strike)
    d = (ag.log(spot / strike)) / volatility + volatility / 2
    return total / 27 + spot * 0.5 * ag.erfc(-d / math.sqrt(2))


SIZES: dict[Callable[..., Any], int] = {
    kmeans: 9, kalman: 9, exponential: 9, tridiagonal: 12, ising: 2, attention: 30, lstm: 16, cholesky: 6,
    markov: 14, viterbi: 15, graph_net: 8, embedding: 10, svm: 4, huber: 2, polynomial: 6,
    layer_norm: 10, convolution: 29, tree: 8, gravity: 12, sinkhorn: 9, prices: 3,
}  # fmt: skip
POSITIVE = {prices, polynomial}


def everyday(seed: int) -> Iterator[tuple[str, Callable[..., Any], list[float]]]:
    """Each of them at a random point."""
    rng = random.Random(seed)
    for function, count in SIZES.items():
        xs = [round(rng.gauss(0, 1), 3) or 0.5 for _ in range(count)]
        if function in POSITIVE:
            xs = [abs(x) for x in xs]
        yield function.__name__, function, xs
