"""The cotangents of all blocks, while they are being gathered.

Every block of numbers (a group's results, or the leaves) gathers *contributions* to its cotangent: for some of
its ranks, where a number to be added stands, and its sign. Nothing is computed until the sweep reaches the block,
but for a sum over lanes where what they share gets something from each.

A block whose every use lies under branches of ``where`` has *masked* contributions, each with the condition
under which it is present; where a masked one meets a block that is not masked, the absent ones become 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import primitives as p
from . import conditions as c
from .contributions import Contribution, Cotangent, Merger, Outer, chosen_of
from .ir.program import Ref

if TYPE_CHECKING:
    from .building import Builder, Operand
    from .forward import Ids, Step
    from .places import Layout
    from .reroll import Schedule


class Cotangents:
    """What every block of numbers has been given so far."""

    def __init__(
        self, schedule: Schedule, builder: Builder, layout: Layout, steps: list[Step]
    ) -> None:
        self.np = layout.np
        self.builder = builder
        self.layout = layout
        self.merger = Merger(builder)
        self.active = self.np.frombuffer(schedule.active, dtype=self.np.uint8).astype(bool)
        blocks = len(steps) + 2
        self.contributions: list[list[Contribution]] = [[] for _ in range(blocks)]
        self.outers: list[list[Outer]] = [[] for _ in range(blocks)]
        self.masked = [False, False, *(step.group.masked for step in steps)]
        self.laned = [False, True, *(step.group.laned for step in steps)]

    def any_active(self, ids: Ids) -> bool:
        """Whether some of the ids need a cotangent."""
        return bool(self.active[ids].any())

    def push(
        self, ids: Ids, value: Operand, negative: bool, mask: Operand | None, laned: bool
    ) -> None:
        """Contribute numbers to the cotangents of ids; those that need none are left out.

        Args:
            ids: one dimension.
            value: a number for each.
            negative: whether they are to be subtracted.
            mask: the conditions under which they are present, or None.
            laned: whether it is the contribution of every single lane.
        """
        np = self.np
        wanted = self.active[ids]
        if not wanted.all():
            chosen = np.nonzero(wanted)[0]
            if not len(chosen):
                return
            ids, value, mask = ids[chosen], chosen_of(value, chosen), chosen_of(mask, chosen)
        blocks = self.layout.block[ids]
        ranks = self.layout.rank[ids]
        if (blocks == blocks[0]).all():
            self._push(int(blocks[0]), ranks, value, negative, mask, laned)
            return
        for block in np.unique(blocks):
            chosen = np.nonzero(blocks == block)[0]
            part, under = chosen_of(value, chosen), chosen_of(mask, chosen)
            self._push(int(block), ranks[chosen], part, negative, under, laned)

    def push_outer(self, weights: Ids, left: Ref, right: Ref, negative: bool) -> None:
        """Contribute a product of two matrices over their first axis to the cotangent of weights.

        Args:
            weights: their ids, a matrix of (row, term).
            left: the cotangents of the results, (tuple, row).
            right: the activations, (tuple, term).
            negative: whether it is to be subtracted.
        """
        blocks = self.layout.block[weights]
        outer = Outer(self.layout.rank[weights], left, right, negative)
        distinct = len(self.np.unique(weights)) == weights.size
        if distinct and (blocks == blocks[0, 0]).all() and self.active[weights].all():
            self.outers[blocks[0, 0]].append(outer)
        else:
            share = self.merger.outer_product([outer], None)
            self.push(weights.ravel(), share, negative, None, False)

    def _push(
        self,
        block: int,
        ranks: Ids,
        value: Operand,
        negative: bool,
        mask: Operand | None,
        laned: bool,
    ) -> None:
        builder, count = self.builder, len(ranks)
        if laned and not self.laned[block]:
            if mask is not None:
                value = builder.rule(p.where, [mask, value, 0.0], count)
                mask = builder.rule(c.lt, [0.0, self.over_lanes(mask, count)], count)
            if block or not isinstance(value, Ref) or not value.laned:
                value = self.over_lanes(value, count)
            # What is for leaves is summed where it is put.
        if mask is not None and not self.masked[block]:
            value, mask = builder.rule(p.where, [mask, value, 0.0], count), None
        self.contributions[block].append(Contribution(ranks, value, negative, mask))

    def over_lanes(self, operand: Operand, count: int) -> Operand:
        """The sum over lanes of what may be the same in all of them."""
        builder = self.builder
        if isinstance(operand, Ref) and operand.laned:
            return builder.over_lanes(operand)
        return builder.rule(p.mul, [builder.count_of_lanes(count), operand], count)

    def gather(self, block: int, size: int) -> Cotangent | None:
        """The cotangent of a block from what was contributed; None if nothing was."""
        parts, outers = self.contributions[block], self.outers[block]
        if not parts and not outers:
            return None
        laned = self.laned[block]
        if not self.masked[block]:
            return self.merger.merged(parts, outers, size, laned)
        builder = self.builder
        first = parts[0]
        if len(parts) == 1 and len(first.ranks) == size == len(self.np.unique(first.ranks)):
            order = self.np.argsort(first.ranks)
            return Cotangent(
                chosen_of(first.value, order), first.negative, chosen_of(first.mask, order)
            )
        values, masks = [], []
        for ranks, share, negative, mask in parts:
            value = share
            if mask is not None:
                value = builder.rule(p.where, [mask, value, 0.0], len(ranks))
            values.append(Contribution(ranks, value, negative))
            masks.append(Contribution(ranks, 1.0 if mask is None else mask, False))
        total = self.merger.merged(values, [], size, laned)
        presences = self.merger.merged(masks, [], size, laned)
        return total._replace(mask=builder.rule(c.lt, [0.0, presences.value], size))

    def leaves(self, block: int, ids: Ids) -> Ref | float:
        """The derivatives by leaves of one block, in order."""
        np = self.np
        index = np.zeros(len(self.layout.rank), dtype=np.int64)
        index[self.layout.rank[ids]] = np.arange(len(ids))
        parts = [part._replace(ranks=index[part.ranks]) for part in self.contributions[block]]
        outers = [outer._replace(ranks=index[outer.ranks]) for outer in self.outers[block]]
        if not parts and not outers:
            return 0.0
        total = self.merger.merged(parts, outers, len(ids), self.laned[block])
        if total.negative:
            return self.builder.rule(p.neg, [total.value], len(ids))
        return total.value
