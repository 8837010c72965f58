"""The arguments of a mapped function: which numbers differ from lane to lane, and how answers are stacked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..batching import Lanes, leading, moved
from ..reals import real
from ..structure import Structure, disassemble, flatten
from ..tracing import name_of
from .trees import listed, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .entry import Entry
    from .plan import Plan


class Batch:
    """The arguments of one call of a mapped function.

    Attributes:
        size: how many lanes there are.
        structure: of ``(args, kwargs)`` of one lane.
        laned: for each number of these, whether it differs from lane to lane. An argument that is not mapped
            but differentiated by does: each lane has its own derivative.
        shared: the numbers that do not.
        arrays: whether answers are to be arrays.
    """

    size: int
    structure: Structure
    laned: tuple[bool, ...]
    shared: list[float]
    arrays: bool

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], plan: Plan) -> None:
        import numpy as np

        in_axes = plan.in_axes
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        lanes = Lanes(args, in_axes, name_of(plan.function))
        self.size, self.arrays = lanes.size, lanes.arrays
        self.structure = Structure(None, 1)
        self.laned: tuple[bool, ...] = ()
        self.shared: list[float] = []
        if not self.size:
            return
        kwargs = dict(sorted(kwargs.items()))
        self.structure = flatten((tuple(lanes(0)), kwargs))[1]
        chosen = {argnum % len(args) for argnum in plan.chosen}
        laned: list[bool] = []
        columns: list[Any] = []
        ways = []
        parts = self.structure.parts[0].parts
        for number, (arg, axis, part) in enumerate(zip(args, axes, parts, strict=True)):
            ways.append("shared" if axis is None else "mapped")
            if axis is not None:
                columns.append(_matrix(arg, part, self.size, f"argument {number}"))
                laned += [True] * part.size
            else:
                numbers = _floats(flatten(arg)[0], f"argument {number}")
                if number in chosen:
                    ways[-1] = "own"
                    columns.append(np.broadcast_to(numbers, (self.size, part.size)))
                    laned += [True] * part.size
                else:
                    self.shared += numbers
                    laned += [False] * part.size
        extra = _floats(flatten(kwargs)[0], "a keyword argument")
        self.shared += extra
        self.laned = (*laned, *[False] * len(extra))
        self.columns = columns
        self.ways = ways

    def bare(self) -> Batch:
        """What :meth:`again` needs of this, without the arguments' numbers."""
        batch = Batch.__new__(Batch)
        batch.structure, batch.laned, batch.arrays = self.structure, self.laned, self.arrays
        batch.ways = self.ways
        return batch

    def again(self, args: Sequence[Any], size: int) -> Batch:
        """The same for other arguments of the same :func:`lane_outline`."""
        import numpy as np

        batch = self.bare()
        batch.size, batch.shared, batch.columns = size, [], []
        for arg, way in zip(args, self.ways, strict=True):
            if way == "mapped":
                batch.columns.append(arg.reshape(size, -1))
                continue
            parts: list[Any] = []
            outline(arg, parts)
            numbers = listed(parts)
            if way == "own":
                batch.columns.append(np.broadcast_to(numbers, (size, len(numbers))))
            else:
                batch.shared += numbers
        return batch

    def fill(self, rows: Any, start: int, stop: int) -> None:
        """Write the numbers of some lanes to an array (lanes, numbers)."""
        column = 0
        for matrix in self.columns:
            width = matrix.shape[1]
            rows[:, column : column + width] = matrix[start:stop]
            column += width

    def answer(self, entry: Entry, values: Any, gradients: Any) -> Any:
        """The results of all lanes, stacked as ``vmap`` stacks them."""
        plan = entry.plan
        trees: list[Any] = []
        start = 0
        for structure in entry.gradients:
            trees.append(self.stacked(structure, gradients[:, start : start + structure.size]))
            start += structure.size
        returned = None if values is None else self.stacked(entry.out, values)
        found = plan.answer(returned, trees)
        if leading(plan.out_axes):
            return found
        return moved(found, plan.structure(entry.out, entry.gradients), plan.out_axes, "out_axes")

    def stacked(self, structure: Structure, block: Any) -> Any:
        """A block (lanes, numbers) as the answers of all lanes."""
        if structure.kind is None:
            return block[:, 0].astype(float) if self.arrays else block[:, 0].tolist()
        if structure.is_array:
            return block.reshape(self.size, *structure.shape).astype(float, copy=False)
        if structure.kind is list:
            return _answers(structure, block)
        items, start = [], 0
        for part in structure.parts:
            items.append(self.stacked(part, block[:, start : start + part.size]))
            start += part.size
        return structure.assemble(items)


