"""Stage 3, flatten: chains of additions and products become sums and inner products of many terms.

A hand-written ``sum(w * x for ...)`` becomes the same ``dot`` that ``nn`` records. Additions, subtractions,
negations and products that are used once, by another addition, are absorbed into it, unless they cancel
(:mod:`.brackets`); the terms of what remains are sorted by sign and by what they are made of (their *roles*), since terms of one kind recur
in the neighbours: two or more products of a kind make a dot, two or more other terms a sum, and the parts are
added.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from . import conditions as c
from .brackets import keep_brackets
from .ir.ops import FOLDED, LINEAR, REDUCING
from .ir.scalar import BATCHED, COMPUTED, CONST, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.drawing.model import Graph, Options

    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph


def stands_for(leaf: int, computed: int) -> bool:
    """Whether leaves or constants of a role can stand among what is computed, of another role."""
    return computed == COMPUTED | BATCHED or (computed == COMPUTED and leaf < COMPUTED)


class Flat(NamedTuple):
    """A graph of n-ary operations."""

    graph: ScalarGraph
    mixed: dict[int, tuple[int, ...]]
    """Sums and inner products in which leaves or constants stand where their like have something computed, each
    with the role that its terms count as, or its factors."""

    def __str__(self) -> str:
        return str(self.graph)

    def _drawing(self, options: Options) -> Graph:
        """The operations, for ``autograd.draw``."""
        return self.graph._drawing(options)


class Terms(NamedTuple):
    """The terms of a sum, in the ids of the graph that is flattened."""

    signs: list[int]
    singles: list[int]
    """What is added as it is, with these signs."""
    product_signs: list[int]
    left: Sequence[int]
    right: Sequence[int]
    """The factors of products, with those signs."""


RARE = 4
"""How many times as many operations must have something computed at a place as have not, for these to be exceptions."""
SHORTEST = 8
"""The fewest numbers of which a chain of ``maximum`` becomes one reduction."""
LONGEST = 16
"""The most terms that a sum is compared by."""

_ABSORBED = {p.add, p.sub, p.neg, p.mul}
_WHOLE = REDUCING - {p.sum_, p.dot}
"""What is reduced as it stands, rather than taken apart by its terms."""


def flatten(graph: ScalarGraph, links: bool = False) -> Flat:
    """Flatten a graph.

    Args:
        graph: a simplified graph, with the roles that its leaves are to have.
        links: whether chains of ``maximum`` and ``minimum`` stay, link by link: where what is absent is to be told
            from 0, each link tells it.
    """
    return _Flattener(graph, links).run()


def _absorbed(graph: ScalarGraph) -> bytearray:
    """Which ids are terms of their only user's sum."""
    size = len(graph.operands)
    uses = bytearray(size)  # 0, 1, and 2 for more
    absorbed = bytearray(size)
    for i in graph.outputs:
        uses[i] = 2
    primitives, operands = graph.primitives, graph.operands
    for ids in operands:
        for i in ids:
            if uses[i] < 2:
                uses[i] += 1
    for identity in range(size - 1, graph.leaves - 1, -1):
        if primitives[identity] in LINEAR:
            for i in operands[identity]:
                if uses[i] == 1 and primitives[i] in _ABSORBED:
                    absorbed[i] = 1
    keep_brackets(graph, absorbed)
    return absorbed


def _chains(graph: ScalarGraph, absorbed: bytearray) -> dict[int, tuple[int, ...]]:
    """What chains of ``maximum`` or ``minimum`` are of, by their last links; the others are absorbed."""
    primitives, operands = graph.primitives, graph.operands
    links = [i for i, row in enumerate(primitives) if row in FOLDED]
    if len(links) < SHORTEST - 1:
        return {}
    uses = Counter(i for ids in (*operands, graph.outputs) for i in ids)
    found: dict[int, tuple[list[int], list[int]]] = {}
    """Of the last links so far, what they are of, and the links before them."""
    for identity in links:
        a, b = operands[identity]
        for i, other in ((a, b), (b, a)):
            if i in found and uses[i] == 1 and primitives[i] is primitives[identity]:
                members, before = found[identity] = found.pop(i)
                members.append(other)
                before.append(i)
                break
        else:
            found[identity] = [a, b], []
    long = {i: chain for i, chain in found.items() if len(chain[0]) >= SHORTEST}
    for _, before in long.values():
        for i in before:
            absorbed[i] = 1
    return {i: tuple(members) for i, (members, _) in long.items()}


