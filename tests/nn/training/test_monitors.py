from __future__ import annotations

import pytest

import nn


def train(scores, *callbacks, epochs=None):
    """A run whose metric ``error`` takes the given course; its model counts epochs in its weight."""

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
        metrics={"error": lambda outputs, targets: next(course)},
        callbacks=callbacks,
        progress=False,
    )
    return model, history


def test_early_stopping_ends_after_patience_epochs_without_a_new_best():
    stopping = nn.EarlyStopping("error", patience=2)
    model, history = train([5, 3, 4, 3, 1, 0], stopping)
    assert len(history) == 4
    assert (stopping.best, stopping.best_epoch) == (3.0, 2)
    assert history.stopped == "no better error than 3 of epoch 2 in 2 epochs"
    assert model.w.data == 4.0  # the last epoch's


def test_early_stopping_restores_the_best_weights_on_request():
    model, _ = train([5, 3, 4, 3, 1, 0], nn.EarlyStopping("error", patience=2, restore_best=True))
    assert model.w.data == 2.0


def test_the_best_weights_are_restored_at_the_end_of_a_run_that_was_not_stopped():
    model, history = train([5, 3, 4], nn.EarlyStopping("error", patience=9, restore_best=True))
    assert model.w.data == 2.0
    assert history.stopped == ""


def test_larger_is_better_where_it_is_said_or_known():
    _, history = train([1, 2, 3, 4], nn.EarlyStopping("error", patience=1, mode="max"))
    assert len(history) == 4
    _, history = train([1, 2, 3, 4], nn.EarlyStopping("error", patience=1))
    assert len(history) == 2
    assert nn.EarlyStopping("val_accuracy").sign == 1.0
    assert nn.EarlyStopping("val_loss").sign == -1.0


def test_min_delta_is_how_much_better_a_best_must_be():
    _, history = train([5, 4.9, 4.8, 4.7], nn.EarlyStopping("error", patience=2, min_delta=0.5))
    assert len(history) == 3


def test_a_callback_used_again_starts_afresh():
    stopping = nn.EarlyStopping("error", patience=2)
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
    train([5, 3, 4, 6], nn.Checkpoint(tmp_path / "best.json", monitor="error"))
    assert nn.saving.read(tmp_path / "best.json").state["w"] == 2.0


def test_a_checkpoint_holds_what_callbacks_after_it_did(tmp_path):
    train([5, 3], nn.Checkpoint(tmp_path / "a.json"), nn.EarlyStopping("error"))
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


def test_a_nan_is_never_the_best(tmp_path):
    nan = float("nan")
    stopping = nn.EarlyStopping("error", patience=3, restore_best=True)
    model, _ = train([nan, 5, 4, nan, 3, 6], stopping)
    assert (stopping.best, stopping.best_epoch, model.w.data) == (3.0, 5, 5.0)
    train([nan, 5, nan], nn.Checkpoint(tmp_path / "best.json", monitor="error"))
    assert nn.saving.read(tmp_path / "best.json").state["w"] == 2.0


def test_a_run_of_nans_alone_is_stopped():
    _, history = train([float("nan")] * 4, nn.EarlyStopping("error", patience=2))
    assert history.stopped == "no better error than nan in 2 epochs"


@pytest.mark.parametrize(
    ("column", "better"),
    [
        ("auc", 1.0),
        ("val_acc", 1.0),
        ("ndcg", 1.0),
        ("val_binary_accuracy", 1.0),
        ("roc_auc", 1.0),
        ("macro_f1", 1.0),
        ("val_r2", 1.0),
        ("top5_accuracy", 1.0),
        ("AUC", 1.0),
        ("val_loss", -1.0),
        ("mean_squared_error", -1.0),
        ("log_loss", -1.0),
        ("auc_loss", -1.0),
        ("binary_cross_entropy_with_logits", -1.0),
        ("perplexity", -1.0),
        ("rmse", -1.0),
    ],
)
def test_usual_names_tell_which_way_is_better(column, better, caplog):
    assert nn.EarlyStopping(column).sign == better
    assert not caplog.records


@pytest.mark.parametrize(
    "kind", [*sorted(nn.metrics.METRICS.keys() - {"confusion_table"}), *nn.losses.LOSSES]
)
def test_the_way_of_every_metric_and_loss_of_ours_is_known(kind, caplog):
    nn.EarlyStopping(f"val_{kind}")
    assert not caplog.records


