"""The Hypothesis strategies draw what they promise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from autograd import Value, exp, log, tanh
from autograd.table import TABLE, primitive
from autograd.testing import Program, expressions, gradcheck, kinks, values
from autograd.testing.generation import SPREAD, grow, image, row_names
from autograd.testing.kinks import conventions
from autograd.testing.running_error import Tracked
from benchmarks.gradcheck_accuracy import RandomChooser

NO_CHECKS = list(HealthCheck)


@given(values(-5, 5, labels=True))
def test_values_are_finite_leaves(value):
    assert isinstance(value, Value)
    assert value.primitive is None
    assert -5 <= value.data <= 5
    assert value.grad == 0.0


@given(st.data())
def test_smooth_programs_are_smooth_in_a_neighbourhood(data):
    program = data.draw(expressions(smooth=True))
    moves = st.one_of(st.just(0.0), st.floats(-SPREAD, SPREAD))
    inputs = [x + data.draw(moves) * (abs(x) or 1.0) for x in program.inputs]
    results = program.results(*inputs)
    for (name, operands), out in zip(program.steps, results[len(inputs) :], strict=True):
        row = TABLE[name]
        primals = [results[x] if isinstance(x, int) else x for x in operands]
        assert math.isfinite(out)
        assert all(x > 0.0 for x in (row.domain or (lambda *_: ()))(*primals))
        assert all(x != 0.0 for x in (row.kinks or (lambda *_: ()))(*primals))


def test_every_row_is_drawn_into_smooth_programs():
    generator = random.Random(0)
    ops = row_names(None, smooth=True)
    drawn = set()
    for _ in range(1500):
        inputs = [generator.uniform(-3, 3) for _ in range(3)]
        program = grow(RandomChooser(generator), inputs, ops, 12)
        drawn |= {step.name for step in program.steps}
    assert drawn == set(ops)
    flat = {"sign", "floor", "ceil", "round", "floordiv"}
    assert set(TABLE) - drawn == {"where", "polygamma", *flat}


def test_a_program_shrinks_to_the_operation_that_matters():
    found = find(
        expressions(),
        lambda program: any(step.name == "tanh" for step in program.steps),
        settings=settings(database=None, max_examples=2000, suppress_health_check=NO_CHECKS),
        random=random.Random(1),
    )
    assert found == Program((0.0,), [("tanh", (0,))])


@given(expressions(n_inputs=2, ops=["add", "mul", tanh], max_nodes=6))
def test_the_arguments_are_obeyed(program):
    assert len(program.inputs) == 2
    assert {step.name for step in program.steps} <= {"add", "mul", "tanh"}
    assert 3 <= len(program) <= 6


def test_shared_nodes_are_common():
    generator = random.Random(0)
    ops = row_names(None, smooth=True)
    shared = 0
    for _ in range(200):
        program = grow(RandomChooser(generator), [generator.uniform(-2, 2)], ops, 12)
        used = [x for _, operands in program.steps for x in operands if isinstance(x, int)]
        shared += len(used) > len(set(used))
    assert shared > 100


@given(kinks())
def test_kinks_stand_exactly_at_a_kink_and_pass(program):
    root, _ = program.record()
    nodes = [node for node in (root, *root.operands) if isinstance(node, Value)]
    while nodes and not any(conventions([node]) for node in nodes):
        nodes = [x for node in nodes for x in node.operands if isinstance(x, Value)]
    assert nodes
    assert gradcheck(program, *program.inputs).verdict.name != "FAIL"


def test_unknown_operations_and_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="no primitive called 'tanhh'"):
        expressions(ops=["tanhh"])
    with pytest.raises(ValueError, match="ops names no primitive"):
        expressions(ops=[])
    with pytest.raises(ValueError, match="n_inputs must be at least 1"):
        expressions(n_inputs=0)
    with pytest.raises(ValueError, match="leaves no room"):
        expressions(n_inputs=3, max_nodes=3)
    with pytest.raises(ValueError, match="'exp' has no kinks"):
        kinks([exp])


def test_a_row_that_a_user_adds_is_drawn():
    @primitive(domain=lambda x: (x,))
    def cube_root(xp):
        "The cube root, for x > 0."
        return lambda x: xp.pow(x, 1 / 3), lambda out, x: xp.div(out, 3.0 * x)

    try:
        found = find(
            expressions(n_inputs=1),
            lambda program: program.steps[0].name == "cube_root",
            settings=settings(database=None, max_examples=5000, suppress_health_check=NO_CHECKS),
            random=random.Random(0),
        )
        assert found.inputs[0] > 0.0
        assert gradcheck(found, *found.inputs)
    finally:
        del TABLE["cube_root"]


# --- how far results move --------------------------------------------------------------------


@given(st.data())
def test_every_result_lies_where_it_is_said_to_move(data):
    row = TABLE[data.draw(st.sampled_from(row_names(None, smooth=False)))]
    regions, points = [], []
    for _ in range(row.arity or 4):
        middle = data.draw(st.floats(-20, 20))
        reach = data.draw(st.floats(0, data.draw(st.sampled_from([0.1, 1.0, 5.0]))))
        regions.append(Tracked(middle, reach))
        points.append(middle + reach * data.draw(st.floats(-1, 1)))
    region = image(row, regions, smooth=False)
    if region is not None:
        slack = 1e-12 * (1.0 + abs(region.value))
        assert abs(row.forward(*points) - region.value) <= region.error + slack


def test_an_operation_is_not_offered_where_it_is_not_smooth():
    assert image(TABLE["log"], [Tracked(0.75, 0.25)], smooth=True)
    assert image(TABLE["log"], [Tracked(0.25, 0.75)], smooth=True) is None
    assert image(TABLE["relu"], [Tracked(0.25, 0.75)], smooth=True) is None
    assert image(TABLE["relu"], [Tracked(0.25, 0.75)], smooth=False)
    assert image(TABLE["atan2"], [Tracked(0.0, 1.0), Tracked(-1.5, 0.5)], smooth=True) is None
    assert image(TABLE["exp"], [Tracked(10.5, 9.5)], smooth=True) is None
    assert log(1.0) == 0.0
