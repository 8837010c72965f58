"""Where boxes, frames and edges stand: with our own layout, and with Graphviz's."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, draw
from autograd.drawing.dot import to_dot
from autograd.drawing.model import Cluster, Edge, Graph, Node
from autograd.drawing.picture import render
from autograd.drawing.svg import to_svg
from tests.autograd.drawing.geometry import Shown
from tests.autograd.drawing.graphs import contents

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz's dot is not installed"
)


def spring(steps):
    x, v, k, c = Value(1.0, "x"), Value(0.0, "v"), Value(4.0, "k"), Value(0.3, "c")
    for _ in range(steps):
        v = v + 0.01 * (-k * x - c * v)
        x = x + 0.01 * v
    return x


@settings(max_examples=150)
@given(contents())
def test_nothing_overlaps_and_each_edge_goes_from_box_to_box_and_through_none(graph):
    assert list(Shown(to_svg(graph)).faults(graph.with_chips(), through=True)) == []


@needs_dot
@settings(max_examples=40)
@given(contents(frames=False))
def test_nothing_overlaps_and_each_edge_goes_from_box_to_box_with_dot_too(graph):
    svg = render(to_dot(graph), "svg").decode()
    assert list(Shown(svg).faults(graph.with_chips())) == []


@needs_dot
@pytest.mark.parametrize("samples", [2, 20, 30])
def test_dots_edges_from_a_net_end_at_their_arrows(samples):
    net = nn.MLP(3, [4, 4, 1], seed=0)
    rows = [[0.1 * i, 0.5, -0.1 * i] for i in range(samples)]
    picture = draw(sum((net(row) - 1) ** 2 for row in rows))
    shown = Shown(render(picture.source, "svg").decode())
    faults = list(shown.faults(picture.graph.with_chips()))
    assert [fault for fault in faults if fault.startswith("e")] == []


@given(contents(frames=False))
def test_each_edge_points_onwards_where_none_goes_in_a_circle(graph):
    boxes = Shown(to_svg(graph)).nodes
    graph = graph.with_chips()
    along = 0 if graph.direction == "LR" else 1
    if all(edge.tail < edge.head or graph.nodes[edge.tail].chip for edge in graph.edges):
        assert all(boxes[edge.tail][along + 2] < boxes[edge.head][along] for edge in graph.edges)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_long_chain_is_set_in_rows_like_text(direction):
    graph = draw(spring(20), direction=direction).graph
    shown = Shown(to_svg(graph))
    assert list(shown.faults(graph.with_chips(), through=True)) == []
    _, _, width, height = shown.page
    assert 0.5 < width / height < 4
    steps, _ = shown.edges[max(shown.edges)]
    assert len({round(y) for _, y in steps}) > 1


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=30, unique=True))
def test_so_is_one_with_edges_in_circles(pairs):
    edges = [Edge(i, i + 1) for i in range(59)]
    edges += [Edge(a, b) for a, b in pairs if b != a + 1]
    graph = Graph([Node(f"n{i}", ("a line",)) for i in range(60)], edges)
    shown = Shown(to_svg(graph))
    assert list(shown.faults(graph, through=True)) == []
    assert shown.page[2] < 3500


def test_neurons_stand_in_their_order_from_the_top():
    net = nn.MLP(3, [7, 7, 1], seed=0)
    y = net([Value(float(i), f"x[{i}]") for i in range(3)])
    open_, closed = draw(y, collapse=False), draw(y, collapse="Neuron")
    shown = Shown(open_.svg())
    frames = {}
    for cluster, frame in zip(open_.graph.clusters, shown.frames, strict=True):
        if cluster.title.startswith("neurons["):
            frames.setdefault(cluster.parent, []).append((cluster.title, frame[1]))
    boxes = {}
    for i, node in enumerate(closed.graph.nodes):
        if node.title.startswith("neurons["):
            boxes.setdefault(node.cluster, []).append((node.title, Shown(closed.svg()).nodes[i][1]))
    for columns in (frames, boxes):
        assert [len(column) for column in columns.values()] == [7, 7, 1]
        for column in columns.values():
            tops = [top for _, top in sorted(column)]
            assert tops == sorted(tops)


def test_so_do_those_of_an_architecture():
    picture = draw(nn.MLP(64, [32, 10], seed=1))
    shown = Shown(picture.svg())
    for column in picture.graph.columns:
        tops = [shown.nodes[i][1] for i in column]
        assert len(tops) == 10
        assert tops == sorted(tops)


def test_a_loop_with_an_edge_from_its_start_to_each_step_is_drawn():
    nodes = [Node(f"n{i}") for i in range(100)]
    edges = [Edge(i, i + 1) for i in range(99)] + [Edge(0, i) for i in range(2, 100)]
    graph = Graph(nodes, edges)
    assert list(Shown(to_svg(graph)).faults(graph, through=True)) == []


def test_a_frame_is_as_long_as_its_title():
    graph = Graph([Node("x", cluster=0)], [], [Cluster("a title much longer than what it names")])
    (frame,) = Shown(to_svg(graph)).frames
    assert frame[2] - frame[0] > 200


def test_sixty_frames_in_each_other_are_drawn():
    clusters = [Cluster(f"s{i}", i - 1 if i else None) for i in range(60)]
    nodes = [Node("x", kind="input"), *(Node("×", cluster=i) for i in range(60))]
    edges = [Edge(i, i + 1) for i in range(60)] + [Edge(0, i) for i in range(2, 61)]
    graph = Graph(nodes, edges, clusters)
    assert list(Shown(to_svg(graph)).faults(graph.with_chips(), through=True)) == []


def test_frames_of_one_name_stand_in_the_order_of_their_numbers_whoever_uses_them_first():
    clusters = [Cluster(f"neurons[{i}] · Neuron") for i in range(5)]
    nodes = [Node("x", kind="input"), *(Node("tanh", cluster=i) for i in range(5)), Node("sum")]
    edges = [Edge(i, 6) for i in range(5, 0, -1)] + [Edge(0, i) for i in range(5, 0, -1)]
    frames = Shown(to_svg(Graph(nodes, edges, clusters))).frames
    tops = [frame[1] for frame in frames]
    assert tops == sorted(tops)
