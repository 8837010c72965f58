"""The two checkers at work: what each says about each derivative, and how it decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order
from autograd.structure import flatten
from autograd.transforms import gradient as gradient_of
from autograd.value import Value

from . import bounds, numerical
from .conventions import conventions
from .precise import precise
from .replay import Replay
from .report import Entry, Verdict
from .rounded import TINY
from .slopes import Slopes
from .subject import derivative_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .bounds import Bound
    from .subject import Subject

    Decision = tuple[Verdict, str]
    """A verdict, and why if that is not plain."""

ULPS = 2.0**-49
"""What a gradient that somebody else computed may be off by: 16 ulps."""
DECISIVE = 1e-3
"""A check whose tolerance exceeds this part of the gradient decides nothing."""
ZERO = Slopes(0.0, 0.0, settled=True, smooth=True)
"""The slopes of what does not depend on a leaf."""


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


def replay_entries(
    output: Value,
    leaves: Sequence[Value],
    name: str,
    names: Sequence[str],
    theirs: list[float] | None,
) -> list[Entry]:
    """Checker B's findings on an output's derivatives.

    Args:
        output: the graph's last node.
        leaves: what to differentiate by.
        name: the output's name.
        names: the leaves' names.
        theirs: the derivatives under test; None for those of ``backward()``.
    """
    analytic = backward_of(output, leaves) if theirs is None else theirs
    tolerated = bounds.backward(output)
    replay = Replay(output)
    kinks = conventions(replay.order)
    entries = []
    for leaf, x, found in zip(leaves, names, analytic, strict=True):
        title = derivative_name(name, x)
        if leaf not in tolerated:
            verdict = Verdict.PASS if found == 0.0 else Verdict.FAIL
            entries.append(
                Entry(title, leaf.data, found, 0.0, 0.0, 0.0, 0.0, 0.0, verdict, "unused")
            )
            continue
        bound = tolerated[leaf]
        if theirs is not None:
            bound = bound._replace(error=4.0 * bound.error + ULPS * bound.scale)
        exact = replay.slopes(leaf, bound.error)
        verdict, note = decide_replay(found, exact, bound, kinks, output.data)
        left, right = _float(exact.left), _float(exact.right)
        numeric = right if exact.smooth else math.nan
        entries.append(
            Entry(title, leaf.data, found, numeric, 0.0, left, right, bound.error, verdict, note)
        )
    return entries


def second_entries(
    output: Value, leaves: Sequence[Value], name: str, names: Sequence[str]
) -> list[Entry]:
    """Checker B's findings on an output's second derivatives; the arguments are :func:`replay_entries`'."""
    replay = Replay(output)
    kinks = conventions(replay.order)
    known = set(replay.order)
    found_already: dict[frozenset[Value], Slopes] = {}
    entries = []
    for first, row, x in zip(
        leaves, gradient_of(output, list(leaves), create_graph=True), names, strict=True
    ):
        found = backward_of(row, leaves)
        tolerated = bounds.backward(row)
        for second, derivative, y in zip(leaves, found, names, strict=True):
            title = derivative_name(derivative_name(name, x), y)
            bound = tolerated.get(second, bounds.Bound(0.0, 0.0))
            pair = frozenset((first, second))
            if pair not in found_already:  # the exact ones are symmetric
                both = first in known and second in known
                found_already[pair] = (
                    replay.second_slopes(first, second, bound.error) if both else ZERO
                )
            exact = found_already[pair]
            verdict, note = decide_replay(derivative, exact, bound, kinks, row.data)
            if kinks and verdict is not Verdict.PASS:
                verdict, note = Verdict.INCONCLUSIVE, "a kink"
            left, right = _float(exact.left), _float(exact.right)
            numeric = right if exact.smooth else math.nan
            entries.append(
                Entry(
                    *(title, second.data, derivative, numeric, 0.0, left, right, bound.error),
                    verdict,
                    note,
                )
            )
    return entries


