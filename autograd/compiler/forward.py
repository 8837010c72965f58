"""Stage 5, forward: every group becomes instructions, and every number gets its place."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from . import conditions as c
from .arrange import arrange
from .building import Builder
from .flatten import LANED_INPUT
from .layout import plane
from .program import CONSTANTS, LANES, ONCE, ROWS, Ref, View
from .reroll import data_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from .arrange import Arrangement, Fill
    from .building import Operand
    from .flatten import Flat
    from .reroll import Group, Schedule

    Ids = Any


LARGEST = sys.float_info.max
"""The largest float."""


class Step(NamedTuple):
    """A group that has become instructions, with what its derivative needs."""

    group: Group
    kind: str
    """``map``, ``sum``, ``dot``, ``matmul``, ``logsumexp``, ``prod``."""
    out: Operand
    """The results, in one dimension."""
    ids: tuple[Ids, ...]
    """The ids of the operands: for a map an array of one dimension each; for what is reduced, matrices of (node,
    term) (one for a sum, two for a dot), or flat if ``starts`` is given; for a matmul the weights as (row,
    term) and the activations as (tuple, term)."""
    operands: tuple[Operand, ...]
    """Where the operands stand, in the same shapes."""
    starts: Any = None
    """Where each node's terms begin, if their numbers differ."""
    biases: Ids | None = None
    """For a matmul, the id of what is added to each row, or None."""
    extended: Ref | None = None
    """And the activations with a 1 after them, if the biases are multiplied by that; None if they are added."""
    weights: tuple[Ref, Ref] | None = None
    """For a logsumexp, the exponentials of the terms and their sums, whose ratios are its derivatives."""


class Layout:
    """Where the number of each id stands: its arena and position, its block and its rank there."""

    def __init__(self, schedule: Schedule, arrangement: Arrangement) -> None:
        import numpy as np

        self.np = np
        self.arrangement = arrangement
        self.first: dict[int, tuple[int, int]] = {}
        """Of the groups with margins, by number: the arena and the position of the first result."""
        self.homes: dict[tuple[int, int], int] = {}
        """Of leaves and constants that another arena needs copies of, by arena and id: the position there."""
        graph, classes, _ = schedule.flat
        size = len(graph.operands)
        self.leaves = graph.leaves
        laned = np.array([k >= LANED_INPUT for k in classes[: graph.leaves]], dtype=bool)
        self.once = int((~laned).sum())
        self.rows = int(laned.sum())
        self.arena = np.zeros(size, dtype=np.int8)
        self.position = np.zeros(size, dtype=np.int64)
        self.arena[: graph.leaves] = np.where(laned, ROWS, ONCE)
        self.position[: graph.leaves][~laned] = np.arange(self.once)
        self.position[: graph.leaves][laned] = np.arange(self.rows)
        self.block = np.zeros(size, dtype=np.int64)
        """The block of each id: 0 for leaves that all lanes share, 1 for the others, then the groups."""
        self.block[: graph.leaves][laned] = 1
        self.rank = self.position.copy()
        self.constants = np.array(graph.constants, dtype=float)

    def column(self, builder: Builder, ids: Ids, number: int, index: int) -> Operand:
        """Where an operand of a group stands, in the margin of another group where that has been planned."""
        beside = self.arrangement.beside.get((number, index))
        if beside is None:
            return self.operand(builder, ids)
        block, slots = beside
        arena, start = self.first[block]
        return Ref(arena, start + slots)

    def matrix(self, builder: Builder, ids: Ids, number: int, index: int = 0) -> Operand:
        """The same for several operands of a group, the columns of ``ids``, of which the first is given."""
        beside = self.arrangement.beside
        indices = range(index, index + ids.shape[1])
        if not any((number, i) in beside for i in indices):
            return self.operand(builder, ids)
        columns = [self.column(builder, ids[:, i - index], number, i) for i in indices]
        arenas = {x.arena if isinstance(x, Ref) else None for x in columns}
        if len(arenas) > 1 or None in arenas:
            return self.operand(builder, ids)
        positions = self.np.stack([x.positions for x in columns], axis=1)  # type: ignore[union-attr]
        return Ref(columns[0].arena, positions)  # type: ignore[union-attr]

    def with_margin(self, builder: Builder, number: int, out: Ref, before: int) -> Ref:
        """The results of a group, moved to a place with a margin if they are to have one.

        Args:
            builder: what is added to.
            number: of the group.
            out: where its results stand.
            before: how many instructions there were before it.
        """
        margin = self.arrangement.margins.get(number)
        if margin is None:
            return out
        slots = margin.slots(self.np.arange(len(out.positions)))
        room = builder.place(out.laned, margin.before + int(slots[-1]) + 1 + margin.after)
        start = int(room.positions[0]) + margin.before
        self.first[number] = room.arena, start
        place = Ref(room.arena, start + slots)
        builder.move(out, place, before)
        return place

    def fill(self, builder: Builder, fills: list[Fill], homes: bool = False) -> None:
        """Make copies in margins.

        Args:
            builder: what is added to.
            fills: the copies.
            homes: whether to fill ``homes`` as well.
        """
        np = self.np
        by_arenas: dict[tuple[int, int], list[tuple[Ids, Ids]]] = {}
        for block, slots, ids in fills:
            arena, start = self.first[block]
            constant = ids < 0
            sources = np.where(constant, CONSTANTS, self.arena[np.maximum(ids, 0)])
            for source in np.unique(sources):
                chosen = sources == source
                pair = start + slots[chosen], ids[chosen]
                by_arenas.setdefault((arena, int(source)), []).append(pair)
        for (arena, i), position in self.homes.items() if homes else ():
            source = CONSTANTS if i < 0 else int(self.arena[i])
            pair = np.array([position]), np.array([i])
            by_arenas.setdefault((arena, source), []).append(pair)
        for (arena, _), pairs in by_arenas.items():
            places = np.concatenate([slots for slots, _ in pairs])
            ids = np.concatenate([ids for _, ids in pairs])
            builder.put(self.operand(builder, ids), Ref(arena, places))

    def operand(self, builder: Builder, ids: Ids) -> Operand:
        """Where operands stand; constants are put into the program."""
        constant = ids < 0
        if constant.any() != constant.all():
            return self.mixed(builder, ids)
        if constant.flat[0]:
            numbers = self.constants[~ids]
            if ids.ndim == 1:
                return builder.constant(numbers)
            found = builder.constant(numbers.ravel())
            if isinstance(found, Ref):
                return Ref(CONSTANTS, found.positions.reshape(ids.shape))
            return found
        arenas = self.arena[ids]
        first = arenas.flat[0]
        if not (arenas == first).all():
            return self.mixed(builder, ids)
        return Ref(int(first), self.position[ids])

    def mixed(self, builder: Builder, ids: Ids) -> Ref:
        """Where operands of several arenas stand, the leaves and constants among them being copied to one."""
        np = self.np
        arenas = np.where(ids < 0, CONSTANTS, self.arena[np.maximum(ids, 0)])
        laned = bool(((arenas == LANES) | (arenas == ROWS)).any())
        arena = LANES if laned else ONCE
        positions = self.position[np.maximum(ids, 0)]
        for at in np.flatnonzero(arenas != arena).tolist():
            key = arena, int(ids.flat[at])
            assert key[1] < self.leaves, "what is computed is always there in its own arena"
            if key not in self.homes:
                self.homes[key] = int(builder.place(laned, 1).positions[0])
            positions.flat[at] = self.homes[key]
        return Ref(arena, positions)