def test_what_is_assumed_of_a_name_that_does_not_tell_is_said(caplog):
    assert nn.EarlyStopping("quality").sign == -1.0
    assert "say mode='min' or mode='max'" in caplog.text


LINE = [1.0, 2.0], [3.0, 5.0]


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("monitor", ["loss", "val_loss"])
def test_the_best_is_restored_by_a_run_that_diverges(monitor, compile):
    model = nn.Linear(1, 1, init=1.0)
    stopping = nn.EarlyStopping(monitor, restore_best=True, patience=100)
    with pytest.raises(nn.DivergenceError) as caught:
        nn.fit(
            model,
            *LINE,
            loss="mse",
            optimizer="sgd",
            lr=lambda k: 0.01 if k < 3 else 1e9,
            epochs=60,
            validation_data=LINE,
            callbacks=stopping,
            compile=compile,
            progress=False,
        )
    assert model.state_dict() == stopping.best_state
    assert caught.value.__notes__ == [
        f"EarlyStopping left the model with the numbers of epoch {stopping.best_epoch}"
    ]


def test_the_best_is_restored_by_a_run_that_is_interrupted():
    def interrupt(run):
        if run.epoch == 4:
            raise KeyboardInterrupt

    model = nn.Linear(1, 1, init=1.0)
    stopping = nn.EarlyStopping("val_loss", restore_best=True)
    rates = {"lr": lambda k: 0.01 if k < 2 else 1.0, "optimizer": "sgd", "batch_size": None}
    with pytest.raises(KeyboardInterrupt):
        nn.fit(
            model, *LINE, loss="mse", epochs=9, validation_data=LINE, progress=False,
            callbacks=[stopping, interrupt], **rates,
        )  # fmt: skip
    assert stopping.best_epoch == 2
    assert model.state_dict() == stopping.best_state


@pytest.mark.parametrize("compile", [False, True])
def test_the_numbers_that_the_best_loss_was_of_are_restored(compile):
    model = nn.Linear(1, 1, init=1.0)
    stopping = nn.EarlyStopping("loss", restore_best=True, patience=2)
    nn.fit(
        model, *LINE, loss="mse", optimizer="sgd", lr=lambda k: 0.1 if k < 3 else 10.0, epochs=8,
        batch_size=None, callbacks=stopping, compile=compile, progress=False,
    )  # fmt: skip
    assert nn.evaluate(model, *LINE, loss="mse")["loss"] == pytest.approx(stopping.best, rel=1e-12)


@pytest.mark.parametrize("options", [{}, {"min_delta": 0.5}, {"min_lr": 0.3}, {"factor": 0.0}])
def test_the_rate_is_lowered_on_a_plateau_as_by_pytorch(options):
    torch = pytest.importorskip("torch")
    course = [5, 4, 4, 4, 3.9, 4, 4, 4, 4, 4, 3, 3, 3, 3, 2.8, 2.7, 3, 3, 3]
    rates = []
    plateau = nn.ReduceLROnPlateau("error", **{"factor": 0.5, "patience": 3, **options})
    train(course, plateau, lambda run: rates.append(run.optimizer.lr))
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=options.get("factor", 0.5), patience=2, threshold_mode="abs",
        threshold=options.get("min_delta", 0.0), min_lr=options.get("min_lr", 0.0), eps=0.0,
    )  # fmt: skip
    expected = []
    for number in course:
        optimizer.step()
        scheduler.step(number)
        expected.append(optimizer.param_groups[0]["lr"])
    assert rates == expected


def test_a_schedule_and_a_plateau_do_not_go_together():
    with pytest.raises(TypeError, match="needs a number for lr, and the optimizer has a schedule"):
        nn.fit(
            nn.Linear(1, 1), *LINE, loss="mse", lr=lambda k: 0.1, progress=False,
            callbacks=nn.ReduceLROnPlateau("loss"),
        )  # fmt: skip


def test_a_lowered_rate_survives_a_checkpoint(tmp_path):
    path = tmp_path / "c.json"

    def run(epochs, **options):
        model, plateau = nn.Linear(1, 1, init=1.0), nn.ReduceLROnPlateau("loss", patience=2)
        history = nn.fit(
            model, *LINE, loss="mse", optimizer="sgd", lr=1.0, epochs=epochs, progress=False,
            callbacks=[plateau, nn.Checkpoint(path)], **options,
        )  # fmt: skip
        return history["lr"], model.state_dict()

    whole = run(9)
    assert whole[0][-1] < whole[0][0]
    run(5)
    assert run(9, resume=path) == whole
