"""Rows that are no kernel, put together from those that are.

They stay whole until derivatives are written, whose rules know more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...primitives import Primitive
from .tape import Tape

if TYPE_CHECKING:
    from ..ir.array import ArrayGraph, Elements, Operand


def legalize(graph: ArrayGraph) -> ArrayGraph:
    """The same graph, in which every mapped row is a kernel.

    Args:
        graph: an array graph.
    """
    copy = Copy(graph)
    for value in graph.values:
        args = [x if isinstance(x, float) else copy.of(x) for x in value.args]
        if isinstance(value.op, Primitive):
            found = copy.tape.filled(copy.tape.rule(value.op, args, value.size), value.size)
        else:
            shape, detail = value.shape, value.detail
            found = copy.tape.append(value.op, tuple(args), shape, value.batched, False, detail)
        copy.put(value.elements, found)
    return copy.graph()


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

    def put(self, elements: Elements, found: Operand) -> None:
        """Say where old elements went."""
        self.went[elements.ravel()] = self.tape.filled(found, elements.size).ravel()

    def graph(self) -> ArrayGraph:
        """What was written, with the results of the old graph."""
        return self.tape.graph(self.of(self.old.outputs), self.of(self.old.gradients))
