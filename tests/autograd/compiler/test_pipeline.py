from __future__ import annotations

import re

import pytest

import autograd as ag
from autograd import compile, draw, value_and_grad, vmap
from autograd.compiler.ir.verify import InvariantError
from autograd.compiler.pipeline import PASSES, SIMPLIFY, Task, run
from autograd.compiler.stages import record
from autograd.structure import flatten

pytest.importorskip("numpy")
STAGES = ["record", *(each.name for each in PASSES), "derive"]


def loss(xs, scale):
    w = ag.Value(2.0, label="w")
    return sum(ag.tanh(w * x * scale) for x in xs)


@pytest.mark.parametrize("stage", STAGES)
def test_every_pass_has_a_structure_that_can_be_printed_and_drawn(stage):
    f = compile(value_and_grad(loss)).lower([0.1] * 60, 2.0)
    found = f.graph(stage)
    assert str(found)
    picture = draw(found, max_nodes=2000).graph
    assert any(node.output for node in picture.nodes)
    assert all(edge.tail < edge.head for edge in picture.edges)


def test_another_stage_is_refused_with_those_there_are():
    with pytest.raises(
        ValueError, match=r"stage must be one of record, simplify, .*not 'nonsense'"
    ):
        compile(loss).lower([0.1] * 3, 2.0).graph("nonsense")


def test_a_graph_of_the_recording_has_all_that_was_done():
    f = compile(lambda x, y: x * y + x * y).lower(1.0, 1.0)
    assert f.graph("record").graph().operations == 3
    assert f.graph().operations == 2
    assert f.cost().recorded == 5


def test_a_program_names_arguments_as_the_function_does():
    f = compile(value_and_grad(lambda xs, *rest, scale: rest[0] * loss(xs, scale)))
    text = str(f.lower([0.1] * 60, 3.0, scale=2.0).program)
    assert all(re.search(rf"\b{re.escape(name)}[:\[]", text) for name in ("w", "xs", "scale"))
    assert "rest[0][]" in text or "rest[0]:0" in text
    mapped = compile(vmap(lambda a, b: a[1] * b + a[0], in_axes=(0, None)))
    mapped([[1.0, 2.0], [3.0, 4.0]], 2.0)
    text = str(mapped.program)
    assert "a+1[L]" in text
    assert "a[L]" in text
    assert "b[]" in text


def test_every_pass_says_what_it_did_and_is_checked(monkeypatch, capsys):
    recording = record(loss, flatten((([0.1] * 60, 2.0), {}))[1])
    run(recording, Task((0, 1)), *PASSES)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == [each.name for each in PASSES]
    assert all(re.fullmatch(r"\w+ +\d+ -> +\d+ operations +[\d.]+ ms", line) for line in lines)

    def broken(found, task):
        graph = SIMPLIFY.run(found, task)
        return graph._replace(operands=[*graph.operands[:-1], (-1, -1)])

    wrong = SIMPLIFY._replace(run=broken)
    with pytest.raises(InvariantError, match="S1: operand -1"):
        run(recording, Task(), wrong)
    monkeypatch.setenv("AUTOGRAD_COMPILE_DEBUG", "0")
    run(recording, Task(), wrong)
    assert "simplify" not in capsys.readouterr().err.splitlines()[1:]
