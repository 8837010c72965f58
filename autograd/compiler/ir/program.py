"""The array program: instructions on strided views of a few arenas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.drawing.model import Graph, Options

    Positions = Any

ONCE, LANES, ROWS, CONSTANTS = range(4)
"""The arenas. ONCE holds what is the same in all lanes, LANES what is not, one row of lanes a position; ROWS holds
the arguments of all lanes as they come, one lane after the other; CONSTANTS never change."""

_LETTERS = "svxc"


class Ref(NamedTuple):
    """Numbers by where they stand: an arena, and an array of positions in it."""

    arena: int
    positions: Positions

    @property
    def laned(self) -> bool:
        """Whether the numbers differ from lane to lane."""
        return self.arena in (LANES, ROWS)

    @property
    def line(self) -> Ref:
        """The same numbers in one dimension."""
        return Ref(self.arena, self.positions.ravel())

    def matches(self, other: Ref | float) -> bool:
        """Whether an operand stands just where these numbers do, one by one."""
        if not isinstance(other, Ref) or other.arena != self.arena:
            return False
        return bool((other.positions == self.positions).all())


class View(NamedTuple):
    """A strided view of an arena, in positions. Laned views have a further, last axis for the lanes."""

    arena: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def laned(self) -> bool:
        """Whether the numbers differ from lane to lane."""
        return self.arena in (LANES, ROWS)

    @property
    def positions(self) -> Positions:
        """All positions that are viewed, in one dimension."""
        import numpy as np

        found = np.array(self.offset)
        for n, step in zip(self.shape, self.strides, strict=True):
            found = np.add.outer(found, np.arange(n) * step)
        return found.ravel()

    def __str__(self) -> str:
        return self.text(f"{_LETTERS[self.arena]}{self.offset}")

    def text(self, place: str) -> str:
        """A view as text, given what the place where it begins is called."""
        shape = "×".join([*map(str, self.shape), *(["L"] if self.laned else [])])
        steps = ""
        natural = 1
        for n, step in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if n > 1 and step != natural:
                steps = ":" + ",".join(map(str, self.strides))
                break
            natural *= n
        return f"{place}{steps}[{shape}]"


class Instruction(NamedTuple):
    """One array operation.

    ``op`` is the name of an elementwise primitive, or one of

    ========== ==================================================================================
    take       the positions ``detail`` of an arena, to a contiguous place
    scatter    contiguous numbers, to the positions ``detail`` of an arena
    copy       an operand, or a number, to the place of the output
    reduce     the sum, product or maximum (``detail[0]``) over the last ``detail[1]`` axes
    accumulate the sums, products or maxima (``detail``) so far along the last axis
    ragged     the sums or maxima (``detail[0]``) of stretches that begin at ``detail[1]``
    over_lanes the sum over lanes
    matmul     matrix product, batched over a leading axis
    absent     matrix product, batched or not, without the terms of the first factor that ``detail`` has False for
    lanewise   the same in every lane; ``detail`` may be all True
    vecdot     inner product of two vectors
    ========== ==================================================================================
    """

    op: str
    out: View
    operands: tuple[View | float, ...]
    detail: Any = None

    @property
    def writes(self) -> Positions:
        """The positions in the output's arena that it writes."""
        return self.detail if self.op == "scatter" else self.out.positions

    def reads(self, operand: View) -> Positions:
        """The positions in an operand's arena that it reads."""
        return self.detail if self.op == "take" else operand.positions

    @property
    def elements(self) -> int:
        """How many numbers (of one lane) are worked on."""
        most = 1
        for view in (self.out, *self.operands):
            if isinstance(view, View):
                count = 1
                for n in view.shape:
                    count *= n
                most = max(most, count)
        if self.op == "matmul":
            return most * int(self.detail)
        if self.op in {"absent", "lanewise"}:
            return int(self.detail.size) * self.out.shape[-1]
        return most

    def __str__(self) -> str:
        return self.text(str)

    def text(self, called: Callable[[View], str]) -> str:
        """An instruction as text, given what views are called."""
        operands = ", ".join(f"{x:g}" if isinstance(x, float) else called(x) for x in self.operands)
        detail = ""
        if self.op == "reduce":
            detail = f" {self.detail[0]}"
        elif self.op == "accumulate":
            detail = f" {self.detail}"
        elif self.op == "ragged":
            detail = f" {self.detail[0]} {len(self.detail[1])}"
        elif self.op in {"take", "scatter"}:
            detail = f" {len(self.detail)}"
        return f"{called(self.out)} = {self.op}{detail} {operands}"


class Program(NamedTuple):
    """What a function became.

    Positions in ONCE begin with the leaves that all lanes share, in ``order``; ROWS has the others.
    """

    instructions: list[Instruction]
    once: int
    """The size of the arena ONCE."""
    lanes: int
    """The rows of the arena LANES."""
    rows: int
    """The length of a row of ROWS: how many arguments differ from lane to lane, and the ones after them."""
    constants: Any
    """The arena CONSTANTS."""
    outputs: list[list[Ref | float]]
    """Groups of results: the values, then the derivatives."""
    laned: bool
    """Whether there are lanes."""
    lane_count: int | None
    """The position in ONCE that must hold the number of lanes, if the program uses it."""
    seed: int | None
    """The position in ONCE of the cotangent to begin with, if it is not 1."""
    forward: int
    """How many of the instructions compute values; the rest compute derivatives."""
    ones: list[Ref]
    """What must hold 1 in every lane, and is never written."""
    given: int
    """How many numbers of ONCE are leaves."""
    zeros: list[Ref]
    """What must hold 0, and is never written."""
    doubtful: bool = False
    """Whether something absent was read as 0, so that a nan may be wrong; see :mod:`~autograd.compiler.masked`."""
    order: tuple[int, ...] = ()
    """The ids of the leaves that all lanes share, as they stand in ONCE; the derivatives by them come in this order."""
    names: tuple[tuple[str, int, int, int], ...] = ()
    """What leaves are called in print: a name, the arena, the first position and how many there are."""

    def text(self, view: View) -> str:
        """A view as text; one of leaves by their name, and how far in it begins."""
        for name, arena, start, count in self.names:
            beyond = view.offset - start
            if arena == view.arena and 0 <= beyond < count:
                return view.text(f"{name}+{beyond}" if beyond else name)
        return str(view)

    def _drawing(self, options: Options) -> Graph:
        """The instructions, for ``autograd.draw``."""
        from ..diagram import diagram

        return diagram(self, options)

    def __str__(self) -> str:
        count, once, a_lane = len(self.instructions), self.once, self.lanes + self.rows
        lines = [
            f"{count} instructions ({self.forward} forward), {once} numbers once, {a_lane} a lane"
        ]
        for number, instruction in enumerate(self.instructions):
            if number == self.forward:
                lines.append("-- reverse")
            lines.append(instruction.text(self.text))
        return "\n".join(lines)
