"""Notebooks go into the source distribution without their outputs, which are nine tenths of it; hatchling runs this."""

from __future__ import annotations

import atexit
import json
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WithoutOutputs(BuildHookInterface[Any]):
    """Packs copies in the notebooks' place, which pyproject.toml leaves out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling calls it so)
        """Make the copies."""
        folder = Path(mkdtemp())
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # hatchling packs them later
        for path in sorted(Path(self.root, "notebooks").glob("*.ipynb")):
            notebook = json.loads(path.read_bytes())
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    cell["outputs"], cell["execution_count"] = [], None
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
            (folder / path.name).write_text(text, encoding="utf-8")
            build_data["force_include"][str(folder / path.name)] = f"notebooks/{path.name}"
