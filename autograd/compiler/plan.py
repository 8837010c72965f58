"""What a compiled function is asked to compute: a function, differentiated or not, of one lane or many."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

from ..batching import leading
from ..structure import Structure, disassemble, mapped

if TYPE_CHECKING:
    from collections.abc import Callable


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
    """Which of them: 0 or None, or a tuple of these."""
    has_aux: bool = False
    """Whether what is recorded returns a pair, of which the second is not differentiated."""
    moves: Any = None
    """What ``vmap`` maps over where that is not the leading axes, to which arguments are to be moved."""
    out_axes: Any = 0
    """Where answers are to have their lanes."""

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

    def structure(self, returned: Structure, slopes: list[Structure]) -> Structure:
        """The structure of :meth:`answer`."""
        if self.argnums is None:
            return returned
        found = slopes[0] if isinstance(self.argnums, int) else pair_of(*slopes)
        if self.value:
            return pair_of(returned, found)
        return pair_of(found, returned.parts[1]) if self.has_aux else found


def pair_of(*parts: Structure) -> Structure:
    """The structure of a tuple of two, or of however many."""
    return Structure(tuple, sum(part.size for part in parts), children=parts)


def plan(function: Callable[..., Any]) -> Plan:
    """Tell the outer transforms of a function apart from what is to be recorded."""
    lanes, in_axes = False, None
    moves, out_axes = None, 0
    if getattr(function, "transform", None) == "vmap" and _are_lanes(function):
        lanes, in_axes, out_axes = True, function.in_axes, function.out_axes  # type: ignore[attr-defined]
        if not leading(in_axes):
            moves, in_axes = in_axes, mapped(in_axes, lambda _: 0)
        function = function.function  # type: ignore[attr-defined]
    transform = getattr(function, "transform", None)
    if transform in {"grad", "value_and_grad"}:
        argnums, has_aux = function.argnums, function.has_aux  # type: ignore[attr-defined]
        function = function.function  # type: ignore[attr-defined]
        value = transform == "value_and_grad"
        return Plan(function, value, argnums, lanes, in_axes, has_aux, moves, out_axes)
    return Plan(function, True, None, lanes, in_axes, False, moves, out_axes)


def _are_lanes(function: Any) -> bool:
    """Whether the lanes of a mapped function are the compiler's; else it is recorded like other code: where a part
    of an argument only is mapped, or a part of the answer is to be the same in all lanes."""
    axes = function.in_axes
    each = axes if isinstance(axes, (tuple, list)) else [axes]
    whole = all(type(axis) is int or axis is None for axis in each)
    return whole and not _holds_none(function.out_axes)


def _holds_none(tree: Any) -> bool:
    return tree is None or (type(tree) is not int and any(map(_holds_none, disassemble(tree)[0])))


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


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """What a function calls its positional arguments.

    Args:
        function: the function.
        count: how many of them come.

    >>> argument_names(lambda w, *xs: w, 3)
    ['w', 'xs[0]', 'xs[1]']
    """
    try:
        parameters = [*signature(function).parameters.values()]
    except (TypeError, ValueError):  # of some builtins nothing is known
        parameters = []
    names = [x.name for x in parameters if x.kind in {x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD}]
    rest = next((x.name for x in parameters if x.kind is x.VAR_POSITIONAL), "argument")
    return [*names[:count], *[f"{rest}[{i}]" for i in range(count - len(names))]]
