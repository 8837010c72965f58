"""Bugs planted in the pure core's traversal are found by drawn programs, and shrink."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, seed, settings

from autograd import sweeps, value
from autograd.testing import GradientError, expressions, gradcheck


def plant(monkeypatch, old: str, new: str) -> None:
    """Compile the engine's reverse sweep again with a piece of its text replaced."""
    source = inspect.getsource(sweeps.reverse_sweep)
    assert old in source
    scope = vars(sweeps).copy()
    exec("from __future__ import annotations\n" + source.replace(old, new), scope)
    for module in (sweeps, value):
        monkeypatch.setattr(module, "reverse_sweep", scope["reverse_sweep"])


@pytest.mark.parametrize("number", range(8))
def test_a_shared_node_that_keeps_its_last_gradient_only_is_found(monkeypatch, pure_core, number):
    plant(monkeypatch, "share if before is None else before + share", "share")

    @seed(number)
    @settings(database=None, deadline=None, max_examples=100, derandomize=False)
    @given(expressions())
    def gradients_are_right(program):
        gradcheck(program, *program.inputs, raise_on_failure=True)

    with pytest.raises(GradientError) as caught:
        gradients_are_right()
    report = caught.value.report
    assert len(report.program) <= 5
    assert "each operation's own partials are right" in str(report)
    assert "@example(Program(" in str(report)
