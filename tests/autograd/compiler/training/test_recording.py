"""A recording compared with another one of the same function, and its numbers set free."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import Value
from autograd.compiler.training import BatchAnswers, BatchLoss, Recording
from autograd.structure import flatten

STRUCTURE = flatten((0.0,))[1]


def record(function, leaves=()):
    return Recording(function, STRUCTURE, leaves)


def answers(recording):
    return BatchAnswers(recording)(np.array([[2.0], [3.0]]))


def test_a_recording_of_the_same_is_no_other():
    w = Value(2.0)
    first, second = (record(lambda x: (w * x - 1.0) ** 2 + 0.0, [w]) for _ in range(2))
    assert first.difference(second) == {}
    assert first.following(second) is first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda x: x + 1.0, lambda x: x - 1.0),
        (lambda x: x + 1.0, lambda x: 1.0 + x),
        (lambda x: x * 2.0, lambda x: x * 2.0 + 1.0),
        (lambda x: x * 2.0, lambda x: [x * 2.0]),
        (lambda x: x * 2.0, lambda x: x * x),
    ],
)
def test_what_does_something_else_is_not_followed(before, after):
    first, second = record(before), record(after)
    assert first.difference(second) is None
    assert first.following(second) is None


def test_numbers_that_change_are_followed_by_one_more_program_and_then_by_none():
    numbers = {"a": 2.0, "b": 1.0}

    def function(x):
        return [numbers["a"] * x + numbers["a"], numbers["b"] * x]

    recording = record(function)
    assert answers(recording) == [[6.0, 2.0], [8.0, 3.0]]
    numbers["a"] = 3.0
    other = recording.following(record(function))
    assert other is not recording
    assert len(other.graph.parameters) == 1, "what has moved together is one number"
    program = BatchAnswers(other)
    for numbers["a"] in (3.0, 1.0, 0.0, -1.0):
        assert other.following(record(function)) is other
        assert program(np.array([[2.0]])) == [[3.0 * numbers["a"], 2.0]]
    numbers["b"] = 5.0
    third = other.following(record(function))
    assert third is not other
    assert answers(third) == [[-3.0, 10.0], [-4.0, 15.0]]


def test_numbers_that_moved_together_may_part():
    pair = [2.0, 2.0]

    def function(x):
        return pair[0] * x + pair[1]

    first = record(function)
    pair[:] = 3.0, 3.0
    second = first.following(record(function))
    pair[:] = 3.0, 4.0
    third = second.following(record(function))
    assert third is not second
    assert answers(third) == [10.0, 13.0]


def test_a_result_that_is_a_number_is_followed():
    number = [1.0]
    first = record(lambda x: [x, number[0]])
    number[0] = 2.0
    second = first.following(record(lambda x: [x, number[0]]))
    assert answers(second) == [[2.0, 2.0], [3.0, 2.0]]


def test_a_leaf_that_the_function_makes_itself_is_a_number():
    number = [1.0]

    def function(x):
        return Value(number[0]) * x

    first = record(function)
    assert first.difference(record(function)) == {}
    number[0] = 4.0
    assert answers(first.following(record(function))) == [8.0, 12.0]


def test_somebodys_leaf_is_not_exchanged_for_another():
    held = [Value(1.0)]
    first = record(lambda x: held[0] * x)
    held[0] = Value(1.0)
    assert first.difference(record(lambda x: held[0] * x), {id(held[0])}) is None


@pytest.mark.parametrize(("a", "b"), [(0.0, -0.0), (1.0, math.nan), (1.0, math.inf)])
def test_signs_of_zero_and_nan_count(a, b):
    number = [a]

    def function(x):
        return x + number[0]

    first = record(function)
    number[0] = b
    assert len(first.difference(record(function))) == 1
    assert first.following(record(function)).difference(record(function)) == {}


def test_a_loss_with_a_number_set_free_has_the_derivatives_of_now():
    w, beta = Value(2.0), [0.0]

    def function(x):
        return (w * x - 1.0) ** 2 + beta[0] * w * w

    first = record(function, [w])
    beta[0] = 0.5
    second = first.following(record(function, [w]))
    loss = BatchLoss(second)
    assert loss(np.array([[1.0]])) == 3.0
    assert loss.gradients.tolist() == [2.0 * 1.0 + 2.0]
    beta[0] = 1.0
    assert second.following(record(function, [w])) is second
    assert loss(np.array([[1.0]])) == 5.0
    assert loss.gradients.tolist() == [2.0 + 4.0]


def test_a_loss_is_one_number():
    with pytest.raises(TypeError, match="a loss must be one number"):
        BatchLoss(record(lambda x: [x, x]))
