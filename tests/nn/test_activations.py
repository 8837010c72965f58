from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from autograd import Value, tanh
from nn import Activation, activations

POINTS = [-30.0, -1.5, -0.1, 0.0, 0.25, 2.0, 30.0]


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_activations_are_pytorchs_with_their_gradients(name):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.functional, name, getattr(torch, name, lambda x: x * 1.0))
    for point in POINTS:
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        y = x * 1.0 if name == "linear" else theirs(x)
        y.backward()
        v = Value(point)
        out = activations.get(name)(v)
        out.backward()
        # PyTorch's softplus is x itself above 20, and its gradients there are 1
        assert out.data == pytest.approx(y.item(), rel=1e-10, abs=1e-16)
        assert v.grad == pytest.approx(x.grad.item(), rel=1e-10, abs=1e-16)


MODULES = [
    (nn.ReLU(), "ReLU", ()),
    (nn.GELU(), "GELU", ()),
    (nn.SiLU(), "SiLU", ()),
    (nn.Sigmoid(), "Sigmoid", ()),
    (nn.Tanh(), "Tanh", ()),
    (nn.Softplus(), "Softplus", ()),
    (nn.LeakyReLU(0.2), "LeakyReLU", (0.2,)),
    (nn.ELU(0.5), "ELU", (0.5,)),
    (nn.Softmax(), "Softmax", (0,)),
    (nn.LogSoftmax(), "LogSoftmax", (0,)),
]


@pytest.mark.parametrize(("module", "name", "arguments"), MODULES)
def test_activation_modules_are_pytorchs(module, name, arguments):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, name)(*arguments)(torch.tensor(POINTS, dtype=torch.float64))
    ours = [v.data for v in module([Value(x) for x in POINTS])]
    # abs: the logarithm of a probability near 1 is a difference of numbers near 30
    assert ours == pytest.approx(theirs.tolist(), rel=1e-10, abs=4e-15)


def test_slope_and_alpha_are_those_that_were_given():
    assert nn.LeakyReLU(0.25)(-2.0) == nn.LeakyReLU(0.25)(Value(-2.0)).data == -0.5
    assert nn.LeakyReLU(0.25)([-2.0, 3.0]) == [-0.5, 3.0]
    assert nn.ELU(0.5)(-1.0) == nn.ELU(0.5)([-1.0])[0] == pytest.approx(0.5 * math.expm1(-1.0))


@pytest.mark.parametrize("module", [m for m, *_ in MODULES[:-2]])
def test_elementwise_modules_take_bare_numbers_lists_and_arrays(module):
    expected = module([0.5])[0]
    assert module(0.5) == expected
    assert module(Value(0.5)).data == expected
    assert module(np.float64(0.5)) == pytest.approx(expected)
    assert list(module(np.array([0.5, 0.5]))) == pytest.approx([expected] * 2)


def test_activations_are_got_by_name_and_functions_pass():
    assert activations.get("tanh") is tanh
    assert activations.get(None) is activations.get("linear")
    assert activations.get(abs) is abs
    assert repr(Activation("tanh")) == repr(Activation(tanh)) == "Activation('tanh')"
    with pytest.raises(ValueError, match="'swish'; there are linear, relu, leaky_relu"):
        activations.get("swish")
    with pytest.raises(TypeError, match="a name or a function, not 1"):
        Activation(1)
