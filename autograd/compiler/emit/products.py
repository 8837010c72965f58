"""The instructions of contractions: which matrix product each is, and what has to be moved for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ir.program import LANES, ONCE, ROWS, Ref, View
from ..layout.affine import fitting, nest, steps

if TYPE_CHECKING:
    from .writer import Writer

    Array = Any

SHORTEST = 4
"""Inner products of fewer terms are not worth moving these together."""


def contract(
    writer: Writer, a: Ref, b: Ref, there: tuple[Array, Array], out: Ref, over: bool
) -> None:
    """A contraction.

    Args:
        writer: what is added to.
        a: positions (batches, m, terms).
        b: positions (batches, n, terms).
        there: for each of them, whether it is there; not in both are some absent.
        out: positions (batches, m, n).
        over: whether it is summed over the lanes, which both then have.
    """
    if not there[1].all():  # what is absent is in the first factor
        contract(writer, b, a, (there[1], there[0]), turned(out), over)
        return
    present = there[0]
    if over:
        _over_lanes(writer, a, b, present, out)
    elif a.laned or b.laned:
        _in_lanes(writer, a, b, present, out)
    else:
        _once(writer, a, b, present, out)


def turned(ref: Ref) -> Ref:
    """The rows of each batch as its columns."""
    return Ref(ref.arena, ref.positions.transpose(0, 2, 1))


def _turned(view: View) -> View:
    (batches, rows, columns), (step, down, across) = view.shape, view.strides
    return View(view.arena, view.offset, (batches, columns, rows), (step, across, down))


def _without(view: View, axis: int) -> View:
    """A view without an axis of length 1."""
    shape, strides = list(view.shape), list(view.strides)
    del shape[axis], strides[axis]
    return view._replace(shape=tuple(shape), strides=tuple(strides))


def _matrices(*views: View) -> list[View]:
    """Boxes of one batch as matrices."""
    return [_without(view, 0) if view.shape[0] == 1 else view for view in views]


def _box(writer: Writer, ref: Ref) -> View:
    """A box of positions as a view that BLAS takes."""
    found = steps(ref.positions)
    shape = ref.positions.shape
    if found is not None:
        if not ref.laned:
            found = fitting(found, shape)
        elif (ref.arena == ROWS and found[2] != 1 and shape[2] > 1) or found[2] < 0:
            found = None
    if found is None:
        return _box(writer, writer.take(ref))
    return View(ref.arena, int(ref.positions[0, 0, 0]), shape, found)


def _target(writer: Writer, out: Ref) -> tuple[View, Ref]:
    """A view that a product can be written to, and its positions: those of ``out`` if that can be."""
    found = steps(out.positions)
    if found is not None and not out.laned:
        found = fitting(found, out.positions.shape)
    if found is not None and (not out.laned or min(found) >= 0):
        return View(out.arena, int(out.positions[0, 0, 0]), out.positions.shape, found), out
    return _target(writer, writer.room(out.laned, out.positions.shape))


def _moved(writer: Writer, place: Ref, out: Ref) -> None:
    """Results to where they are to stand, if they were written elsewhere."""
    if place is not out:
        flat = Ref(out.arena, out.positions.ravel())
        writer.copy(Ref(place.arena, place.positions.ravel()), flat)


def _once(writer: Writer, a: Ref, b: Ref, present: Array, out: Ref) -> None:
    """What all lanes share."""
    terms = a.positions.shape[2]
    if out.positions.size == 1 and present.all():
        _inner(writer, a, b, out)
        return
    if terms == 1 and present.all() and _scaled(writer, a, b, out):
        return
    target, place = _target(writer, out)
    views = _matrices(target, _box(writer, a), _turned(_box(writer, b)))
    if present.all():
        writer.write("matmul", views[0], views[1:], terms)
    else:
        writer.write(
            "absent", views[0], views[1:], present[0] if present.shape[0] == 1 else present
        )
    _moved(writer, place, out)


def _inner(writer: Writer, a: Ref, b: Ref, out: Ref) -> None:
    """One inner product."""
    sides = [Ref(x.arena, x.positions.ravel()) for x in (a, b)]
    terms = len(sides[0].positions)
    strided = [bool((x.positions[1:] - x.positions[:-1] == 1).all()) for x in sides]
    if terms < SHORTEST and not all(strided):
        products = writer.room(False, (1, terms))
        writer.elementwise("mul", sides, Ref(ONCE, products.positions[0]))
        writer.reduce("add", products, Ref(ONCE, out.positions.ravel()))
        return
    views = []
    for side, on in zip(sides, strided, strict=True):
        ref = side if on else writer.take(side)
        views.append(View(ref.arena, int(ref.positions[0]), (terms,), (1,)))
    writer.write("vecdot", View(ONCE, int(out.positions.flat[0]), (), ()), views)


def _scaled(writer: Writer, a: Ref, b: Ref, out: Ref) -> bool:
    """Products of one term, side by side, which NumPy multiplies faster than BLAS; whether that can be."""
    np = writer.np
    shape = out.positions.shape
    left = np.broadcast_to(a.positions, shape).ravel()
    right = np.broadcast_to(b.positions.transpose(0, 2, 1), shape).ravel()
    target = out.positions.ravel()
    if nest(np.stack([target, left, right])) is None:
        return False
    writer.elementwise("mul", [Ref(a.arena, left), Ref(b.arena, right)], Ref(out.arena, target))
    return True


def _in_lanes(writer: Writer, a: Ref, b: Ref, present: Array, out: Ref) -> None:
    """In every lane."""
    batches, _, terms = a.positions.shape
    whole = bool(present.all())
    if terms == 1 and whole and _scaled(writer, a, b, out):
        return
    if out.positions.size == 1 and whole and a.laned and b.laned:
        products = writer.room(True, (1, terms))
        sides = [Ref(x.arena, x.positions.ravel()) for x in (a, b)]
        writer.elementwise("mul", sides, Ref(LANES, products.positions[0]))
        writer.reduce("add", products, Ref(LANES, out.positions.ravel()))
        return
    if (a.laned and b.laned) or batches > 1 or not whole:
        target, place = _target(writer, out)
        views = _matrices(target, _box(writer, a), _turned(_box(writer, b)))
        writer.write("lanewise", views[0], views[1:], present.reshape(views[1].shape))
    else:
        if a.laned:
            a, b, out = b, a, turned(out)
        # Now the first has no lanes: (m, terms) times (n, terms) in each goes to (n, m).
        out = turned(out)
        target, place = _target(writer, out)
        target, weights, data = _matrices(target, _box(writer, a), _box(writer, b))
        if data.shape[0] == 1:
            target, data = _without(target, 0), _without(data, 0)
        writer.write("matmul", target, (weights, data), terms)
    _moved(writer, place, out)


def _over_lanes(writer: Writer, a: Ref, b: Ref, present: Array, out: Ref) -> None:
    """Summed over the lanes."""
    (batches, rows, terms), columns = a.positions.shape, b.positions.shape[1]
    if batches > 1 or not present.all():
        each = writer.room(True, out.positions.shape)
        _in_lanes(writer, a, b, present, each)
        flat = Ref(ONCE, out.positions.ravel())
        writer.over_lanes(Ref(LANES, each.positions.ravel()), flat)
        return
    left, right = (_matrices(_turned(_box(writer, x)))[0] for x in (a, b))
    if terms == 1:
        target, place = _target(writer, out)
        factors = _without(left, 0), _without(right, 0)
        writer.write("matmul", _without(target, 0), factors, rows)
        _moved(writer, place, out)
        return
    partial = writer.room(False, (terms, rows, columns))
    view = View(
        ONCE, int(partial.positions[0, 0, 0]), (terms, rows, columns), (rows * columns, columns, 1)
    )
    writer.write("matmul", view, (left, right), rows)
    sums = Ref(ONCE, partial.positions.reshape(terms, -1).T)
    writer.reduce("add", sums, Ref(ONCE, out.positions.ravel()))
