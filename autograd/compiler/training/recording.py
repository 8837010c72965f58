"""A function of samples as it was recorded: compared with another recording of it, and its numbers set free.

What a function captures is a constant of its program. Who records it again later, when others may have changed what it
captures, finds here what has changed: nothing; some numbers, which become leaves of the program that are read at each run;
or what the function does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...collector import collector_paused
from ...structure import ENTRY, flatten
from ...value import Value
from ..recording import Recorder, ids_of
from ..simplify import simplify
from ..stages import tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ...structure import Structure
    from ..graph import Graph

    Place = tuple[int, int]
    """Where a number stands: an entry of the recording, and which of its operands. Entry -1 has the results; the operand -1
    is an entry that is a leaf which the function made itself."""


class Recording:
    """A function of samples, called once on symbols.

    Args:
        function: of the numbers of one sample, in their structure; it returns numbers in a structure of its own.
        structure: of the function's arguments, a tuple.
        leaves: leaf Values that become the first arguments of the graph.

    Attributes:
        answer: the structure of what the function returned.

    Raises:
        TraceError, TypeError: if the function cannot be recorded.

    >>> from autograd.structure import flatten
    >>> factor = [2.0]
    >>> def record():
    ...     return Recording(lambda x: factor[0] * x + 1.0, flatten((0.0,))[1])
    >>> first = record()
    >>> first.difference(record())
    {}
    >>> factor[0] = 3.0
    >>> first.difference(record())
    {(1, 0): 3.0}
    >>> print(first.following(record()).graph)
    x0, p1
    v2 = p1 × x0
    v3 = v2 + 1
    return v3
    """

    def __init__(
        self,
        function: Callable[..., Any],
        structure: Structure,
        leaves: Sequence[Value] = (),
    ) -> None:
        self.leaves = list(leaves)
        self.structure = structure
        with collector_paused():
            self._recorder = recorder = Recorder()
            self._arguments = ids_of(recorder, self.leaves)
            symbols = [recorder.argument() for _ in range(structure.size)]
            with tracing(recorder):
                found = function(*structure.unflatten(symbols))
            numbers, self.answer = ([None], ENTRY) if found is None else flatten(found)
            self._results = ids_of(recorder, numbers)
            self._arguments += [symbol._id for symbol in symbols]
        self._live: dict[Place, Value] = {}

    @property
    def doubtful(self) -> bool:
        """Whether a derivative in it may have a nan that is wrong; see :mod:`autograd.compiler.masked`."""
        return self._recorder.doubtful

    @property
    def graph(self) -> Graph:
        """The simplified graph; the numbers that were set free are among its parameters."""
        with collector_paused():
            recorder, results = self._recorder, self._results
            if self._live:
                recorder, results = self._freed()
            return simplify(recorder, self._arguments, results)

    def difference(self, other: Recording, kept: Collection[int] = ()) -> dict[Place, float] | None:
        """The numbers that are others in another recording of the function.

        Args:
            other: the other recording.
            kept: the ids of Values that are somebody's. Any other leaf was made by the function, and is a number.

        Returns:
            The other's numbers by their places; None if it does something else.
        """
        mine, others = self._recorder, other._recorder
        if (
            mine.primitives != others.primitives
            or self._arguments != other._arguments
            or self.answer != other.answer
            or any(a is not b for a, b in zip(self.leaves, other.leaves, strict=True))
        ):
            return None
        found: dict[Place, float] = {}
        if not (
            mine.operands == others.operands
            and self._results == other._results
            and len(mine.constants) == len(others.constants)
            and all(map(_same, mine.constants, others.constants))
        ):
            rows = [*enumerate(zip(mine.operands, others.operands, strict=True))]
            for entry, (ids, theirs) in [*rows, (-1, (self._results, other._results))]:
                if len(ids) != len(theirs):
                    return None
                for operand, (a, b) in enumerate(zip(ids, theirs, strict=True)):
                    if a < 0 and b < 0:
                        if not _same(mine.constants[~a], others.constants[~b]):
                            found[entry, operand] = others.constants[~b]
                    elif a != b:
                        return None
        for entry, leaf in mine.parameters.items():
            again = others.parameters[entry]
            if again is not leaf:
                if id(leaf) in kept or id(again) in kept:
                    return None
                if not _same(leaf.data, again.data):
                    found[entry, -1] = again.data
        for place, live in self._live.items():  # what has moved before is compared with where it is
            number = other._number(place)
            if _same(number, live.data):
                found.pop(place, None)
            else:
                found[place] = number
        return found

    def following(self, other: Recording, kept: Collection[int] = ()) -> Recording | None:
        """What to go on with where the function now does what another recording says.

        Args:
            other, kept: as for :meth:`difference`.

        Returns:
            This recording, if its live numbers could be set so that it does the same; another one with more live numbers; or
            None, if the function does something else.
        """
        found = self.difference(other, kept)
        if found is None:
            return None
        groups: dict[Any, list[Place]] = {}
        for place in {**self._live, **found}:
            # Numbers that have moved together so far are one.
            before = self._live.get(place)
            now = other._number(place)
            key = (
                repr(self._number(place)) if before is None else id(before),
                repr(now),
            )
            groups.setdefault(key, []).append(place)
        if set(found) <= set(self._live) and len(groups) == len(set(self._live.values())):
            for place, number in found.items():
                self._live[place].data = number
            return self
        for places in groups.values():
            live = Value(other._number(places[0]))
            other._live.update(dict.fromkeys(places, live))
        return other

    def _number(self, place: Place) -> float:
        entry, operand = place
        recorder = self._recorder
        if operand == -1:
            return recorder.parameters[entry].data
        ids = self._results if entry == -1 else recorder.operands[entry]
        return recorder.constants[~ids[operand]]

    def _freed(self) -> tuple[Recorder, list[int]]:
        """The recording with leaves in the place of live numbers."""
        mine = self._recorder
        freed = Recorder(mine.exact)
        freed.constants = mine.constants
        freed.primitives = list(mine.primitives)
        freed.operands = list(mine.operands)
        freed.parameters = dict(mine.parameters)
        results = list(self._results)
        ids: dict[Value, int] = {}
        for (entry, operand), live in self._live.items():
            if operand == -1:
                freed.parameters[entry] = live
                continue
            if live not in ids:
                ids[live] = freed.append(None, ())
                freed.parameters[ids[live]] = live
            if entry == -1:
                results[operand] = ids[live]
            else:
                operands = list(freed.operands[entry])
                operands[operand] = ids[live]
                freed.operands[entry] = tuple(operands)
        return freed, results


def _same(a: float, b: float) -> bool:
    """Whether two numbers are one and the same, the sign of a zero included."""
    if a == b:
        return a != 0.0 or math.copysign(1.0, a) == math.copysign(1.0, b)
    return a != a and b != b
