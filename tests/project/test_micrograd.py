"""What micrograd's users write runs here with only the imports changed, and gives micrograd's numbers.

The first two tests are micrograd's own (test/test_engine.py in its repository, MIT licence, by Andrej
Karpathy), against PyTorch.
"""

from __future__ import annotations

import gc
import random

import pytest

from autograd import Value
from benchmarks.harness import compare
from benchmarks.moons_eager import CONTENDERS, SEED, hinge_loss
from nn import MLP


def test_sanity_check():
    torch = pytest.importorskip("torch")

    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    xmg, ymg = x, y

    x = torch.Tensor([-4.0]).double()
    x.requires_grad = True
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    xpt, ypt = x, y

    # forward pass went well
    assert ymg.data == ypt.data.item()
    # backward pass went well
    assert xmg.grad == xpt.grad.item()


def test_more_ops():
    torch = pytest.importorskip("torch")

    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    amg, bmg, gmg = a, b, g

    a = torch.Tensor([-4.0]).double()
    b = torch.Tensor([2.0]).double()
    a.requires_grad = True
    b.requires_grad = True
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    g.backward()
    apt, bpt, gpt = a, b, g

    tol = 1e-6
    # forward pass went well
    assert abs(gmg.data - gpt.data.item()) < tol
    # backward pass went well
    assert abs(amg.grad - apt.grad.item()) < tol
    assert abs(bmg.grad - bpt.grad.item()) < tol


def train(model, value, steps: int) -> list[float]:
    """The losses of the demo's training loop."""
    losses = []
    for k in range(steps):
        loss = hinge_loss(model, value)
        model.zero_grad()
        loss.backward()
        rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= rate * p.grad
        losses.append(loss.data)
    return losses


def test_the_moons_demo_trains_to_micrograds_numbers():
    pytest.importorskip("micrograd")
    from micrograd import nn as theirs
    from micrograd.engine import Value as Theirs

    random.seed(SEED)
    ours = train(MLP(2, [16, 16, 1]), Value, steps=10)
    random.seed(SEED)
    gc.disable()  # micrograd's closures would keep it busy
    try:
        expected = train(theirs.MLP(2, [16, 16, 1]), Theirs, steps=10)
    finally:
        gc.enable()
        gc.collect()
    assert ours == pytest.approx(expected, rel=1e-9)
    assert ours[-1] < ours[0] / 2


def test_a_step_of_the_moons_demo_is_3_and_with_mlp_15_times_as_fast_as_micrograds():
    pytest.importorskip("micrograd")
    micrograd, same_graph, with_mlp = compare(CONTENDERS, rounds=5)
    assert same_graph.times_faster_than(micrograd) >= 3
    assert with_mlp.times_faster_than(micrograd) >= 15
