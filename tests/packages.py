"""The packages without the repository around them."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_packages(folder: Path, *names: str) -> None:
    """Copy packages into a folder, to change them or to find no others."""
    # Another process may be writing bytecode; and a native core would not fit a table that is changed.
    compiled = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
    for name in names or ("autograd", "nn"):
        shutil.copytree(ROOT / name, folder / name, ignore=compiled)
