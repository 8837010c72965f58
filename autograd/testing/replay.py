"""The recorded graph, replayed by operation name in arithmetic of a thousand bits and more.

What is differentiated is the graph as it was recorded, constants and branches included: a leaf is moved by
a tiny step, and all that depends on it is computed again with mpmath from each row's forward rule. No partial
of the table takes part.

A difference quotient at a step so small that truncation vanishes, in arithmetic so precise that rounding
does too, has 22 right digits. mpmath's own ``diff`` is not used: its steps are fixed, so that it answers garbage for
the logarithm at 1e-300, 0 for the square at 1e300 and, without a word, 0 for the absolute value at 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from autograd.graph import topological_order
from autograd.value import Value

from .exact import arithmetic
from .finite_differences import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.table import Primitive

STEPS = (-400, -500)
"""The two steps, as powers of two, relative to min(1, |x|)."""
TINY_STEPS = (-1500, -1600)
"""The steps at 0 for a function that is not smooth on the scale of the others."""
INNER_STEP, OUTER_STEPS = -320, (-160, -220)
"""The steps of a difference of differences. They are wider than those of a first difference, because both cost
digits; and the inner one, taken once, is the finest."""
FINER = 100
"""How much finer, as a power of two, the inner step is taken once more where a second derivative is tiny."""
FIRST_PRECISION, LAST_PRECISION = 1024, 8192
LATER_GROWTH = 1024
"""How much larger, as a power of two, a difference that rounding swallowed might have become before it
reached the answer: what separates the largest floats from 1."""


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
        here = arithmetic()
        bits = here.context.prec
        if bits not in self._bases:
            numbers: list[Any] = []
            for node in self.order:
                leaf = node.primitive is None
                numbers.append(here.number(node.data) if leaf else self._compute(node, numbers, {}))
            self._bases[bits] = numbers
        return self._bases[bits]

    def _compute(self, node: Value, numbers: list[Any], moved: dict[int, Any]) -> Any:
        here = arithmetic()
        operands = []
        for operand in node.operands:
            if isinstance(operand, Value):
                place = self._place[operand]
                operands.append(moved[place] if place in moved else numbers[place])
            else:
                operands.append(here.number(operand))
        row = cast("Primitive", node.primitive)  # leaves are not computed
        return here.number(here.rules[row].forward(*operands))

    def slopes(self, leaf: Value, tolerance: float) -> Estimate:
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

    def second_slopes(self, first: Value, second: Value, tolerance: float) -> Estimate:
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
                    zero = arithmetic().context.zero
                    return Estimate(zero, float(2 * abs(finer.right)), zero, zero)
                moved = max(abs(finer.left - found.left), abs(finer.right - found.right))
                remaining = float(arithmetic().context.ldexp(moved, 1 - FINER))
                return finer._replace(error=finer.error + remaining)
        return found

    def _second_slopes(self, first: Value, second: Value, tolerance: float, step: int) -> Estimate:
        """The same, the first derivative with the given step, as a power of two."""
        place, other = self._place[first], self._place[second]
        affected = sorted({*self._affected(place), *self._affected(other)})
        here = arithmetic()

        def inner() -> Any:
            return _step(here.number(first.data), step)

        def evaluate(y: Any | None) -> Any:
            moved = {} if y is None else {other: y}
            ahead = {**moved, place: moved.get(place, here.number(first.data)) + inner()}
            return (self._root_at(ahead, affected) - self._root_at(moved, affected)) / inner()

        def magnitude() -> Any:
            return self._magnitude(affected) / inner()

        return slopes(evaluate, second.data, tolerance, magnitude, OUTER_STEPS)

    def _affected(self, start: int) -> list[int]:
        """The nodes that depend on the one at a place, in order."""
        dependents = {start}
        for i, node in enumerate(self.order[start + 1 :], start + 1):
            if any(isinstance(x, Value) and self._place[x] in dependents for x in node.operands):
                dependents.add(i)
        return sorted(dependents - {start})

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


def slopes(
    evaluate: Callable[[Any | None], Any],
    x: float,
    tolerance: float,
    magnitude: Callable[[], Any],
    steps: tuple[int, int] = STEPS,
) -> Estimate:
    """The one-sided derivatives of a function at a float.

    Args:
        evaluate: the function in mpmath's arithmetic, at the precision of the moment; called with None
            it answers for x itself, which it may remember.
        x: where.
        tolerance: an error in the slopes that is small enough in any case.
        magnitude: the size of the largest number that evaluate rounds on its way, which its answer need
            not show: log(cos(x)) is 0 where x**2 is beyond the precision.
        steps: the two steps, as powers of two.
    """
    here = arithmetic()
    mp = here.context
    negligible = mp.ldexp(max(tolerance, 2.0**-1074), -60)
    left = right = mp.nan
    # A step and a precision, then the smaller step and the doubled precision: where two such slopes agree,
    # neither truncation nor rounding can be to blame for what they have in common.
    last = 2 * LAST_PRECISION if steps == TINY_STEPS else LAST_PRECISION
    bits = FIRST_PRECISION
    while bits < last:
        sides, resolutions = [], []
        for step, precision in zip(steps, (bits, 2 * bits), strict=True):
            with here.precision(precision):
                point = here.number(x)
                h = _step(point, step)
                middle = evaluate(None)
                sides.append(
                    ((middle - evaluate(point - h)) / h, (evaluate(point + h) - middle) / h)
                )
                resolutions.append(mp.ldexp(magnitude() / h, -precision))
        with here.precision(200):
            (coarse_left, coarse_right), (left, right) = sides
            on_left = _limit(mp, coarse_left, left, resolutions, negligible)
            on_right = _limit(mp, coarse_right, right, resolutions, negligible)
            if on_left is not None and on_right is not None:
                (left, off_left), (right, off_right) = on_left, on_right
                value = right if _agree(mp, left, right, negligible, 1e-20) else math.nan
                return Estimate(value, float(max(off_left, off_right)), left, right)
            if any(mp.isnan(s) or mp.isinf(s) for side in sides for s in side):
                break  # more digits would not help
        bits *= 2
    if x == 0.0 and steps == STEPS and not mp.isnan(right):
        # 0 does not tell on what scale the function moves there; it may be that of the smallest floats.
        return slopes(evaluate, x, tolerance, magnitude, TINY_STEPS)
    return Estimate(math.nan, math.inf, left, right)


def _step(point: Any, power: int) -> Any:
    size = abs(point)
    return arithmetic().context.ldexp(size if 0 < size < 1 else 1, power)


def _limit(
    mp: Any, coarse: Any, fine: Any, resolutions: Sequence[Any], negligible: Any
) -> tuple[Any, Any] | None:
    """What two difference quotients, the second at the finer step, tend to, and how far that may be off;
    None where they do not tell."""
    if fine == 0 and resolutions[1] > mp.ldexp(negligible, -LATER_GROWTH):
        return None  # perhaps the precision was too low
    # Two slopes that are negligible beside the tolerance agree, unless they grow as the step shrinks.
    grows = abs(fine) > 2 * abs(coarse)
    if _agree(mp, coarse, fine, mp.zero if grows else negligible):
        return fine, mp.zero
    if abs(fine) < mp.ldexp(abs(coarse), -20) and resolutions[0] <= mp.ldexp(abs(coarse), -20):
        return mp.zero, 2 * abs(fine)  # they vanish as the step does, like those of x**2 at 0
    return None


def _agree(mp: Any, a: Any, b: Any, negligible: Any, relative: float = 1e-22) -> bool:
    difference = abs(a - b)
    if not mp.isfinite(difference):
        return False
    return bool(difference <= relative * max(abs(a), abs(b)) or difference <= negligible)
