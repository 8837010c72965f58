"""A loss on many devices is the loss on one: its mean and derivatives, in one all-reduce."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.training import BatchLoss, Recording, ShardedLoss, agree
from autograd.structure import flatten

jax = pytest.importorskip("jax")

DEVICES = len(jax.devices())
if DEVICES == 1:
    pytest.skip("needs several devices: XLA_FLAGS was set otherwise", allow_module_level=True)


def made(*kinds, dtype="float64", function=None):
    """A loss of a small net with biases, on several back ends."""
    weights = [Value(0.1 * i - 0.4) for i in range(9)]

    def error(x, y):
        a, b, c, *rest = weights
        hidden = [ag.tanh(a * x[0] + b * x[1] + c), ag.relu(rest[0] * x[0] + rest[1])]
        return (rest[2] * hidden[0] + rest[3] * hidden[1] + rest[4] - y) ** 2 + rest[5] ** 2

    structure = flatten(([0.0, 0.0], 0.0))[1]
    recording = Recording(function or error, structure, weights)
    return [kind(recording, dtype) for kind in kinds]


def on(loss, rows):
    batch = loss.batch(len(rows))
    batch.fill(loss.padded(rows))
    return loss.run(batch), loss.gradients.copy()


@pytest.mark.parametrize("samples", [1, DEVICES - 1, DEVICES, 3 * DEVICES, 3 * DEVICES + 2])
def test_any_number_of_samples_has_the_mean_and_the_derivatives_of_one_device(samples):
    rows = np.random.default_rng(0).normal(size=(samples, 3))
    one, many = [on(loss, rows) for loss in made(BatchLoss, ShardedLoss)]
    assert abs(one[0] - many[0]) <= 1e-15 * max(abs(one[0]), 1.0) * 10
    assert np.abs(one[1] - many[1]).max() < 1e-14


def test_float32_is_float32():
    rows = np.random.default_rng(0).normal(size=(2 * DEVICES, 3))
    one, many = [on(loss, rows) for loss in made(BatchLoss, ShardedLoss, dtype="float32")]
    assert many[1].dtype == "float32"
    assert np.abs(one[1] - many[1]).max() < 1e-6


def test_a_loss_that_no_sample_changes_is_their_mean_too():
    weight = Value(3.0)
    recording = Recording(lambda x: weight * weight, flatten((0.0,))[1], [weight])
    value, slopes = on(ShardedLoss(recording), np.zeros((DEVICES + 1, 1)))
    assert (value, slopes.tolist()) == (9.0, [6.0])
    recording = Recording(lambda x: x * 2.0, flatten((0.0,))[1], [weight])
    value, slopes = on(ShardedLoss(recording), np.ones((DEVICES + 1, 1)))
    assert (value, slopes.tolist()) == (2.0, [0.0])


def test_a_step_is_one_all_reduce_and_moves_no_samples_between_devices():
    (loss,) = made(ShardedLoss)
    rows = np.random.default_rng(0).normal(size=(2 * DEVICES, loss.program.rows))
    with jax.enable_x64(True):
        spread = jax.sharding.NamedSharding(loss._mesh, jax.sharding.PartitionSpec("lanes"))
        arguments = loss.once[: loss.program.given], jax.device_put(rows, spread), rows[:0]
        text = loss._step.lower(*arguments).compile().as_text()
    assert text.count(" all-reduce(") == 1
    for other in ("all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
        assert other not in text


def test_parameters_that_the_program_captures_are_read_at_each_run():
    weight, factor = Value(3.0), Value(2.0)
    recording = Recording(lambda x: factor * weight * x, flatten((0.0,))[1], [weight])
    loss = ShardedLoss(recording)
    rows = np.ones((DEVICES, 1))
    assert on(loss, rows)[0] == 6.0
    factor.data = 5.0
    assert on(loss, rows)[0] == 15.0


def test_the_switch_for_float64_stays_as_it_was():
    on(*made(ShardedLoss), np.ones((DEVICES, 3)))
    assert not jax.config.jax_enable_x64


def test_one_process_agrees_with_itself():
    agree({"seed": None})


def test_processes_that_were_given_other_things_are_told_which(monkeypatch):
    from jax.experimental import multihost_utils

    monkeypatch.setattr(jax, "process_count", lambda: 2)
    seen = []

    def gather(own):
        seen.append(own)
        other = own.copy()
        other[1] += 1
        return np.stack([own, other])

    monkeypatch.setattr(multihost_utils, "process_allgather", gather)
    with pytest.raises(ValueError, match=r"^seed must be the same in all 2 processes"):
        agree({"X": [1.0], "seed": 3, "epochs": 2})
