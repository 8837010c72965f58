"""Making instructions: positions in, views and instructions out; and the rules of primitives on arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from . import conditions as c
from .array.symbols import composite
from .arraysymbols import ArraySymbol
from .ir.ops import KERNELS, UFUNCS
from .ir.program import CONSTANTS, LANES, ONCE, ROWS, Instruction, Ref, View
from .layout.affine import nest, nest_rows, plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive

    Positions = Any
    Operand = Ref | float

_NAMES = frozenset(row.name for row in KERNELS)
_OF_UFUNC = {name: row for row, name in UFUNCS.items()}


class Builder:
    """The program so far.

    Args:
        once: how many numbers all lanes share to begin with.
        rows: how many differ from lane to lane.
        exact: whether derivatives tell what is absent from what is 0; see :mod:`.masked`.

    Attributes:
        doubtful: whether one has read something absent as 0, so that a nan may be wrong.
    """

    def __init__(self, once: int, rows: int, exact: bool = False) -> None:
        import numpy as np

        self.exact = exact
        self.doubtful = False

        self.np = np
        self.instructions: list[Instruction] = []
        self.sizes = {ONCE: once, LANES: 0}
        self.rows = rows
        self.constants: list[Any] = []
        self.constants_size = 0
        self._known: dict[Any, Operand] = {}
        self._kept: list[Any] = []  # what the keys of _known refer to by identity
        self.lane_count: int | None = None
        self.zeros: list[Ref] = []
        self.spare = 0
        """Groups of so many numbers of lanes are followed by a 1, for a bias to be multiplied by."""
        self.ones: list[Ref] = []
        self._arguments = rows

    # --- places ------------------------------------------------------------------------------

    def place(self, laned: bool, count: int) -> Ref:
        """Room for new numbers, contiguous."""
        arena = LANES if laned else ONCE
        start = self.sizes[arena]
        self.sizes[arena] += count
        if laned and count == self.spare:
            self.ones.append(Ref(LANES, self.np.array([start + count])))
            self.sizes[arena] += 1
        return Ref(arena, self.np.arange(start, start + count))

    def with_one(self, x: Ref) -> Ref | None:
        """A row of activations with a 1 after it, if there is one or one can be put there.

        Args:
            x: positions (1, terms).
        """
        first, terms = int(x.positions[0, 0]), x.positions.shape[1]
        after = first + terms
        if (x.positions[0] != self.np.arange(first, after)).any():
            return None
        if x.arena == ROWS and after == self._arguments:
            if self.rows == self._arguments:
                self.rows += 1
                self.ones.append(Ref(ROWS, self.np.array([after])))
        elif not any(x.arena == ref.arena and after == ref.positions[0] for ref in self.ones):
            return None
        return Ref(x.arena, self.np.append(x.positions, [[after]], axis=1))

    def constant(self, numbers: Any) -> Operand:
        """An array of constants; a float if they are all the same."""
        numbers = self.np.asarray(numbers, dtype=float)
        first = numbers[0]
        if (numbers == first).all() and (first or not self.np.signbit(numbers).any()):
            return float(first)
        start = self.constants_size
        self.constants.append(numbers)
        self.constants_size += len(numbers)
        return Ref(CONSTANTS, self.np.arange(start, start + len(numbers)))

    def table(self, numbers: Any) -> Ref:
        """A matrix of constants."""
        numbers = self.np.asarray(numbers, dtype=float)
        start = self.constants_size
        self.constants.append(numbers.ravel())
        self.constants_size += numbers.size
        positions = self.np.arange(start, start + numbers.size)
        return Ref(CONSTANTS, positions.reshape(numbers.shape))

    def count_of_lanes(self, count: int) -> Ref:
        """How many lanes there are, as many times as asked for."""
        if self.lane_count is None:
            self.lane_count = int(self.place(False, 1).positions[0])
        return Ref(ONCE, self.np.full(count, self.lane_count))

    def filled(self, operand: Operand, count: int, laned: bool) -> Ref:
        """An operand as a Ref among computed numbers; what stands elsewhere is copied, since the operands of
        one instruction stand in one arena."""
        if isinstance(operand, Ref) and operand.arena == (LANES if laned else ONCE):
            return operand
        out = self.place(laned, count)
        self.copy(operand, out)
        return out

    # --- instructions ------------------------------------------------------------------------

    def emit(
        self, op: str, out: View, operands: Sequence[View | float], detail: Any = None
    ) -> None:
        self.instructions.append(Instruction(op, out, tuple(operands), detail))

    def take(self, ref: Ref) -> Ref:
        """The numbers of a Ref copied to a contiguous place."""
        positions = ref.positions.ravel()
        out = self.place(ref.laned, len(positions))
        source = View(ref.arena, 0, (), ())
        self.emit("take", self._line(out), (source,), positions)
        return Ref(out.arena, out.positions.reshape(ref.positions.shape))

    def _line(self, ref: Ref) -> View:
        """The view of contiguous positions."""
        return View(ref.arena, int(ref.positions.flat[0]), (ref.positions.size,), (1,))

    def elementwise(
        self, row: Primitive, operands: Sequence[Operand], count: int, out: Ref | None = None
    ) -> Operand:
        """A primitive applied to numbers side by side.

        Args:
            row: one of KERNELS.
            operands: floats, or Refs of ``count`` positions in one dimension.
            count: how many.
            out: where the results go; a new place if None.
        """
        refs = [x for x in operands if isinstance(x, Ref)]
        if not refs and out is None:
            return row.forward(*operands)  # type: ignore[no-any-return]
        key = None
        if out is None:
            key = (
                row,
                *((x.arena, id(x.positions)) if isinstance(x, Ref) else x for x in operands),
            )
            if key in self._known:
                return self._known[key]
        times = self._repeats(refs, count) if out is None else 1
        if times > 1:
            once = [
                Ref(x.arena, x.positions[::times]) if isinstance(x, Ref) else x for x in operands
            ]
            found = self.elementwise(row, once, count // times)
            assert isinstance(found, Ref)
            target = Ref(found.arena, self.np.repeat(found.positions, times))
        else:
            target = out or self.place(any(ref.laned for ref in refs), count)
            self._nested(row.name, target, operands)
        if key is not None:
            self._known[key] = target
            self._kept += [ref.positions for ref in refs]
        return target

    def _repeats(self, refs: Sequence[Ref], count: int) -> int:
        """How many times each operand comes in a row, the same number for all."""
        np = self.np
        moves = np.zeros(max(count - 1, 0), dtype=bool)
        for ref in refs:
            moves |= ref.positions[1:] != ref.positions[:-1]
        places = np.flatnonzero(moves) + 1
        first = int(places[0]) if len(places) else count
        if first < 2 or count % first or len(places) != count // first - 1:
            return 1
        return first if (places % first == 0).all() else 1

    def _nested(self, op: str, out: Ref, operands: Sequence[Operand], detail: Any = None) -> None:
        """Emit an elementwise instruction in a shape in which all operands are views."""
        np = self.np
        if nest(out.positions[None]) is None:
            place = self.place(out.laned, len(out.positions))
            self._nested(op, place, operands, detail)
            self._scatter(place, out)
            return
        operands = list(operands)
        while True:
            refs = [out, *(x for x in operands if isinstance(x, Ref))]
            found = nest(np.stack([ref.positions for ref in refs]))
            if found is not None:
                break
            index = self._most_nested(operands, out)
            ref = operands[index]
            assert isinstance(ref, Ref)
            taken = self.take(ref)
            operands = [taken if ref.matches(x) else x for x in operands]
        shape, strides = found
        views = [
            View(ref.arena, int(ref.positions[0]), shape, step)
            for ref, step in zip(refs, strides, strict=True)
        ]
        rest = iter(views[1:])
        self.emit(op, views[0], [next(rest) if isinstance(x, Ref) else x for x in operands], detail)

    def _most_nested(self, operands: Sequence[Operand], out: Ref) -> int:
        """The operand that stands in the way of a common shape most."""
        worst, chosen = -1, -1
        for index, x in enumerate(operands):
            if isinstance(x, Ref):
                alone = nest(x.positions[None])
                levels = 9 if alone is None else len(alone[0])
                joint = nest(self.np.stack([x.positions, out.positions]))
                if joint is None:
                    levels += 10
                if levels > worst:
                    worst, chosen = levels, index
        return chosen

    def copy(self, operand: Operand, out: Ref) -> None:
        """Numbers to a place."""
        self._nested("copy", out, [operand])

    def move(self, out: Ref, place: Ref, before: int) -> None:
        """Let results that have just been computed stand in another place.

        Args:
            out: where they stand.
            place: where they are to stand.
            before: how many instructions there were before those that compute them.
        """
        last = self.instructions[-1] if len(self.instructions) > before else None
        if last is None or last.op not in _NAMES or not _is_output(last, out):
            self.copy(out, place)
            return
        self.instructions.pop()
        self._known = {key: ref for key, ref in self._known.items() if ref is not out}
        operands = [Ref(x.arena, x.positions) if isinstance(x, View) else x for x in last.operands]
        self._nested(last.op, place, operands)

    def put(self, source: Operand, place: Ref) -> None:
        """Numbers to places that need not be regular, in two instructions at most where that can be."""
        if not isinstance(source, Ref) or source.laned != place.laned or source.arena == CONSTANTS:
            self.copy(source, place)
            return
        if nest(self.np.stack([source.positions, place.positions])) is not None:
            self.copy(source, place)
            return
        if (source.positions[1:] - source.positions[:-1] != 1).any():
            source = self.take(source)
        self._scatter(source, place)

    def _scatter(self, source: Ref, place: Ref) -> None:
        """Contiguous numbers to any places."""
        target = View(place.arena, 0, (), ())
        self.emit("scatter", target, (self._line(source),), place.positions)

    def rows_of(self, ref: Ref) -> tuple[tuple[int, ...], tuple[int, ...], View]:
        """A view of a matrix of positions, with the shapes of its rows and of its columns."""
        found = nest_rows(ref.positions[None])
        if found is None:
            ref = self.take(ref)
            found = nest_rows(ref.positions[None])
            assert found is not None
        outer, inner, strides = found
        return outer, inner, View(ref.arena, int(ref.positions[0, 0]), outer + inner, strides[0])

    def reduce(self, kind: str, ref: Ref) -> Ref:
        """The sum, product or maximum along the rows of a matrix of positions."""
        rows, columns = ref.positions.shape
        row = _OF_UFUNC[kind]
        if columns == 1:
            return Ref(ref.arena, ref.positions[:, 0])
        # One by one where the reduction's own loop is longer than the instructions it takes.
        if columns <= 3 or (not ref.laned and columns <= 8 and 3 * (columns - 2) < rows / 25 + 2):
            total: Operand = Ref(ref.arena, ref.positions[:, 0])
            for j in range(1, columns):
                total = self.elementwise(row, [total, Ref(ref.arena, ref.positions[:, j])], rows)
            assert isinstance(total, Ref)
            return total
        outer, inner, view = self.rows_of(ref)
        out = self.place(ref.laned, rows)
        target = View(out.arena, int(out.positions[0]), outer, _contiguous(outer))
        self.emit("reduce", target, (view,), (kind, len(inner)))
        return out

    def accumulate(self, kind: str, ref: Ref) -> Ref:
        """The sums, products or maxima so far along the rows of a matrix of positions, at places in its shape."""
        if plane(ref.positions) is None:
            ref = self.take(ref)
        found = plane(ref.positions)
        assert found is not None
        shape = ref.positions.shape
        out = self.place(ref.laned, ref.positions.size)
        target = View(out.arena, int(out.positions[0]), shape, (shape[1], 1))
        source = View(ref.arena, int(ref.positions[0, 0]), shape, found)
        self.emit("accumulate", target, (source,), kind)
        return Ref(out.arena, out.positions.reshape(shape))

    def ragged(self, ref: Ref, starts: Positions, kind: str = "add") -> Ref:
        """The sums (or maxima) of stretches of positions that begin at ``starts``."""
        contiguous = ref
        if (ref.positions[1:] - ref.positions[:-1] != 1).any() or ref.arena > LANES:
            contiguous = self.take(ref)
        out = self.place(ref.laned, len(starts))
        self.emit("ragged", self._line(out), (self._line(contiguous),), (kind, starts))
        return out

    def over_lanes(self, ref: Ref, out: Ref | None = None) -> Ref:
        """The sum over all lanes.

        Args:
            ref: positions in one dimension.
            out: where it goes; a new place if None.
        """
        np = self.np
        count = len(ref.positions)
        target = out or self.place(False, count)
        found = nest(np.stack([ref.positions, target.positions]))
        if found is None and out is not None:
            self.copy(self.over_lanes(ref), out)
            return out
        if found is None:
            return self.over_lanes(self.take(ref))
        shape, (source, to) = found
        self.emit(
            "over_lanes",
            View(ONCE, int(target.positions[0]), shape, to),
            (View(ref.arena, int(ref.positions[0]), shape, source),),
        )
        return target

    def matrix(self, ref: Ref) -> View:
        """A matrix of positions as a view that BLAS takes; of lanes, the first axis is a batch."""
        found = plane(ref.positions)
        rows, columns = ref.positions.shape
        if found is not None:
            down, across = found
            if ref.arena == ROWS:
                fits = across == 1 or columns == 1
            elif ref.laned:
                fits = across > 0 or columns == 1
            else:
                fits = (across == 1 or columns == 1) and (down >= columns or rows == 1)
                fits = fits or ((down == 1 or rows == 1) and (across >= rows or columns == 1))
            if fits:
                if not ref.laned and rows == 1:  # a stride that is never taken must still be one
                    down = max(columns, 1) if across == 1 else 1
                if not ref.laned and columns == 1:
                    across = 1 if down > 1 else max(rows, 1)
                return View(ref.arena, int(ref.positions[0, 0]), (rows, columns), (down, across))
        return self.matrix(self.take(ref))

    def rule(self, row: Primitive, operands: Sequence[Operand], count: int) -> Operand:
        """Any primitive of a fixed number of arguments applied side by side."""
        if row is c.same or row is c.detach:
            return operands[0]
        if row is p.pow_ and operands[1] == 3.0:
            x = operands[0]
            return self.elementwise(p.mul, [self.elementwise(p.mul, [x, x], count), x], count)
        if row is p.pow_ and operands[1] == 0.5 and isinstance(operands[0], Ref):
            # NumPy makes a square root of it, which is nan at -inf, where a power is inf.
            ends = self.elementwise(c.equal, [operands[0], -math.inf], count)
            operands = [self.elementwise(p.where, [ends, math.inf, operands[0]], count), 0.5]
        if row is p.relu:
            return self.elementwise(p.maximum, [operands[0], 0.0], count)
        if row in KERNELS:
            return self.elementwise(row, operands, count)
        symbols = [self.symbol(x, count) for x in operands]
        return self.operand(composite(row)(*symbols))

    def symbol(self, operand: Operand, count: int) -> Any:
        """What a rule is to be called with."""
        return ArraySymbol(self, operand, count) if isinstance(operand, Ref) else operand

    def operand(self, result: Any) -> Operand:
        """What a rule's result stands for."""
        return result.operand if isinstance(result, ArraySymbol) else float(result)


def _is_output(instruction: Instruction, ref: Ref) -> bool:
    """Whether an instruction writes just these positions."""
    view = instruction.out
    if view.arena != ref.arena or math.prod(view.shape) != len(ref.positions):
        return False
    return bool((view.positions == ref.positions).all())


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))
