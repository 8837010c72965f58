"""How samples and their targets become rows of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from nn import CannotCompile, losses
from nn.training.step.encoding import encodings

OUTPUT = [Value(0.1), Value(0.2), Value(0.3)]
X = [[1.0, 2.0], [3.0, 4.0]]


def first(y, loss="cross_entropy", output=OUTPUT, noise=0):
    return next(iter(encodings(X, y, losses.get(loss), output, noise)))


@pytest.mark.parametrize("y", [[0, 2], [0.0, 2.0], np.array([0.0, 2.0]), np.array([0, 2])])
def test_class_numbers_become_one_hot_where_the_loss_wants_an_index(y):
    assert first(y).rows(X, y).tolist() == [[1, 0, 0, 1, 2], [0, 0, 1, 3, 4]]


def test_targets_stay_numbers_where_the_loss_takes_them():
    assert first([0.0, 2.0], "mse", Value(1.0)).rows(X, [0.0, 2.0]).tolist() == [
        [0, 1, 2],
        [2, 3, 4],
    ]
    assert first([0.5, 2.0]).rows(X, [0.5, 2.0]).tolist() == [[0.5, 1, 2], [2, 3, 4]]


def test_noise_has_its_place_between():
    encoding = first([0, 1], noise=2)
    assert encoding.rows(X, [0, 1]).shape == (2, 3 + 2 + 2)
    assert encoding.noisy == slice(3, 5)


@pytest.mark.parametrize("bad", [[0, 3], [0, -1], [0, 0.5]])
def test_what_is_no_class_is_refused(bad):
    with pytest.raises(CannotCompile, match="class numbers from 0 to 2"):
        first([0, 1]).rows(X, bad)
