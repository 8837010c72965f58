"""Each fault, planted in a structure that is right, is found, under the letter of the invariant that it breaks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
from autograd import primitives as p
from autograd.compiler.flatten import flatten as nary
from autograd.compiler.ir.program import (
    CONSTANTS,
    LANES,
    ONCE,
    ROWS,
    Instruction,
    Program,
    Ref,
    View,
)
from autograd.compiler.ir.scalar import BATCHED, COMPUTED, CONST, INPUT, PARAM
from autograd.compiler.ir.verify import (
    InvariantError,
    verify_groups,
    verify_nary,
    verify_program,
    verify_scalar,
    verify_simple,
)
from autograd.compiler.pipeline import Task, group
from autograd.compiler.stages import simplified

SCALAR = {}
PROGRAM = {}


def planted(faults, letter):
    def enter(fault):
        faults[fault.__name__] = fault, letter
        return fault

    return enter


def found(check, letter):
    with pytest.raises(InvariantError, match=f"^{letter}: "):
        check()


# --- the scalar graph: x0, x1, p2, v3 = x0 × x1, 3.0, v5 = v3 + 3.0, v6 = tanh v5, v7 = p2 - v6 ---


def graph():
    w = ag.Value(2.0)
    made = simplified(lambda x, y: w - ag.tanh(x * y + 3.0), 1.0, 1.0)
    made = made.assigned(wanted=[2], batched=[1])
    assert [*made.roles[:5]] == [INPUT, INPUT | BATCHED, PARAM, COMPUTED | BATCHED, CONST]
    verify_simple(made)
    return made


def with_operands(made, identity, ids):
    return made._replace(operands=[*made.operands[:identity], ids, *made.operands[identity + 1 :]])


def with_role(made, identity, role):
    roles = bytearray(made.roles)
    roles[identity] = role
    return made._replace(roles=roles)


def with_entry(made, row, ids, role, number=None):
    constants = made.constants if number is None else made.constants | {len(made.roles): number}
    return made._replace(
        primitives=[*made.primitives, row],
        operands=[*made.operands, ids],
        roles=made.roles + bytes([role]),
        constants=constants,
        outputs=(*made.outputs, len(made.roles)),
    )


@planted(SCALAR, "S1")
def a_negative_operand(made):
    return with_operands(made, 5, (3, -1))


@planted(SCALAR, "S1")
def a_later_operand(made):
    return with_operands(made, 5, (3, 6))


@planted(SCALAR, "S1")
def an_operation_of_itself(made):
    return with_operands(made, 5, (5, 4))


@planted(SCALAR, "S1")
def a_result_that_is_not_there(made):
    return made._replace(outputs=(8,))


@planted(SCALAR, "S1")
def a_constant_among_the_leaves(made):
    return made._replace(constants={**made.constants, 1: 5.0})


@planted(SCALAR, "S1")
def a_column_that_is_too_short(made):
    return made._replace(roles=made.roles[:-1])


@planted(SCALAR, "S2")
def a_sum_of_three(made):
    return with_operands(made, 5, (3, 4, 3))


@planted(SCALAR, "S2")
def a_leaf_with_operands(made):
    return with_operands(made, 2, (0,))


@planted(SCALAR, "S2")
def a_dot_of_an_odd_number(made):
    return with_entry(made, p.dot, (0, 1, 2), COMPUTED | BATCHED)


@planted(SCALAR, "S3")
def a_constant_twice(made):
    return with_entry(made, None, (), CONST, 3.0)


@planted(SCALAR, "S4")
def a_constant_taken_for_a_number_computed(made):
    return with_role(made, 4, COMPUTED)


@planted(SCALAR, "S4")
def lanes_that_are_lost(made):
    return with_role(made, 6, COMPUTED)


@planted(SCALAR, "S4")
def lanes_from_nowhere(made):
    return with_entry(made, p.tanh, (0,), COMPUTED | BATCHED)


@planted(SCALAR, "S5")
def something_dead(made):
    return with_entry(made, p.sin, (0,), COMPUTED)._replace(outputs=made.outputs)


@planted(SCALAR, "S5")
def something_twice(made):
    return with_entry(made, p.tanh, (5,), COMPUTED | BATCHED)


@planted(SCALAR, "S5")
def something_twice_the_other_way_round(made):
    return with_entry(made, p.mul, (1, 0), COMPUTED | BATCHED)


@pytest.mark.parametrize("name", SCALAR)
def test_a_fault_in_a_scalar_graph_is_found(name):
    fault, letter = SCALAR[name]
    found(lambda: verify_simple(fault(graph())), letter)


def test_minus_zero_is_another_constant_than_zero():
    verify_scalar(with_entry(with_entry(graph(), None, (), CONST, 0.0), None, (), CONST, -0.0))


def test_terms_of_two_roles_are_found_unless_it_is_told():
    made = with_entry(graph(), p.sum_, (0, 2, 0), COMPUTED)
    found(lambda: verify_nary(made, {}), "S6")
    verify_nary(made, {8: (COMPUTED,)})


def schedule():
    made = simplified(lambda xs: sum(ag.tanh(x * y) for x, y in pairwise(xs)), [1.0] * 5)
    made = group(made, Task())
    verify_groups(made.flat.graph, made.groups)
    return made


@pytest.mark.parametrize("fault", ["order", "missing", "twice", "mixed"])
def test_a_fault_in_a_schedule_is_found(fault):
    made = schedule()
    groups = list(made.groups)
    if fault == "order":
        groups.reverse()
    elif fault == "missing":
        groups = groups[:-1]
    elif fault == "twice":
        groups.append(groups[-1])
    else:
        groups[0] = groups[0]._replace(row=p.add)
    found(lambda: verify_groups(made.flat.graph, groups), "G1")


def test_a_flattened_graph_has_terms_of_one_role():
    made = nary(simplified(lambda xs, y: sum(xs) * y - sum(3.0 * x for x in xs), [1.0] * 5, 2.0))
    verify_nary(made.graph, made.mixed)


# --- the program: s0, s1 given, s2..s5 computed; v0, v1 in each lane; x0, x1 arguments; c0, c1 constants ---


def line(arena, start, count):
    return View(arena, start, (count,), (1,))


def program(*instructions, **fields):
    code = [
        Instruction("add", line(ONCE, 2, 2), (line(ONCE, 0, 2), line(CONSTANTS, 0, 2))),
        Instruction("mul", line(LANES, 0, 2), (line(ROWS, 0, 2), line(ONCE, 2, 2))),
        Instruction("over_lanes", line(ONCE, 4, 2), (line(LANES, 0, 2),)),
        *instructions,
    ]
    made = Program(
        code,
        once=10,
        lanes=8,
        rows=2,
        constants=np.array([1.0, 2.0]),
        outputs=[[Ref(ONCE, np.arange(4, 6))], []],
        laned=True,
        lane_count=6,
        seed=None,
        forward=len(code),
        ones=[],
        given=2,
        zeros=[Ref(ONCE, np.array([7]))],
    )
    return made._replace(**fields)


@planted(PROGRAM, "P1")
def a_view_beyond_its_arena():
    return program(Instruction("tanh", line(ONCE, 8, 3), (line(ONCE, 2, 3),)))


@planted(PROGRAM, "P1")
def a_position_to_take_that_is_not_there():
    source = View(ONCE, 0, (), ())
    return program(Instruction("take", line(ONCE, 8, 2), (source,), np.array([0, 10])))


@planted(PROGRAM, "P1")
def a_stride_that_leads_before_the_arena():
    return program(Instruction("neg", line(ONCE, 8, 2), (View(ONCE, 0, (2,), (-1,)),)))


@planted(PROGRAM, "P1")
def a_result_beyond_its_arena():
    return program(outputs=[[Ref(ONCE, np.array([10]))], []])


@planted(PROGRAM, "P2")
def arguments_written():
    return program(Instruction("neg", line(ROWS, 0, 2), (line(LANES, 0, 2),)))


@planted(PROGRAM, "P2")
def constants_written():
    return program(Instruction("neg", line(CONSTANTS, 0, 2), (line(ONCE, 0, 2),)))


@planted(PROGRAM, "P2")
def a_zero_written():
    return program(Instruction("neg", line(ONCE, 7, 1), (line(ONCE, 0, 1),)))


@planted(PROGRAM, "P3")
def a_number_read_before_it_is_written():
    return program(Instruction("neg", line(ONCE, 9, 1), (line(ONCE, 8, 1),)))


@planted(PROGRAM, "P3")
def a_result_without_a_number():
    return program(outputs=[[Ref(LANES, np.array([3]))], []])


@planted(PROGRAM, "P3")
def a_zero_that_nobody_declared():
    read = Instruction("neg", line(ONCE, 9, 1), (line(ONCE, 7, 1),))
    return program(read, zeros=[])


@planted(PROGRAM, "P4")
def an_operand_shifted_under_its_output():
    return program(Instruction("neg", line(ONCE, 2, 2), (line(ONCE, 3, 2),)))


@planted(PROGRAM, "P4")
def a_sum_written_to_one_of_its_terms():
    return program(Instruction("reduce", View(ONCE, 2, (), ()), (line(ONCE, 2, 2),), ("add", 1)))


@planted(PROGRAM, "P4")
def a_product_written_to_a_factor():
    square = View(ONCE, 2, (2, 2), (2, 1))
    return program(Instruction("matmul", square, (square, square), 2))


@planted(PROGRAM, "P5")
def a_position_written_twice():
    return program(Instruction("copy", View(ONCE, 8, (2,), (0,)), (line(ONCE, 2, 2),)))


@planted(PROGRAM, "P5")
def a_position_scattered_to_twice():
    target = View(ONCE, 0, (), ())
    return program(Instruction("scatter", target, (line(ONCE, 2, 2),), np.array([8, 8])))


@planted(PROGRAM, "P6")
def lanes_lost_on_the_way():
    return program(Instruction("tanh", line(ONCE, 8, 2), (line(LANES, 0, 2),)))


@planted(PROGRAM, "P6")
def a_sum_of_what_all_share_put_into_lanes():
    return program(Instruction("reduce", View(LANES, 2, (), ()), (line(ONCE, 2, 2),), ("add", 1)))


@planted(PROGRAM, "P7")
def a_sum_over_lanes_put_into_lanes():
    return program(Instruction("over_lanes", line(LANES, 2, 2), (line(LANES, 0, 2),)))


@planted(PROGRAM, "P7")
def an_outer_product_over_lanes_put_into_lanes():
    two = line(LANES, 0, 2)
    return program(
        Instruction("matmul", View(LANES, 4, (2, 2), (2, 1)), (two, line(ROWS, 0, 2)), 2)
    )


@pytest.mark.parametrize("name", PROGRAM)
def test_a_fault_in_a_program_is_found(name):
    fault, letter = PROGRAM[name]
    verify_program(program())
    found(lambda: verify_program(fault()), letter)
