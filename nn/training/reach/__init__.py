"""What a function can reach, photographed: to see whether it has changed, and to put it back."""

from __future__ import annotations

from .photograph import Photograph, is_library

__all__ = ["Photograph", "is_library"]
