"""From expressions to the statements of a function's body: what is used more than once gets a name.

Statements are the same in every language; printing them is another room's work (:mod:`.c`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from .expressions import Expression, named
from .number import TRUTHS

if TYPE_CHECKING:
    from collections.abc import Iterable


class Let(NamedTuple):
    """A name for a number, or for a truth."""

    name: str
    number: Expression


class Fill(NamedTuple):
    """An array: each entry ``i`` by an expression, for the first ``length`` (``n`` or ``half``)."""

    name: str
    length: str
    entry: Expression


class Sum(NamedTuple):
    """A name for the sum of ``length`` terms, as the builtin ``sum`` adds them to 0."""

    name: str
    length: str
    term: Expression


class Fold(NamedTuple):
    """A name for what an operation makes of a number and ``length`` terms, one after the other."""

    name: str
    length: str
    op: str
    start: Expression
    term: Expression


class Running(NamedTuple):
    """An array of ``n``: the number to start with, then each entry by an operation on the one before and the
    argument there; from the first to the last entry, or from the last to the first.
    """

    name: str
    op: str
    start: Expression
    upwards: bool


class Largest(NamedTuple):
    """A name for the greatest entry of an array of ``n``."""

    name: str
    array: str


Step = Let | Fill | Sum | Fold | Running | Largest


class Body(NamedTuple):
    """What a function does: its steps, and the number it ends with."""

    steps: tuple[Step, ...]
    result: Expression


class Writer:
    """Writes the steps for some expressions.

    Args:
        roots: the expressions to be written, all of them.
    """

    def __init__(self, roots: Iterable[Expression]) -> None:
        self.steps: list[Step] = []
        self._uses = _uses(roots)
        self._written: dict[Expression, Expression] = {}

    def number(self, e: Expression) -> Expression:
        """The expression with what the steps have named in place of its parts."""
        if e.op == "argument":
            raise TypeError(f"a rule of any number of arguments singles out the one at {e.value}")
        if not e.operands:
            return e
        if e not in self._written:
            written = self.operation(e)
            if self.is_shared(e) and written.operands:
                name = self.name("t")
                self.steps.append(Let(name, written))
                written = named(name, truth=written.op in TRUTHS)
            self._written[e] = written
        return self._written[e]

    def operation(self, e: Expression) -> Expression:
        """An operation on operands that are written already.

        Raises:
            TypeError: if it is one for rows of any number of arguments.
        """
        if e.op in {"sum", "largest"}:
            raise TypeError(f"{e.op} of the builtins is for rows of any number of arguments")
        return Expression.make(e.op, *map(self.number, e.operands))

    def is_shared(self, e: Expression) -> bool:
        """Whether an expression is used more than once."""
        return self._uses[e] > 1

    def name(self, letter: str) -> str:
        """A name that is not taken."""
        return f"{letter}{sum(step.name.startswith(letter) for step in self.steps)}"


def straight(e: Expression) -> Body:
    """The body of a function that computes one expression, without loops."""
    writer = Writer([e])
    result = writer.number(e)
    return Body(tuple(writer.steps), result)


def _uses(roots: Iterable[Expression]) -> Counter[Expression]:
    """How often each expression is an operand, or a root."""
    uses: Counter[Expression] = Counter()
    waiting = list(roots)
    while waiting:
        e = waiting.pop()
        uses[e] += 1
        if uses[e] == 1:
            waiting += e.operands
    return uses
