"""The way out of a compiled function: what copies results from where a program leaves them to their structure.

Where the results stand is known when a workspace is made, so everything but the copying is done then.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .ir.program import ONCE, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..structure import Structure

    Array = Any
    Reader = Callable[[], Any]


class Places(NamedTuple):
    """Where results stand, one after the other."""

    positions: Array
    """Those in the arena ONCE; -1 for what is constant."""
    numbers: Array
    """The constants; 0 for what is not."""

    def at(self, chosen: Any) -> Places:
        """Those of some results, by indices or a slice."""
        return Places(self.positions[chosen], self.numbers[chosen])


def locate(group: Sequence[Ref | float], constants: Array, size: int) -> Places:
    """Where a group of a program's outputs stands, if the program has no lanes.

    Args:
        group: of ``Program.outputs``.
        constants: the arena CONSTANTS.
        size: how many results there are; one that stands for all is repeated.
    """
    import numpy as np

    positions, numbers = [np.zeros(0, np.intp)], [np.zeros(0)]
    for ref in group:
        if isinstance(ref, Ref) and ref.arena == ONCE:
            positions.append(ref.positions)
            numbers.append(np.zeros(len(ref.positions)))
        else:
            known = constants[ref.positions] if isinstance(ref, Ref) else np.array([ref])
            positions.append(np.full(len(known), -1))
            numbers.append(known)
    found = Places(np.concatenate(positions), np.concatenate(numbers))
    return found if len(found.positions) == size else found.at(np.zeros(size, np.intp))


def reader(structure: Structure, places: Places, once: Array) -> Reader:
    """A function without arguments that gives the numbers of some places in their structure, as new objects.

    Args:
        structure: of what it returns.
        places: where the entries stand.
        once: the arena ONCE.
    """
    if structure.kind is None:
        position = int(places.positions[0])
        if position < 0:
            number = float(once.dtype.type(places.numbers[0]))
            return lambda: number
        return partial(once.item, position)
    if structure.is_array:
        return _array(structure.shape, places, once)
    if structure.children:
        readers, start = [], 0
        for part in structure.children:
            readers.append(reader(part, places.at(slice(start, start + part.size)), once))
            start += part.size
        return lambda: structure.assemble([read() for read in readers])
    read = _array((structure.size,), places, once)
    return lambda: structure.assemble(read().tolist())


def _array(shape: tuple[int, ...], places: Places, once: Array) -> Reader:
    """A function without arguments that returns a new array of floats."""
    import numpy as np

    positions, numbers = places
    double = once.dtype == np.float64
    if (positions < 0).any() or not len(positions):
        known = numbers.astype(once.dtype).astype(float)
        moving = (positions >= 0).nonzero()[0]
        chosen = positions[moving]

        def mixed() -> Array:
            array = known.copy()
            array[moving] = once[chosen]
            return array.reshape(shape)

        return mixed
    if (positions[1:] - positions[:-1] == 1).all():
        view = np.ndarray(shape, once.dtype, once, int(positions[0]) * once.itemsize)
        return view.copy if double else partial(view.astype, float)
    grid = positions.astype(np.intp).reshape(shape)
    take = partial(once.take, grid, None, None, "wrap")
    return take if double else lambda: take().astype(float)
