from __future__ import annotations

import math
import random

import numpy as np
import pytest

from autograd import Value
from nn import metrics

RNG = random.Random(0)
SCORES = [[RNG.gauss(0, 1) for _ in range(4)] for _ in range(60)]
LABELS = [RNG.randrange(4) for _ in range(60)]
PREDICTED = [row.index(max(row)) for row in SCORES]
NUMBERS = [RNG.gauss(0, 2) for _ in range(40)]
TRUTH = [x + RNG.gauss(0, 1) for x in NUMBERS]


def values(rows):
    return [[Value(x) for x in row] for row in rows]


@pytest.mark.parametrize("outputs", [SCORES, np.array(SCORES), values(SCORES), PREDICTED])
def test_accuracy_and_the_confusion_table_are_scikit_learns(outputs):
    theirs = pytest.importorskip("sklearn.metrics")
    assert metrics.accuracy(outputs, LABELS) == theirs.accuracy_score(LABELS, PREDICTED)
    table = metrics.confusion_table(outputs, np.array(LABELS))
    assert table.matrix == theirs.confusion_matrix(LABELS, PREDICTED).tolist()
    assert table.accuracy == metrics.accuracy(outputs, LABELS)


@pytest.mark.parametrize("wrap", [list, np.array, lambda xs: [Value(x) for x in xs]])
def test_regression_metrics_are_scikit_learns(wrap):
    theirs = pytest.importorskip("sklearn.metrics")
    outputs = wrap(NUMBERS)
    for ours, reference in (
        (metrics.mae, theirs.mean_absolute_error),
        (metrics.mse, theirs.mean_squared_error),
        (metrics.rmse, theirs.root_mean_squared_error),
        (metrics.r2, theirs.r2_score),
    ):
        assert ours(outputs, TRUTH) == pytest.approx(reference(TRUTH, NUMBERS), rel=1e-13)


