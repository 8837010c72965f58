"""One training step of micrograd's moons demo, eagerly: forward, loss, backward, and all of it freed.

The demo as it stands in micrograd's repository: a net 2-16-16-1 with relu, 100 points, the hinge loss and an L2 penalty.
Three times the same numbers: micrograd; micrograd's own ``nn.py``, so the same graph of two-operand nodes, over
our Value; and ``nn.MLP``, whose neurons are one node each. And twice less: what Python's loops alone take.
"""

from __future__ import annotations

import math
import random
from functools import partial
from importlib.util import find_spec, module_from_spec
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Contender, Job, training_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Points = tuple[list[list[float]], list[int]]

SEED = 1337
ALPHA = 1e-4
HIDDEN = (16, 16)
COUNT = 100


def moons(count: int, noise: float = 0.1) -> Points:
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


def micrograd_net(value: Any, hidden: Sequence[int]) -> Any:
    """A net of micrograd's own ``nn.py``, with another class in the place of its Value."""
    spec = find_spec("micrograd.nn")
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Value = value
    random.seed(SEED)
    return module.MLP(2, [*hidden, 1])


def demo_loss(model: Any, data: Points, value: Any, relu: Callable[[Any], Any]) -> Any:
    """The loss as the demo writes it."""
    points, labels = data
    inputs = [list(map(value, row)) for row in points]
    scores = list(map(model, inputs))
    losses = [relu(1 + -y * score) for y, score in zip(labels, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + ALPHA * sum(p * p for p in model.parameters())


def our_loss(model: Any, data: Points) -> Any:
    """The same for :class:`nn.MLP`."""
    from autograd import sum as total

    points, labels = data
    scores = [model(row) for row in points]
    losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
    return total(losses) / len(losses) + ALPHA * total(p * p for p in model.parameters())


def demo(
    value: Any, hidden: Sequence[int] = HIDDEN, count: int = COUNT
) -> tuple[Any, Callable[[], Any]]:
    """The demo's net over a class of nodes, and what computes its loss."""
    model, data, relu = micrograd_net(value, hidden), moons(count), methodcaller("relu")
    return model, lambda: demo_loss(model, data, value, relu)


def micrograd(*size: Any) -> dict[str, Job]:
    from micrograd.engine import Value

    return training_step(*demo(Value, *size))


def same_graph(*size: Any) -> dict[str, Job]:
    from autograd import Value

    return training_step(*demo(Value, *size))


def with_mlp(hidden: Sequence[int] = HIDDEN, count: int = COUNT) -> dict[str, Job]:
    import nn

    random.seed(SEED)
    model, data = nn.MLP(2, [*hidden, 1]), moons(count)  # draws micrograd's weights
    return training_step(model, lambda: our_loss(model, data))


def with_floats(hidden: Sequence[int] = HIDDEN, count: int = COUNT) -> dict[str, Job]:
    """The demo's forward pass on floats: its loops, its calls and its arithmetic, without relu, which floats lack."""
    model, data = micrograd_net(float, hidden), moons(count)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.nonlin = False
    return {"step": Job(lambda: demo_loss(model, data, float, abs))}


def loops_alone(hidden: Sequence[int] = HIDDEN, count: int = COUNT) -> dict[str, Job]:
    """The demo's innermost loops, with nothing in them."""
    model, (points, _) = micrograd_net(float, hidden), moons(count)

    def run() -> None:
        for row in points:
            xs = row
            for layer in model.layers:
                for neuron in layer.neurons:
                    for _w, _x in zip(neuron.w, xs, strict=True):
                        pass
                xs = [neuron.b for neuron in layer.neurons]

    return {"step": Job(run)}


def contenders(*size: Any) -> list[Contender]:
    """Who takes part; the first is whom the others are compared with, the last is the least that there is to do."""
    prepared = {
        "micrograd": micrograd,
        "valuegrad, the same graph": same_graph,
        "valuegrad, nn.MLP": with_mlp,
        "Python: forward on floats": with_floats,
        "Python: the loops alone": loops_alone,
    }
    return [Contender(name, partial(prepare, *size)) for name, prepare in prepared.items()]
