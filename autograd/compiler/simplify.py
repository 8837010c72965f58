"""Stage 2, simplify: drop what is not needed, compute once what is computed twice, fold constants.

One reverse sweep for liveness, one forward pass for everything else. The recorded order of operands is
kept, also of commutative operations (either order finds them): exchanging them would break the pattern
of otherwise equal neighbours, which the next stages look for.
"""

from __future__ import annotations

from itertools import accumulate, compress
from math import copysign, frexp
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from . import conditions as c
from .ir.ops import COMMUTATIVE
from .ir.scalar import COMPUTED, CONST, ScalarGraph, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..primitives import Primitive
    from .recording import Recorder

    Rule = Callable[["_Simplifier", tuple[int, ...]], int | None]


def simplify(
    recorder: Recorder, arguments: Sequence[int], outputs: Sequence[int], finite: bool = False
) -> ScalarGraph:
    """The part of a recording that its results need, without repetition.

    Args:
        recorder: the recording.
        arguments: the ids of the arguments; all of them stay, in this order.
        outputs: the ids of the results.
        finite: whether no number will be nan or infinite, so that a product with 0 is 0, whose sign does not matter.
    """
    live = _live(recorder, outputs)
    return _Simplifier(recorder, arguments, live, finite).run(outputs)


def _live(recorder: Recorder, outputs: Sequence[int]) -> bytearray:
    live = bytearray(len(recorder.operands))
    for i in outputs:
        live[i] = 1
    _spread(live, recorder.operands)
    return live


def _spread(live: bytearray, operands: list[tuple[int, ...]]) -> None:
    """Let live be what something live needs."""
    for identity in range(len(operands) - 1, -1, -1):
        if live[identity]:
            for i in operands[identity]:
                live[i] = 1


class _Simplifier:
    """The state of the forward pass: the new lists, and where each old id went."""

    def __init__(
        self, recorder: Recorder, arguments: Sequence[int], live: bytearray, finite: bool
    ) -> None:
        self.old = recorder
        self.finite = finite
        self.live = live
        known = set(arguments)
        parameters = [i for i in recorder.parameters if live[i] and i not in known]
        self.arguments = len(arguments)
        self.parameters = tuple(recorder.parameters[i] for i in parameters)
        leaves = [*arguments, *parameters]
        self.new_id = [0] * len(recorder.operands)
        for new, old in enumerate(leaves):
            self.new_id[old] = new
        self.primitives: list[Primitive | None] = [None] * len(leaves)
        self.operands: list[tuple[int, ...]] = [()] * len(leaves)
        self.telling = bytearray(len(leaves))
        """Whether a rule may ask what an id is: a constant, a negative, the sum of one; too often does no harm."""
        self.constants: dict[int, float] = {}
        self.constant_ids: dict[float | bytes, int] = {}
        self.known: dict[tuple[Any, ...], int] = {}
        """The operations by row and operands; those that may be exchanged are in ascending order."""

    def run(self, outputs: Sequence[int]) -> ScalarGraph:
        old, new_id, known, telling = self.old, self.new_id, self.known, self.telling
        primitives, operands, constants = self.primitives, self.operands, self.constants
        rules, structural, commutative, place = RULES, STRUCTURAL, COMMUTATIVE, new_id.__getitem__
        entries = zip(range(len(self.live)), old.primitives, old.operands)  # noqa: B905 (they may be more)
        for identity, row, before in compress(entries, self.live):
            if row is None:
                if identity in old.constants:
                    new_id[identity] = self.constant(old.constants[identity])
                continue
            ids = tuple(map(place, before))
            told = not ids
            for i in ids:
                if telling[i]:
                    told = True
                    break
            if told:
                for i in ids:
                    if i not in constants:
                        break
                else:
                    new_id[identity] = self.constant(row.forward(*[constants[i] for i in ids]))
                    continue
            rule = rules.get(row) if told else structural.get(row)
            if rule is not None:
                found = rule(self, ids)
                if found is not None:
                    new_id[identity] = found
                    continue
            key = (row, ids[::-1] if row in commutative and ids[0] > ids[1] else ids)
            size = len(operands)
            entry = new_id[identity] = known.setdefault(key, size)
            if entry == size:
                primitives.append(row)
                operands.append(ids)
                telling.append(row in TELLING or (told and row is p.add))
        results = tuple([new_id[i] for i in outputs])
        roles = bytearray([COMPUTED]) * len(operands)
        for i in constants:
            roles[i] = CONST
        graph = ScalarGraph(
            self.arguments, self.parameters, primitives, operands, roles, constants, results
        )
        return _without_dead(graph).assigned()

    def constant(self, number: float) -> int:
        key = key_of(number)
        known = self.constant_ids.get(key)
        if known is None:
            known = self.constant_ids[key] = self.append(None, ())
            self.constants[known] = number
        return known

    def entry(self, row: Primitive, ids: tuple[int, ...]) -> int:
        """The id of an operation, new or known."""
        key = (row, ids[::-1] if row in COMMUTATIVE and ids[0] > ids[1] else ids)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self.append(row, ids)
        return known

    def append(self, row: Primitive | None, ids: tuple[int, ...]) -> int:
        self.primitives.append(row)
        self.operands.append(ids)
        self.telling.append(1)
        return len(self.operands) - 1

    def number(self, identity: int) -> float | None:
        """The number of a constant, None for anything else."""
        return self.constants.get(identity)

    def is_zero(self, identity: int, sign: float) -> bool:
        """Whether an id is that of the constant 0.0 with the given sign, which is not asked for if all is finite."""
        number = self.number(identity)
        return number == 0.0 and (self.finite or copysign(1.0, number) == sign)

    def without_zero(self, identity: int) -> int:
        """What an id is the sum of 0.0 and, if it is: as the first of several terms, it is as good.

        ``sum`` begins with 0. The difference, that a sum of nothing but -0.0 is -0.0 then, is one of order.
        """
        if self.primitives[identity] is p.add:
            for zero, other in (self.operands[identity], self.operands[identity][::-1]):
                if self.number(zero) == 0.0:
                    return other
        return identity

    def negative(self, identity: int) -> int:
        """The id of the negative of an id."""
        inner = self.negated(identity)
        return self.entry(p.neg, (identity,)) if inner is None else inner

    def negated(self, identity: int) -> int | None:
        """What an id is the negative of, if it is one."""
        if self.primitives[identity] is p.neg:
            return self.operands[identity][0]
        return None


