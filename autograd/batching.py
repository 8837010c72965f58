"""A function mapped over an axis of its arguments: the loop behind :func:`autograd.vmap`.

The axes of nested lists are their levels, those of an array its own, and those of a list of arrays the list's and then
theirs. All other containers have no axis but those of their entries.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .reals import is_real
from .structure import Structure, disassemble, flatten, mapped, stack
from .tracing import name_of, shown
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def over_axes(
    function: Callable[..., Any],
    in_axes: Any,
    out_axes: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call a function at each position of some axes, and stack the answers.

    Args:
        function: what to call.
        in_axes: an axis or None for all arguments, or a tuple of one entry an argument: an axis, None, or a tree of
            such in the argument's structure, as deep as need be.
        out_axes: such a tree for the answer: where its new axis is.
        args: mapped as in_axes says.
        kwargs: passed to all calls as they are.
    """
    name = name_of(function)
    lanes = Lanes(args, in_axes, name)
    answers = [function(*lanes(i), **kwargs) for i in range(lanes.size)]
    if not answers:  # nothing was called, so that there is no structure to give back
        return stack([], (0,)) if lanes.arrays else []
    structure = flatten(answers[0])[1]
    for i, answer in enumerate(answers[1:], start=1):
        found = flatten(answer)[1]
        if found != structure:
            raise ValueError(
                f"vmap needs answers of one structure, but {name} returned {structure} at position "
                f"0 and {found} at position {i}"
            )
    return stacked(answers, structure, out_axes, lanes.arrays, "out_axes")


# --- arguments -------------------------------------------------------------------------------


class Lanes:
    """Arguments cut along axes: called with a position, it gives those of one call.

    Args:
        args: the arguments.
        in_axes: as of :func:`over_axes`.
        name: the function's, for messages.

    Attributes:
        size: how many positions there are.
        arrays: whether an array was cut.

    Raises:
        ValueError: if the axes differ in length, or a tree of axes is no beginning of its argument.
    """

    def __init__(self, args: tuple[Any, ...], in_axes: Any, name: str) -> None:
        if not leading(in_axes):
            args, in_axes = fronted(args, in_axes, name), mapped(in_axes, lambda _: 0)
        axes = _per_argument(in_axes, args, name)
        self.arrays = False
        self._sizes: dict[str, int] = {}
        self._cuts = [
            self._cut(arg, axis, f"argument {number}")
            for number, (arg, axis) in enumerate(zip(args, axes, strict=True))
        ]
        if len(set(self._sizes.values())) != 1:
            found = ", ".join(f"{place} has {size}" for place, size in self._sizes.items())
            raise ValueError(
                f"vmap({name}) needs axes of one length to map over: {found or 'there is none'}"
            )
        self.size = next(iter(self._sizes.values()))

    def __call__(self, i: int) -> list[Any]:
        return [cut(i) for cut in self._cuts]

    def _cut(self, tree: Any, axes: Any, place: str) -> Callable[[int], Any]:
        """What gives a tree's part at a position; all axes are in front."""
        if axes is None:
            return lambda _: tree
        if type(axes) is int and _has_axes(tree):
            self.arrays = self.arrays or not isinstance(tree, list)
            self._sizes[place] = len(tree)
            return tree.__getitem__  # type: ignore[no-any-return]
        items, structure = disassemble(tree)
        cuts = [
            self._cut(item, axis, f"{place}{structure.place(number)}")
            for number, (item, axis) in enumerate(
                zip(items, _entries(axes, tree, structure, place), strict=True)
            )
        ]
        return lambda i: structure.assemble([cut(i) for cut in cuts])


def _per_argument(in_axes: Any, args: tuple[Any, ...], name: str) -> Any:
    """What in_axes says of each argument."""
    axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
    if len(axes) != len(args):
        raise ValueError(f"in_axes has {len(axes)} entries, but {name} got {len(args)} arguments")
    return axes


def fronted(args: tuple[Any, ...], in_axes: Any, name: str) -> tuple[Any, ...]:
    """Arguments with all mapped axes in front: those of nested lists too, whose levels change places."""
    axes = zip(args, _per_argument(in_axes, args, name), strict=True)
    return tuple(_front(arg, axis, f"argument {n}") for n, (arg, axis) in enumerate(axes))


def leading(axes: Any) -> bool:
    """Whether all axes of a tree are the first."""
    return not any(flatten(axes)[0])


def _front(tree: Any, axes: Any, place: str) -> Any:
    if axes is None or (type(axes) is int and not axes):
        return tree
    if type(axes) is int and _has_axes(tree):
        axis = counted(axes, _depth(tree), place)
        if not isinstance(tree, list):
            import numpy as np

            return np.moveaxis(tree, axis, 0)
        if not axis:
            return tree
        rows = [_front(item, axis - 1, f"{place}[{n}]") for n, item in enumerate(tree)]
        try:
            return [list(column) for column in zip(*rows, strict=True)]
        except ValueError:
            lengths = ", ".join(map(str, map(len, rows)))
            raise ValueError(f"axis {axes} of {place} has no one length, but {lengths}") from None
    items, structure = disassemble(tree)
    parts = zip(items, _entries(axes, tree, structure, place), strict=True)
    return structure.assemble(
        [_front(item, axis, f"{place}{structure.place(n)}") for n, (item, axis) in enumerate(parts)]
    )


