"""A scalar rule run on whole arrays, one kernel an operation, in place: how a compiled step updates parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ... import primitives as p
from ..hoisting import hoist
from ..kernels import kernels
from ..recording import Recorder, ids_of
from ..simplify import simplify
from ..straightline import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..ir.scalar import ScalarGraph

    Array = Any
    Instruction = tuple[Callable[..., Any], tuple[Any, ...]]


class NotElementwiseError(ValueError):
    """A rule uses an operation that has no kernel here."""


class Elementwise:
    """A graph whose arguments are arrays of one length, and single numbers.

    Numbers are assumed to be finite, and bases of square roots not to be negative. To be called under
    ``numpy.errstate(all="ignore")``.

    Args:
        graph: of :func:`~autograd.compiler.simplify.simplify` with ``finite=True``.
        arrays: the arrays of the first arguments. They may be written between calls.
        spent: which arrays may be overwritten once they have been used.
        carried: for each result after the first, which array it is to replace when it is kept. The first
            result is written to the first array.
        watched: the arrays whose entries may not be finite after all, and are to be looked at.

    Raises:
        NotElementwiseError: if there is no kernel for an operation.

    >>> import numpy as np
    >>> from autograd.compiler.stages import simplified
    >>> rule = simplified(lambda p, g, v, lr: (p - lr * (0.5 * v + g), 0.5 * v + g), *[1.0] * 4)
    >>> p, g, v = np.ones(2), np.ones(2), np.zeros(2)
    >>> run = Elementwise(rule, [p, g, v], carried=[2])
    >>> run.compute(0.1)
    True
    >>> run.keep()
    >>> p, run.array(2)
    (array([0.9, 0.9]), array([1., 1.]))
    """

    def __init__(
        self,
        graph: ScalarGraph,
        arrays: Sequence[Array],
        spent: Sequence[int] = (),
        carried: Sequence[int] = (),
        watched: Sequence[int] = (),
    ) -> None:
        import numpy as np

        self.np = np
        self.graph = graph
        self.carried = list(carried)
        self._spent = set(spent)
        self._watched = list(watched)
        # What is carried has two places, and they change roles whenever it is kept.
        self._turns = [list(arrays), list(arrays)]
        for i in self.carried:
            self._turns[1][i] = np.zeros_like(arrays[i])
        self._turn = 0
        self._numbers: tuple[float, ...] | None = None
        self._places: list[Array] = []
        self._bind(factors=True)

    def compute(self, *numbers: float) -> bool:
        """Compute the results from what the arrays hold now.

        Args:
            numbers: the arguments that are single numbers.

        Returns:
            Whether all entries of the first result and of the watched arrays are finite.
        """
        if numbers != self._numbers or self._parameters:
            self._set(numbers)
        for function, arguments in self._code[self._turn]:
            function(*arguments)
        return math.isfinite(self._total()) or self._finite()

    def keep(self) -> None:
        """Let the results of the last call take the places of arrays: the first that of the first array."""
        function, arguments = self._keeping[self._turn]
        function(*arguments)
        if self.carried:
            self._turn = 1 - self._turn

    def array(self, index: int) -> Array:
        """The array that holds an argument now."""
        return self._turns[self._turn][index]

    def uses(self, index: int) -> bool:
        """Whether the results depend on an argument."""
        graph = self.graph
        return index in graph.outputs or any(index in ids for ids in graph.operands)

    # --- numbers -----------------------------------------------------------------------------

    def _set(self, numbers: tuple[float, ...]) -> None:
        """Compute what all entries share."""
        found = self._shared(numbers, [parameter.data for parameter in self._parameters])
        if self._factors and not math.isfinite(sum(found)):
            self._bind(factors=False)
            self._set(numbers)
            return
        for place, number in zip(self._places, found, strict=True):
            place[()] = number
        self._numbers = numbers

    def _finite(self) -> bool:
        """Whether entries are finite though their squares are not."""
        first = self._firsts[self._turn]
        if self._move is not None:
            first = kernels()[self._move.name](self.array(0), first)
        arrays = [first, *(self.array(i) for i in self._hidden)]
        return all(bool(self.np.isfinite(array).all()) for array in arrays)

    # --- binding -----------------------------------------------------------------------------

    def _bind(self, factors: bool) -> None:
        """Make the instructions, for both turns."""
        np = self.np
        arrays = self._turns[0]
        size, dtype = len(arrays[0]), arrays[0].dtype
        shared, self._wide, self._move = hoist(self.graph, len(arrays), factors)
        self._factors = factors
        self._shared = generate(shared)
        self._parameters = shared.parameters
        self._numbers = None
        self._hidden = [i for i in self._watched if not _reveals(self._wide, i)]
        self._places = [np.zeros((), dtype) for _ in shared.outputs]
        self._constants = {i: np.array(x, dtype) for i, x in self._wide.constants.items()}
        self._allotted, most = self._allot()
        self._scratch = [np.zeros(size, dtype) for _ in range(most)]
        # The sum of squares is not finite if an entry is not; nor if it overflows.
        self._squares = np.full(1 + len(self._hidden), math.nan, dtype)
        self._total = self._squares.item if len(self._squares) == 1 else self._squares.sum
        self._code = [self._instructions(turn) for turn in (0, 1)]
        self._firsts = [self._place(self._wide.outputs[0], turn) for turn in (0, 1)]
        self._keeping = [self._last(array) for array in self._firsts]

    def _allot(self) -> tuple[dict[int, tuple[str, int]], int]:
        """Where each operation writes, and how many scratch arrays that takes."""
        wide, arrays = self._wide, len(self._turns[0])
        found: dict[int, tuple[str, int]] = {}
        for i, array in zip(wide.outputs[1:], self.carried, strict=True):
            if wide.is_computed(i):
                found.setdefault(i, ("next", array))
        last = _last_uses(wide)
        free: list[tuple[str, int]] = []
        count = 0
        for identity, ids in enumerate(wide.operands):
            if not wide.is_computed(identity):
                continue
            for i in set(ids):  # in place where an operand ends its life
                if last.get(i) != identity:
                    continue
                if wide.is_computed(i):
                    free.append(found[i])
                elif i in self._spent and i not in self._hidden and i < arrays:
                    free.append(("own", i))
            if identity not in found:
                if not free:
                    free.append(("scratch", count))
                    count += 1
                found[identity] = free.pop()
        return found, count

    def _place(self, identity: int, turn: int) -> Array:
        """Where an id's entries stand: one object a place, for NumPy is faster in place if it sees one."""
        if identity in self._constants:
            return self._constants[identity]
        arrays = self._turns[turn]
        if identity < len(arrays):
            return arrays[identity]
        if identity < self._wide.leaves:
            return self._places[identity - len(arrays)]
        place, index = self._allotted[identity]
        if place == "own":
            return arrays[index]
        return self._turns[1 - turn][index] if place == "next" else self._scratch[index]

    def _instructions(self, turn: int) -> list[Instruction]:
        """What computes the results, and the sums of squares of what may not be finite."""
        table, wide = kernels(), self._wide
        code: list[Instruction] = []
        for identity, (row, ids) in enumerate(zip(wide.primitives, wide.operands, strict=True)):
            if row is None:
                continue
            if row.name not in table:
                raise NotElementwiseError(row.name)
            operands = [self._place(i, turn) for i in ids]
            function = table[row.name]
            if row is p.pow_ and wide.constants.get(ids[1]) == 0.5:
                function, operands = self.np.sqrt, operands[:1]
            code.append((function, (*operands, self._place(identity, turn))))
        for number, i in enumerate([wide.outputs[0], *self._hidden]):
            looked_at = self._place(i, turn)
            if looked_at.ndim:
                code.append((looked_at.dot, (looked_at, self._squares[number, ...])))
        # What is no operation's result, or another one's too, is copied.
        for i, array in zip(wide.outputs[1:], self.carried, strict=True):
            if self._allotted.get(i) != ("next", array):
                target = self._turns[1 - turn][array]
                code.append((target.__setitem__, (slice(None), self._place(i, turn))))
        return code

    def _last(self, first: Array) -> Instruction:
        """What gives the first array its new entries.

        An entry that is moved by less than the root of the largest float does not overflow, for it is not moved at
        all where it is near that: it is enough to have looked at what it is moved by.
        """
        array = self._turns[0][0]
        if self._move is None:
            return array.__setitem__, (slice(None), first)
        return kernels()[self._move.name], (array, first, array)


