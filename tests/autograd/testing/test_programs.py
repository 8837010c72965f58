"""Programs: text that runs, and getting smaller."""

from __future__ import annotations

import pytest
from hypothesis import given

from autograd import Value, tanh
from autograd.table import TABLE
from autograd.testing import Program, expressions
from autograd.testing.generation import row_names
from autograd.testing.programs import program_of, reduced


@given(expressions(smooth=False))
def test_the_source_runs_and_computes_the_same(program):
    scope: dict = {}
    exec(program.source(), scope)
    root, leaves = program.record()
    last = f"n{len(program) - 1}"
    if program.steps:
        assert repr(scope[last].data) == repr(root.data)
    root.backward()
    for i, leaf in enumerate(leaves):
        assert repr(scope[f"x{i}"].grad) == repr(leaf.grad)


@given(expressions(smooth=False))
def test_the_repr_rebuilds_the_program(program):
    again = eval(repr(program))
    assert again == program
    assert hash(again) == hash(program)


@given(expressions(smooth=True))
def test_a_recorded_graph_is_the_program_again(program):
    root, _ = program.record()
    again, _ = program_of(root).record()
    assert again.data == root.data


@pytest.mark.parametrize("name", row_names(None, smooth=False))
def test_every_primitive_prints_as_a_call_that_runs(name):
    arity = TABLE[name].arity or 4
    inputs = (1.5, 0.5, 2.0, 1.0)[:arity]
    program = Program(inputs, [(name, tuple(range(arity)))])
    scope: dict = {}
    exec(program.source(), scope)
    assert repr(scope[f"n{arity}"].data) == repr(program.record()[0].data)


def test_reducing_keeps_only_what_is_needed_to_fail():
    program = Program(
        (0.5, 2.0, 3.0),
        [
            ("sin", (0,)),
            ("mul", (1, 2)),
            ("tanh", (3,)),
            ("add", (4, 5)),
            ("exp", (6,)),
        ],
    )
    small = reduced(program, lambda p: any(step.name == "tanh" for step in p.steps))
    assert len(small) == 2
    assert [step.name for step in small.steps] == ["tanh"]


def test_a_program_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="no primitive called 'tan2'"):
        Program((1.0,), [("tan2", (0,))])
    with pytest.raises(ValueError, match="uses result 1, but 1 are known"):
        Program((1.0,), [("tanh", (1,))])
    with pytest.raises(ValueError, match="at least one input"):
        Program((), [])
    with pytest.raises(TypeError, match="has 1 inputs, not 2"):
        Program((1.0,), [])(1.0, 2.0)


def test_a_program_takes_numbers_and_values():
    program = Program((0.5,), [("tanh", (0,)), ("mul", (1, 2.0))])
    x = Value(0.5)
    assert program(0.5) == program(x).data == 2 * tanh(0.5)
