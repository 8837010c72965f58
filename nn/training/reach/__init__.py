"""What a function can reach, photographed: to see whether it has changed, and to put it back."""

from __future__ import annotations

from .libraries import is_library
from .photograph import Photograph, has_users_code

__all__ = ["Photograph", "has_users_code", "is_library"]
