"""Checking a function's gradients: ``gradcheck``, ``gradgradcheck``, ``check_jvp_vjp``."""

from __future__ import annotations

import importlib.util
import math
import warnings
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order
from autograd.operations import Opaque
from autograd.structure import flatten
from autograd.transforms import jvp, vjp
from autograd.value import GradientDropped, Value

from . import local
from .entries import ULPS, decide, ladder_entries, replay_entries, second_entries
from .exact import arithmetic
from .finite_differences import Estimate
from .function_under_test import Derivatives, Recording, Subject, require_value
from .programs import program_of, reduced
from .report import Entry, Report, Verdict
from .rounded import TINY
from .running_error import Bound, backward, underflow_forward

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .programs import Program


def gradcheck(
    function: Callable[..., Any],
    /,
    *args: Any,
    parameters: Sequence[Value] = (),
    gradient: Callable[..., Any] | None = None,
    method: str = "auto",
    raise_on_failure: bool = False,
) -> Report:
    """Check a function's first derivatives, with no tolerance to choose.

    Two methods find the derivative to compare with. ``"replay"`` computes the recorded graph again in exact
    arithmetic (it needs mpmath, and a function of Values), and also checks each operation by itself, so
    that a failure names the guilty one. ``"ladder"`` takes differences of floats, and works for any
    function. Both know the error of their answer and of the gradient, and tolerate just that. Either computes
    the function anew for each number that may vary, replay at about 50 us a node, four times: check a large
    model on a small one of its kind.

    Args:
        function: takes numbers and containers of numbers, returns one or several. What is checked is
            ``backward()``, from each of its outputs.
        args: where. Kinks are recognised: there the gradient must lie between the one-sided slopes.
        parameters: leaf Values that the function uses without being given them (a model's).
        gradient: checked instead of ``backward()``: a function of the same arguments that answers with
            the derivatives in the arguments' structure, or for several outputs with a list of those. The
            function itself may then be any Python function of floats.
        method: ``"replay"``, ``"ladder"``, or ``"auto"``: replay where it is possible.
        raise_on_failure: raise if a gradient is wrong.

    Returns:
        A report, which is true if the check passed. INCONCLUSIVE, neither pass nor failure, is where something
        cannot be told: overflow, the edge of a domain, a gradient drowned in rounding. A gradient that is nan
        or infinite where the derivative is an ordinary number fails. Nobody's ``grad`` is changed.

    Raises:
        GradientError: if asked to, and a gradient is wrong.
        TypeError: if the function does not return Values.
        ImportError: if the method is ``"replay"`` and mpmath is not installed.

    >>> from autograd import tanh
    >>> report = gradcheck(lambda x, y: tanh(x) * y, 0.5, 2.0)
    >>> bool(report), report.verdict
    (True, <Verdict.PASS: 'PASS'>)
    >>> def cube(x):
    ...     return x**3
    >>> bool(gradcheck(cube, 1.5, gradient=lambda x: 3 * x**2 + 1e-6))
    False
    """
    if method not in {"auto", "replay", "ladder"}:
        raise ValueError(f"method must be 'auto', 'replay' or 'ladder', not {method!r}")
    subject = Subject(function, args, parameters)
    report = _check(subject, gradient, method)
    return report.raise_if_failed() if raise_on_failure else report


def gradgradcheck(
    function: Callable[..., Any],
    /,
    *args: Any,
    parameters: Sequence[Value] = (),
    method: str = "auto",
    raise_on_failure: bool = False,
) -> Report:
    """Check a function's second derivatives, and the first as computed for being differentiated again.

    Args and answer are :func:`gradcheck`'s.

    >>> from autograd import exp
    >>> bool(gradgradcheck(lambda x, y: exp(x * y), 0.5, 2.0))
    True
    """
    subject = Subject(function, args, parameters)
    derivatives = Derivatives(function, args, parameters)

    def first(*_: Any) -> list[float]:
        return [g.data for g in derivatives.record().outputs]

    below = _check(subject, first, method)
    smallest = None
    recorded = subject.record()
    if method == "ladder" or (method == "auto" and not _can_replay(recorded)):
        above = ladder_entries(derivatives, None, derivatives.record())
    else:
        above = []
        for output, name in zip(recorded.outputs, recorded.names, strict=True):
            above += second_entries(output, recorded.leaves, name, subject.names)
        smallest = _smallest(recorded.outputs, program_fails_twice)
    report = Report(
        f"second derivatives of {subject.name}",
        [*below.entries, *above],
        below.findings,
        smallest=smallest,
    )
    return report.raise_if_failed() if raise_on_failure else report


