"""Run the notebooks in place and leave them as they are committed; then take the pictures for the index.

    python scripts/run_notebooks.py            # all of them
    python scripts/run_notebooks.py 03 05      # those

Outputs are kept; what differs from one run to the next or tells of a machine (times, the version of
Python, metadata of editors) is not. Cells are renamed in their order.
"""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
PICTURES = {
    "01": 5,
    "02": 4,
    "03": 1,
    "04": 3,
    "05": 6,
    "06": 3,
    "07": 1,
    "08": 1,
    "09": 4,
    "10": 0,
}
"""Which of a notebook's plots, counted from 0, stands in the index."""


def run(path: Path) -> None:
    """Execute a notebook in a new kernel and write it back.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails; the file is then as it was.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    tidy(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    plots = [data["image/png"] for data in shown(notebook) if "image/png" in data]
    picture = FOLDER / "pictures" / f"{path.name[:2]}.png"
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(base64.b64decode(plots[PICTURES[path.name[:2]]]))


def tidy(notebook: Any) -> None:
    """Remove what is not the notebook's own."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02}"
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = {}


def shown(notebook: Any) -> list[dict[str, Any]]:
    """What the cells displayed, by type."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output.data for output in outputs if "data" in output]


def main() -> None:
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this Python
    wanted = tuple(sys.argv[1:])
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not wanted or path.name.startswith(wanted):
            run(path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
