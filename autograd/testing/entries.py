"""One entry for each derivative: what either method finds of it, and the verdict."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order
from autograd.structure import flatten
from autograd.transforms import gradient as gradient_of
from autograd.value import Value

from .dual_numbers import tangent
from .finite_differences import Estimate, derivative
from .function_under_test import derivative_name
from .kinks import conventions
from .replay import Replay
from .report import Entry, Verdict
from .rounded import TINY
from .running_error import Bound, backward, value_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .function_under_test import Recording, Subject

ULPS = 2.0**-49
"""What a gradient that somebody else computed may be off by: 16 ulps."""
DECISIVE = 1e-3
"""A check whose tolerance exceeds this part of the gradient decides nothing."""
ZERO = Estimate(0.0, 0.0, 0.0, 0.0)
"""The slopes of what does not depend on a leaf."""


def decide(
    found: float, known: Estimate, bound: Bound, kinks: int = 0, value: float = 0.0
) -> tuple[Verdict, str]:
    """The verdict on a derivative, and why if that is not plain.

    Args:
        found: the derivative under test.
        known: what it is compared with.
        bound: what rounding may have done to the derivative.
        kinks: how many conventions have a part in it; see :func:`~.kinks.conventions`.
        value: what is differentiated, as computed.
    """
    ordinary = known.settled and known.smooth and math.isfinite(_float(known.value))
    if ordinary and math.isfinite(value) and not math.isfinite(found):  # whatever the bound
        return Verdict.FAIL, "not finite, but the derivative is"
    if not math.isfinite(bound.error):
        return Verdict.INCONCLUSIVE, "overflow, underflow, or a branch that rounding decides"
    if not known.settled:
        return Verdict.INCONCLUSIVE, "a pole, the domain's edge, or an unknown kink or rounding"
    if not math.isfinite(found):
        return Verdict.FAIL, "not finite"
    tolerance = bound.error + known.error + TINY
    if known.smooth:
        off, size = abs(found - known.value), abs(known.value)
        if off <= tolerance:
            vague = tolerance > DECISIVE * size and tolerance > 1e-9 * bound.scale
            if vague and not off == size == 0:
                return Verdict.INCONCLUSIVE, "rounding drowns the gradient"
            return Verdict.PASS, ""
        if kinks:
            return Verdict.INCONCLUSIVE, "conventions at kinks do not add up to a derivative"
        return Verdict.FAIL, ""
    low, high = min(known.left, known.right), max(known.left, known.right)
    if low - found <= tolerance and found - high <= tolerance:
        return Verdict.PASS, "kink"
    if kinks > 1:
        return Verdict.INCONCLUSIVE, "conventions at kinks do not add up to a subgradient"
    return Verdict.FAIL, "kink; not between the one-sided slopes"


def _entries(
    output: str,
    inputs: Iterable[tuple[str, float]],
    found: Iterable[float],
    bounds: Iterable[Bound],
    estimates: Iterable[Estimate],
    kinks: int,
    value: float,
) -> list[Entry]:
    """An output's entries, one for each input."""
    entries = []
    for (x, point), g, bound, known in zip(inputs, found, bounds, estimates, strict=True):
        verdict, note = decide(g, known, bound, kinks, value)
        entries.append(
            Entry(
                *(derivative_name(output, x), point, g, _float(known.value), known.error),
                *(_float(known.left), _float(known.right), bound.error + known.error),
                verdict,
                "unused" if known is ZERO else note,
            )
        )
    return entries


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def backward_of(output: Value, leaves: Sequence[Value]) -> list[float]:
    """What ``output.backward()`` adds to the leaves' ``grad``, which is put back as it was."""
    reached = [node for node in topological_order(output) if node.primitive is None]
    before = [(leaf, leaf.grad) for leaf in (*reached, *leaves)]
    try:
        for leaf, _ in before:
            leaf.grad = 0.0
        output.backward()
        return [leaf.grad for leaf in leaves]
    finally:
        for leaf, grad in reversed(before):
            leaf.grad = grad


def _bounds(output: Value, leaves: Sequence[Value], theirs: bool) -> list[Bound]:
    """What rounding may have done to an output's derivatives: ours, or those that somebody else computed."""
    found = backward(output)
    bounds = [found.get(leaf, Bound(0.0, 0.0)) for leaf in leaves]
    if theirs:
        return [Bound(4.0 * error + ULPS * scale, scale) for error, scale in bounds]
    return bounds


# --- by replay -------------------------------------------------------------------------------


