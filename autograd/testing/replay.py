"""Checker B: the recorded graph, replayed by operation name in exact arithmetic.

What is differentiated is the graph as it was recorded, constants and branches included: a leaf is moved by
a tiny step, and all that depends on it is computed again with mpmath from each row's forward rule. No partial
of the table takes part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph import topological_order
from .precise import precise
from .slopes import Slopes, slopes

if TYPE_CHECKING:
    from ..value import Value


class Replay:
    """A recorded graph that can be evaluated again at other leaves, to any precision.

    Args:
        root: the graph's last node.
    """

    def __init__(self, root: Value) -> None:
        self.order = topological_order(root)
        self._place = {node: i for i, node in enumerate(self.order)}
        self._root = self._place[root]
        self._bases: dict[int, list[Any]] = {}

    def base(self) -> list[Any]:
        """All nodes' numbers at the recorded point, at the precision of the moment."""
        here = precise()
        bits = here.context.prec
        if bits not in self._bases:
            numbers: list[Any] = []
            for node in self.order:
                numbers.append(
                    here.number(node.data)
                    if node.primitive is None
                    else self._compute(node, numbers, {})
                )
            self._bases[bits] = numbers
        return self._bases[bits]

    def _compute(self, node: Value, numbers: list[Any], moved: dict[int, Any]) -> Any:
        here = precise()
        operands = []
        for operand in node.operands:
            if isinstance(operand, float):
                operands.append(here.number(operand))
            else:
                place = self._place[operand]
                operands.append(moved[place] if place in moved else numbers[place])
        assert node.primitive is not None
        return here.number(here.rules[node.primitive].forward(*operands))

    def slopes(self, leaf: Value, tolerance: float) -> Slopes:
        """The root's one-sided derivatives with respect to a leaf.

        Args:
            leaf: the leaf.
            tolerance: an error in them that is small enough in any case.
        """
        start = self._place[leaf]
        dependents = [False] * len(self.order)
        dependents[start] = True
        affected = []
        for i, node in enumerate(self.order[start + 1 :], start + 1):
            if any(not isinstance(x, float) and dependents[self._place[x]] for x in node.operands):
                dependents[i] = True
                affected.append(i)

        def evaluate(x: Any | None) -> Any:
            numbers = self.base()
            if x is None:
                return numbers[self._root]
            moved = {start: x}
            for i in affected:
                moved[i] = self._compute(self.order[i], numbers, moved)
            return moved.get(self._root, numbers[self._root])

        return slopes(evaluate, leaf.data, tolerance)


def at_kink(node: Value) -> bool:
    """Whether a node's operands lie just where its derivative is a convention."""
    row = node.primitive
    if row is None or row.kinks is None:
        return False
    if not all(x - x == 0.0 for x in node.primals):  # the switching functions want finite numbers
        return False
    return any(switch == 0.0 for switch in row.kinks(*node.primals))
