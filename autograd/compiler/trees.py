"""The short way in and out of a compiled function: whole arrays and lists are copied, not their entries one by one."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from ..structure import disassemble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..structure import Structure

_PLAIN = frozenset({float, int, bool})


def outline(tree: Any, parts: list[Any]) -> Any:
    """Something hashable that tells the structure of arguments, and their numbers in large parts.

    Args:
        tree: nested containers of arrays and numbers.
        parts: is added to: arrays, lists of numbers, and numbers, in order.

    Returns:
        A key; None if there is anything else inside, such as Values.
    """
    kind = type(tree)
    if kind is float or kind is int:
        parts.append(tree)
        return 0
    if kind is list or kind is tuple:
        if tree and _are_numbers(set(map(type, tree))):
            parts.append(tree)
            return kind, len(tree)
        inside = outlines(tree, parts)
        return None if inside is None else (kind, inside)
    if kind is dict:
        inside = outlines(tree.values(), parts)
        return None if inside is None else (tuple(tree), inside)
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(tree, (numpy.ndarray, numpy.generic)):
        items, structure = disassemble(tree)
        if structure.kind is None:
            return None
        inside = outlines(items, parts)  # of None or of a data class
        return None if inside is None else (kind, structure.keys, structure.static, inside)
    if tree.dtype.kind not in "fiub":
        return None
    shape = tree.shape
    if not shape:
        parts.append(float(tree))
        return 0
    parts.append(tree)
    return shape


def _are_numbers(kinds: set[type[Any]]) -> bool:
    """Whether all of some types are those of numbers that NumPy writes to an array as they are, its own among them."""
    if kinds <= _PLAIN:
        return True
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    own = numpy.floating, numpy.integer, numpy.bool_
    return all(kind in _PLAIN or issubclass(kind, own) for kind in kinds)


def outlines(trees: Iterable[Any], parts: list[Any]) -> tuple[Any, ...] | None:
    """The outlines of several trees; None if one of them has none."""
    numpy = sys.modules.get("numpy")
    array = None if numpy is None else numpy.ndarray
    keys: list[Any] = []
    for tree in trees:
        if type(tree) is array and tree.shape and tree.dtype.kind in "fiub":  # most often
            parts.append(tree)
            keys.append(tree.shape)
            continue
        key = outline(tree, parts)
        if key is None:
            return None
        keys.append(key)
    return tuple(keys)


def writers(buffer: Any, parts: list[Any]) -> list[Any]:
    """What writes the parts of an outline to the beginning of an array, to be called with ``...`` and the part."""
    found = []
    start = 0
    for part in parts:
        kind = type(part)
        shape: tuple[int, ...] = ()
        if kind is list or kind is tuple:
            shape = (len(part),)
        elif kind is not float and kind is not int:
            shape = part.shape
        stop = start + math.prod(shape)
        found.append(buffer[start:stop].reshape(shape).__setitem__)
        start = stop
    return found


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
            entries = part.ravel().tolist()
            numbers += entries if part.dtype.kind == "f" else map(float, entries)
    return numbers


def build(structure: Structure, numbers: list[float]) -> Any:
    """Numbers in their structure."""
    if structure.kind is None:
        return numbers[0]
    if structure.is_array:
        import numpy as np

        array = np.array(numbers, float)
        return array if len(structure.shape) == 1 else array.reshape(structure.shape)
    if not structure.children:
        return structure.assemble(numbers)
    items, start = [], 0
    for part in structure.children:
        items.append(build(part, numbers[start : start + part.size]))
        start += part.size
    return structure.assemble(items)
