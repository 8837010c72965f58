"""fit on JAX's devices trains as fit does: the same numbers, whatever the optimizer, the noise and the callbacks."""

from __future__ import annotations

import sys

import pytest

import nn
from autograd import Value
from nn.training.steady import CannotCompile
from nn.training.step.backends import BACKENDS

X, Y = nn.datasets.moons(43, noise=0.1, seed=4)


def net():
    return nn.Sequential(
        nn.Linear(2, 6, seed=1), nn.Tanh(), nn.Dropout(0.2, seed=2), nn.Linear(6, 2, seed=3)
    )


def trained(backend, model=None, optimizer="adam", **more):
    model = net() if model is None else model
    if callable(optimizer):
        optimizer = optimizer(model)
    settings = {"loss": "cross_entropy", "epochs": 2, "batch_size": 20, "progress": False} | more
    history = nn.fit(model, X, Y, optimizer=optimizer, backend=backend, **settings)
    return [*history["loss"], *(parameter.data for parameter in model.parameters())]


def test_an_unknown_backend_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"backend must be one of numpy, jax, not 'tpu'"):
        trained("tpu")
    with pytest.raises(ValueError, match="backend must be one of"):
        nn.compile_step(net(), "mse", nn.optim.SGD(net().parameters()), backend=["jax"])
    assert [*BACKENDS] == ["numpy", "jax"]


def test_without_jax_the_command_that_installs_it_is_told_and_nothing_changes(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    model = net()
    before = [parameter.data for parameter in model.parameters()]
    with pytest.raises(ImportError, match="python -m pip install"):
        trained("jax", model)
    assert [parameter.data for parameter in model.parameters()] == before


def test_nn_does_not_load_jax():
    import subprocess

    program = "import nn, autograd.compiler, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def _jax():
    pytest.importorskip("jax")


def close(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert abs(a - b) <= 1e-12 * max(abs(b), 1.0)


@pytest.mark.usefixtures("_jax")
class TestOnJax:
    @pytest.mark.parametrize(
        "optimizer",
        [
            "adam",
            lambda model: nn.optim.SGD(model.parameters(), lambda t: 0.1 / (t + 1), momentum=0.9),
            lambda model: nn.optim.Adam(model.parameters(), 0.01, clip_norm=0.1, clip_value=0.05),
        ],
        ids=["adam", "schedule", "clipped"],
    )
    def test_losses_and_parameters_are_those_of_one_device(self, optimizer):
        close(trained("jax", optimizer=optimizer), trained("numpy", optimizer=optimizer))

    def test_weighted_samples_count_as_they_do(self):
        weights = [0.5 + (i % 3) for i in range(len(X))]
        close(trained("jax", sample_weight=weights), trained("numpy", sample_weight=weights))

    def test_frozen_parameters_stay(self):
        def half(model):
            model[0].requires_grad_(False)
            return nn.optim.SGD(model.parameters(), 0.1)

        close(trained("jax", optimizer=half), trained("numpy", optimizer=half))

    def test_callbacks_see_values_and_gradients_up_to_date(self):
        seen = {}

        for backend in BACKENDS:
            model, found = net(), []

            class Watch(nn.Callback):
                def on_batch_end(self, run, model=model, found=found):
                    found += [(p.data, p.grad) for p in model.parameters()][:3]

            trained(backend, model, callbacks=[Watch()])
            seen[backend] = [number for pair in found for number in pair]
        close(seen["jax"], seen["numpy"])

    def test_a_divergence_is_told_as_it_is_on_one_device(self):
        errors = []
        for backend in BACKENDS:
            with pytest.raises(nn.DivergenceError) as caught:
                trained(backend, nn.MLP(2, [4, 2], seed=0), optimizer="sgd", lr=1e200)
            errors.append(str(caught.value).partition("=")[0])  # the batch, and the first bad node
        assert errors[0] == errors[1]

    def test_an_eager_step_is_refused(self):
        with pytest.raises(ValueError, match=r"backend='jax' runs compiled steps"):
            trained("jax", compile=False)

    def test_what_cannot_be_compiled_is_refused_and_not_trained_eagerly(self):
        weight = Value(1.0)

        class Branching:
            def parameters(self):
                return [weight]

            def __call__(self, x):
                return weight * x[0] if x[0] > 0 else -weight * x[0]

        with pytest.raises(CannotCompile):
            trained("jax", Branching(), loss="mse")

    def test_a_step_by_hand_computes_in_float32_too(self):
        losses = {}
        for backend in BACKENDS:
            model = net()
            optimizer = nn.optim.SGD(model.parameters(), 0.1)
            step = nn.compile_step(model, "cross_entropy", optimizer, "float32", backend=backend)
            losses[backend] = [step(X, Y) for _ in range(3)]
        assert losses["jax"] != losses["numpy"]
        assert losses["jax"] == pytest.approx(losses["numpy"], rel=1e-5)
