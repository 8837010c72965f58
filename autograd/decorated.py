"""Where a decorated function stands in its module, so that it can be pickled as functions are: by name."""

from __future__ import annotations

import sys
from typing import Any


def global_name(thing: Any) -> str | None:
    """The qualified name by which a module leads to a thing made of one of its functions; None if none does.

    What a decorator returned stands in the place of the function, which pickle does not find there any more.
    A thing's ``__reduce__`` that returns this name makes pickle save the place.

    Args:
        thing: has what it was made from as its attribute ``function``, to any depth.
    """
    inner = thing
    while hasattr(inner, "function"):
        inner = inner.function
    name = getattr(inner, "__qualname__", None)
    found: Any = sys.modules.get(getattr(inner, "__module__", None) or "")
    if name is None or found is None:
        return None
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is thing else None
