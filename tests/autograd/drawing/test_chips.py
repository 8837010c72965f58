"""Leaves that stand beside their later uses once more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, draw
from autograd.drawing.chips import chips, topological
from tests.autograd.drawing.graphs import graphs


def test_a_leaf_used_more_than_one_column_after_its_first_use_is_repeated():
    # 0 is a leaf of 1, 2, 3 and 4, of which each depends on the one before
    operands = [[], [0], [1, 0], [2, 0], [3, 0]]
    assert chips(operands, {0}) == [(0, 3), (0, 4)]


def test_an_operation_of_leaves_alone_counts_as_standing_beside_its_use():
    # a chain of 1 to 4, with its own -k (5 to 7) at 2 to 4
    operands = [[], [0], [1, 5], [2, 6], [3, 7], [8], [8], [8], []]
    assert chips(operands, {0, 8}) == [(8, 7)]
    assert chips([*operands[:5], [0], [0], [0]], {0}) == [(0, 7)]


def test_circles_are_no_hindrance():
    assert sorted(topological([[1], [2], [0]])) == [0, 1, 2]
    assert chips([[1], [2, 3], [0, 3], []], {3}) == []


def loop(steps):
    x, k = Value(1.0, "x"), Value(4.0, "k")
    for _ in range(steps):
        x = x + -k * x
    return x


def test_a_chip_bears_the_name_and_tells_the_rest_to_a_pointer():
    graph = draw(loop(4)).graph.with_chips()
    shown = [node for node in graph.nodes if node.chip]
    assert [node.title for node in shown] == ["k", "k", "k"]
    assert {node.hover for node in shown} == {"k: input\nvalue 4.0"}
    leaves = [node for node in graph.nodes if node.title == "k = 4"]
    assert len(leaves) == 1


def test_a_leaf_without_a_name_is_repeated_by_its_number():
    c, y = Value(0.5), Value(1.0, "x")
    for _ in range(4):
        y = y * c
    assert [node.title for node in draw(y).graph.with_chips().nodes if node.chip] == ["0.5"] * 2


def test_chips_take_nothing_from_the_graph_and_are_made_once():
    graph = draw(loop(9)).graph
    count, edges = len(graph.nodes), len(graph.edges)
    once = graph.with_chips()
    assert (len(graph.nodes), len(graph.edges)) == (count, edges)
    assert len(once.edges) == edges
    assert once.with_chips() == once


@given(graphs(max_steps=60), st.integers(2, 30))
def test_no_picture_has_more_boxes_than_were_asked_for_chips_and_counts_included(nodes, limit):
    assert len(draw(nodes[-1], max_nodes=limit).graph.with_chips().nodes) <= limit


@given(graphs(max_steps=60), st.integers(3, 30))
def test_nor_has_one_of_what_is_near(nodes, limit):
    seen = {nodes[-1]}
    stack = [nodes[-1]]
    while stack:
        below = [x for x in stack.pop().operands if isinstance(x, Value) and x not in seen]
        seen.update(below)
        stack.extend(below)
    near = next(node for node in nodes if node in seen)
    picture = draw(nodes[-1], near=near, max_nodes=limit)
    assert len(picture.graph.with_chips().nodes) <= limit
