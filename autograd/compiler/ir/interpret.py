"""What the compiler's structures mean, in a few lines each: the oracle of the passes that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ops import ROWS
from .program import View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .program import Instruction, Program
    from .scalar import ScalarGraph


def interpret_scalar(graph: ScalarGraph, arguments: Sequence[float]) -> list[float]:
    """The results of a scalar graph, one operation after the other.

    Args:
        graph: the graph; its parameters' data is read now.
        arguments: a number for each argument.

    >>> from autograd.compiler.stages import simplified
    >>> interpret_scalar(simplified(lambda x, y: (x + 2.0) * y, 1.0, 1.0), [3.0, 4.0])
    [20.0]
    """
    numbers = [*arguments, *(parameter.data for parameter in graph.parameters)]
    start = graph.leaves
    for i, (row, ids) in enumerate(
        zip(graph.primitives[start:], graph.operands[start:], strict=True), start
    ):
        numbers.append(
            graph.constants[i] if row is None else row.forward(*[numbers[x] for x in ids])
        )
    return [numbers[i] for i in graph.outputs]


def interpret_program(
    program: Program, shared: Sequence[float], lanes: Any = None, seed: float = 1.0
) -> list[list[Any]]:
    """The results of an array program, one instruction after the other, each by the rules of its primitive.

    Args:
        program: the program.
        shared: a number for each leaf that all lanes share.
        lanes: an array (lanes, arguments) of the leaves that differ from lane to lane; None if there are no lanes.
        seed: the cotangent to begin with, where the program asks for one.

    Returns:
        For each group of results their numbers: arrays (numbers,), or (numbers, lanes) of what has lanes.
    """
    import numpy as np

    count = 1 if lanes is None else len(lanes)
    once, lane = np.zeros(program.once), np.zeros((program.lanes, count))
    rows = np.zeros((program.rows, count))
    memory = [once, lane, rows, np.array(program.constants)]
    once[: program.given] = shared
    if lanes is not None:
        rows[: np.shape(lanes)[1]] = np.transpose(lanes)
    for ones in program.ones:
        memory[ones.arena][ones.positions] = 1.0
    if program.lane_count is not None:
        once[program.lane_count] = count
    if program.seed is not None:
        once[program.seed] = seed

    def read(operand: View | float, broadcast: bool = False) -> Any:
        """The numbers of an operand; its lanes, if it has any, are the last axis."""
        if not isinstance(operand, View):
            return np.array(operand)
        buffer = memory[operand.arena]
        found = buffer[operand.positions].reshape((*operand.shape, *buffer.shape[1:]))
        return found[..., None] if broadcast and not operand.laned else found

    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            op, out, operands, detail = instruction
            if op == "take":
                (source,) = operands
                assert isinstance(source, View)
                found = memory[source.arena][detail]
            elif op in _MEANINGS:
                found = _MEANINGS[op](instruction, *map(read, operands))
            else:
                sides = [read(x, broadcast=out.laned) for x in operands]
                found = np.vectorize(_FORWARD[op], otypes=[float])(*sides)
            buffer, writes = memory[out.arena], instruction.writes
            if op not in {"take", "scatter"}:
                found = np.broadcast_to(found, (*out.shape, *buffer.shape[1:]))
            buffer[writes] = found.reshape((len(writes), *buffer.shape[1:]))
    return [
        [np.array([x]) if isinstance(x, float) else memory[x.arena][x.positions] for x in group]
        for group in program.outputs
    ]


def _matmul(instruction: Instruction, a: Any, b: Any) -> Any:
    summed = all(isinstance(x, View) and x.laned for x in instruction.operands)  # over lanes
    return a @ (b.swapaxes(-1, -2) if summed else b)


def _without_absent(instruction: Instruction, a: Any, b: Any) -> Any:
    """A product whose terms are 0 where the first factor is not there, in every lane."""
    import numpy as np

    there = instruction.detail
    a, b = [x if x.ndim > there.ndim else x[..., None] for x in (a, b)]
    terms = a[..., :, :, None, :] * b[..., None, :, :, :]
    found = np.where(there[..., :, :, None, None], terms, 0.0).sum(axis=-3)
    return found if instruction.out.laned else found[..., 0]


def _reduce(instruction: Instruction, x: Any) -> Any:
    kind, axes = instruction.detail
    first = len(instruction.out.shape)
    return _reduction(kind).reduce(x, axis=tuple(range(first, first + axes)))


def _accumulate(instruction: Instruction, x: Any) -> Any:
    return _reduction(instruction.detail).accumulate(x, axis=len(instruction.out.shape) - 1)


def _ragged(instruction: Instruction, x: Any) -> Any:
    kind, starts = instruction.detail
    return _reduction(kind).reduceat(x, starts, axis=0)


def _reduction(kind: str) -> Any:
    import numpy as np

    return getattr(np, kind)


_MEANINGS: dict[str, Callable[..., Any]] = {
    "scatter": lambda instruction, x: x,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "ragged": _ragged,
    "over_lanes": lambda instruction, x: x.sum(axis=-1),
    "matmul": _matmul,
    "absent": _without_absent,
    "lanewise": _without_absent,
    "vecdot": lambda instruction, a, b: a @ b,
}
"""What the instructions do that are no elementwise primitives; lanes are the last axis."""
_FORWARD = {name: row.forward for name, row in ROWS.items()} | {"copy": lambda x: x}
