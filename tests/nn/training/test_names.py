"""Classes by their names: in training, evaluation, prediction and files."""

from __future__ import annotations

import numpy as np
import pytest

import nn

X, Y = nn.datasets.moons(40, noise=0.1, seed=1)
WORDS = [["yes", "no"][label] for label in Y]  # sorted, no is 0: the other way round


def trained(y=WORDS, **options):
    model = nn.MLP(2, [8, 2], activation="tanh", seed=1)
    options = {"loss": "cross_entropy", "lr": 0.1, "epochs": 100, "progress": False, **options}
    return model, nn.fit(model, X, y, **options)


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda y: np.array(y, dtype=object)])
def test_names_are_numbered_in_their_order_and_given_back(kind):
    model, history = trained(kind(WORDS), metrics="accuracy")
    other, same = trained([1 - label for label in Y], metrics="accuracy")
    assert history["loss"] == same["loss"]
    assert list(model.class_names) == ["no", "yes"]
    assert nn.predict(model, X) == WORDS
    assert nn.predict(model, X, names=False) == nn.predict(other, X)
    assert nn.evaluate(model, X, WORDS, metrics="accuracy") == {"accuracy": 1.0}


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_names_are_saved_with_the_model(suffix, tmp_path):
    model, _ = trained()
    path = tmp_path / f"model{suffix}"
    nn.save(path, model)
    assert nn.predict(nn.load(path), X) == WORDS
    again = nn.MLP(2, [8, 2], activation="tanh")
    assert nn.load_into(path, again).class_names == ["no", "yes"]
    assert nn.predict(again, X) == WORDS


def test_validation_data_and_a_second_run_have_the_models_numbers():
    model, history = trained(validation_data=(X[:9], WORDS[:9]), metrics="f1", epochs=1)
    assert len(history["val_f1"]) == 1
    nn.fit(model, X[:3], ["yes"] * 3, loss="cross_entropy", epochs=1, progress=False)
    assert list(model.class_names) == ["no", "yes"]


def test_the_confusion_table_bears_the_names():
    model, _ = trained()
    table = nn.evaluate(model, X, WORDS, metrics="confusion_table")["confusion_table"]
    assert (table.labels, table.matrix) == (["no", "yes"], [[20, 0], [0, 20]])


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        ([*WORDS[:-1], 3], {}, TypeError, r"y\[0\] is the str '.*' and y\[39\] is 3"),
        (["a", "b", "c", "d"] * 10, {}, ValueError, "4 names of classes, and the model has 2 outp"),
        (
            WORDS,
            {"validation_data": (X[:1], ["maybe"])},
            ValueError,
            r"validation y\[0\] is 'maybe', and the model's classes are no, yes",
        ),
        (WORDS, {"metrics": "confusion_table"}, ValueError, "is a table; nn.evaluate gives it"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_changes(y, options, error, message):
    model = nn.MLP(2, [8, 2], seed=1)
    before = model.state_dict()
    with pytest.raises(error, match=message):
        nn.fit(model, X, y, loss="cross_entropy", progress=False, **options)
    assert model.state_dict() == before
    assert list(model.class_names) == []


def test_a_function_keeps_no_names():
    with pytest.raises(TypeError, match="names of classes, which a Module keeps"):
        nn.fit(lambda x: x, X, WORDS, loss="cross_entropy", progress=False)


def test_a_file_whose_names_are_none_is_refused(tmp_path):
    path = tmp_path / "m.json"
    nn.save(path, trained(epochs=1)[0])
    path.write_text(path.read_text().replace('["no", "yes"]', '["no", 3]'))
    with pytest.raises(ValueError, match=r"is damaged: its class_names are \['no', 3\]"):
        nn.load(path)
