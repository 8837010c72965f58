"""Checker B: the recorded graph, replayed by operation name in exact arithmetic.

What is differentiated is the graph as it was recorded, constants and branches included: a leaf is moved by
a tiny step, and all that depends on it is computed again with mpmath from each row's forward rule. No partial
of the table takes part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from autograd.graph import topological_order

from .precise import precise
from .slopes import Slopes, slopes

if TYPE_CHECKING:
    from autograd.table import Primitive
    from autograd.value import Value

INNER_STEP, OUTER_STEPS = -320, (-160, -220)
"""The steps of a difference of differences, as powers of two. They are wider than those of a first difference,
because both cost digits; and the inner one, taken once, is the finest."""
FINER = 100
"""How much finer, as a power of two, the inner step is taken once more where a second derivative is tiny."""


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
                leaf = node.primitive is None
                numbers.append(here.number(node.data) if leaf else self._compute(node, numbers, {}))
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
        row = cast("Primitive", node.primitive)  # leaves are not computed
        return here.number(here.rules[row].forward(*operands))

    def slopes(self, leaf: Value, tolerance: float) -> Slopes:
        """The root's one-sided derivatives with respect to a leaf.

        Args:
            leaf: the leaf.
            tolerance: an error in them that is small enough in any case.
        """
        place = self._place[leaf]
        affected = self._affected(place)

        def evaluate(x: Any | None) -> Any:
            return self._root_at({} if x is None else {place: x}, affected)

        return slopes(evaluate, leaf.data, tolerance, lambda: self._magnitude(affected))

    def second_slopes(self, first: Value, second: Value, tolerance: float) -> Slopes:
        """The one-sided derivatives with respect to one leaf of the derivative with respect to another.

        Args:
            first: the leaf to differentiate by first; from the right, so there must be no kink.
            second: the leaf to differentiate by then.
            tolerance: an error in them that is small enough in any case.
        """
        found = self._second_slopes(first, second, tolerance, INNER_STEP)
        if found.settled and abs(found.right) < 2.0 ** (INNER_STEP // 2):
            # So small a slope may be what the first derivative's own step, which is taken once, leaves of it: that
            # shrinks with the step, so that what the finer step leaves is known from the difference.
            finer = self._second_slopes(first, second, tolerance, INNER_STEP - FINER)
            if finer.settled:
                if abs(finer.right) < 2.0**-20 * abs(found.right):
                    zero = precise().context.zero
                    return Slopes(zero, zero, True, True, float(2 * abs(finer.right)))
                moved = max(abs(finer.left - found.left), abs(finer.right - found.right))
                remaining = float(precise().context.ldexp(moved, 1 - FINER))
                return finer._replace(error=finer.error + remaining)
        return found

    def _second_slopes(self, first: Value, second: Value, tolerance: float, inner: int) -> Slopes:
        """The same, the first derivative with the given step, as a power of two."""
        place, other = self._place[first], self._place[second]
        affected = sorted({*self._affected(place), *self._affected(other)})
        here = precise()

        size = abs(first.data)

        def inner_step() -> Any:
            return here.context.ldexp(size if 0.0 < size < 1.0 else 1, inner)

        def evaluate(y: Any | None) -> Any:
            moved = {} if y is None else {other: y}
            x = moved.get(place, here.number(first.data))
            ahead = self._root_at({**moved, place: x + inner_step()}, affected)
            return (ahead - self._root_at(moved, affected)) / inner_step()

        def magnitude() -> Any:
            return self._magnitude(affected) / inner_step()

        return slopes(evaluate, second.data, tolerance, magnitude, OUTER_STEPS)

    def _affected(self, start: int) -> list[int]:
        """The nodes that depend on the one at a place, in order."""
        dependents = [False] * len(self.order)
        dependents[start] = True
        affected = []
        for i, node in enumerate(self.order[start + 1 :], start + 1):
            if any(not isinstance(x, float) and dependents[self._place[x]] for x in node.operands):
                dependents[i] = True
                affected.append(i)
        return affected

    def _magnitude(self, affected: list[int]) -> Any:
        """The largest of some nodes' numbers; at least the 1 that a rule like log(1 + exp(x)) meets inside."""
        numbers = self.base()
        return max([1, *(abs(numbers[i]) for i in affected)])

    def _root_at(self, leaves: dict[int, Any], affected: list[int]) -> Any:
        """The root's number when some leaves have others, on which only the affected nodes depend."""
        numbers = self.base()
        if not leaves:
            return numbers[self._root]
        moved = dict(leaves)
        for i in affected:
            moved[i] = self._compute(self.order[i], numbers, moved)
        return moved.get(self._root, numbers[self._root])
