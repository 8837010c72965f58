"""Stage 4, signatures: what operations have to have in common to be done together.

A *signature* is a primitive, the roles of its operands, and the primitives that produced them. (Not their
signatures: what is different about the ends of a row would then be different about their neighbours a step later,
and so on inwards.)
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from .. import primitives as p
from . import conditions as c
from .flatten import RARE, stands_for
from .ir.scalar import BATCHED, COMPUTED, CONST, PARAM

if TYPE_CHECKING:
    from ..primitives import Primitive
    from .flatten import Flat
    from .scans import Scan


def matrices_of(flat: Flat) -> dict[int, tuple[int, int, int]]:
    """For dots that are rows of one matrix product, what tells the matrix: the first weight of its first row, the
    step from row to row, and the number of rows.

    Dots of parameters that share an activation tuple are sorted by their first weight and cut into runs at the
    commonest step; a read-out that shares its tuple with the recurrent matrix is so told apart from it.
    """
    graph = flat.graph
    roles = graph.roles
    by_tuple: dict[tuple[int, ...], list[int]] = {}
    for identity, row in enumerate(graph.primitives):
        if row is p.dot:
            ids = graph.operands[identity]
            half = len(ids) // 2
            if roles[ids[0]] == PARAM and roles[ids[half]] != CONST:
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


def signatures_of(
    flat: Flat,
    active: bytearray,
    masked: bytearray,
    matrices: dict[int, tuple[int, int, int]],
    scans: dict[int, Scan] | None = None,
) -> tuple[list[int], dict[Key, int]]:
    """The signature of every id, as a number, leaves and constants having none (-1), and what the numbers mean.

    The rows of a matrix are known by the matrix and not by who produced what they are multiplied by, so that
    all steps of a recurrence have the same signatures.
    """
    graph, mixed = flat
    roles = graph.roles
    known: dict[Key, int] = {}
    found = [-1] * graph.leaves
    primitives, operands, leaves = graph.primitives, graph.operands, graph.leaves
    # A set of primitives is a number with their bits.
    bits: dict[Primitive | None, int] = {}
    made_by = [0] * leaves
    head = {node: first for first, scan in (scans or {}).items() for node in scan.nodes}
    for identity in range(leaves, len(operands)):
        row = primitives[identity]
        if row is None:
            found.append(-1)
            made_by.append(0)
            continue
        ids = operands[identity]
        count = len(ids)
        shape: object
        first = head.get(identity)
        if first is not None and first != identity:
            found.append(found[first])
            made_by.append(made_by[first])
            continue
        if first is not None and scans:
            shape = ("scan", len(scans[first].nodes), roles[ids[0]], roles[ids[1]])
        elif identity in mixed and (row is p.dot or row is p.sum_):
            shape = mixed[identity] if row is p.dot else mixed[identity][0]
        elif row is p.dot:
            shape = (roles[ids[0]], roles[ids[count // 2]])
        elif row is p.sum_ or row is p.logsumexp or row is c.largest:
            shape = roles[ids[0]]
        elif count <= 3:
            shape = tuple([roles[i] for i in ids])
            if row is p.pow_ and roles[ids[1]] == CONST:
                shape = (shape, ids[1])
        else:
            shape = (count, (roles[ids[0]],))
        producers = 0
        if identity in matrices:
            shape = (shape, matrices[identity])
        elif first is None:
            for i in ids:
                producers |= made_by[i]
        bit = bits.get(row)
        if bit is None:
            bit = bits[row] = 1 << len(bits)
        made_by.append(bit)
        state = active[identity] + 2 * masked[identity] + (roles[identity] & BATCHED)
        key = (row, shape, state, producers)
        number = known.get(key)
        if number is None:
            number = known[key] = len(known)
        found.append(number)
    return found, known


Key = tuple["Primitive | None", object, int, int]
"""What makes a signature: the primitive, the roles of the operands, the state, and the primitives of the
producers, a bit each."""


def unified(known: dict[Key, int], found: list[int], loose: bool) -> list[int] | None:
    """Signatures with the rare ones, where they differ in leaves only, taken for the common ones; None if there are
    none.

    The ends of a row are such: a leaf or a constant stands there for what is computed elsewhere.

    Args:
        known: what the signatures mean.
        found: the signature of every id.
        loose: whether other primitives may have produced the operands, as where adding 0 was dropped.
    """
    alike: dict[tuple[object, ...], list[Key]] = {}
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
            counts = Counter(found)
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


def _is_variant(key: Key, common: Key, loose: bool) -> bool:
    """Whether a signature is another one with leaves for some of what is computed there."""
    if not loose and key[3] & ~common[3]:
        return False
    return all(
        a == b or (a & COMPUTED != COMPUTED and stands_for(a, b))
        for a, b in zip(key[1], common[1], strict=True)  # type: ignore[call-overload]
    )
