"""Each node's own value and partials, against exact ones at the node's exact operands.

There is no ambiguity at this level: a float either is or is not the number nearest to an exact one, give or
take a few ulp or what the rule's own arithmetic can lose. So a finding here names the guilty operation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.graph import topological_order
from autograd.table import ABSENT

from .exact import arithmetic
from .kinks import convention, switches
from .replay import slopes
from .rounded import UNIT, Tracked, lift
from .running_error import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.table import Primitive
    from autograd.value import Value

ULPS = 8.0 * UNIT  # four ulps
OVERFLOWED = 1e-9
"""How close, relatively, an ordinary number must be that something overflowed on the way to."""
WIDEST = 32
"""How many arguments of a node of many are looked at; they are spread evenly."""


class Finding(NamedTuple):
    """An operation that computed a wrong value or a wrong partial.

    >>> from autograd.primitives import tanh
    >>> from autograd.testing import check_row
    >>> (finding,) = check_row(tanh, (0.5,), wanted=[], out=0.45)
    >>> finding.what
    'tanh(0.5): value 0.45, exact 0.462117'
    """

    node: Value | None
    primitive: Primitive
    operands: tuple[float, ...]
    argument: int | None
    """Which partial is wrong; None if it is the value."""
    found: float
    exact: float
    """The exact number; at a kink, what the convention asks for."""
    tolerance: float

    @property
    def what(self) -> str:
        """The finding as half a line: ``tanh(0.5): local partial 0.42, exact 0.78``."""
        shown = ", ".join(f"{x:.6g}" for x in self.operands[:4])
        shown += ", ..." if len(self.operands) > 4 else ""
        which = "value"
        if self.argument is not None:
            which = "local partial" if len(self.operands) == 1 else f"partial {self.argument}"
        found, exact = f"{self.found:.6g}", f"{self.exact:.6g}"
        if found == exact:
            found, exact = repr(self.found), repr(self.exact)
        return f"{self.primitive.name}({shown}): {which} {found}, exact {exact}"


def check_graph(root: Value, per_row: int = 25) -> list[Finding]:
    """Findings in a recorded graph, in topological order.

    Args:
        root: the graph's last node.
        per_row: how many nodes of each row of the table are looked at, at most.
    """
    counts: dict[str, int] = {}
    seen = set()
    findings = []
    for node in topological_order(root):
        row = node.primitive
        wanted = tuple(i for i, x in enumerate(node.operands) if not isinstance(x, float))
        if row is None or counts.get(row.name, 0) >= per_row:
            continue
        if (row.name, node.primals, wanted) in seen:
            continue
        seen.add((row.name, node.primals, wanted))
        counts[row.name] = counts.get(row.name, 0) + 1
        findings += [
            finding._replace(node=node)
            for finding in check_row(row, node.primals, wanted, node.data)
        ]
    return findings


def check_row(
    row: Primitive,
    operands: tuple[float, ...],
    wanted: Iterable[int] | None = None,
    out: float | None = None,
) -> list[Finding]:
    """Findings in one row of the table at given operands.

    Args:
        row: the row.
        operands: floats; where one is not finite there is nothing to check against.
        wanted: the arguments whose partials are looked at; all by default.
        out: what the operation answered; by default, what it answers now.

    >>> from autograd.primitives import tanh
    >>> check_row(tanh, (0.5,))
    []
    """
    if not all(map(math.isfinite, operands)):
        return []
    out = float(row.forward(*operands) if out is None else out)
    tracked_operands = tuple(map(Tracked, operands))
    tracked = lift(RULES[row].forward(*tracked_operands))
    findings = []
    here = arithmetic()
    with here.precision(2048):
        value = here.number(here.rules[row].forward(*map(here.number, operands)))
        fault = _fault(out, value, tracked.error)
    signed_zero = any(x == 0.0 and math.copysign(1.0, x) < 0.0 for x in operands)
    if fault is not None and not signed_zero:  # mpmath has none, and atan2 jumps there
        findings.append(Finding(None, row, operands, None, out, *fault))
    places = list(range(len(operands)) if wanted is None else wanted)
    if len(places) > WIDEST:
        places = places[:: -(-len(places) // WIDEST)]
    if not math.isfinite(out):
        return findings
    found = _partials(row.partials, row, out, operands)
    bounds = _partials(RULES[row].partials, row, Tracked(out, tracked.error), tracked_operands)
    for place in places:
        partial, bound = found(place), bounds(place)
        if row.name == "where" or all(x is ABSENT for x in row.partials):
            continue  # which select, or do nothing
        # On a flat piece the partial is absent, which is to be right where the derivative is 0.
        partial, bound = [0.0 if x is ABSENT else x for x in (partial, bound)]
        fault = _partial_fault(row, operands, place, float(partial), lift(bound).error)
        if fault is not None:
            findings.append(Finding(None, row, operands, place, float(partial), *fault))
    return findings


def _partials(
    partials: tuple[Any, ...], row: Primitive, out: Any, operands: tuple[Any, ...]
) -> Any:
    """A function from an argument's place to its partial."""
    if row.arity is None:
        all_of_them = list(partials[0](out, *operands))
        return all_of_them.__getitem__
    return lambda i: partials[i](out, *operands) if callable(partials[i]) else partials[i]


def _partial_fault(
    row: Primitive, operands: tuple[float, ...], place: int, found: float, error: float
) -> tuple[float, float] | None:
    here = arithmetic()
    forward = here.rules[row].forward

    def evaluate(x: Any | None) -> Any:
        point = [here.number(y) for y in operands]
        if x is not None:
            point[place] = x
        return here.number(forward(*point))

    def magnitude() -> Any:
        return max(1, abs(evaluate(None)))  # the rule may meet 1 inside, like log(1 + exp(x))

    known = slopes(evaluate, operands[place], 0.0, magnitude)
    ties = switches(row, operands)
    if not known.settled:  # a pole, or the edge of the domain
        if ties and row.arity == 1:  # a jump: all conventions say 0 there
            return None if found == 0.0 else (0.0, 0.0)
        return None
    if ties > 1:  # an interval of one point in clip
        return None
    if known.smooth:
        return _fault(found, known.value, error + known.error)
    return _fault(found, convention(row, place, known.left, known.right), error) if ties else None


def _fault(found: float, right: Any, error: float) -> tuple[float, float] | None:
    """The right number as a float and the tolerance, if the found number is too far from it."""
    mp = arithmetic().context
    if mp.isnan(right) or mp.isinf(right) or abs(right) > 1e300 or 0 < abs(right) < 1e-290:
        return None  # what over- or underflows is a matter of conventions
    nearest = float(right)
    if not math.isfinite(found):  # the exact number is an ordinary one: the rule overflowed inside
        return nearest, ULPS * abs(nearest)
    if not math.isfinite(error):  # something overflowed on the way to an ordinary number
        error = OVERFLOWED * abs(nearest)
    tolerance = max(ULPS * abs(nearest), 1.01 * error)
    return None if abs(found - right) <= tolerance else (nearest, tolerance)
