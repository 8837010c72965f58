"""Laws of networks' gradients, on small networks and datasets that Hypothesis draws."""

from __future__ import annotations

import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd.testing import check_gradients, datasets, gradcheck, modules
from autograd.testing.running_error import backward

inputs = st.lists(st.integers(-24, 24).map(lambda n: n / 8), min_size=2, max_size=2)


def gradients(model, loss):
    for p in model.parameters():
        p.grad = 0.0
    loss.backward()
    return [p.grad for p in model.parameters()]


def close(a, b, error, size):
    return abs(a - b) <= 16 * error + 1e-14 * (abs(a) + abs(b) + size)


@settings(max_examples=30)
@given(modules(n_inputs=2), inputs)
def test_a_networks_gradients_are_right_by_inputs_and_parameters(model, x):
    gradcheck(model, x, parameters=model.parameters(), raise_on_failure=True)


@settings(max_examples=30)
@given(modules(n_inputs=2, smooth=False), inputs)
def test_a_kinked_networks_gradients_are_right_or_undecidable(model, x):
    gradcheck(model, x, parameters=model.parameters(), raise_on_failure=True)


@given(modules(n_inputs=2), datasets(n_inputs=2, min_rows=2))
def test_a_batchs_gradient_is_the_mean_of_single_ones(model, data):
    X, y = data
    outputs = [model(x) for x in X]
    batch_loss = nn.losses.mse(outputs, y)
    tolerated = backward(batch_loss)
    whole = gradients(model, batch_loss)
    singles = [gradients(model, nn.losses.mse([model(x)], [t])) for x, t in zip(X, y, strict=True)]
    for i, p in enumerate(model.parameters()):
        parts = [single[i] for single in singles]
        mean = math.fsum(parts) / len(parts)
        error, scale = tolerated.get(p, (0.0, 0.0))
        assert close(whole[i], mean, error, scale)


@given(st.integers(0, 1000), inputs, st.permutations(range(4)))
def test_permuting_hidden_units_permutes_their_gradients(seed, x, order):
    model = nn.MLP(2, [4, 1], activation="tanh", seed=seed)
    other = copy.deepcopy(model)
    first, last = other.layers
    first.neurons[:] = [first.neurons[i] for i in order]
    for neuron in last.neurons:
        neuron.w[:] = [neuron.w[i] for i in order]
    for m in (model, other):
        m.zero_grad()
    a, b = model(x), other(x)
    tolerance = 1e-14 * (1.0 + abs(a.data))
    assert abs(a.data - b.data) <= tolerance
    a.backward()
    b.backward()
    for place, i in enumerate(order):
        ours, theirs = model.layers[0].neurons[i], other.layers[0].neurons[place]
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert close(p.grad, q.grad, 0.0, 1e-2)
        assert close(
            model.layers[1].neurons[0].w[i].grad,
            other.layers[1].neurons[0].w[place].grad,
            0.0,
            1e-2,
        )


@settings(max_examples=20)
@given(modules(n_inputs=2), inputs)
def test_copies_and_saved_models_share_nothing(tmp_path_factory, model, x):
    path = tmp_path_factory.mktemp("saved") / "model.json"
    nn.save(path, model)
    loaded = nn.load(path)
    copied = copy.deepcopy(model)
    state = model.state_dict()
    before = [p.data for p in model.parameters()]
    for other in (copied, loaded):
        assert not set(other.parameters()) & set(model.parameters())
        assert [p.data for p in other.parameters()] == before
        other(x).backward()
        for p in other.parameters():
            p.data = p.data + 1.0
    assert [p.data for p in model.parameters()] == before
    assert all(p.grad == 0.0 for p in model.parameters())
    for key in state:
        state[key] = 99.0
    assert [p.data for p in model.parameters()] == before


@given(datasets(n_inputs=3, classes=4, min_rows=2, max_rows=5))
def test_datasets_have_the_shape_that_was_asked_for(data):
    X, y = data
    assert 2 <= len(X) == len(y) <= 5
    assert all(len(row) == 3 for row in X)
    assert all(isinstance(label, int) and 0 <= label < 4 for label in y)


logits = st.lists(st.floats(-30, 30), min_size=2, max_size=4)


@settings(max_examples=30)
@check_gradients(z=logits, label=st.booleans())
def test_cross_entropys_gradient_is_right(z, label):
    return nn.losses.cross_entropy([z], [int(label)])


@given(logits)
def test_cross_entropys_gradients_sum_to_zero(z):
    leaves = [nn.Parameter(x) for x in z]
    nn.losses.cross_entropy([leaves], [0]).backward()
    assert math.fsum(leaf.grad for leaf in leaves) == pytest.approx(0.0, abs=1e-14)
