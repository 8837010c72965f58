from __future__ import annotations

import copy
import random

import numpy as np
import pytest

import nn
from autograd import Value
from nn import Dropout

ONES = [1.0] * 10_000


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_dropped_part_is_p_and_the_mean_stays(p):
    out = Dropout(p, seed=1)(ONES)
    assert set(out) == {0.0, 1.0 / (1.0 - p)}
    assert out.count(0.0) / len(out) == pytest.approx(p, abs=0.02)
    assert sum(out) / len(out) == pytest.approx(1.0, rel=0.12)


def test_evaluation_and_p_zero_change_nothing():
    x = [Value(1.0), Value(2.0)]
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
    model = nn.Sequential(nn.Linear(2, 50, seed=0), Dropout(0.5, seed=0), nn.Linear(50, 1, seed=1))
    assert model([1.0, 2.0]).data != model([1.0, 2.0]).data
    model.eval()
    assert model([1.0, 2.0]).data == model([1.0, 2.0]).data


def test_each_call_draws_anew_and_a_seed_repeats_the_row_of_draws():
    def calls(seed):
        dropout = Dropout(0.5, seed=seed)
        return [tuple(dropout(ONES[:64])) for _ in range(5)]

    assert len(set(calls(3))) == 5
    assert calls(3) == calls(3)
    assert not set(calls(3)) & set(calls(4))


def test_the_draws_are_the_same_on_every_python():
    assert Dropout(0.5, seed=3)(ONES[:8]) == [0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0]


def test_an_unseeded_dropout_follows_the_global_generator():
    random.seed(1)
    one = Dropout(0.5)
    random.seed(1)
    assert Dropout(0.5)(ONES) == one(ONES)
    assert Dropout(0.5)(ONES) != one(ONES)


def test_dropped_inputs_get_no_gradient_and_the_others_are_scaled():
    x = [Value(1.0) for _ in range(8)]
    out = Dropout(0.5, seed=3)(x)
    sum(out).backward()
    assert [v.grad for v in x] == [v.data for v in out]


def test_a_state_resumes_the_row_of_draws():
    one = Dropout(0.5, seed=3)
    one(ONES)
    state = one.state_dict()
    assert state == {"seed": 3, "calls": 1}
    other = Dropout(0.5, seed=99)
    other.load_state_dict(state)
    twin = copy.deepcopy(one)
    assert one(ONES) == other(ONES) == twin(ONES)


def test_bare_numbers_and_arrays_will_do():
    assert Dropout(0.5, seed=3)(Value(1.5)).data in (0.0, 3.0)
    assert Dropout(0.5, seed=3)(1.5) in (0.0, 3.0)
    assert Dropout(0.5, seed=3)(np.ones(8)) == Dropout(0.5, seed=3)(ONES[:8])


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_p_must_be_a_probability_below_one(p):
    with pytest.raises(ValueError, match="p must be at least 0 and below 1"):
        Dropout(p)


def test_a_seed_must_survive_being_saved():
    with pytest.raises(ValueError, match=r"seed must be from 0 to 2\*\*53, not -1"):
        Dropout(0.5, seed=-1)


def test_a_seed_is_given_by_keyword_as_in_layers():
    with pytest.raises(TypeError, match="positional arguments"):
        Dropout(0.5, 3)
