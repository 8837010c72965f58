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


# --- lists of modules ------------------------------------------------------------------------


def test_a_list_of_modules_is_a_sequence_whose_parameters_are_found():
    heads = nn.ModuleList([Linear(2, 1), Linear(2, 3)])
    heads.append(Linear(2, 2))
    assert len(heads) == 3
    assert [repr(head) for head in heads] == ["Linear(2, 1)", "Linear(2, 3)", "Linear(2, 2)"]
    assert heads[-1] is heads.layers[2]
    assert len(heads.parameters()) == 3 * (1 + 3 + 2)
    assert repr(nn.ModuleList([Linear(2, 1)])) == "ModuleList([Linear(2, 1)])"


def test_what_is_no_module_is_no_item_of_a_list_of_modules():
    with pytest.raises(TypeError, match="a ModuleList holds modules, not 'tanh'"):
        nn.ModuleList(["tanh"])
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList()(1.0)


def test_names_of_states_are_pytorchs():
    torch = pytest.importorskip("torch")

    def nested(x):
        return x.Sequential(x.Linear(2, 2), x.ModuleList([x.Linear(2, 1)]), x.Tanh())

    assert list(nested(nn).state_dict()) == list(nested(torch.nn).state_dict())


def test_a_list_of_modules_inside_a_model_is_saved_whole(tmp_path):
    model = Sequential(Linear(2, 1, seed=0))
    model.layers.append(nn.ModuleList([Linear(1, 1, seed=1)]))
    nn.save(tmp_path / "m.json", model)
    again = nn.load(tmp_path / "m.json")
    assert (repr(again), again.state_dict()) == (repr(model), model.state_dict())
