"""Where elements stand: an arena and a position for each, and copies of those that are needed in another arena."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ir.program import LANES, ONCE, ROWS

if TYPE_CHECKING:
    from ..ir.array import ArrayGraph

    Array = Any

NOWHERE = -1
"""The arena of a constant, which stands wherever it is needed."""


class Places:
    """The arena and the position of every element of a graph.

    Args:
        graph: the graph.

    Attributes:
        arena: of each element; NOWHERE for constants and for what no value has.
        position: of each element.
        given: how many positions of ONCE are leaves; these come first.
        rows: how many leaves differ from lane to lane.
        once: how many positions of ONCE are taken.
        lanes: how many of LANES.
    """

    def __init__(self, graph: ArrayGraph) -> None:
        import numpy as np

        self.arena = np.full(graph.size, NOWHERE)
        self.position = np.zeros(graph.size, dtype=np.int64)
        self.given = self.rows = 0
        self.seed: int | None = None
        self.lane_count: int | None = None
        for value in graph.values:
            if value.op == "input":  # those that all lanes share stand in the order of their ids
                span = slice(value.base, value.stop)
                self.arena[span] = ROWS if value.batched else ONCE
                self.position[span] = np.arange(value.size)
                if value.batched:
                    self.rows = value.size
                else:
                    self.given = value.size
        self.once, self.lanes = self.given, 0

    def reserve(self, arena: int, count: int) -> int:
        """The first of new positions side by side."""
        if arena == ONCE:
            start = self.once
            self.once += count
        else:
            start = self.lanes
            self.lanes += count
        return start


def side_by_side(graph: ArrayGraph) -> Places:
    """Every value at a place of its own, its elements one after the other.

    Args:
        graph: a legal graph.
    """
    import numpy as np

    places = Places(graph)
    for value in graph.values:
        if value.op == "input":
            continue
        arena = LANES if value.batched else ONCE
        start = places.reserve(arena, value.size)
        span = slice(value.base, value.stop)
        places.arena[span] = arena
        places.position[span] = np.arange(start, start + value.size)
        if value.op == "seed":
            places.seed = start
        elif value.op == "lanes":
            places.lane_count = start
    return places
