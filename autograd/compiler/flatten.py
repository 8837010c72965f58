"""Stage 3, flatten: chains of additions and products become sums and inner products of many terms.

A hand-written ``sum(w * x for ...)`` becomes the same ``dot`` that ``nn`` records. Additions, subtractions,
negations and products that are used once, by another addition, are absorbed into it; the terms of what
remains are sorted by sign and by what they are made of (their *classes*), since terms of one kind recur
in the neighbours: two or more products of a kind make a dot, two or more other terms a sum, and the parts are
added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .. import primitives as p
from . import conditions as c

if TYPE_CHECKING:
    from ..primitives import Primitive
    from .graph import Graph

CONSTANT, PARAMETER, INPUT, COMPUTED, LANED_INPUT, LANED = range(6)
"""What an operand can be: the classes. Those from LANED_INPUT on differ from lane to lane."""


class Flat(NamedTuple):
    """A graph of n-ary operations and the class of every id."""

    graph: Graph
    classes: list[int]
    mixed: dict[int, tuple[int, ...]]
    """Sums and inner products in which leaves or constants stand where their like have something computed, each
    with the class that its terms count as, or its factors."""


Terms = tuple[list[tuple[int, int]], list[tuple[int, int, int]]]
"""Signed terms, and signed products."""
Outline = tuple[tuple[int, ...], tuple[int, ...]]
"""The signs of terms and of products."""

RARE = 4
"""How many times as many operations must have something computed at a place as have not, for these to be exceptions."""
LONGEST = 16
"""The most terms that a sum is compared by."""

_ADDITIVE = {p.add, p.sub, p.neg, p.sum_}
_ABSORBED = {p.add, p.sub, p.neg, p.mul}
_REDUCING = {p.logsumexp, p.prod, c.largest}


def flatten(graph: Graph, roles: list[int]) -> Flat:
    """Flatten a graph.

    Args:
        graph: a simplified graph.
        roles: the class of each leaf.
    """
    return _Flattener(graph, roles).run()


def _absorbed(graph: Graph) -> bytearray:
    """Which ids are terms of their only user's sum."""
    size = len(graph.operands)
    uses = bytearray(size)  # 0, 1, and 2 for more
    absorbed = bytearray(size)
    for i in graph.outputs:
        if i >= 0:
            uses[i] = 2
    primitives, operands = graph.primitives, graph.operands
    for ids in operands:
        for i in ids:
            if i >= 0 and uses[i] < 2:
                uses[i] += 1
    for identity in range(size - 1, graph.leaves - 1, -1):
        if primitives[identity] in _ADDITIVE:
            for i in operands[identity]:
                if i >= 0 and uses[i] == 1 and primitives[i] in _ABSORBED:
                    absorbed[i] = 1
    return absorbed


def _holds(absorbed: bytearray, ids: tuple[int, ...]) -> bool:
    for i in ids:  # noqa: SIM110 (faster than any)
        if i >= 0 and absorbed[i]:
            return True
    return False


def _outline(terms: Terms) -> Outline | None:
    """What sums have in common that may be compared term by term; None for long ones."""
    singles, products = terms
    if len(singles) + len(products) > LONGEST:
        return None
    return tuple([t[0] for t in singles]), tuple([t[0] for t in products])