def check_jvp_vjp(
    function: Callable[..., Any], /, *args: Any, raise_on_failure: bool = False
) -> Report:
    """Check that forward and reverse mode are each other's adjoint: <u, J v> = <J' u, v>.

    Args:
        function: takes numbers and containers of numbers, returns one or several.
        args: where.
        raise_on_failure: raise if they differ.

    Returns:
        A report with one entry: ``analytic`` is <u, J v>, ``numeric`` is <J' u, v>. The directions u and v
        are fixed, and have no symmetry.

    >>> bool(check_jvp_vjp(lambda x, y: [x * y, x / y], 0.5, 2.0))
    True
    """
    subject = Subject(function, args)
    leaves, outputs, _ = subject.record()
    v = [_direction(i, 0.61803398875) for i in range(len(leaves))]
    u = [_direction(i, 0.41421356237) for i in range(len(outputs))]

    def flat(*point: Any) -> list[Any]:
        return flatten(function(*subject.arguments(point)))[0]

    forward = jvp(flat, tuple(subject.point), tuple(v))[1]
    back = vjp(flat, *subject.point)[1](u)
    analytic = math.fsum(a * b for a, b in zip(u, forward, strict=True))
    numeric = math.fsum(a * b for a, b in zip(back, v, strict=True))
    tolerance = (len(u) + len(v)) * TINY  # of the last products
    for weight, output in zip(u, outputs, strict=True):
        require_value(output, subject.name)
        found = backward(output)
        tolerance += abs(weight) * underflow_forward(found)
        for leaf, tangent in zip(leaves, v, strict=True):
            error, scale = found.get(leaf, Bound(0.0, 0.0))
            tolerance += abs(weight * tangent) * (2.0 * error + ULPS * scale)
    if not math.isfinite(tolerance):
        tolerance = math.inf
    known = Estimate(numeric, tolerance, numeric, numeric)
    verdict, note = decide(analytic, known, Bound(0.0, math.inf))
    numbers = math.nan, analytic, numeric, tolerance, math.nan, math.nan, tolerance
    report = Report(
        f"adjointness of {subject.name}", [Entry("<u,Jv> = <J'u,v>", *numbers, verdict, note)]
    )
    return report.raise_if_failed() if raise_on_failure else report


def _direction(i: int, seed: float) -> float:
    """A number between 0.5 and 1.5 with no pattern to it."""
    return 0.5 + math.fmod((i + 1) * seed, 1.0)


# --- how it is done --------------------------------------------------------------------------


def _check(subject: Subject, gradient: Callable[..., Any] | None, method: str) -> Report:
    title = f"gradient of {subject.name}"
    recorded = _record(subject, must=gradient is None or method == "replay")
    if method == "replay":
        arithmetic()  # says what is missing
    elif method == "ladder" or recorded is None or not _can_replay(recorded):
        return Report(title, ladder_entries(subject, gradient, recorded))
    assert recorded is not None
    leaves, outputs, names = recorded
    entries, findings = [], []
    theirs = None if gradient is None else subject.rows(gradient, len(outputs))
    for j, (output, name) in enumerate(zip(outputs, names, strict=True)):
        row = None if theirs is None else theirs[j]
        entries += replay_entries(output, leaves, name, subject.names, row)
        findings += local.check_graph(output)
    if gradient is not None:
        return Report(title, entries, findings)
    if subject.goes_around(recorded):
        entries = _seen_from_outside(subject, recorded, entries)
    return Report(title, entries, findings, smallest=_smallest(outputs, program_fails))


def _can_replay(recorded: Recording) -> bool:
    """Whether mpmath is there, and no operation in the graph that computes with floats only."""
    nodes = topological_order(*recorded.outputs)
    opaque = any(isinstance(node.primitive, Opaque) for node in nodes)
    return not opaque and importlib.util.find_spec("mpmath") is not None


def _seen_from_outside(subject: Subject, recorded: Recording, entries: list[Entry]) -> list[Entry]:
    """The entries, but those that fail where the function itself, not its graph, is differentiated.

    The graph's constants may change with the inputs to no effect (the shift of a softmax), so the ladder
    must settle it.
    """
    outside = ladder_entries(subject, None, recorded)
    for entry in outside:
        entry.note = (
            "the function changes, its graph does not: .data, detach(), float() or no_grad()"
        )
    return [
        seen if seen.verdict is Verdict.FAIL and entry.verdict is not Verdict.FAIL else entry
        for seen, entry in zip(outside, entries, strict=True)
    ]


def _smallest(outputs: list[Any], fails: Callable[[Program], bool]) -> Callable[[], Program | None]:
    """The search for the smallest program that fails as one of the outputs does."""

    def search() -> Program | None:
        failing = (program for program in map(program_of, outputs) if fails(program))
        program = next(failing, None)  # None if the failure is not in the graph
        return None if program is None else reduced(program, fails)

    return search


def program_fails(program: Program) -> bool:
    """Whether a program's gradient is wrong at its own inputs."""
    root, leaves = program.record()
    entries = replay_entries(root, leaves, "f", [leaf.label for leaf in leaves])
    wrong = any(entry.verdict is Verdict.FAIL for entry in entries)
    return wrong or bool(local.check_graph(root))


def program_fails_twice(program: Program) -> bool:
    """Whether a program's second derivatives are wrong at its own inputs."""
    root, leaves = program.record()
    entries = second_entries(root, leaves, "f", [leaf.label for leaf in leaves])
    return program_fails(program) or any(entry.verdict is Verdict.FAIL for entry in entries)


def _record(subject: Subject, must: bool) -> Recording | None:
    """The function's graph; None if it has none and need not have one."""
    try:
        with warnings.catch_warnings():
            if not must:
                warnings.simplefilter("error", GradientDropped)
            recorded = subject.record()
    except Exception:
        if must:
            raise
        return None  # whatever a function of floats does when it is given Values
    if must:
        for output in recorded.outputs:
            require_value(output, subject.name)
    return recorded if all(isinstance(x, Value) for x in recorded.outputs) else None
