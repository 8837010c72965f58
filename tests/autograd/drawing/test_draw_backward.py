"""draw_backward: the sweep step by step."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given

import autograd as ag
from autograd import Value, draw_backward
from autograd.drawing.model import number
from tests.autograd.drawing.graphs import graphs


def last_gradients(picture):
    shown = {}
    for step in picture.steps:
        shown.update(step.gradients)
    return shown


@given(graphs())
def test_in_the_end_each_box_shows_the_gradient_that_backward_gives(nodes):
    root = nodes[-1]
    for node in nodes:
        node.grad = 0.0
    shown = sorted(last_gradients(draw_backward(root, max_nodes=200)).values())
    root.backward()
    reached = [text for text in shown if text != "grad 0"]
    # of leaves with one name, which may be folded, the picture shows a range
    if not any("…" in text or "," in text for text in shown):
        expected = [f"grad {number(v.grad)}" for v in ag.topological_order(root)]
        assert reached == sorted(text for text in expected if text != "grad 0")


def test_gradients_add_up_as_they_arrive():
    a = Value(3.0, "a")
    picture = draw_backward(a * a + 2 * a)
    assert [step.text for step in picture.steps] == [
        ["Start at +: its gradient is 1"],
        ["+ hands on 1", "to a × a: 1 × 1 = 1", "to 2 × a: 1 × 1 = 1"],
        ["a × a hands on 1", "to a: 1 × 3 + 1 × 3 = 6"],
        ["2 × a hands on 1", "to a: 6 + 1 × 2 = 8"],
    ]
    assert a.grad == 0.0


def test_the_branch_not_taken_gets_nothing():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    picture = draw_backward(ag.where(True, a * 1, b * 1))
    assert "to b × 1: nothing, the other branch was taken" in picture.steps[1].text


def test_it_starts_from_one_number_with_the_gradient_given():
    a = Value(3.0, "a")
    assert draw_backward(a * 2, gradient=10).steps[-1].text == [
        "a × 2 hands on 10",
        "to a: 10 × 2 = 20",
    ]
    with pytest.raises(TypeError, match="backward starts from one Value, not 2"):
        draw_backward([a, a * 2])
    with pytest.raises(TypeError, match="x must be a Value"):
        draw_backward(3.0)
    with pytest.raises(TypeError, match="gradient must be a real number"):
        draw_backward(a * 2, gradient="1")
    with pytest.raises(ValueError, match="direction must be"):
        draw_backward(a * 2, direction="up")


def test_a_function_is_called():
    picture = draw_backward(lambda x, y: x * y, 2.0, 3.0)
    assert picture.steps[-1].text == ["x × y hands on 1", "to x: 1 × 3 = 3", "to y: 1 × 2 = 2"]


def test_a_vector_shows_the_range_of_its_gradients():
    w = [Value(float(i), f"w[{i}]") for i in range(64)]
    x = [Value(float(i), f"x[{i}]") for i in range(64)]
    picture = draw_backward(ag.dot(w, x))
    assert picture.steps[-1].text == [
        "dot hands on 1",
        "to w[0..63]: 0 … 63",
        "to x[0..63]: 0 … 63",
    ]


def test_large_graphs_are_cut_but_their_gradient_is_whole():
    y = x = Value(1.0, "x")
    for _ in range(5000):
        y = y * 1.001
    picture = draw_backward(y + x, max_nodes=10)
    assert len(picture.steps) < 12
    assert len(picture.graph.nodes) < 13
    (leaf,) = (i for i, node in enumerate(picture.graph.nodes) if node.title == "x = 1")
    assert last_gradients(picture)[leaf] == f"grad {number(1.001**5000 + 1)}"


def test_the_page_needs_nothing_else_and_holds_a_place_for_each_gradient(tmp_path):
    a = Value(3.0, "a")
    picture = draw_backward(a * a)
    page = picture.save(tmp_path / "x.html").read_text(encoding="utf-8")
    loads = re.findall(
        r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import|fetch\(|https?://[^\s"']*""", page
    )
    assert {x for x in loads if "w3.org" not in x and "graphviz.org" not in x} == set()
    assert 'id="n0"' in page
    assert 'id="e0"' in page
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert data == [
        {
            "node": s.node,
            "text": s.text,
            "gradients": {str(k): v for k, v in s.gradients.items()},
            "edges": s.edges,
        }
        for s in picture.steps
    ]


@pytest.mark.parametrize(
    "label", ["</script><script>alert(1)</script>", "@PICTURE@ @DATA@", "<!--", "]]>"]
)
def test_labels_stay_text_in_the_page(label):
    page = draw_backward(Value(3.0, label) * 2).to_html()
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert page.count("<svg") == 1
    assert "<!--" not in page.partition('id="data">')[2].partition("</script>")[0]


def test_a_notebook_gets_a_frame_that_can_touch_nothing_else():
    shown = draw_backward(Value(3.0, 'a"b') * 2)._repr_mimebundle_()
    assert shown["text/html"].startswith('<iframe srcdoc="')
    assert 'sandbox="allow-scripts"' in shown["text/html"]
    assert shown["text/html"].count('"') == len(re.findall(r' \w+="[^"]*"', shown["text/html"])) * 2
    assert "hands on 1" in shown["text/plain"]


def test_without_dot_the_page_shows_the_same(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    page = draw_backward(Value(3.0, "a") * 2).to_html()
    assert "a × 2 hands on 1<br>to a: 1 × 2 = 2" in page
    assert 'id="n0"' in page
    assert 'id="e0"' in page


def test_only_html_can_be_saved(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.html"):
        draw_backward(Value(3.0) * 2).save(tmp_path / "x.svg")
    assert not list(tmp_path.iterdir())


def test_its_repr_is_short():
    assert repr(draw_backward(Value(3.0, "a") * 2)) == "<Backward through 2 nodes in 2 steps>"
