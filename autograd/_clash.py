"""PyPI's ``autograd`` (HIPS) has our import name; each overwrites the other's files unasked."""

from __future__ import annotations

import os
import sys
import warnings

CURE = (
    "Keep one: pip uninstall -y autograd valuegrad, then install valuegrad again (or each in a "
    "virtual environment of its own)."
)


def namesake() -> str | None:
    """The folder in which the distribution called ``autograd`` is installed beside us, if it is.

    Reads directory names rather than import :mod:`importlib.metadata`, which costs half of our import time.
    """
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  (pathlib is slow to import)
        except OSError:
            continue
        for name in names:
            # NAME-VERSION.dist-info or NAME-VERSION.egg-info; another name has another stem
            if name.lower().startswith("autograd-") and name.endswith("-info"):
                return folder or "."
    return None


def warn_of_namesake() -> None:
    """Warn if the distribution called ``autograd`` is installed beside us."""
    folder = namesake()
    if folder is not None:
        warnings.warn(
            f"the distribution 'autograd' (HIPS autograd) is installed in {folder}; it uses the same "
            f"import name as valuegrad, and the two overwrite each other's files. {CURE}",
            UserWarning,
            stacklevel=3,
        )
