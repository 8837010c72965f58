"""Reverse mode on a recording: the derivative as further entries of the same recording.

This is how a transform inside a recorded function is recorded (``hessian`` is a derivative of a recorded
derivative), and what the straight-line path differentiates with. The array path has its own reverse mode
(:mod:`.reverse`), which works on whole groups.

A branch of ``where`` that is not taken gets no cotangent at all, and nor does what lies behind a flat piece, if the
recording is to be exact (:mod:`.masked`). Which branch that will be is not known here, so every cotangent carries a
*mask*: the condition under which it is present (None: always). The mask is handed on with the cotangent, and only where
cotangents meet, or arrive, is the absent one replaced by 0; a product with it is never trusted, for 0 times infinity is
nan. Tangents, of what is chosen where the other branch does not vary, are masked in the same way.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from ..sweeps import product
from . import conditions as c
from .masked import is_partial, parted
from .recording import Condition, Recorder, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..primitives import Primitive

    Cotangent = tuple[Any, Condition | None]


def gradient(
    recorder: Recorder, seeds: Iterable[tuple[int, Any]], inputs: Sequence[int]
) -> list[Any]:
    """The derivatives of recorded results with respect to recorded entries.

    Args:
        recorder: the recording, which is added to.
        seeds: ids of results with the cotangents they start from.
        inputs: the ids to differentiate with respect to.

    Returns:
        A symbol or a float for each input.
    """
    cotangents: dict[int, Cotangent] = {}
    for identity, seed in seeds:
        if identity not in recorder.constants:
            _arrive(cotangents, identity, (seed, None))
    if not cotangents or not inputs:
        return [0.0] * len(inputs)
    first, last = min(inputs), max(cotangents)
    dependent = _dependent(recorder, inputs, first, last)
    for identity in range(last, first - 1, -1):
        if not dependent[identity - first]:
            continue
        row = recorder.primitives[identity]
        if row is None or identity not in cotangents:
            continue
        operands = recorder.operands[identity]
        varies = [i >= first and dependent[i - first] for i in operands]
        if not any(varies):  # an entry that is an input itself
            continue
        cotangent, mask = cotangents[identity]
        if row is p.where:
            _choose(recorder, cotangents, operands, varies, (cotangent, mask))
            continue
        if row is c.largest:
            continue
        out = Symbol(recorder, identity)
        primals = [recorder.symbol(i) for i in operands]
        partials: Any = row.traced
        if row.arity is None:
            partials = partials[0](out, *primals)
        for operand, partial, wanted in zip(operands, partials, varies, strict=True):
            if not wanted or partial is p.ABSENT:
                continue
            local = partial
            if row.arity is not None and callable(partial):
                local = partial(out, *primals)
            if local is not p.ABSENT:
                _arrive(cotangents, operand, _share(cotangent, local, mask))
    return [_present(*cotangents.get(identity, (0.0, None))) for identity in inputs]


def tangents(
    recorder: Recorder, seeds: Iterable[tuple[int, Any]], outputs: Sequence[int]
) -> list[Any]:
    """Forward mode: the derivatives of recorded results in a direction.

    Args:
        recorder: the recording, which is added to.
        seeds: ids of inputs with their tangents.
        outputs: the ids of the results.

    Returns:
        A symbol or a float for each output.
    """
    known: dict[int, Cotangent] = {identity: (tangent, None) for identity, tangent in seeds}
    if not known:
        return [0.0] * len(outputs)
    for identity in range(min(known) + 1, max(outputs, default=-1) + 1):
        operands = recorder.operands[identity]
        row = recorder.primitives[identity]
        if row is None or identity in known or not any(i in known for i in operands):
            continue
        if row is c.largest:
            continue
        if row is p.where:
            chosen = _chosen(recorder, operands, known)
            if chosen is not None:
                known[identity] = chosen
            continue
        out = Symbol(recorder, identity)
        primals = [recorder.symbol(i) for i in operands]
        partials: Any = row.traced
        if row.arity is None:
            partials = partials[0](out, *primals)
        for operand, partial in zip(operands, partials, strict=True):
            if operand not in known or partial is p.ABSENT:
                continue
            local = partial
            if row.arity is not None and callable(partial):
                local = partial(out, *primals)
            if local is not p.ABSENT:
                tangent, mask = known[operand]
                _arrive(known, identity, _share(tangent, local, mask))
    return [_present(*known.get(identity, (0.0, None))) for identity in outputs]


def _share(cotangent: Any, partial: Any, mask: Condition | None) -> Cotangent:
    """What a cotangent or tangent becomes, and when it is there, given a partial that may be masked itself."""
    number, under = parted(partial)
    if under is None:
        under = mask
    elif mask is not None:
        under = mask & under
    return product(cotangent, number), under


@cache
def may_be_absent(row: Primitive | None) -> bool:
    """Whether a row has flat pieces: its own partials tell."""
    if row is None or row.arity is None:
        return False
    recorder = Recorder(exact=True)
    out, *primals = [recorder.argument() for _ in range(row.arity + 1)]
    partials = [partial(out, *primals) for partial in row.traced if callable(partial)]
    return any(is_partial(partial) for partial in partials)


def _present(number: Any, mask: Condition | None) -> Any:
    """A cotangent or tangent, 0 where it is absent."""
    return number if mask is None else mask._where(number, 0.0)


def _chosen(
    recorder: Recorder, operands: tuple[int, ...], known: dict[int, Cotangent]
) -> Cotangent | None:
    """The tangent of what ``where`` chose; None if neither branch has one."""
    condition, *branches = operands
    if condition in recorder.constants:  # decided when it was recorded
        return known.get(branches[0 if recorder.constants[condition] else 1])
    holds = Condition(recorder, condition)
    moved = []
    for branch, under in zip(branches, (holds, ~holds), strict=True):
        if branch in known:
            tangent, mask = known[branch]
            moved.append((tangent, under if mask is None else under & mask, mask))
    if not moved:
        return None
    (x, under_x, mask_x), *rest = moved
    if not rest:
        return x, under_x
    ((y, under_y, mask_y),) = rest
    everywhere = mask_x is None and mask_y is None
    return holds._where(x, y), None if everywhere else under_x | under_y


def _dependent(recorder: Recorder, inputs: Iterable[int], first: int, last: int) -> list[bool]:
    """For each id from first to last, whether it depends on an input."""
    dependent = [False] * (last + 1 - first)
    for identity in inputs:
        if identity <= last:
            dependent[identity - first] = True
    for offset, operands in enumerate(recorder.operands[first : last + 1]):
        if not dependent[offset]:
            for i in operands:
                if i >= first and dependent[i - first]:
                    dependent[offset] = True
                    break
    return dependent


def _choose(
    recorder: Recorder,
    cotangents: dict[int, Cotangent],
    operands: tuple[int, ...],
    varies: list[bool],
    arriving: Cotangent,
) -> None:
    """Hand a cotangent through ``where``: to either branch under its condition."""
    condition, if_true, if_false = operands
    cotangent, mask = arriving
    if condition in recorder.constants:  # decided when it was recorded
        taken = if_true if recorder.constants[condition] else if_false
        if varies[operands.index(taken, 1)]:
            _arrive(cotangents, taken, arriving)
        return
    holds = Condition(recorder, condition)
    for operand, wanted, under in ((if_true, varies[1], holds), (if_false, varies[2], None)):
        if wanted:
            branch = ~holds if under is None else under
            _arrive(cotangents, operand, (cotangent, branch if mask is None else mask & branch))


def _arrive(cotangents: dict[int, Cotangent], identity: int, cotangent: Cotangent) -> None:
    before = cotangents.get(identity)
    cotangents[identity] = cotangent if before is None else _meet(before, cotangent)


def _meet(a: Cotangent, b: Cotangent) -> Cotangent:
    """The sum of two cotangents, present where at least one of them is."""
    (x, under_x), (y, under_y) = a, b
    if under_x is under_y or _same(under_x, under_y):
        return _sum(x, y), under_x
    if under_x is not None:
        x = under_x._where(x, 0.0)
    if under_y is not None:
        y = under_y._where(y, 0.0)
    either = None if under_x is None or under_y is None else under_x | under_y
    return _sum(x, y), either


def _sum(x: Any, y: Any) -> Any:
    if type(x) is float and x == 0.0 and type(y) is not float:
        return y
    return x + y


def _same(a: Condition | None, b: Condition | None) -> bool:
    return a is not None and b is not None and a._id == b._id
