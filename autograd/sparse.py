"""Sparse derivatives: which entries there are, and all of them from a few sweeps.

A scalar graph knows which numbers each of its numbers depends on. Columns of a Jacobian that meet in no row are pushed
together (:mod:`.colouring`), and each of their entries is read off the sum. SciPy is imported when it is first needed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .colouring import Stars, columns_apart
from .operators import Operators
from .primitives import ABSENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tracing import Record

    Matrix = Any


def pattern_of(recorded: Record) -> Matrix:
    """The sparsity pattern of what was recorded: a ``scipy.sparse.csr_array`` of True, (outputs, inputs).

    Raises:
        TypeError: if the call was recorded inside another transform or a compiled function, or with Values.
    """
    import numpy as np

    if recorded.connect is not None:
        raise TypeError(
            f"{recorded.transform} cannot make a sparse matrix of Values or recorded numbers: it takes plain "
            f"numbers, outside of other transforms and of compiled functions"
        )
    # Of each node, the inputs that it depends on, a bit each.
    known: dict[Any, int] = {node: 1 << i for i, node in enumerate(recorded.inputs)}
    for node in recorded.order:
        row = node.primitive
        if row is None:
            continue
        partials = row.partials if row.arity is not None else (1.0,) * len(node.operands)
        found = 0
        for operand, partial in zip(node.operands, partials, strict=True):
            if isinstance(operand, Operators) and partial is not ABSENT:
                found |= known.get(operand, 0)
        if found:
            known[node] = found
    width = len(recorded.inputs)
    places = [
        _places(np, known.get(output, 0) if isinstance(output, Operators) else 0, width)
        for output in recorded.outputs
    ]
    ends = np.cumsum([0, *map(len, places)])
    columns = np.concatenate([*places, np.zeros(0, np.intp)])
    return _scipy(recorded.transform).csr_array(
        (np.ones(len(columns), bool), columns, ends), shape=(len(places), width)
    )


def sparse_jacobian(recorded: Record, mode: str | None) -> Matrix:
    """The Jacobian of what was recorded as a ``scipy.sparse.csr_array``, (outputs, inputs).

    Args:
        recorded: the call.
        mode: ``"forward"``, ``"reverse"``, or None for whichever takes fewer sweeps.
    """
    pattern = pattern_of(recorded)
    rows, columns = (x.tolist() for x in pattern.nonzero())
    by_column = by_row = None
    if mode != "reverse":
        by_column = columns_apart(_lists(pattern.T), pattern.shape[0])
    if mode != "forward":
        by_row = columns_apart(_lists(pattern), pattern.shape[1])
    if by_row is None or (by_column is not None and _count(by_column) <= _count(by_row)):
        assert by_column is not None
        sums = [recorded.push(seed) for seed in _seeds(by_column)]
        numbers = [sums[by_column[j]][i] for i, j in zip(rows, columns, strict=True)]
    else:
        sums = [recorded.pull(seed) for seed in _seeds(by_row)]
        numbers = [sums[by_row[i]][j] for i, j in zip(rows, columns, strict=True)]
    return _filled(recorded, pattern, numbers)


def sparse_hessian(recorded: Record) -> Matrix:
    """The Jacobian of a recorded gradient, which is symmetric, as a ``scipy.sparse.csr_array``."""
    pattern = pattern_of(recorded)
    pattern = type(pattern)(pattern + pattern.T)
    pattern.sort_indices()
    stars = Stars([[j for j in row if j != i] for i, row in enumerate(_lists(pattern))])
    sums = [recorded.push(seed) for seed in _seeds(stars.colours)]
    numbers = []
    for i, j in zip(*(x.tolist() for x in pattern.nonzero()), strict=True):
        row, colour = stars.place(i, j) if i <= j else stars.place(j, i)
        numbers.append(sums[colour][row])
    return _filled(recorded, pattern, numbers)


def _filled(recorded: Record, pattern: Matrix, numbers: list[Any]) -> Matrix:
    """Numbers in the places of a pattern, row by row."""
    import numpy as np

    data = np.array(recorded.answer(numbers), dtype=float)
    return type(pattern)((data, pattern.indices, pattern.indptr), shape=pattern.shape)


def _places(np: Any, bits: int, width: int) -> Any:
    """Which bits of a number are set."""
    raw = np.frombuffer(bits.to_bytes(-(-width // 8), "little"), np.uint8)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little"))


def _lists(pattern: Matrix) -> list[list[int]]:
    """The columns of each row."""
    pattern = pattern.tocsr()
    columns, ends = pattern.indices.tolist(), pattern.indptr.tolist()
    return [columns[start:stop] for start, stop in pairwise(ends)]


def _count(colours: Sequence[int]) -> int:
    return max(colours, default=-1) + 1


def _seeds(colours: Sequence[int]) -> list[list[float | None]]:
    """For each colour, 1 where it is and None elsewhere."""
    return [[1.0 if c == colour else None for c in colours] for colour in range(_count(colours))]


def _scipy(name: str) -> Any:
    try:
        import scipy.sparse
    except ImportError as error:
        raise ImportError(
            f"{name} makes sparse matrices with SciPy: python -m pip install scipy"
        ) from error
    return scipy.sparse
