"""A function mapped over the leading axis of its arguments: the loop behind :func:`autograd.vmap`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .structure import Structure, flatten, stack
from .tracing import name_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable


def over_leading_axes(
    function: Callable[..., Any], in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a function at each position of the leading axis, and stack the answers.

    Args:
        function: what to call.
        in_axes: 0 or None for all arguments, or a tuple of one such entry an argument.
        args: mapped as in_axes says.
        kwargs: passed to all calls as they are.
    """
    axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
    name = name_of(function)
    if len(axes) != len(args):
        raise ValueError(f"in_axes has {len(axes)} entries, but {name} got {len(args)} arguments")
    sizes: dict[str, int] = {}
    arrays = False
    for number, (arg, axis) in enumerate(zip(args, axes, strict=True)):
        if axis is not None:
            _axis_sizes(arg, f"argument {number}", sizes)
            arrays = arrays or _holds_array(arg)
    if len(set(sizes.values())) != 1:
        found = ", ".join(f"{place} has {size}" for place, size in sizes.items()) or "there is none"
        raise ValueError(f"vmap({name}) needs leading axes of one length: {found}")
    answers = []
    for i in range(next(iter(sizes.values()))):
        lane = [arg if axis is None else _at(arg, i) for arg, axis in zip(args, axes, strict=True)]
        answers.append(function(*lane, **kwargs))
    return _stacked(answers, arrays, name)


def _axis_sizes(tree: Any, place: str, sizes: dict[str, int]) -> None:
    """Note the length of the leading axis of each list and array of an argument."""
    if isinstance(tree, (tuple, dict)):
        for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
            _axis_sizes(item, f"{place}[{key!r}]", sizes)
    elif isinstance(tree, list) or getattr(tree, "shape", ()) != ():
        sizes[place] = len(tree)
    else:
        raise ValueError(
            f"{place} has no leading axis to map over: it is {shown(tree)}, not a list or an array; "
            f"in_axes=None for an argument passes it as it is"
        )


def _at(tree: Any, i: int) -> Any:
    """What stands at one position of the leading axis of an argument."""
    if isinstance(tree, dict):
        return {key: _at(item, i) for key, item in tree.items()}
    if isinstance(tree, tuple):
        items = [_at(item, i) for item in tree]
        return type(tree)._make(items) if hasattr(tree, "_make") else tuple(items)
    return tree[i]


def _holds_array(tree: Any) -> bool:
    if isinstance(tree, (tuple, dict)):
        return any(map(_holds_array, tree.values() if isinstance(tree, dict) else tree))
    return hasattr(tree, "shape")


def _stacked(answers: list[Any], arrays: bool, name: str) -> Any:
    """Answers of all positions, with the positions as the new leading axis."""
    if not answers:  # nothing was called, so that there is no structure to give back
        return stack([], (0,)) if arrays else []
    _, structure = flatten(answers[0])
    for i, answer in enumerate(answers[1:], start=1):
        found = flatten(answer)[1]
        if found != structure:
            raise ValueError(
                f"vmap needs answers of one structure, but {name} returned {structure} at position "
                f"0 and {found} at position {i}"
            )
    return _stack_parts(answers, structure, arrays)


def _stack_parts(answers: list[Any], structure: Structure, arrays: bool) -> Any:
    if structure.kind is None:
        entries = [flatten(answer)[0][0] for answer in answers]
        return stack(entries, (len(entries),), dtype=None) if arrays else entries
    if structure.is_array:
        leaves = [leaf for answer in answers for leaf in answer.ravel().tolist()]
        return stack(leaves, (len(answers), *structure.shape), dtype=None)
    if structure.kind is list:
        return answers
    keys = structure.keys if structure.kind is dict else range(len(structure.parts))
    columns = [[answer[key] for answer in answers] for key in keys]
    parts = zip(columns, structure.parts, strict=True)
    return structure.assemble([_stack_parts(column, part, arrays) for column, part in parts])
