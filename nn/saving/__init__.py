"""Models as files, JSON or safetensors: :func:`save`, :func:`load`, :func:`load_into`, :func:`read`."""

from __future__ import annotations

from .document import DEEPEST, SavedModel
from .files import load, load_into, read, save

__all__ = [
    "DEEPEST",
    "SavedModel",
    "load",
    "load_into",
    "read",
    "save",
]
