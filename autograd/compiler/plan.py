"""What a compiled function is asked to compute: a function, differentiated or not, of one lane or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..structure import Structure


class Plan(NamedTuple):
    """The outer transforms of a function, told apart from what is recorded.

    A derivative outermost, or right under ``vmap``, is left to the compiler's own reverse mode, and ``vmap``
    outermost is the lane axis. Any other transform is recorded like other code.
    """

    function: Callable[..., Any]
    """What is recorded."""
    value: bool
    """Whether the function's value is wanted."""
    argnums: int | tuple[int, ...] | None
    """The arguments to differentiate by; None for no derivative."""
    lanes: bool
    """Whether the arguments are mapped over their leading axes."""
    in_axes: Any
    """Which of them, as for ``vmap``."""
    has_aux: bool = False
    """Whether what is recorded returns a pair, of which the second is not differentiated."""

    @property
    def chosen(self) -> tuple[int, ...]:
        """The arguments to differentiate by, as a tuple."""
        if self.argnums is None:
            return ()
        return (self.argnums,) if isinstance(self.argnums, int) else self.argnums

    @property
    def returned(self) -> bool:
        """Whether any of what the function returned is wanted."""
        return self.value or self.has_aux

    def answer(self, returned: Any, slopes: list[Any]) -> Any:
        """What a call answers with, from what the function returned and the derivatives by each argument."""
        if self.argnums is None:
            return returned
        found = slopes[0] if isinstance(self.argnums, int) else tuple(slopes)
        if self.value:
            return returned, found
        return (found, returned[1]) if self.has_aux else found


def plan(function: Callable[..., Any]) -> Plan:
    """Tell the outer transforms of a function apart from what is to be recorded."""
    lanes, in_axes = False, None
    if getattr(function, "transform", None) == "vmap":
        lanes, in_axes = True, function.in_axes  # type: ignore[attr-defined]
        function = function.function  # type: ignore[attr-defined]
    transform = getattr(function, "transform", None)
    if transform in {"grad", "value_and_grad"}:
        argnums, has_aux = function.argnums, function.has_aux  # type: ignore[attr-defined]
        function = function.function  # type: ignore[attr-defined]
        return Plan(function, transform == "value_and_grad", argnums, lanes, in_axes, has_aux)
    return Plan(function, True, None, lanes, in_axes)


def entries_of(structure: Structure, argnum: int) -> range:
    """Where the entries of an argument stand among those of all arguments.

    Args:
        structure: of ``(args, kwargs)``.
        argnum: the position of the argument; negative ones count from the end.
    """
    parts = structure.parts[0].parts
    argnum = argnum % len(parts)
    start = sum(part.size for part in parts[:argnum])
    return range(start, start + parts[argnum].size)
