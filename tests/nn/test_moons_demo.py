"""micrograd's own usage with only the imports changed: its weights, its moons demo, its numbers."""

from __future__ import annotations

import math
import random

import pytest

import autograd
import nn


def moons(n=100, noise=0.1, seed=1337):
    """scikit-learn's make_moons in pure Python: two interleaving half circles, labels -1 and 1."""
    rng = random.Random(seed)
    points = []
    for i in range(n // 2):
        t = math.pi * i / (n // 2 - 1)
        points.append(([math.cos(t), math.sin(t)], -1))
        points.append(([1 - math.cos(t), 0.5 - math.sin(t)], 1))
    rng.shuffle(points)
    return [[x + rng.gauss(0, noise) for x in xs] for xs, _ in points], [y for _, y in points]


def demo(Value, MLP, steps, n=100):
    """The loop of micrograd's demo.ipynb, line by line; returns the loss and accuracy of each step."""
    random.seed(1337)
    X, y = moons(n)
    model = MLP(2, [16, 16, 1])

    def loss():
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    history = []
    for k in range(steps):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        history.append((total_loss.data, acc))
    return history


# What micrograd 0.1.0 gives: PYTHONPATH=. python tests/nn/test_moons_demo.py prints it anew.
RECORDED = [
    (0.9045787448585063, 0.5),
    (1.6716943938691717, 0.79),
    (0.4966701461954437, 0.83),
    (0.6359170501536772, 0.81),
    (0.33712346636848317, 0.86),
    (0.3010160310433338, 0.87),
    (0.28782298790343885, 0.88),
    (0.28769661899922155, 0.87),
    (0.27507241550281125, 0.9),
    (0.276915124463118, 0.87),
]


def assert_same(history, reference):
    for (loss, accuracy), (their_loss, their_accuracy) in zip(history, reference, strict=True):
        assert loss == pytest.approx(their_loss, rel=1e-12)
        assert accuracy == their_accuracy


def test_the_moons_demo_reaches_micrograds_recorded_numbers():
    assert_same(demo(autograd.Value, nn.MLP, len(RECORDED)), RECORDED)


def test_the_moons_demo_reaches_the_numbers_of_the_installed_micrograd():
    engine = pytest.importorskip("micrograd.engine")
    theirs = pytest.importorskip("micrograd.nn")
    ours = demo(autograd.Value, nn.MLP, 3, n=20)
    assert_same(ours, demo(engine.Value, theirs.MLP, 3, n=20))


def test_a_seeded_mlp_has_micrograds_very_weights_in_its_order():
    random.seed(1337)
    model = nn.MLP(2, [2, 1])
    assert [p.data for p in model.parameters()] == [
        *(0.23550571390294128, 0.06653114721000164, 0.0),
        *(-0.26830328150124894, 0.1715747078045431, 0.0),
        *(-0.6686254326224383, 0.6487474938152629, 0.0),
    ]


def test_micrograds_attributes_and_arguments_are_there():
    model = nn.MLP(3, [4, 1])
    neuron = model.layers[0].neurons[0]
    assert len(neuron.w) == 3
    assert neuron.b.data == 0.0
    assert neuron.nonlin
    assert not model.layers[1].neurons[0].nonlin
    assert not nn.Neuron(3, nonlin=False).nonlin
    assert not nn.Neuron(3, False).nonlin
    assert not nn.Layer(3, 2, nonlin=False).neurons[0].nonlin
    assert isinstance(model.parameters(), list)


def test_a_class_written_for_micrograd_works_and_its_values_are_state():
    class Parabola(nn.Module):
        def __init__(self):
            self.a, self.c = autograd.Value(2.0), autograd.Value(1.0)

        def __call__(self, x):
            return self.a * x**2 + self.c

        def parameters(self):
            return [self.a, self.c]

    model = nn.Sequential(Parabola())
    model(3.0).backward()
    assert [p.grad for p in model.parameters()] == [9.0, 1.0]
    assert list(model.state_dict().values()) == [2.0, 1.0]
    model.zero_grad()
    assert model[0].a.grad == 0.0
    assert Parabola().state_dict() == {"parameters()[0]": 2.0, "parameters()[1]": 1.0}


def test_parameters_may_add_to_those_that_are_found():
    class Extra(nn.Module):
        def __init__(self):
            self.line = nn.Linear(1, 1)
            self.extra = autograd.Value(1.0)

        def parameters(self):
            return [*super().parameters(), self.extra]

    model = Extra()
    assert len(model.parameters()) == 3
    assert len(nn.Sequential(model).parameters()) == 3
    assert len(dict(nn.Sequential(model).named_parameters())) == 3


if __name__ == "__main__":  # prints RECORDED anew, from micrograd
    from micrograd import nn as theirs
    from micrograd.engine import Value as TheirValue

    print(demo(TheirValue, theirs.MLP, 10))