def _holds(absorbed: bytearray, ids: tuple[int, ...]) -> bool:
    for i in ids:  # noqa: SIM110 (faster than any)
        if absorbed[i]:
            return True
    return False


class _Flattener:
    """The state of the pass: the new lists, and where each old id went."""

    def __init__(self, graph: ScalarGraph, links: bool) -> None:
        self.graph = graph
        self.links = links
        self.new_id = list(range(graph.leaves))
        self.primitives: list[Primitive | None] = [None] * graph.leaves
        self.operands: list[tuple[int, ...]] = [()] * graph.leaves
        self.roles = graph.roles[: graph.leaves]
        self.constants: dict[int, float] = {}
        self.constant_ids: dict[float | bytes, int] = {}
        self.known: dict[tuple[Primitive | None, tuple[int, ...]], int] = {}
        self.copies: dict[tuple[int, int], int] = {}
        self.mixed: dict[int, tuple[int, ...]] = {}

    def run(self) -> Flat:
        graph = self.graph
        absorbed = _absorbed(graph)
        chains = {} if self.links else _chains(graph, absorbed)
        sums = self.sums(absorbed)
        usual = self.usual(sums)
        new_id, emit = self.new_id, self.emit
        for identity in range(graph.leaves, len(graph.operands)):
            if absorbed[identity]:
                new_id.append(-1)
                continue
            row = graph.primitives[identity]
            if row is None:
                new_id.append(self.constant(graph.constants[identity]))
                continue
            if identity in sums:
                new_id.append(self.combine(sums.pop(identity), usual.get(identity)))
                continue
            ids = graph.operands[identity]
            if identity in chains:
                row, ids = FOLDED[row], chains[identity]
            ids = tuple([new_id[i] for i in ids])
            if row in _WHOLE:
                new_id.append(emit(row, self.of_one_class(ids)))
            else:
                new_id.append(emit(row, ids))
        flat = graph._replace(
            primitives=self.primitives,
            operands=self.operands,
            roles=self.roles,
            constants=self.constants,
            outputs=tuple([new_id[i] for i in graph.outputs]),
        )
        return Flat(flat, self.mixed)

    def emit(self, row: Primitive | None, ids: tuple[int, ...]) -> int:
        key = (row, ids)
        known = self.known.get(key)
        if known is not None:
            return known
        roles = self.roles
        role = COMPUTED
        for i in ids:
            if roles[i] >= BATCHED:
                role = COMPUTED | BATCHED
                break
        found = self.known[key] = self.append(row, ids, role)
        return found

    def append(self, row: Primitive | None, ids: tuple[int, ...], role: int) -> int:
        self.primitives.append(row)
        self.operands.append(ids)
        self.roles.append(role)
        return len(self.operands) - 1

    def sums(self, absorbed: bytearray) -> dict[int, Terms]:
        """The terms of every sum and inner product."""
        primitives, operands = self.graph.primitives, self.graph.operands
        found: dict[int, Terms] = {}
        for identity in range(self.graph.leaves, len(operands)):
            if absorbed[identity]:
                continue
            row = primitives[identity]
            if row is p.dot:
                ids = operands[identity]
                half = len(ids) // 2
                found[identity] = Terms([], [], [1] * half, ids[:half], ids[half:])
            elif row is p.sum_ or (row in LINEAR and _holds(absorbed, operands[identity])):
                found[identity] = self.terms(identity, absorbed)
        return found

    def terms(self, root: int, absorbed: bytearray) -> Terms:
        """The terms of one sum."""
        primitives, operands = self.graph.primitives, self.graph.operands
        signs: list[int] = []
        singles: list[int] = []
        product_signs: list[int] = []
        left: list[int] = []
        right: list[int] = []
        stack = [(1, root)]
        while stack:
            sign, identity = stack.pop()
            if identity != root and not absorbed[identity]:
                signs.append(sign)
                singles.append(identity)
                continue
            row, ids = primitives[identity], operands[identity]
            if row is p.mul:
                product_signs.append(sign)
                left.append(ids[0])
                right.append(ids[1])
            elif row is p.sub:
                stack.append((-sign, ids[1]))
                stack.append((sign, ids[0]))
            elif row is p.neg:
                stack.append((-sign, ids[0]))
            else:
                stack.extend([(sign, i) for i in reversed(ids)])
        return Terms(signs, singles, product_signs, left, right)

    def usual(self, sums: dict[int, Terms]) -> dict[int, list[int]]:
        """Sums with leaves or constants where nearly all others of their outline have something computed.

        At the ends of a row there are such; without this, they would come apart differently.

        Returns:
            For each such sum the roles of its terms, of the left factors and of the right ones; -1 where it
            is their own.
        """
        roles, primitives = self.graph.roles, self.graph.primitives
        members: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[int, list[int]]]] = {}
        for identity, (signs, singles, product_signs, left, right) in sums.items():
            if len(signs) + len(product_signs) > LONGEST:
                continue
            outline = tuple(signs), tuple(product_signs)
            found = members.get(outline)
            if found is None:
                found = members[outline] = []
            found.append((identity, [*singles, *left, *right]))
        usual: dict[int, list[int]] = {}
        for like in members.values():
            expected = []
            for column in zip(*[ids for _, ids in like], strict=True):
                inner = [i for i in column if primitives[i] is not None]
                rare = 0 < RARE * (len(column) - len(inner)) <= len(inner)
                expected.append(max([roles[i] for i in inner]) if rare else -1)
            places = [place for place, role in enumerate(expected) if role >= 0]
            if not places:
                continue
            for identity, ids in like:
                for place in places:
                    if primitives[ids[place]] is None:
                        usual[identity] = expected
                        break
        return usual

    def combine(self, terms: Terms, usual: list[int] | None) -> int:
        """The id of a sum, given the roles of its like (see :meth:`usual`)."""
        new_id, roles = self.new_id, self.roles
        offset = 0.0
        parts: dict[tuple[int, ...], list[int]] = {}
        mixed: set[tuple[int, ...]] = set()
        signs, singles, product_signs, left, right = terms
        expected: Any = None
        if usual is not None:
            place = len(signs)
            expected = zip(
                usual[place : place + len(left)], usual[place + len(left) :], strict=True
            )
        for sign, i, j in zip(product_signs, left, right, strict=True):
            a, b = new_id[i], new_id[j]
            x, y = roles[a], roles[b]
            if expected is not None:
                own, like = (x, y), next(expected)
                x, y = self.counted(a, x, like[0]), self.counted(b, y, like[1])
            if y == CONST == x:
                offset += sign * self.constants[a] * self.constants[b]
                continue
            key: tuple[int, ...] = (x, y, sign) if x <= y else (y, x, sign)
            part = parts.get(key)
            if part is None:
                part = parts[key] = []
            part += (a, b) if x <= y else (b, a)
            if expected is not None and own != (x, y):
                mixed.add(key)
        for place, i in enumerate(singles):
            a, sign = new_id[i], signs[place]
            x = roles[a]
            if usual is not None:
                before, x = x, self.counted(a, x, usual[place])
                if before != x:
                    mixed.add((x, sign))
            if x == CONST:
                offset += sign * self.constants[a]
                continue
            parts.setdefault((x, sign), []).append(a)
        found = []
        others = sum(len(ids) // (len(key) - 1) for key, ids in parts.items())
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
        # A 0 is left out among several terms, whose sum is not -0.0 but where all of them are.
        if offset or not found or (others == 1 and others < len(signs) + len(left)):
            found.insert(0, (1, self.constant(offset)))
        found.sort(key=lambda part: -part[0])  # begin with one that is added, if there is any
        sign, total = found[0]
        if sign < 0:
            total = self.emit(p.neg, (total,))
        for sign, part_id in found[1:]:
            total = self.emit(p.add if sign > 0 else p.sub, (total, part_id))
        return total

    def counted(self, identity: int, own: int, expected: int) -> int:
        """The role that a term counts as: that of its like, if it is a leaf or a constant and can stand among them."""
        leaf = self.primitives[identity] is None
        return expected if leaf and stands_for(own, expected) else own

    def constant(self, number: float) -> int:
        key = key_of(number)
        known = self.constant_ids.get(key)
        if known is None:
            known = self.constant_ids[key] = self.append(None, (), CONST)
            self.constants[known] = number
        return known

    def of_one_class(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        """Operands of which all are computed alike: those that are not are copied first."""
        roles = {self.roles[i] for i in ids}
        if len(roles) == 1 and CONST not in roles:
            return ids
        wanted = COMPUTED | (max(roles) & BATCHED)
        copies = []
        for i in ids:
            if self.roles[i] == wanted:
                copies.append(i)
                continue
            copy = self.copies.get((i, wanted))
            if copy is None:  # one for each role: a constant is repeated in every lane, or not
                copy = self.copies[i, wanted] = self.append(c.same, (i,), wanted)
            copies.append(copy)
        return tuple(copies)
