"""The checkers keep what docs/checking.md says of them, on part of the benchmark's cases."""

from __future__ import annotations

import pytest

from benchmarks.gradcheck_accuracy import cases, ladder, opaque_ladder, replay

CASES, _ = cases(400, seed=11)


@pytest.mark.parametrize(
    ("checker", "least"), [(ladder, 0.93), (opaque_ladder, 0.93), (replay, 0.995)]
)
def test_no_false_alarm_and_an_error_of_a_millionth_found(checker, least):
    alarms = found = 0
    for case in CASES:
        answer = checker(case)
        alarms += answer(case.derivative) is False
        found += answer(case.derivative * (1.0 + 1e-6)) is False
    assert alarms == 0
    assert found >= least * len(CASES)
