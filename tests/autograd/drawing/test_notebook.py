"""A notebook of pictures: run with and without Graphviz's dot, and looked at in a browser."""

from __future__ import annotations

import shutil

import pytest

from scripts import notebook_pictures

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
# Jupyter's own warnings (about its transport, its event loop) are none of ours.
pytestmark = pytest.mark.filterwarnings("default")


def outputs(notebook):
    assert all(output.output_type != "error" for cell in notebook.cells for output in cell.outputs)
    shown = {}
    for cell in notebook.cells:
        for output in cell.outputs:
            if output.output_type == "execute_result":
                shown[cell.source.splitlines()[-1]] = output.data
            else:
                shown[cell.source] = {"stream": output.text}
    return shown


@pytest.fixture(scope="module", params=[True, False], ids=["with dot", "without dot"])
def notebook(request):
    if request.param and shutil.which("dot") is None:
        pytest.skip("Graphviz's dot is not installed")
    return notebook_pictures.run(without_dot=not request.param)


def test_cells_show_pictures(notebook):
    shown = outputs(notebook)
    pictures = [source for source in shown if source.startswith("draw(")]
    assert len(pictures) == 5
    for source in pictures:
        assert shown[source]["image/svg+xml"].startswith("<svg")
    assert shown["draw_backward(y)"]["text/html"].startswith("<iframe")
    assert "└─" in shown["print_graph(y)"]["stream"]
    assert set(shown["y"]) == set(shown["model"]) == {"text/plain"}


def test_a_browser_shows_them(notebook, tmp_path):
    pytest.importorskip("nbconvert")
    image = pytest.importorskip("PIL.Image")
    if notebook_pictures.chromium() is None:
        pytest.skip("neither Chromium nor Chrome is installed")
    page = tmp_path / "notebook.html"
    page.write_text(notebook_pictures.to_html(notebook), encoding="utf-8")
    png = tmp_path / "notebook.png"
    notebook_pictures.screenshot(page.as_uri(), png)
    colours = {colour: count for count, colour in image.open(png).convert("RGB").getcolors(1 << 24)}
    # the fills of an input, a parameter and a module; the dark page; the outline of an output
    for fill, least in [("DDF0FB", 2000), ("FCEFD2", 2000), ("DDF3EC", 2000), ("16181D", 20000)]:
        assert colours.get(tuple(bytes.fromhex(fill)), 0) > least, fill
