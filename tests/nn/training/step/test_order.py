"""A compiled step keeps biases beside their weights, in whatever order a model has them."""

from __future__ import annotations

import random

import pytest

import nn
from nn import optim
from nn.training.step.compiled import compile_step
from nn.training.step.eager import EagerStep

np = pytest.importorskip("numpy")


def net(seed=0):
    return nn.Sequential(nn.Linear(3, 5, seed=seed), nn.Tanh(), nn.Linear(5, 2, seed=seed + 1))


def tied():
    """Two layers with one bias."""
    first, second = nn.Linear(3, 3, seed=0), nn.Linear(3, 3, seed=1)
    first.bias = second.bias
    return nn.Sequential(first, nn.Tanh(), second)


class Twice(nn.Module):
    """One layer used twice, and a parameter that is no layer's."""

    def __init__(self):
        self.inner = nn.Linear(3, 3, seed=1)
        self.scale = nn.Parameter(0.5)
        self.bare = nn.Linear(3, 2, bias=False, seed=2)

    def forward(self, x):
        return [self.scale * v for v in self.bare(self.inner([v * v for v in self.inner(x)]))]


def weights_and_biases(model):
    biases = {id(p) for m in model.modules() if isinstance(m, nn.Linear) for p in m.bias or ()}
    parameters = list(model.parameters())
    return [
        [p for p in parameters if id(p) not in biases],
        [p for p in parameters if id(p) in biases],
    ]


def backwards(model):
    return [list(model.parameters())[::-1]]


def together(model):
    return [list(model.parameters())]


@pytest.mark.parametrize(
    "make", [net, tied, Twice, lambda: nn.Sequential(Own(3, 4, 0), nn.Tanh(), Own(4, 2, 1))]
)
@pytest.mark.parametrize("split", [together, weights_and_biases, backwards])
@pytest.mark.parametrize("kind", [optim.Adam, optim.SGD])
def test_steps_and_states_are_the_eager_ones_in_the_models_own_order(make, split, kind):
    rng = random.Random(2)
    steps = []
    for compiled in (True, False):
        model = make()
        groups = [
            {"params": part, "lr": 0.1 / (n + 1)} for n, part in enumerate(split(model)) if part
        ]
        optimizer = kind(groups, lr=0.05, **({"momentum": 0.9} if kind is optim.SGD else {}))
        # A state from before, which differs from parameter to parameter.
        state = optimizer.state_dict()
        for group in state["state"]:
            for name, numbers in group.items():
                group[name] = [0.01 * (i + 1) for i in range(len(numbers))]
        optimizer.load_state_dict(state)
        step = compile_step if compiled else lambda m, x, o: EagerStep(m, nn.losses.get(x), o)
        steps.append((step(model, "mse", optimizer), model))
    X = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(6)]
    outputs = len(steps[0][1](X[0]))
    y = [[rng.gauss(0, 1) for _ in range(outputs)] for _ in X]
    for _ in range(4):
        losses = [step(X, y) for step, _ in steps]
        assert losses[0] == pytest.approx(losses[1], rel=1e-11)
    steps[0][0].sync()
    (first, model), (second, twin) = steps
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        assert a.data == pytest.approx(b.data, rel=1e-10, abs=1e-13)
    for mine, other in zip(
        first.optimizer.state_dict()["state"], second.optimizer.state_dict()["state"], strict=True
    ):
        for name in mine:
            assert mine[name] == pytest.approx(other[name], rel=1e-9, abs=1e-13)


class Own(nn.Module):
    """A layer of a user's, with the biases before the weights."""

    def __init__(self, nin, nout, seed):
        rng = random.Random(seed)
        self.b = [nn.Parameter(rng.uniform(-1, 1)) for _ in range(nout)]
        self.W = [[nn.Parameter(rng.uniform(-1, 1)) for _ in range(nin)] for _ in range(nout)]

    def forward(self, x):
        return [
            sum(w * v for w, v in zip(row, x, strict=True)) + b
            for row, b in zip(self.W, self.b, strict=True)
        ]


def test_any_layer_of_weights_and_biases_takes_as_few_instructions_as_an_mlp():
    counts = []
    own = nn.Sequential(Own(3, 5, 0), nn.Tanh(), Own(5, 2, 1))
    for model in (nn.MLP(3, [5, 2], activation="tanh", seed=0), net(), own):
        step = compile_step(model, "mse", optim.SGD(model.parameters(), lr=0.1))
        step([[1.0, 2.0, 3.0]], [[0.0, 1.0]])
        counts.append(len(step.program.instructions))
    assert counts[0] == counts[1] == counts[2]
