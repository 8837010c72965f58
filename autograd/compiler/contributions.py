"""Adding up what a block's cotangent is made of.

One contribution that covers the block is simply another name for the cotangent, two are one addition, equal
ranks are one reduction. What weights get from matrix products waits until all of it is there: uses of one matrix
whose factors lie equally spaced become one product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from .forward import transposed
from .ir.program import CONSTANTS, ONCE, Ref, View
from .layout.affine import plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .building import Builder, Operand
    from .forward import Ids


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


class Cotangent(NamedTuple):
    """The cotangent of a whole block."""

    value: Operand
    negative: bool
    mask: Operand | None


class Merger:
    """Makes one cotangent of many contributions.

    Args:
        builder: what is added to.
    """

    def __init__(self, builder: Builder) -> None:
        self.np = builder.np
        self.builder = builder

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
            share = chosen_of(part.value, order)
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
        spot = spot.line
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
        builder.copy(total, out.line)
        return out


def _by_ranks(outers: list[Outer]) -> list[list[Outer]]:
    """Products for the same weights together, larger ones first."""
    alike: dict[Any, list[Outer]] = {}
    for outer in outers:
        arenas = outer.left.arena, outer.right.arena
        key = (outer.ranks.shape, outer.ranks.tobytes(), outer.negative, arenas)
        alike.setdefault(key, []).append(outer)
    return sorted(alike.values(), key=lambda group: -group[0].ranks.size)


def chosen_of(operand: Any, chosen: Ids) -> Any:
    """Some of the numbers of an operand."""
    return Ref(operand.arena, operand.positions[chosen]) if isinstance(operand, Ref) else operand


def _strides(target: Ref, rows: int, terms: int) -> tuple[int, int]:
    """The strides of a matrix's place."""
    if target.positions.ndim == 1:
        return terms, 1
    found = plane(target.positions)
    assert found is not None
    return found
