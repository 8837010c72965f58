"""Optional packages of the checks, imported on first use."""

from __future__ import annotations

import importlib
from typing import Any


def require(name: str, purpose: str) -> Any:
    """Import an optional package.

    Raises:
        ImportError: if it is missing; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, name.partition(".")[0]):
            raise
        raise ImportError(
            f"{purpose} needs the package {error.name}: python -m pip install hypothesis mpmath"
        ) from None
