"""The notebooks run from a clean kernel without an error or a warning, and are committed as they ran."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

import pytest

for needed in ("sklearn", "matplotlib", "hypothesis", "mpmath", "sympy"):
    pytest.importorskip(needed)
nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 600_000  # bytes, so that a page on the web shows them

STRICT = """\
import warnings
warnings.simplefilter("error")
# about how the kernel itself shuts down, from ipykernel 7
warnings.filterwarnings("ignore", category=PendingDeprecationWarning, module="ipykernel")
"""


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs_of(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def plots_of(notebook):
    """How many pictures each cell shows."""
    counts = Counter()
    for number, cell in enumerate(code_cells(notebook)):
        kinds = [" ".join(output.get("data", {})) for output in cell.outputs]
        counts[number] += sum("image/" in kind for kind in kinds)
    return counts


def named(path):
    return path.stem


def test_there_are_ten_and_their_numbers_tell_the_order():
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{i:02}_" for i in range(1, 11)]


# The hunts of the seventh take half as long as the others together, and what they hunt with has tests of its own.
HUNTS = "07_checking_gradients"
RUNS = [pytest.param(path, marks=[pytest.mark.slow] * (path.stem == HUNTS)) for path in NOTEBOOKS]


@pytest.mark.parametrize("path", RUNS, ids=named)
def test_a_notebook_runs_from_a_clean_kernel_without_error_or_warning(
    path, tmp_path, monkeypatch, execute
):
    notebook = nbformat.read(path, as_version=4)
    committed = plots_of(notebook)
    for cell in code_cells(notebook):
        cell.outputs = []
    # No file beside it, no start-up file of a user, no kernel of another environment has a part in it.
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(STRICT, id="strict"))
    execute(notebook, folder)
    del notebook.cells[0]

    assert not [o.text for o in outputs_of(notebook) if o.get("name") == "stderr"]
    assert plots_of(notebook) == committed
    left = {path.name for path in folder.iterdir()} - {".hypothesis"}  # its cache; git ignores it
    assert left == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_notebook_is_committed_as_it_ran_and_with_nothing_else(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(plots_of(notebook).values()) > 0
    assert {output.output_type for output in outputs_of(notebook)} <= {
        "display_data",
        "execute_result",
        "stream",
    }
    assert not [o for o in outputs_of(notebook) if o.get("name") == "stderr"]
    # What would differ from one run to the next, or tells of somebody's machine: scripts/run_notebooks.py
    # leaves none of it.
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{i:02}" for i in range(1, len(notebook.cells) + 1)
    ]
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert set(notebook.metadata.language_info) == {"name"}
    text = path.read_text(encoding="utf-8")
    assert not [place for place in ("/home/", "/tmp/", "/root/", "site-packages") if place in text]
    assert " at 0x" not in text
    assert len(text) < LARGEST


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_the_index_shows_a_picture_out_of_the_notebook_itself(path):
    """``scripts/run_notebooks.py`` puts it there; run it after a change."""
    notebook = nbformat.read(path, as_version=4)
    shown = [output.get("data", {}).get("image/png", "") for output in outputs_of(notebook)]
    picture = path.parent / "pictures" / f"{path.name[:2]}.png"
    assert picture.read_bytes() in [base64.b64decode(plot) for plot in shown]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_notebook_links_only_to_files_that_are_there(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for part in cell.source.split("](")[1:]:
                target = part.partition(")")[0]
                assert target.startswith("https://") or (path.parent / target).is_file()