def test_r2_of_constant_targets_is_scikit_learns_convention():
    assert metrics.r2([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert metrics.r2([1.0, 2.0], [1.0, 1.0]) == 0.0


def test_binary_accuracy_takes_either_kind_of_labels_and_a_threshold():
    scores = [2.0, -1.0, 0.5, -0.5]
    assert metrics.binary_accuracy(scores, [1, 0, 0, 1]) == 0.5
    assert metrics.binary_accuracy(scores, [1, -1, -1, 1]) == 0.5
    assert metrics.binary_accuracy([0.6, 0.4], [1, 0], threshold=0.5) == 1.0
    assert metrics.binary_accuracy([[Value(1.0)], [Value(-1.0)]], [1, 1]) == 0.5
    with pytest.raises(ValueError, match="1 and 0, or 1 and -1; not 2"):
        metrics.binary_accuracy(scores, [1, 0, 2, 1])


def test_a_score_at_the_threshold_is_below_it_and_the_first_of_equal_scores_is_the_class():
    assert metrics.binary_accuracy([0.5, 0.0], [1, 0], threshold=0.5) == 0.5
    assert metrics.accuracy([[0.5, 2.0, 2.0]], [1]) == 1.0
    assert metrics.accuracy([[0.5, 2.0, 2.0]], [2]) == 0.0


def test_one_hot_targets_are_classes():
    assert metrics.accuracy([[1.0, 3.0], [2.0, 0.0]], [[0, 1], [0, 1]]) == 0.5


def test_a_nan_score_is_a_miss_and_has_no_place_in_a_table():
    outputs = [[1.0, math.nan], [0.0, 1.0]]
    assert metrics.accuracy(outputs, [0, 1]) == 0.5
    assert metrics.binary_accuracy([math.nan, 1.0], [0, 1]) == 0.5
    with pytest.raises(ValueError, match="nan score"):
        metrics.confusion_table(outputs, [0, 1])


def test_the_table_reads_well():
    table = metrics.confusion_table([0, 1, 1, 12, 0], [0, 1, 0, 12, 1])
    lines = str(table).splitlines()
    assert len(lines) == 14
    assert lines[0].split() == ["true", "\\", "predicted", *map(str, range(13)), "recall"]
    assert len({len(line) for line in lines}) == 1, "columns line up"
    assert lines[1].split() == ["0", "1", "1", *"." * 11, "50.0%"]
    assert lines[3].split()[-1] == "-", "a class that does not occur has no recall"


def test_labels_name_the_classes_and_must_suffice():
    table = metrics.confusion_table([0, 1], [0, 0], labels=["no", "yes"])
    assert table.labels == ["no", "yes"]
    assert table.matrix == [[1, 1], [0, 0]]
    wide = metrics.confusion_table([[1.0, 0.0, 0.0]], [0])
    assert len(wide.matrix) == 3, "a class with a score has its place although it did not occur"
    with pytest.raises(ValueError, match="3 classes need as many labels, not 2"):
        metrics.confusion_table([2], [0], labels=["no", "yes"])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: metrics.accuracy([], []), ValueError, "no samples"),
        (lambda: metrics.accuracy([0, 1], [0]), ValueError, "2 samples have outputs, and 1"),
        (lambda: metrics.mae([[1.0, 2.0]], [[1.0]]), ValueError, "2 outputs and 1 targets"),
        (lambda: metrics.accuracy([Value(0.3)], [1]), TypeError, "there is binary_accuracy"),
        (lambda: metrics.accuracy([0.5], [1]), TypeError, "an output must be a class's index"),
        (lambda: metrics.accuracy([1], [-1]), TypeError, "a target must be a class's index"),
        (lambda: metrics.accuracy([1], ["cat"]), TypeError, "a target must be .* not 'cat'"),
        (lambda: metrics.mae(["1"], [1.0]), TypeError, "an output must be a real number"),
        (lambda: metrics.get("acc"), ValueError, "'acc'; there are accuracy, binary_accuracy"),
        (lambda: metrics.get(1), TypeError, "a name or a function, not 1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_metrics_are_got_by_name_and_functions_pass():
    for name, metric in metrics.METRICS.items():
        assert metrics.get(name) is metric is getattr(metrics, name)
    assert metrics.get(max) is max


# --- yes and no, and several classes -------------------------------------------------------------

BINARY = [RNG.random() for _ in range(60)]
TRUE = [int(RNG.random() < p) for p in BINARY]
GUESS = [int(p > 0.4) for p in BINARY]
NAMES = ["precision", "recall", "f1"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        (BINARY, TRUE),
        ([[p] for p in BINARY], np.array(TRUE)),
        ([Value(p) for p in BINARY], [2 * t - 1 for t in TRUE]),
        (GUESS, TRUE),
        ([[0.4 - p, 0.0] for p in BINARY], TRUE),
    ],
)
def test_metrics_of_yes_and_no_are_scikit_learns(name, outputs, targets):
    theirs = pytest.importorskip("sklearn.metrics")
    found = getattr(metrics, name)(outputs, targets, threshold=0.4)
    assert found == pytest.approx(getattr(theirs, f"{name}_score")(TRUE, GUESS), rel=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_of_several_classes_are_scikit_learns_mean_over_those_that_occur(name):
    theirs = pytest.importorskip("sklearn.metrics")
    reference = getattr(theirs, f"{name}_score")
    for guesses in (PREDICTED, [0] * 60, [0 if p == 3 else p for p in PREDICTED]):
        labels = [2 if t == 3 else t for t in LABELS]
        found = getattr(metrics, name)(guesses, labels)
        expected = reference(labels, guesses, average="macro", zero_division=0.0)
        assert found == pytest.approx(expected, rel=1e-14)


def test_the_area_under_the_curve_is_scikit_learns_with_ties():
    theirs = pytest.importorskip("sklearn.metrics")
    for scores in (BINARY, [round(p, 1) for p in BINARY]):
        expected = theirs.roc_auc_score(TRUE, scores)
        for outputs in (scores, [[-p, p] for p in scores], [Value(p) for p in scores]):
            assert metrics.roc_auc(outputs, TRUE) == pytest.approx(expected, rel=1e-14)


def test_an_area_without_both_classes_or_with_a_nan_is_nan():
    assert math.isnan(metrics.roc_auc([0.1, 0.2], [1, 1]))
    assert math.isnan(metrics.roc_auc([0.1, math.nan], [0, 1]))


def test_a_confusion_table_of_scores_needs_no_more_than_a_threshold():
    table = metrics.confusion_table([0.9, 0.2, 0.6], [1, 0, 0], threshold=0.5)
    assert table.matrix == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("name", "outputs", "targets", "error", "message"),
    [
        ("precision", [0.5], [2], ValueError, "binary targets are 1 and 0, or 1 and -1; not 2"),
        ("f1", [], [], ValueError, "there are no samples"),
        ("recall", [[1.0, 2.0]], [0.5], TypeError, "a target must be a class's index"),
        ("roc_auc", [[1.0, 2.0, 3.0]], [0], TypeError, "one score a sample, or those of two"),
        ("roc_auc", [0.5, 0.5], [0], ValueError, "2 samples have outputs, and 1 have targets"),
    ],
)
def test_what_they_cannot_measure_is_refused(name, outputs, targets, error, message):
    with pytest.raises(error, match=message):
        metrics.get(name)(outputs, targets)


def test_by_name_a_threshold_is_that_of_what_the_model_answers():
    import nn

    model = nn.Sequential(nn.Linear(1, 1, init=1.0), "sigmoid")
    found = nn.evaluate(model, [[-2.0], [2.0]], [0, 1], metrics=[*NAMES, "roc_auc"])
    assert found == dict.fromkeys([*NAMES, "roc_auc"], 1.0)
    table = nn.evaluate(model, [[-2.0], [2.0]], [0, 1], metrics="confusion_table")
    assert table["confusion_table"].matrix == [[1, 0], [0, 1]]
