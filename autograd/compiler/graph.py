"""The scalar graph that the first stages hand to each other, its printed form and its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..primitives import Primitive
    from ..value import Value


class Graph(NamedTuple):
    """A straight-line program of scalar operations.

    Ids below ``len(leaves)`` are leaves: first the arguments, then the captured parameters. Further ids are
    operations in topological order, and an id < 0 is the constant ``constants[~id]``.

    >>> from autograd import log
    >>> from autograd.compiler.stages import simplified
    >>> print(simplified(lambda x, y: log(x * y) + 2 * (x * y), 1.0, 1.0))
    x0, x1
    v2 = x0 × x1
    v3 = log v2
    v4 = 2 × v2
    v5 = v3 + v4
    return v5
    """

    arguments: int
    """How many leaves are arguments."""
    parameters: tuple[Value, ...]
    """The captured leaves, whose data is read at every call."""
    primitives: list[Primitive | None]
    """The primitive of every id; None for leaves."""
    operands: list[tuple[int, ...]]
    """The operands of every id."""
    constants: list[float]
    outputs: tuple[int, ...]
    """The ids of the results."""

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return self.arguments + len(self.parameters)

    def __str__(self) -> str:
        return "\n".join(self.lines(limit=200))

    def lines(self, limit: int) -> list[str]:
        """The program as text, a line an operation."""
        lines = [", ".join(self.name(i) for i in range(min(self.leaves, 20)))]
        if self.leaves > 20:
            lines[0] += f", ... {self.leaves - 20} more"
        shown = range(self.leaves, min(len(self.operands), self.leaves + limit))
        for i in shown:
            row = self.primitives[i]
            assert row is not None
            names = [self.name(x) for x in self.operands[i][:12]]
            if len(self.operands[i]) > 12:
                names.append(f"... {len(self.operands[i]) - 12} more")
            if len(names) == 2 and row.arity == 2 and not row.symbol.isidentifier():
                text = f"{names[0]} {row.symbol} {names[1]}"
            else:
                text = f"{row.symbol} {', '.join(names)}"
            lines.append(f"{self.name(i)} = {text}")
        if shown.stop < len(self.operands):
            lines.append(f"... {len(self.operands) - shown.stop} more")
        returned = ", ".join(map(self.name, self.outputs[:20]))
        lines.append(f"return {returned}{', ...' if len(self.outputs) > 20 else ''}")
        return lines

    def name(self, identity: int) -> str:
        """What an id is called in print."""
        if identity < 0:
            return f"{self.constants[~identity]:g}"
        if identity < self.arguments:
            return f"x{identity}"
        return f"{'p' if identity < self.leaves else 'v'}{identity}"


def evaluate(graph: Graph, arguments: Sequence[float]) -> list[float]:
    """What a graph means: the results for given arguments, one operation after the other."""
    numbers = [*arguments, *(parameter.data for parameter in graph.parameters)]
    constants = graph.constants
    for row, operands in zip(
        graph.primitives[graph.leaves :], graph.operands[graph.leaves :], strict=True
    ):
        assert row is not None
        numbers.append(row.forward(*[numbers[i] if i >= 0 else constants[~i] for i in operands]))
    return [numbers[i] if i >= 0 else constants[~i] for i in graph.outputs]
