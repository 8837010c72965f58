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
from itertools import islice
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from . import conditions as c
from .masked import is_partial
from .recording import Condition, Recorder, Symbol
from .shares import Shares, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..primitives import Primitive
    from .shares import Cotangent


def gradient(
    recorder: Recorder, seeds: Iterable[tuple[int, Any]], inputs: Sequence[int], last: bool = False
) -> list[Any]:
    """The derivatives of recorded results with respect to recorded entries.

    Args:
        recorder: the recording, which is added to.
        seeds: ids of results with the cotangents they start from.
        inputs: the ids to differentiate with respect to.
        last: whether nothing will differentiate these derivatives, so that they may be recorded in simple form.

    Returns:
        A symbol or a float for each input.
    """
    cotangents: dict[int, Cotangent] = {}
    for identity, seed in seeds:
        if identity not in recorder.constants:
            _arrive(recorder, cotangents, identity, (recorder.known(seed), None))
    if not cotangents or not inputs:
        return [0.0] * len(inputs)
    first, root = min(inputs), max(cotangents)
    dependent = _dependent(recorder, inputs, first, root)
    vary, shares = dependent.__getitem__, Shares(recorder, last)
    for identity in range(root, first - 1, -1):
        row = recorder.primitives[identity]
        if row is None or not dependent[identity] or identity not in cotangents:
            continue
        operands = recorder.operands[identity]
        varies = tuple(map(vary, operands))
        if 1 not in varies:  # an entry that is an input itself
            continue
        arriving = cotangents[identity]
        if row is p.where:
            _choose(recorder, cotangents, operands, varies, arriving)
            continue
        if row is c.largest:
            continue
        for operand, cotangent in shares.of(identity, varies, arriving):
            before = cotangents.get(operand)
            cotangents[operand] = (
                cotangent if before is None else _meet(recorder, before, cotangent)
            )
    return [_present(recorder, cotangents.get(identity)) for identity in inputs]


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
    known: dict[int, Cotangent] = {i: (recorder.known(tangent), None) for i, tangent in seeds}
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
                _arrive(recorder, known, identity, share(recorder, known[operand], local))
    return [_present(recorder, known.get(identity)) for identity in outputs]


@cache
def may_be_absent(row: Primitive | None) -> bool:
    """Whether a row has flat pieces: its own partials tell."""
    if row is None or row.arity is None:
        return False
    recorder = Recorder(exact=True)
    out, *primals = [recorder.argument() for _ in range(row.arity + 1)]
    partials = [partial(out, *primals) for partial in row.traced if callable(partial)]
    return any(is_partial(partial) for partial in partials)


def _present(recorder: Recorder, found: Cotangent | None) -> Any:
    """A cotangent or tangent as a symbol or a float, 0 where it is absent."""
    if found is None:
        return 0.0
    number, mask = found
    symbol = recorder.symbol(number)
    return symbol if mask is None else Condition(recorder, mask)._where(symbol, 0.0)


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
            here = under if mask is None else under & Condition(recorder, mask)
            moved.append((recorder.symbol(tangent), here, mask))
    if not moved:
        return None
    (x, under_x, mask_x), *rest = moved
    if not rest:
        return recorder.known(x), under_x._id
    ((y, under_y, mask_y),) = rest
    everywhere = mask_x is None and mask_y is None
    chosen = recorder.known(holds._where(x, y))
    return chosen, None if everywhere else (under_x | under_y)._id


def _dependent(recorder: Recorder, inputs: Iterable[int], first: int, last: int) -> bytearray:
    """For each id up to last, whether it depends on an input, of which none comes before first."""
    dependent = bytearray(last + 1)
    for identity in inputs:
        if identity <= last:
            dependent[identity] = 1
    for identity, operands in enumerate(islice(recorder.operands, first, last + 1), first):
        for i in operands:
            if dependent[i]:
                dependent[identity] = 1
                break
    return dependent


def _choose(
    recorder: Recorder,
    cotangents: dict[int, Cotangent],
    operands: tuple[int, ...],
    varies: tuple[int, ...],
    arriving: Cotangent,
) -> None:
    """Hand a cotangent through ``where``: to either branch under its condition."""
    condition, if_true, if_false = operands
    cotangent, mask = arriving
    if condition in recorder.constants:  # decided when it was recorded
        taken = if_true if recorder.constants[condition] else if_false
        if varies[operands.index(taken, 1)]:
            _arrive(recorder, cotangents, taken, arriving)
        return
    holds = Condition(recorder, condition)
    for operand, wanted, under in ((if_true, varies[1], holds), (if_false, varies[2], None)):
        if wanted:
            branch = ~holds if under is None else under
            here = branch if mask is None else Condition(recorder, mask) & branch
            _arrive(recorder, cotangents, operand, (cotangent, here._id))


def _arrive(
    recorder: Recorder, cotangents: dict[int, Cotangent], identity: int, cotangent: Cotangent
) -> None:
    before = cotangents.get(identity)
    cotangents[identity] = cotangent if before is None else _meet(recorder, before, cotangent)


def _meet(recorder: Recorder, a: Cotangent, b: Cotangent) -> Cotangent:
    """The sum of two cotangents, present where at least one of them is."""
    (x, under_x), (y, under_y) = a, b
    if under_x == under_y:
        return _sum(recorder, x, y), under_x
    holds_x, holds_y = [None if i is None else Condition(recorder, i) for i in (under_x, under_y)]
    if holds_x is not None:
        x = recorder.known(holds_x._where(recorder.symbol(x), 0.0))
    if holds_y is not None:
        y = recorder.known(holds_y._where(recorder.symbol(y), 0.0))
    either = None if holds_x is None or holds_y is None else (holds_x | holds_y)._id
    return _sum(recorder, x, y), either


def _sum(recorder: Recorder, x: int, y: int) -> int:
    constants = recorder.constants
    if x in constants:
        if y in constants:
            return recorder.constant(constants[x] + constants[y])
        if constants[x] == 0.0:
            return y
    return recorder.apply(p.add, (x, y))
