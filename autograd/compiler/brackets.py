"""Which sums stand as they are written.

The terms of a sum may be added in any order: that is what makes arrays of them. But where terms cancel, what is left is
their rounding, and another order leaves another one or none. Compensated sums and products (Knuth's two-sum, the sums of
Kahan and Neumaier, Dekker's product) are made of nothing else. They are told by what their terms are in turn: sums
and products of the same numbers, here added and there subtracted.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from .ir.ops import LINEAR

if TYPE_CHECKING:
    from .ir.scalar import ScalarGraph

    Signed = list[tuple[Any, int]]

LONG = 16
"""A sum of more terms may be added in any order."""
DEEP = 3
"""How many sums and products of sums and products are looked into."""
MANY = 64
"""What would be made of more atoms than that is one itself."""


def keep_brackets(graph: ScalarGraph, absorbed: bytearray) -> None:
    """Let nothing be absorbed into a sum whose terms may cancel, nor such a sum into another.

    Args:
        graph: the graph.
        absorbed: which ids are terms of their only user's sum; changed in place.
    """
    primitives, operands = graph.primitives, graph.operands
    sums = [i for i, row in enumerate(primitives) if row in LINEAR]
    begun = bytearray(
        len(operands)
    )  # what a sum begins with is no bracket: it is looked at as part of it
    for identity in sums:
        if primitives[identity] is not p.neg:
            begun[operands[identity][0]] = 1
    signs = _Signs(graph)
    for identity in sums:
        if not (absorbed[identity] and begun[identity]):
            _keep(graph, absorbed, identity, signs)


def _keep(graph: ScalarGraph, absorbed: bytearray, root: int, signs: _Signs) -> None:
    terms, inner = _terms(graph, absorbed, root, LONG)
    if len(terms) > LONG:
        _keep_correction(graph, absorbed, root)
    elif inner and len(terms) > 2 and signs.differ(terms) and _cancel(graph, terms):
        for i in (root, *inner):
            absorbed[i] = 0


def _keep_correction(graph: ScalarGraph, absorbed: bytearray, root: int) -> None:
    """Let a long sum stand by itself that is added to a number in the end, if it is made of what that lost."""
    ids = graph.operands[root]
    chains = [i for i in ids if graph.is_computed(i) and absorbed[i]]
    wholes = [i for i in ids if graph.is_computed(i) and not absorbed[i]]
    if len(ids) != 2 or len(chains) != 1 or len(wholes) != 1:
        return
    lost = 1 if graph.primitives[root] is p.sub else -1
    for i, sign in _terms(graph, absorbed, chains[0], len(graph.operands))[0]:
        if (wholes[0], lost * sign) in _atoms(graph, i, DEEP):
            absorbed[chains[0]] = 0
            return


def _terms(
    graph: ScalarGraph, absorbed: bytearray, root: int, most: int
) -> tuple[Signed, list[int]]:
    """The terms of a sum, until there are too many, and the ids that are absorbed into it."""
    terms: Signed = []
    inner: list[int] = []
    stack = [(root, 1)]
    while stack and len(terms) <= most:
        identity, sign = stack.pop()
        for i, s in _parts(graph, identity):
            if absorbed[i]:
                inner.append(i)
                if graph.primitives[i] is not p.mul:
                    stack.append((i, sign * s))
                    continue
            terms.append((i, sign * s))
    return terms, inner


class _Signs:
    """Which numbers are differences: where nothing is subtracted nothing cancels, and few sums need a closer look."""

    def __init__(self, graph: ScalarGraph) -> None:
        self.graph = graph
        self.known = [bytearray(len(graph.operands)) for _ in range(DEEP + 1)]
        """By depth, of each id: 0 for not yet looked at, 1 for none, 2 for some."""

    def differ(self, terms: Signed) -> bool:
        """Whether atoms of terms may have both signs."""
        first = terms[0][1]
        return any(sign != first or self.negative(i, DEEP) for i, sign in terms)

    def negative(self, identity: int, depth: int) -> bool:
        """Whether an atom of a number may have a minus, see :func:`_atoms`."""
        known = self.known[depth]
        if not known[identity]:
            known[identity] = 1 + self._looked(identity, depth)
        return known[identity] == 2

    def _looked(self, identity: int, depth: int) -> bool:
        graph = self.graph
        number = graph.constants.get(identity)
        if number is not None:
            return number < 0.0
        row, ids = graph.primitives[identity], graph.operands[identity]
        if not depth or len(ids) > LONG:
            return False
        if row is p.sub or row is p.neg:
            return True
        if row in LINEAR or row is p.where or row is p.mul:
            return any(self.negative(i, depth - 1) for i in ids)
        return False


def _cancel(graph: ScalarGraph, terms: Signed) -> bool:
    """Whether a term is subtracted from what is the sum of it and others, or of products it is one of."""
    constants = [sign * graph.constants[i] for i, sign in terms if i in graph.constants]
    if min(constants, default=0.0) < 0.0 < max(constants, default=0.0):
        return True
    direct: dict[int, set[Any]] = {1: set(), -1: set()}
    within: dict[int, set[Any]] = {1: set(), -1: set()}
    for i, sign in terms:
        if i not in graph.constants:
            direct[sign].add(i)
            if graph.primitives[i] is p.mul and graph.constants.keys().isdisjoint(
                graph.operands[i]
            ):
                direct[sign].add(frozenset(graph.operands[i]))
        for atom, s in _atoms(graph, i, DEEP):
            within[sign * s].add(atom)
    return not (direct[1].isdisjoint(within[-1]) and direct[-1].isdisjoint(within[1]))


def _parts(graph: ScalarGraph, identity: int) -> Signed:
    """The operands of a sum, with their signs."""
    row, ids = graph.primitives[identity], graph.operands[identity]
    if row is p.neg:
        return [(ids[0], -1)]
    if row is p.sub:
        return [(ids[0], 1), (ids[1], -1)]
    return [(i, 1) for i in ids]


def _atoms(graph: ScalarGraph, identity: int, depth: int) -> Signed:
    """What a number is the sum of, with signs: itself, ids and constants (floats), and products of them, as sets."""
    number = graph.constants.get(identity)
    if number is not None:
        return [(abs(number), -1 if number < 0.0 else 1)] if number else []
    own: Signed = [(identity, 1)]
    row, ids = graph.primitives[identity], graph.operands[identity]
    if not depth or len(ids) > LONG:
        return own
    found = own[:]
    if row in LINEAR:
        for i, sign in _parts(graph, identity):
            found += [(atom, sign * s) for atom, s in _atoms(graph, i, depth - 1)]
    elif row is p.where:  # of either branch
        found += [atom for i in ids[1:] for atom in _atoms(graph, i, depth - 1)]
    elif row is p.mul:
        factors = [_atoms(graph, i, depth - 1) for i in ids]
        for (a, s), (b, t) in product(*factors):
            if type(a) is not float or type(b) is not float:
                found.append((frozenset((a, b)), s * t))
    return found if len(found) <= MANY else own
