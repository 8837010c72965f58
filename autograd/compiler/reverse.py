"""Stage 6, differentiate: reverse mode on the groups, pull style.

Every block of numbers (a group's results, or the leaves) gathers *contributions* to its cotangent: for some of
its ranks, where a number to be added stands, and its sign. Nothing is computed until the sweep reaches the
block; then one contribution that covers the block is simply another name for the cotangent, two are one
addition, equal ranks are one reduction.

A block whose every use lies under branches of ``where`` has *masked* contributions, each with the condition
under which it is present; where a masked one meets a block that is not masked, the absent ones become 0.

What weights get from matrix products waits until all of it is there: uses of one matrix whose factors lie
equally spaced become one product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from ..graph import _product as times
from . import conditions as c
from . import pairing
from .forward import product, transposed
from .layout import plane
from .program import CONSTANTS, ONCE, Ref, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .building import Builder, Operand
    from .forward import Ids, Step
    from .places import Layout
    from .reroll import Schedule


class Contribution(NamedTuple):
    """A part of a block's cotangent."""

    ranks: Ids
    """The ranks in the block that it is for."""
    value: Operand
    """A number for each of them."""
    negative: bool
    """Whether it is to be subtracted."""
    mask: Operand | None = None
    """The condition under which it is present; None for always."""


class Outer(NamedTuple):
    """A part of a weight matrix's cotangent: the product of two matrices over their first axis."""

    ranks: Ids
    """The ranks of the weights, a matrix of (row, term)."""
    left: Ref
    """The cotangents, (tuple, row)."""
    right: Ref
    """The activations, (tuple, term)."""
    negative: bool


SMALL = 256
"""How large a group is worth an instruction of its own for its partial."""


class Cotangent(NamedTuple):
    """The cotangent of a whole block."""

    value: Operand
    negative: bool
    mask: Operand | None


