"""The text tree and Mermaid."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, draw, scope
from autograd.drawing.model import Edge, Graph, Node
from autograd.drawing.text_forms import escape, to_mermaid
from tests.autograd.drawing.graphs import graphs


@given(graphs())
def test_the_tree_shows_each_box_once_and_names_it_again_where_it_is_used(nodes):
    picture = draw(nodes[-1], fold=1000)
    lines = picture.to_text().splitlines()[: -len(picture.graph.notes) or None]
    again = [line for line in lines if line.endswith(", above")]
    assert len(lines) - len(again) == len(picture.graph.nodes)
    edges = len(picture.graph.edges)
    assert len(lines) == edges + 1 if len(picture.graph.nodes) > 1 else len(lines) == 1


def test_a_chain_does_not_walk_off_the_page():
    y = Value(1.0, "x")
    for _ in range(150):
        y = ag.tanh(y)
    assert max(map(len, draw(y).to_text().splitlines())) < 60
    z = Value(1.0, "x")
    for _ in range(90):
        z = z * Value(2.0)
    assert max(map(len, draw(z).to_text().splitlines())) < 200


def test_mermaid_has_the_same_boxes_and_arrows():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    with scope("product", "Mul"):
        c = a * b
    text = draw(c + a, theme="light").to_mermaid()
    assert text.startswith("flowchart LR\n")
    assert 'subgraph c0["product · Mul"]' in text
    assert len(re.findall(r'^ *n\d+[(\[{]+"', text, re.MULTILINE)) == 4
    assert len(re.findall(r"n\d+ -->", text)) == 4
    assert text._repr_mimebundle_() == {"text/vnd.mermaid": str(text), "text/plain": str(text)}


@given(st.text())
def test_nothing_in_a_mermaid_label_is_syntax(text):
    escaped = escape(text)
    assert not set(escaped) & set('"<>&[](){}|`\n\\%')
    for code in re.findall(r"#(\d*);?", escaped):
        assert code
    back = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), escaped)
    assert back == "".join(c if c.isprintable() else " " for c in text)


def test_mermaids_arrows_go_from_operands_to_results():
    source = to_mermaid(Graph([Node("x"), Node("y")], [Edge(0, 1, label="a")]))
    assert '  n0 -->|"a"| n1\n' in source


def test_an_operand_that_is_taken_several_times_says_how_often():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    assert draw(ag.sum([x, x, x, y])).to_text().splitlines()[1:3] == ["├─ x = 2 ×3", "└─ y = 3"]
