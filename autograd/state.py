"""What every operation reads: whether a switch is on, and which part of a model is at work; and what every sweep reads.

Reading these is on the path of each node that is made, so they stand in one object, which the native core reads
where it lies. :mod:`autograd.modes`, :mod:`autograd.scopes` and :mod:`autograd.hooks` write them.
"""

from __future__ import annotations

from typing import Any

from .native import core


class State:
    """``active`` is how many switches are on, in any thread, ``scope`` the innermost scope or None, ``hooked`` how
    many Values have hooks, and ``transforming`` how many transforms, in any thread, are calling their function."""

    __slots__ = ("active", "hooked", "scope", "transforming")

    active: int
    hooked: int
    transforming: int
    scope: Any

    def __init__(self) -> None:
        self.active = 0
        self.hooked = 0
        self.transforming = 0
        self.scope = None


state: State = State() if core is None else core.state
