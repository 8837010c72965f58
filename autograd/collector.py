"""Python's cyclic collector, held off where there is nothing for it to find."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collector_paused() -> Iterator[None]:
    """The collector off, and on again afterwards if it was, on every way out.

    Graphs and recordings are many small objects without a cycle; the search for cycles in them costs more
    than their making.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
