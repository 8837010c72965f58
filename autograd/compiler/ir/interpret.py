"""What the compiler's structures mean, in a few lines each: the oracle of the passes that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
