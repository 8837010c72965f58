"""Models: nets, attention, mixtures, gathers, likelihoods, kernels."""

from __future__ import annotations

import itertools
from functools import reduce
from typing import TYPE_CHECKING, Any

import autograd as ag

from ._tools import dot, normals, positives, rows, squares

if TYPE_CHECKING:
    import random

    from ._tools import Made, Rows


def net(rng: random.Random, n: int) -> Made:
    hidden, inputs = rng.randint(1, 6), min(n, 6)
    data = rows(normals(rng, 3 * inputs), inputs)

    def f(x: list[Any]) -> Any:
        w = rows(x[: hidden * inputs], inputs)
        b, v = x[hidden * inputs :][:hidden], x[-hidden:]
        outs = [
            dot(v, [ag.tanh(dot(r, row) + c) for r, c in zip(w, b, strict=True)]) for row in data
        ]
        return squares([o - 0.5 for o in outs])

    return f, normals(rng, hidden * inputs + 2 * hidden)


def deep_net(rng: random.Random, n: int) -> Made:
    width, depth = rng.randint(1, 4), min(n, 5)
    point = normals(rng, width)

    def f(x: list[Any]) -> Any:
        h: list[Any] = point
        for layer in rows(x, width * width):
            h = [ag.relu(dot(row, h) + 0.1) for row in rows(layer, width)]
        return sum(h)

    return f, normals(rng, width * width * depth)


def residual_net(rng: random.Random, n: int) -> Made:
    width, depth = rng.randint(1, 4), min(n, 4)

    def f(x: list[Any]) -> Any:
        h, rest = x[:width], x[width:]
        for layer in rows(rest, width * width):
            h = [u + ag.gelu(dot(row, h)) for u, row in zip(h, rows(layer, width), strict=True)]
        return squares(h)

    return f, normals(rng, width + width * width * depth, 0.6)


def _softmax(scores: list[Any]) -> list[Any]:
    top = reduce(ag.maximum, scores)
    parts = [ag.exp(s - top) for s in scores]
    total = sum(parts)
    return [p / total for p in parts]


def attention(rng: random.Random, n: int) -> Made:
    length, width = min(n, 5), rng.randint(1, 3)
    causal = rng.random() < 0.5

    def f(x: list[Any]) -> Any:
        q, k, v = (rows(part, width) for part in rows(x, length * width))
        total = 0.0
        for i in range(length):
            seen = i + 1 if causal else length
            weights = ag.softmax([dot(q[i], k[j]) for j in range(seen)])
            mixed = [sum(weights[j] * v[j][d] for j in range(seen)) for d in range(width)]
            total = total + squares(mixed)
        return total

    return f, normals(rng, 3 * length * width)


def attention_by_hand(rng: random.Random, n: int) -> Made:
    length, width = min(n, 4), 2
    keys = rows(normals(rng, length * width), width)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for row in rows(x, width):
            weights = _softmax([dot(row, key) for key in keys])
            total = total + dot(weights, [float(i) for i in range(length)])
        return total

    return f, normals(rng, length * width)


