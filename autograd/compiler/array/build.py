"""From groups of scalar operations to the values of an array graph.

A group of inner products is a contraction where rows meet rows (:mod:`.contract`), and a bias that is added to one is one
more of its terms, times 1.
"""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from ... import primitives as p
from .. import conditions as c
from ..ir.ops import FOLDED, UFUNCS, reduction
from ..ir.scalar import BATCHED
from ..layout.affine import plane
from ..layout.leaves import beside_weights
from ..recording import LARGEST
from ..reroll import data_first
from .contract import find
from .tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..ir.array import ArrayGraph, Elements, Operand
    from ..reroll import Group, Schedule

    Lists = Sequence[tuple[int, ...]]


REDUCED = frozenset({p.sum_, p.prod, p.logsumexp, c.largest, *FOLDED.values()})
"""The rows of many arguments that are reductions, or made of them."""


def build(schedule: Schedule, parts: Sequence[int] = ()) -> ArrayGraph:
    """The array graph of a schedule's groups.

    Args:
        schedule: groups in an order in which they can be computed.
        parts: where the parts of the leaves end that may be put in an order of our own.
    """
    return _Build(schedule, parts).run()


def forward(function: Callable[..., Any], *args: Any) -> ArrayGraph:
    """The array graph of a function of arguments like these.

    >>> print(forward(lambda xs: [x * x + 1.0 for x in xs], [1.0] * 4))
    e0:4 = input 4
    e5:9 = mul e0:4 e0:4
    e9:13 = add 1 e5:9
    return e9:13
    """
    from ..pipeline import GROUP, Task, run
    from ..stages import simplified

    return build(run(simplified(function, *args), Task(), *GROUP))


