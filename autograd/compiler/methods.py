"""Compiled methods: what was compiled for an instance is kept with it, and not with its copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compiled import Compiled

PLACE = "__compiled__"
"""Where it is kept in an instance's ``__dict__``. A weak dictionary elsewhere would never let go of it: what is
compiled refers to the instance."""


class Methods:
    """The compiled methods of one instance, by the decorated function that a class has: ``super()`` reaches
    others than the instance itself."""

    __slots__ = ("by_function", "owner")

    def __init__(self, owner: Any = None) -> None:
        self.owner = owner
        self.by_function: dict[Compiled, Compiled] = {}

    def __reduce__(self) -> Any:
        return Methods, ()  # of nobody, so that whoever is copied or loaded with it makes its own


def bound(function: Compiled, instance: Any) -> Compiled:
    """What was compiled of a method for an instance, made now if it is not there yet.

    Args:
        function: the decorated function, as the class has it.
        instance: one without a ``__dict__`` cannot keep it, and has it made each time.
    """
    place = getattr(instance, "__dict__", None)
    if type(place) is not dict:
        return function.of(instance)
    methods = place.get(PLACE)
    if methods is None or methods.owner is not instance:
        methods = place[PLACE] = Methods(instance)
    found = methods.by_function.get(function)
    if found is None:
        found = methods.by_function.setdefault(function, function.of(instance))
    return found