def normalized_layer(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        mean = sum(x) / len(x)
        spread = sum((v - mean) ** 2 for v in x) / len(x)
        scaled = [(v - mean) / ag.sqrt(spread + 0.1) for v in x]
        return sum(ag.silu(v) * (i + 1.0) for i, v in enumerate(scaled))

    return f, normals(rng, n)


def cross_entropy(rng: random.Random, n: int) -> Made:
    classes = rng.randint(1, 5)
    labels = [rng.randrange(classes) for _ in range(min(n, 8))]

    def f(x: list[Any]) -> Any:
        logits = rows(x, classes)
        return sum(ag.logsumexp(row) - row[c] for row, c in zip(logits, labels, strict=True)) / len(
            labels
        )

    return f, normals(rng, classes * len(labels))


def logistic_regression(rng: random.Random, n: int) -> Made:
    k, samples = min(n, 6), rng.randint(1, 8)
    data = rows(normals(rng, samples * k), k)
    labels = [rng.choice([-1.0, 1.0]) for _ in range(samples)]

    def f(w: list[Any]) -> Any:
        return sum(
            ag.softplus(-y * dot(w, row)) for row, y in zip(data, labels, strict=True)
        ) + 0.1 * squares(w)

    return f, normals(rng, k)


def least_squares(rng: random.Random, n: int) -> Made:
    k, samples = min(n, 8), rng.randint(1, 12)
    data = rows(normals(rng, samples * k), k)
    targets = normals(rng, samples)

    def f(w: list[Any]) -> Any:
        return sum((t - dot(row, w)) ** 2 for row, t in zip(data, targets, strict=True))

    return f, normals(rng, k)


def support_vectors(rng: random.Random, n: int) -> Made:
    k, samples = min(n, 6), rng.randint(1, 8)
    data = rows(normals(rng, samples * k), k)

    def f(w: list[Any]) -> Any:
        return sum(
            ag.maximum(0.0, 1.0 - (-1) ** i * dot(w, row)) for i, row in enumerate(data)
        ) + squares(w)

    return f, normals(rng, k)


def counts(rng: random.Random, n: int) -> Made:
    k, samples = min(n, 5), rng.randint(1, 8)
    data = rows(normals(rng, samples * k, 0.5), k)
    seen = [rng.randint(0, 5) for _ in range(samples)]

    def f(w: list[Any]) -> Any:
        rates = [dot(w, row) for row in data]
        return sum(ag.exp(r) - c * r for r, c in zip(rates, seen, strict=True))

    return f, normals(rng, k, 0.5)


def mixture(rng: random.Random, n: int) -> Made:
    k, points = rng.randint(1, 4), normals(rng, min(n, 12))

    def f(x: list[Any]) -> Any:
        logits, means, scales = rows(x, k)
        whole = ag.logsumexp(logits)
        total = 0.0
        for point in points:
            parts = [
                logit - whole - scale - 0.5 * ((point - mean) * ag.exp(-scale)) ** 2
                for logit, mean, scale in zip(logits, means, scales, strict=True)
            ]
            total = total + ag.logsumexp(parts)
        return total

    return f, normals(rng, 3 * k)


def nearest_centre(rng: random.Random, n: int) -> Made:
    k, points = rng.randint(1, 4), rows(normals(rng, 2 * min(n, 10)), 2)

    def f(x: list[Any]) -> Any:
        centres = rows(x, 2)
        return sum(
            reduce(
                ag.minimum, [squares([a - b for a, b in zip(p, c, strict=True)]) for c in centres]
            )
            for p in points
        )

    return f, normals(rng, 2 * k)


def factors_of_a_table(rng: random.Random, n: int) -> Made:
    users, items, width = min(n, 5), rng.randint(1, 5), rng.randint(1, 3)
    seen = [(rng.randrange(users), rng.randrange(items)) for _ in range(8)]

    def f(x: list[Any]) -> Any:
        u, v = rows(x[: users * width], width), rows(x[users * width :], width)
        return sum((dot(u[i], v[j]) - 0.1 * (i + j)) ** 2 for i, j in seen)

    return f, normals(rng, (users + items) * width)


def embedding(rng: random.Random, n: int) -> Made:
    width, words = rng.randint(1, 3), [rng.randrange(n) for _ in range(9)]

    def f(x: list[Any]) -> Any:
        vectors = rows(x, width)
        total = 0.0
        for a, b in itertools.pairwise(words):
            total = total + ag.log_sigmoid(dot(vectors[a], vectors[b]))
        return total

    return f, normals(rng, n * width)


def messages_on_a_graph(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 8), rng.randint(1, 3)
    edges = [(rng.randrange(k), rng.randrange(k)) for _ in range(2 * k)]

    def f(x: list[Any]) -> Any:
        state, w = x[:k], x[k:]
        for _ in range(steps):
            inbox: list[Any] = [0.0] * k
            for a, b in edges:
                inbox[b] = inbox[b] + w[0] * state[a]
            state = [ag.tanh(s + w[1] * m) for s, m in zip(state, inbox, strict=True)]
        return squares(state)

    return f, normals(rng, k + 2)


def kernel_matrix(rng: random.Random, n: int) -> Made:
    points, weights = rows(normals(rng, 2 * min(n, 7)), 2), normals(rng, 7)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for i, p in enumerate(points):
            for j, q in enumerate(points):
                off = [(a - b) * s for a, b, s in zip(p, q, x, strict=True)]
                total = total + weights[i] * weights[j] * ag.exp(-squares(off))
        return total

    return f, normals(rng, 2)


def contrasts(rng: random.Random, n: int) -> Made:
    k, width = min(n, 5), 2

    def f(x: list[Any]) -> Any:
        vectors = rows(x, width)
        scores: Rows = [[dot(a, b) for b in vectors] for a in vectors]
        return sum(ag.logsumexp(row) - row[i] for i, row in enumerate(scores))

    return f, normals(rng, k * width)


def experts(rng: random.Random, n: int) -> Made:
    k, inputs = rng.randint(1, 4), normals(rng, min(n, 8))

    def f(x: list[Any]) -> Any:
        gate, slope, height = rows(x, k)
        total = 0.0
        for v in inputs:
            weights = ag.softmax([g * v for g in gate])
            total = total + sum(
                w * ag.tanh(s * v + h) for w, s, h in zip(weights, slope, height, strict=True)
            )
        return total

    return f, normals(rng, 3 * k)


def ranked_pairs(rng: random.Random, n: int) -> Made:
    k = min(n, 8)
    return (
        lambda x: sum(ag.softplus(x[j] - x[i] + 0.1) for i in range(k) for j in range(i + 1, k)),
        normals(rng, k),
    )


def cut_offs(rng: random.Random, n: int) -> Made:
    cuts = sorted(normals(rng, 2))

    def piece(x: Any) -> Any:
        low = ag.where(x < cuts[0], ag.exp(x), x * x)
        return ag.where(x > cuts[1], ag.sqrt(ag.where(x > cuts[1], x - cuts[1], 1.0)), low)

    return lambda x: sum(piece(v) * (i + 1) for i, v in enumerate(x)), normals(rng, n)


def clipped_ratio(rng: random.Random, n: int) -> Made:
    gains = normals(rng, n)

    def f(x: list[Any]) -> Any:
        total = 0.0
        for v, gain in zip(x, gains, strict=True):
            ratio = ag.exp(v)
            total = total + ag.minimum(ratio * gain, ag.clip(ratio, 0.8, 1.2) * gain)
        return total

    return f, normals(rng, n, 0.3)


def product_of_many(rng: random.Random, n: int) -> Made:
    width = rng.randint(1, 5)
    return lambda x: sum(ag.prod(part) for part in rows(x, width)) ** 2, positives(rng, n)


def agreement_of_two_lists(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        a, b = x[:n], x[n:]
        return dot(a, b) / (ag.sqrt(squares(a) + 0.1) * ag.sqrt(squares(b) + 0.1))

    return f, normals(rng, 2 * n)


def deviations(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        mean = ag.mean(x)
        return ag.sqrt(ag.mean([(v - mean) ** 2 for v in x]) + 0.01) + ag.norm(x)

    return f, normals(rng, n)
