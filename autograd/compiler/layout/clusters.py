"""Placement: values that operands put side by side are laid side by side, where that spares instructions.

Each value begins as a *cluster* of its own, which may be moved as a whole. A *request* is an operand that is no strided view
though its operation takes more than one instruction. It can be made one by laying the clusters of its elements in some
pattern; the few elements that cannot be laid there are copied (:class:`.places.Places`): constants before everything, leaves once
a call, and what is computed after it is. What counts is what all operations that this touches cost, by their own emission; a
pattern is kept if that is less.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..emit.emit import Emitter
from ..ir.program import LANES, ONCE, ROWS
from .affine import nest
from .patterns import patterns
from .places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..ir.array import ArrayGraph

    Array = Any
    Ids = Any
    Use = tuple[int, int]
    """An operand: the index of the value, and which argument."""

LARGE = 20_000
"""Operands of more numbers are left as they are: copying them is no longer what costs."""
FEWEST_GHOSTS = 16
"""How many copies an operand may have in any case; else a quarter of it."""
PATIENCE = 3
"""How often what looks the same may fail before it is not tried again: the steps of a loop look alike."""
_DENSE = {"contract", "reduce", "accumulate", "segment"}
"""What is written side by side."""


class _Layer(NamedTuple):
    """Some ids at offsets of a cluster."""

    ids: Ids
    offsets: Array


def placed(graph: ArrayGraph) -> Places:
    """Places for which a graph takes few instructions.

    Args:
        graph: a legal graph.
    """
    return _Search(graph).run()


class _Search:
    def __init__(self, graph: ArrayGraph) -> None:
        self.graph = graph
        self.places = places = Places(graph)
        self.np = np = places.np
        self.emitter = Emitter(graph, places)
        self.rng = np.random.default_rng(0)
        self.cluster = places.owner.copy()
        self.offset = np.zeros(graph.size, dtype=np.int64)
        self.movable = np.zeros(graph.size, dtype=bool)
        self.members: dict[int, Ids] = {}
        self.bases = self.rng.integers(1 << 30, 1 << 40, size=len(graph.values)).tolist()
        self.merged: set[int] = set()
        self.elements: dict[Use, Ids] = {}
        self.owners: dict[Use, list[int]] = {}
        self.users: list[set[int]] = [set() for _ in graph.values]
        for index, value in enumerate(graph.values):
            self.users[index].add(index)
            if value.op not in {"input", "lanes", "seed"}:
                ids = value.elements.ravel()
                self.offset[ids] = np.arange(value.size)
                places.position[ids] = self.bases[index] + self.offset[ids]
                self.movable[ids] = True
                self.members[index] = ids
            for argument, x in enumerate(value.args):
                if not isinstance(x, float):
                    owners = np.unique(places.owner[x])
                    self.elements[index, argument] = x
                    self.owners[index, argument] = owners[owners >= 0].tolist()
                    for owner in self.owners[index, argument]:
                        self.users[owner].add(index)
        self.costs: dict[int, int] = {}

    def cost(self, index: int) -> int:
        """What the instructions of a value cost now."""
        if index not in self.costs:
            leaf = self.graph.values[index].op in {"input", "lanes", "seed"}
            self.costs[index] = 0 if leaf else self.emitter.cost(index)
        return self.costs[index]

    def run(self) -> Places:
        self.with_ones()
        failures: Counter[Any] = Counter()
        requests = self.requests()
        together = {use: uses for uses in requests for use in uses}
        for uses in requests:
            waiting = self.waiting(uses)
            if not waiting:
                continue
            looks = self.looks(waiting[0], len(waiting))
            if failures[looks] < PATIENCE and not self.tried(waiting, together):
                failures[looks] += 1
        return self.settled()

    def waiting(self, uses: list[Use]) -> list[Use]:
        """Those of some uses whose operation takes more than one instruction."""
        return [use for use in uses if self.cost(use[0]) > 1]

    def requests(self) -> list[list[Use]]:
        """Operands to be made views, those of most users and the largest first."""
        np = self.np
        found: dict[Any, list[Use]] = {}
        for use, elements in self.elements.items():
            if elements.size > LARGE or use in self.places.operands:
                continue
            if not self.movable[elements].any() or self.cost(use[0]) <= 1:
                continue
            alone = (
                len({int(self.cluster[self.graph.values[i].base]) for i in self.owners[use]}) == 1
            )
            line = self.places.position[elements.ravel()]
            if alone and (self.places.owner[elements] >= 0).all() and nest(line[None]) is not None:
                continue
            found.setdefault((elements.shape, elements.tobytes()), []).append(use)
        return sorted(
            found.values(),
            key=lambda uses: (-len(uses), -int(np.size(self.elements[uses[0]])), uses[0]),
        )

    def looks(self, use: Use, users: int) -> Any:
        """What a request looks like: its operation, and where its elements are in which values, counted as they come."""
        np, elements = self.np, self.elements[use].ravel()
        owners = self.places.owner[elements]
        found, first, inverse = np.unique(owners, return_index=True, return_inverse=True)
        rank = np.empty(len(found), np.int64)
        rank[np.argsort(first)] = np.arange(len(found))
        bases = np.array([self.graph.values[i].base if i >= 0 else 0 for i in found.tolist()])
        names = tuple(
            self.graph.values[i].name if i >= 0 else "" for i in found[np.argsort(first)].tolist()
        )
        inside = np.where(owners >= 0, elements - bases[inverse], 0)
        value = self.graph.values[use[0]]
        return value.name, use[1], users, names, (rank[inverse] * (1 << 32) + inside).tobytes()

    def tried(self, uses: list[Use], together: dict[Use, list[Use]]) -> bool:
        """Lay the elements of an operand in a pattern that spares instructions, if there is one.

        Copies that one operand needs may spare as much as they take, and less than that where another operand of the
        operation needs them too: the two neighbours of all points of a ring.

        Args:
            uses: of the same elements.
            together: the uses of the elements of each use.
        """
        for wanted in self.patterns(uses[0]):
            found = self.attempt(wanted, uses)
            if found is None:
                continue
            delta, undo = found
            if delta < 0 or (delta == 0 and self.helped(uses[0], together)):
                return True
            undo()
        return False

    def helped(self, use: Use, together: dict[Use, list[Use]]) -> bool:
        """Whether another operand of an operation can be laid with a gain now."""
        index, argument = use
        for other in range(len(self.graph.values[index].args)):
            uses = self.waiting(together.get((index, other), [])) if other != argument else []
            for wanted in self.patterns(uses[0]) if uses else ():
                found = self.attempt(wanted, uses)
                if found is not None and found[0] < 0:
                    return True
                if found is not None:
                    found[1]()
        return False

    def patterns(self, use: Use) -> Iterator[Array]:
        """The offsets that the elements of an operand are to be tried at."""
        elements = self.elements[use]
        line = elements.ravel()
        return patterns(elements, self.cluster[line], self.offset[line], self.movable[line])

    # --- an attempt --------------------------------------------------------------------------

    def attempt(self, wanted: Array, uses: list[Use]) -> tuple[int, Callable[[], None]] | None:
        """Lay an operand's elements at wanted offsets: how much more that costs, and what undoes it; None if
        it cannot be."""
        np, places = self.np, self.places
        elements = self.elements[uses[0]]
        line = elements.ravel()
        batched = places.arena[line] >= LANES
        arena = LANES if batched.any() else ONCE
        found = self.layers(line, wanted, self.movable[line] & (places.arena[line] == arena))
        if found is None:
            return None
        layers, misfits = found
        if len(misfits) > max(FEWEST_GHOSTS, len(line) // 4):
            return None
        if any(
            self.graph.values[i].op in {"lanes", "seed"}
            for i in places.owner[line[misfits]]
            if i >= 0
        ):
            return None
        ids = np.concatenate([layer.ids for layer in layers])
        offsets = np.concatenate([layer.offsets for layer in layers])
        sources = places.source[ids]
        known = {
            (int(o), int(s)): int(i)
            for i, o, s in zip(ids, offsets, sources, strict=True)
            if i >= self.graph.size
        }
        operand = line.copy()
        ghosts: dict[tuple[int, int], int] = {}
        for at in misfits.tolist():
            key = int(wanted[at]), int(line[at])
            if key not in known:
                known[key] = ghosts[key] = len(places.source) + len(ghosts)
            operand[at] = known[key]
        if ghosts:
            ids = np.concatenate([ids, list(ghosts.values())])
            offsets = np.concatenate([offsets, [offset for offset, _ in ghosts]])
        if len(np.unique(offsets)) < len(offsets) or np.ptp(offsets) > 2 * len(offsets) + 64:
            return None
        clusters = sorted({int(self.cluster[layer.ids[0]]) for layer in layers})
        touched = self.touched(clusters, layers, uses)
        before = {index: self.cost(index) for index in touched}
        copied = {int(places.owner[x]) for _, x in ghosts if not places.is_early(x)}
        copied -= {
            int(x) for x in places.owner[places.source[places.ghosts()]]
        }  # with those there are
        unmoved = self.moved(clusters, ids, offsets, arena, [source for _, source in ghosts])
        operands = {use: places.operands.get(use) for use in uses}
        places.operands.update(dict.fromkeys(uses, operand.reshape(elements.shape)))
        self.costs.update({index: self.emitter.cost(index) for index in touched})

        def undo() -> None:
            for use, old in operands.items():
                if old is None:
                    del places.operands[use]
                else:
                    places.operands[use] = old
            self.costs.update(before)
            unmoved()

        delta = sum(self.costs[index] - before[index] for index in touched) + len(copied)
        return delta, undo

    def layers(self, line: Ids, wanted: Array, movable: Array) -> tuple[list[_Layer], Array] | None:
        """The clusters of a line moved to where its elements are wanted, and the places in the line of what does not
        fit; None if nothing can be moved."""
        np = self.np
        misfit = ~movable
        counts = Counter(self.cluster[line[movable]].tolist())
        layers: list[_Layer] = []
        taken: Array = np.zeros(0, np.int64)
        for cluster, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            where = np.flatnonzero(movable & (self.cluster == cluster)[line])
            ids = self.members[cluster]
            shifts = wanted[where] - self.offset[line[where]]
            offsets = None
            if (shifts != shifts[0]).any():
                offsets = self.laid_anew(cluster, ids, line[where], wanted[where])
            if offsets is None:
                values, times = np.unique(shifts, return_counts=True)
                best = int(values[times.argmax()])
                misfit[where[shifts != best]] = True
                offsets = self.offset[ids] + best
            if np.isin(offsets, taken).any():
                misfit[where] = True
                continue
            taken = np.concatenate([taken, offsets])
            layers.append(_Layer(ids, offsets))
        return (layers, np.flatnonzero(misfit)) if layers else None

    def laid_anew(self, cluster: int, ids: Ids, line: Ids, wanted: Array) -> Array | None:
        """New offsets for a value that nothing depends on yet and that a line covers once; None if there are none."""
        np = self.np
        if cluster in self.merged or len(ids) != len(line) or len(np.unique(line)) < len(line):
            return None
        if ids[-1] >= self.graph.size:
            return None
        offsets = np.empty(len(ids), np.int64)
        offsets[line - ids[0]] = wanted
        steps = np.diff(offsets)
        dense = self.graph.values[int(self.places.owner[ids[0]])].op in _DENSE
        if (dense and (steps != 1).any()) or len(np.unique(offsets)) < len(offsets):
            return None
        return offsets if nest(offsets[None]) is not None else None

    def touched(self, clusters: list[int], layers: list[_Layer], uses: list[Use]) -> set[int]:
        """The values whose cost may change with where some clusters are: those that look at several of them, or at one
        that is laid anew."""
        np, graph = self.np, self.graph
        shifts = {int(self.cluster[x.ids[0]]): x.offsets - self.offset[x.ids] for x in layers}
        anew = {cluster for cluster, shift in shifts.items() if (shift != shift[0]).any()}
        found = {index for index, _ in uses}
        chosen = set(clusters)
        for layer in layers:
            for owner in np.unique(self.places.owner[layer.ids[layer.ids < graph.size]]).tolist():
                for user in self.users[owner] - found:
                    arguments = range(len(graph.values[user].args))
                    owners = {x for j in arguments for x in self.owners.get((user, j), ())} | {user}
                    met = {int(self.cluster[graph.values[x].base]) for x in owners} & chosen
                    if len(met) > 1 or met & anew:
                        found.add(user)
        return found

    def moved(
        self, clusters: list[int], ids: Ids, offsets: Array, arena: int, sources: list[int]
    ) -> Any:
        """Make one cluster of several, with new ghosts; what undoes it."""
        np, places = self.np, self.places
        size, old = len(places.source), ids[ids < len(places.source)]
        before = self.cluster[old], self.offset[old], places.position[old]
        members = {cluster: self.members.pop(cluster) for cluster in clusters}
        merged, count = set(self.merged), len(sources)
        if count:
            places.source = np.concatenate([places.source, sources])
            places.arena = np.concatenate([places.arena, np.full(count, arena)])
            places.position = np.concatenate([places.position, np.zeros(count, np.int64)])
            self.cluster = np.concatenate([self.cluster, np.zeros(count, np.int64)])
            self.offset = np.concatenate([self.offset, np.zeros(count, np.int64)])
            self.movable = np.concatenate([self.movable, np.zeros(count, bool)])
        self.merged |= set(clusters)
        self.members[clusters[0]] = ids
        self.cluster[ids], self.offset[ids] = clusters[0], offsets
        places.position[ids] = self.bases[clusters[0]] + offsets

        def undo() -> None:
            del self.members[clusters[0]]
            self.members.update(members)
            self.cluster[old], self.offset[old], places.position[old] = before
            self.merged = merged
            for columns in (self, places):
                for name in ("cluster", "offset", "movable", "source", "arena", "position"):
                    column = getattr(columns, name, None)
                    if column is not None:
                        setattr(columns, name, column[:size])

        return undo

    # --- the ends ----------------------------------------------------------------------------

    def with_ones(self) -> None:
        """Let arguments of lanes that end with a 1 have it after them."""
        np, places = self.np, self.places
        ones = [x for x, number in self.graph.numbers.items() if number == 1.0]
        after = places.rows
        if not ones or not after:
            return
        ghost = -1
        for use, elements in self.elements.items():
            line = elements.ravel()
            if line[-1] != ones[0] or max(elements.shape) < len(line) or len(line) < 2:
                continue
            data = line[:-1]
            ends = places.position[data[-1]] == after - 1
            if ends and (places.arena[data] == ROWS).all():
                if ghost < 0:
                    ghost = len(places.source)
                    places.source = np.append(places.source, ones[0])
                    places.arena = np.append(places.arena, ROWS)
                    places.position = np.append(places.position, after)
                    self.cluster = np.append(self.cluster, -1)
                    self.offset = np.append(self.offset, 0)
                    self.movable = np.append(self.movable, False)
                    places.rows = after + 1
                places.operands[use] = np.append(data, ghost).reshape(elements.shape)
                self.costs.pop(use[0], None)

    def settled(self) -> Places:
        """The clusters at places of their own."""
        places = self.places
        for ids in self.members.values():
            offsets = self.offset[ids]
            low = int(offsets.min())
            start = places.reserve(int(places.arena[ids[0]]), int(offsets.max()) - low + 1)
            places.position[ids] = start - low + offsets
        for value in self.graph.values:
            if value.op in {"lanes", "seed"}:
                places.position[value.base] = places.reserve(ONCE, 1)
        places.number_given()
        return places
