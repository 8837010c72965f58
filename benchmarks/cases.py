"""The programs that the compiler is measured on, each in plain scalar code.

Every case is a function of containers of numbers that knows nothing of arrays, with a maker of its arguments.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import autograd as ag

Number = Any


# --- nets, by hand ---------------------------------------------------------------------------


def layer(weights: list[list[Number]], biases: list[Number], xs: list[Number]) -> list[Number]:
    """One affine map."""
    return [
        sum(w * x for w, x in zip(row, xs, strict=True)) + b
        for row, b in zip(weights, biases, strict=True)
    ]


def mlp(parameters: list[Any], xs: list[Number], activation: Any) -> list[Number]:
    """A multilayer perceptron."""
    for index, (weights, biases) in enumerate(parameters):
        xs = layer(weights, biases, xs)
        if index < len(parameters) - 1:
            xs = [activation(x) for x in xs]
    return xs


def mlp_parameters(sizes: list[int], seed: int = 0) -> list[Any]:
    """Random weights for :func:`mlp`."""
    rng = random.Random(seed)
    return [
        ([[rng.gauss(0, 1) / n**0.5 for _ in range(n)] for _ in range(m)], [0.0] * m)
        for n, m in pairwise(sizes)
    ]


def hinge(parameters: list[Any], xs: list[Number], y: Number) -> Number:
    """micrograd's loss on one sample of two moons."""
    (score,) = mlp(parameters, xs, ag.relu)
    return ag.relu(1.0 - y * score)


def cross_entropy(parameters: list[Any], xs: list[Number], target: list[Number]) -> Number:
    """The loss of a classifier on one sample, the target one-hot."""
    logits = mlp(parameters, xs, ag.relu)
    return ag.logsumexp(logits) - sum(t * z for t, z in zip(target, logits, strict=True))


# --- functions -------------------------------------------------------------------------------


def rosenbrock(xs: list[Number]) -> Number:
    """The banana function of any dimension."""
    return sum(
        100.0 * (xs[i + 1] - xs[i] ** 2) ** 2 + (1.0 - xs[i]) ** 2 for i in range(len(xs) - 1)
    )


def rnn(parameters: dict[str, Any], inputs: list[list[Number]], targets: list[Number]) -> Number:
    """A recurrent cell over a sequence, squared error of a linear read-out at every step."""
    h: list[Number] = [0.0] * len(parameters["b"])
    loss = 0.0
    for x, t in zip(inputs, targets, strict=True):
        h = [
            ag.tanh(
                sum(w * v for w, v in zip(row, x, strict=True))
                + sum(u * v for u, v in zip(recurrent, h, strict=True))
                + b
            )
            for row, recurrent, b in zip(
                parameters["W"], parameters["U"], parameters["b"], strict=True
            )
        ]
        y = sum(v * hi for v, hi in zip(parameters["V"], h, strict=True)) + parameters["c"]
        loss = loss + (y - t) ** 2
    return loss


def rnn_arguments(
    units: int = 16, steps: int = 20, width: int = 4, seed: int = 0
) -> tuple[Any, Any, Any]:
    """Arguments for :func:`rnn`."""
    rng = random.Random(seed)

    def matrix(rows: int, columns: int) -> list[list[float]]:
        return [[rng.gauss(0, 1) / columns**0.5 for _ in range(columns)] for _ in range(rows)]

    parameters = {
        "W": matrix(units, width),
        "U": matrix(units, units),
        "b": [0.1 * rng.gauss(0, 1) for _ in range(units)],
        "V": matrix(1, units)[0],
        "c": 0.1,
    }
    return parameters, matrix(steps, width), [rng.gauss(0, 1) for _ in range(steps)]


