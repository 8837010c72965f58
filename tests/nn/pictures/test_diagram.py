"""draw(model): a model's architecture."""

from __future__ import annotations

import random

import pytest

import nn
from autograd import Value, draw


def titles(picture):
    return [node.title for node in picture.graph.nodes]


def frames(picture):
    return [cluster.title for cluster in picture.graph.clusters]


def test_a_small_net_is_drawn_neuron_by_neuron():
    picture = draw(nn.MLP(2, [4, 1], activation="tanh", seed=1))
    assert titles(picture) == ["x[0]", "x[1]", *["tanh"] * 4, "linear"]
    assert frames(picture) == [
        "MLP · 17 parameters",
        "layers[0] · Layer · 12 parameters",
        "layers[1] · Layer · 5 parameters",
    ]
    assert len(picture.graph.edges) == 2 * 4 + 4 * 1
    assert [node.output for node in picture.graph.nodes] == [False] * 6 + [True]


def test_lines_are_weights_in_thickness_and_sign():
    model = nn.MLP(2, [1], seed=0)
    model.layers[0].neurons[0].w[0].data = -2.0
    model.layers[0].neurons[0].w[1].data = 1.0
    assert [(e.weight, e.negative) for e in draw(model).graph.edges] == [(1.0, True), (0.5, False)]
    model.layers[0].neurons[0].w[0].data = float("nan")
    assert [e.weight for e in draw(model).graph.edges] == [1.0, 1.0]


def test_biases_are_told():
    model = nn.MLP(1, [1], bias_init=0.25, seed=0)
    assert draw(model).graph.nodes[1].lines == ("b = 0.25",)
    assert draw(nn.MLP(1, [1], bias=False, seed=0)).graph.nodes[1].lines == ()


def test_wide_layers_are_shown_by_their_first_neurons_and_a_count():
    picture = draw(nn.MLP(64, [32, 10], seed=1))
    assert titles(picture).count("… 55 more") == 1
    assert titles(picture).count("… 23 more") == 1
    assert titles(picture).count("linear") == 10


def test_large_nets_are_drawn_as_boxes_with_sizes():
    picture = draw(nn.MLP(64, [64] * 12, seed=1))
    assert titles(picture)[:3] == ["input", "layers[0]", "layers[1]"]
    assert picture.graph.nodes[1].lines == ("Layer", "64 → 64, relu", "4,160 parameters")
    assert len(picture.graph.edges) == len(picture.graph.nodes) - 1


def test_boxes_can_be_asked_for():
    picture = draw(nn.MLP(2, [4, 1], seed=1), collapse=True)
    assert titles(picture) == ["input", "layers[0]", "layers[1]", "output"]


def test_activations_join_the_linear_layer_before_them():
    steps = nn.Linear(2, 3, seed=1), "tanh", nn.Dropout(0.5), nn.Linear(3, 2, seed=2), nn.Softmax()
    picture = draw(nn.Sequential(*steps))
    assert titles(picture) == [
        *("x[0]", "x[1]", "tanh", "tanh", "tanh", "Dropout(0.5)", "linear", "linear", "Softmax()"),
    ]
    assert frames(picture)[1] == "layers[0] · Linear, layers[1] · Activation · 9 parameters"


def test_functions_in_a_sequential_are_boxes():
    def double(x):
        return [2 * v for v in x]

    picture = draw(nn.Sequential(nn.Linear(2, 1, seed=1), double))
    assert "double" in " ".join(titles(picture))


def test_nested_sequentials_are_one_row():
    inner = nn.Sequential(nn.Linear(2, 2, seed=1), "relu")
    picture = draw(nn.Sequential(inner, nn.MLP(2, [1], seed=1)), collapse=True)
    assert titles(picture) == [
        *("input", "layers[0].layers[0]", "layers[0].layers[1]", "layers[1].layers[0]", "output"),
    ]


class Branches(nn.Module):
    def __init__(self):
        self.encoder = nn.Sequential(nn.Linear(2, 3, seed=1), "tanh")
        self.heads = [nn.Linear(3, 1, seed=2), nn.Linear(3, 2, seed=3)]

    def forward(self, x):
        h = self.encoder(x)
        return self.heads[0](h), self.heads[1](h)


def test_a_module_of_its_own_kind_shows_what_it_holds_and_claims_no_order():
    picture = draw(Branches())
    assert titles(picture) == ["layers[0]", "layers[1]", "heads[0]", "heads[1]"]
    assert frames(picture) == ["Branches", "encoder · Sequential"]
    ((tail, head),) = [(e.tail, e.head) for e in picture.graph.edges]
    assert (tail, head) == (0, 1)
    assert "draw(model, x)" in picture.graph.notes[0]


def test_a_subclass_that_computes_something_else_is_not_drawn_as_a_row():
    class Backwards(nn.Sequential):
        def forward(self, x):
            return super().forward(x)[::-1]

    assert titles(draw(Backwards(nn.Linear(2, 3, seed=1), "tanh"))) == ["layers[0]", "layers[1]"]


def test_with_an_argument_the_call_is_drawn():
    picture = draw(Branches(), [1.0, 2.0], collapse=True)
    assert titles(picture)[:2] == ["x[0] = 1", "x[1] = 2"] or titles(picture)[0] == "x[0..1]"
    assert {"encoder", "heads[0]", "heads[1]"} <= set(titles(picture))


def test_a_parameter_is_drawn_as_one_in_the_frame_of_its_neuron():
    neuron = nn.Neuron(2, seed=0)
    graph = draw(neuron, [1.0, 2.0]).graph
    kinds = {node.title.split(" ")[0]: node.kind for node in graph.nodes}
    assert (kinds["w[0]"], kinds["b"], kinds["x[0]"]) == ("parameter", "parameter", "input")
    assert {node.cluster for node in graph.nodes if node.kind == "parameter"} == {0}


def test_drawing_a_model_computes_nothing_and_changes_nothing():
    model = nn.Sequential(nn.Linear(2, 2, seed=1), nn.Dropout(0.5, seed=3))
    state, training = model.state_dict(), model.training
    chance = random.getstate()
    draw(model)
    draw(model, collapse=True)
    assert (model.state_dict(), model.training, random.getstate()) == (state, training, chance)


def test_every_kind_of_model_has_all_text_forms():
    models = [
        nn.MLP(2, [4, 1], seed=0),
        nn.Neuron(3, seed=0),
        nn.Layer(3, 2, seed=0),
        nn.Linear(3, 2, seed=0),
        nn.Dropout(),
        nn.Sequential(),
        nn.Sequential(nn.Softmax()),
        nn.Module(),
        Branches(),
    ]
    for model in models:
        picture = draw(model)
        assert picture.source.startswith("digraph")
        assert picture.to_text()
        assert picture.to_mermaid()


def test_neurons_that_were_exchanged_do_not_break_the_picture():
    model = nn.MLP(2, [2, 1], seed=0)
    model.layers[0].neurons[1] = nn.Neuron(3, seed=0)
    assert titles(draw(model))


@pytest.mark.parametrize("limit", [1, 3])
def test_max_nodes_holds_for_models_too(limit):
    assert len(titles(draw(nn.MLP(2, [2] * 9, seed=0), max_nodes=limit))) <= max(limit, 4)
    assert len(titles(draw(Branches(), max_nodes=limit))) <= limit


def test_values_of_a_model_draw_near_its_parameters():
    model = nn.MLP(2, [2, 1], seed=0)
    y = model([Value(1.0), Value(2.0)])
    picture = draw(y, near=model.layers[0].neurons[0].b, max_nodes=4)
    assert "b = 0" in titles(picture)
