"""Stage 6, differentiate: reverse mode on the groups, pull style.

The sweep goes from the last group to the first, asks for the cotangent of its results (:mod:`.cotangents`) and
contributes to those of its operands what the group's kind says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from ..sweeps import product as times
from . import conditions as c
from . import pairing
from .contributions import Cotangent
from .cotangents import Cotangents
from .forward import product
from .ir.program import Ref
from .masked import parted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .building import Builder, Operand
    from .forward import Ids, Step
    from .places import Layout
    from .reroll import Schedule


SMALL = 256
"""How large a group is worth an instruction of its own for its partial."""


class Reverse:
    """The sweep over the steps of a program."""

    def __init__(
        self, schedule: Schedule, builder: Builder, layout: Layout, steps: list[Step]
    ) -> None:
        self.np = layout.np
        self.builder = builder
        self.layout = layout
        self.steps = steps
        self.cotangents = Cotangents(schedule, builder, layout, steps)
        self.partials: dict[int, Ref] = {}

    def run(self, root: int, wanted: Sequence[int], seed: Operand = 1.0) -> list[Ref | float]:
        """Differentiate the number of an id with respect to leaves, whose ids are ascending.

        Args:
            root: what is differentiated.
            wanted: the leaves.
            seed: the cotangent of the root, in every lane.

        Returns:
            Where the derivatives stand: those of leaves that all lanes share, then the others.
        """
        np = self.np
        if self.cotangents.active[root]:
            self.cotangents.push(np.array([root]), seed, False, None, self.layout.rows > 0)
        self.prepare()
        for number in range(len(self.steps) + 1, 1, -1):
            step = self.steps[number - 2]
            if not step.group.active:
                continue
            cotangent = self.cotangents.gather(number, len(step.group.nodes))
            if cotangent is not None:
                self.differentiate(step, cotangent)
        found = []
        for block in (0, 1):
            ids = np.array([i for i in wanted if self.layout.block[i] == block], dtype=np.int64)
            if len(ids):
                found.append(self.cotangents.leaves(block, ids))
        return found

    def prepare(self) -> None:
        """Compute the partials of functions that recur in small groups, the steps of a recurrence, all at once."""
        np, builder = self.np, self.builder
        if builder.exact:  # a partial may be masked
            return
        alike: dict[Any, list[tuple[Step, Ref, Ref]]] = {}
        for step in self.steps:
            row = step.group.row
            if (
                step.kind == "map"
                and step.group.active
                and row.arity == 1
                and callable(row.traced[0])
            ):
                (operand,) = step.operands
                if isinstance(operand, Ref) and isinstance(step.out, Ref):
                    key = row, operand.arena, step.out.arena, len(step.group.nodes)
                    alike.setdefault(key, []).append((step, step.out, operand))
        for (row, before, after, count), steps in alike.items():
            if len(steps) < 3 or count > SMALL:
                continue
            out = Ref(after, np.concatenate([ref.positions for _, ref, _ in steps]))
            operand = Ref(before, np.concatenate([ref.positions for _, _, ref in steps]))
            total = count * len(steps)
            symbols = builder.symbol(out, total), builder.symbol(operand, total)
            partial = builder.operand(row.traced[0](*symbols))
            if isinstance(partial, Ref):
                for i, (step, _, _) in enumerate(steps):
                    part = partial.positions[i * count : (i + 1) * count]
                    self.partials[step.group.nodes[0]] = Ref(partial.arena, part)

    # --- from a group to its operands --------------------------------------------------------

    def differentiate(self, step: Step, cotangent: Cotangent) -> None:
        getattr(self, f"_{step.kind}")(step, cotangent)

    def _map(self, step: Step, g: Cotangent) -> None:
        builder, row = self.builder, step.group.row
        count = len(step.group.nodes)
        if row is p.where:
            self._where(step, g, count)
            return
        out = builder.symbol(step.out, count)
        primals = [builder.symbol(x, count) for x in step.operands]
        value = builder.symbol(g.value, count)
        if row is p.mul and self.np.array_equal(*step.ids):  # a square
            share = times(times(value, 2.0), primals[0])
            self.cotangents.push(
                step.ids[0], builder.operand(share), g.negative, g.mask, step.group.laned
            )
            return
        partials: Any = row.traced
        if row.arity is None:  # a user's, which one function has all partials of
            found = list(partials[0](out, *primals))
            partials = [lambda *_, local=local: local for local in found]
        for ids, partial in zip(step.ids, partials, strict=True):
            if partial is p.ABSENT or not self.cotangents.any_active(ids):
                continue
            if not callable(partial):
                self.cotangents.push(
                    ids, g.value, g.negative ^ (partial < 0), g.mask, step.group.laned
                )
                continue
            negative = g.negative
            mask: Operand | None = g.mask
            known = self.partials.get(step.group.nodes[0])
            if known is not None:
                share = times(value, builder.symbol(known, count))
            elif row is p.div:  # one division rather than two instructions
                share = p.TRACED.div(value, primals[1])  # of numbers too, as IEEE says
                if partial is row.traced[1]:
                    share, negative = share * out, not negative
            else:
                local, under = parted(partial(out, *primals))
                if local is p.ABSENT:
                    continue
                share = times(value, local)
                mask = self._both(g.mask, under, count)
            self.cotangents.push(ids, builder.operand(share), negative, mask, step.group.laned)

    def _where(self, step: Step, g: Cotangent, count: int) -> None:
        condition = step.operands[0]
        for ids, inverted in ((step.ids[1], False), (step.ids[2], True)):
            if self.cotangents.any_active(ids):
                under = self.builder.rule(c.negation, [condition], count) if inverted else condition
                mask = self._both(g.mask, under, count)
                self.cotangents.push(ids, g.value, g.negative, mask, step.group.laned)

    def _both(self, mask: Operand | None, other: Any, count: int) -> Operand | None:
        """The mask of what is present under two; None for always."""
        if other is None:
            return mask
        under = other if isinstance(other, (Ref, float)) else self.builder.operand(other)
        return under if mask is None else self.builder.rule(c.both, [mask, under], count)

    def spread(self, operand: Operand | None, step: Step) -> Operand | None:
        """A number a node as a number a term."""
        if not isinstance(operand, Ref):
            return operand
        np = self.np
        if step.starts is None:
            counts: Any = step.ids[0].shape[1]
        else:
            counts = np.diff([*step.starts, step.ids[0].size])
        return Ref(operand.arena, np.repeat(operand.positions, counts))

    def _sum(self, step: Step, g: Cotangent) -> None:
        value, mask = self.spread(g.value, step), self.spread(g.mask, step)
        assert value is not None
        self.cotangents.push(step.ids[0].ravel(), value, g.negative, mask, step.group.laned)

    def _dot(self, step: Step, g: Cotangent) -> None:
        if step.products and g.mask is None:
            laned = step.group.laned
            cotangent = self.builder.filled(g.value, len(step.group.nodes), laned)

            def push(ids: Ids, value: Ref) -> None:
                self.cotangents.push(ids, value, g.negative, None, laned)

            for found in step.products:
                pairing.differentiate(
                    self.builder, found, cotangent, self.cotangents.any_active, push
                )
            return
        value, mask = self.spread(g.value, step), self.spread(g.mask, step)
        count = step.ids[0].size
        symbol = self.builder.symbol(value, count)  # type: ignore[arg-type]
        sides = list(zip(step.ids, reversed(step.operands), strict=True))
        if self.np.array_equal(*step.ids):  # squares
            symbol, sides = times(symbol, 2.0), sides[:1]
        for ids, other in sides:
            if self.cotangents.any_active(ids):
                factor = other.line if isinstance(other, Ref) else other
                share = times(symbol, self.builder.symbol(factor, count))
                self.cotangents.push(
                    ids.ravel(), self.builder.operand(share), g.negative, mask, step.group.laned
                )

    def _logsumexp(self, step: Step, g: Cotangent) -> None:
        # Each term's share in the sum of exponentials, which is there already.
        assert step.weights is not None
        rule, (parts, total) = self.builder.rule, step.weights
        rows, count = len(step.group.nodes), step.ids[0].size
        each = self.spread(rule(p.div, [g.value, total], rows), step)
        assert each is not None
        mask = self.spread(g.mask, step)
        share = rule(p.mul, [each, parts], count)
        self.cotangents.push(step.ids[0].ravel(), share, g.negative, mask, step.group.laned)

    def _prod(self, step: Step, g: Cotangent) -> None:
        builder = self.builder
        (ids,), (matrix,) = step.ids, step.operands
        assert isinstance(matrix, Ref)
        count, terms = ids.shape
        columns = [
            builder.symbol(Ref(matrix.arena, matrix.positions[:, j]), count) for j in range(terms)
        ]
        partials = step.group.row.traced[0](builder.symbol(step.out, count), *columns)
        for j, partial in enumerate(partials):
            share = times(builder.symbol(g.value, count), partial)
            self.cotangents.push(
                ids[:, j], builder.operand(share), g.negative, g.mask, step.group.laned
            )

    def _chain(self, step: Step, g: Cotangent) -> None:
        """Of numbers that are equal to the largest, the later ones take half of what is left; the first gets the rest."""
        builder, rule = self.builder, self.builder.rule
        (ids,), (matrix,) = step.ids, step.operands
        assert isinstance(matrix, Ref)
        assert isinstance(step.out, Ref)
        builder.doubtful = True  # what does not win gets 0, rather than nothing
        rows, terms = ids.shape
        top = self.spread(step.out, step)
        assert top is not None
        ties = rule(c.equal, [matrix.line, top], ids.size)
        assert isinstance(ties, Ref)
        so_far = builder.accumulate("add", Ref(ties.arena, ties.positions.reshape(rows, terms)))
        total = Ref(so_far.arena, so_far.positions[:, -1])
        # Where none is equal, the largest is nan.
        value = rule(p.where, [rule(c.lt, [0.0, total], rows), g.value, math.nan], rows)
        each, final, mask = (self.spread(x, step) for x in (value, total, g.mask))
        assert each is not None
        assert final is not None
        later = rule(p.sub, [final, so_far.line], ids.size)
        halvings = rule(p.add, [later, rule(c.lt, [1.0, so_far.line], ids.size)], ids.size)
        part = rule(p.mul, [ties, rule(p.pow_, [0.5, halvings], ids.size)], ids.size)
        share = rule(p.mul, [each, part], ids.size)
        self.cotangents.push(ids.ravel(), share, g.negative, mask, step.group.laned)

    def _scan(self, step: Step, g: Cotangent) -> None:
        """What a running sum was given on the way and later goes to all that had been added by then."""
        np, builder = self.np, self.builder
        (ids,) = step.ids
        scans, count = len(ids), len(step.group.nodes)

        def backwards(kind: str, operand: Operand) -> Ref:
            given = builder.filled(operand, count, step.group.laned)
            turned = Ref(given.arena, given.positions.reshape(scans, -1)[:, ::-1])
            found = builder.accumulate(kind, turned)
            positions = found.positions[:, ::-1]
            return Ref(found.arena, np.append(positions[:, :1], positions, axis=1).ravel())

        value, mask = g.value, None
        if g.mask is not None:
            value = builder.rule(p.where, [g.mask, value, 0.0], count)
            mask = backwards("maximum", g.mask)
        share = backwards("add", value)
        self.cotangents.push(ids.ravel(), share, g.negative, mask, step.group.laned)

    def _matmul(self, step: Step, g: Cotangent) -> None:
        builder = self.builder
        (weights, tuples), (w, x) = step.ids, step.operands
        assert isinstance(w, Ref)
        assert isinstance(x, Ref)
        (rows, terms), count = weights.shape, len(tuples)
        if g.negative:  # here once, rather than in everything that comes of it
            g = Cotangent(builder.rule(p.neg, [g.value], rows * count), False, None)
        value = builder.filled(g.value, rows * count, x.laned)
        if x.laned and not value.laned:  # the same in all lanes
            out = builder.place(True, rows * count)
            builder.copy(value, out)
            value = out
        value = Ref(value.arena, value.positions.reshape(count, rows))
        if self.cotangents.any_active(tuples):
            share = builder.place(x.laned, count * terms)
            product(builder, Ref(w.arena, w.positions.T), value, share)
            self.cotangents.push(tuples.ravel(), share, g.negative, None, step.group.laned)
        if step.biases is not None:
            if step.extended is not None and self.cotangents.active[step.biases].all():
                weights = self.np.append(weights, step.biases[:, None], axis=1)
                x = step.extended
            elif self.cotangents.any_active(step.biases):
                each = Ref(value.arena, value.positions[0])
                self.cotangents.push(step.biases, each, g.negative, None, True)
        if self.cotangents.any_active(weights):
            self.cotangents.push_outer(weights, value, x, g.negative)
