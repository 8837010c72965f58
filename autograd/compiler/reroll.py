"""Stage 4, reroll: find the operations that can be done together, and an order to do them in.

Every operation gets a signature (:mod:`.signatures`); operations of one signature are one group if they can be
done at one time, which an agenda decides (:mod:`.agenda`). Where that makes more groups than seems needed, other
signatures and other orders are tried, and the fewest groups are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .. import primitives as p
from .agenda import Agenda
from .derivative import may_be_absent
from .ir.ops import hands_nothing_on
from .ir.scalar import BATCHED, CONST, INPUT, PARAM
from .scans import scans_of
from .signatures import matrices_of, signatures_of, unified

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from autograd.drawing.model import Graph, Options

    from ..primitives import Primitive
    from .flatten import Flat
    from .scans import Scan
    from .signatures import Key


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
    scans: list[Scan] | None = None
    """Those that they are; ``nodes`` are the operations of one after the other."""

    def __str__(self) -> str:
        names = "laned", "active", "masked", "matrix", "scans"
        marks = ", ".join(name for name in names if getattr(self, name))
        return f"{len(self.nodes)} x {self.row.name}" + (f" ({marks})" if marks else "")


class Schedule(NamedTuple):
    """Groups in the order in which they are to be done."""

    flat: Flat
    groups: list[Group]
    active: bytearray
    """For each id, whether it needs a cotangent."""
    exact: bool = False
    """Whether a cotangent that is absent is told from one that is 0, behind flat pieces too."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.groups))

    def _drawing(self, options: Options) -> Graph:
        """The groups, for ``autograd.draw``."""
        from .diagram import schedule_diagram

        return schedule_diagram(self, options)


def needs(flat: Flat, wanted: Collection[int], exact: bool = False) -> tuple[bytearray, bytearray]:
    """Which ids need a cotangent, and which have it only under the branch of a ``where``.

    Args:
        flat: the graph; its first output is what is differentiated.
        wanted: the leaves to differentiate by.
        exact: whether pieces of ``maximum`` and the like are to count as branches.
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
        if hands_nothing_on(primitives[identity]):
            continue
        ids = operands[identity]
        for i in ids[1:] if primitives[identity] is p.where else ids:
            if active[i]:
                active[identity] = 1
                break
    reached = bytearray(size)
    root = graph.outputs[0]
    reached[root] = 1
    masked[root] = 0
    for identity in range(size - 1, graph.leaves - 1, -1):
        if not (reached[identity] and active[identity]):
            active[identity] = 0
            continue
        ids = operands[identity]
        row = primitives[identity]
        if row is p.where:
            for i in ids[1:]:
                reached[i] = 1
            continue
        plain = not masked[identity] and not (exact and may_be_absent(row))
        for i in ids:
            reached[i] = 1
            if plain:
                masked[i] = 0
    for i in range(graph.leaves):
        masked[i] = 0
    return active, masked


def reroll(flat: Flat, wanted: Collection[int] = (), exact: bool = False) -> Schedule:
    """Group and schedule.

    Args:
        flat: a flattened graph.
        wanted: the leaves to differentiate by, if the first output is to be differentiated.
        exact: whether what is absent is to be told from 0; see :mod:`.masked`.
    """
    graph = flat.graph
    active, masked = needs(flat, wanted, exact)
    scans = scans_of(flat, active, masked)
    agenda = Agenda(flat, scans)
    signatures, known = signatures_of(flat, active, masked, {}, scans)
    batches = agenda.batches(signatures)
    if scans and sum(map(len, batches)) < len(agenda.nodes):  # which wait for one another
        scans = {}
        agenda = Agenda(flat, scans)
        signatures, known = signatures_of(flat, active, masked, {})
        batches = agenda.batches(signatures)
    if len(batches) > FEW:
        matrices = matrices_of(flat)
        if matrices:
            others, known_others = signatures_of(flat, active, masked, matrices, scans)
            found = agenda.batches(others)
            if len(found) <= len(batches):
                batches, signatures, known = found, others, known_others
        batches = _fewer(agenda, batches, signatures, known)
    groups = []
    for nodes in batches:
        first = nodes[0]
        row = graph.primitives[first]
        assert row is not None
        laned = graph.roles[first] >= BATCHED
        is_active = bool(active[first])
        is_masked = is_active and bool(masked[first])
        matrix = None if is_masked or row is not p.dot else _tuple_major(flat, nodes)
        own = [scans[node] for node in nodes if node in scans] or None
        groups.append(
            Group(row, matrix or nodes, laned, is_active, is_masked, matrix is not None, own)
        )
    return Schedule(flat, groups, active, exact)


def _fewer(
    agenda: Agenda, batches: list[list[int]], signatures: list[int], known: dict[Key, int]
) -> list[list[int]]:
    """The same operations in fewer lists, if there is another way."""
    enough = NEAR * max(agenda.height)
    ways: list[tuple[list[int], bool]] = []
    if len(batches) > enough:
        merged = [unified(known, signatures, loose) for loose in (False, True)]
        ways = [
            (found, urgent) for urgent in (False, True) for found in merged if found is not None
        ]
        ways.append((signatures, True))
    for way, urgent in ways:
        found = agenda.batches(way, urgent)
        if len(found) + (SPARED if way is not signatures else 1) <= len(batches):
            batches = found
        if len(batches) <= enough:
            break
    return batches


FEW = 30
"""How many groups are too few to look for another way."""
NEAR = 1.2
"""How many times as many groups as there are operations one after the other are as few as can be hoped for."""
SPARED = 4
"""How many groups have to be spared for operands to be put together from leaves and others."""


def _tuple_major(flat: Flat, nodes: list[int]) -> list[int] | None:
    """The nodes of a group of dots by activation tuple, if each tuple meets the same rows of weights."""
    operands, roles = flat.graph.operands, flat.graph.roles
    plain = next((node for node in nodes if node not in flat.mixed), None)
    if plain is None:
        return None
    first = operands[plain]
    half = len(first) // 2
    if roles[first[0]] >= BATCHED or (len(nodes) == 1 and roles[first[half]] < BATCHED):
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
    roles = flat.graph.roles
    return roles[ids[0]] == CONST and roles[ids[len(ids) // 2]] in (PARAM, INPUT)
