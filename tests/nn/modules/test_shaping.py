from __future__ import annotations

import numpy as np
import pytest

import nn


@pytest.mark.parametrize(
    "x", [[[1.0, 2.0], [3.0, 4.0]], np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, 2.0, 3.0, 4.0]]
)
def test_what_is_nested_becomes_one_list(x):
    assert nn.Flatten()(x) == [1.0, 2.0, 3.0, 4.0]


def test_an_image_goes_into_a_layer():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, seed=0))
    X = np.arange(32.0).reshape(8, 2, 2) / 32.0
    history = nn.fit(model, X, [0, 1] * 4, loss="cross_entropy", compile=True, progress=False)
    assert len(history) == 10
