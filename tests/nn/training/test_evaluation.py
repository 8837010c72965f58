from __future__ import annotations

import pytest

import nn


def test_predictions_are_plain_numbers():
    one, two = nn.MLP(1, [1], init=2.0), nn.MLP(1, [2], init=2.0)
    assert nn.predict(one, [[1.0], [2.0]]) == [2.0, 4.0]
    assert nn.predict(two, [[1.0], [2.0]]) == [[2.0, 2.0], [4.0, 4.0]]
    assert {type(x) for row in nn.predict(two, [[1.0]]) for x in row} == {float}


def test_evaluating_drops_nothing_records_nothing_and_puts_the_mode_back():
    outputs = []

    class Watched(nn.Module):
        def __init__(self):
            self.dropout = nn.Dropout(0.9, seed=1)
            self.w = nn.Parameter(3.0)

        def forward(self, x):
            outputs.append(self.w * self.dropout(x)[0])
            return outputs[-1]

    model = Watched()
    assert nn.predict(model, [[1.0]] * 5) == [3.0] * 5
    assert all(output.operands == () for output in outputs)
    assert model.training is model.dropout.training is True


def test_loss_and_metrics_are_means_over_all_samples():
    model = nn.MLP(1, [1], init=1.0)
    found = nn.evaluate(model, [[1.0], [2.0]], [0.0, 4.0], loss="mse", metrics=["mae", "r2"])
    assert found == {"loss": 2.5, "mae": 1.5, "r2": 1.0 - 5.0 / 8.0}


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [([], [], r"X is empty"), ([[1.0]], [1, 2], r"X has 1 rows and y has 2 targets")],
)
def test_bad_data_are_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        nn.evaluate(nn.MLP(1, [1]), X, y, metrics="mae")
