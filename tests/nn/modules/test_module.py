from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Linear, Module, Neuron, Parameter, Sequential


class Zoo(Module):
    """Parameters and modules in every place where they are found."""

    def __init__(self):
        self.bare = Parameter(1.0)
        self.listed = [Parameter(2.0), (Parameter(3.0), [Parameter(4.0)])]
        self.keyed = {"a": Parameter(5.0), 7: {"deep": [Parameter(6.0)]}}
        self.array = np.array([[Parameter(7.0), Parameter(8.0)]], dtype=object)
        self.inner = Linear(1, 1, init=9.0, bias=False)
        self.inners = [None, {"x": (Linear(1, 1, init=10.0, bias=False),)}]
        self.constant = Value(0.5)
        self.name = "zoo"

    def forward(self, x):
        return self.inner(x) * self.bare


def test_parameters_are_found_in_attributes_lists_tuples_dicts_and_arrays():
    assert [p.data for p in Zoo().parameters()] == [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_the_name_of_a_parameter_is_the_expression_that_gets_it():
    for model in (Zoo(), MLP(2, [3, 1]), Sequential(Linear(2, 2), "tanh", Layer(2, 1))):
        named = dict(model.named_parameters())
        assert len(named) == len(model.parameters())
        for name, parameter in named.items():
            found = eval(f"self.{name}", {"self": model})
            assert found is parameter


def test_names_of_an_mlp_read_as_layers_neurons_weights():
    names = [name for name, _ in MLP(2, [3, 1]).named_parameters()]
    assert names[:3] == [f"layers[0].neurons[0].{end}" for end in ("w[0]", "w[1]", "b")]
    assert names[-1] == "layers[1].neurons[0].b"


def test_a_shared_parameter_counts_once_under_its_first_name():
    class Tied(Module):
        def __init__(self):
            self.encode = [Parameter(1.0), Parameter(2.0)]
            self.decode = [self.encode[1], Parameter(3.0)]
            self.same = self.encode
            self.line = Linear(2, 1)
            self.again = self.line

    model = Tied()
    assert [p.data for p in model.parameters()][:3] == [1.0, 2.0, 3.0]
    assert len(model.parameters()) == 3 + 3
    names = [name for name, _ in model.named_parameters()]
    assert names[:3] == ["encode[0]", "encode[1]", "decode[1]"]
    assert [name for name, _ in model.named_modules()] == ["", "line"]


def test_a_module_that_knows_its_parent_is_walked_once():
    class Child(Module):
        def __init__(self, parent):
            self.parent = parent
            self.weight = Parameter(1.0)

    class Parent(Module):
        def __init__(self):
            self.child = Child(self)
            self.loop = [self.child]
            self.loop.append(self.loop)

    model = Parent()
    assert [name for name, _ in model.named_parameters()] == ["child.weight"]
    assert [name for name, _ in model.named_modules()] == ["", "child"]
    child = "Child(parent=..., weight=1)"
    assert repr(model) == f"Parent(child={child}, loop=[{child}, [{child}, [{child}, ...]]])"


def test_modules_are_found_with_their_names_in_order():
    names = [name for name, _ in Zoo().named_modules()]
    assert names == ["", "inner", "inners[1]['x'][0]"]
    model = MLP(1, [2, 1])
    kinds = [type(module) for module in model.modules()]
    assert kinds == [MLP, Layer, Neuron, Neuron, Layer, Neuron]


def test_train_and_eval_reach_every_module_and_return_the_model():
    model = Zoo()
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert Zoo().training, "one model's mode is not the class's"
    assert model.train() is model
    assert all(module.training for module in model.modules())


def test_zero_grad_clears_every_gradient_and_twice_is_as_good_as_once():
    model = MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    for _ in range(2):
        model.zero_grad()
        assert all(p.grad == 0.0 for p in model.parameters())


def test_a_module_without_forward_says_so():
    class Empty(Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty()(1.0)


def test_a_call_hands_all_its_arguments_to_forward():
    class Scaled(Module):
        def forward(self, x, by, *, plus=0.0):
            return x * by + plus

    class Outer(Module):
        def __init__(self):
            self.inner = Scaled()

        def forward(self, x):
            return self.inner(x, by=2.0, plus=1.0)

    assert Scaled()(3.0, 2.0) == 6.0
    assert Scaled()(3.0, by=2.0, plus=1.0) == Outer()(3.0) == 7.0


def test_reprs_are_short_and_say_what_is_inside():
    assert repr(MLP(2, [16, 1], activation="tanh")) == "MLP(2, [16, 1], activation='tanh')"
    assert (
        repr(MLP(2, [1], output_activation="sigmoid")) == "MLP(2, [1], output_activation='sigmoid')"
    )
    assert repr(Layer(2, 3, bias=False)) == "Layer(2, 3, activation='relu', bias=False)"
    assert repr(Neuron(2, activation=math.sin)) == "Neuron(2, activation=sin)"
    assert repr(Zoo()).startswith("Zoo(bare=1, listed=[2, [3, 1 parameters]], keyed=")
    assert repr(Parameter(2)) == "Parameter(data=2.0, grad=0.0)"
    assert len(repr(MLP(78, [70] * 3))) < 80


# --- state -----------------------------------------------------------------------------------


def numbers(model):
    return [p.data for p in model.parameters()]


def test_the_state_lists_parameters_in_the_shapes_they_are_kept_in():
    state = Zoo().state_dict()
    assert state["bare"] == 1.0
    assert state["listed[1][1]"] == [4.0]
    assert state["keyed['a']"] == 5.0
    assert state["array"] == [[7.0, 8.0]]
    assert state["inner.weight"] == [[9.0]]


def test_a_state_loads_into_another_model_and_neither_aliases_the_other():
    one, other = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    state = one.state_dict()
    other.load_state_dict(state)
    assert numbers(other) == numbers(one)
    state["layers[0].neurons[0].w"][0] = 99.0
    other.parameters()[1].data = 77.0
    assert 99.0 not in numbers(one) + numbers(other)
    assert 77.0 not in numbers(one)


def test_loading_leaves_gradients_and_identities_alone():
    model = Zoo()
    before = model.parameters()
    model.bare.grad = 3.0
    model.load_state_dict(model.state_dict())
    assert all(a is b for a, b in zip(model.parameters(), before, strict=True))
    assert model.bare.grad == 3.0


def test_arrays_and_numpy_numbers_load_like_lists():
    model = Linear(2, 2)
    model.load_state_dict({"weight": np.arange(4.0).reshape(2, 2), "bias": (np.float32(1), 2)})
    assert numbers(model) == [0.0, 1.0, 2.0, 3.0, 1.0, 2.0]
    assert all(type(x) is float for x in numbers(model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("bias"), r"missing: bias"),
        (lambda s: s.update(gain=1.0), r"extra: gain"),
        (lambda s: s.update(bias=[1.0]), r"bias has shape \(2,\), and the state has shape \(1,\)"),
        (lambda s: s.update(bias=1.0), r"bias has shape \(2,\), and the state has shape \(\)"),
        (lambda s: s.update(weight=[[1.0], [1.0, 2.0]]), r"weight has .* parts differ in shape"),
        (lambda s: s.update(bias=["1", 2.0]), r"bias has shape \(2,\), and the state has a str"),
        (lambda s: s.update(bias=None), r"bias has .* a NoneType"),
        (lambda s: (s.pop("weight"), s.update(x=1)), r"missing: weight; extra: x"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(change, message):
    model = Linear(3, 2, seed=0)
    before = numbers(model)
    state = Linear(3, 2, seed=1).state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(state)
    assert numbers(model) == before


def test_the_message_lists_all_problems_but_no_endless_names():
    with pytest.raises(ValueError, match=r"does not fit MLP.*missing: .* and 12 more"):
        MLP(2, [9, 1]).load_state_dict({})


def test_a_state_that_is_no_mapping_is_a_type_error():
    with pytest.raises(TypeError, match="dict of numbers by name, not list"):
        Linear(1, 1).load_state_dict([1.0])


def test_one_parameter_cannot_be_given_two_numbers():
    class Tied(Module):
        def __init__(self):
            self.a = [Parameter(1.0), Parameter(2.0)]
            self.b = [self.a[1], Parameter(3.0)]

    model = Tied()
    model.load_state_dict({"a": [4.0, math.nan], "b": [math.nan, 6.0]})
    with pytest.raises(ValueError, match="b shares a parameter that the state gives two numbers"):
        model.load_state_dict({"a": [1.0, 2.0], "b": [2.5, 3.0]})
    assert model.a[0].data == 4.0


def test_buffers_are_state_without_being_trained():
    class Running(Module):
        buffers = ("mean", "steps")

        def __init__(self):
            self.scale = Parameter(1.0)
            self.mean = [0.0, 0.0]
            self.steps = 0

    one, other = Running(), Running()
    one.mean, one.steps = [1.0, 2.0], 5
    assert one.state_dict() == {"scale": 1.0, "mean": [1.0, 2.0], "steps": 5}
    assert len(one.parameters()) == len(dict(one.named_parameters())) == 1
    other.load_state_dict(one.state_dict())
    assert (other.mean, other.steps) == ([1.0, 2.0], 5)
    assert other.mean is not one.mean
    state = other.state_dict()
    state["mean"][0] = 99.0
    other.load_state_dict(loaded := one.state_dict())
    loaded["mean"][0] = 99.0
    assert other.mean == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"mean has shape \(2,\), and the state has shape \(3,\)"):
        other.load_state_dict({"scale": 9.0, "mean": [1, 2, 3], "steps": 1})
    assert other.scale.data == 1.0


# --- copies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])  # noqa: S301
def test_copies_compute_the_same_and_alias_nothing(duplicate):
    for model in (
        MLP(2, [3, 1], activation="tanh", seed=0),
        Sequential(Linear(2, 3, seed=1), "gelu", Layer(3, 1, seed=2)),
    ):
        model([1.0, 2.0]).backward()
        twin = duplicate(model)
        assert twin([1.0, -2.0]).data == model([1.0, -2.0]).data
        assert all(type(p) is Parameter for p in twin.parameters())
        assert [p.grad for p in twin.parameters()] == [p.grad for p in model.parameters()]
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}
        twin.parameters()[0].data = 5.0
        assert model.parameters()[0].data != 5.0


def test_copies_keep_shared_parameters_shared():
    model = Sequential(Linear(1, 1))
    model.layers.append(model[0])
    assert len(copy.deepcopy(model).parameters()) == 2