def decide_replay(found: float, exact: Slopes, bound: Bound, kinks: int, value: float) -> Decision:
    """The verdict on a derivative, given checker B's.

    Args:
        found: the derivative.
        exact: the exact slopes.
        bound: what rounding may have done to the derivative.
        kinks: how many conventions have a part in it; see :func:`~.conventions.conventions`.
        value: what is differentiated, as computed.
    """
    known = exact.settled and exact.smooth and math.isfinite(_float(exact.right))
    if known and math.isfinite(value) and not math.isfinite(found):  # whatever the bound
        return Verdict.FAIL, "not finite, but the derivative is"
    if not math.isfinite(bound.error):
        return Verdict.INCONCLUSIVE, "overflow, underflow, or a branch that rounding decides"
    tolerance = bound.error + exact.error + TINY
    if not exact.settled:
        return Verdict.INCONCLUSIVE, "the slope diverges, or the domain ends here"
    if not math.isfinite(found):
        return Verdict.FAIL, "not finite"
    here = precise()
    with here.precision(200):
        if exact.smooth:
            off = abs(found - exact.right)
            size = abs(exact.right)
            if off <= tolerance:
                vague = tolerance > DECISIVE * size and tolerance > 1e-9 * bound.scale
                if vague and not off == size == 0:
                    return Verdict.INCONCLUSIVE, "rounding drowns the gradient"
                return Verdict.PASS, ""
            if kinks:
                return Verdict.INCONCLUSIVE, "conventions at kinks do not add up to a derivative"
            return Verdict.FAIL, ""
        low, high = min(exact.left, exact.right), max(exact.left, exact.right)
        if low - tolerance <= found <= high + tolerance:
            return Verdict.PASS, "kink"
    if kinks > 1:
        return Verdict.INCONCLUSIVE, "conventions at kinks do not add up to a subgradient"
    return Verdict.FAIL, "kink; not between the one-sided slopes"


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def ladder_entries(
    subject: Subject,
    gradient: Callable[..., Any] | None,
    recorded: tuple[list[Value], list[Any], list[str]] | None,
) -> list[Entry]:
    """Checker A's findings on a function's derivatives.

    Args:
        subject: the function and where to look at it.
        gradient: a function that answers with the derivatives under test; None for those of ``backward()``.
        recorded: what ``subject.record()`` returned; None if the function is not one of Values.
    """
    if recorded is None:
        outputs, _ = flatten(subject.function(*subject.arguments(subject.point)))
        names = [subject.name + (f"[{j}]" if len(outputs) > 1 else "") for j in range(len(outputs))]
    else:
        _, outputs, names = recorded
    analytic: list[list[float]] = []
    if gradient is not None:
        analytic = subject.rows(gradient, len(outputs))
    elif recorded is not None:
        analytic = [backward_of(output, recorded[0]) for output in outputs]
    entries = []
    for j, name in enumerate(names):
        tolerated = bounds.backward(outputs[j]) if recorded is not None else {}
        for i, x in enumerate(subject.names):
            found = analytic[j][i]
            error = ULPS * abs(found)
            if recorded is not None:
                own = tolerated.get(recorded[0][i])
                error = own.error if own is not None else 0.0
                if gradient is not None and own is not None:
                    error = 4.0 * error + ULPS * own.scale
            estimate = _estimate(subject, i, j, recorded is not None)
            verdict, note = decide_ladder(found, estimate, error)
            entries.append(
                Entry(
                    derivative_name(name, x),
                    subject.point[i],
                    found,
                    estimate.value,
                    estimate.error,
                    estimate.left,
                    estimate.right,
                    estimate.error + error,
                    verdict,
                    note,
                )
            )
    return entries


def _estimate(subject: Subject, i: int, j: int, traced: bool) -> numerical.Estimate:
    """Checker A's derivative of output j with respect to input i."""
    errors: dict[float, float] = {}

    def at(x: float) -> float:
        point = [*subject.point[:i], x, *subject.point[i + 1 :]]
        if not traced:
            return float(subject.run(point)[j])
        _, outputs, _ = subject.record(point)
        output = outputs[j]
        errors[x] = bounds.value_error(output) if isinstance(output, Value) else 0.0
        return output.data if isinstance(output, Value) else float(output)

    def rounding(x: float) -> float:
        return errors.get(x, math.inf)

    return numerical.derivative(at, subject.point[i], rounding if traced else None)


def decide_ladder(found: float, estimate: numerical.Estimate, error: float) -> Decision:
    """The verdict on a derivative, given checker A's and a bound on the derivative's own error."""
    if not estimate.settled:
        return Verdict.INCONCLUSIVE, "a kink, the edge of the domain, or too much rounding"
    if not math.isfinite(found):
        return Verdict.FAIL, "not finite, but the derivative is"
    if not math.isfinite(error):
        return Verdict.INCONCLUSIVE, "overflow, underflow, or a branch that rounding decides"
    bound = estimate.error + error
    if abs(found - estimate.value) > bound:
        return Verdict.FAIL, ""
    size = max(abs(found), abs(estimate.value))
    if bound > DECISIVE * size and size > 0.0:
        return Verdict.INCONCLUSIVE, "rounding drowns the gradient"
    return Verdict.PASS, ""
