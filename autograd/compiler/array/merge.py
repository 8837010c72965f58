"""Independent operations that are alike become one: list scheduling of the values of a graph.

The derivative of a recurrence has the same few operations in each step, most of which wait for nothing but the values. All
that are ready are done at once, and which kind comes next is decided by how far from the end its members are, on average or
at most: the way that makes fewer operations is taken. What the results need comes before what only derivatives do.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from ...primitives import Primitive
from .legalize import Copy
from .tape import distinct

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..ir.array import ArrayGraph, Value

MOST = 256
"""How many elements an operation has at most, to be worth doing with others: in larger ones, starting is no cost."""


def merge(graph: ArrayGraph, apart: Collection[int] = ()) -> ArrayGraph:
    """The same graph with fewer operations.

    Args:
        graph: a legal graph.
        apart: the indices of values that are to stay by themselves.
    """
    return _Merger(graph, apart).run()


class _Merger:
    def __init__(self, graph: ArrayGraph, apart: Collection[int]) -> None:
        import numpy as np

        self.np = np
        self.graph = graph
        self.apart = frozenset(apart)
        owner = np.full(graph.size, -1)
        for index, value in enumerate(graph.values):
            owner[value.base : value.stop] = index
        self.needs = [
            {i for x in value.reads for i in distinct(np, owner[x]) if i >= 0}
            for value in graph.values
        ]
        results = set(distinct(np, owner[graph.outputs]))
        forward = [i in results for i in range(len(graph.values))]
        for index in range(len(graph.values) - 1, -1, -1):
            if forward[index]:
                for i in self.needs[index]:
                    forward[i] = True
        self.forward = forward
        """Whether each value is one that the results need."""
        self.leaves = [value.op in {"input", "lanes", "seed"} for value in graph.values]
        self.owner = owner
        count = len(graph.values)
        self.height = [0] * count
        """How many operations wait for each value, one after the other."""
        self.users: list[list[int]] = [[] for _ in range(count)]
        self.awaited = [0] * count
        """How many operations each value waits for."""
        for index in range(count - 1, -1, -1):
            for i in self.needs[index]:
                self.height[i] = max(self.height[i], self.height[index] + 1)
                self.users[i].append(index)
                self.awaited[index] += not self.leaves[i]
        self.kinds = [self.kind(i) for i in range(count)]

    def run(self) -> ArrayGraph:
        copy = Copy(self.graph)
        values = self.graph.values
        for index, leaf in enumerate(self.leaves):
            if leaf:
                self.copied(copy, values[index])
        for members in min(self.order(False), self.order(True), key=len):
            if len(members) == 1:
                self.copied(copy, values[members[0]])
            else:
                self.joined(copy, [values[i] for i in members])
        return copy.graph()

    def copied(self, copy: Copy, value: Value) -> None:
        """Write a value as it is."""
        args = tuple([x if isinstance(x, float) else copy.of(x) for x in value.args])
        shape, detail = value.shape, value.detail
        found = copy.tape.append(value.op, args, shape, value.batched, False, detail)
        copy.put(value.elements, found)

    def joined(self, copy: Copy, values: Sequence[Value]) -> None:
        """Write values as one, side by side."""
        first = values[0]
        args = []
        for column in zip(*[value.args for value in values], strict=True):
            parts = [x for x in column if not isinstance(x, float)]
            args.append(column[0] if not parts else copy.of(self.np.concatenate(parts)))
        elements = self.np.concatenate([value.elements for value in values])
        shape = (len(elements),)
        found = copy.tape.append(first.op, tuple(args), shape, first.batched, False)
        copy.put(elements, found)

    def kind(self, index: int) -> Any:
        """What values must have in common to be done together."""
        value = self.graph.values[index]
        if not isinstance(value.op, Primitive) or value.size > MOST or index in self.apart:
            return index
        args = [x if isinstance(x, float) else self.origin(x) for x in value.args]
        return self.forward[index], value.op, value.size, value.batched, *map(str, args)

    def origin(self, elements: Any) -> str:
        """Whether elements are constants, leaves or computed."""
        owner = int(self.owner[elements[0]])
        if owner < 0:
            return "constants"
        return "leaves" if self.leaves[owner] else "values"

    def order(self, urgent: bool) -> list[list[int]]:
        """The indices of values to be done together, in an order in which that can be.

        Args:
            urgent: whether the kind comes next whose farthest ready member is farthest from the end, rather than the
                one whose remaining members are on average.
        """
        height, users, kinds = self.height, self.users, self.kinds
        waiting = self.awaited.copy()
        total: dict[Any, int] = {}
        remaining: dict[Any, int] = {}
        ready: dict[Any, list[int]] = {}
        for index, kind in enumerate(kinds):
            if self.leaves[index]:
                continue
            total[kind] = total.get(kind, 0) + height[index]
            remaining[kind] = remaining.get(kind, 0) + 1
            if not waiting[index]:
                ready.setdefault(kind, []).append(index)

        def key(kind: Any) -> tuple[bool, float, int, Any]:
            first = min(ready[kind])
            far = max(height[i] for i in ready[kind]) if urgent else total[kind] / remaining[kind]
            return not self.forward[first], -far, first, kind

        heap = [key(kind) for kind in ready]
        heapq.heapify(heap)
        found = []
        while heap:
            *before, kind = heapq.heappop(heap)
            if not ready.get(kind) or key(kind)[:3] != tuple(before):  # done, or changed
                continue
            members = sorted(ready.pop(kind))
            found.append(members)
            touched = {kind}
            for index in members:
                total[kind] -= height[index]
                remaining[kind] -= 1
                for user in users[index]:
                    waiting[user] -= 1
                    if not waiting[user]:
                        ready.setdefault(kinds[user], []).append(user)
                        touched.add(kinds[user])
            for other in touched:
                if ready.get(other):
                    heapq.heappush(heap, key(other))
        return found
