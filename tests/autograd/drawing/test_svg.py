"""The SVG that needs no Graphviz: nothing that a user wrote is more than text, and all of it fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, draw, scope
from autograd.drawing.model import Cluster, Edge, Graph, Node, shorten
from autograd.drawing.svg import to_svg
from autograd.drawing.theme import DARK, LIGHT, text_width
from tests.autograd.drawing.geometry import Shown
from tests.autograd.drawing.graphs import contents, graphs
from tests.autograd.drawing.test_dot_text import NASTY, texts, tree

TAGS = {"svg", "g", "title", "rect", "polygon", "path", "text"}


def tags(svg):
    return {element.tag.rpartition("}")[2] for element in tree(svg).iter()}


@pytest.mark.parametrize("label", NASTY)
def test_any_label_is_drawn_as_just_that_text(label):
    with scope(label):
        x = Value(1.0, label)
        y = x * x
    svg = to_svg(draw(y).graph)
    assert f"{shorten(label)} = 1" in texts(svg)
    assert shorten(label) in texts(svg)
    assert tags(svg) <= TAGS


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_makes_an_svg(one, other):
    nodes = [Node(one, (other,), cluster=0, hover=other), Node(other)]
    graph = Graph(nodes, [Edge(0, 1, label=one)], [Cluster(other)], notes=[one])
    assert tags(to_svg(graph)) <= TAGS


@given(contents())
def test_the_svg_is_the_same_each_time(graph):
    assert to_svg(graph) == to_svg(graph)


def test_no_text_is_wider_than_its_box():
    svg = to_svg(draw([Value(1.0, "W" * 16) * Value(2.0, "iiii"), Value(-1e-300, "m" * 30)]).graph)
    boxes = Shown(svg).nodes
    groups = [
        g for g in tree(svg).iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node"
    ]
    for group in groups:
        left, _, right, _ = boxes[int(group.get("id")[1:])]
        for line in group.iter("{http://www.w3.org/2000/svg}text"):
            assert text_width(line.text) * 12 <= right - left
            assert float(line.get("x")) == pytest.approx((left + right) / 2, abs=0.1)


def test_what_edges_and_boxes_are_is_seen():
    nodes = [
        Node("a", kind="input"),
        Node("b", kind="parameter", stacked=True),
        Node("c", highlighted=True),
        Node("d", output=True),
        Node("e", kind="more"),
    ]
    edges = [
        Edge(0, 2, weight=1.0),
        Edge(1, 2, weight=0.0),
        Edge(2, 3, negative=True),
        Edge(4, 3, highlighted=True),
    ]
    for theme in (LIGHT, DARK):
        root = tree(to_svg(Graph(nodes, edges), theme))
        groups = {g.get("id"): list(g) for g in root.iter("{http://www.w3.org/2000/svg}g")}
        shapes = {name: [e for e in inner if e.get("fill")] for name, inner in groups.items()}
        assert [len([e for e in shapes[f"n{i}"] if e.get("stroke")]) for i in range(5)] == [
            1,
            2,
            1,
            2,
            1,
        ]
        assert shapes["n2"][0].get("stroke") == theme.highlight
        assert shapes["n3"][0].get("stroke") == theme.output
        assert shapes["n4"][0].get("stroke-dasharray")
        widths = [float(shapes[f"e{i}"][0].get("stroke-width")) for i in range(4)]
        assert widths[0] > widths[1]
        assert [bool(shapes[f"e{i}"][0].get("stroke-dasharray")) for i in range(4)] == [
            False,
            True,
            True,
            False,
        ]
        assert shapes["e3"][0].get("stroke") == theme.highlight


@given(graphs())
def test_notes_stand_below_and_on_the_page(nodes):
    picture = draw(nodes[-1])
    svg = to_svg(picture.graph)
    assert [note for note in picture.graph.notes if note not in texts(svg)] == []
    _, _, width, height = Shown(svg).page
    for text in tree(svg).iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.get("x")) <= width
        assert 0 <= float(text.get("y")) <= height


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_an_arrow_starts_at_its_tail_and_points_at_its_head(direction):
    graph = Graph([Node("tail"), Node("head")], [Edge(0, 1)], direction=direction)
    svg = to_svg(graph)
    axis = 0 if direction == "LR" else 1
    shown = Shown(svg)
    way, arrow = shown.edges[0]
    assert way[0][axis] == pytest.approx(shown.nodes[0][axis + 2], abs=0.2)
    assert arrow[0][axis] == pytest.approx(shown.nodes[1][axis], abs=0.2)
