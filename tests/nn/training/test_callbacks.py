from __future__ import annotations

import pytest

import nn


def train(scores, *callbacks, epochs=None):
    """A run whose metric ``score`` takes the given course; its model counts epochs in its weight."""

    class Counting(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(0.0)

        def forward(self, x):
            return self.w * x[0]

    model = Counting()
    course = iter(scores)
    history = nn.fit(
        model,
        [[1.0]],
        [0.0],
        loss=lambda output, target: -output,  # a step of -lr * -1
        optimizer="sgd",
        lr=1.0,
        epochs=epochs or len(scores),
        metrics={"score": lambda outputs, targets: next(course)},
        callbacks=callbacks,
        progress=False,
    )
    return model, history


def test_early_stopping_ends_after_patience_epochs_without_a_new_best():
    stopping = nn.EarlyStopping("score", patience=2)
    model, history = train([5, 3, 4, 3, 1, 0], stopping)
    assert len(history) == 4
    assert (stopping.best, stopping.best_epoch) == (3.0, 2)
    assert history.stopped == "no better score than 3 of epoch 2 in 2 epochs"
    assert model.w.data == 4.0  # the last epoch's


def test_early_stopping_restores_the_best_weights_on_request():
    model, _ = train([5, 3, 4, 3, 1, 0], nn.EarlyStopping("score", patience=2, restore_best=True))
    assert model.w.data == 2.0


def test_the_best_weights_are_restored_at_the_end_of_a_run_that_was_not_stopped():
    model, history = train([5, 3, 4], nn.EarlyStopping("score", patience=9, restore_best=True))
    assert model.w.data == 2.0
    assert history.stopped == ""


def test_larger_is_better_where_it_is_said_or_known():
    _, history = train([1, 2, 3, 4], nn.EarlyStopping("score", patience=1, mode="max"))
    assert len(history) == 4
    _, history = train([1, 2, 3, 4], nn.EarlyStopping("score", patience=1))
    assert len(history) == 2
    assert nn.EarlyStopping("val_accuracy").sign == 1.0
    assert nn.EarlyStopping("val_loss").sign == -1.0


def test_min_delta_is_how_much_better_a_best_must_be():
    _, history = train([5, 4.9, 4.8, 4.7], nn.EarlyStopping("score", patience=2, min_delta=0.5))
    assert len(history) == 3


def test_a_callback_used_again_starts_afresh():
    stopping = nn.EarlyStopping("score", patience=2)
    train([1, 2, 3], stopping)
    _, history = train([9, 8, 7, 6, 5], stopping)
    assert len(history) == 5
    assert stopping.best == 5.0


def test_checkpoints_are_one_file_or_one_each(tmp_path):
    one = nn.Checkpoint(tmp_path / "deep" / "last.json")
    each = nn.Checkpoint(tmp_path / "{epoch}.json", every=2)
    train([1, 2, 3, 4, 5], one, each)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json"))
    assert names == ["2.json", "4.json", "5.json", "deep/last.json"]
    assert nn.saving.read(tmp_path / "2.json").state["w"] == 2.0
    assert nn.saving.read(tmp_path / "deep" / "last.json").state["w"] == 5.0


def test_a_checkpoint_may_keep_the_best_only(tmp_path):
    train([5, 3, 4, 6], nn.Checkpoint(tmp_path / "best.json", monitor="score"))
    assert nn.saving.read(tmp_path / "best.json").state["w"] == 2.0


def test_a_checkpoint_holds_what_callbacks_after_it_did(tmp_path):
    train([5, 3], nn.Checkpoint(tmp_path / "a.json"), nn.EarlyStopping("score"))
    notes = nn.saving.read(tmp_path / "a.json").notes
    assert notes["epoch"] == 2
    assert notes["callbacks"][0]["best"] == 3.0


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    train([1], nn.Checkpoint(path))
    before = path.read_bytes()

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        train([1, 2], nn.Checkpoint(path))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "callback", [nn.Checkpoint("a.json"), nn.EarlyStopping("loss", restore_best=True)]
)
def test_a_model_whose_state_cannot_be_saved_is_refused_before_training(callback):
    w = nn.Parameter(0.0)
    with pytest.raises(TypeError, match=rf"{type(callback).__name__} needs a Module"):
        nn.fit(
            lambda x: w * x[0],
            [[1.0]],
            [1.0],
            loss="mse",
            optimizer=nn.optim.SGD([w]),
            callbacks=callback,
            progress=False,
        )
    assert w.data == 0.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.EarlyStopping(patience=0), ValueError, r"patience must be at least 1"),
        (lambda: nn.EarlyStopping(mode="up"), ValueError, r"mode must be 'auto', 'min' or 'max'"),
        (lambda: nn.EarlyStopping(min_delta=-1), ValueError, r"min_delta must be at least 0"),
        (lambda: nn.Checkpoint("a.pkl"), ValueError, r"must end in .json or .safetensors"),
        (lambda: nn.Checkpoint("a.json", every=0), ValueError, r"every must be at least 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
