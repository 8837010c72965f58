"""The cotangents of all values, while they are being gathered, and how they are added up.

Each value gathers *parts*: for some of its elements another element to be added, with a sign. Nothing is computed until the
sweep reaches the value. What lanes give to what they share is summed then, in one go; contractions for one target become
one with all their terms; parts for different elements are put side by side, which costs nothing; and what is left is added.

A value whose every use lies under branches of ``where`` has parts with *masks*, the conditions under which they are there.
Where a masked part meets one that is not, it becomes 0 where it is absent. Elements that nothing was given to are absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ... import primitives as p
from .. import conditions as c

if TYPE_CHECKING:
    from ..ir.array import Array, Elements, Value
    from .tape import Tape

FILLED = 1.3
"""How many times as many numbers as there are may be added, with zeros, for stretches to be rows of a matrix."""
OVERLAP = 0.3
"""Two layers that have at most this part of their elements in common are added only there."""
STACKED = 4
"""From this many layers on they are added by one reduction."""


class Part(NamedTuple):
    """Something to be added to the cotangent of some elements of a value."""

    ranks: Array
    """Which, counted from the first."""
    elements: Elements
    """One for each."""
    negative: bool
    mask: Elements | None = None
    """The conditions under which they are there; None for always."""


class Cotangent(NamedTuple):
    """What all elements of a value have been given, in one dimension; absent where that is nothing."""

    elements: Elements
    negative: bool
    mask: Elements | None


class Cotangents:
    """What every value has been given so far.

    Args:
        tape: on which sums are written.
    """

    def __init__(self, tape: Tape) -> None:
        self.np = tape.np
        self.tape = tape
        self.parts: dict[int, list[Part]] = {}

    def push(
        self,
        target: Elements,
        share: Elements,
        batched: bool,
        negative: bool = False,
        mask: Elements | None = None,
        summed: bool = False,
    ) -> None:
        """Contribute to the cotangents of elements; those that need none are left out.

        Args:
            target: the elements, in one dimension.
            share: what each of them gets.
            batched: whether every lane contributes this.
            negative: whether it is to be subtracted.
            mask: the conditions under which it is there, or None.
            summed: whether the lanes are summed over already.
        """
        tape = self.tape
        wanted = tape.active[target] & (share != tape.absent)
        if not wanted.any():
            return
        if not wanted.all():
            target, share = target[wanted], share[wanted]
            mask = None if mask is None else mask[wanted]
        if batched and not summed:
            share, mask = self._shared(target, share, mask)
        for owner in tape.owners(target):
            value = tape.values[owner]
            mine = tape.owner[target] == owner
            part = Part(
                target[mine] - value.base,
                share[mine],
                negative,
                None if mask is None else mask[mine],
            )
            self.parts.setdefault(owner, []).append(part)

    def _shared(
        self, target: Elements, share: Elements, mask: Elements | None
    ) -> tuple[Elements, Elements | None]:
        """Contributions of every lane with those to what all lanes share made ready to be summed."""
        tape = self.tape
        shared = ~tape.batched[target]
        if not shared.any():
            return share, mask
        share = share.copy()
        if mask is not None:
            share[shared] = self._under(mask[shared], share[shared])
            mask = mask.copy()
            there = mask[shared]
            if tape.batched[there].any():
                count = len(there)
                present = tape.map(c.lt, [0.0, tape.batch_sum(there)], count)
                mask[shared] = tape.filled(present, count)
        once = shared & ~tape.batched[share]  # the same in every lane
        count = int(once.sum())
        if count:
            each = tape.map(p.mul, [share[once], tape.lanes(count)], count)
            share[once] = tape.filled(each, count)
        return share, mask

    def gather(self, index: int) -> Cotangent | None:
        """The cotangent of a value; None if it was given nothing."""
        parts = self.parts.pop(index, None)
        if parts is None:
            return None
        value = self.tape.values[index]
        mask = None
        if all(part.mask is not None for part in parts):
            alone = self._alone(parts, value.size)
            if alone is not None:
                return alone
            mask = self._presence(parts, value.size)
        elements, negative = self._added(parts, value)
        return Cotangent(elements, negative, mask)

    def _alone(self, parts: list[Part], size: int) -> Cotangent | None:
        """The one part that there is, if it is for every element."""
        np, (ranks, elements, negative, mask) = self.np, parts[0]
        if len(parts) > 1 or mask is None or len(np.unique(ranks)) < size or len(ranks) > size:
            return None
        order = np.argsort(ranks)
        return Cotangent(elements[order], negative, mask[order])

    def _presence(self, parts: list[Part], size: int) -> Elements:
        """The conditions under which something is there of masked parts."""
        tape = self.tape
        masks = [Part(x.ranks, x.mask, False) for x in parts if x.mask is not None]
        presence, _ = self._total(masks, size)
        some = presence != tape.absent
        count = int(some.sum())
        found = self.np.full(size, tape.constant_element(0.0))
        found[some] = tape.filled(tape.map(c.lt, [0.0, presence[some]], count), count)
        return found

    def _added(self, parts: list[Part], value: Value) -> tuple[Elements, bool]:
        """The sum of parts, which are 0 where they are not there; and whether it is to be subtracted."""
        plain = [
            part
            if part.mask is None
            else Part(part.ranks, self._under(part.mask, part.elements), part.negative)
            for part in parts
        ]
        return self._total(self._prepared(plain, value), value.size)

    def of_leaves(self, wanted: Elements) -> Elements:
        """The cotangents of leaves, 0 where there are none."""
        tape, np = self.tape, self.np
        found = np.full(len(wanted), tape.constant_element(0.0))
        for owner in tape.owners(wanted):
            parts = self.parts.pop(owner, None)
            if parts is None:
                continue
            value = tape.values[owner]
            elements, negative = self._added(parts, value)
            mine = np.flatnonzero(tape.owner[wanted] == owner)
            elements = elements[wanted[mine] - value.base]
            there = elements != tape.absent
            elements, mine, count = elements[there], mine[there], int(there.sum())
            if negative and count:
                elements = tape.filled(tape.map(p.neg, [elements], count), count)
            found[mine] = elements
        return found

    def _under(self, mask: Elements, elements: Elements) -> Elements:
        """Elements where they are there, and 0 elsewhere."""
        count = len(elements)
        return self.tape.filled(self.tape.map(p.where, [mask, elements, 0.0], count), count)

    # --- adding up ---------------------------------------------------------------------------

    def _prepared(self, parts: list[Part], value: Value) -> list[Part]:
        if len(parts) > 1:
            parts = self._joined(parts)
        if value.batched or not any(self.tape.batched[part.elements].any() for part in parts):
            return parts
        done: list[Part] = []
        pending: list[Part] = []
        for part in parts:
            batched = self.tape.batched[part.elements]
            for chosen, where in ((pending, batched), (done, ~batched)):
                if where.any():
                    chosen.append(Part(part.ranks[where], part.elements[where], part.negative))
        for negative in (False, True):
            same = [part for part in pending if part.negative == negative]
            if same:
                line = self.np.concatenate([part.elements for part in same])
                ranks = self.np.concatenate([part.ranks for part in same])
                done.append(Part(ranks, self.tape.batch_sum(line), negative))
        return done

    def _joined(self, parts: list[Part]) -> list[Part]:
        """The same with contractions for one target as one of more terms."""
        tape = self.tape
        alike: dict[object, list[tuple[Part, Value]]] = {}
        found = []
        for part in parts:
            owner = int(tape.owner[part.elements[0]])
            value = tape.values[owner] if owner >= 0 else None
            whole = value is not None and value.op == "contract" and value.size == len(part.ranks)
            if value is None or not whole or (part.elements != value.elements.ravel()).any():
                found.append(part)
                continue
            key = part.ranks.tobytes(), part.negative, value.detail, value.shape
            alike.setdefault(key, []).append((part, value))
        for same in alike.values():
            part, value = same[0]
            if len(same) > 1:
                a, b = self._terms([tuple(value.reads) for _, value in same])
                part = part._replace(elements=tape.contract(a, b, value.detail).ravel())
            found.append(part)
        return found

    def _terms(self, factors: list[tuple[Elements, ...]]) -> list[Elements]:
        """The factors of a sum of contractions: those of equal ones on one side are added up on the other."""
        np = self.np
        merged: dict[bytes, tuple[Elements, Elements]] = {}
        for a, b in factors:
            known = merged.get(b.tobytes())
            if known is None:
                merged[b.tobytes()] = a, b
            else:
                total = self._combined(p.add, known[0].ravel(), a.ravel())
                merged[b.tobytes()] = total.reshape(a.shape), b
        return [np.concatenate(side, axis=2) for side in zip(*merged.values(), strict=True)]

    def _total(self, parts: list[Part], size: int) -> tuple[Elements, bool]:
        """The sum of parts for all elements of a value, absent where there are none, and whether it is to be
        subtracted."""
        tape, np = self.tape, self.np
        layers: list[tuple[Elements, bool]] = []
        parts = [self._once_each(part) for part in parts]
        if len(parts) == 1 and len(parts[0].ranks) == size and _ascend(parts[0].ranks):
            return parts[0].elements, parts[0].negative
        for part in sorted(parts, key=lambda part: -len(part.ranks)):
            for elements, negative in layers:
                if negative == part.negative and (elements[part.ranks] == tape.absent).all():
                    break
            else:
                elements = np.full(size, tape.absent_element())
                layers.append((elements, part.negative))
            elements[part.ranks] = part.elements
        plus = self._sum([x for x, negative in layers if not negative])
        minus = self._sum([x for x, negative in layers if negative])
        if plus is None or minus is None:
            return (minus, True) if plus is None else (plus, False)
        return self._combined(p.sub, plus, minus), False

    def _sum(self, layers: list[Elements]) -> Elements | None:
        if not layers:
            return None
        if len(layers) >= STACKED:
            stack = self.np.stack(layers, axis=1)
            return self.tape.reduce("add", self._with_zeros(stack))
        total = layers[0]
        for layer in layers[1:]:
            total = self._combined(p.add, total, layer)
        return total

    def _combined(self, row: p.Primitive, a: Elements, b: Elements) -> Elements:
        """The sum or difference of two layers, only where both are if these are few."""
        tape, np = self.tape, self.np
        in_a, in_b = a != tape.absent, b != tape.absent
        both = in_a & in_b
        if both.all():
            return tape.filled(tape.map(row, [a, b], len(a)), len(a))
        few = both.any() and both.sum() <= OVERLAP * len(a)
        only_b = in_b & ~in_a
        if not (few or (row is p.sub and not only_b.any())):
            both = in_a | in_b
        elif row is p.sub and only_b.any():
            count = int(only_b.sum())
            b = b.copy()
            b[only_b] = tape.filled(tape.map(p.neg, [b[only_b]], count), count)
        count = int(both.sum())
        found = np.where(in_a, a, b)
        pair = [self._with_zeros(a[both]), self._with_zeros(b[both])]
        found[both] = tape.filled(tape.map(row, pair, count), count)
        return found

    def _with_zeros(self, elements: Elements) -> Elements:
        """Elements with 0 for those that are absent."""
        absent = elements == self.tape.absent
        if not absent.any():
            return elements
        return self.np.where(absent, self.tape.constant_element(0.0), elements)

    def _once_each(self, part: Part) -> Part:
        """The same with every rank once, ascending where one came more often."""
        tape, np = self.tape, self.np
        if _ascend(part.ranks):
            return part
        order = np.argsort(part.ranks, kind="stable")
        ranks, elements = part.ranks[order], part.elements[order]
        starts = np.flatnonzero(np.concatenate([[True], ranks[1:] != ranks[:-1]]))
        rows = len(starts)
        if rows == len(ranks):
            return part
        counts = np.diff([*starts, len(ranks)])
        most = int(counts.max())
        if most * rows > FILLED * len(ranks):
            total = tape.segment("add", elements, starts.tolist())
        else:
            matrix = np.full((rows, most), tape.constant_element(0.0))
            row = np.repeat(np.arange(rows), counts)
            matrix[row, np.arange(len(ranks)) - np.repeat(starts, counts)] = elements
            total = tape.reduce("add", matrix)
        return Part(ranks[starts], total, part.negative)


def _ascend(ranks: Array) -> bool:
    return bool((ranks[1:] > ranks[:-1]).all())