class _Flattener:
    """The state of the pass: the new lists, and where each old id went."""

    def __init__(self, graph: Graph, roles: list[int]) -> None:
        self.graph = graph
        self.new_id = list(range(graph.leaves))
        self.primitives: list[Primitive | None] = [None] * graph.leaves
        self.operands: list[tuple[int, ...]] = [()] * graph.leaves
        self.classes = list(roles)
        self.constants = list(graph.constants)
        self.known: dict[tuple[Primitive | None, tuple[int, ...]], int] = {}
        self.mixed: dict[int, tuple[int, ...]] = {}

    def run(self) -> Flat:
        graph = self.graph
        absorbed = _absorbed(graph)
        sums = self.sums(absorbed)
        usual = self.usual(sums)
        new_id, emit = self.new_id, self.emit
        for identity in range(graph.leaves, len(graph.operands)):
            if absorbed[identity]:
                new_id.append(-1)
                continue
            row = graph.primitives[identity]
            ids = graph.operands[identity]
            if identity in sums:
                terms = sums.pop(identity)
                new_id.append(self.combine(terms, usual.get(_outline(terms)) if usual else None))
                continue
            ids = tuple([new_id[i] if i >= 0 else i for i in ids])
            if row in _REDUCING:
                new_id.append(emit(row, self.of_one_class(ids)))
            else:
                new_id.append(emit(row, ids))
        outputs = tuple([new_id[i] if i >= 0 else i for i in graph.outputs])
        flat = graph._replace(
            primitives=self.primitives,
            operands=self.operands,
            constants=self.constants,
            outputs=outputs,
        )
        return Flat(flat, self.classes, self.mixed)

    def emit(self, row: Primitive | None, ids: tuple[int, ...]) -> int:
        key = (row, ids)
        known = self.known.get(key)
        if known is not None:
            return known
        classes = self.classes
        laned = False
        for i in ids:
            if i >= 0 and classes[i] >= LANED_INPUT:
                laned = True
                break
        classes.append(LANED if laned else COMPUTED)
        self.primitives.append(row)
        self.operands.append(ids)
        self.known[key] = len(self.operands) - 1
        return len(self.operands) - 1

    def sums(self, absorbed: bytearray) -> dict[int, Terms]:
        """The terms of every sum and inner product."""
        primitives, operands = self.graph.primitives, self.graph.operands
        found: dict[int, Terms] = {}
        for identity in range(self.graph.leaves, len(operands)):
            if absorbed[identity]:
                continue
            row, ids = primitives[identity], operands[identity]
            if row is p.dot:
                half = len(ids) // 2
                pairs = zip(ids[:half], ids[half:], strict=True)
                found[identity] = [], [(1, a, b) for a, b in pairs]
            elif row is p.sum_ or (row in _ADDITIVE and _holds(absorbed, ids)):
                found[identity] = self.terms(identity, absorbed)
        return found

    def terms(self, root: int, absorbed: bytearray) -> Terms:
        """The terms of a sum as (sign, id), and its products as (sign, id, id), in the ids of the graph."""
        primitives, operands = self.graph.primitives, self.graph.operands
        singles: list[tuple[int, int]] = []
        products: list[tuple[int, int, int]] = []
        stack = [(1, root)]
        while stack:
            sign, identity = stack.pop()
            row = primitives[identity] if identity >= 0 else None
            if identity != root and (identity < 0 or not absorbed[identity]):
                singles.append((sign, identity))
                continue
            ids = operands[identity]
            if row is p.mul:
                products.append((sign, ids[0], ids[1]))
            elif row is p.sub:
                stack.append((-sign, ids[1]))
                stack.append((sign, ids[0]))
            elif row is p.neg:
                stack.append((-sign, ids[0]))
            else:
                stack.extend([(sign, i) for i in reversed(ids)])
        return singles, products

    def usual(self, sums: dict[int, Terms]) -> dict[Outline | None, list[int]]:
        """What stands at each place of sums of one outline, where nearly all of them have something computed there.

        At the ends of a row, leaves or constants do; without this, these sums would come apart differently.

        Returns:
            By outline the class of each term and then of both factors of each product; -1 where anything may be.
        """
        kinds = self.kinds()
        counts: dict[Outline, list[list[int]]] = {}
        for terms in sums.values():
            outline = _outline(terms)
            if outline is None:
                continue
            singles, products = terms
            ids = [i for _, i in singles]
            for _, a, b in products:
                ids += (a, b)
            rows = counts.get(outline)
            if rows is None:
                rows = counts[outline] = [[0] * 6 for _ in ids]
            for row, i in zip(rows, ids, strict=True):
                row[kinds[i] if i >= 0 else CONSTANT] += 1
        found: dict[Outline | None, list[int]] = {}
        for outline, rows in counts.items():
            classes = []
            for row in rows:
                kind = LANED if row[LANED] else COMPUTED
                others = sum(row) - row[kind]
                classes.append(kind if 0 < RARE * others <= row[kind] else -1)
            if max(classes) >= 0:
                found[outline] = classes
        return found

    def kinds(self) -> list[int]:
        """The class of every id of the graph."""
        graph = self.graph
        kinds = self.classes[:]
        if max(kinds, default=0) < LANED_INPUT:
            return kinds + [COMPUTED] * (len(graph.operands) - graph.leaves)
        for ids in graph.operands[graph.leaves :]:
            kind = COMPUTED
            for i in ids:
                if i >= 0 and kinds[i] >= LANED_INPUT:
                    kind = LANED
                    break
            kinds.append(kind)
        return kinds

    def kind(self, identity: int) -> int:
        return CONSTANT if identity < 0 else self.classes[identity]

    def combine(self, terms: Terms, usual: list[int] | None) -> int:
        """The id of a sum of terms and products, in the ids of the graph, given what usually stands there."""
        new_id, kind = self.new_id, self.kind
        leaves = self.graph.leaves
        singles = [(sign, new_id[a] if a >= 0 else a) for sign, a in terms[0]]
        products = [
            (sign, new_id[a] if a >= 0 else a, new_id[b] if b >= 0 else b)
            for sign, a, b in terms[1]
        ]
        # By position, the classes that leaves and constants count as.
        place = len(singles)
        mixed: set[tuple[int, ...]] = set()
        offset = 0.0
        parts: dict[tuple[int, ...], list[int]] = {}
        for sign, a, b in products:
            x, y = kind(a), kind(b)
            stands_in = False
            if usual is not None:
                if a < leaves and usual[place] >= 0:
                    x, stands_in = usual[place], True
                if b < leaves and usual[place + 1] >= 0:
                    y, stands_in = usual[place + 1], True
                place += 2
            if y == CONSTANT == x:
                offset += sign * self.constants[~a] * self.constants[~b]
                continue
            key: tuple[int, ...] = (x, y, sign) if x <= y else (y, x, sign)
            part = parts.get(key)
            if part is None:
                part = parts[key] = []
            part += (a, b) if x <= y else (b, a)
            if stands_in:
                mixed.add(key)
        for place, (sign, a) in enumerate(singles):
            x = kind(a)
            stands_in = usual is not None and a < leaves and usual[place] >= 0
            if stands_in:
                assert usual is not None
                x = usual[place]
            if x == CONSTANT:
                offset += sign * self.constants[~a]
                continue
            parts.setdefault((x, sign), []).append(a)
            if stands_in:
                mixed.add((x, sign))
        found = []
        # What is known early is added first, and so for all steps of a recurrence at once.
        for key, ids in sorted(
            parts.items(), key=lambda item: (max(item[0][:-1]), -len(item[0]), item[0])
        ):
            if len(key) == 3:
                if len(ids) == 2:
                    part_id = self.emit(p.mul, (ids[0], ids[1]))
                else:
                    part_id = self.emit(p.dot, (*ids[0::2], *ids[1::2]))
            elif len(ids) == 1:
                part_id = ids[0]
            elif len(ids) == 2:
                part_id = self.emit(p.add, (ids[0], ids[1]))
            else:
                part_id = self.emit(p.sum_, tuple(ids))
            if key in mixed:
                self.mixed[part_id] = key[:-1]
            found.append((key[-1], part_id))
        if offset or not found:
            found.insert(0, (1, self.constant(offset)))
        found.sort(key=lambda part: -part[0])  # begin with one that is added, if there is any
        sign, total = found[0]
        if sign < 0:
            total = self.emit(p.neg, (total,))
        for sign, part_id in found[1:]:
            total = self.emit(p.add if sign > 0 else p.sub, (total, part_id))
        return total

    def constant(self, number: float) -> int:
        self.constants.append(number)
        return ~(len(self.constants) - 1)

    def of_one_class(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        """Operands of which all are computed alike: those that are not are copied first."""
        kinds = {self.kind(i) for i in ids}
        if len(kinds) == 1 and CONSTANT not in kinds:
            return ids
        laned = max(kinds) >= LANED_INPUT
        wanted = LANED if laned else COMPUTED
        copies = []
        for i in ids:
            if self.kind(i) == wanted:
                copies.append(i)
                continue
            copy = self.emit(c.same, (i,))
            self.classes[copy] = wanted  # a constant is repeated in every lane
            copies.append(copy)
        return tuple(copies)
