"""Stage 3, flatten: chains of additions and products become sums and inner products of many terms.

A hand-written ``sum(w * x for ...)`` becomes the same ``dot`` that ``nn`` records. Additions, subtractions,
negations and products that are used once, by another addition, are absorbed into it, unless they cancel
(:mod:`.brackets`); the terms of what remains are sorted by sign and by what they are made of (their *classes*), since terms of one kind recur
in the neighbours: two or more products of a kind make a dot, two or more other terms a sum, and the parts are
added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from . import conditions as c
from .brackets import keep_brackets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive
    from .graph import Graph

CONSTANT, PARAMETER, INPUT, COMPUTED, LANED_INPUT, LANED = range(6)
"""What an operand can be: the classes. Those from LANED_INPUT on differ from lane to lane."""


def stands_for(leaf: int, computed: int) -> bool:
    """Whether leaves or constants of a class can stand among what is computed, of another class."""
    return computed == LANED or (computed == COMPUTED and leaf < COMPUTED)


class Flat(NamedTuple):
    """A graph of n-ary operations and the class of every id."""

    graph: Graph
    classes: list[int]
    mixed: dict[int, tuple[int, ...]]
    """Sums and inner products in which leaves or constants stand where their like have something computed, each
    with the class that its terms count as, or its factors."""


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
    keep_brackets(graph, absorbed)
    return absorbed


def _holds(absorbed: bytearray, ids: tuple[int, ...]) -> bool:
    for i in ids:  # noqa: SIM110 (faster than any)
        if i >= 0 and absorbed[i]:
            return True
    return False


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
        self.copies: dict[tuple[int, int], int] = {}
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
                new_id.append(self.combine(sums.pop(identity), usual.get(identity)))
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
            row = primitives[identity]
            if row is p.dot:
                ids = operands[identity]
                half = len(ids) // 2
                found[identity] = Terms([], [], [1] * half, ids[:half], ids[half:])
            elif row is p.sum_ or (row in _ADDITIVE and _holds(absorbed, operands[identity])):
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
            if identity != root and (identity < 0 or not absorbed[identity]):
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
            For each such sum the classes of its terms, of the left factors and of the right ones; -1 where it
            is their own.
        """
        kinds, leaves = self.kinds(), self.graph.leaves
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
            classes = []
            for column in zip(*[ids for _, ids in like], strict=True):
                inner = [i for i in column if i >= leaves]
                rare = 0 < RARE * (len(column) - len(inner)) <= len(inner)
                classes.append(max([kinds[i] for i in inner]) if rare else -1)
            places = [place for place, kind in enumerate(classes) if kind >= 0]
            if not places:
                continue
            for identity, ids in like:
                for place in places:
                    if ids[place] < leaves:
                        usual[identity] = classes
                        break
        return usual

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
        """The id of a sum, given the classes of its like (see :meth:`usual`)."""
        new_id, classes = self.new_id, self.classes
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
            a = new_id[i] if i >= 0 else i
            b = new_id[j] if j >= 0 else j
            x = classes[a] if a >= 0 else CONSTANT
            y = classes[b] if b >= 0 else CONSTANT
            if expected is not None:
                own, like = (x, y), next(expected)
                x, y = self.counted(a, x, like[0]), self.counted(b, y, like[1])
            if y == CONSTANT == x:
                offset += sign * self.constants[~a] * self.constants[~b]
                continue
            key: tuple[int, ...] = (x, y, sign) if x <= y else (y, x, sign)
            part = parts.get(key)
            if part is None:
                part = parts[key] = []
            part += (a, b) if x <= y else (b, a)
            if expected is not None and own != (x, y):
                mixed.add(key)
        for place, i in enumerate(singles):
            a = new_id[i] if i >= 0 else i
            x, sign = classes[a] if a >= 0 else CONSTANT, signs[place]
            if usual is not None:
                before, x = x, self.counted(a, x, usual[place])
                if before != x:
                    mixed.add((x, sign))
            if x == CONSTANT:
                offset += sign * self.constants[~a]
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
        """The class that a term counts as: that of its like, if it is a leaf or a constant and can stand among them."""
        leaf = identity < self.graph.leaves
        return expected if leaf and stands_for(own, expected) else own

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
            copy = self.copies.get((i, wanted))
            if copy is None:  # one for each class: a constant is repeated in every lane, or not
                self.primitives.append(c.same)
                self.operands.append((i,))
                self.classes.append(wanted)
                copy = self.copies[i, wanted] = len(self.operands) - 1
            copies.append(copy)
        return tuple(copies)
