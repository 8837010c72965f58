"""The short way in and out of a compiled function: whole arrays and lists are copied, not their entries one by one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..structure import Structure

_PLAIN = frozenset({float, int, bool})


def outline(tree: Any, parts: list[Any]) -> Any:
    """Something hashable that tells the structure of arguments, and their numbers in large parts.

    Args:
        tree: nested lists, tuples and dicts of arrays and numbers.
        parts: is added to: arrays, lists of numbers, and numbers, in order.

    Returns:
        A key; None if there is anything else inside, such as Values.
    """
    kind = type(tree)
    if kind is float or kind is int:
        parts.append(tree)
        return 0
    if kind is list or kind is tuple:
        if tree and set(map(type, tree)) <= _PLAIN:
            parts.append(tree)
            return kind, len(tree)
        inside = tree
    elif kind is dict:
        inside = tree.values()
    else:
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(tree, (numpy.ndarray, numpy.generic)):
            return None
        if tree.dtype.kind not in "fiub":
            return None
        parts.append(tree if tree.ndim else float(tree))
        return tree.shape or 0
    keys = []
    for item in inside:
        key = outline(item, parts)
        if key is None:
            return None
        keys.append(key)
    return (tuple(tree), tuple(keys)) if kind is dict else (kind, tuple(keys))


def fill(buffer: Any, parts: list[Any]) -> int:
    """Copy the parts of an outline to the beginning of an array; where they end."""
    start = 0
    for part in parts:
        kind = type(part)
        if kind is float or kind is int:
            buffer[start] = part
            start += 1
        elif kind is list or kind is tuple:
            stop = start + len(part)
            buffer[start:stop] = part
            start = stop
        else:
            stop = start + part.size
            buffer[start:stop] = part if part.ndim == 1 else part.ravel()
            start = stop
    return start


def listed(parts: list[Any]) -> list[float]:
    """The numbers of an outline's parts, one by one."""
    numbers: list[float] = []
    for part in parts:
        kind = type(part)
        if kind is float or kind is int:
            numbers.append(float(part))
        elif kind is list or kind is tuple:
            numbers += map(float, part)
        else:
            numbers += map(float, part.ravel().tolist())
    return numbers


def build(structure: Structure, numbers: Any) -> Any:
    """Results in their structure.

    Args:
        structure: what they are to be in.
        numbers: an array, or a sequence of floats.
    """
    if not hasattr(numbers, "tolist"):
        return structure.unflatten(numbers)
    if structure.is_array:
        return numbers.reshape(structure.shape).astype(float, copy=False)
    if structure.kind is None:
        return float(numbers[0])
    if not structure.children:
        return structure.unflatten(numbers.tolist())
    items, start = [], 0
    for part in structure.children:
        items.append(build(part, numbers[start : start + part.size]))
        start += part.size
    return structure.assemble(items)
