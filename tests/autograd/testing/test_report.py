"""What a report says."""

from __future__ import annotations

import math
import re

import pytest

from autograd import Value, log, tanh
from autograd.table import TABLE
from autograd.testing import Entry, GradientError, Program, Report, Verdict, gradcheck


@pytest.fixture
def failing(monkeypatch, pure_core):
    monkeypatch.setattr(TABLE["tanh"], "partials", (lambda out, x: 1.0 - out,))
    return gradcheck(lambda x, y: tanh(x) * y + log(x) / y, 0.5, 2.0)


def test_a_failure_names_the_guilty_node_and_its_numbers(failing):
    assert "guilty node: tanh(0.5): local partial 0.537883, exact 0.786448" in str(failing)


def test_a_failure_shows_each_input_with_all_that_was_found(failing):
    head, entry = [re.split(r"  +", line.strip()) for line in str(failing).splitlines()[1:3]]
    assert head == ["at", "analytic", "numeric", "left", "right", "bound", "verdict"]
    assert entry[0] == "df/dx"
    assert entry[-1] == "FAIL"
    assert len(entry) == 8


def test_the_minimal_program_runs_and_shows_the_failure(failing):
    source = failing.program.source()
    assert source in str(failing).replace("\n    ", "\n")
    scope: dict = {}
    exec(source, scope)
    assert scope["x0"].grad == pytest.approx(0.537883, abs=1e-6)


def test_the_failing_graph_is_shown_with_its_gradients(failing):
    assert "Its graph, with the gradients that backward() gave:" in str(failing)
    graph = str(failing).partition("backward() gave:")[2].partition("To keep it")[0]
    assert all(number in graph for number in ("tanh", "0.4621", "0.5379"))


def test_the_example_line_rebuilds_the_program(failing):
    assert failing.example.startswith("@example(Program((0.5,), [('tanh', (0,))")
    rebuilt = eval(failing.example[len("@example") :])
    assert rebuilt == failing.program
    assert failing.example in str(failing)


def test_a_bug_in_the_sweep_is_told_from_a_bug_in_an_operation(monkeypatch, pure_core):
    def forgetful(self, gradient=1.0):
        for operand in self.operands:  # hands the gradient to its operands, and no further
            if isinstance(operand, Value):
                operand.grad = 1.0

    monkeypatch.setattr(Value, "backward", forgetful)
    report = gradcheck(lambda x: (x + x) + x, 1.5)
    assert report.verdict is Verdict.FAIL
    assert "each operation's own partials are right" in str(report)
    assert len(report.program) == 2


def test_the_error_carries_the_report(failing):
    with pytest.raises(GradientError) as caught:
        failing.raise_if_failed()
    assert caught.value.report is failing
    assert str(caught.value) == str(failing)


def test_the_notebook_form_is_a_table_and_escapes_what_it_shows(failing):
    failing.title = "<script>"
    shown = failing._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "FAIL" in shown
    assert "tanh(x0)" in shown


def test_the_notebook_form_never_raises():
    def broken():
        raise RuntimeError("no program")

    entry = Entry("df/dx", 1.0, 1.0, 2.0, 0.0, 2.0, 2.0, 0.0, Verdict.FAIL)
    report = Report("f", [entry], smallest=broken)
    assert "FAIL" in report._repr_html_()
    assert "no program" in str(report)


def test_numbers_that_look_alike_are_shown_in_full():
    entry = Entry("df/dx", 1.0, 1.0, 1.0 + 1e-12, 0.0, 1.0, 1.0, 0.0, Verdict.FAIL)
    assert "1.000000000001" in str(Report("f", [entry]))


def test_many_entries_are_cut_and_failures_come_first():
    good = [Entry(f"df/dx[{i}]", 0, 1, 1, 0, 1, 1, 0, Verdict.PASS) for i in range(50)]
    bad = Entry("df/dy", 0, 1, 2, 0, 2, 2, 0, Verdict.FAIL)
    text = str(Report("f", [*good, bad]))
    assert text.index("df/dy") < text.index("df/dx[0]")
    assert "... and 31 more" in text


def test_verdicts_add_up():
    def report(*verdicts):
        return Report("f", [Entry("d", 0, 1, math.nan, 0, 1, 1, 0, v) for v in verdicts])

    p, f, i = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
    assert report(p, p).verdict is p
    assert report().verdict is p
    assert report(p, i, p).verdict is i  # one that is undecided does not hide
    assert report(i, i).verdict is i
    assert report(p, i, f).verdict is f
    assert [bool(report(v)) for v in (p, i, f)] == [True, False, False]


def test_a_program_is_given_only_for_failures():
    assert gradcheck(tanh, 0.5).program is None
    assert isinstance(Program((1.0,), []).inputs, tuple)
