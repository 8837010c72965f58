"""Rows that are no kernel, put together from those that are.

They stay whole until derivatives are written, whose rules know more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import primitives as p
from ...primitives import Primitive
from ..ir.ops import KERNELS
from .tape import Tape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ir.array import ArrayGraph, Elements, Operand, Value


def legalize(graph: ArrayGraph) -> ArrayGraph:
    """The same graph, in which every mapped row is a kernel.

    Args:
        graph: an array graph.
    """
    if all(map(is_legal, graph.values)):
        return graph
    copy = Copy(graph)
    for value in graph.values:
        args = [x if isinstance(x, float) else copy.of(x) for x in value.args]
        if isinstance(value.op, Primitive) and not (is_legal(value) and copy.is_alike(value, args)):
            found = copy.tape.filled(copy.tape.rule(value.op, args, value.size), value.size)
        else:
            shape, detail = value.shape, value.detail
            found = copy.tape.append(value.op, tuple(args), shape, value.batched, False, detail)
        copy.put(value.elements, found)
    return copy.graph()


def is_legal(value: Value) -> bool:
    """Whether an operation stays as it is."""
    op = value.op
    return isinstance(op, str) or (op in KERNELS and op is not p.relu and op is not p.pow_)


class Copy:
    """A tape on which a graph is written anew, and where its elements went."""

    def __init__(self, graph: ArrayGraph) -> None:
        self.tape = tape = Tape()
        tape.doubtful = graph.doubtful
        self.old = graph
        self.went = tape.np.full(graph.size, -1)
        for element, number in graph.numbers.items():
            absent = element == graph.absent
            self.went[element] = tape.absent_element() if absent else tape.constant_element(number)

    def of(self, elements: Elements) -> Elements:
        """The new elements of old ones."""
        return self.went[elements]

    def is_alike(self, value: Value, args: Sequence[Operand]) -> bool:
        """Whether no operand of a mapped row has become one constant, with which the row might be folded."""
        known = [isinstance(x, float) for x in value.args]
        return known == [isinstance(self.tape.operand(x), float) for x in args]

    def put(self, elements: Elements, found: Operand) -> None:
        """Say where old elements went."""
        self.went[elements.ravel()] = self.tape.filled(found, elements.size).ravel()

    def graph(self) -> ArrayGraph:
        """What was written, with the results of the old graph."""
        return self.tape.graph(self.of(self.old.outputs), self.of(self.old.gradients))
