"""draw(compiled.program): the array program as a picture."""

from __future__ import annotations

from itertools import pairwise

import pytest

import autograd as ag
import nn
from autograd import Value, draw

pytest.importorskip("numpy")


def titles(picture):
    return [node.title for node in picture.graph.nodes]


@pytest.fixture(scope="module")
def forward():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    f = ag.compile(ag.vmap(model))
    f([[1.0, 2.0], [2.0, 3.0], [0.0, 1.0]])
    return f.program


@pytest.fixture(scope="module")
def backward():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    g = ag.compile(ag.value_and_grad(lambda x: ag.sum([(model([a, b]) - 1.0) ** 2 for a, b in x])))
    g([[float(i), 2.0] for i in range(50)])
    return g.program


def test_each_instruction_is_a_box_that_depends_on_what_wrote_its_operands(forward):
    graph = draw(forward).graph
    ops = [node.title for node in graph.nodes if node.kind == "op"]
    assert ops == [instruction.op for instruction in forward.instructions]
    chain = [i for i, node in enumerate(graph.nodes) if node.kind == "op"]
    pairs = {(edge.tail, edge.head) for edge in graph.edges}
    assert all(pair in pairs for pair in pairwise(chain))
    assert [node.output for node in graph.nodes if node.kind == "op"] == [False] * 2 + [True]
    assert all(edge.tail < edge.head for edge in graph.edges)


def test_what_nothing_writes_is_an_input(forward):
    given = [node for node in draw(forward).graph.nodes if node.kind == "input"]
    assert {node.lines for node in given} == {("shared by all lanes",), ("arguments",)}


def test_forward_and_reverse_stand_in_frames_of_their_own(backward):
    graph = draw(backward).graph
    frames = [graph.clusters[n.cluster].title for n in graph.nodes if n.cluster is not None]
    assert frames.count("forward") == backward.forward
    assert frames.count("reverse") == len(backward.instructions) - backward.forward


def test_numbers_among_the_operands_are_told(backward):
    assert any("(1, •)" in title or "(-1, •)" in title for title in titles(draw(backward)))


def test_a_long_program_is_cut_near_its_results(backward):
    picture = draw(backward, max_nodes=6)
    shown = sum(node.kind != "more" for node in picture.graph.nodes)
    assert 2 <= shown < len(picture.graph.nodes) <= 6
    assert sum(node.output for node in picture.graph.nodes) == 2
    total = len(draw(backward).graph.nodes)
    counted = sum(int(title.split()[1]) for title in titles(picture) if title.startswith("… "))
    assert counted + shown == total


def test_gathers_depend_on_the_places_they_gather_from():
    w = [Value(float(i)) for i in range(40)]
    f = ag.compile(
        ag.vmap(lambda x: ag.sum([x[(i * 7) % 10] * w[(i * i) % 40] for i in range(40)]))
    )
    f([[float(i) for i in range(10)]] * 3)
    picture = draw(f.program)
    assert picture.source == draw(f.program).source
    assert len(titles(picture)) >= len(f.program.instructions)
