"""Samples on their way into training: plain lists of numbers, checked before anything starts."""

from __future__ import annotations

import math
import random
from typing import Any

from autograd.reals import real


def samples(X: Any, name: str) -> list[Any]:
    """The inputs of many samples as plain lists of numbers; whole numbers stay whole (they may be indices).

    Args:
        X: a list of rows, an array, a data frame; a row may be a number or nested further.
        name: what to call it in messages.

    Raises:
        TypeError: if it is no sequence of numbers.
        ValueError: if it is empty, rows differ in shape, or a number is nan or infinite.
    """
    return _checked(X, name)


def targets(y: Any, name: str) -> list[Any]:
    """The targets of many samples as plain numbers or lists; whole numbers stay whole (they are classes).

    Raises:
        TypeError, ValueError: as :func:`samples`.
    """
    return _checked(y, name)


def paired(X: Any, y: Any, kind: str = "") -> tuple[list[Any], list[Any]]:
    """Inputs and targets, as many of one as of the other.

    Args:
        X: as in :func:`samples`.
        y: as in :func:`targets`.
        kind: what to put before their names in messages.

    Raises:
        TypeError, ValueError: as those do; ValueError if they are not equally many.
    """
    rows, wanted = samples(X, f"{kind}X"), targets(y, f"{kind}y")
    if len(rows) != len(wanted):
        raise ValueError(
            f"{kind}X has {len(rows)} rows and {kind}y has {len(wanted)} targets; they must be as many"
        )
    return rows, wanted


def shuffled(count: int, seed: int, epoch: int) -> list[int]:
    """The order of an epoch. It depends on seed and epoch alone, so that a resumed run has the same."""
    # random.shuffle's order, three times as fast: for most of the way the numbers drawn have as many bits.
    order = list(range(count))
    draw = random.Random(f"{seed}/{epoch}").getrandbits
    last = count - 1
    while last > 0:
        bits = (last + 1).bit_length()
        fewest = max(2 ** (bits - 1) - 1, 1)
        for i in range(last, fewest - 1, -1):
            j = draw(bits)
            while j > i:
                j = draw(bits)
            order[i], order[j] = order[j], order[i]
        last = fewest - 1
    return order


def _checked(data: Any, name: str) -> list[Any]:
    if hasattr(data, "to_numpy"):  # pandas, polars
        data = data.to_numpy()
    if hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise TypeError(f"{name} must be a sequence of samples, not {type(data).__name__}")
    if not hasattr(data, "__len__"):
        data = list(data)
    if data and _is_flat(data):
        return list(data)
    flat = [_is_flat(row) for row in data]
    rows = [
        list(row) if known else _plain(row, name, (i,))
        for i, (row, known) in enumerate(zip(data, flat, strict=True))
    ]
    if not rows:
        raise ValueError(f"{name} is empty: there are no samples")
    shape = _shape(rows[0], f"{name}[0]")
    for i, row in enumerate(rows):
        own = (len(row),) if flat[i] else _shape(row, f"{name}[{i}]")
        if own != shape:
            raise ValueError(
                f"{name} is ragged: row 0 has {_described(shape)} and row {i} has {_described(own)}"
            )
    return rows


def _is_flat(row: Any) -> bool:
    """Whether something is a list of finite floats, or of whole numbers, as most rows are."""
    if not isinstance(row, list | tuple):
        return False
    kinds = set(map(type, row))
    if kinds == {int}:
        return bool(min(row) > -_LARGE and max(row) < _LARGE)
    return kinds == {float} and (math.isfinite(sum(row)) or all(map(math.isfinite, row)))


_LARGE = 2**63
"""Whole numbers below it fit into a float, and into NumPy's; others are looked at one by one."""


def _plain(row: Any, name: str, where: tuple[int, ...]) -> Any:
    if hasattr(row, "tolist"):
        row = row.tolist()
    if isinstance(row, (list, tuple)):
        if _is_flat(row):
            return list(row)
        return [_plain(inner, name, (*where, j)) for j, inner in enumerate(row)]
    place = name + "".join(f"[{i}]" for i in where)
    number = _number(row, place)
    if not math.isfinite(number):
        sample, *columns = where
        column = f", column {columns[0]}" if columns else ""
        raise ValueError(f"{place} is {number} (row {sample}{column}); data must be finite")
    return number


def _number(x: Any, place: str) -> float:
    number = x if type(x) is float else real(x, place)
    return int(x) if hasattr(x, "__index__") else number


def _shape(row: Any, place: str) -> tuple[int, ...]:
    if not isinstance(row, list):
        return ()
    if set(map(type, row)) in ({float}, {int}):
        return (len(row),)
    shapes = {_shape(inner, place) for inner in row}
    if len(shapes) > 1:
        raise ValueError(f"{place} is ragged: its parts differ in shape")
    return (len(row), *(shapes.pop() if shapes else ()))


def _described(shape: tuple[int, ...]) -> str:
    if not shape:
        return "one number"
    if len(shape) == 1:
        return f"{shape[0]} number" + ("s" if shape[0] != 1 else "")
    return f"the shape {shape}"
