"""Biases as terms of the matrix products that they are added to."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

import nn
from autograd import Value, compile, grad, tanh, vmap
from autograd import sum as total
from autograd.compiler.training import BatchLoss, Recording
from autograd.structure import Structure, flatten

np = pytest.importorskip("numpy")


def layer(w, b, x):
    return [
        total(wi * xi for wi, xi in zip(row, x, strict=True)) + c
        for row, c in zip(w, b, strict=True)
    ]


def leaves(shape, rng):
    if not shape:
        return Value(rng.uniform(-1, 1))
    return [leaves(shape[1:], rng) for _ in range(shape[0])]


def parts(rng, sizes):
    return [(leaves((m, n), rng), leaves((m,), rng)) for n, m in pairwise(sizes)]


def check(function, wanted, inputs, rng, lanes=7):
    """The batch's loss and gradients, compared with the engine's; the program."""
    rows = np.array([[rng.uniform(-1, 1) for _ in range(inputs)] for _ in range(lanes)])
    structure = flatten([0.0] * inputs)[1]
    batch = BatchLoss(Recording(function, Structure(tuple, inputs, children=(structure,)), wanted))
    found = batch(rows)
    for value in wanted:
        value.grad = 0.0
    loss = total(function(list(row)) for row in rows.tolist()) / lanes
    loss.backward()
    assert found == pytest.approx(loss.data, rel=1e-13)
    assert batch.gradients.tolist() == pytest.approx(
        [v.grad for v in batch.leaves], rel=1e-12, abs=1e-15
    )
    return [instruction.op for instruction in batch.program.instructions]


def squares(xs):
    return total(x * x for x in xs)


def net(layers, x, head=total):
    for w, b in layers[:-1]:
        x = [tanh(v) for v in layer(w, b, x)]
    return head(layer(*layers[-1], x))


@pytest.fixture
def rng():
    return random.Random(5)


def interleaved(layers):
    return [v for w, b in layers for row, c in zip(w, b, strict=True) for v in (*row, c)]


def test_biases_need_neither_an_addition_nor_a_sum_over_lanes_wherever_they_stand(rng):
    layers = parts(rng, [3, 9, 10, 8])
    ops = check(lambda x: net(layers, x, squares), interleaved(layers), 3, rng)
    assert ops.count("matmul") == 8  # three forward, two to activations, three to weights
    assert not {"over_lanes", "copy", "take"} & set(ops)
    elsewhere = [v for w, b in layers for v in (*flatten(w)[0], *b)]
    assert check(lambda x: net(layers, x, squares), elsewhere, 3, rng) == ops


def test_a_row_of_weights_may_have_another_bias_for_each_vector(rng):
    weights, near, far = leaves((4, 3), rng), leaves((4,), rng), leaves((4,), rng)

    def loss(x):
        return total(
            tanh(y) for b, v in ((near, x[:3]), (far, x[3:])) for y in layer(weights, b, v)
        )

    check(loss, [*interleaved([(weights, near)]), *far], 6, rng)


def test_a_net_of_the_first_of_several_arguments_adds_its_first_bias(rng):
    layers = parts(rng, [3, 9, 8])
    wanted = interleaved(layers)

    def of_the_first(xt):
        return net(layers, xt[:3], squares) * xt[3]

    def of_the_last(tx):
        return net(layers, tx[1:], squares) * tx[0]

    sums = [check(loss, wanted, 4, rng).count("over_lanes") for loss in (of_the_first, of_the_last)]
    assert sums == [1, 0]


@pytest.mark.parametrize("chosen", ["weights", "biases", "second layer", "odd ones"])
def test_some_may_be_constant_to_the_derivative(rng, chosen):
    layers = parts(rng, [3, 9, 10, 8])
    everything = interleaved(layers)
    wanted = {
        "weights": [v for w, _ in layers for v in flatten(w)[0]],
        "biases": [v for _, b in layers for v in b],
        "second layer": interleaved(layers[1:2]),
        "odd ones": everything[1::2],
    }[chosen]
    check(lambda x: net(layers, x), wanted, 3, rng)


def test_a_bias_may_serve_two_layers_and_the_loss(rng):
    (w, b), (v, _), (u, c) = parts(rng, [9, 9, 9, 8])
    wanted = [*flatten([w, v, u])[0], *b, *c]
    check(
        lambda x: net([(w, b), (v, b), (u, c)], x) + 0.1 * total(x * x for x in b), wanted, 9, rng
    )


def test_rows_may_share_one_bias(rng):
    (w, _), (u, c) = parts(rng, [3, 9, 8])
    b = Value(0.3)
    check(lambda x: net([(w, [b] * 9), (u, c)], x), [*flatten([w, u])[0], b, *c], 3, rng)


def test_a_product_that_is_used_without_its_bias_too(rng):
    (w, b), _ = layers = parts(rng, [3, 9, 8])
    wanted = interleaved(layers)

    def loss(x):
        dots = [total(p * q for p, q in zip(row, x, strict=True)) for row in w]
        hidden = [tanh(d + c) * d for d, c in zip(dots, b, strict=True)]
        return total(layer(*layers[1], hidden))

    check(loss, wanted, 3, rng)


def test_layers_without_activations_between_them_and_one_that_two_layers_read(rng):
    first, second, third = parts(rng, [3, 9, 9, 9])

    def loss(x):
        hidden = layer(*first, x)
        return total(
            a * b for a, b in zip(layer(*second, hidden), layer(*third, hidden), strict=True)
        )

    check(loss, interleaved([first, second, third]), 3, rng)


@pytest.mark.parametrize("sizes", [[1, 1], [1, 8], [8, 1], [2, 3, 1], [1, 16, 1]])
def test_layers_of_one(rng, sizes):
    layers = parts(rng, sizes)
    check(lambda x: net(layers, x), interleaved(layers), sizes[0], rng)


def test_mapped_functions_have_them_too():
    model = nn.MLP(3, [9, 2], activation="tanh", seed=0)
    fast = compile(vmap(lambda x: model(x)[0]))
    X = np.linspace(-1, 1, 15).reshape(5, 3)
    assert fast(X) == pytest.approx([model(row)[0].data for row in X.tolist()], rel=1e-13)
    assert [i.op for i in fast.program.instructions] == ["matmul", "tanh", "matmul"]
    slope = compile(vmap(grad(lambda x: model(x)[0])))
    assert slope(X) == pytest.approx(
        np.array([grad(lambda x: model(x)[0])(row) for row in X.tolist()]), rel=1e-12
    )


def test_the_ones_stay_ones_whatever_comes_in():
    layers = parts(random.Random(1), [2, 9, 8])
    fast = compile(vmap(lambda x: net(layers, x)))
    good = [[0.5, 1.0]] * 3
    expected = fast(good)
    fast([[float("nan"), float("inf")]] * 3)
    assert fast(good) == expected
