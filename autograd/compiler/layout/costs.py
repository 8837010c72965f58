"""What values cost where their elements lie now.

A cost is told by emission, which takes long, and depends on little: the steps of a loop look alike, and most that is tried moves
what the operation looks at as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..emit.emit import Emitter
from .clusters import GIVEN
from .places import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..ir.array import ArrayGraph
    from .clusters import Clusters

    Ids = Any
    Use = tuple[int, int]
    """An operand: the index of the value, and which argument."""


class Costs:
    """What values cost.

    Args:
        graph: a legal graph.
        clusters: what its elements lie in.
        owners: of operands the values that they are of, and -1 for constants, ascending.

    Attributes:
        now: costs that are known, by the index of the value.
    """

    def __init__(
        self, graph: ArrayGraph, clusters: Clusters, owners: Mapping[Use, list[int]]
    ) -> None:
        self.graph = graph
        self.places = places = clusters.places
        self.np = places.np
        self.clusters = clusters
        self.owners = owners
        self.emitter = Emitter(graph, places)
        self.now: dict[int, int] = {}
        self._of_form: dict[Any, int] = {}

    def __getitem__(self, index: int) -> int:
        """What the instructions of a value cost now."""
        if index not in self.now:
            self.measure((index,))
        return self.now[index]

    def measure(self, indices: Iterable[int]) -> None:
        """Find out what values cost whose operands have moved."""
        for index in indices:
            self.now[index] = self._measured(index)

    def _measured(self, index: int) -> int:
        if self.graph.values[index].op in GIVEN:
            return 0
        form = self._form(index)
        if form not in self._of_form:
            self._of_form[form] = self.emitter.cost(index)
        return self._of_form[form]

    def _form(self, index: int) -> Any:
        """What the cost of a value depends on: how its results and operands lie in the clusters, and which operands are one."""
        value, places = self.graph.values[index], self.places
        kind = value.op if isinstance(value.op, str) else ""
        found: list[Any] = [kind, value.shape, value.batched]
        if kind == "contract":
            found.append(bool(value.detail))
            found += [(x == self.graph.absent).tobytes() for x in value.reads]
        firsts: dict[Any, int] = {}
        moved = self.clusters.anew | {-1}
        for argument, x in enumerate(value.args):
            if isinstance(x, float):
                found.append(None)
                continue
            ids, owners = places.ids(index, argument, x), self.owners[index, argument]
            if ids is x and len(owners) == 1 and owners[0] not in moved:
                first = int(x.flat[0])
                lies: Any = int(places.arena[first]), (x - first).tobytes()
                where: Any = int(places.position[first])
            else:
                lies, where = self._lies(ids.ravel())
            found += [x.shape, lies, firsts.setdefault(where, argument)]
        if index in self.clusters.anew:
            found.append(self._lies(value.elements.ravel())[0])
        return tuple(found)

    def _lies(self, line: Ids) -> tuple[Any, Any]:
        """How ids lie in their clusters, wherever these are; and where the first of each cluster lies."""
        np, places, clusters = self.np, self.places, self.clusters
        columns = places.arena, places.position, clusters.cluster
        arenas, positions, names = (column[line] for column in columns)
        arena, name = int(arenas[0]), int(names[0])
        if (names == name).all() and arena != NOWHERE:
            first = int(positions[0])
            return (arena, (positions - first).tobytes()), first
        positions = np.where(arenas == NOWHERE, -1 - line, positions)
        names, firsts, which = np.unique(names, return_index=True, return_inverse=True)
        moves = [name in clusters.values for name in names.tolist()]
        base = positions[firsts]
        positions = positions - np.where(moves, base, 0)[which]
        return (arenas.tobytes(), which.tobytes(), positions.tobytes()), base.tobytes()
