"""One training step of micrograd's moons demo, eagerly: forward, loss, backward.

    python -m benchmarks.moons_eager

The demo as it stands in micrograd's repository: a net 2-16-16-1 with relu, 100 points, the hinge loss
and an L2 penalty. Three times the same numbers: micrograd; micrograd's own ``nn.py``, so the same graph of
two-operand nodes, over our Value; and ``nn.MLP``, whose neurons are one node each. The garbage collector
is left as it comes.
"""

from __future__ import annotations

import math
import random
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Contender, compare, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Job

SEED = 1337
ALPHA = 1e-4


def moons(count: int = 100, noise: float = 0.1) -> tuple[list[list[float]], list[int]]:
    """Points of two interleaved half circles, with labels -1 and 1."""
    generator = random.Random(SEED)
    points, labels = [], []
    for i in range(count):
        angle = math.pi * (i // 2) / (count // 2 - 1)
        x, y = math.cos(angle), math.sin(angle)
        if i % 2:
            x, y = 1.0 - x, 0.5 - y
        points.append([x + generator.gauss(0, noise), y + generator.gauss(0, noise)])
        labels.append(2 * (i % 2) - 1)
    return points, labels


def the_demo(model: Any, value: Callable[[float], Any]) -> Job:
    """The step as the demo writes it."""
    points, labels = moons()

    def step() -> float:
        inputs = [list(map(value, row)) for row in points]
        scores = list(map(model, inputs))
        losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + ALPHA * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        return answer(loss, model)

    return step


def answer(loss: Any, model: Any) -> float:
    """One number that depends on the loss and on every gradient."""
    return float(loss.data + sum(abs(p.grad) for p in model.parameters()))


def micrograd() -> Job:
    from micrograd import nn
    from micrograd.engine import Value

    random.seed(SEED)
    return the_demo(nn.MLP(2, [16, 16, 1]), Value)


def same_graph() -> Job:
    import micrograd.engine

    from autograd import Value

    micrograd.engine.Value = Value  # before micrograd.nn imports it
    from micrograd import nn

    random.seed(SEED)
    return the_demo(nn.MLP(2, [16, 16, 1]), Value)


def with_mlp() -> Job:
    import nn
    from autograd import sum as total

    random.seed(SEED)
    model = nn.MLP(2, [16, 16, 1])  # draws micrograd's weights
    points, labels = moons()

    def step() -> float:
        scores = [model(row) for row in points]
        losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
        parameters = model.parameters()
        loss = total(losses) / len(losses) + ALPHA * total(p * p for p in parameters)
        model.zero_grad()
        loss.backward()
        return answer(loss, model)

    return step


CONTENDERS = [
    Contender("micrograd", micrograd),
    Contender("valuegrad, the same graph", same_graph),
    Contender("valuegrad, nn.MLP", with_mlp),
]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(table(compare(CONTENDERS, rounds)))


if __name__ == "__main__":
    main()