def _entries(axes: Any, tree: Any, structure: Structure, place: str) -> list[Any]:
    """The axes of what is directly in a container."""
    if type(axes) is not int:
        return structure.items_of(axes, f"in_axes of {place}", place)
    if structure.kind is None:
        raise ValueError(
            f"{place} has no leading axis to map over: it is {shown(tree)}, not a list or an array; "
            f"in_axes=None for an argument passes it as it is"
        )
    return [axes] * len(structure.parts)


def _has_axes(tree: Any) -> bool:
    return isinstance(tree, list) or getattr(tree, "shape", ()) != ()


def _depth(tree: Any) -> int:
    """How many axes a nested list or an array has."""
    if isinstance(tree, list):
        return 1 + (_depth(tree[0]) if tree else 0)
    return len(getattr(tree, "shape", ()))


def counted(axis: int, depth: int, place: str) -> int:
    """An axis counted from the front.

    Raises:
        ValueError: if there is no such axis.
    """
    if not -depth <= axis < depth:
        raise ValueError(f"{place} has no axis {axis} to map over: it has {depth}")
    return axis % depth


# --- answers ---------------------------------------------------------------------------------


def stacked(answers: list[Any], structure: Structure, axes: Any, arrays: bool, place: str) -> Any:
    """Answers of all positions, with the positions as a new axis.

    Args:
        answers: trees of one structure.
        structure: theirs.
        axes: where the new axis is to be: for all that is inside, or a tree.
        arrays: whether numbers become an array, and not a list.
        place: what to call the axes in messages.
    """
    if axes is None:
        return _the_same(answers, place)
    if type(axes) is not int:
        below = structure.items_of(axes, place, "the function's answer")
    elif structure.kind is None:
        counted(axes, 1, f"a number's stack, by {place},")
        numbers = [flatten(answer)[0][0] for answer in answers]
        return stack(numbers, (len(numbers),), dtype=None) if arrays else numbers
    elif structure.is_array:
        leaves = [leaf for answer in answers for leaf in answer.ravel().tolist()]
        return moved(
            stack(leaves, (len(answers), *structure.shape), dtype=None), structure, axes, place
        )
    elif structure.kind is list:
        axis = counted(axes, 1 + depth_of(structure), f"a list's stack, by {place},")
        if not axis:
            return answers
        arrays = False  # of lists of lists, in which the new axis is one of the inner
        below = [axis - 1] * len(structure.parts)
    else:
        below = [axes] * len(structure.parts)
    columns = zip(*(disassemble(answer)[0] for answer in answers), strict=True)
    return structure.assemble(
        [
            stacked(list(column), part, axis, arrays, f"{place}{structure.place(number)}")
            for number, (column, part, axis) in enumerate(
                zip(columns, structure.parts, below, strict=True)
            )
        ]
    )


def moved(tree: Any, structure: Structure, axes: Any, place: str) -> Any:
    """What was stacked in front, with the new axis elsewhere.

    Args:
        tree: the stacks.
        structure: of one answer.
        axes: as of :func:`stacked`, but without None.
        place: what to call the axes in messages.
    """
    if type(axes) is not int:
        below = structure.items_of(axes, place, "the function's answer")
    elif structure.kind is None:
        counted(axes, 1, f"a number's stack, by {place},")
        return tree
    elif structure.is_array:
        axis = counted(axes, 1 + len(structure.shape), f"an array's stack, by {place},")
        if not axis:
            return tree
        import numpy as np

        return np.moveaxis(tree, 0, axis)
    elif structure.kind is list:
        return stacked(tree, structure, axes, False, place)
    else:
        below = [axes] * len(structure.parts)
    parts = zip(disassemble(tree)[0], structure.parts, below, strict=True)
    return structure.assemble(
        [
            moved(item, part, axis, f"{place}{structure.place(number)}")
            for number, (item, part, axis) in enumerate(parts)
        ]
    )


def depth_of(structure: Structure) -> int:
    """How many axes what has a structure has."""
    if structure.kind is list:
        return 1 + (depth_of(structure.parts[0]) if structure.parts else 0)
    return len(structure.shape)


def _the_same(answers: list[Any], place: str) -> Any:
    """The first of answers that are all the same."""
    for column in zip(*(flatten(answer)[0] for answer in answers), strict=True):
        if not _alike(column):
            raise ValueError(
                f"{place} is None, which is for what is known to be the same at all positions, and "
                f"this is {shown(column[0])} at position 0"
            )
    return answers[0]


def _alike(column: Iterable[Any]) -> bool:
    first, *others = (x.data if isinstance(x, Value) else x for x in column)
    return all(
        x is first
        or (is_real(x) and is_real(first) and (x == first or (math.isnan(x) and math.isnan(first))))
        for x in others
    )
