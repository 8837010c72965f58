"""Where elements stand: an arena and a position for each, and copies of those that are needed elsewhere too.

What stands somewhere has an *id*: an element's is the element, and further ids are *ghosts*, copies of elements that stand beside
other numbers, so that an operand is a strided view of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ir.program import LANES, ONCE, ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ir.array import ArrayGraph, Elements

    Array = Any
    Ids = Any

NOWHERE = -1
"""The arena of a constant, which stands wherever it is needed."""


class Places:
    """The arena and the position of every id.

    Args:
        graph: the graph.

    Attributes:
        arena: of each id; NOWHERE for constants and for what no value has.
        position: of each id.
        source: of each id the element that it is, or is a copy of.
        count: how many ids there are; the columns may be longer, until they are trimmed.
        given: how many positions of ONCE are leaves; these come first.
        rows: how many positions ROWS has, leaves and ones after them.
        sizes: how many positions of ONCE and LANES are taken.
        operands: the ids of operands, by value and argument, where ghosts are among them.
    """

    def __init__(self, graph: ArrayGraph) -> None:
        import numpy as np

        self.np = np
        self.graph = graph
        self.arena = np.full(graph.size, NOWHERE)
        self.position = np.zeros(graph.size, dtype=np.int64)
        self.source = np.arange(graph.size)
        self.count = graph.size
        self.owner = np.full(graph.size, -1)
        """Of each element the index of its value."""
        self.given = self.rows = 0
        self.seed: int | None = None
        self.lane_count: int | None = None
        self.operands: dict[tuple[int, int], Ids] = {}
        for index, value in enumerate(graph.values):
            span = slice(value.base, value.stop)
            self.owner[span] = index
            self.arena[span] = LANES if value.batched else ONCE
            if value.op == "input":  # those that all lanes share stand in the order of their ids
                self.arena[span] = ROWS if value.batched else ONCE
                self.position[span] = np.arange(value.size)
                if value.batched:
                    self.rows = value.size
                else:
                    self.given = value.size
        self.sizes = {ONCE: self.given, LANES: 0}

    def reserve(self, arena: int, count: int) -> int:
        """The first of new positions side by side."""
        start = self.sizes[arena]
        self.sizes[arena] += count
        return start

    def ids(self, index: int, argument: int, elements: Elements) -> Ids:
        """The ids of an operand, whose elements are given."""
        return self.operands.get((index, argument), elements)

    def ghosts(self) -> Ids:
        """The ids of all copies."""
        return self.np.arange(self.graph.size, self.count)

    def copied(self, elements: Sequence[int], arena: int) -> Ids:
        """The ids of new copies of elements, whose positions are to be set."""
        np, start = self.np, self.count
        self.count += len(elements)
        more = self.count - len(self.source)
        if more > 0:  # and room for as many as there are, as copies come by the dozen
            new = np.zeros(more + self.count - self.graph.size, np.int64)
            self.source = np.append(self.source, new)
            self.arena = np.append(self.arena, np.full(len(new), NOWHERE))
            self.position = np.append(self.position, new)
        self.source[start : self.count], self.arena[start : self.count] = elements, arena
        return np.arange(start, self.count)

    def trim(self) -> None:
        """Cut the columns to the ids there are."""
        for name in ("source", "arena", "position"):
            setattr(self, name, getattr(self, name)[: self.count])

    def is_early(self, element: int) -> bool:
        """Whether an element is there before everything: a constant or a leaf."""
        owner = int(self.owner[element])
        return owner < 0 or self.graph.values[owner].op == "input"

    def number_given(self) -> None:
        """Note where the numbers stand that are set from outside."""
        for value in self.graph.values:
            if value.op == "seed":
                self.seed = int(self.position[value.base])
            elif value.op == "lanes":
                self.lane_count = int(self.position[value.base])


def side_by_side(graph: ArrayGraph) -> Places:
    """Every value at a place of its own, its elements one after the other.

    Args:
        graph: a legal graph.
    """
    places = Places(graph)
    for value in graph.values:
        if value.op != "input":
            start = places.reserve(LANES if value.batched else ONCE, value.size)
            places.position[value.base : value.stop] = places.np.arange(start, start + value.size)
    places.number_given()
    return places
