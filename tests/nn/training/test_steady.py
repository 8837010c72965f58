"""What is recorded is all that there is to a function, or it is said why not."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace

import pytest

import nn
from autograd import Value
from autograd.compiler.training import Recording
from autograd.structure import flatten
from nn import CannotCompile
from nn.training.steady import steadily, steadily_again

STRUCTURE = flatten((0.0,))[1]


def attempt(function, moving=(), **roots):
    """What becomes of recording a function."""

    def record():
        return Recording(function, STRUCTURE, moving)

    roots = {"it": function, **roots}
    made, photograph = steadily(
        lambda: SimpleNamespace(recording=record()), lambda _: record(), roots, moving
    )
    again, _ = steadily_again(record, roots, moving)
    assert made.recording.difference(again) == {}
    return photograph


def test_what_reads_only_is_recorded():
    held, w = [2.0], Value(1.0)
    attempt(lambda x: w * x * held[0], [w])


class Counting(nn.Module):
    def __init__(self):
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x


def drawn(x):
    return x * random.random()


def test_what_is_changed_is_named_and_put_back():
    model, kept, w = Counting(), [], Value(1.0)
    with pytest.raises(CannotCompile, match=r"changes it\.calls, and a recorded one would not"):
        attempt(model)
    assert model.calls == 0
    with pytest.raises(CannotCompile, match="changes kept of it"):
        attempt(lambda x: kept.append(x) or x)
    assert kept == []
    random.seed(0)
    with pytest.raises(CannotCompile, match="changes the state of the random module's generator"):
        attempt(drawn)
    expected = random.Random(0).random()
    assert random.random() == expected

    def clamped(x):
        w.data = max(w.data, 2.0)
        return w * x

    with pytest.raises(CannotCompile, match="changes a parameter's number"):
        attempt(clamped, [w])
    assert w.data == 1.0


def test_what_clamps_a_parameter_only_where_it_will_be_is_found_too():
    w = Value(1.0)

    def clamped(x):
        w.data = min(w.data, 100.0)
        return w * x

    with pytest.raises(CannotCompile, match="a parameter's number"):
        attempt(clamped, [w])
    assert w.data == 1.0


@pytest.mark.parametrize(
    "function",
    [
        lambda w, x: x * w.data,
        lambda w, x: x * math.log(w.data + 1.0),
        lambda w, x: x * 2.0 if w.data > 100.0 else x,
    ],
)
def test_what_reads_a_parameters_number_is_told_so(function):
    w = Value(1.0)
    with pytest.raises(CannotCompile, match=r"reads numbers that training changes \(\.data of a"):
        attempt(lambda x: w * function(w, x), [w])
    assert w.data == 1.0


def test_what_reads_the_optimizers_count_of_steps_is_told_so():
    w = Value(1.0)
    optimizer = nn.optim.SGD([w])
    with pytest.raises(CannotCompile, match="the optimizer's steps"):
        attempt(lambda x: w * x * min(1.0, optimizer.steps / 10), [w])
    assert optimizer.steps == 0


def test_what_differs_from_call_to_call_is_told_so():
    generator = random.SystemRandom()
    with pytest.raises(CannotCompile, match="not the same from one call to the next"):
        attempt(lambda x: x * generator.random())
    numbers = iter([1.0, 2.0, 3.0])
    with pytest.raises(CannotCompile, match="numbers of it is an iterator"):
        attempt(lambda x: x * next(numbers))
    assert next(numbers) == 1.0
