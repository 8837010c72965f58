"""Runs a notebook of pictures and looks at it in a browser: `python scripts/notebook_pictures.py OUT`.

OUT gets notebook.ipynb, notebook.html and notebook.png: the pictures as Chromium shows them; and the same as
without_dot.*, run where no `dot` is found. Needs nbclient, ipykernel, nbconvert and Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

CELLS = [
    "import nn\nfrom autograd import Value, draw, draw_backward, print_graph, tanh",
    "x = Value(2.0, label='x')\nw = nn.Parameter(-3.0, label='w')\ny = tanh(w * x + 6.5)\ndraw(y)",
    "y.backward()\ndraw(y, highlight=w)",
    "draw(y, theme='dark')",
    "model = nn.MLP(2, [4, 1], activation='tanh', seed=1)\ndraw(model)",
    "draw(model([x, 1.0]), collapse=True)",
    "draw_backward(y)",
    "print_graph(y)",
    "y",
    "model",
]
"""What the notebook's cells hold."""


def run(without_dot: bool = False) -> Any:
    """The notebook, executed; where no dot is found, if so asked."""
    nbformat: Any = import_module("nbformat")
    nbclient: Any = import_module("nbclient")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell{i}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    with tempfile.TemporaryDirectory() as empty:
        if without_dot:
            environment["PATH"] = empty
        client.execute(env=environment)
    return notebook


def to_html(notebook: Any) -> str:
    """The executed notebook as a page."""
    nbconvert: Any = import_module("nbconvert")
    page: str = nbconvert.HTMLExporter(embed_images=True).from_notebook_node(notebook)[0]
    return page


def chromium() -> str | None:
    """Where Chromium or Chrome is, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def screenshot(url: str, png: Path, height: int = 2600) -> None:
    """A picture of a page as the browser shows it."""
    browser = chromium()
    if browser is None:
        raise RuntimeError("no Chromium or Chrome is on the PATH")
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
        command += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
        command += ["--disable-component-update", "--hide-scrollbars", "--virtual-time-budget=4000"]
        command += [f"--user-data-dir={profile}", f"--window-size=1000,{height}"]
        subprocess.run(
            [*command, f"--screenshot={png}", url], check=True, capture_output=True, timeout=120
        )


def main(out: Path) -> None:
    """Run both, and look at both."""
    nbformat: Any = import_module("nbformat")
    out.mkdir(parents=True, exist_ok=True)
    for name, without_dot in (("notebook", False), ("without_dot", True)):
        notebook = run(without_dot)
        nbformat.write(notebook, out / f"{name}.ipynb")
        page = out / f"{name}.html"
        page.write_text(to_html(notebook), encoding="utf-8")
        screenshot(page.resolve().as_uri(), out.resolve() / f"{name}.png")
        sys.stdout.write(f"{out / name}.png\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/notebook_pictures.py OUT")
    main(Path(sys.argv[1]))
