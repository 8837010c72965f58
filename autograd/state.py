"""What every operation reads: whether a switch is on, and which part of a model is at work.

Reading these two is on the path of each node that is made, so they stand in one object, which the native core reads
where it lies. :mod:`autograd.modes` and :mod:`autograd.scopes` write them.
"""

from __future__ import annotations

from typing import Any

from .native import core


class State:
    """The two: ``active`` is how many switches are on, in any thread, ``scope`` the innermost scope or None."""

    __slots__ = ("active", "scope")

    active: int
    scope: Any

    def __init__(self) -> None:
        self.active = 0
        self.scope = None


state: State = State() if core is None else core.state
