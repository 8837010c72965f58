"""What holds of the structures between passes, checked: the invariants, by their letters in the docstrings of each.

A pass may rely on every one of these, and must leave them as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ... import primitives as p
from .. import conditions as c
from .ops import COMMUTATIVE, REDUCING
from .program import CONSTANTS, LANES, ONCE, ROWS, View
from .scalar import BATCHED, COMPUTED, CONST, key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .program import Instruction, Program
    from .scalar import ScalarGraph


class InvariantError(AssertionError):
    """A pass has broken what the passes after it rely on."""


def _fail(letter: str, message: str) -> NoReturn:
    raise InvariantError(f"{letter}: {message}")


# --- the scalar graph ------------------------------------------------------------------------


def verify_scalar(graph: ScalarGraph) -> None:
    """The invariants of every scalar graph.

    ``S1`` Every operand is an earlier id, none is negative; the leaves come first. ``S2`` An operation has as many
    operands as its primitive takes; a leaf or a constant has none. ``S3`` A constant has one id for its bits. ``S4`` The
    role of an id is that of a leaf, a constant or an operation, and an operation is batched if an operand is.

    Raises:
        InvariantError: if one does not hold.
    """
    size, leaves = len(graph.operands), graph.leaves
    if not size == len(graph.primitives) == len(graph.roles):
        _fail("S1", "the columns differ in length")
    for i in graph.outputs:
        if not 0 <= i < size:
            _fail("S1", f"result {i} is not among {size} ids")
    known: set[float | bytes] = set()
    for identity, (row, ids) in enumerate(zip(graph.primitives, graph.operands, strict=True)):
        for i in ids:
            if not 0 <= i < identity:
                _fail("S1", f"operand {i} of {identity} is not an earlier id")
        role, constant = graph.roles[identity], identity in graph.constants
        if row is None:
            if ids:
                _fail("S2", f"{identity} has operands and no primitive")
            if constant:
                key = key_of(graph.constants[identity])
                if key in known:
                    _fail(
                        "S3",
                        f"constant {graph.constants[identity]!r} has two ids, {identity} is one",
                    )
                known.add(key)
            if constant == (identity < leaves):
                _fail(
                    "S1",
                    f"{identity} is {'a constant among' if constant else 'a leaf after'} leaves",
                )
            if constant != (role == CONST) or role & ~BATCHED == COMPUTED:
                _fail("S4", f"{identity} has the role {role}")
            continue
        if identity < leaves or constant:
            _fail("S1", f"{identity} is an operation among the leaves or constants")
        if row.arity is not None and len(ids) != row.arity:
            _fail("S2", f"{identity} = {row.name} of {len(ids)} operands")
        if row is p.dot and len(ids) % 2:
            _fail("S2", f"{identity} is a dot of {len(ids)} operands")
        batched = COMPUTED | BATCHED if any(graph.roles[i] >= BATCHED for i in ids) else COMPUTED
        # A copy may be made for every lane of what all share.
        if role != batched and not (row is c.same and role == COMPUTED | BATCHED):
            _fail("S4", f"{identity} has the role {role}, not {batched}")


def verify_simple(graph: ScalarGraph) -> None:
    """The invariants of a simplified graph: ``S5`` nothing is dead, and nothing is there twice, in either order of
    commutative operands.

    Raises:
        InvariantError: if one does not hold.
    """
    verify_scalar(graph)
    used = bytearray(len(graph.operands))
    for ids in (*graph.operands, graph.outputs):
        for i in ids:
            used[i] = 1
    known: dict[Any, int] = {}
    for identity in range(graph.leaves, len(graph.operands)):
        if not used[identity]:
            _fail("S5", f"nobody uses {identity}")
        row, ids = graph.primitives[identity], graph.operands[identity]
        if row is not None:
            key = row, min(ids, ids[::-1]) if row in COMMUTATIVE else ids
            if key in known:
                _fail("S5", f"{identity} is {known[key]} again")
            known[key] = identity


def verify_nary(graph: ScalarGraph, mixed: Collection[int]) -> None:
    """The invariants after n-ary flattening: ``S6`` the terms of a sum, and of each factor of a dot, are all of one
    role, or the sum is among those that are told to be mixed.

    Raises:
        InvariantError: if one does not hold.
    """
    verify_scalar(graph)
    for identity, (row, ids) in enumerate(zip(graph.primitives, graph.operands, strict=True)):
        if row in REDUCING and identity not in mixed:
            half = len(ids) // 2 if row is p.dot else len(ids)
            for side in (ids[:half], ids[half:]):
                roles = {graph.roles[i] for i in side}
                if len(roles) > 1:
                    _fail("S6", f"{identity} = {row.name} of operands of roles {sorted(roles)}")


def verify_groups(graph: ScalarGraph, groups: Sequence[Any]) -> None:
    """The invariants of a schedule: ``G1`` every operation is done once, after its operands, among others of its primitive.

    Raises:
        InvariantError: if one does not hold.
    """
    done = {i for i, row in enumerate(graph.primitives) if row is None}
    for number, group in enumerate(groups):
        earlier = set()  # operations of a scan need those before them
        for node in group.nodes:
            if graph.primitives[node] is not group.row:
                _fail("G1", f"group {number} of {group.row.name} has {node} in it")
            waiting = [i for i in graph.operands[node] if i not in done and i not in earlier]
            if group.scans:
                earlier.add(node)
            if waiting:
                _fail("G1", f"group {number} does {node} before its operand {waiting[0]}")
        if done.intersection(group.nodes) or len(set(group.nodes)) < len(group.nodes):
            _fail("G1", f"group {number} does something again")
        done.update(group.nodes)
    if len(done) < len(graph.primitives):
        _fail("G1", f"{len(graph.primitives) - len(done)} operations are done by no group")


# --- the program -----------------------------------------------------------------------------


def verify_program(program: Program) -> None:
    """The invariants of an array program.

    ``P1`` Every view, and every position of a ``take`` or ``scatter``, lies in its arena. ``P2`` ROWS and CONSTANTS are
    never written, nor what must hold 0 or 1. ``P3`` A position is read after it was written, given, or declared to
    hold a number. ``P4`` An output is an operand, position by position, or has none in common with it; in sums and
    products, never any. ``P5`` No instruction writes a position twice. ``P6`` What is computed from lanes is of lanes; what
    all share is the same in each. ``P7`` Only a sum over lanes, or a product of two operands that have them, has lanes
    before it and none after.

    Raises:
        InvariantError: if one does not hold.
    """
    import numpy as np

    sizes = {ONCE: program.once, LANES: program.lanes, ROWS: program.rows}
    sizes[CONSTANTS] = len(program.constants)
    known = {arena: np.zeros(max(size, 1), dtype=bool) for arena, size in sizes.items()}
    fixed = {arena: np.zeros(max(size, 1), dtype=bool) for arena, size in sizes.items()}
    known[ROWS][:] = known[CONSTANTS][:] = fixed[ROWS][:] = fixed[CONSTANTS][:] = True
    known[ONCE][: program.given] = True
    for position in (program.lane_count, program.seed):
        if position is not None:
            known[ONCE][position] = True
    for ref in (*program.ones, *program.zeros):
        known[ref.arena][ref.positions] = fixed[ref.arena][ref.positions] = True

    for number, instruction in enumerate(program.instructions):
        where = f"instruction {number}, {instruction}"
        reads = []
        for view in instruction.operands:
            if isinstance(view, View):
                positions = instruction.reads(view)
                _check_range(positions, sizes[view.arena], where)
                reads.append((view.arena, positions))
        out, writes = instruction.out.arena, instruction.writes
        _check_range(writes, sizes[out], where)
        for arena, positions in reads:
            if not known[arena][positions].all():
                missing = positions[~known[arena][positions]][0]
                _fail("P3", f"{where} reads position {missing}, which has no number yet")
        if fixed[out][writes].any():
            _fail("P2", f"{where} writes what is fixed")
        if len(np.unique(writes)) < len(writes):
            _fail("P5", f"{where} writes a position twice")
        for arena, positions in reads:
            if arena == out and np.isin(positions, writes).any():
                same = len(positions) == len(writes) and bool((positions == writes).all())
                if not same or instruction.op in MOVING:
                    _fail("P4", f"{where} overlaps an operand")
        _check_lanes(instruction, where)
        known[out][writes] = True
    for results in program.outputs:
        for result in results:
            if not isinstance(result, float):
                _check_range(result.positions, sizes[result.arena], "a result")
                if not known[result.arena][result.positions].all():
                    _fail("P3", "a result has no number")


MOVING = {
    *("take", "scatter", "reduce", "accumulate", "ragged", "over_lanes"),
    *("matmul", "absent", "lanewise", "vecdot"),
}
"""The instructions that are not elementwise."""


def _check_range(positions: Any, size: int, where: str) -> None:
    if len(positions) and not (positions.min() >= 0 and positions.max() < size):
        _fail("P1", f"{where} looks at a position that is not there")


def _check_lanes(instruction: Instruction, where: str) -> None:
    laned = [x.laned for x in instruction.operands if isinstance(x, View)]
    out = instruction.out.laned
    sums = instruction.op == "over_lanes" or (instruction.op == "matmul" and laned == [True, True])
    if sums and out:
        _fail("P7", f"{where} sums over lanes to what has lanes")
    if any(laned) and not out and not sums:
        _fail("P6", f"{where} loses the lanes of an operand")
    if out and not any(laned) and instruction.op in MOVING:
        _fail("P6", f"{where} has lanes that no operand has")
