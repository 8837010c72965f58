"""Stage 4, reroll: find the operations that can be done together, and an order to do them in.

Every operation gets a *signature*: its primitive, the classes of its operands, and the primitives that
produced them. (Not their signatures: what is different about the ends of a row would then be different about
their neighbours a step later, and so on inwards.) Operations of one signature are one group if they can be
done at one time. An agenda decides that time: of the signatures with something ready, the one whose remaining operations are on
average farthest from the end comes first, and all of it that is ready goes at once. (Distance from the
end, not from the start: counted from the start, work that nobody waits for splits every step of a recurrence.)
"""

from __future__ import annotations

import heapq
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .. import primitives as p
from . import conditions as c
from .flatten import COMPUTED, LANED, LANED_INPUT, PARAMETER, RARE, stands_for

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..primitives import Primitive
    from .flatten import Flat


class Group(NamedTuple):
    """Operations that are done together."""

    row: Primitive
    nodes: list[int]
    """Their ids, in the order in which their results are stored."""
    laned: bool
    active: bool
    """Whether they need a cotangent."""
    masked: bool
    """Whether their cotangent may be absent: all their uses are under the branch of a ``where``."""
    matrix: bool
    """Whether they are a matrix product: the nodes are then sorted by activation tuple, and each tuple meets
    the same rows."""
    products: list[int] | None = None
    """For a matrix product that takes in the biases added to it, the ids of its dots; ``nodes`` are the sums."""
    biases: list[int] | None = None
    """The leaves that are added to them."""


class Schedule(NamedTuple):
    """Groups in the order in which they are to be done."""

    flat: Flat
    groups: list[Group]
    active: bytearray
    """For each id, whether it needs a cotangent."""

    def __str__(self) -> str:
        lines = []
        for group in self.groups:
            marks = [
                name
                for name, on in (
                    ("laned", group.laned),
                    ("active", group.active),
                    ("masked", group.masked),
                    ("matrix", group.matrix),
                )
                if on
            ]
            lines.append(f"{len(group.nodes)} x {group.row.name} ({', '.join(marks)})")
        return "\n".join(lines)


_NO_PARTIAL = frozenset(
    {c.lt, c.le, c.equal, c.isnan, c.both, c.either, c.negation, c.detach, c.largest}
)


def needs(flat: Flat, wanted: Collection[int]) -> tuple[bytearray, bytearray]:
    """Which ids need a cotangent, and which have it only under the branch of a ``where``.

    Args:
        flat: the graph; its first output is what is differentiated.
        wanted: the leaves to differentiate by.
    """
    graph = flat.graph
    size = len(graph.operands)
    active = bytearray(size)
    masked = bytearray(b"\1") * size
    if not wanted:
        return active, masked
    for i in wanted:
        active[i] = 1
    primitives, operands = graph.primitives, graph.operands
    for identity in range(graph.leaves, size):
        if primitives[identity] in _NO_PARTIAL:
            continue
        ids = operands[identity]
        for i in ids[1:] if primitives[identity] is p.where else ids:
            if i >= 0 and active[i]:
                active[identity] = 1
                break
    reached = bytearray(size)
    root = graph.outputs[0]
    if root >= 0:
        reached[root] = 1
        masked[root] = 0
    for identity in range(size - 1, graph.leaves - 1, -1):
        if not (reached[identity] and active[identity]):
            active[identity] = 0
            continue
        ids = operands[identity]
        if primitives[identity] is p.where:
            for i in ids[1:]:
                if i >= 0:
                    reached[i] = 1
            continue
        plain = not masked[identity]
        for i in ids:
            if i >= 0:
                reached[i] = 1
                if plain:
                    masked[i] = 0
    for i in range(graph.leaves):
        masked[i] = 0
    return active, masked


def _matrices(flat: Flat) -> dict[int, tuple[int, int, int]]:
    """For dots that are rows of one matrix product, what tells the matrix: the first weight of its first row, the
    step from row to row, and the number of rows.

    Dots of parameters that share an activation tuple are sorted by their first weight and cut into runs at the
    commonest step; a read-out that shares its tuple with the recurrent matrix is so told apart from it.
    """
    graph, classes, _ = flat
    by_tuple: dict[tuple[int, ...], list[int]] = {}
    for identity in range(graph.leaves, len(graph.operands)):
        if graph.primitives[identity] is p.dot:
            ids = graph.operands[identity]
            half = len(ids) // 2
            if ids[0] >= 0 and classes[ids[0]] == PARAMETER and ids[half] >= 0:
                by_tuple.setdefault(ids[half:], []).append(identity)
    found = {}
    first = graph.operands
    for nodes in by_tuple.values():
        if len(nodes) < SMALLEST_MATRIX:
            continue
        nodes.sort(key=lambda node: first[node][0])
        steps = [first[b][0] - first[a][0] for a, b in pairwise(nodes)]
        modal = max(set(steps), key=steps.count)
        run = [nodes[0]]
        for node, step in zip([*nodes[1:], -1], [*steps, -1], strict=True):
            if step == modal:
                run.append(node)
                continue
            if len(run) >= SMALLEST_MATRIX:
                found.update(dict.fromkeys(run, (first[run[0]][0], modal, len(run))))
            run = [node]
    return found


