"""Reverse mode on an array graph: the cotangents of its values are further values of its tape.

The sweep goes from the last value to the first, asks for the cotangent of its elements (:mod:`.accumulate`) and contributes to
those of its operands what the operation says. The operations are closed under this: a contraction's derivative is two
contractions, a reduction's repeats elements, and a repetition's is a reduction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ... import primitives as p
from ...primitives import Primitive
from ...sweeps import product as times
from .. import conditions as c
from ..masked import parted
from .accumulate import Cotangent, Cotangents
from .symbols import Symbol
from .tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..ir.array import ArrayGraph, Elements, Operand, Value


def vjp(
    graph: ArrayGraph, wanted: Sequence[int], seeded: bool = False, exact: bool = False
) -> ArrayGraph:
    """A graph with the derivatives of its first output, which counts once for each lane.

    Args:
        graph: a graph without derivatives.
        wanted: the ids of the leaves to differentiate by, ascending; those that all lanes share come first in the
            results.
        seeded: whether the cotangent to begin with is set from outside, rather than 1.
        exact: whether to tell what is absent from what is 0, behind flat pieces too.
    """
    if not len(wanted):
        return graph
    tape = Tape.resumed(graph, wanted, exact)
    sweep = _Sweep(tape)
    seed = tape.seed() if seeded else tape.filled(1.0, 1)
    lanes = any(value.batched for value in graph.values)
    sweep.cotangents.push(graph.outputs[:1], seed, lanes)
    for index in range(len(graph.values) - 1, -1, -1):
        value = graph.values[index]
        if value.op != "input":
            cotangent = sweep.cotangents.gather(index)
            if cotangent is not None:
                sweep.step(value, cotangent)
    chosen = set(wanted)
    leaves = [
        value.elements[[identity in chosen for identity in value.detail]]
        for batched in (False, True)
        for value in graph.values
        if value.op == "input" and value.batched == batched
    ]
    return tape.graph(graph.outputs, sweep.cotangents.of_leaves(tape.np.concatenate(leaves)))


class _Sweep:
    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.np = tape.np
        self.cotangents = Cotangents(tape)

    def step(self, value: Value, g: Cotangent) -> None:
        """From a value to its operands."""
        rules: dict[str, Callable[[Value, Cotangent], None]] = {
            "contract": self.contract,
            "reduce": self.reduce,
            "accumulate": self.accumulate,
            "segment": self.segment,
            "batch_sum": self.batch_sum,
        }
        if isinstance(value.op, Primitive):
            self.map(value, g)
        else:
            rules[value.op](value, g)

    def push(
        self, value: Value, target: Operand, share: Any, g: Cotangent, mask: Any = None
    ) -> None:
        """Contribute to the cotangent of an operand of a value.

        Args:
            value: whose derivative it is.
            target: the operand.
            share: what it gets: an operand or a symbol.
            g: the cotangent of the value, for its sign.
            mask: the condition under which it is there.
        """
        assert not isinstance(target, float)
        line = target.ravel()
        self.cotangents.push(
            line, self.tape.filled(_operand(share), len(line)), value.batched, g.negative, mask
        )

    # --- side by side ------------------------------------------------------------------------

    def map(self, value: Value, g: Cotangent) -> None:
        tape, np = self.tape, self.np
        out, args, mask = value.elements, list(value.args), g.mask
        there = g.elements != tape.absent
        if not there.all():  # what gets no cotangent hands none on
            out = out[there]
            args = [x if isinstance(x, float) else x[there] for x in args]
            mask = None if mask is None else mask[there]
        share = g.elements[there]
        count = len(out)
        if not count:
            return
        g = Cotangent(share, g.negative, mask)
        if value.op is p.where:
            self.where(value, args, g)
            return
        if value.op is p.mul and np.array_equal(*args):  # a square
            twice = times(times(self.symbol(share), 2.0), self.symbol(args[0]))
            self.push(value, args[0], twice, g, mask)
            return
        row = value.op
        assert isinstance(row, Primitive)
        primals = [self.symbol(x, count) for x in args]
        result = self.symbol(out)
        partials: Sequence[Any] = row.traced
        if row.arity is None:  # which one function has all partials of
            found = list(partials[0](result, *primals))
            partials = [lambda *_, local=local: local for local in found]
        for index, (target, partial) in enumerate(zip(args, partials, strict=True)):
            if isinstance(target, float) or partial is p.ABSENT or not tape.active[target].any():
                continue
            if not callable(partial):
                sign = g._replace(negative=g.negative ^ (partial < 0))
                self.push(value, target, share, sign, mask)
                continue
            if row is p.div:  # one division rather than two operations
                each: Any = p.TRACED.div(self.symbol(share, count), primals[1])
                if index:
                    negated = g._replace(negative=not g.negative)
                    self.push(value, target, times(each, result), negated, mask)
                else:
                    self.push(value, target, each, g, mask)
                continue
            local, under = parted(partial(result, *primals))
            if local is not p.ABSENT:
                product = times(self.symbol(share, count), local)
                self.push(value, target, product, g, self.both(mask, under, count))

    def where(self, value: Value, args: Sequence[Operand], g: Cotangent) -> None:
        condition, *branches = args
        count = len(g.elements)
        for target, inverted in zip(branches, (False, True), strict=True):
            if not isinstance(target, float) and self.tape.active[target].any():
                under = condition
                if inverted:
                    under = self.tape.rule(c.negation, [condition], count)
                self.push(value, target, g.elements, g, self.both(g.mask, under, count))

    def both(self, mask: Elements | None, under: Any, count: int) -> Elements | None:
        """The mask of what is present under two; None for always."""
        if under is None:
            return mask
        condition = self.tape.filled(_operand(under), count)
        if mask is None:
            return condition
        return self.tape.filled(self.tape.rule(c.both, [mask, condition], count), count)

    def symbol(self, operand: Operand, count: int = 0) -> Any:
        """An operand for rules."""
        if not isinstance(operand, float):
            operand = self.tape.operand(operand)
        return self.tape.symbol(operand, count if isinstance(operand, float) else len(operand))

    # --- what reduces ------------------------------------------------------------------------

    def reduce(self, value: Value, g: Cotangent) -> None:
        (matrix,) = value.reads
        columns = matrix.shape[1]
        if value.detail == "multiply":
            self.product(value, matrix, g)
            return
        if value.detail != "add":
            self.chain(value, matrix, g)
            return
        mask = None if g.mask is None else self.np.repeat(g.mask, columns)
        self.push(value, matrix, self.np.repeat(g.elements, columns), g, mask)

    def segment(self, value: Value, g: Cotangent) -> None:
        (line,) = value.reads
        counts = self.np.diff([*value.detail[1:], len(line)])
        mask = None if g.mask is None else self.np.repeat(g.mask, counts)
        self.push(value, line, self.np.repeat(g.elements, counts), g, mask)

    def product(self, value: Value, matrix: Elements, g: Cotangent) -> None:
        """Of a product of some factors, whose rule has all partials."""
        there = g.elements != self.tape.absent
        mask = None if g.mask is None else g.mask[there]
        columns = [self.symbol(self.np.ascontiguousarray(x)) for x in matrix[there].T]
        share = self.symbol(g.elements[there], int(there.sum()))
        partials = p.prod.traced[0](self.symbol(value.elements[there]), *columns)
        for target, partial in zip(matrix[there].T, partials, strict=True):
            self.push(value, target, times(share, partial), g, mask)

    def accumulate(self, value: Value, g: Cotangent) -> None:
        """What a running sum was given on the way and later goes to all that had been added by then."""
        assert value.detail == "add", "other chains are scans only where no derivative is asked for"
        tape, np = self.tape, self.np
        (matrix,) = value.reads
        present = (g.elements != tape.absent).reshape(value.shape)
        later = np.maximum.accumulate(present[:, ::-1], axis=1)[:, ::-1].ravel()

        def backwards(kind: str, line: Elements) -> Elements:
            line = np.where(present.ravel(), line, tape.constant_element(0.0))
            turned = np.ascontiguousarray(line.reshape(value.shape)[:, ::-1])
            return np.where(
                later, tape.accumulate(kind, turned)[:, ::-1].ravel(), tape.absent_element()
            )

        share, mask = g.elements, None
        if g.mask is not None:
            under = np.where(present.ravel(), g.mask, tape.constant_element(0.0))
            given = np.where(present.ravel(), share, tape.constant_element(0.0))
            share = tape.filled(tape.map(p.where, [under, given, 0.0], value.size), value.size)
            mask = np.where(later, backwards("maximum", g.mask), tape.constant_element(0.0))
        self.push(value, matrix, backwards("add", share), g, mask)

    def chain(self, value: Value, matrix: Elements, g: Cotangent) -> None:
        """Of a chain of maximum or minimum: of numbers that are equal to the result, the later ones take half of what is
        left, and the first gets the rest."""
        tape, np = self.tape, self.np
        tape.doubtful = True  # what does not win gets 0, rather than nothing
        there = g.elements != tape.absent
        mask = None if g.mask is None else np.repeat(g.mask[there], matrix.shape[1])
        matrix = matrix[there]
        rows, columns = matrix.shape
        if not rows:
            return

        def rule(row: Primitive, *args: Any, count: int = matrix.size) -> Elements:
            return tape.filled(tape.rule(row, args, count), count)

        line = matrix.ravel()
        ties = rule(c.equal, line, np.repeat(value.elements[there], columns))
        so_far = tape.accumulate("add", ties.reshape(matrix.shape))
        total = np.ascontiguousarray(so_far[:, -1])
        # Where none is equal, the result is nan.
        won = rule(c.lt, 0.0, total, count=rows)
        share = np.repeat(rule(p.where, won, g.elements[there], math.nan, count=rows), columns)
        later = rule(p.sub, np.repeat(total, columns), so_far.ravel())
        halvings = rule(p.add, later, rule(c.lt, 1.0, so_far.ravel()))
        part = rule(p.mul, ties, rule(p.pow_, 0.5, halvings))
        self.push(value, line, rule(p.mul, share, part), g, mask)

    def batch_sum(self, value: Value, g: Cotangent) -> None:
        (line,) = value.reads
        self.push(value, line, g.elements, g, g.mask)

    def contract(self, value: Value, g: Cotangent) -> None:
        tape, np = self.tape, self.np
        a, b = value.reads
        if g.mask is not None:
            self.term_by_term(value, a, b, g)
            return
        share = g.elements
        if g.negative:  # here once, rather than in everything that comes of it
            there = share != tape.absent
            share = share.copy()
            count = int(there.sum())
            share[there] = tape.filled(tape.rule(p.neg, [share[there]], count), count)
        box = share.reshape(value.shape)
        sides = ((a, box, b), (b, box.transpose(0, 2, 1), a))
        for target, cotangent, other in sides:
            if not tape.active[target].any():
                continue
            if value.size == 1 and not tape.batched[[*share, *other.ravel()]].any():
                factor = np.broadcast_to(cotangent, other.shape).ravel()
                line = self.symbol(np.ascontiguousarray(other.ravel()))
                count = other.size
                product = times(self.symbol(factor, count), line)
                self.cotangents.push(
                    target.ravel(), tape.filled(_operand(product), count), value.batched
                )
                continue
            shared = not tape.batched[target].any()
            over = shared and bool(tape.batched[cotangent].any() or tape.batched[other].any())
            columns = np.ascontiguousarray(other.transpose(0, 2, 1))
            found = tape.contract(np.ascontiguousarray(cotangent), columns, over)
            self.cotangents.push(target.ravel(), found.ravel(), value.batched, summed=over)

    def term_by_term(self, value: Value, a: Elements, b: Elements, g: Cotangent) -> None:
        """A contraction's cotangent that may be absent, handed on to each term."""
        tape, np = self.tape, self.np
        shape = (*value.shape, a.shape[2])
        sides = [np.broadcast_to(x, shape).reshape(-1) for x in (a[:, :, None], b[:, None])]
        share, mask = (
            np.repeat(x, shape[3]) for x in (g.elements, g.mask if g.mask is not None else ())
        )
        there = (share != tape.absent) & (sides[0] != tape.absent) & (sides[1] != tape.absent)
        share, mask, left, right = share[there], mask[there], sides[0][there], sides[1][there]
        for target, other in ((left, right), (right, left)):
            if tape.active[target].any():
                self.push(
                    value,
                    target,
                    times(self.symbol(share, len(share)), self.symbol(other)),
                    g,
                    mask,
                )


def _operand(result: Any) -> Operand:
    """What a rule's result stands for."""
    return result.operand if isinstance(result, Symbol) else result
