from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn import MLP, Layer, Linear, Neuron

ROW = [0.5, -1.0, 2.0]


def gradients(model):
    return [p.grad for p in model.parameters()]


# --- what they compute -----------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "gelu", "sigmoid", "elu"])
def test_an_mlp_and_its_gradients_are_pytorchs(activation):
    torch = pytest.importorskip("torch")
    model = MLP(3, [5, 4, 2], activation=activation, seed=0)
    output = model(ROW)
    autograd.dot(output, [1.0, -2.0]).backward()

    x = torch.tensor(ROW, dtype=torch.float64)
    tensors = []
    for i, layer in enumerate(model.layers):
        for rows in ([n.w for n in layer.neurons], [n.b for n in layer.neurons]):
            numbers = [[p.data for p in r] if isinstance(r, list) else r.data for r in rows]
            tensors.append(torch.tensor(numbers, dtype=torch.float64, requires_grad=True))
        x = tensors[-2] @ x + tensors[-1]
        if i < 2:
            x = getattr(torch.nn.functional, activation)(x)
    (x[0] - 2.0 * x[1]).backward()

    assert [v.data for v in output] == pytest.approx(x.tolist(), rel=1e-12)
    theirs = [
        number
        for weight, bias in zip(tensors[::2], tensors[1::2], strict=True)
        for w, b in zip(weight.grad.tolist(), bias.grad.tolist(), strict=True)
        for number in (*w, b)
    ]
    assert gradients(model) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_linear_has_pytorchs_names_shapes_and_results():
    torch = pytest.importorskip("torch")
    ours, theirs = Linear(3, 2, bias_init=0.5, seed=0), torch.nn.Linear(3, 2, dtype=torch.float64)
    state = {
        name: torch.tensor(entry, dtype=torch.float64) for name, entry in ours.state_dict().items()
    }
    theirs.load_state_dict(state)
    expected = theirs(torch.tensor(ROW, dtype=torch.float64)).tolist()
    assert [v.data for v in ours(ROW)] == pytest.approx(expected, rel=1e-14)


def test_a_neuron_is_one_dot_node_a_bias_and_an_activation():
    model = Neuron(3, activation="tanh", seed=0)
    order = autograd.topological_order(model([Value(x) for x in ROW]))
    assert [node.primitive.name for node in order if node.primitive] == ["dot", "add", "tanh"]


def test_a_neuron_without_a_bias_or_activation_has_no_node_for_it():
    model = Neuron(3, nonlin=False, bias=False, init=1.0)
    assert model.b is None
    assert model(ROW).primitive.name == "dot"
    assert len(model.parameters()) == 3
    assert (
        len(Layer(3, 2, bias=False).parameters()) == len(Linear(3, 2, bias=False).parameters()) == 6
    )
    assert Linear(3, 2, bias=False, init=1.0)(ROW)[0].data == 1.5


def test_a_single_output_is_bare_and_several_are_a_list():
    for model in (MLP(3, [2, 1]), Layer(3, 1), Linear(3, 1)):
        assert isinstance(model(ROW), Value)
    for model in (MLP(3, [2, 2]), Layer(3, 2), Linear(3, 2)):
        assert isinstance(model(ROW), list)
        assert len(model(ROW)) == 2


def test_a_hidden_layer_of_one_neuron_feeds_the_next():
    model = MLP(3, [1, 2, 1], activation="tanh", seed=0)
    hidden = model.layers[0](ROW)
    assert isinstance(hidden, Value)
    assert model(ROW).data == model.layers[2](model.layers[1]([hidden])).data
    model(ROW).backward()
    assert any(p.grad for p in model.layers[0].parameters())
    with pytest.raises(ValueError, match="takes 2 inputs, not 1"):
        nn.Sequential(Linear(3, 1), Linear(2, 1))(ROW)


def test_the_gradient_of_a_batch_is_the_mean_of_single_ones():
    model = MLP(2, [4, 1], activation="tanh", seed=0)
    X = [[0.1 * i, 1.0 - i] for i in range(5)]
    autograd.mean([model(x) for x in X]).backward()
    together = gradients(model)
    model.zero_grad()
    for x in X:
        model(x).backward()
    assert together == pytest.approx([g / 5 for g in gradients(model)], rel=1e-13)