SMALLEST_MATRIX = 8
"""The fewest rows that make a matrix of its own."""


def _signatures(
    flat: Flat, active: bytearray, masked: bytearray, matrices: dict[int, tuple[int, int, int]]
) -> tuple[list[int], dict[_Key, int]]:
    """The signature of every id, as a number, leaves having none (-1), and what the numbers mean.

    The rows of a matrix are known by the matrix and not by who produced what they are multiplied by, so that
    all steps of a recurrence have the same signatures.
    """
    graph, classes, mixed = flat
    known: dict[_Key, int] = {}
    found = [-1] * graph.leaves
    primitives, operands, leaves = graph.primitives, graph.operands, graph.leaves
    # A set of primitives is a number with their bits.
    bits: dict[Primitive | None, int] = {}
    made_by = [0] * leaves
    for identity in range(leaves, len(operands)):
        row = primitives[identity]
        ids = operands[identity]
        count = len(ids)
        shape: object
        if identity in mixed and (row is p.dot or row is p.sum_):
            shape = mixed[identity] if row is p.dot else mixed[identity][0]
        elif row is p.dot:
            a, b = ids[0], ids[count // 2]
            shape = (classes[a] if a >= 0 else 0, classes[b] if b >= 0 else 0)
        elif row is p.sum_ or row is p.logsumexp or row is c.largest:
            shape = classes[ids[0]]
        elif count <= 3:
            shape = tuple([classes[i] if i >= 0 else 0 for i in ids])
            if row is p.pow_ and ids[1] < 0:
                shape = (shape, ids[1])
        else:
            shape = (count, classes[ids[0]])
        producers = 0
        if identity in matrices:
            shape = (shape, matrices[identity])
        else:
            for i in ids:
                if i >= leaves:
                    producers |= made_by[i]
        bit = bits.get(row)
        if bit is None:
            bit = bits[row] = 1 << len(bits)
        made_by.append(bit)
        state = active[identity] + 2 * masked[identity] + 4 * (classes[identity] >= LANED_INPUT)
        key = (row, shape, state, producers)
        number = known.get(key)
        if number is None:
            number = known[key] = len(known)
        found.append(number)
    return found, known


_Key = tuple["Primitive | None", object, int, int]
"""What makes a signature: the primitive, the classes of the operands, the state, and the primitives of the
producers, a bit each."""


def _unified(
    known: dict[_Key, int], found: list[int], leaves: int, loose: bool
) -> list[int] | None:
    """Signatures with the rare ones, where they differ in leaves only, taken for the common ones; None if there are
    none.

    The ends of a row are such: a leaf or a constant stands there for what is computed elsewhere.

    Args:
        known: what the signatures mean.
        found: the signature of every id.
        leaves: how many ids are leaves.
        loose: whether other primitives may have produced the operands, as where adding 0 was dropped.
    """
    alike: dict[tuple[object, ...], list[_Key]] = {}
    for key in known:
        row, shape, state, _ = key
        if isinstance(shape, tuple) and all(type(k) is int for k in shape) and row is not p.dot:
            alike.setdefault((row, len(shape), state), []).append(key)
    counts: Counter[int] | None = None
    renamed: dict[int, int] = {}
    for keys in alike.values():
        if len(keys) == 1:
            continue
        if counts is None:
            counts = Counter(found[leaves:])
        keys.sort(key=lambda key: -counts[known[key]])
        for index, key in enumerate(keys):
            least = RARE * counts[known[key]]
            found_common = [
                common
                for common in keys[:index]
                if counts[known[common]] >= least
                and known[common] not in renamed
                and _is_variant(key, common, loose)
            ]
            if found_common:
                nearest = min(found_common, key=lambda common: (common[3] ^ key[3]).bit_count())
                renamed[known[key]] = known[nearest]
    return [renamed.get(number, number) for number in found] if renamed else None


def _is_variant(key: _Key, common: _Key, loose: bool) -> bool:
    """Whether a signature is another one with leaves for some of what is computed there."""
    if not loose and key[3] & ~common[3]:
        return False
    return all(
        a == b or (a not in (COMPUTED, LANED) and stands_for(a, b))
        for a, b in zip(key[1], common[1], strict=True)  # type: ignore[call-overload]
    )


def reroll(flat: Flat, wanted: Collection[int] = ()) -> Schedule:
    """Group and schedule.

    Args:
        flat: a flattened graph.
        wanted: the leaves to differentiate by, if the first output is to be differentiated.
    """
    graph = flat.graph
    active, masked = needs(flat, wanted)
    agenda = _Agenda(flat)
    signatures, known = _signatures(flat, active, masked, {})
    batches = agenda.batches(signatures)
    if len(batches) > FEW:
        matrices = _matrices(flat)
        if matrices:
            others, known_others = _signatures(flat, active, masked, matrices)
            found = agenda.batches(others)
            if len(found) <= len(batches):
                batches, signatures, known = found, others, known_others
        batches = _fewer(agenda, batches, signatures, known)
    groups = []
    for nodes in batches:
        first = nodes[0]
        row = graph.primitives[first]
        assert row is not None
        laned = flat.classes[first] >= LANED_INPUT
        is_active = bool(active[first])
        is_masked = is_active and bool(masked[first])
        matrix = None if is_masked or row is not p.dot else _tuple_major(flat, nodes)
        groups.append(Group(row, matrix or nodes, laned, is_active, is_masked, matrix is not None))
    return Schedule(flat, groups, active)


def _fewer(
    agenda: _Agenda, batches: list[list[int]], signatures: list[int], known: dict[_Key, int]
) -> list[list[int]]:
    """The same operations in fewer lists, if there is another way."""
    enough = NEAR * max(agenda.height)
    for variants in (None, False, True):
        if len(batches) <= enough:
            break
        others = (
            signatures if variants is None else _unified(known, signatures, agenda.leaves, variants)
        )
        if others is None:
            continue
        spared = 1 if variants is None else SPARED
        for urgent in (False, True) if variants is not None else (True,):
            found = agenda.batches(others, urgent)
            if len(found) + spared <= len(batches):
                batches = found
    return batches


FEW = 30
"""How many groups are too few to look for another way."""
NEAR = 1.3
"""How many times as many groups as there are operations one after the other are as few as can be hoped for."""
SPARED = 4
"""How many groups have to be spared for operands to be put together from leaves and others."""


class _Agenda:
    """What tells when an operation can be done, and how soon it should."""

    def __init__(self, flat: Flat) -> None:
        graph = flat.graph
        self.leaves, self.size = leaves, size = graph.leaves, len(graph.operands)
        operands = graph.operands
        self.height = height = [0] * size
        """How far each id is from the end."""
        self.users: list[list[int]] = [[] for _ in range(size)]
        self.waiting = [0] * size
        """For how many others each id waits."""
        users, waiting = self.users, self.waiting
        for identity in range(size - 1, leaves - 1, -1):
            above = height[identity] + 1
            inner = {i for i in operands[identity] if i >= leaves}
            waiting[identity] = len(inner)
            for i in inner:
                users[i].append(identity)
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
        count = max(signatures, default=-1) + 1
        remaining, total = [0] * count, [0] * count
        top = [-1] * count
        ready: list[list[int]] = [[] for _ in range(count)]
        for identity in range(self.leaves, self.size):
            s = signatures[identity]
            remaining[s] += 1
            total[s] += height[identity]
            if not waiting[identity]:
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


def _tuple_major(flat: Flat, nodes: list[int]) -> list[int] | None:
    """The nodes of a group of dots by activation tuple, if each tuple meets the same rows of weights."""
    operands = flat.graph.operands
    classes = flat.classes
    plain = next((node for node in nodes if node not in flat.mixed), None)
    if plain is None:
        return None
    first = operands[plain]
    half = len(first) // 2
    a, b = first[0], first[half]
    if a >= 0 and classes[a] >= LANED_INPUT:
        return None
    if len(nodes) == 1 and (b < 0 or classes[b] < LANED_INPUT):
        return None
    swap = data_first(flat, nodes)
    by_tuple: dict[tuple[int, ...], list[int]] = {}
    for node in nodes:
        ids = operands[node]
        if len(ids) != 2 * half:
            return None
        key = ids[:half] if swap else ids[half:]
        found = by_tuple.get(key)
        if found is None:
            found = by_tuple[key] = []
        found.append(node)
    rows = None
    for found in by_tuple.values():
        if swap:
            weights = [operands[node][half:] for node in found]
        else:
            weights = [operands[node][:half] for node in found]
        if rows is None:
            rows = weights
        elif rows != weights:
            return None
    return [node for found in by_tuple.values() for node in found]


def data_first(flat: Flat, nodes: Sequence[int]) -> bool:
    """Whether the activations of a group of dots are its first factors: data recorded as constants, which
    flatten puts first, against leaves that all lanes share."""
    plain = next((node for node in nodes if node not in flat.mixed), nodes[0])
    ids = flat.graph.operands[plain]
    a, b = ids[0], ids[len(ids) // 2]
    return a < 0 <= b < flat.graph.leaves and flat.classes[b] < LANED_INPUT
