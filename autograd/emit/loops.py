"""Rows of any number of arguments: read at two lengths, and what repeats becomes a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expressions import Expression, named
from .steps import Body, Fill, Fold, Largest, Running, Sum, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTHS = (6, 9)
"""One even and one odd: what is done with a half of the arguments must be told from both."""

_POSITIONS: dict[str, Callable[[int, int], int]] = {
    "i": lambda i, n: i,
    "i + half": lambda i, n: i + n // 2,
    "i + half < n ? i + half : i + half - n": lambda i, n: (i + n // 2) % n,
}
"""Which argument entry i of a list may be: the text, for i from 0 on and half = n // 2, and what it means."""


def looped(read: Callable[[int], Expression | Sequence[Expression]]) -> Body:
    """The body of a function of any number of arguments.

    Args:
        read: what the rule gives for that many arguments: an expression, or one for each argument.

    Returns:
        The steps, and the result: that expression, or the one for argument ``i``.

    Raises:
        TypeError: if the rule does something else than what repeats in one of the ways of this module.
    """
    bodies = []
    for length in LENGTHS:
        found = read(length)
        if isinstance(found, Expression):
            writer = _Loops(length, [found])
            result = writer.number(found)
        else:
            writer = _Loops(length, found)
            result = writer.entry(list(found))
        bodies.append(Body(tuple(writer.steps), result))
    first, second = bodies
    if repr(first) != repr(second):
        raise TypeError(
            f"what a rule does with {LENGTHS[0]} arguments is not what it does with {LENGTHS[1]}: "
            f"{first} and {second}"
        )
    return first


class _Loops(Writer):
    """The steps for one number of arguments."""

    def __init__(self, count: int, roots: Sequence[Expression]) -> None:
        super().__init__(roots)
        self._count = count
        self._lengths = {count: "n", count // 2: "half"}
        self._arrays: dict[tuple[int, ...], Expression] = {}

    def operation(self, e: Expression) -> Expression:
        """An operation, or the loop for one that takes in all arguments."""
        if e.op == "largest":
            array = self._array(list(e.operands))
            name = self.name("s")
            self.steps.append(Largest(name, array))
            return named(name)
        if e.op in {"add", "mul"}:
            start, terms = _chain(e)
            if start.op == "sum":
                return self._sum([start.operands[0], *terms])
            length = self._lengths.get(len(terms))
            if start.op == "constant" and length is not None:
                term = self.entry(terms)
                name = self.name("s")
                self.steps.append(Fold(name, length, e.op, start, term))
                return named(name)
        return super().operation(e)

    def entry(self, entries: list[Expression]) -> Expression:
        """One expression, with ``i`` in it, for a list of them."""
        first = entries[0]
        if all(e is first for e in entries):
            return self.number(first)
        key = tuple(map(id, entries))
        if key in self._arrays:
            return self._arrays[key]
        if all(e.op == "argument" for e in entries):
            return named(f"v[{self._position([e.value for e in entries])}]")
        array = self._running(entries)
        if array is None:
            if len({(e.op, len(e.operands)) for e in entries}) > 1 or not first.operands:
                raise TypeError(f"the entries of a list differ in more than their place: {entries}")
            columns = zip(*(e.operands for e in entries), strict=True)
            entry = Expression.make(first.op, *[self.entry(list(column)) for column in columns])
            if not self.is_shared(first):
                return entry
            array = self._filled(entry, len(entries))
        self._arrays[key] = named(f"{array}[i]")
        return self._arrays[key]

    def _sum(self, terms: list[Expression]) -> Expression:
        length = self._lengths.get(len(terms))
        if length is None:
            raise TypeError(f"a sum of {len(terms)} terms where {self._count} arguments are")
        term = self.entry(terms)
        name = self.name("s")
        self.steps.append(Sum(name, length, term))
        return named(name)

    def _position(self, positions: list[int]) -> str:
        for text, position in _POSITIONS.items():
            if positions == [position(i, self._count) for i in range(len(positions))]:
                return text
        raise TypeError(f"the arguments at {positions} of {self._count} follow no known rule")

    def _array(self, entries: list[Expression]) -> str:
        """The name of an array of as many entries as there are arguments."""
        if len(entries) != self._count:
            raise TypeError(f"the largest of {len(entries)} where {self._count} arguments are")
        entry = self.entry(entries)
        if entry.op == "name" and entry.value.endswith("[i]"):
            return str(entry.value.removesuffix("[i]"))
        return self._filled(entry, len(entries))

    def _filled(self, entry: Expression, length: int) -> str:
        name = self.name("w")
        self.steps.append(Fill(name, self._lengths[length], entry))
        return name

    def _running(self, entries: list[Expression]) -> str | None:
        """The array of running sums or products that a list is, from its one end or the other."""
        upwards = entries[0].op == "constant"
        order = entries if upwards else entries[::-1]
        start, op = order[0], order[1].op
        places = range(self._count - 1) if upwards else range(self._count - 1, 0, -1)
        if start.op != "constant" or op not in {"add", "mul"} or len(order) != self._count:
            return None
        for before, now, place in zip(order[:-1], order[1:], places, strict=True):
            if now.op != op or now.operands[0] is not before:
                return None
            if now.operands[1].op != "argument" or now.operands[1].value != place:
                return None
        name = self.name("w")
        self.steps.append(Running(name, op, start, upwards))
        return name


def _chain(e: Expression) -> tuple[Expression, list[Expression]]:
    """What an operation on an operation on ... began with, and what was then added to it, in order."""
    op, terms = e.op, []
    while e.op == op:
        e, term = e.operands
        terms.append(term)
    return e, terms[::-1]
