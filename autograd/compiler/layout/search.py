"""Placement: values that operands put side by side are laid side by side, where that spares instructions.

A *request* is an operand that is no strided view though its operation takes more than one instruction. It can be made one by
laying the clusters of its elements (:mod:`.clusters`) in some pattern (:mod:`.patterns`); the few elements that cannot be laid there
are copied: constants before everything, leaves once a call, and what is computed after it is. What counts is what all operations
that this touches cost, by their own emission; a pattern is kept if that is less.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..ir.program import LANES, ONCE
from .affine import nest
from .clusters import GIVEN, Clusters, distinct
from .costs import Costs
from .ones import with_ones
from .patterns import patterns
from .places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..ir.array import ArrayGraph
    from .clusters import Layer

    Array = Any
    Ids = Any
    Use = tuple[int, int]
    """An operand: the index of the value, and which argument."""

LARGE = 20_000
"""Operands of more numbers are left as they are: copying them is no longer what costs."""
FEWEST_GHOSTS = 16
"""How many copies an operand may have in any case; else a quarter of it."""
PATIENCE = 2
"""How often what looks the same may fail before it is not tried again: the steps of a loop look alike."""
LONG_PATIENCE = 4
"""How often in a row what is of one kind may fail: the steps of a loop that grows look nearly alike."""


def placed(graph: ArrayGraph) -> Places:
    """Places for which a graph takes few instructions.

    Args:
        graph: a legal graph.
    """
    return Search(graph).run()


class Search:
    """The places of a graph, the better ones that were found so far.

    Args:
        graph: a legal graph.
    """

    def __init__(self, graph: ArrayGraph) -> None:
        self.graph = graph
        self.places = places = Places(graph)
        self.np = np = places.np
        self.clusters = Clusters(graph, places)
        self.elements: dict[Use, Ids] = {}
        self.owners: dict[Use, list[int]] = {}
        """Of operands the values that they are of, and -1 for constants, ascending."""
        self.users: list[set[int]] = [set() for _ in graph.values]
        self.met: list[Ids] = []
        """Of each value the first elements of those that it looks at, and of its own."""
        for index, value in enumerate(graph.values):
            met = {index}
            for argument, x in enumerate(value.args):
                if not isinstance(x, float):
                    owners = places.owner[x].ravel()
                    alone = bool((owners == owners[0]).all())
                    found = [int(owners[0])] if alone else np.unique(owners).tolist()
                    self.elements[index, argument] = x
                    self.owners[index, argument] = found
                    met.update(found)
            met.discard(-1)
            for owner in met:
                self.users[owner].add(index)
            self.met.append(np.array([graph.values[i].base for i in met]))
        self.costs = Costs(graph, self.clusters, self.owners)
        self.winners: dict[Any, int] = {}
        """Which pattern spared instructions, by what requests look like."""
        self.late: Counter[int] = Counter()
        """How many copies there are of what a value computes."""

    # --- requests ----------------------------------------------------------------------------

    def run(self) -> Places:
        """The places that were found."""
        with_ones(self.clusters, self.elements)
        failures: Counter[Any] = Counter()
        requests = self.requests()
        together = {use: uses for uses in requests for use in uses}
        for uses in requests:
            waiting = self.waiting(uses)
            if not waiting:
                continue
            looks = self.looks(waiting[0], len(waiting))
            kind = looks[:-1]
            if failures[looks] >= PATIENCE or failures[kind] >= LONG_PATIENCE:
                continue
            if self.tried(waiting, together, looks):
                failures[kind] = 0
            else:
                failures[looks] += 1
                failures[kind] += 1
        self.clusters.settle()
        return self.places

    def waiting(self, uses: list[Use]) -> list[Use]:
        """Those of some uses whose operation takes more than one instruction."""
        return [use for use in uses if self.costs[use[0]] > 1]

    def requests(self) -> list[list[Use]]:
        """Operands to be made views, those of most users and the largest first."""
        found: dict[Any, list[Use]] = {}
        for use, elements in self.elements.items():
            if elements.size > LARGE or use in self.places.operands:
                continue
            if not self.clusters.movable[elements].any() or self.costs[use[0]] <= 1:
                continue
            if len(self.owners[use]) == 1:
                line = self.places.position[elements.ravel()]
                if nest(line[None]) is not None:
                    continue
            found.setdefault((elements.shape, elements.tobytes()), []).append(use)
        return sorted(
            found.values(),
            key=lambda uses: (-len(uses), -int(self.elements[uses[0]].size), uses[0]),
        )

    def looks(self, use: Use, users: int) -> Any:
        """What a request looks like: its operation, and where its elements are in which values."""
        np, elements, values = self.np, self.elements[use].ravel(), self.graph.values
        owners = self.owners[use]
        names = tuple(values[i].name if i >= 0 else "" for i in owners)
        which = np.searchsorted(owners, self.places.owner[elements])
        bases = np.array([values[i].base if i >= 0 else 0 for i in owners])
        inside = elements - bases[which]
        if owners[0] < 0:
            inside[which == 0] = 0
        return values[use[0]].name, use[1], names, (users, (which * (1 << 32) + inside).tobytes())

    def tried(self, uses: list[Use], together: dict[Use, list[Use]], looks: Any) -> bool:
        """Lay the elements of an operand in a pattern that spares instructions, if there is one.

        Copies that one operand needs may spare as much as they take, and less than that where another operand of the
        operation needs them too: the two neighbours of all points of a ring.

        Args:
            uses: of the same elements.
            together: the uses of the elements of each use.
            looks: what the request looks like: what served another like it is tried first.
        """
        wanted = list(self.patterns(uses[0]))
        order = list(range(len(wanted)))
        winner = self.winners.get(looks, 0)
        order.sort(key=lambda i: i != winner)
        for i in order:
            found = self.attempt(wanted[i], uses)
            if found is None:
                continue
            delta, undo = found
            if delta < 0 or (delta == 0 and self.helped(uses[0], together)):
                self.winners[looks] = i
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
        """The offsets that the elements of an operand are to be tried at, each once."""
        clusters, elements = self.clusters, self.elements[use]
        line, seen = elements.ravel(), set()
        lies = clusters.cluster[line], clusters.offset[line], clusters.movable[line]
        for wanted in patterns(elements, *lies):
            name = wanted.tobytes()
            if name not in seen:
                seen.add(name)
                yield wanted

    # --- an attempt --------------------------------------------------------------------------

    def attempt(self, wanted: Array, uses: list[Use]) -> tuple[int, Callable[[], None]] | None:
        """Lay an operand's elements at wanted offsets: how much more that costs, and what undoes it; None if
        it cannot be."""
        places, clusters = self.places, self.clusters
        elements = self.elements[uses[0]]
        line = elements.ravel()
        arena = LANES if (places.arena[line] >= LANES).any() else ONCE
        found = clusters.fitted(line, wanted, arena)
        if found is None:
            return None
        layers, misfits = found
        if len(misfits) > max(FEWEST_GHOSTS, len(line) // 4):
            return None
        late = [int(places.owner[x]) for x in line[misfits].tolist() if not places.is_early(x)]
        if any(self.graph.values[owner].op in GIVEN for owner in late):
            return None
        ghosts = self.ghosts(line, wanted, misfits, layers)
        copies = [key for key, ghost in ghosts.items() if ghost >= places.count]
        if not self.apart(layers, [offset for offset, _ in copies]):
            return None
        touched = self.touched(layers, uses)
        before = {index: self.costs[index] for index in touched}
        copied = Counter(int(places.owner[x]) for _, x in copies if not places.is_early(x))
        fills = sum(not self.late[owner] for owner in copied)
        unmoved = clusters.move(layers, arena, copies)
        self.late.update(copied)
        operand = line.copy()
        for at in misfits.tolist():
            operand[at] = ghosts[int(wanted[at]), int(line[at])]
        operands = {use: places.operands.get(use) for use in uses}
        places.operands.update(dict.fromkeys(uses, operand.reshape(elements.shape)))
        self.costs.measure(touched)

        def undo() -> None:
            for use, old in operands.items():
                if old is None:
                    del places.operands[use]
                else:
                    places.operands[use] = old
            self.costs.now.update(before)
            self.late.subtract(copied)
            unmoved()

        return sum(self.costs[index] - before[index] for index in touched) + fills, undo

    def ghosts(
        self, line: Ids, wanted: Array, misfits: Array, layers: list[Layer]
    ) -> dict[tuple[int, int], int]:
        """By offset and element the copies that misfits need: those there are, and new ones, numbered from the next id on."""
        places, size = self.places, self.graph.size
        found: dict[tuple[int, int], int] = {}
        if not len(misfits):
            return found
        for layer in layers:
            old = layer.ids >= size
            ids = layer.ids[old]
            keys = zip(layer.offsets[old].tolist(), places.source[ids].tolist(), strict=True)
            found.update(zip(keys, ids.tolist(), strict=True))
        new = places.count
        for key in zip(wanted[misfits].tolist(), line[misfits].tolist(), strict=True):
            if key not in found:
                found[key] = new
                new += 1
        return found

    def apart(self, layers: list[Layer], copies: list[int]) -> bool:
        """Whether no two numbers would have one place, and not too many places none."""
        offsets = self.np.concatenate([*(layer.offsets for layer in layers), copies])
        if self.np.ptp(offsets) > 2 * len(offsets) + 64:
            return False
        return not copies or distinct(offsets)

    def touched(self, layers: list[Layer], uses: list[Use]) -> set[int]:
        """The values whose cost may change with where some clusters are: those that look at several of them, or at one
        that is laid anew."""
        clusters = self.clusters
        anew = {layer.cluster for layer in layers if layer.anew}
        chosen = {layer.cluster for layer in layers}
        found = {index for index, _ in uses}
        users: set[int] = set()
        for cluster in chosen:
            users.update(*(self.users[index] for index in clusters.values[cluster]))
        for user in users - found:
            met = chosen.intersection(clusters.cluster[self.met[user]].tolist())
            if len(met) > 1 or met & anew:
                found.add(user)
        return found
