"""What a function can reach, photographed: to see whether it has changed, and to put it back."""

from __future__ import annotations

from .photograph import Photograph, has_users_code, is_library

__all__ = ["Photograph", "has_users_code", "is_library"]
