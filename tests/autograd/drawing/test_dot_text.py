"""DOT text: deterministic, and nothing that a user wrote is more than text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, draw, scope
from autograd.drawing.dot import quote, to_dot
from autograd.drawing.model import Cluster, Edge, Graph, Node, shorten
from autograd.drawing.picture import render

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz's dot is not installed"
)

TAGS = {"svg", "g", "title", "polygon", "ellipse", "path", "text", "polyline"}
"""What an SVG of ours is made of: no links, scripts, images or styles."""

WORDS = {"#ffffff": "white"}  # some Graphviz writes names of colours

NASTY = [
    'a "quoted" name',
    "<b>bold</b>",
    "</text><script>alert(1)</script>",
    "<<table><tr><td>x</td></tr></table>>",
    "a & b &amp; &lt; &#60;",
    r"\N \G \E \l \r \n \\",
    "{a|b}<p>",
    "n:1 -> n0",
    '"]; n9 [URL="javascript:alert(1)"]; x [label="',
    "Größe 輸入 μ🙂",
    "percent %n %s",
    "--> ]] )) }}",
    "back\\",
]


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (of our own making)


def texts(svg: str) -> list[str]:
    return [
        "".join(element.itertext()).replace("\xa0", " ")
        for element in tree(svg).iter("{http://www.w3.org/2000/svg}text")
    ]


@needs_dot
@pytest.mark.parametrize("label", NASTY)
def test_any_label_is_drawn_as_just_that_text(label):
    svg = draw(Value(1.0, label)).svg()
    assert f"{shorten(label)} = 1" in texts(svg)
    assert {element.tag.rpartition("}")[2] for element in tree(svg).iter()} <= TAGS


@needs_dot
@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=20, max_size=20))
def test_labels_drawn_at_random_are_text_in_the_svg(labels):
    svg = draw([Value(1.0, label) for label in labels], fold=1000).svg()
    shown = texts(svg)
    root = tree(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= TAGS
    for label in labels:
        if (
            label
            and label.isprintable()
            and label.isascii()
            and "  " not in label
            and label == label.strip()
        ):
            assert f"{label} = 1" in shown


@needs_dot
def test_frames_and_notes_are_escaped_too():
    with scope('a "b" <c> \\N & d'):
        x = Value(1.0, '"x" \\G')
        y = x * x
    x.data = 2.0
    svg = draw(y).svg()
    assert 'a "b" <c> \\N & d' in [text.strip() for text in texts(svg)]
    assert '"x" \\G was 1 when this was computed, and is 2 now' in texts(svg)


@given(st.text())
def test_a_quoted_text_is_one_dot_string(text):
    quoted = quote(text)
    assert re.fullmatch(r'"(?:[^"\\\n]|\\["\\n])*"', quoted)
    assert "&" not in re.sub("&amp;", "", quoted)


def test_no_attribute_makes_a_link():
    y = Value(1.0, "x") * 2
    y.backward()
    attributes = set(re.findall(r"(\w+)=", draw(y, highlight=y).source))
    assert not {a.lower() for a in attributes} & {
        "url",
        "href",
        "target",
        "tooltip",
        "edgeurl",
        "image",
    }


def test_the_dot_text_is_the_same_in_another_process():
    code = (
        "import nn, autograd as ag\n"
        "m = nn.MLP(3, [4, 4, 2], seed=1)\n"
        "ys = m([1.0, ag.Value(2.0, 'x'), 3.0])\n"
        "loss = ys[0] * ys[1]\n"
        "loss.backward()\n"
        "for c in (None, True, 'Neuron'):\n"
        "    print(ag.draw(loss, collapse=c, max_nodes=40).source)\n"
        "print(ag.draw(m).source, ag.explore(loss).to_html())\n"
    )
    seen = set()
    for seed in ("0", "1", "12345"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            check=True,
            text=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
    assert "n0" in seen.pop()


@needs_dot
def test_themes_and_directions_render():
    y = Value(1.0, "x") * 2
    for theme, page in (("light", "#ffffff"), ("dark", "#16181d")):
        for direction in ("LR", "TB"):
            svg = draw(y, theme=theme, direction=direction).svg()
            first = svg.partition("<polygon")[2].partition(">")[0].lower()
            assert f'fill="{page}"' in first or f'fill="{WORDS.get(page)}"' in first


@needs_dot
def test_every_text_fits_its_box():
    y = Value(1.0, "WWWWWWWWWWWWWWWW") * Value(2.0, "iiii")
    svg = render(draw(y).source).decode()
    root = tree(svg)
    ns = "{http://www.w3.org/2000/svg}"
    for group in root.iter(f"{ns}g"):
        if group.get("class") != "node":
            continue
        ellipse = group.find(f"{ns}ellipse")
        if ellipse is not None:
            width = 2 * float(ellipse.get("rx"))
        else:
            corners = re.findall(r"(-?[\d.]+),-?[\d.]+", group.find(f"{ns}path").get("d"))
            xs = [float(x) for x in corners]
            width = max(xs) - min(xs)
        longest = max(len(t.text) for t in group.iter(f"{ns}text"))
        # an em is 12 points; letters of common fonts are 0.5 to 0.6 of it on average, capitals W 1.0
        assert width >= longest * 12 * 0.4


def test_arrows_go_from_operands_to_results_and_negative_ones_are_dashed():
    graph = Graph([Node("x"), Node("y")], [Edge(0, 1, weight=0.5, negative=True)])
    (arrow,) = [line for line in to_dot(graph).splitlines() if "->" in line]
    assert arrow.startswith("  n0 -> n1 [")
    assert "style=dashed" in arrow
    graph.edges[0].negative = False
    assert "style=dashed" not in to_dot(graph)


def test_a_frame_in_a_frame_is_written_inside_it():
    graph = Graph([Node("x", cluster=1)], [], [Cluster("outer"), Cluster("inner", parent=0)])
    lines = [line.strip() for line in to_dot(graph).splitlines()]
    outer, inner = (lines.index(f"subgraph cluster_{i} {{") for i in (0, 1))
    assert outer < inner
    assert "}" not in lines[outer:inner]
