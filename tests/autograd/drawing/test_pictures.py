"""Showing and saving: with Graphviz's dot and without, and cells that never fail."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings

from autograd import Value, draw, scope
from autograd.drawing import Drawing, RenderError, render
from autograd.drawing.model import Graph
from tests.autograd.drawing.graphs import graphs

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz's dot is not installed"
)


@pytest.fixture
def picture():
    x = Value(3.0, "x")
    return draw(x * x)


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine without Graphviz."""
    monkeypatch.setenv("PATH", str(tmp_path))


def fake_dot(folder, script):
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


# --- with dot and without ---------------------------------------------------------------------


@needs_dot
def test_dot_renders_svg_png_and_pdf(picture):
    assert 'width="' in picture.svg().partition("pt")[0]
    assert b"<svg" in render(picture.source, "svg")
    assert render(picture.source, "png").startswith(b"\x89PNG")
    assert render(picture.source, "pdf").startswith(b"%PDF")


@pytest.mark.usefixtures("no_dot")
def test_without_dot_the_same_boxes_are_drawn(picture, tmp_path):
    svg = picture.svg()
    assert svg.count('class="node"') == 2
    assert "x × x" in svg
    assert "image/svg+xml" in picture._repr_mimebundle_()
    assert picture.save(tmp_path / "y.svg").read_text(encoding="utf-8") == svg


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_png_and_pdf_need_dot_and_the_message_says_so(picture, tmp_path, suffix):
    with pytest.raises(
        RenderError, match=rf"cannot draw {suffix.upper()}: dot cannot be run .*graphviz.org"
    ):
        picture.save(tmp_path / f"x.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_dot_that_hangs_is_stopped_and_the_picture_drawn_without_it(
    picture, monkeypatch, tmp_path
):
    fake_dot(tmp_path, "import time; time.sleep(60)")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("autograd.drawing.picture.QUICK", 0.3)
    began = time.perf_counter()
    assert picture.svg().count('class="node"') == 2
    assert time.perf_counter() - began < 10
    with pytest.raises(RenderError, match=r"dot took longer than 0\.3 s"):
        render(picture.source, "png", time_limit=0.3)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('syntax error in line 1')", "dot failed .syntax error in line 1"),
        ("import os; os.kill(os.getpid(), 9)", "dot failed .-9"),
        ("", "dot failed .0"),
    ],
)
def test_a_dot_that_fails_is_quoted(picture, monkeypatch, tmp_path, script, said):
    fake_dot(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match=said):
        render(picture.source, "png")
    assert picture.svg().count('class="node"') == 2


@needs_dot
def test_dot_draws_what_it_is_good_at_and_no_other():
    def is_dots(picture):
        return 'pt"' in picture.svg()[:200]

    x = Value(3.0, "x")
    chain = x
    for _ in range(60):
        chain = chain * 1.5
    with scope("frame"):
        framed = x * x
    assert [is_dots(draw(y)) for y in (x * x, chain, framed)] == [True, False, False]


@pytest.mark.parametrize("dot", [True, False])
def test_a_pointer_that_rests_on_a_box_is_told_what_it_is(monkeypatch, tmp_path, dot):
    if not dot:
        monkeypatch.setenv("PATH", str(tmp_path))
    elif shutil.which("dot") is None:
        pytest.skip("Graphviz's dot is not installed")
    x = Value(1 / 3, "<x>")
    y = x * 2.0
    y.backward()
    root = ET.fromstring(draw(y).svg())  # noqa: S314  (of our own making)
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "<x>: input\nvalue 0.3333333333333333\ngradient 2.0" in titles
    assert "operation mul: a * b\nvalue 0.6666666666666666\ngradient 1.0" in titles
    assert "<x> = 0.3333 → <x> × 2" in titles


# --- showing ---------------------------------------------------------------------------------


def test_a_notebook_gets_svg_and_a_short_text(picture):
    shown = picture._repr_mimebundle_(include=None, exclude=None)
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["text/plain"] == repr(picture) == "<Drawing of 2 nodes and 1 edge>"


def test_whatever_goes_wrong_the_cell_shows_text(picture, monkeypatch):
    monkeypatch.setattr(Drawing, "svg", lambda self: 1 / 0)
    assert "x × x" in picture._repr_mimebundle_()["text/plain"]


def test_str_of_a_picture_is_its_dot_text(picture):
    assert str(picture) == picture.to_text()
    assert picture.source.startswith("digraph {")


def test_the_graphviz_packages_object_holds_the_same_text(picture):
    assert picture.to_graphviz().source == picture.source


def test_an_empty_picture_has_all_forms():
    picture = Drawing(Graph())
    assert picture.to_text() == ""
    assert picture.source
    assert picture.to_mermaid().startswith("flowchart")


@settings(max_examples=10, deadline=None)
@given(graphs())
def test_any_graph_renders(nodes):
    nodes[-1].backward()
    assert "<svg" in draw(nodes[-1]).svg()


def test_importing_autograd_loads_nothing_of_this():
    code = (
        "import sys, autograd\n"
        "bad = [m for m in sys.modules if m.startswith(('autograd.drawing', 'graphviz', 'subprocess', 'numpy'))]\n"
        "assert not bad, bad\n"
        "autograd.draw(autograd.Value(1.0) * 2).source\n"
        "assert 'graphviz' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- saving ----------------------------------------------------------------------------------


@needs_dot
@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".svg", b"<svg"),
        (".PNG", b"\x89PNG"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
        (".gv", b"digraph"),
        (".html", b"<!DOCTYPE html>"),
        (".mmd", b"flowchart"),
        (".txt", "x × x: 9".encode()),
    ],
)
def test_the_suffix_tells_the_format(picture, tmp_path, suffix, start):
    path = tmp_path / f"y{suffix}"
    assert picture.save(path) == path
    assert picture.save(str(path)) == path
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["y", "y.jpeg", "y.svg.bak"])
def test_an_unknown_suffix_is_refused_before_anything_is_written(picture, tmp_path, name):
    with pytest.raises(ValueError, match=r"path must end in one of \.svg, \.png"):
        picture.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_dot")
def test_a_page_without_dot_holds_the_picture(tmp_path):
    x = Value(1.0, "<script>")
    page = draw(x * 2).save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert "&lt;script&gt; × 2" in page
    assert page.count("<svg") == 1
    assert "<script>" not in page


def test_the_repr_of_a_value_is_short_whatever_its_label():
    assert repr(Value(1.0, "a'b\n")) == 'Value(data=1.0, grad=0.0, label="a\'b\\n")'
    assert len(repr(Value(1.0, "long" * 5000))) < 150