def replay_entries(
    output: Value,
    leaves: Sequence[Value],
    name: str,
    names: Sequence[str],
    theirs: list[float] | None = None,
) -> list[Entry]:
    """What a replay finds of an output's derivatives.

    Args:
        output: the graph's last node.
        leaves: what to differentiate by.
        name: the output's name.
        names: the leaves' names.
        theirs: the derivatives under test; None for those of ``backward()``.
    """
    found = backward_of(output, leaves) if theirs is None else theirs
    replay = Replay(output)
    reached = set(replay.order)
    bounds = _bounds(output, leaves, theirs is not None)
    slopes = (
        replay.slopes(leaf, bound.error) if leaf in reached else ZERO
        for leaf, bound in zip(leaves, bounds, strict=True)
    )
    inputs = zip(names, (leaf.data for leaf in leaves), strict=True)
    return _entries(name, inputs, found, bounds, slopes, conventions(replay.order), output.data)


def second_entries(
    output: Value, leaves: Sequence[Value], name: str, names: Sequence[str]
) -> list[Entry]:
    """What a replay finds of an output's second derivatives; the arguments are :func:`replay_entries`'."""
    replay = Replay(output)
    kinks = conventions(replay.order)
    reached = set(replay.order)
    known: dict[frozenset[Value], Estimate] = {}  # for the exact ones are symmetric

    def slopes(first: Value, second: Value, bound: Bound) -> Estimate:
        pair = frozenset((first, second))
        if pair not in known:
            both = reached.issuperset(pair)
            known[pair] = replay.second_slopes(first, second, bound.error) if both else ZERO
        return known[pair]

    entries = []
    rows = gradient_of(output, list(leaves), create_graph=True)
    for first, row, x in zip(leaves, rows, names, strict=True):
        bounds = _bounds(row, leaves, theirs=False)
        estimates = (slopes(first, y, bound) for y, bound in zip(leaves, bounds, strict=True))
        inputs = zip(names, (leaf.data for leaf in leaves), strict=True)
        found, title = backward_of(row, leaves), derivative_name(name, x)
        entries += _entries(title, inputs, found, bounds, estimates, kinks, row.data)
    for entry in entries:
        if kinks and entry.verdict is not Verdict.PASS:
            entry.verdict, entry.note = Verdict.INCONCLUSIVE, "a kink"
    return entries


# --- by differences --------------------------------------------------------------------------


def ladder_entries(
    subject: Subject, gradient: Callable[..., Any] | None, recorded: Recording | None
) -> list[Entry]:
    """What differences of floats find of a function's derivatives.

    Args:
        subject: the function and where to look at it.
        gradient: a function that answers with the derivatives under test; None for those of ``backward()``.
        recorded: what ``subject.record()`` returned; None if the function is not one of Values.
    """
    if recorded is None:
        outputs, structure = flatten(subject.function(*subject.arguments(subject.point)))
        names = [subject.name + structure.path(j) for j in range(len(outputs))]
    else:
        outputs, names = recorded.outputs, recorded.names
    theirs = subject.rows(gradient, len(outputs)) if gradient is not None else None

    told_by_graph = cache(lambda: recorded is not None and not subject.goes_around(recorded))

    def estimates(j: int, found: Sequence[float], bounds: Sequence[Bound]) -> Iterator[Estimate]:
        for i, (g, bound) in enumerate(zip(found, bounds, strict=True)):
            known = _estimate(subject, i, j, recorded is not None)
            if recorded and decide(g, known, bound)[0] is Verdict.INCONCLUSIVE and told_by_graph():
                known = tangent(outputs[j], recorded.leaves[i], bound.error) or known
            yield known

    entries = []
    for j, (output, name) in enumerate(zip(outputs, names, strict=True)):
        kinks, value = 0, output.data if isinstance(output, Value) else float(output)
        found = theirs[j] if theirs is not None else []
        if recorded is None:
            bounds = [Bound(ULPS * abs(g), abs(g)) for g in found]
        else:
            found = backward_of(output, recorded.leaves) if theirs is None else found
            bounds = _bounds(output, recorded.leaves, theirs is not None)
            kinks = conventions(topological_order(output))
        inputs = zip(subject.names, subject.point, strict=True)
        entries += _entries(name, inputs, found, bounds, estimates(j, found, bounds), kinks, value)
    return entries


def _estimate(subject: Subject, i: int, j: int, traced: bool) -> Estimate:
    """The derivative of output j with respect to input i, by the function's own differences."""
    errors: dict[float, float] = {}

    def at(x: float) -> float:
        point = [*subject.point[:i], x, *subject.point[i + 1 :]]
        if not traced:
            return float(subject.run(point)[j])
        output = subject.record(point).outputs[j]
        errors[x] = value_error(output) if isinstance(output, Value) else 0.0
        return output.data if isinstance(output, Value) else float(output)

    def rounding(x: float) -> float:
        return errors.get(x, math.inf)

    return derivative(at, subject.point[i], rounding if traced else None)
