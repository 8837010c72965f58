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
from autograd.testing.generation import grow, image, row_names, spread
from autograd.testing.intervals import RULES, Interval, lift
from autograd.testing.kinks import conventions
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
    inputs = [
        data.draw(st.floats(spread(x).low, spread(x).high)) if data.draw(st.booleans()) else x
        for x in program.inputs
    ]
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


# --- intervals -------------------------------------------------------------------------------


@given(st.data())
def test_an_interval_holds_every_result(data):
    name = data.draw(st.sampled_from(row_names(None, smooth=False)))
    row = TABLE[name]
    regions, points = [], []
    for _ in range(row.arity or 4):
        low = data.draw(st.floats(-20, 20))
        high = data.draw(st.floats(low, low + data.draw(st.sampled_from([0.1, 2.0, 10.0]))))
        regions.append(Interval(low, high))
        points.append(data.draw(st.floats(low, high)))
    region = lift(RULES[row].forward(*regions))
    out = row.forward(*points)
    if not math.isnan(region.size):
        slack = 1e-12 * (1.0 + region.size)
        assert region.low - slack <= out <= region.high + slack


def test_an_operation_is_not_offered_where_it_is_not_smooth():
    assert image(TABLE["log"], [Interval(0.5, 1.0)], smooth=True)
    assert image(TABLE["log"], [Interval(-0.5, 1.0)], smooth=True) is None
    assert image(TABLE["relu"], [Interval(-0.5, 1.0)], smooth=True) is None
    assert image(TABLE["relu"], [Interval(-0.5, 1.0)], smooth=False)
    assert image(TABLE["atan2"], [Interval(-1, 1), Interval(-2, -1)], smooth=True) is None
    assert image(TABLE["exp"], [Interval(1.0, 20.0)], smooth=True) is None
    assert log(1.0) == 0.0
