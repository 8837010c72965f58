from __future__ import annotations

import pytest

import autograd
import nn
from autograd import Value
from nn import Activation, Layer, Linear, Sequential


def test_names_functions_and_modules_of_an_activation_are_the_same():
    outputs = []
    for tanh in ("tanh", autograd.tanh, nn.Tanh(), Activation("tanh")):
        model = Sequential(Linear(2, 3, seed=0), tanh, Linear(3, 1, seed=1))
        outputs.append(model([1.0, -2.0]).data)
    assert len(set(outputs)) == 1
    first, last = Linear(2, 3, seed=0), Linear(3, 1, seed=1)
    assert outputs[0] == last([v.tanh() for v in first([1.0, -2.0])]).data


def test_other_functions_get_the_whole_output():
    model = Sequential(Linear(2, 3, seed=0), autograd.softmax, autograd.sum)
    assert model([1.0, 2.0]).data == pytest.approx(1.0)


def test_a_layer_of_one_feeds_an_activation_and_the_next_layer():
    model = Sequential(Linear(2, 1, seed=0), "sigmoid", Layer(1, 2, seed=1))
    assert len(model([1.0, 2.0])) == 2


def test_it_is_a_sequence_of_its_layers():
    model = Sequential(Linear(2, 3), "relu", Linear(3, 1))
    assert len(model) == 3
    assert list(model)[1] is model[1]
    assert model[-1] is model.layers[2]
    assert next(name for name, _ in model.named_parameters()) == "layers[0].weight[0][0]"


def test_an_empty_sequence_is_the_identity():
    x = Value(1.0)
    assert Sequential()(x) is x


@pytest.mark.parametrize("layer", [3, None, Linear, [Linear(2, 2)]])
def test_what_is_no_layer_is_refused_with_its_place(layer):
    with pytest.raises(TypeError, match="layer 1 of Sequential must be a module"):
        Sequential(Linear(2, 2), layer)
    with pytest.raises(ValueError, match="no activation is called 'reluu'"):
        Sequential(Linear(2, 2), "reluu")
