"""The answers of a function for many samples, in the structure in which it gives them."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, exp
from autograd.compiler.training import BatchAnswers, Recording
from autograd.structure import flatten


@pytest.mark.parametrize("samples", [1, 3, 100, 5000])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: exp(x[0]) - x[1],
        lambda x: [x[0] * x[1], 2.0, x[0]],
        lambda x: (x[0], {"a": x[1] + 1.0}),
        lambda x: 3.0,
        lambda x: [[x[0]], [x[1]]],
    ],
)
def test_answers_are_those_of_one_sample_after_the_other(function, samples):
    rows = np.random.default_rng(0).normal(size=(samples, 2))
    answers = BatchAnswers(Recording(function, flatten(([0.0, 0.0],))[1]))
    found = answers(rows)
    assert len(found) == samples
    for row, answer in zip(rows[:20].tolist(), found, strict=False):
        expected, structure = flatten(function(row))
        numbers, same = flatten(answer)
        assert same == structure
        assert numbers == pytest.approx(expected, rel=1e-14)


def test_captured_leaves_are_read_at_each_call():
    w = Value(2.0)
    answers = BatchAnswers(Recording(lambda x: w * x, flatten((0.0,))[1]))
    assert answers(np.array([[1.0]])) == [2.0]
    w.data = 5.0
    assert answers(np.array([[1.0], [2.0]])) == [5.0, 10.0]
