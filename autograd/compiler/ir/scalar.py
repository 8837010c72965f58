"""The scalar graph that the first passes hand to each other, and its printed form."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from autograd.drawing.model import Graph, Options

    from ...primitives import Primitive
    from ...value import Value

CONST, PARAM, INPUT, COMPUTED = range(4)
"""What an id can be: its role. Parameters are what is captured or differentiated by."""
BATCHED = 4
"""What is added to the role of an id whose number differs from lane to lane."""


class ScalarGraph(NamedTuple):
    """A straight-line program of scalar operations.

    Its columns say of every id what it is. Ids below ``len(leaves)`` are leaves: first the arguments, then the captured
    parameters. Further ids are constants and operations, each after its operands. A constant has one id, however often
    it is used; -0.0 is another one than 0.0.

    >>> from autograd import log
    >>> from autograd.compiler.stages import simplified
    >>> print(simplified(lambda x, y: log(x * y) + 2 * (x * y), 1.0, 1.0))
    x0, x1
    v2 = x0 × x1
    v3 = log v2
    v5 = 2 × v2
    v6 = v3 + v5
    return v6
    """

    arguments: int
    """How many leaves are arguments."""
    parameters: tuple[Value, ...]
    """The captured leaves, whose data is read at every call."""
    primitives: list[Primitive | None]
    """The primitive of every id; None for leaves and constants."""
    operands: list[tuple[int, ...]]
    """The operands of every id."""
    roles: bytearray
    """The role of every id."""
    constants: dict[int, float]
    """The numbers of those that are constants."""
    outputs: tuple[int, ...]
    """The ids of the results."""

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return self.arguments + len(self.parameters)

    @property
    def operations(self) -> int:
        """How many operations there are."""
        return len(self.operands) - self.leaves - len(self.constants)

    def is_computed(self, identity: int) -> bool:
        """Whether an id is an operation's."""
        return self.primitives[identity] is not None

    def assigned(self, wanted: Collection[int] = (), batched: Collection[int] = ()) -> ScalarGraph:
        """The same graph with other roles.

        Args:
            wanted: the leaves that are differentiated by; they are parameters.
            batched: the leaves that differ from lane to lane; they are inputs, and so is what is computed from them.
        """
        start = self.leaves
        roles = bytearray([INPUT]) * self.arguments + bytearray([PARAM]) * len(self.parameters)
        for i in wanted:
            roles[i] = PARAM
        for i in batched:
            roles[i] = INPUT | BATCHED
        if not batched and max(self.roles[start:], default=0) < BATCHED:
            return self._replace(roles=roles + self.roles[start:])
        for row, ids in zip(self.primitives[start:], self.operands[start:], strict=True):
            role = CONST if row is None else COMPUTED
            for i in ids:
                if roles[i] >= BATCHED:
                    role = COMPUTED | BATCHED
                    break
            roles.append(role)
        return self._replace(roles=roles)

    def _drawing(self, options: Options) -> Graph:
        """The operations, for ``autograd.draw``."""
        from ..diagram import scalar_diagram

        return scalar_diagram(self, options)

    def __str__(self) -> str:
        return "\n".join(self.lines(limit=200))

    def lines(self, limit: int) -> list[str]:
        """The program as text, a line an operation."""
        lines = [", ".join(self.name(i) for i in range(min(self.leaves, 20)))]
        if self.leaves > 20:
            lines[0] += f", ... {self.leaves - 20} more"
        for i in range(self.leaves, len(self.operands)):
            row = self.primitives[i]
            if row is None:
                continue
            if len(lines) > limit:
                lines.append(f"... {self.operations - limit} more")
                break
            lines.append(f"{self.name(i)} = {formula(row, self.operands[i], self.name)}")
        returned = ", ".join(map(self.name, self.outputs[:20]))
        lines.append(f"return {returned}{', ...' if len(self.outputs) > 20 else ''}")
        return lines

    def name(self, identity: int) -> str:
        """What an id is called in print."""
        if identity in self.constants:
            return f"{self.constants[identity]:g}"
        if identity < self.arguments:
            return f"x{identity}"
        return f"{'p' if identity < self.leaves else 'v'}{identity}"


def formula(row: Primitive, operands: Sequence[int], name: Callable[[int], str]) -> str:
    """An operation as text.

    Args:
        row: the primitive.
        operands: the ids that it is applied to.
        name: what an id is called.
    """
    names = [name(x) for x in operands[:12]]
    if len(operands) > 12:
        names.append(f"... {len(operands) - 12} more")
    if len(names) == 2 and row.arity == 2 and not row.symbol.isidentifier():
        return f"{names[0]} {row.symbol} {names[1]}"
    return f"{row.symbol} {', '.join(names)}"


def key_of(number: float) -> float | bytes:
    """What a constant is known by: equal for two numbers of the same bits, and for no others.

    >>> key_of(0.5), key_of(0.0) == key_of(-0.0)
    (0.5, False)
    """
    return number if number and number == number else pack("d", number)