def gpt(parameters: dict[str, Any], tokens: list[list[Number]], targets: list[int]) -> Number:
    """A transformer block on a sequence of embedded tokens: causal attention of several heads, a feed-forward
    net, normalisation, and the cross-entropy of the next token."""
    width, heads = len(tokens[0]), parameters["heads"]
    size = width // heads

    def linear(weights: list[list[Number]], xs: list[Number]) -> list[Number]:
        return [sum(w * x for w, x in zip(row, xs, strict=True)) for row in weights]

    def normed(xs: list[Number]) -> list[Number]:
        scale = (sum(x * x for x in xs) / len(xs) + 1e-5) ** -0.5
        return [x * scale for x in xs]

    states = [normed(x) for x in tokens]
    loss = 0.0
    inner = [normed(x) for x in states]
    queries = [linear(parameters["Q"], x) for x in inner]
    keys = [linear(parameters["K"], x) for x in inner]
    values = [linear(parameters["V"], x) for x in inner]
    for t, x in enumerate(states):
        mixed: list[Number] = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = [
                sum(q * k for q, k in zip(queries[t][part], keys[s][part], strict=True)) / size**0.5
                for s in range(t + 1)
            ]
            weights = ag.softmax(scores)
            mixed += [
                sum(weights[s] * values[s][part][j] for s in range(t + 1)) for j in range(size)
            ]
        attended = [a + b for a, b in zip(x, linear(parameters["O"], mixed), strict=True)]
        hidden = [ag.relu(h) for h in linear(parameters["up"], normed(attended))]
        moved = [a + b for a, b in zip(attended, linear(parameters["down"], hidden), strict=True)]
        logits = linear(parameters["out"], moved)
        loss = loss + ag.logsumexp(logits) - logits[targets[t]]
    return loss / len(tokens)


def gpt_arguments(
    width: int = 16, sequence: int = 8, vocabulary: int = 27, seed: int = 0
) -> tuple[Any, Any, Any]:
    """Arguments for :func:`gpt`; the number of heads is 4."""
    rng = random.Random(seed)

    def matrix(rows: int, columns: int) -> list[list[float]]:
        return [[rng.gauss(0, 1) / columns**0.5 for _ in range(columns)] for _ in range(rows)]

    parameters = {name: matrix(width, width) for name in ("Q", "K", "V", "O")}
    parameters |= {
        "up": matrix(4 * width, width),
        "down": matrix(width, 4 * width),
        "out": matrix(vocabulary, width),
    }
    tokens = [[rng.gauss(0, 1) for _ in range(width)] for _ in range(sequence)]
    return parameters, tokens, [rng.randrange(vocabulary) for _ in range(sequence)]


def gpt_loss(targets: list[int], heads: int = 4) -> Any:
    """:func:`gpt` for fixed targets, as a function of parameters and tokens."""

    def loss(parameters: dict[str, Any], tokens: list[list[Number]]) -> Number:
        return gpt(parameters | {"heads": heads}, tokens, targets)

    return loss


def determinant(rows: list[list[Number]]) -> Number:
    """A determinant by minors."""
    if len(rows) == 1:
        return rows[0][0]
    total = 0.0
    for j, x in enumerate(rows[0]):
        minor = [row[:j] + row[j + 1 :] for row in rows[1:]]
        total = total + (-1) ** j * x * determinant(minor)
    return total


def pendulum(state: list[Number], steps: int = 100, h: float = 0.02) -> Number:
    """The final energy of a damped pendulum, integrated with the classical Runge-Kutta method."""

    def slope(angle: Number, speed: Number) -> tuple[Number, Number]:
        return speed, -9.81 * ag.sin(angle) - 0.1 * speed

    angle, speed = state
    for _ in range(steps):
        a1, s1 = slope(angle, speed)
        a2, s2 = slope(angle + h / 2 * a1, speed + h / 2 * s1)
        a3, s3 = slope(angle + h / 2 * a2, speed + h / 2 * s2)
        a4, s4 = slope(angle + h * a3, speed + h * s3)
        angle = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        speed = speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return speed * speed / 2 + 9.81 * (1 - ag.cos(angle))


def mixture(parameters: dict[str, Any], points: list[list[float]]) -> Number:
    """The log-likelihood of points under a mixture of spherical normal distributions."""
    total = 0.0
    weights = ag.log_softmax(parameters["logits"])
    for x in points:
        parts = []
        for weight, mean, log_scale in zip(
            weights, parameters["means"], parameters["log_scales"], strict=True
        ):
            distance = sum((a - m) ** 2 for a, m in zip(x, mean, strict=True))
            parts.append(weight - len(x) * log_scale - distance * ag.exp(-2.0 * log_scale) / 2.0)
        total = total + ag.logsumexp(parts)
    return total


def least_squares(coefficients: list[Number], xs: list[float], ys: list[float]) -> Number:
    """The squared error of a polynomial on data."""
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        power, value = 1.0, 0.0
        for a in coefficients:
            value = value + a * power
            power = power * x
        total = total + (value - y) ** 2
    return total / len(xs)