def _answers(structure: Structure, block: Any) -> list[Any]:
    """The answer of each lane, built column by column.

    Args:
        structure: of one answer.
        block: the numbers of all, an array (lanes, numbers).
    """
    if structure.kind is None:
        return block[:, 0].tolist()  # type: ignore[no-any-return]
    if structure.is_array:
        return [*block.reshape(len(block), *structure.shape).astype(float)]
    columns, start = [], 0
    for part in structure.children:
        columns.append(_answers(part, block[:, start : start + part.size]))
        start += part.size
    rows = zip(*columns, strict=True) if columns else block.tolist()
    if structure.kind is list:
        return [*map(list, rows)]
    return [structure.assemble([*row]) for row in rows]


def lane_outline(args: Sequence[Any], in_axes: Any) -> tuple[Any, int] | None:
    """Something hashable that tells the structure of one lane, and how many lanes there are, if all that is mapped
    are arrays; else None."""
    axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
    numpy = sys.modules.get("numpy")
    if numpy is None or len(axes) != len(args):
        return None
    size = 0
    keys = []
    for arg, axis in zip(args, axes, strict=True):
        if axis is None:
            key = outline(arg, [])
            if key is None:
                return None
        else:
            if type(arg) is not numpy.ndarray or arg.dtype.kind not in "fiub":
                return None
            key = arg.shape
            if not key or size not in (0, key[0]):
                return None
            size, key = key[0], key[1:]
        keys.append(key)
    return (tuple(keys), size) if size else None


def _matrix(arg: Any, part: Structure, size: int, place: str) -> Any:
    """A mapped argument as an array (lanes, numbers)."""
    import numpy as np

    if isinstance(arg, np.ndarray) and arg.dtype.kind in "fiub":
        return arg.reshape(size, -1)
    if not isinstance(arg, (list, np.ndarray)):
        items, structure = disassemble(arg)
        blocks = [
            _matrix(item, inside, size, f"{place}{structure.place(number)}")
            for number, (item, inside) in enumerate(zip(items, part.parts, strict=True))
        ]
        return np.concatenate(blocks, axis=1) if blocks else np.zeros((size, 0))
    if part.kind in (None, list) and not part.children:  # NumPy reads lists of numbers by itself
        block = _block(arg)
        if block is not None and block.size == size * part.size and block.ndim <= 2:
            return block.reshape(size, -1)
    leaves, structure = flatten(arg)
    for number, found in enumerate(structure.parts):
        if found != part:
            raise ValueError(
                f"vmap needs lanes of one structure, but {place}[{number}] is {found} and "
                f"{place}[0] is {part}"
            )
    return np.array(_floats(leaves, place), dtype=float).reshape(size, -1)


def _block(arg: Any) -> Any:
    """A list of numbers as an array; None if NumPy does not take it for one."""
    import numpy as np

    try:
        block = np.array(arg)
    except (TypeError, ValueError):  # ragged
        return None
    return block.astype(float) if block.dtype.kind in "fiub" else None


def _floats(leaves: list[Any], place: str) -> list[float]:
    if all(kind is float for kind in set(map(type, leaves))):
        return leaves
    return [real(x, f"an entry of {place}") for x in leaves]
