"""Nested containers of numbers, taken apart into a flat list and put together again.

Lists, tuples, named tuples, dicts, data classes and NumPy arrays are containers, and None is one of nothing;
everything else is one entry, a 0-d array too. A data class is put together without its ``__init__``, whose checks
are not for derivatives; a field declared with ``metadata={"static": True}`` is no container's entry but part of the
structure, as it is. Neither NumPy nor dataclasses is imported here: an array can only come from someone who has.

>>> leaves, structure = flatten({"w": [1.0, 2.0], "b": 3.0})
>>> leaves
[1.0, 2.0, 3.0]
>>> structure.unflatten([10, 20, 30])
{'w': [10, 20], 'b': 30}
>>> structure
{'w': [*, *], 'b': *}
"""

from __future__ import annotations

import sys
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Structure(NamedTuple):
    """What :func:`flatten` took off: the containers without their numbers. Hashable, and equal where two
    trees differ in their numbers only, so that it can key a cache."""

    kind: type[Any] | None
    """list, tuple, dict, the class of a named tuple or of a data class, NoneType, numpy.ndarray; None for a single
    entry."""
    size: int
    """How many entries there are in all."""
    keys: tuple[Any, ...] = ()
    """A dict's keys; the names of a data class' fields."""
    children: tuple[Structure, ...] = ()
    """The structures inside; left empty where all of them are single entries, as they are many."""
    shape: tuple[int, ...] = ()
    """An array's."""
    static: tuple[tuple[str, Any], ...] = ()
    """A data class' static fields, with what is in them."""

    @property
    def is_array(self) -> bool:
        """Whether this is a NumPy array."""
        return self.kind is not None and self.kind.__name__ == "ndarray"

    @property
    def parts(self) -> tuple[Structure, ...]:
        """The structures directly inside, those of single entries too; none for an entry or an array."""
        if self.kind is None or self.is_array:
            return ()
        return self.children or (ENTRY,) * self.size

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Put entries where :func:`flatten` found them. Arrays are of floats, or of objects if an entry is
        traced or a container.

        Args:
            leaves: ``size`` entries.
        """
        if self.kind is None:
            return leaves[0]
        if self.is_array:
            return stack(leaves, self.shape)
        items: list[Any] = list(leaves)
        if self.children:
            start, items = 0, []
            for child in self.children:
                items.append(child.unflatten(leaves[start : start + child.size]))
                start += child.size
        return self.assemble(items)

    def assemble(self, items: list[Any]) -> Any:
        """A container of this kind from what goes directly into it."""
        kind = self.kind
        if kind is list:
            return items
        if kind is tuple:
            return tuple(items)
        if kind is dict:
            return dict(zip(self.keys, items, strict=True))
        if kind is NoneType:
            return None
        assert kind is not None
        if hasattr(kind, "_make"):
            return kind._make(items)
        made = object.__new__(kind)
        for name, item in (*zip(self.keys, items, strict=True), *self.static):
            object.__setattr__(made, name, item)  # also where it is frozen
        return made

    def path(self, index: int) -> str:
        """Where the entry of that index stands, as one would write it: ``['w'][1]``."""
        if self.is_array:
            place = []
            for length in reversed(self.shape):
                index, i = divmod(index, length)
                place.append(str(i))
            return f"[{', '.join(reversed(place))}]"
        for number, part in enumerate(self.parts):
            if index < part.size:
                return f"{self.place(number)}{part.path(index)}"
            index -= part.size
        return ""

    def place(self, number: int) -> str:
        """Where the part of that number stands, as one would write it."""
        if not self.keys:
            return f"[{number}]"
        key = self.keys[number]
        return f"[{key!r}]" if self.kind is dict else f".{key}"

    def match(self, tree: Any, name: str, other: str) -> list[Any]:
        """The entries of a tree that must have this structure; a dict's keys may come in any order.

        Args:
            tree: what came.
            name: what to call it in messages.
            other: what to call that whose structure it must have.

        Raises:
            ValueError: naming the first place that differs.
        """
        leaves, found = flatten(tree)
        if found == self:
            return leaves
        items = self.items_of(tree, name, other)
        leaves = []
        for number, (item, part) in enumerate(zip(items, self.parts, strict=True)):
            place = self.place(number)
            leaves += part.match(item, f"{name}{place}", f"{other}{place}")
        return leaves

    def items_of(self, tree: Any, name: str, other: str) -> list[Any]:
        """What is directly in a tree whose outermost container must be as here; the arguments are :meth:`match`'s.

        Raises:
            ValueError: saying how it differs.
        """
        items, found = disassemble(tree)
        if found.kind is not self.kind or found.shape != self.shape:
            raise ValueError(f"{name} is {found.describe()}, but {other} is {self.describe()}")
        if found.static != self.static:
            raise ValueError(
                f"{name} has {dict(found.static)}, but {other} has {dict(self.static)}"
            )
        if self.kind is dict:
            if set(found.keys) != set(self.keys):
                raise ValueError(
                    f"{name} has the keys {list(found.keys)}, but {other} has {list(self.keys)}"
                )
            items = [tree[key] for key in self.keys]
        if len(items) != len(self.parts):
            raise ValueError(f"{name} has {len(items)} entries, but {other} has {len(self.parts)}")
        return items

    def describe(self) -> str:
        """The outermost container in words: ``a list of 3``."""
        if self.kind is None:
            return "one number"
        if self.is_array:
            return f"an array of shape {self.shape}"
        if self.kind is NoneType:
            return "None"
        return f"a {self.kind.__name__} of {len(self.parts)}"

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        if self.is_array:
            return f"array{list(self.shape)}"
        if self.kind is NoneType:
            return "None"
        inside = [repr(part) for part in self.parts]
        if len(inside) > 6:
            inside[3:-1] = [f"... {len(inside) - 4} more ..."]
        if self.kind is list:
            return f"[{', '.join(inside)}]"
        if self.keys and len(inside) == len(self.keys):
            between = ": " if self.kind is dict else "="
            names = [repr(key) if self.kind is dict else key for key in self.keys]
            inside = [f"{name}{between}{x}" for name, x in zip(names, inside, strict=True)]
        if self.kind is dict:
            return f"{{{', '.join(inside)}}}"
        return f"{'' if self.kind is tuple else self.kind.__name__}({', '.join(inside)})"


ENTRY = Structure(None, 1)
"""The structure of a single entry."""
NONE = Structure(NoneType, 0)
"""The structure of None, which holds nothing."""


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The entries of a tree in order, and its structure.

    Args:
        tree: nested containers, or one entry.
    """
    items, structure = disassemble(tree)
    if structure.kind is None or structure.is_array:
        return items, structure
    # Told by their types, in one pass of C: a list of 10,000 floats is nothing to walk in Python.
    if not any(map(_contains, set(map(type, items)))):
        return items, structure
    leaves: list[Any] = []
    children = []
    for item in items:
        inside, child = flatten(item)
        leaves += inside
        children.append(child)
    return leaves, structure._replace(size=len(leaves), children=tuple(children))


