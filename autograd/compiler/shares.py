"""What a row hands from the cotangent of its result to those of its operands, as entries of a recording.

The rules of the table say it. Applied to symbols, a rule costs a call of Python for each of its operations, and a program
has few rows and many operations; so what a rule records is noted down once for operands of one kind, and repeated after
that, entry by entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..sweeps import product
from ..table import ABSENT
from .ir.ops import ROWS
from .masked import parted
from .recording import Condition, Recorder, Symbol
from .simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph

Cotangent = tuple[int, "int | None"]
"""The ids of a number and of the condition under which it is there; None for always."""


class Note(NamedTuple):
    """What one operand gets, and the entries that are recorded for it.

    An id below is a place among what is given (the result, its operands, its cotangent and the condition of that), or
    counted on from these an entry.
    """

    operand: int
    """The id of the operand."""
    entries: list[tuple[Primitive | None, Any]]
    """The primitives with the ids of their operands; None with a constant."""
    number: int
    """The id of what it gets."""
    under: int | None
    """The id of the condition under which it gets it."""


class Shares:
    """What the operands of a recording's entries get, in one sweep.

    Args:
        recorder: the recording, which is added to.
        last: whether nothing will differentiate what is recorded, so that it may be simplified first.
    """

    def __init__(self, recorder: Recorder, last: bool) -> None:
        self._recorder = recorder
        self._last = last
        self._notes: dict[tuple[Any, ...], list[Note] | None] = {}

    def of(
        self, identity: int, varies: tuple[int, ...], arriving: Cotangent
    ) -> Iterable[tuple[int, Cotangent]]:
        """The operands that get something, with what they get.

        Args:
            identity: the id of the result.
            varies: of each operand, whether it is to get anything.
            arriving: the cotangent of the result.
        """
        recorder = self._recorder
        row, operands = recorder.primitives[identity], recorder.operands[identity]
        assert row is not None
        number, mask = arriving
        given = (identity, *operands, number, mask)
        if row not in _NOTED or len(operands) > LONGEST:
            return _applied(recorder, row, given, varies)
        # What a rule records depends on which of what it is given are constants, and which ones are the same.
        constants, kinds = recorder.constants, None
        if number in constants or not constants.keys().isdisjoint(operands):
            kinds = tuple([i if i in constants else None for i in given])
        same = None if len({*operands}) == len(operands) else tuple(map(operands.index, operands))
        key = (row, varies, mask is None, kinds, same)
        notes = self._notes.get(key)
        if notes is None:
            if key not in self._notes:  # most rows of a small program come once
                self._notes[key] = None
                return _applied(recorder, row, given, varies)
            notes = self._notes[key] = self._noted(row, given, varies)
        return self._repeated(notes, [*given])

    def _noted(
        self, row: Primitive, given: tuple[int | None, ...], varies: tuple[int, ...]
    ) -> list[Note]:
        """What a rule records, on a recording of its own that begins with what is given."""
        operands, constants = given[1:-2], self._recorder.constants
        scratch = Recorder(self._recorder.exact)
        for place, i in enumerate(given):
            if i not in constants or scratch.constant(constants[i]) != place:
                scratch.append(None, ())
        done = len(scratch.operands)
        symbols = [1 + operands.index(i) for i in operands]
        mask = None if given[-1] is None else done - 1
        found = [*_applied(scratch, row, (0, *symbols, done - 2, mask), varies)]
        self._recorder.doubtful |= scratch.doubtful
        results = [i for _, cotangent in found for i in cotangent if i is not None]
        recorded: Recorder | ScalarGraph = scratch
        if self._last:
            recorded = graph = simplify(scratch, range(done), results)
            results = [*graph.outputs]
        results.reverse()
        notes = []
        for operand, (_, condition) in found:
            number, under = results.pop(), None if condition is None else results.pop()
            end = max(done, number + 1, 0 if under is None else under + 1)
            entries: list[tuple[Primitive | None, Any]] = [
                (recorded.primitives[i], recorded.constants.get(i, recorded.operands[i]))
                for i in range(done, end)
            ]
            done = end
            notes.append(Note(operand, entries, number, under))
        return notes

    def _repeated(self, notes: list[Note], ids: list[Any]) -> Iterable[tuple[int, Cotangent]]:
        """The same for whatever has the given ids."""
        recorder = self._recorder
        primitives, operands, known = recorder.primitives, recorder.operands, ids.__getitem__
        for operand, entries, number, under in notes:
            for row, needed in entries:
                if row is None:
                    ids.append(recorder.constant(needed))
                    continue
                ids.append(len(operands))
                primitives.append(row)
                operands.append(tuple(map(known, needed)))
            yield ids[operand], (ids[number], None if under is None else ids[under])


LONGEST = 8
"""The most operands of what is noted down: of more, there are seldom others of their kind."""
_NOTED = frozenset(ROWS.values())
"""Rows whose rules record the same each time; a user's may do anything."""


def _applied(
    recorder: Recorder, row: Primitive, given: Sequence[Any], varies: Sequence[int]
) -> Iterable[tuple[int, Cotangent]]:
    """The shares by a row's rule, applied to symbols."""
    identity, *operands, number, mask = given
    out, primals = Symbol(recorder, identity), [recorder.symbol(i) for i in operands]
    partials: Any = row.traced
    if row.arity is None:
        partials = partials[0](out, *primals)
    for operand, partial, wanted in zip(operands, partials, varies, strict=True):
        if not wanted or partial is ABSENT:
            continue
        local = partial
        if row.arity is not None and callable(partial):
            local = partial(out, *primals)
        if local is not ABSENT:
            yield operand, share(recorder, (number, mask), local)


def share(recorder: Recorder, arriving: Cotangent, partial: Any) -> Cotangent:
    """What a cotangent or tangent becomes, and when it is there, given a partial that may be masked itself."""
    number, mask = arriving
    local, under = parted(partial)
    if under is not None:
        mask = (under if mask is None else Condition(recorder, mask) & under)._id
    return recorder.known(product(recorder.symbol(number), local)), mask