def test_permuting_hidden_neurons_permutes_their_gradients_and_nothing_else():
    order = [2, 0, 3, 1]
    model = MLP(2, [4, 1], activation="tanh", seed=0)
    twin = MLP(2, [4, 1], activation="tanh", seed=0)
    twin.layers[0].neurons = [twin.layers[0].neurons[i] for i in order]
    output = twin.layers[1].neurons[0]
    output.w = [output.w[i] for i in order]
    assert twin([1.0, 2.0]).data == pytest.approx(model([1.0, 2.0]).data, rel=1e-14)
    model([1.0, 2.0]).backward()
    twin([1.0, 2.0]).backward()
    for place, i in enumerate(order):
        ours, theirs = twin.layers[0].neurons[place], model.layers[0].neurons[i]
        assert gradients(ours) == pytest.approx(gradients(theirs), rel=1e-13)
        assert output.w[place].grad == pytest.approx(
            model.layers[1].neurons[0].w[i].grad, rel=1e-13
        )


# --- what they take --------------------------------------------------------------------------

FORMS = {
    "tuple": tuple(ROW),
    "generator": (x for x in list(ROW)),
    "float64 array": np.array(ROW),
    "float32 array": np.array(ROW, dtype=np.float32),
    "numpy numbers": [np.float64(x) for x in ROW],
    "0-d arrays": [np.array(x) for x in ROW],
    "fractions": [Fraction(x) for x in ROW],
    "values": [Value(x) for x in ROW],
    "object array": np.array([Value(x) for x in ROW], dtype=object),
    "a mixture": [np.float64(0.5), -1, Value(2.0)],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("model", [MLP(3, [2, 1], seed=0), Neuron(3, seed=0), Linear(3, 1, seed=0)])
def test_any_sequence_of_numbers_will_do(form, model):
    x = list(ROW) if form == "generator" else FORMS[form]
    expected = model(ROW).data
    assert model(iter(x) if form == "generator" else x).data == expected


def test_inputs_are_not_changed_and_get_gradients_if_they_are_values():
    model = MLP(3, [2, 1], activation="tanh", seed=0)
    x = [1, np.float64(2.0), Value(3.0)]
    kinds = [type(v) for v in x]
    model(x).backward()
    assert [type(v) for v in x] == kinds
    assert x[2].grad != 0.0


def test_one_input_may_be_bare():
    model = MLP(1, [3, 1], seed=0)
    for x in (2, 2.0, np.float64(2.0), Value(2.0), np.array(2.0)):
        assert model(x).data == model([2.0]).data


@pytest.mark.parametrize("model", [MLP(3, [2, 1]), Layer(3, 2), Linear(3, 2), Neuron(3)])
@pytest.mark.parametrize("n", [0, 2, 4])
def test_a_wrong_number_of_inputs_is_named_with_the_right_one(model, n):
    for x in ([1.0] * n, np.ones(n), [Value(1.0)] * n):
        with pytest.raises(ValueError, match=rf"\(3.*takes 3 inputs, not {n}"):
            model(x)


def test_a_neuron_of_another_width_in_a_layer_is_named():
    layer = Layer(3, 2)
    layer.neurons[1] = Neuron(2)
    with pytest.raises(ValueError, match=r"Neuron\(2, .*takes 2 inputs, not 3"):
        layer(ROW)


@pytest.mark.parametrize(
    "x", [np.ones((3, 3)), [[1.0, 2.0, 3.0]], [np.ones(3)] * 3, [[1, 2, 3], 4]]
)
def test_a_batch_is_refused_with_the_way_to_write_it(x):
    with pytest.raises(ValueError, match=r"one sample.*\[model\(x\) for x in X\]"):
        MLP(3, [2, 1])(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, "takes a list of 3 numbers, not None"),
        (["1", 2.0, 3.0], "input 0 must be a real number, not the str '1'"),
        ([1.0, None, 3.0], "input 1 must be a real number, not NoneType"),
        ([1.0, 2.0, 3j], "input 2 must be a real number, not complex"),
    ],
)
def test_inputs_that_are_no_numbers_are_named(x, message):
    with pytest.raises(TypeError, match=message):
        MLP(3, [2, 1])(x)