def _add(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    a, b = ids
    if s.is_zero(b, -1.0):  # 0.0 is kept: added to -0.0 it is 0.0
        return a
    if s.is_zero(a, -1.0):
        return b
    found = s.without_zero(a), s.without_zero(b)
    minus = s.negated(found[1])
    if minus is not None:
        return s.entry(p.sub, (found[0], minus))
    return None if found == ids else s.entry(p.add, found)


def _sub(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    a, b = ids
    if s.is_zero(b, 1.0):
        return a
    if s.is_zero(a, -1.0):
        return s.negative(b)
    found = s.without_zero(a), b
    minus = s.negated(b)
    if minus is not None:
        return s.entry(p.add, (found[0], minus))
    return None if found == ids else s.entry(p.sub, found)


def _mul(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    for one, other in (ids, ids[::-1]):
        number = s.number(one)
        if number == 1.0:
            return other
        if number == -1.0:
            return s.negative(other)
        if number == 0.0 and s.finite:
            return one
    return None


def _neg(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    return s.negated(ids[0])


def _div(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    a, b = ids
    number = s.number(b)
    if number == 1.0:
        return a
    if number is not None and 1e-150 < abs(number) < 1e150 and abs(frexp(number)[0]) == 0.5:
        # A product can join a sum (a mean, a weighted term). By any number but a power of two it would be
        # rounded otherwise: 49 * (1 / 49) is less than 1, and floor tells.
        return s.entry(p.mul, (a, s.constant(1.0 / number)))
    return None


def _pow(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    a, b = ids
    exponent = s.number(b)
    if exponent == 1.0:
        return a
    if exponent == 2.0:
        return s.entry(p.mul, (a, a))
    return None  # an exponent of 0 stays: the derivative at nan is nan


def _where(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    condition, a, b = ids
    known = s.number(condition)
    if known is not None:
        return a if known else b
    return a if a == b else None


def _not(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    (a,) = ids
    if s.primitives[a] is c.negation:
        return s.operands[a][0]
    return None


def _both(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    return _connective(s, ids, neutral=True)


def _either(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    return _connective(s, ids, neutral=False)


def _connective(s: _Simplifier, ids: tuple[int, ...], neutral: bool) -> int | None:
    """What one operand decides: the neutral truth value leaves the other one, its opposite settles it."""
    a, b = ids
    if a == b:
        return a
    for known, other in (ids, ids[::-1]):
        truth = s.number(known)
        if truth is not None:
            return other if bool(truth) is neutral else known
    return None


def _only(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    return ids[0] if len(ids) == 1 else None


def _dot(s: _Simplifier, ids: tuple[int, ...]) -> int | None:
    if len(ids) == 2:
        found = _mul(s, ids)
        return s.entry(p.mul, ids) if found is None else found
    return None


STRUCTURAL: dict[Primitive, Rule] = {
    p.where: _where,
    p.sum_: _only,
    p.prod: _only,
    p.dot: _dot,
    c.both: _both,
    c.either: _either,
    c.same: lambda s, ids: ids[0],
}
"""What may become something simpler whatever its operands are: rules from the new operands to an id, or None."""
RULES: dict[Primitive, Rule] = STRUCTURAL | {
    p.add: _add,
    p.sub: _sub,
    p.mul: _mul,
    p.neg: _neg,
    p.div: _div,
    p.pow_: _pow,
    c.negation: _not,
}
"""What may become something simpler where an operand tells (``_Simplifier.telling``)."""
TELLING = {p.neg, c.negation}
"""What rules look for among operands, besides constants and sums with them."""


def _without_dead(graph: ScalarGraph) -> ScalarGraph:
    """The graph without what only a rewritten operation had needed."""
    live = bytearray(len(graph.operands))
    for i in graph.outputs:
        live[i] = 1
    _spread(live, graph.operands)
    live[: graph.leaves] = b"\1" * graph.leaves
    if all(live):
        return graph
    new_id = [count - 1 for count in accumulate(live)]
    place = new_id.__getitem__
    return graph._replace(
        primitives=[*compress(graph.primitives, live)],
        operands=[tuple(map(place, ids)) for ids in compress(graph.operands, live)],
        roles=bytearray(compress(graph.roles, live)),
        constants={new_id[i]: number for i, number in graph.constants.items() if live[i]},
        outputs=tuple(map(place, graph.outputs)),
    )