class Reverse:
    """The sweep over the steps of a program."""

    def __init__(
        self, schedule: Schedule, builder: Builder, layout: Layout, steps: list[Step]
    ) -> None:
        self.np = layout.np
        self.schedule = schedule
        self.builder = builder
        self.layout = layout
        self.steps = steps
        self.active = self.np.frombuffer(schedule.active, dtype=self.np.uint8).astype(bool)
        blocks = len(steps) + 2
        self.contributions: list[list[Contribution]] = [[] for _ in range(blocks)]
        self.outers: list[list[Outer]] = [[] for _ in range(blocks)]
        self.partials: dict[int, Ref] = {}
        self.masked = [False, False, *(step.group.masked for step in steps)]
        self.laned = [False, True, *(step.group.laned for step in steps)]

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
        if root >= 0 and self.active[root]:
            self.push(np.array([root]), seed, False, None, self.layout.rows > 0)
        self.prepare()
        for number in range(len(self.steps) + 1, 1, -1):
            step = self.steps[number - 2]
            if not step.group.active:
                continue
            cotangent = self.gather(number, len(step.group.nodes))
            if cotangent is not None:
                self.differentiate(step, cotangent)
        found = []
        for block in (0, 1):
            ids = np.array([i for i in wanted if self.layout.block[i] == block], dtype=np.int64)
            if len(ids):
                found.append(self.leaves(block, ids))
        return found

    def prepare(self) -> None:
        """Compute the partials of functions that recur in small groups, the steps of a recurrence, all at once."""
        np, builder = self.np, self.builder
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
            self.push(step.ids[0], builder.operand(share), g.negative, g.mask, step.group.laned)
            return
        for ids, partial in zip(step.ids, row.traced, strict=True):
            if partial is p.ABSENT or not self.any_active(ids):
                continue
            if not callable(partial):
                self.push(ids, g.value, g.negative ^ (partial < 0), g.mask, step.group.laned)
                continue
            negative = g.negative
            known = self.partials.get(step.group.nodes[0])
            if known is not None:
                share = times(value, builder.symbol(known, count))
            elif row is p.div:  # one division rather than two instructions
                share = p.TRACED.div(value, primals[1])  # of numbers too, as IEEE says
                if partial is row.traced[1]:
                    share, negative = share * out, not negative
            else:
                share = times(value, partial(out, *primals))
            self.push(ids, builder.operand(share), negative, g.mask, step.group.laned)

    def _where(self, step: Step, g: Cotangent, count: int) -> None:
        condition = step.operands[0]
        for ids, inverted in ((step.ids[1], False), (step.ids[2], True)):
            if self.any_active(ids):
                mask = self.builder.rule(c.negation, [condition], count) if inverted else condition
                if g.mask is not None:
                    mask = self.builder.rule(c.both, [g.mask, mask], count)
                self.push(ids, g.value, g.negative, mask, step.group.laned)

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
        self.push(step.ids[0].ravel(), value, g.negative, mask, step.group.laned)

    def _dot(self, step: Step, g: Cotangent) -> None:
        if step.products and g.mask is None:
            laned = step.group.laned
            cotangent = self.builder.filled(g.value, len(step.group.nodes), laned)

            def push(ids: Ids, value: Ref) -> None:
                self.push(ids, value, g.negative, None, laned)

            for found in step.products:
                pairing.differentiate(self.builder, found, cotangent, self.any_active, push)
            return
        value, mask = self.spread(g.value, step), self.spread(g.mask, step)
        count = step.ids[0].size
        symbol = self.builder.symbol(value, count)  # type: ignore[arg-type]
        sides = list(zip(step.ids, reversed(step.operands), strict=True))
        if self.np.array_equal(*step.ids):  # squares
            symbol, sides = times(symbol, 2.0), sides[:1]
        for ids, other in sides:
            if self.any_active(ids):
                share = times(symbol, self.builder.symbol(_line(other), count))
                self.push(
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
        self.push(step.ids[0].ravel(), share, g.negative, mask, step.group.laned)

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
            self.push(ids[:, j], builder.operand(share), g.negative, g.mask, step.group.laned)

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
        if self.any_active(tuples):
            share = builder.place(x.laned, count * terms)
            product(builder, Ref(w.arena, w.positions.T), value, share)
            self.push(tuples.ravel(), share, g.negative, None, step.group.laned)
        if step.biases is not None:
            if step.extended is not None and self.active[step.biases].all():
                weights = self.np.append(weights, step.biases[:, None], axis=1)
                x = step.extended
            elif self.any_active(step.biases):
                each = Ref(value.arena, value.positions[0])
                self.push(step.biases, each, g.negative, None, True)
        if self.any_active(weights):
            blocks = self.layout.block[weights]
            outer = Outer(self.layout.rank[weights], value, x, g.negative)
            distinct = len(self.np.unique(weights)) == weights.size
            if distinct and (blocks == blocks[0, 0]).all() and self.active[weights].all():
                self.outers[blocks[0, 0]].append(outer)
            else:
                share = self.outer_product([outer], None)
                self.push(weights.ravel(), share, g.negative, None, False)

    def outer_product(self, outers: Sequence[Outer], out: Ref | None) -> Ref:
        """The sum of products of one matrix, (row, term), over tuples and lanes."""
        np, builder = self.np, self.builder
        rows, terms = outers[0].ranks.shape
        left = Ref(outers[0].left.arena, np.concatenate([o.left.positions for o in outers]))
        right = Ref(outers[0].right.arena, np.concatenate([o.right.positions for o in outers]))
        count = len(left.positions)
        target = out or builder.place(False, rows * terms)
        start = int(target.positions.flat[0])
        if not left.laned:
            a, b = transposed(builder.matrix(left)), builder.matrix(right)
            place = View(ONCE, start, (rows, terms), _strides(target, rows, terms))
            builder.emit("matmul", place, (a, b), count)
            return target
        a, b = builder.matrix(left), builder.matrix(right)
        if count == 1:
            a = a._replace(shape=(rows,), strides=a.strides[1:])
            b = b._replace(shape=(terms,), strides=b.strides[1:])
            place = View(ONCE, start, (rows, terms), _strides(target, rows, terms))
            builder.emit("matmul", place, (a, b), rows)
            return target
        partial = builder.place(False, count * rows * terms)
        place = View(
            ONCE, int(partial.positions[0]), (count, rows, terms), (rows * terms, terms, 1)
        )
        builder.emit("matmul", place, (a, b), rows)
        total = builder.reduce("add", Ref(ONCE, partial.positions.reshape(count, -1).T))
        if out is None:
            return total
        builder.copy(total, Ref(out.arena, out.positions.ravel()))
        return out

    # --- contributions -----------------------------------------------------------------------

    def any_active(self, ids: Ids) -> bool:
        """Whether some of the ids need a cotangent."""
        return bool(self.active[ids[ids >= 0]].any())

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
        wanted = (ids >= 0) & self.active[ids]
        if not wanted.all():
            chosen = np.nonzero(wanted)[0]
            if not len(chosen):
                return
            ids, value, mask = ids[chosen], _at(value, chosen), _at(mask, chosen)
        blocks = self.layout.block[ids]
        ranks = self.layout.rank[ids]
        if (blocks == blocks[0]).all():
            self._push(int(blocks[0]), ranks, value, negative, mask, laned)
            return
        for block in np.unique(blocks):
            chosen = np.nonzero(blocks == block)[0]
            part, under = _at(value, chosen), _at(mask, chosen)
            self._push(int(block), ranks[chosen], part, negative, under, laned)

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

    # --- the cotangent of a block ------------------------------------------------------------

    def gather(self, block: int, size: int) -> Cotangent | None:
        """The cotangent of a block from what was contributed; None if nothing was."""
        parts, outers = self.contributions[block], self.outers[block]
        if not parts and not outers:
            return None
        laned = self.laned[block]
        if not self.masked[block]:
            return self.merged(parts, outers, size, laned)
        builder = self.builder
        first = parts[0]
        if len(parts) == 1 and len(first.ranks) == size == len(self.np.unique(first.ranks)):
            order = self.np.argsort(first.ranks)
            return Cotangent(_at(first.value, order), first.negative, _at(first.mask, order))
        values, masks = [], []
        for ranks, value, negative, mask in parts:
            assert mask is not None
            count = len(ranks)
            present = builder.rule(p.where, [mask, value, 0.0], count)
            values.append(Contribution(ranks, present, negative))
            masks.append(Contribution(ranks, mask, False))
        total = self.merged(values, [], size, laned)
        presences = self.merged(masks, [], size, laned)
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
        total = self.merged(parts, outers, len(ids), self.laned[block])
        if total.negative:
            return self.builder.rule(p.neg, [total.value], len(ids))
        return total.value

    def merged(
        self, parts: list[Contribution], outers: list[Outer], size: int, laned: bool
    ) -> Cotangent:
        """The sum of contributions, as one number a rank."""
        np, builder = self.np, self.builder
        pending = [part for part in parts if self._waits(part, laned, size)]
        rest = [self.summed(part, laned) for part in parts if not self._waits(part, laned, size)]
        parts = pending + self.stacked([self.without_repetition(part) for part in rest])
        parts.sort(key=lambda part: -len(part.ranks))
        full = [part for part in parts if len(part.ranks) == size]
        partial = parts[len(full) :]
        products = _by_ranks(outers)
        value: Operand = 0.0
        negative = False
        for number, part in enumerate(full):
            order = np.argsort(part.ranks)
            share = _at(part.value, order)
            if not number:
                value, negative = share, part.negative
            elif part.negative == negative:
                value = builder.rule(p.add, [value, share], size)
            else:
                pair = [share, value] if negative else [value, share]
                value, negative = builder.rule(p.sub, pair, size), False
        if not partial and not products:
            return Cotangent(value, negative, None)
        alone = (
            not (full or products or pending) and sum(len(part.ranks) for part in partial) == size
        )
        if alone and not self._is_patchy(partial, [], size):
            tiled = self._tiled(partial, size)
            if tiled is not None:
                return tiled
        out = builder.place(laned, size)
        covered = np.zeros(size, dtype=bool)
        if full or self._is_patchy(partial, products, size):
            if negative:
                value = builder.rule(p.neg, [value], size)
            builder.copy(value, out)
            covered[:] = True
        for group in products:
            self._add_product(group, out, covered)
        for contribution in partial:
            part = contribution
            spot = Ref(out.arena, out.positions[part.ranks])
            count = len(part.ranks)
            if not laned and isinstance(part.value, Ref) and part.value.laned:
                if not covered[part.ranks[0]] and not part.negative:
                    builder.over_lanes(part.value, spot)
                    covered[part.ranks] = True
                    continue
                part = self.summed(part, laned)
            if covered[part.ranks[0]]:
                row = p.sub if part.negative else p.add
                builder.elementwise(row, [spot, part.value], count, spot)
            elif part.negative:
                builder.elementwise(p.neg, [part.value], count, spot)
            else:
                builder.copy(part.value, spot)
            covered[part.ranks] = True
        return Cotangent(out, False, None)

    def _waits(self, part: Contribution, laned: bool, size: int) -> bool:
        """Whether a contribution of lanes to what has none can be summed right where it goes."""
        value, ranks = part.value, part.ranks
        return (
            not laned
            and isinstance(value, Ref)
            and value.laned
            and len(ranks) < size
            and len(self.np.unique(ranks)) == len(ranks)
        )

    def summed(self, part: Contribution, laned: bool) -> Contribution:
        """A contribution of lanes to what has none, summed over them."""
        if not laned and isinstance(part.value, Ref) and part.value.laned:
            return part._replace(value=self.builder.over_lanes(part.value))
        return part

    def _tiled(self, partial: list[Contribution], size: int) -> Cotangent | None:
        """Contributions that lie side by side, as one without moving any: where they are in one arena."""
        kinds = {
            (part.value.arena if isinstance(part.value, Ref) else None, part.negative)
            for part in partial
        }
        if len(kinds) > 1:
            return None
        ((arena, negative),) = kinds
        if arena is None:
            return None
        positions = self.np.empty(size, dtype=self.np.int64)
        for part in partial:
            assert isinstance(part.value, Ref)
            positions[part.ranks] = part.value.positions
        return Cotangent(Ref(arena, positions), negative, None)

    def _is_patchy(
        self, partial: list[Contribution], products: list[list[Outer]], size: int
    ) -> bool:
        """Whether contributions, in turn, leave gaps or cover some ranks again and others for the first time."""
        covered = self.np.zeros(size, dtype=bool)
        for ranks in [*(group[0].ranks.ravel() for group in products), *(x.ranks for x in partial)]:
            before = covered[ranks]
            if before.any() and not before.all():
                return True
            covered[ranks] = True
        return not covered.all()

    def _add_product(self, group: list[Outer], out: Ref, covered: Any) -> None:
        """Add a weight matrix's cotangent to a place."""
        builder = self.builder
        ranks = group[0].ranks
        spot = Ref(out.arena, out.positions[ranks])
        fresh = not covered[ranks[0, 0]]
        covered[ranks] = True
        if fresh and not group[0].negative and plane(spot.positions) is not None:
            self.outer_product(group, spot)
            return
        share = self.outer_product(group, None)
        spot = Ref(out.arena, spot.positions.ravel())
        if fresh and not group[0].negative:
            builder.copy(share, spot)
        elif fresh:
            builder.elementwise(p.neg, [share], ranks.size, spot)
        else:
            row = p.sub if group[0].negative else p.add
            builder.elementwise(row, [spot, share], ranks.size, spot)

    def without_repetition(self, part: Contribution) -> Contribution:
        """The same with every rank once, ascending where one came more often."""
        np, builder = self.np, self.builder
        ranks, value, negative, _ = part
        order = np.argsort(ranks, kind="stable")
        ordered = ranks[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        if len(starts) == len(ranks):
            return part
        once = ordered[starts]
        counts = np.diff([*starts, len(ranks)])
        if not isinstance(value, Ref):
            return Contribution(once, builder.constant(value * counts), negative)
        positions = value.positions[order]
        if (counts == counts[0]).all():
            total = builder.reduce("add", Ref(value.arena, positions.reshape(len(starts), -1)))
        else:
            total = builder.ragged(Ref(value.arena, positions), starts)
        return Contribution(once, total, negative)

    def stacked(self, parts: list[Contribution]) -> list[Contribution]:
        """The same with many contributions to the same ranks added up in one reduction."""
        np, builder = self.np, self.builder
        if len(parts) < 4:
            return parts
        alike: dict[Any, list[Contribution]] = {}
        for part in parts:
            arena = part.value.arena if isinstance(part.value, Ref) else None
            key = (part.ranks.tobytes(), arena, part.negative)
            alike.setdefault(key, []).append(part)
        found = []
        for (_, arena, negative), members in alike.items():
            if len(members) < 4 or arena is None or arena == CONSTANTS:
                found += members
                continue
            positions = [part.value.positions for part in members]  # type: ignore[union-attr]
            total = builder.reduce("add", Ref(arena, np.stack(positions, axis=1)))
            found.append(Contribution(members[0].ranks, total, negative))
        return found


def _by_ranks(outers: list[Outer]) -> list[list[Outer]]:
    """Products for the same weights together, larger ones first."""
    alike: dict[Any, list[Outer]] = {}
    for outer in outers:
        arenas = outer.left.arena, outer.right.arena
        key = (outer.ranks.shape, outer.ranks.tobytes(), outer.negative, arenas)
        alike.setdefault(key, []).append(outer)
    return sorted(alike.values(), key=lambda group: -group[0].ranks.size)


def _at(operand: Any, chosen: Ids) -> Any:
    """Some of the numbers of an operand."""
    return Ref(operand.arena, operand.positions[chosen]) if isinstance(operand, Ref) else operand


def _line(operand: Operand) -> Operand:
    """A matrix of positions in one dimension."""
    if isinstance(operand, Ref):
        return Ref(operand.arena, operand.positions.ravel())
    return operand


def _strides(target: Ref, rows: int, terms: int) -> tuple[int, int]:
    """The strides of a matrix's place."""
    if target.positions.ndim == 1:
        return terms, 1
    found = plane(target.positions)
    assert found is not None
    return found
