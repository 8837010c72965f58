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


XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]


def perfect(*ends):
    """A model of probabilities that is right on XOR: its logits are -3 and 3."""

    class Xor(nn.Module):
        def forward(self, x):
            return 6.0 * (x[0] + x[1] - 2.0 * x[0] * x[1]) - 3.0

    return nn.Sequential(Xor(), *ends)


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (perfect("sigmoid"), "binary_cross_entropy"),
        (perfect(nn.Sigmoid()), None),
        (perfect(nn.Sequential("sigmoid")), "mse"),
        (lambda x: perfect("sigmoid")(x), nn.losses.binary_cross_entropy),
        (perfect(), "binary_cross_entropy_with_logits"),
        (perfect(), "hinge"),
        (perfect(), None),
    ],
)
def test_a_threshold_is_that_of_what_the_model_answers(model, loss):
    X, y = XOR
    if loss == "hinge":
        y = [2 * label - 1 for label in y]
    found = nn.evaluate(model, X, y, loss=loss, metrics={"a": "binary_accuracy"})
    assert found["a"] == 1.0


@pytest.mark.parametrize("make", [nn.MLP, nn.Layer])
def test_layers_that_end_in_a_sigmoid_are_seen(make):
    from nn.training.evaluation import threshold

    sizes = (2, [1]) if make is nn.MLP else (2, 1)
    name = "output_activation" if make is nn.MLP else "activation"
    assert threshold(make(*sizes, **{name: "sigmoid"}), None) == 0.5
    assert threshold(make(*sizes, **{name: "tanh"}), None) == 0.0


def test_whole_numbers_among_the_inputs_stay_whole():
    words = ["no", "yes"]
    assert nn.predict(lambda x: float(words[x[0]] == "yes"), [[1], [0]]) == [1.0, 0.0]
    import numpy as np

    assert nn.predict(lambda x: float(words[x] == "yes"), np.array([1, 0])) == [1.0, 0.0]
    table = [nn.Parameter(0.0), nn.Parameter(0.0)]
    nn.fit(
        lambda x: table[x[0]], [[1], [0]], [3.0, 5.0], loss="mse", epochs=200, lr=0.1,
        optimizer=nn.optim.Adam(table), progress=False,
    )  # fmt: skip
    assert [p.data for p in table] == pytest.approx([5.0, 3.0], abs=0.01)


def test_one_row_by_itself_is_told_to_be_put_into_a_list():
    with pytest.raises(
        ValueError,
        match=r"takes 2 inputs, not 1; X must hold rows, and one row by itself is \[row\]",
    ):
        nn.predict(nn.MLP(2, [1], seed=0), [0.5, 0.5])
