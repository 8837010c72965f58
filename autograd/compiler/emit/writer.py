"""Writing instructions: what operands are given by their positions becomes strided views, or is copied before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...primitives import TABLE
from ..ir.program import CONSTANTS, LANES, ONCE, Instruction, Ref, View
from ..layout.affine import nest, nest_rows, plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    Positions = Any
    Operand = Ref | float

ROW_OF = {"add": "add", "multiply": "mul", "maximum": "maximum", "minimum": "minimum"}
"""The primitive that a reduction repeats, by NumPy's name."""
FEW = 3
"""Rows of so few numbers are combined one column after the other."""
SHORT = 8
"""And rows of so few, where there are not many of them."""
FEW_TERMS = 7
"""So many numbers NumPy adds one after the other, in whatever order they lie."""


class Writer:
    """Instructions so far, and the sizes of the arenas that they write.

    Args:
        once: how many positions of ONCE are taken to begin with.
        lanes: how many of LANES.
    """

    def __init__(self, once: int = 0, lanes: int = 0) -> None:
        import numpy as np

        self.np = np
        self.instructions: list[Instruction] = []
        self.sizes = {ONCE: once, LANES: lanes}
        self.constants: list[Any] = []
        self._constants_size = 0
        self._tables: dict[bytes, int] = {}

    # --- places ------------------------------------------------------------------------------

    def room(self, laned: bool, shape: tuple[int, ...]) -> Ref:
        """Room for new numbers, side by side."""
        arena, count = LANES if laned else ONCE, math.prod(shape)
        start = self.sizes[arena]
        self.sizes[arena] += count
        return Ref(arena, self.np.arange(start, start + count).reshape(shape))

    def table(self, numbers: Any) -> Ref:
        """Constants, in any shape."""
        numbers = self.np.asarray(numbers, dtype=float)
        key = numbers.tobytes()
        if key not in self._tables:
            self._tables[key] = self._constants_size
            self.constants.append(numbers.ravel())
            self._constants_size += numbers.size
        start = self._tables[key]
        return Ref(CONSTANTS, self.np.arange(start, start + numbers.size).reshape(numbers.shape))

    # --- copies ------------------------------------------------------------------------------

    def write(
        self, op: str, out: View, operands: Sequence[View | float], detail: Any = None
    ) -> None:
        self.instructions.append(Instruction(op, out, tuple(operands), detail))

    def take(self, ref: Ref) -> Ref:
        """The numbers of a Ref copied to places side by side."""
        out = self.room(ref.laned, ref.positions.shape)
        self.write("take", line(out), (View(ref.arena, 0, (), ()),), ref.positions.ravel())
        return out

    def copy(self, source: Operand, out: Ref) -> None:
        """Numbers to places, in two instructions at most."""
        nested = None
        moves = isinstance(source, Ref) and source.laned == out.laned
        if moves and source.arena != CONSTANTS:  # type: ignore[union-attr]
            pair = self.np.array([source.positions.ravel(), out.positions.ravel()])  # type: ignore[union-attr]
            nested = nest(pair)
        if not moves or nested is not None or source.arena == CONSTANTS:  # type: ignore[union-attr]
            self.elementwise("copy", [source], out)
            return
        assert isinstance(source, Ref)
        if not _in_a_row(source):
            source = self.take(source)
        self._scatter(source, out)

    def _scatter(self, source: Ref, out: Ref) -> None:
        target = View(out.arena, 0, (), ())
        self.write("scatter", target, (line(source),), out.positions.ravel())

    # --- side by side ------------------------------------------------------------------------

    def elementwise(self, op: str, operands: Sequence[Operand], out: Ref) -> None:
        """An elementwise instruction in a shape in which all operands are views.

        Args:
            op: its name.
            operands: floats, or positions in one dimension, as many as ``out`` has.
            out: where the results go.
        """
        operands = list(operands)
        while True:
            refs = [out, *(x for x in operands if isinstance(x, Ref))]
            found = nest(self.np.array([ref.positions for ref in refs]))
            if found is not None:
                break
            if nest(out.positions[None]) is None:
                place = self.room(out.laned, out.positions.shape)
                self.elementwise(op, operands, place)
                self._scatter(place, out)
                return
            worst = self._least_nested(operands, out)
            taken = self.take(worst)
            operands = [taken if worst.matches(x) else x for x in operands]
        shape, strides = found
        views = [
            View(ref.arena, int(ref.positions[0]), shape, steps)
            for ref, steps in zip(refs, strides, strict=True)
        ]
        rest = iter(views[1:])
        self.write(op, views[0], [next(rest) if isinstance(x, Ref) else x for x in operands])

    def _least_nested(self, operands: Sequence[Operand], out: Ref) -> Ref:
        """The operand that stands in the way of a common shape most."""

        def badness(ref: Ref) -> int:
            alone = nest(ref.positions[None])
            levels = 9 if alone is None else len(alone[0])
            joint = nest(self.np.array([ref.positions, out.positions]))
            return levels + (10 if joint is None else 0)

        return max((x for x in operands if isinstance(x, Ref)), key=badness)

    # --- what is reduced ---------------------------------------------------------------------

    def reduce(self, kind: str, matrix: Ref, out: Ref) -> None:
        """The sums, products or maxima along the rows of a matrix of positions.

        Args:
            kind: NumPy's name of it.
            matrix: positions, in two dimensions.
            out: where the results go, in one.
        """
        rows, columns = matrix.positions.shape
        few = not matrix.laned and columns <= SHORT and 3 * (columns - 2) < rows / 25 + 2
        if (columns <= FEW or few) and self._scattered(matrix) < 2:
            total: Ref = Ref(matrix.arena, matrix.positions[:, 0])
            for j in range(1, columns):
                target = out if j == columns - 1 else self.room(out.laned, (rows,))
                pair = [total, Ref(matrix.arena, matrix.positions[:, j])]
                self.elementwise(TABLE[ROW_OF[kind]].name, pair, target)
                total = target
            return
        found = nest_rows(matrix.positions[None])
        if found is None:
            matrix = self._lined_up(matrix)
            found = nest_rows(matrix.positions[None])
            assert found is not None
        outer, inner, (strides,) = found
        source = View(matrix.arena, int(matrix.positions[0, 0]), outer + inner, strides)
        place = out if _in_a_row(out) else self.room(out.laned, (rows,))
        target_view = View(place.arena, int(place.positions[0]), outer, natural(outer))
        self.write("reduce", target_view, (source,), (kind, len(inner)))
        if place is not out:
            self.copy(place, out)

    def _scattered(self, matrix: Ref) -> int:
        """How many columns of a matrix of positions are no views."""
        return sum(nest(column[None]) is None for column in matrix.positions.T)

    def _lined_up(self, matrix: Ref) -> Ref:
        """A copy of a matrix; of one with short rows column after column, as NumPy adds long lines quickly."""
        if matrix.positions.shape[1] > FEW_TERMS:
            return self.take(matrix)
        lines = self.take(Ref(matrix.arena, matrix.positions.T))
        return Ref(lines.arena, lines.positions.T)

    def accumulate(self, kind: str, matrix: Ref, out: Ref) -> None:
        """The sums, products or maxima so far along the rows of a matrix of positions, in its shape."""
        strides = plane(matrix.positions)
        if strides is None:
            self.accumulate(kind, self.take(matrix), out)
            return
        shape = matrix.positions.shape
        place = out if _in_a_row(out) else self.room(out.laned, shape)
        target = View(place.arena, int(place.positions.flat[0]), shape, natural(shape))
        source = View(matrix.arena, int(matrix.positions[0, 0]), shape, strides)
        self.write("accumulate", target, (source,), kind)
        if place is not out:
            self.copy(Ref(place.arena, place.positions.ravel()), out)

    def segment(self, kind: str, stretches: Ref, starts: Sequence[int], out: Ref) -> None:
        """The sums or maxima of stretches of positions that begin at ``starts``."""
        if not _in_a_row(stretches) or stretches.arena > LANES:
            stretches = self.take(stretches)
        place = out if _in_a_row(out) else self.room(out.laned, out.positions.shape)
        detail = kind, self.np.array(starts)
        self.write("ragged", line(place), (line(stretches),), detail)
        if place is not out:
            self.copy(place, out)

    def over_lanes(self, numbers: Ref, out: Ref) -> None:
        """The sums over all lanes, of positions in one dimension."""
        np = self.np
        found = nest(np.stack([numbers.positions, out.positions]))
        if found is None and nest(out.positions[None]) is None:
            place = self.room(False, out.positions.shape)
            self.over_lanes(numbers, place)
            self.copy(place, out)
            return
        if found is None:
            numbers = self.take(numbers)
            found = nest(np.stack([numbers.positions, out.positions]))
        assert found is not None
        shape, (source, target) = found
        view = View(numbers.arena, int(numbers.positions[0]), shape, source)
        self.write("over_lanes", View(ONCE, int(out.positions[0]), shape, target), (view,))


def line(ref: Ref) -> View:
    """The view of positions that follow one another."""
    return View(ref.arena, int(ref.positions.flat[0]), (ref.positions.size,), (1,))


def natural(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array whose numbers follow one another."""
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def _in_a_row(ref: Ref) -> bool:
    flat = ref.positions.ravel()
    return bool((flat[1:] - flat[:-1] == 1).all())
