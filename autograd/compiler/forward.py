"""Stage 5, forward: every group becomes instructions, and every number gets its place."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import primitives as p
from . import conditions as c
from . import pairing, pairs
from .arrange import arrange
from .building import Builder
from .ir.ops import FOLDED, UFUNCS, reduction
from .ir.program import LANES, ONCE, Ref, View
from .layout.affine import plane
from .places import Layout
from .recording import LARGEST
from .reroll import data_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from .building import Operand
    from .flatten import Flat
    from .reroll import Group, Schedule

    Ids = Any


class Step(NamedTuple):
    """A group that has become instructions, with what its derivative needs."""

    group: Group
    kind: str
    """``map``, ``sum``, ``dot``, ``matmul``, ``logsumexp``, ``prod``, ``chain`` (of maximum or minimum),
    ``scan``."""
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
    products: tuple[pairing.Product, ...] = ()
    """The matrix products that a group of dots has been computed by; none if it was computed term by term."""


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
    builder = Builder(layout.once, layout.rows, schedule.exact)
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
        lists = [operands[node] for node in group.nodes]
        return _ragged(schedule, group, lists, builder, layout)
    n, arity = ids.shape
    if group.scans:
        ref = layout.operand(builder, ids)
        assert isinstance(ref, Ref)
        so_far = builder.accumulate(UFUNCS[row], ref)
        return Step(group, "scan", Ref(so_far.arena, so_far.positions[:, 1:]).line, (ids,), (ref,))
    if row is p.dot:
        half = arity // 2
        if group.matrix:
            return _matmul(schedule.flat, group, ids, builder, layout)
        a = layout.matrix(builder, ids[:, :half], number)
        b = layout.matrix(builder, ids[:, half:], number, half)
        return _dot(schedule, group, ids[:, :half], ids[:, half:], a, b, builder, layout)
    if row is p.sum_ or row is c.largest:
        ref = layout.matrix(builder, ids, number)
        if not isinstance(ref, Ref):  # one number for all terms
            out = ref * arity if row is p.sum_ else ref
            return Step(group, "sum", out, (ids,), (ref,))
        return Step(group, "sum", builder.reduce(reduction(row), ref), (ids,), (ref,))
    if row in _CHAINS:
        ref = layout.matrix(builder, ids, number)
        assert isinstance(ref, Ref)
        return Step(group, "chain", builder.reduce(reduction(row), ref), (ids,), (ref,))
    if row is p.prod or row is p.logsumexp:
        ref = layout.matrix(builder, ids, number)
        assert isinstance(ref, Ref)
        if row is p.prod:
            return Step(group, "prod", builder.reduce(reduction(row), ref), (ids,), (ref,))

        def combine(terms: Ref, kind: str) -> Ref:
            return builder.reduce(kind, Ref(terms.arena, terms.positions.reshape(n, arity)))

        out, weights = _logsumexp(builder, ref.line, np.full(n, arity), combine)
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


def _dot(
    schedule: Schedule,
    group: Group,
    left: Ids,
    right: Ids,
    a: Operand,
    b: Operand,
    builder: Builder,
    layout: Layout,
) -> Step:
    n, k = left.shape
    out: Operand
    products = _products(schedule, group, (a, b), builder, layout)
    if products:
        return Step(group, "dot", products[0], (left, right), (a, b), products=products[1])
    numbers = [x for x in (a, b) if isinstance(x, float)]
    if len(numbers) == 2 or (numbers and math.isfinite(numbers[0])):  # one number for all of them
        factors = [builder.reduce("add", x) if isinstance(x, Ref) else x for x in (a, b)]
        if len(numbers) == 2:
            factors.append(float(k))
        out = factors[0]
        for factor in factors[1:]:
            out = builder.rule(p.mul, [out, factor], n)
    else:
        vectors = isinstance(a, Ref) and isinstance(b, Ref)
        out = _vecdot(builder, a, b) if vectors else 0.0  # type: ignore[arg-type]
        if not isinstance(out, Ref):
            # An infinite factor cannot be taken out of a sum, which may be 0 where its terms are not.
            flat = [x.line if isinstance(x, Ref) else x for x in (a, b)]
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


def _products(
    schedule: Schedule,
    group: Group,
    operands: tuple[Operand, Operand],
    builder: Builder,
    layout: Layout,
) -> tuple[Ref, tuple[pairing.Product, ...]] | None:
    """The results of a group of dots by matrix products, if that is the better way."""
    if any(node in schedule.flat.mixed for node in group.nodes):
        return None
    ids = schedule.flat.graph.operands
    sides: list[list[tuple[int, ...]]] = [[], []]
    for node in group.nodes:
        both = ids[node]
        sides[0].append(both[: len(both) // 2])
        sides[1].append(both[len(both) // 2 :])
    # Where a cotangent may be absent it is handed on term by term.
    active = [not group.masked and any(schedule.active[i] for i in chain(*side)) for side in sides]
    blocks = pairs.find(layout, sides[0], sides[1], operands, active)
    return pairing.compute(builder, layout, blocks, len(group.nodes)) if blocks else None


def _ragged(
    schedule: Schedule, group: Group, lists: list[tuple[int, ...]], builder: Builder, layout: Layout
) -> Step:
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
    if len(found) == 2:
        products = _products(schedule, group, (found[0], found[1]), builder, layout)
        if products:
            return Step(group, "dot", products[0], flat, found, starts, products=products[1])
    terms = found[0] if len(found) == 1 else builder.rule(p.mul, found, len(flat[0]))
    assert isinstance(terms, Ref)
    kind = "sum" if len(found) == 1 else "dot"
    out = builder.ragged(terms, starts, reduction(group.row))
    return Step(group, kind, out, flat, found, starts)


_CHAINS = frozenset(FOLDED.values())


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
        builder.table(layout.numbers[ids])
        if layout.constant[ids].all()
        else layout.operand(builder, ids)
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