def _last_uses(graph: ScalarGraph) -> dict[int, int]:
    """For each id the operation that uses it last; results are used forever."""
    last = {}
    for identity, ids in enumerate(graph.operands):
        for i in ids:
            last[i] = identity
    for i in graph.outputs:
        last.pop(i, None)
    return last


def _reveals(graph: ScalarGraph, index: int) -> bool:
    """Whether an entry of the first result is not finite wherever that of an argument is not."""
    bad = {index}
    for identity, (row, ids) in enumerate(zip(graph.primitives, graph.operands, strict=True)):
        if row in {p.add, p.sub, p.mul, p.neg, p.sqrt}:
            found = not bad.isdisjoint(ids)
        else:
            found = row is p.div and ids[0] in bad  # where it divides, the quotient is 0
        if found:
            bad.add(identity)
    return graph.outputs[0] in bad


def elementwise(
    rule: Callable[..., Sequence[Any]], arrays: Sequence[Array], numbers: int
) -> Elementwise:
    """A rule recorded, as kernels that may overwrite the second array, whose entries may not be finite.

    Args:
        rule: of one entry of each array and of some single numbers. It returns what the first array is to hold, and then what
            those after the second are to.
        arrays: of one length.
        numbers: how many single numbers there are.

    Raises:
        TraceError, TypeError, KeyError, AttributeError: if the rule cannot be recorded.
        NotElementwiseError: if there is no kernel for an operation.
    """
    recorder = Recorder()
    symbols = [recorder.argument() for _ in range(len(arrays) + numbers)]
    results = ids_of(recorder, rule(*symbols))
    graph = simplify(recorder, [symbol._id for symbol in symbols], results, finite=True)
    return Elementwise(graph, arrays, (1,), range(2, len(arrays)), watched=(1,))
