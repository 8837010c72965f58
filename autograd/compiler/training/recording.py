"""A function of samples as it was recorded: compared with another recording of it, and its numbers set free.

What a function captures is a constant of its program. Who records it again later, when others may have changed what it
captures, finds here what has changed: nothing; some numbers, which become leaves of the program that are read at each run;
or what the function does.
"""

from __future__ import annotations

import math
from functools import cached_property
from operator import is_
from typing import TYPE_CHECKING, Any

from ...collector import collector_paused
from ...structure import ENTRY, flatten
from ...value import Value
from .. import stages
from ..recording import Recorder, ids_of
from ..simplify import simplify
from ..stages import tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ...structure import Structure
    from ..ir.scalar import ScalarGraph


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
    {0: 3.0}
    >>> print(first.following(record()).graph)
    x0, p1
    v2 = p1 × x0
    v4 = v2 + 1
    return v4
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
        self._live: dict[int, Value] = {}

    @property
    def found(self) -> stages.Recording:
        """What the passes of the compiler begin with; the numbers that were set free are parameters of it."""
        recorder, results = (self._recorder, self._results) if not self._live else self._freed()
        return stages.Recording(recorder, self._arguments, results, self.answer)

    @property
    def graph(self) -> ScalarGraph:
        """The simplified graph."""
        return simplify(*self.found[:3])

    @cached_property
    def _text(self) -> _Text:
        return _Text(self._recorder, self._arguments, self._results)

    def difference(self, other: Recording, kept: Collection[int] = ()) -> dict[int, float] | None:
        """The numbers that are others in another recording of the function.

        Args:
            other: the other recording.
            kept: the ids of Values that are somebody's. Any other leaf was made by the function, and is a number.

        Returns:
            The other's numbers by their places; None if it does something else.
        """
        if self.answer != other.answer or not all(map(is_, self.leaves, other.leaves)):
            return None
        if not self._live and self._is_letter_by_letter(other):
            return {}
        mine, others = self._text, other._text
        if mine.primitives != others.primitives or mine.operands != others.operands:
            return None
        found = {
            place: b
            for place, (a, b) in enumerate(zip(mine.numbers, others.numbers, strict=True))
            if not _same(a, b)
        }
        for place, (leaf, again) in enumerate(zip(mine.captured, others.captured, strict=True)):
            if again is not leaf:
                if id(leaf) in kept or id(again) in kept:
                    return None
                if not _same(leaf.data, again.data):
                    found[~place] = again.data
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
        groups: dict[Any, list[int]] = {}
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

    def _is_letter_by_letter(self, other: Recording) -> bool:
        """Whether another recording has the same entries; it may mean the same without that."""
        a, b = self._recorder, other._recorder
        return (
            a.operands == b.operands
            and a.primitives == b.primitives
            and self._results == other._results
            and a.constants.keys() == b.constants.keys()
            and all(map(_same, a.constants.values(), b.constants.values()))
            and all(map(is_, a.parameters.values(), b.parameters.values()))
        )

    def _number(self, place: int) -> float:
        text = self._text
        return text.numbers[place] if place >= 0 else text.captured[~place].data

    def _freed(self) -> tuple[Recorder, list[int]]:
        """The recording with leaves in the place of live numbers."""
        mine = self._recorder
        freed = Recorder(mine.exact)
        freed.doubtful, freed.constants = mine.doubtful, mine.constants
        freed.primitives, freed.parameters = list(mine.primitives), dict(mine.parameters)
        operands = [list(ids) for ids in mine.operands]
        results = list(self._results)
        ids: dict[Value, int] = {}
        for place, live in self._live.items():
            if place < 0:
                freed.parameters[self._text.captured_ids[~place]] = live
                continue
            if live not in ids:
                ids[live] = len(operands)
                operands.append([])
                freed.primitives.append(None)
                freed.parameters[ids[live]] = live
            entry, operand = self._text.places[place]
            (results if entry < 0 else operands[entry])[operand] = ids[live]
        freed.operands = [tuple(row) for row in operands]
        return freed, results


class _Text:
    """A recording as it would be written, without regard to which of its numbers are equal.

    Attributes:
        primitives: those of all entries but constants; None for leaves.
        operands: the entries that they have for operands, by number among these; -1 for a constant. Then the arguments, and the
            results.
        numbers: the constants, as they come.
        places: where each of them comes: an entry of the recording, -1 for the results, and which of its operands.
        captured: the leaves that are no arguments, and their entries.
    """

    def __init__(
        self, recorder: Recorder, arguments: Sequence[int], results: Sequence[int]
    ) -> None:
        constants = recorder.constants
        entries = [i for i in range(len(recorder.operands)) if i not in constants]
        ranks = dict.fromkeys(constants, -1)
        ranks.update({entry: rank for rank, entry in enumerate(entries)})
        self.primitives = [recorder.primitives[i] for i in entries]
        self.operands: list[tuple[int, ...]] = []
        self.places: list[tuple[int, int]] = []
        for entry, ids in [*((i, recorder.operands[i]) for i in entries), (-1, results)]:
            row = tuple([ranks[i] for i in ids])
            self.operands.append(row)
            if -1 in row:
                self.places += [(entry, place) for place, rank in enumerate(row) if rank < 0]
        self.operands.append(tuple([ranks[i] for i in arguments]))
        self.numbers = [
            constants[(results if entry < 0 else recorder.operands[entry])[place]]
            for entry, place in self.places
        ]
        known = set(arguments)
        self.captured_ids = [i for i in recorder.parameters if i not in known]
        self.captured = [recorder.parameters[i] for i in self.captured_ids]


def _same(a: float, b: float) -> bool:
    """Whether two numbers are one and the same, the sign of a zero included."""
    if a == b:
        return a != 0.0 or math.copysign(1.0, a) == math.copysign(1.0, b)
    return a != a and b != b