def disassemble(tree: Any) -> tuple[list[Any], Structure]:
    """The outermost container of a tree taken off, as if all that it holds were single entries."""
    kind = type(tree)
    if kind is float or not _contains(kind):
        return [tree], ENTRY
    if tree is None:
        return [], NONE
    if issubclass(kind, dict):
        return list(tree.values()), Structure(dict, len(tree), tuple(tree))
    if issubclass(kind, (list, tuple)):
        if hasattr(kind, "_make"):
            return list(tree), Structure(kind, len(tree))
        return list(tree), Structure(list if issubclass(kind, list) else tuple, len(tree))
    if hasattr(kind, "__dataclass_fields__"):
        return _fields(tree)
    if tree.shape == ():
        return [tree.item()], ENTRY
    array = sys.modules["numpy"].ndarray
    return tree.ravel().tolist(), Structure(array, tree.size, shape=tree.shape)


def _fields(tree: Any) -> tuple[list[Any], Structure]:
    """A data class taken apart."""
    names, items, static = [], [], []
    for field in sys.modules["dataclasses"].fields(tree):
        item = getattr(tree, field.name)
        if not field.metadata.get("static"):
            names.append(field.name)
            items.append(item)
            continue
        try:
            hash(item)
        except TypeError:
            raise TypeError(
                f"the static field {field.name} of {type(tree).__name__} must be hashable, as a part of the "
                f"structure, not {item!r:.60}"
            ) from None
        static.append((field.name, item))
    return items, Structure(type(tree), len(items), tuple(names), static=tuple(static))


def _contains(kind: type[Any]) -> bool:
    """Whether objects of a type are containers."""
    if issubclass(kind, (list, tuple, dict, NoneType)) or hasattr(kind, "__dataclass_fields__"):
        return True
    return _is_array(kind)


def _is_array(kind: type[Any]) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(kind, numpy.ndarray)


def mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    """A tree with a function's answers in the place of its entries. Arrays that do not hold objects stay.

    >>> mapped({"a": [1.0, None], "b": "text"}, lambda x: (x,))
    {'a': [(1.0,), None], 'b': ('text',)}
    """
    items, structure = disassemble(tree)
    if structure.kind is None:
        return function(tree)
    if not structure.is_array:
        return structure.assemble([mapped(item, function) for item in items])
    if tree.dtype != object:
        return tree
    return stack([function(item) for item in items], structure.shape, None)


def stack(leaves: Sequence[Any], shape: tuple[int, ...], dtype: Any = float) -> Any:
    """A NumPy array of a shape: of plain numbers, or of objects if an entry is something else.

    Args:
        leaves: the entries.
        shape: the array's.
        dtype: the type of plain numbers; None for the one they have.
    """
    import numpy as np

    numbers = (int, float, np.number, np.bool_)
    if all(issubclass(kind, numbers) for kind in set(map(type, leaves))):
        return np.array(leaves, dtype=dtype).reshape(shape)
    array = np.empty(len(leaves), dtype=object)
    for i, leaf in enumerate(leaves):  # one by one, as NumPy would look inside a container
        array[i] = leaf
    return array.reshape(shape)


def entry_types(tree: Any) -> set[type[Any]]:
    """The types of a tree's entries; of an array of plain numbers, whatever they are, just float."""
    if not _contains(type(tree)):
        return {type(tree)}
    if _is_array(type(tree)) and tree.dtype != object:
        return {float}
    items = disassemble(tree)[0]
    types = set(map(type, items))
    containers = set(filter(_contains, types))
    if containers:
        types -= containers
        for item in items:
            if type(item) in containers:
                types |= entry_types(item)
    return types
