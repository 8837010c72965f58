"""Clusters: what lies rigidly together, and moves as a whole.

Each value begins as a cluster of its own, in which its elements lie one after the other. Where several clusters are moved so that
elements of theirs lie in some pattern, they become one. What does not fit the pattern has copies in it, which move with the rest from
then on.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..ir.program import ONCE
from .affine import nest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..ir.array import ArrayGraph
    from .places import Places

    Array = Any
    Ids = Any

GIVEN = {"input", "lanes", "seed"}
"""What stands where it is set from outside."""
_DENSE = {"contract", "reduce", "accumulate", "segment"}
"""What is written side by side."""


class Layer(NamedTuple):
    """A cluster to be moved: the offsets that its ids get, and whether they are others among themselves than before."""

    cluster: int
    ids: Ids
    offsets: Array
    anew: bool


class Clusters:
    """The cluster of each id, and where in it it lies.

    Args:
        graph: a legal graph.
        places: of its elements; their positions follow the clusters, far from one another.

    Attributes:
        cluster: of each id.
        offset: of each id in its cluster.
        movable: of each id, whether it has a cluster that moves.
        values: by cluster the indices of the values in it.
        anew: the values whose elements do not lie one after the other any more.
    """

    def __init__(self, graph: ArrayGraph, places: Places) -> None:
        self.graph = graph
        self.places = places
        self.np = np = places.np
        self.cluster = places.owner.copy()
        self.offset = np.zeros(graph.size, dtype=np.int64)
        self.movable = np.zeros(graph.size, dtype=bool)
        self.values: dict[int, list[int]] = {}
        self._members: dict[int, Ids] = {}
        self._merged: set[int] = set()
        self.anew: set[int] = set()
        rng = np.random.default_rng(0)
        gaps = rng.integers(1 << 30, 1 << 40, size=len(graph.values))
        self._bases = gaps.cumsum().tolist()  # in the order in which they will stand
        for index, value in enumerate(graph.values):
            if value.op not in GIVEN:
                span = slice(value.base, value.stop)
                self.offset[span] = np.arange(value.size)
                self.movable[span] = True
                self.values[index] = [index]
                self._members[index] = np.arange(value.base, value.stop)
                places.position[span] = self._bases[index] + self.offset[span]

    # --- what could be moved -----------------------------------------------------------------

    def fitted(self, line: Ids, wanted: Array, arena: int) -> tuple[list[Layer], Array] | None:
        """How to move the clusters of an arena so that ids are at wanted offsets, each by what suits most of its ids.

        Returns:
            The clusters to be moved, and which of the ids do not fit; None if nothing can be moved.
        """
        np = self.np
        mine = self.cluster[line]
        movable = self.movable[line] & (self.places.arena[line] == arena)
        misfit = ~movable
        shifts = wanted - self.offset[line]
        counts = Counter(mine[movable].tolist())
        layers: list[Layer] = []
        taken: set[int] = set()
        for cluster, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            here = movable if count == len(line) else movable & (mine == cluster)
            steps, ids, offsets = shifts[here], self._members[cluster], None
            best = int(steps[0])
            if (steps != best).any():
                offsets = self._laid_anew(cluster, line[here], wanted[here])
                if offsets is None:
                    best = commonest(steps)
                    misfit |= here & (shifts != best)
            moved = self.offset[ids] + best if offsets is None else offsets
            spots = moved.tolist() if len(counts) > 1 else ()
            if taken.isdisjoint(spots):
                taken.update(spots)
                layers.append(Layer(cluster, ids, moved, offsets is not None))
            else:
                misfit |= here
        return (layers, np.flatnonzero(misfit)) if layers else None

    def _laid_anew(self, cluster: int, line: Ids, wanted: Array) -> Array | None:
        """New offsets for a value that nothing depends on yet and that a line covers once; None if there are none."""
        np, ids = self.np, self._members[cluster]
        if cluster in self._merged or len(ids) != len(line) or not distinct(line):
            return None
        offsets = np.empty(len(ids), np.int64)
        offsets[line - ids[0]] = wanted
        dense = self.graph.values[cluster].op in _DENSE
        if (dense and (np.diff(offsets) != 1).any()) or not distinct(offsets):
            return None
        return offsets if nest(offsets[None]) is not None else None

    # --- moving ------------------------------------------------------------------------------

    def move(
        self, layers: Sequence[Layer], arena: int, copies: Sequence[tuple[int, int]]
    ) -> Callable[[], None]:
        """Make one cluster of several, with copies of elements in it.

        Args:
            layers: the clusters.
            arena: theirs.
            copies: an offset and an element each; their ids are the next ones.

        Returns:
            What undoes it.
        """
        np, places = self.np, self.places
        clusters = sorted(layer.cluster for layer in layers)
        first = clusters[0]
        ids = np.concatenate([layer.ids for layer in layers])
        offsets = np.concatenate([layer.offsets for layer in layers])
        before = self.cluster[ids], self.offset[ids], places.position[ids]
        members = {cluster: self._members.pop(cluster) for cluster in clusters}
        values = {cluster: self.values.pop(cluster) for cluster in clusters}
        new = set(clusters) - self._merged
        anew = {layer.cluster for layer in layers if layer.anew}
        count = places.count
        everyone, everywhere = ids, offsets
        if copies:
            copied = self.copied([element for _, element in copies], arena)
            everyone = np.concatenate([ids, copied])
            everywhere = np.concatenate([offsets, [offset for offset, _ in copies]])
        self._merged |= new
        self.anew |= anew
        self._members[first] = everyone
        self.values[first] = [index for cluster in clusters for index in values[cluster]]
        self.cluster[everyone], self.offset[everyone] = first, everywhere
        places.position[everyone] = self._bases[first] + everywhere

        def undo() -> None:
            del self._members[first], self.values[first]
            self._members.update(members)
            self.values.update(values)
            self.cluster[ids], self.offset[ids], places.position[ids] = before
            self._merged.difference_update(new)
            self.anew.difference_update(anew)
            places.count = count

        return undo

    def copied(self, elements: Sequence[int], arena: int) -> Ids:
        """The ids of new copies, which belong to no cluster yet."""
        ids = self.places.copied(elements, arena)
        more = len(self.places.source) - len(self.cluster)
        if more > 0:
            np = self.np
            self.cluster = np.append(self.cluster, np.zeros(more, self.cluster.dtype))
            self.offset = np.append(self.offset, np.zeros(more, self.offset.dtype))
            self.movable = np.append(self.movable, np.zeros(more, bool))
        self.cluster[ids] = -1
        return ids

    def settle(self) -> None:
        """Give the clusters places of their own."""
        places = self.places
        for _, ids in sorted(self._members.items()):
            offsets = self.offset[ids]
            low = int(offsets.min())
            start = places.reserve(int(places.arena[ids[0]]), int(offsets.max()) - low + 1)
            places.position[ids] = start - low + offsets
        for value in self.graph.values:
            if value.op in {"lanes", "seed"}:
                places.position[value.base] = places.reserve(ONCE, 1)
        places.number_given()
        places.trim()


def distinct(numbers: Array) -> bool:
    """Whether no two of some numbers are equal."""
    ordered = numbers.copy()
    ordered.sort()
    return bool((ordered[1:] != ordered[:-1]).all())


def commonest(numbers: Array) -> int:
    """The number that comes most often, of several the least."""
    counts: Counter[int] = Counter(numbers.tolist())
    return min(counts, key=lambda number: (-counts[number], number))
