"""fit's samples: their weights, and those that are held out."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd import Value

X = [[-1.0, 0.5], [0.0, 1.0], [1.0, -1.0], [2.0, 0.0], [0.5, 0.5], [1.5, -0.5]]
NUMBERS = [-1.9, 1.1, 2.9, 5.0, 2.0, 0.5]
CLASSES = [0, 1, 1, 0, 1, 2]
WEIGHTS = [1.0, 0.0, 2.0, 0.5, 3.0, 1.5]


def trained(y, loss, compile, **options):
    model = nn.MLP(2, [3, 3 if loss == "cross_entropy" else 1], activation="tanh", seed=0)
    history = nn.fit(
        model, X, y, loss=loss, optimizer="sgd", lr=0.1, batch_size=4, epochs=3, compile=compile,
        progress=False, **options,
    )  # fmt: skip
    return [*(p.data for p in model.parameters()), *history["loss"]]


def by_hand(y, loss, weights):
    """The same run, each sample's loss multiplied by hand."""
    model = nn.MLP(2, [3, 3 if loss == "cross_entropy" else 1], activation="tanh", seed=0)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for epoch in range(1, 4):
        order = nn.training.data.shuffled(6, 0, epoch)
        sums = []
        for chosen in (order[:4], order[4:]):
            optimizer.zero_grad()
            each = [weights[i] * nn.losses.get(loss)(model(X[i]), y[i]) for i in chosen]
            total = sum(each, Value(0.0))
            total.backward(1.0 / len(chosen))
            optimizer.step()
            sums.append(total.data)
        losses.append(sum(sums) / 6)
    return [*(p.data for p in model.parameters()), *losses]


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize(("y", "loss"), [(NUMBERS, "mse"), (CLASSES, "cross_entropy")])
@pytest.mark.parametrize("kind", [list, np.array])
def test_a_samples_weight_multiplies_its_loss(kind, y, loss, compile):
    found = trained(y, loss, compile, sample_weight=kind(WEIGHTS))
    assert found == pytest.approx(by_hand(y, loss, WEIGHTS), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("compile", [True, False])
def test_a_classs_weight_multiplies_the_losses_of_its_samples(compile):
    weights = {0: 2.0, 1: 0.5, 2: 3.0}
    each = [weights[label] for label in CLASSES]
    expected = by_hand(CLASSES, "cross_entropy", each)
    found = trained(CLASSES, "cross_entropy", compile, class_weight=weights)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    named = {"abc"[label]: weight for label, weight in weights.items()}
    found = trained(["abc"[t] for t in CLASSES], "cross_entropy", compile, class_weight=named)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    both = [a * b for a, b in zip(each, WEIGHTS, strict=True)]
    options = {"class_weight": weights, "sample_weight": WEIGHTS}
    found = trained(CLASSES, "cross_entropy", compile, **options)
    assert found == pytest.approx(by_hand(CLASSES, "cross_entropy", both), rel=1e-9, abs=1e-12)


def test_balanced_weights_are_scikit_learns():
    theirs = pytest.importorskip("sklearn.utils.class_weight")
    from nn.training.weights import weights_of

    expected = theirs.compute_sample_weight("balanced", CLASSES).tolist()
    assert weights_of(CLASSES, None, "balanced", None) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("compile", [True, False])
def test_steps_of_several_batches_are_steps_of_their_mean(compile):
    together = trained(NUMBERS, "mse", compile, accumulate=2)
    one = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    history = nn.fit(
        one, X, NUMBERS, loss="mse", optimizer="sgd", lr=0.1, batch_size=None, epochs=3,
        compile=compile, progress=False,
    )  # fmt: skip
    assert together == [*(p.data for p in one.parameters()), *history["loss"]]


def test_a_part_of_each_class_is_held_out():
    points, y = nn.datasets.moons(40)
    seen = {}

    def count(outputs, targets):
        seen["held"] = targets
        return 0.0

    history = nn.fit(
        nn.MLP(2, [2], seed=0), points, y, loss="cross_entropy", validation_split=0.25, epochs=1,
        metrics={"count": count}, progress=False, sample_weight=[1.0] * 40,
    )  # fmt: skip
    assert sorted(seen["held"]) == [0] * 5 + [1] * 5
    assert len(history["val_loss"]) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sample_weight": [1.0]}, ValueError, "sample_weight has 1 weights, and there are 6 sa"),
        (
            {"sample_weight": [-1.0] * 6},
            ValueError,
            r"sample_weight\[0\] must be at least 0, not -1",
        ),
        ({"class_weight": {0: 1.0, 1: 1.0}}, ValueError, "class_weight has no weight for class 2"),
        ({"class_weight": "even"}, TypeError, "must be a dict of weights by class, or 'balanced'"),
        ({"class_weight": {0: 1, 1: "a", 2: 1}}, TypeError, r"class_weight\[1\] must be a number"),
        ({"validation_split": 1.5}, ValueError, "validation_split must be at least 0 and below 1"),
        ({"validation_split": 0.01}, ValueError, "would leave 0 for testing"),
        (
            {"validation_split": 0.5, "validation_data": (X, CLASSES)},
            ValueError,
            "give validation_data= or validation_split=, not both",
        ),
        ({"accumulate": 0}, ValueError, "accumulate must be at least 1, not 0"),
    ],
)
def test_what_does_not_fit_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        trained(CLASSES, "cross_entropy", False, **options)


def test_classes_are_not_weighted_where_targets_are_lists():
    with pytest.raises(TypeError, match="class_weight needs a class for each sample"):
        trained([[1.0, 0.0, 0.0]] * 6, "cross_entropy", False, class_weight={0: 1.0})