class _Build:
    def __init__(self, schedule: Schedule, parts: Sequence[int]) -> None:
        self.flat = flat = schedule.flat
        self.operands = flat.graph.operands
        self.tape = tape = Tape()
        self.np = np = tape.np
        graph, leaves = flat.graph, flat.graph.leaves
        self.element = np.full(len(graph.operands), -1)
        batched = np.array([role >= BATCHED for role in graph.roles[:leaves]], dtype=bool)
        order = np.array(beside_weights(schedule, parts), dtype=np.int64)
        for on in (False, True):
            ids = order[batched[order] == on]
            if len(ids):
                self.element[ids] = tape.input(ids.tolist(), on)
        for identity, number in graph.constants.items():
            self.element[identity] = tape.constant_element(number)
        self.groups = schedule.groups

    def run(self) -> ArrayGraph:
        for group in self.groups:
            found = self.group(group)
            self.element[group.nodes] = self.tape.filled(found, len(group.nodes))
        outputs = self.of(self.flat.graph.outputs)
        return self.tape.graph(outputs, outputs[:0])

    def of(self, ids: Any) -> Elements:
        """The elements of ids."""
        return self.element[self.np.asarray(ids, dtype=self.np.int64)]

    def group(self, group: Group) -> Operand:
        row, count = group.row, len(group.nodes)
        if group.scans:
            matrix = self.of([scan.inputs for scan in group.scans])
            return self.tape.accumulate(UFUNCS[row], matrix)[:, 1:].ravel()
        lists = [self.operands[node] for node in group.nodes]
        if row is p.dot:
            return self.dot(group, lists)
        if row in REDUCED:
            return self.reduced(row, lists)
        columns = list(self.np.ascontiguousarray(self.of(lists).T))
        if row is c.same:
            return columns[0]
        if row is p.add:
            found = self.with_bias(columns)
            if found is not None:
                return found
        if row is p.pow_ and _is_two(self.tape.operand(columns[1])):
            row, columns = p.mul, [columns[0]] * 2
        return self.tape.map(row, columns, count)

    # --- what is reduced ---------------------------------------------------------------------

    def reduced(self, row: Any, lists: Lists) -> Elements:
        """Sums, products, maxima, or logarithms of sums of exponentials, of rows."""
        tape, np = self.tape, self.np
        counts = [len(ids) for ids in lists]
        line = self.of(list(chain.from_iterable(lists)))
        if row is not p.logsumexp:
            found = self.combined(reduction(row), line, counts)
            return self.detached(found) if row is c.largest else found
        rows = len(counts)
        top = self.detached(self.combined("maximum", line, counts))
        # An infinite maximum cannot be subtracted, the largest float can; nan stays nan.
        bounded = tape.map(p.minimum, [tape.map(p.maximum, [top, -LARGEST], rows), LARGEST], rows)
        shift = tape.filled(bounded, rows)
        difference = tape.map(p.sub, [line, np.repeat(shift, counts)], len(line))
        exponentials = tape.filled(tape.map(p.exp, [difference], len(line)), len(line))
        total = self.combined("add", exponentials, counts)
        return tape.filled(tape.map(p.add, [shift, tape.map(p.log, [total], rows)], rows), rows)

    def combined(self, kind: str, line: Elements, counts: Sequence[int]) -> Elements:
        """The reductions of stretches of a line."""
        if len(set(counts)) == 1:
            return self.tape.reduce(kind, line.reshape(len(counts), counts[0]))
        return self.tape.segment(kind, line, [0, *accumulate(counts[:-1])])

    def detached(self, elements: Elements) -> Elements:
        """The same numbers, through which no cotangent flows back."""
        count = len(elements)
        return self.tape.filled(self.tape.map(c.detach, [elements], count), count)

    # --- inner products ----------------------------------------------------------------------

    def dot(self, group: Group, lists: Lists) -> Operand:
        """Inner products, by contractions where that can be."""
        tape, np = self.tape, self.np
        halves = [len(ids) // 2 for ids in lists]
        if group.matrix:
            return self.matrix(group, lists)
        left = [self.of(ids[:half]) for ids, half in zip(lists, halves, strict=True)]
        right = [self.of(ids[half:]) for ids, half in zip(lists, halves, strict=True)]
        if len(lists) == 1:
            return tape.contract(left[0][None, None], right[0][None, None]).ravel()
        if not any(node in self.flat.mixed for node in group.nodes):
            blocks = find(
                tape, [tuple(x.tolist()) for x in left], [tuple(x.tolist()) for x in right]
            )
            if blocks:
                found = np.full(len(lists), -1)
                for rows, columns, ranks in blocks:
                    there = ranks >= 0
                    found[ranks[there]] = tape.contract(rows, columns)[there]
                return found
        a, b = np.concatenate(left), np.concatenate(right)
        terms = tape.filled(tape.map(p.mul, [a, b], len(a)), len(a))
        return self.combined("add", terms, halves)

    def matrix(self, group: Group, lists: Lists) -> Elements:
        """A matrix times each of some tuples."""
        both = self.of(lists)
        half = both.shape[1] // 2
        weights, tuples = both[:, :half], both[:, half:]
        if data_first(self.flat, group.nodes):
            weights, tuples = tuples, weights
        same = (tuples == tuples[0]).all(axis=1)
        rows = len(both) if same.all() else int(same.argmin())
        return self.tape.contract(tuples[None, ::rows], weights[None, :rows]).ravel()

    def with_bias(self, columns: Sequence[Elements]) -> Elements | None:
        """A sum of a batched product and of leaves that are added to its rows, as the product with one more term."""
        tape, np = self.tape, self.np
        for product, bias in (columns, columns[::-1]):
            owner = int(tape.owner[product[0]])
            value = tape.values[owner] if owner >= 0 else None
            if value is None or value.op != "contract" or not value.batched or value.shape[0] > 1:
                continue
            order = product - value.base
            if len(order) != value.size or (np.sort(order) != np.arange(value.size)).any():
                continue
            if tape.batched[bias].any() or not tape.are_leaves(bias):
                continue
            beside = np.empty(value.size, np.int64)
            beside[order] = bias
            beside = beside.reshape(value.shape[1:])
            a, b = value.reads
            found = self.extended(a, b, beside)
            if found is not None:
                return found.ravel()[order]
        return None

    def extended(self, a: Elements, b: Elements, biases: Elements) -> Elements | None:
        """A contraction with biases, (m, n), as a further term of the factor that all lanes share."""
        tape, np = self.tape, self.np
        one = tape.constant_element(1.0)
        for weights, data, column in ((a, b, biases[:, :1]), (b, a, biases[:1].T)):
            alike = biases == (column if weights is a else column.T)
            shared = alike.all() and not tape.batched[weights].any()
            matrix = np.concatenate([weights[0], column], axis=1)
            if not shared or plane(matrix) is None or not self.takes_one(data):
                continue
            ones = np.full((1, data.shape[1], 1), one)
            factors = matrix[None], np.concatenate([data, ones], axis=2)
            return tape.contract(*(factors if weights is a else factors[::-1]))
        return None

    def takes_one(self, data: Elements) -> bool:
        """Whether a 1 can stand after data: what is computed has room for it, and leaves if they are the last."""
        value = self.tape.values[self.tape.owner[data.flat[-1]]]
        if value.op != "input":
            return True
        return data.shape[1] == 1 and bool(data.flat[-1] == value.stop - 1)


def _is_two(exponent: Operand) -> bool:
    return isinstance(exponent, float) and exponent == 2.0
