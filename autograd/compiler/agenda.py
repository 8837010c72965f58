"""Stage 4, agenda: when operations are done.

All operations of one signature that are ready go at once; which signature comes next is decided by how far its
operations are from the end. (Distance from the end, not from the start: counted from the start, work that nobody
waits for splits every step of a recurrence.)
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flatten import Flat
    from .scans import Scan


class Agenda:
    """What tells when an operation can be done, and how soon it should."""

    def __init__(self, flat: Flat, scans: dict[int, Scan]) -> None:
        graph = flat.graph
        size, operands, primitives = len(graph.operands), graph.operands, graph.primitives
        self.nodes = [i for i, row in enumerate(primitives) if row is not None]
        """The operations."""
        self.height = height = [0] * size
        """How far each id is from the end."""
        self.users: list[list[int]] = [[] for _ in range(size)]
        self.waiting = [0] * size
        """For how many others each id waits."""
        self.scans = scans
        self.head = head = {node: first for first, scan in scans.items() for node in scan.nodes}
        """The first operations of scans, by all of theirs."""
        users, waiting = self.users, self.waiting
        for identity in reversed(self.nodes):
            above = height[identity] + 1
            inner = {i for i in operands[identity] if primitives[i] is not None}
            first = head.get(identity, identity)  # a scan is done as its first operation is
            waits = inner if first == identity else [i for i in inner if head.get(i) != first]
            waiting[first] += len(waits)
            for i in waits:
                users[i].append(first)
            for i in inner:
                if height[i] < above:  # noqa: PLR1730 (a call of max costs more)
                    height[i] = above

    def batches(self, signatures: list[int], urgent: bool = False) -> list[list[int]]:
        """Lists of ids of one signature, in an order in which they can be done.

        Args:
            signatures: of every id.
            urgent: whether the signature comes first whose farthest ready operation is farthest from the end,
                rather than the one whose remaining operations are on average.
        """
        height, users, waiting = self.height, self.users, self.waiting[:]
        head, scans = self.head, self.scans
        count = max(signatures, default=-1) + 1
        remaining, total = [0] * count, [0] * count
        top = [-1] * count
        ready: list[list[int]] = [[] for _ in range(count)]
        for identity in self.nodes:
            s = signatures[identity]
            remaining[s] += 1
            total[s] += height[identity]
            if not waiting[identity] and head.get(identity, identity) == identity:
                ready[s].append(identity)
                top[s] = max(top[s], height[identity])

        def key(s: int) -> float:
            return -top[s] if urgent else -total[s] / remaining[s]

        heap = [(key(s), s) for s in range(count) if ready[s]]
        heapq.heapify(heap)
        batches = []
        while heap:
            _, s = heapq.heappop(heap)
            if not ready[s]:  # done under a better key
                continue
            nodes, ready[s] = sorted(ready[s]), []
            if nodes[0] in scans:
                nodes = [node for first in nodes for node in scans[first].nodes]
            remaining[s] -= len(nodes)
            top[s] = -1
            batches.append(nodes)
            touched = set()
            for identity in nodes:
                total[s] -= height[identity]
                for user in users[identity]:
                    waiting[user] -= 1
                    if not waiting[user]:
                        t = signatures[user]
                        if not ready[t]:
                            touched.add(t)
                        ready[t].append(user)
                        if urgent and height[user] > top[t]:
                            top[t] = height[user]
                            touched.add(t)
            for t in touched:
                heapq.heappush(heap, (key(t), t))
        return batches