# --- how they are made -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda **kw: Neuron(3, **kw),
        lambda **kw: Layer(3, 2, **kw),
        lambda **kw: Linear(3, 2, **kw),
        lambda **kw: MLP(3, [4, 2], **kw),
    ],
)
def test_a_seed_makes_the_same_model_and_leaves_the_global_generator_alone(make):
    def numbers(**kw):
        return [p.data for p in make(**kw).parameters()]

    random.seed(5)
    before = random.getstate()
    assert numbers(seed=1) == numbers(seed=1) == numbers(rng=random.Random(1))
    assert numbers(seed=1) != numbers(seed=2)
    assert random.getstate() == before
    fresh = numbers(rng=np.random.default_rng(0), init="he_normal")
    assert fresh == numbers(rng=np.random.default_rng(0), init="he_normal")
    with pytest.raises(ValueError, match="seed= or rng=, not both"):
        make(seed=1, rng=random.Random(1))
    with pytest.raises(TypeError, match="rng must be a random generator"):
        make(rng=7)


def test_the_neurons_of_a_layer_and_the_layers_of_an_mlp_differ():
    model = MLP(2, [2, 2, 2], seed=0)
    weights = [p.data for p in model.parameters() if p.data]
    assert len(set(weights)) == len(weights) == 12


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MLP(2, [3, 1], activation="rleu"), ValueError, "'rleu'; there are linear, relu, "),
        (lambda: Layer(2, 3, activation="TANH"), ValueError, "no activation is called 'TANH'"),
        (lambda: MLP(2, [1], output_activation="x"), ValueError, "no activation is called 'x'"),
        (lambda: Neuron(2, activation=3), TypeError, "a name or a function, not 3"),
        (lambda: Neuron(2, init="glrot"), ValueError, "'glrot'; there are uniform, normal, "),
        (lambda: MLP(2, []), ValueError, "at least one layer"),
        (lambda: MLP(0, [1]), ValueError, "nin must be at least 1, not 0"),
        (lambda: MLP(2, [3, -1]), ValueError, r"nouts\[1\] must be at least 1, not -1"),
        (lambda: MLP(2.5, [1]), TypeError, "nin must be a whole number, not 2.5"),
        (lambda: MLP(2, ["3"]), TypeError, r"nouts\[0\] must be a whole number, not '3'"),
        (lambda: Linear(2, 0), ValueError, "nout must be at least 1, not 0"),
        (lambda: Layer(2, 3, colour="red"), TypeError, "colour"),
    ],
)
def test_bad_arguments_are_named_when_the_model_is_made(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("kind", [Layer, Linear, MLP])
def test_only_sizes_are_given_by_position(kind):
    with pytest.raises(TypeError, match="positional arguments"):
        kind(2, [3] if kind is MLP else 3, False)


def test_a_neuron_takes_its_nonlin_by_position_as_micrograds_does():
    assert not Neuron(2, False).nonlin
    assert Layer(2, 3, nonlin=False).neurons[0].b is not None


def test_sizes_may_be_numpys_whole_numbers():
    X = np.ones((4, 2))
    assert repr(MLP(X.shape[1], np.array([3, 1]))) == "MLP(2, [3, 1], activation='relu')"
    assert MLP(np.int64(2), (3, 1)).config()["nin"] == 2


def test_every_layer_but_the_last_has_the_activation():
    model = MLP(2, [3, 3, 1], activation="tanh")
    names = [nn.activations.name_of(layer.neurons[0].activation) for layer in model.layers]
    assert names == ["tanh", "tanh", "linear"]
    squashed = MLP(2, [3, 1], output_activation="sigmoid", seed=0)
    assert 0.0 < squashed([100.0, 100.0]).data <= 1.0


def test_an_activation_may_be_a_function_of_ones_own():
    model = Neuron(2, init=1.0, activation=lambda z: z * z)
    assert model([1.0, 2.0]).data == 9.0