def _activations(schedule: Schedule) -> list[set[int]]:
    """What matrix products with biases are of: groups of these ids want a 1 after them."""
    operands = schedule.flat.graph.operands
    found = []
    for group in schedule.groups:
        if group.products:
            ids = operands[group.products[0]]
            found.append(set(ids[len(ids) // 2 :]))
    return found


def build(schedule: Schedule) -> tuple[Builder, Layout, list[Step]]:
    """The instructions that compute the values."""
    layout = Layout(schedule, arrange(schedule))
    builder = Builder(layout.once, layout.rows)
    steps = []
    activations = _activations(schedule)
    for number, group in enumerate(layout.arrangement.groups):
        builder.spare = len(group.nodes) if set(group.nodes) in activations else 0
        before = len(builder.instructions)
        step = _step(schedule, group, number, builder, layout)
        nodes = layout.np.array(group.nodes)
        out = builder.filled(step.out, len(nodes), group.laned)
        out = layout.with_margin(builder, number, out, before)
        layout.arena[nodes] = out.arena
        layout.position[nodes] = out.positions
        layout.block[nodes] = number + 2
        layout.rank[nodes] = layout.np.arange(len(nodes))
        steps.append(step._replace(out=out))
        layout.fill(builder, layout.arrangement.late.get(number, []))
    builder.spare = 0
    made = len(builder.instructions)
    layout.fill(builder, layout.arrangement.early, homes=True)
    early = builder.instructions[made:]
    builder.instructions[:] = early + builder.instructions[:made]
    return builder, layout, steps


def _step(schedule: Schedule, group: Group, number: int, builder: Builder, layout: Layout) -> Step:
    np = layout.np
    out: Operand
    row = group.row
    ids = layout.arrangement.ids[number]
    if ids is None:
        operands = schedule.flat.graph.operands
        return _ragged(group, [operands[node] for node in group.nodes], builder, layout)
    n, arity = ids.shape
    if row is p.dot:
        half = arity // 2
        if group.matrix:
            return _matmul(schedule.flat, group, ids, builder, layout)
        a = layout.matrix(builder, ids[:, :half], number)
        b = layout.matrix(builder, ids[:, half:], number, half)
        return _dot(group, ids[:, :half], ids[:, half:], a, b, builder)
    if row is p.sum_ or row is c.largest:
        ref = layout.matrix(builder, ids, number)
        if not isinstance(ref, Ref):  # one number for all terms
            out = ref * arity if row is p.sum_ else ref
            return Step(group, "sum", out, (ids,), (ref,))
        return Step(group, "sum", builder.reduce(_REDUCTIONS[row], ref), (ids,), (ref,))
    if row is p.prod or row is p.logsumexp:
        ref = layout.matrix(builder, ids, number)
        assert isinstance(ref, Ref)
        if row is p.prod:
            return Step(group, "prod", builder.reduce("multiply", ref), (ids,), (ref,))
        line = Ref(ref.arena, ref.positions.ravel())

        def combine(terms: Ref, kind: str) -> Ref:
            return builder.reduce(kind, Ref(terms.arena, terms.positions.reshape(n, arity)))

        out, weights = _logsumexp(builder, line, np.full(n, arity), combine)
        return Step(group, "logsumexp", out, (ids,), (ref,), weights=weights)
    columns = tuple(np.ascontiguousarray(ids[:, j]) for j in range(arity))
    found = tuple(layout.column(builder, column, number, j) for j, column in enumerate(columns))
    if row is c.same:
        out = builder.place(group.laned, n)
        assert isinstance(out, Ref)
        builder.copy(found[0], out)
    else:
        out = builder.rule(row, found, n)
    return Step(group, "map", out, columns, found)


def _dot(group: Group, left: Ids, right: Ids, a: Operand, b: Operand, builder: Builder) -> Step:
    n, k = left.shape
    out: Operand
    if isinstance(a, float) or isinstance(b, float):  # one number for all of them
        factors = [builder.reduce("add", x) if isinstance(x, Ref) else x for x in (a, b)]
        if isinstance(a, float) and isinstance(b, float):
            factors.append(float(k))
        out = factors[0]
        for factor in factors[1:]:
            out = builder.rule(p.mul, [out, factor], n)
    else:
        out = _vecdot(builder, a, b)
        if not isinstance(out, Ref):
            flat = Ref(a.arena, a.positions.ravel()), Ref(b.arena, b.positions.ravel())
            product = builder.rule(p.mul, flat, n * k)
            assert isinstance(product, Ref)
            out = builder.reduce("add", Ref(product.arena, product.positions.reshape(n, k)))
    return Step(group, "dot", out, (left, right), (a, b))


def _vecdot(builder: Builder, a: Ref, b: Ref) -> Operand:
    """The inner product of two vectors that lie unit by unit, as one instruction; 0.0 if they do not."""
    n, k = a.positions.shape
    if n > 1 or a.laned or b.laned or k < 8:
        return 0.0
    for ref in (a, b):
        if (ref.positions[0, 1:] - ref.positions[0, :-1] != 1).any():
            return 0.0
    out = builder.place(False, 1)
    views = [View(ref.arena, int(ref.positions[0, 0]), (k,), (1,)) for ref in (a, b)]
    builder.emit("vecdot", View(ONCE, int(out.positions[0]), (), ()), views)
    return out


def _ragged(group: Group, lists: list[tuple[int, ...]], builder: Builder, layout: Layout) -> Step:
    np = layout.np
    if group.row is not p.dot:
        sides = [list(chain.from_iterable(lists))]
        lengths = [len(ids) for ids in lists]
    else:
        lengths = [len(ids) // 2 for ids in lists]
        sides = [
            list(chain.from_iterable(ids[: len(ids) // 2] for ids in lists)),
            list(chain.from_iterable(ids[len(ids) // 2 :] for ids in lists)),
        ]
    starts = np.cumsum([0, *lengths[:-1]])
    flat = tuple(np.array(side, dtype=np.int64) for side in sides)
    found = tuple(layout.operand(builder, ids) for ids in flat)
    if group.row is p.logsumexp:
        (ref,) = found
        assert isinstance(ref, Ref)
        counts = np.array(lengths)

        def add_up(terms: Ref, kind: str) -> Ref:
            return builder.ragged(terms, starts, kind)

        out, weights = _logsumexp(builder, ref, counts, add_up)
        return Step(group, "logsumexp", out, flat, found, starts, weights=weights)
    terms = found[0] if len(found) == 1 else builder.rule(p.mul, found, len(flat[0]))
    assert isinstance(terms, Ref)
    kind = "sum" if len(found) == 1 else "dot"
    out = builder.ragged(terms, starts, _REDUCTIONS.get(group.row, "add"))
    return Step(group, kind, out, flat, found, starts)


_REDUCTIONS = {p.sum_: "add", c.largest: "maximum"}
"""The ufunc that a primitive is the reduction of."""


def _logsumexp(
    builder: Builder, ref: Ref, counts: Ids, combine: Callable[[Ref, str], Ref]
) -> tuple[Operand, tuple[Ref, Ref]]:
    """The rule of primitives.logsumexp on rows of numbers.

    Args:
        builder: what is added to.
        ref: the numbers of all rows, in one dimension.
        counts: how many numbers each row has.
        combine: the sums or maxima of rows.

    Returns:
        The results; and the exponentials, side by side, with their sums.
    """
    rule = builder.rule
    n, total = len(counts), len(ref.positions)
    top = combine(ref, "maximum")
    # An infinite maximum cannot be subtracted, the largest float can; nan stays nan.
    shift = rule(p.minimum, [rule(p.maximum, [top, -LARGEST], n), LARGEST], n)
    assert isinstance(shift, Ref)
    spread = Ref(shift.arena, builder.np.repeat(shift.positions, counts))
    exponentials = rule(p.exp, [rule(p.sub, [ref, spread], total)], total)
    assert isinstance(exponentials, Ref)
    added = combine(exponentials, "add")
    return rule(p.add, [shift, rule(p.log, [added], n)], n), (exponentials, added)


def _matmul(flat: Flat, group: Group, ids: Ids, builder: Builder, layout: Layout) -> Step:
    np = layout.np
    half = ids.shape[1] // 2
    left, right = ids[:, :half], ids[:, half:]
    if data_first(flat, group.nodes):
        left, right = right, left
    same = (right == right[0]).all(axis=1)
    rows = len(ids) if same.all() else int(np.argmin(same))
    weights, tuples = np.ascontiguousarray(left[:rows]), np.ascontiguousarray(right[::rows])
    w, x = [
        builder.table(layout.constants[~ids]) if (ids < 0).all() else layout.operand(builder, ids)
        for ids in (weights, tuples)
    ]
    assert isinstance(w, Ref)
    assert isinstance(x, Ref)
    if not group.biases:
        out = builder.place(x.laned, len(ids))
        product(builder, w, x, out)
        return Step(group, "matmul", out, (weights, tuples), (w, x))
    biases = np.array(group.biases)
    b = layout.operand(builder, biases)
    assert isinstance(b, Ref)
    extended = builder.with_one(x)
    beside = Ref(w.arena, np.append(w.positions, b.positions[:, None], axis=1))
    out = builder.place(True, len(ids))
    if extended is None or w.arena != b.arena or plane(beside.positions) is None:
        extended = None
        product(builder, w, x, out)
        builder.elementwise(p.add, [out, b], len(ids), out)
    else:
        product(builder, beside, extended, out)
    return Step(group, "matmul", out, (weights, tuples), (w, x), None, biases, extended)


def product(builder: Builder, w: Ref, x: Ref, out: Ref) -> None:
    """Each row of w (rows, terms), which has no lanes, times each row of x (tuples, terms), to ``out`` (tuples, rows).

    Args:
        builder: what is added to.
        w: a matrix that all lanes share.
        x: a matrix, of lanes or not.
        out: contiguous places, in one dimension.
    """
    (rows, terms), tuples = w.positions.shape, len(x.positions)
    start = int(out.positions[0])
    if terms == 1:  # NumPy multiplies faster than BLAS
        left = Ref(w.arena, builder.np.tile(w.positions[:, 0], tuples))
        right = Ref(x.arena, builder.np.repeat(x.positions[:, 0], rows))
        builder.elementwise(p.mul, [left, right], rows * tuples, out)
        return
    weights, activations = builder.matrix(w), builder.matrix(x)
    if not x.laned:
        target = View(out.arena, start, (tuples, rows), (rows, 1))
        builder.emit("matmul", target, (activations, transposed(weights)), terms)
    elif tuples == 1:
        line = activations._replace(shape=(terms,), strides=activations.strides[1:])
        target = View(LANES, start, (rows,), (1,))
        builder.emit("matmul", target, (weights, line), terms)
    else:
        target = View(LANES, start, (tuples, rows), (rows, 1))
        builder.emit("matmul", target, (weights, activations), terms)


def transposed(view: View) -> View:
    """A matrix with its axes exchanged."""
    return view._replace(shape=view.shape[::-1], strides=view.strides[::-1])
