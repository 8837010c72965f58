"""Samples on their way into training: plain lists of numbers, checked before anything starts."""

from __future__ import annotations

import math
import random
from typing import Any

from autograd.reals import real


def samples(X: Any, name: str) -> list[Any]:
    """The inputs of many samples as plain lists of floats.

    Args:
        X: a list of rows, an array, a data frame; a row may be a number or nested further.
        name: what to call it in messages.

    Raises:
        TypeError: if it is no sequence of numbers.
        ValueError: if it is empty, rows differ in shape, or a number is nan or infinite.
    """
    return _checked(X, name, _as_float)


def targets(y: Any, name: str) -> list[Any]:
    """The targets of many samples as plain numbers or lists; whole numbers stay whole (they are classes).

    Raises:
        TypeError, ValueError: as :func:`samples`.
    """
    return _checked(y, name, _as_number)


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


def _checked(data: Any, name: str, convert: Any) -> list[Any]:
    if hasattr(data, "to_numpy"):  # pandas, polars
        data = data.to_numpy()
    if hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise TypeError(f"{name} must be a sequence of samples, not {type(data).__name__}")
    if not hasattr(data, "__len__"):
        data = list(data)
    kinds = set(map(type, data))
    plain = kinds == {float} or (kinds == {int} and convert is _as_number)
    if plain and all(map(math.isfinite, data)):
        return list(data)
    flat = [_is_flat(row) for row in data]
    rows = [
        list(row) if known else _plain(row, name, (i,), convert)
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
    """Whether something is a list of finite floats, as most rows are."""
    return (
        isinstance(row, list | tuple)
        and set(map(type, row)) == {float}
        and (math.isfinite(sum(row)) or all(map(math.isfinite, row)))
    )


def _plain(row: Any, name: str, where: tuple[int, ...], convert: Any) -> Any:
    if hasattr(row, "tolist"):
        row = row.tolist()
    if isinstance(row, (list, tuple)):
        if _is_flat(row):
            return list(row)
        return [_plain(inner, name, (*where, j), convert) for j, inner in enumerate(row)]
    place = name + "".join(f"[{i}]" for i in where)
    number = convert(row, place)
    if not math.isfinite(number):
        sample, *columns = where
        column = f", column {columns[0]}" if columns else ""
        raise ValueError(f"{place} is {number} (row {sample}{column}); data must be finite")
    return number


def _as_float(x: Any, place: str) -> float:
    return x if type(x) is float else real(x, place)


def _as_number(x: Any, place: str) -> float:
    if isinstance(x, str):
        raise TypeError(f"{place} is the str {x[:40]!r}; number the classes 0, 1, ...")
    return int(x) if isinstance(x, int) else _as_float(x, place)


def _shape(row: Any, place: str) -> tuple[int, ...]:
    if not isinstance(row, list):
        return ()
    if set(map(type, row)) == {float}:
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
