"""fit: that it computes what one would by hand, resumes bit for bit, and refuses what cannot work."""

from __future__ import annotations

import gc
import itertools
import random
import subprocess
import sys

import pytest

import nn
from autograd import Value, log, sqrt
from nn import optim
from nn.training import data


def line(slope=0.5, offset=-0.25):
    """A model of two parameters."""

    class Line(nn.Module):
        def __init__(self):
            self.slope, self.offset = nn.Parameter(slope), nn.Parameter(offset)

        def forward(self, x):
            return self.slope * x[0] + self.offset

    return Line()


X = [[-1.0], [0.0], [1.0], [2.0], [0.5]]
Y = [-1.9, 1.1, 2.9, 5.0, 2.0]


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def run(model, X=X, y=Y, **options):
    options = {"loss": "mse", "optimizer": "sgd", "lr": 0.1, "progress": False, **options}
    return nn.fit(model, X, y, **options)


def by_hand(rows, targets, batches, lr=0.1, slope=0.5, offset=-0.25):
    """Gradient descent on the mean squared error of a line, from the formulas."""
    losses = []
    for batch in batches:
        errors = [slope * rows[i][0] + offset - targets[i] for i in batch]
        losses.append(sum(e * e for e in errors))
        slope_gradient = sum(2 * e * rows[i][0] for e, i in zip(errors, batch, strict=True))
        offset_gradient = sum(2 * e for e in errors)
        slope -= lr * slope_gradient / len(batch)
        offset -= lr * offset_gradient / len(batch)
    return slope, offset, losses


# --- what it computes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "batches"),
    [
        (None, [[0, 1, 2, 3, 4]]),
        (5, [[0, 1, 2, 3, 4]]),
        (99, [[0, 1, 2, 3, 4]]),
        (2, [[0, 1], [2, 3], [4]]),
        (1, [[0], [1], [2], [3], [4]]),
    ],
)
def test_an_epoch_is_gradient_descent_by_hand(size, batches):
    model = line()
    history = run(model, epochs=2, batch_size=size, shuffle=False)
    slope, offset, losses = by_hand(X, Y, batches * 2)
    assert numbers(model) == pytest.approx([slope, offset], rel=1e-14)
    first, second = sum(losses[: len(batches)]) / 5, sum(losses[len(batches) :]) / 5
    assert history["loss"] == pytest.approx([first, second], rel=1e-14)


def test_a_batch_larger_than_what_stands_in_memory_gives_the_same_gradient():
    rows = [[0.01 * i] for i in range(100)]  # over three times nn.training.step.eager.GRAPH_SAMPLES
    targets = [1.0 - x for (x,) in rows]
    model = line()
    run(model, rows, targets, epochs=1, batch_size=None, shuffle=False)
    slope, offset, _ = by_hand(rows, targets, [list(range(100))])
    assert numbers(model) == pytest.approx([slope, offset], rel=1e-13)


def test_every_epoch_takes_every_sample_once_in_an_order_of_its_own():
    seen = []

    def model(x):
        seen.append(x[0])
        return weight * x[0]

    weight = nn.Parameter(1.0)
    rows = [[float(i)] for i in range(20)]
    run(
        model,
        rows,
        [0.0] * 20,
        optimizer=optim.SGD([weight], lr=0.0),
        lr=None,
        epochs=2,
        batch_size=7,
        compile=False,  # a compiled step does not call the model
    )
    first, second = seen[-40:-20], seen[-20:]
    assert sorted(first) == sorted(second) == [float(i) for i in range(20)]
    assert first != second
    assert first != sorted(first)


def test_one_seed_gives_one_result_and_another_seed_another():
    models = [line() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        run(model, epochs=3, batch_size=2, seed=seed)
    assert numbers(models[0]) == numbers(models[1])
    assert numbers(models[0]) != numbers(models[2])


def test_the_global_random_state_is_neither_used_nor_changed():
    random.seed(7)
    state = random.getstate()
    run(line(), epochs=2, batch_size=2)
    assert random.getstate() == state


def test_inputs_are_not_changed():
    rows, targets = [list(row) for row in X], list(Y)
    run(line(), rows, targets, epochs=2, batch_size=2)
    assert (rows, targets) == (X, Y)


def test_arrays_lists_and_data_sets_give_the_same():
    np = pytest.importorskip("numpy")
    models = [line() for _ in range(2)]
    run(models[0], epochs=3, batch_size=2)
    run(models[1], np.array(X, dtype="f4"), np.array(Y), epochs=3, batch_size=2)
    assert numbers(models[0]) == numbers(models[1])


@pytest.mark.parametrize("optimizer", ["sgd", optim.SGD, "instance"])
def test_an_optimizer_may_be_a_name_a_class_or_made_already(optimizer):
    model, expected = line(), line()
    if optimizer == "instance":
        optimizer = optim.SGD(model.parameters(), lr=123.0)
    run(model, optimizer=optimizer, lr=0.1)
    run(expected)
    assert numbers(model) == numbers(expected)


def test_a_schedule_is_followed_step_by_step():
    history = run(line(), lr=lambda k: 0.1 / (k + 1), epochs=2, batch_size=2)
    assert history["lr"] == [0.1 / 3, 0.1 / 6]  # of the last of three steps, and of six


def test_training_finds_the_line_of_least_squares():
    np = pytest.importorskip("numpy")
    model = line()
    history = run(model, epochs=400, batch_size=None, lr=0.2)
    rows = np.array([[x, 1.0] for (x,) in X])
    expected, (residual,), _, _ = np.linalg.lstsq(rows, np.array(Y), rcond=None)
    assert numbers(model) == pytest.approx(expected.tolist(), rel=1e-12)
    assert history["loss"][-1] == pytest.approx(residual / 5, rel=1e-12)


# --- measuring -------------------------------------------------------------------------------


def test_validation_data_and_metrics_are_measured_after_each_epoch():
    seen = []

    def largest(outputs, targets):
        seen.append((outputs, targets))
        return max(outputs)

    model = line()
    history = run(
        model,
        epochs=2,
        lr=0.0,
        validation_data=([[3.0], [5.0]], [1, 2]),
        metrics=["mae", largest],
    )
    assert list(history.columns) == ["loss", "val_loss", "val_mae", "val_largest", "lr", "seconds"]
    assert seen == [([1.25, 2.25], [1, 2])] * 2
    assert history["val_loss"] == [0.0625, 0.0625]
    assert history["val_mae"] == [0.25, 0.25]
    assert history["val_largest"] == [2.25, 2.25]


def test_without_validation_data_metrics_are_of_the_samples():
    history = run(line(2.0, 1.0), [[0.0], [1.0]], [1.0, 3.5], lr=0.0, metrics={"error": "mae"})
    assert history["error"] == [0.25] * 10


def test_dropout_drops_in_training_and_not_in_measuring():
    modes = []

    class Watched(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(1.0)
            self.dropout = nn.Dropout(0.5, seed=1)

        def forward(self, x):
            modes.append(self.training)
            return self.w * self.dropout(x)[0]

    model = Watched()
    model.eval()
    run(model, [[1.0], [2.0]], [1.0, 2.0], epochs=1, validation_data=([[1.0]], [1.0]))
    # Tried and the validation data tried, recorded and trained on, measured.
    assert [mode for mode, _ in itertools.groupby(modes)] == [False, True, False]
    assert model.training is False
    assert model.dropout.training is False


def test_a_net_without_module_trains_through_an_optimizer():
    w = Value(0.0)
    optimizer = optim.SGD([w], lr=0.1)
    run(lambda x: w * x[0], [[1.0], [2.0]], [3.0, 6.0], optimizer=optimizer, lr=None, epochs=50)
    assert w.data == pytest.approx(3.0)


# --- callbacks -------------------------------------------------------------------------------


def test_callbacks_are_called_in_order():
    calls = []

    class Spy(nn.Callback):
        def on_train_begin(self, run):
            calls.append("begin")

        def on_batch_end(self, run):
            calls.append((run.epoch, run.batch))

        def on_epoch_end(self, run):
            calls.append(len(run.history))

        def on_train_end(self, run):
            calls.append("end")

    run(line(), callbacks=Spy(), epochs=2, batch_size=3)
    assert calls == ["begin", (1, 1), (1, 2), 1, (2, 1), (2, 2), 2, "end"]


def test_a_function_is_called_after_each_epoch_and_may_stop_the_run():
    history = run(line(), callbacks=lambda run: run.stop("enough") if run.epoch == 3 else None)
    assert len(history) == 3
    assert history.stopped == "enough"


def test_a_callback_may_change_the_learning_rate():
    def halve(run):
        run.optimizer.lr /= 2

    assert run(line(), callbacks=[halve], epochs=3)["lr"] == [0.1, 0.05, 0.025]


# --- stopping at nan -------------------------------------------------------------------------


def test_a_loss_that_becomes_nan_stops_the_run_with_the_parameters_of_before():
    model = nn.MLP(1, [1], init=1.0)
    model.layers[0].neurons[0].w[0].label = "slope"
    before = []

    def loss(output, target):
        return log(output) * target  # nan below 0

    def remember(run):
        before.append(numbers(run.model))

    with pytest.raises(nn.DivergenceError) as caught:
        run(model, [[1.0]], [1.0], loss=loss, lr=0.3, callbacks=remember)
    assert "epoch 3, batch 1: the loss became nan" in str(caught.value)
    assert "log(" in str(caught.value)
    assert f"{__file__}, line {loss.__code__.co_firstlineno + 1}" in str(caught.value)
    assert numbers(model) == before[-1]
    assert len(caught.value.history) == 2
    assert [parameter.grad for parameter in model.parameters()] == [0.0, 0.0]


def test_a_gradient_that_becomes_infinite_stops_the_run_too():
    model = line(0.0, 0.0)

    def loss(output, target):
        return sqrt(output * output)  # finite at 0, with a derivative of 0 / 0

    with pytest.raises(nn.DivergenceError, match=r"gradient of parameter 0 .*sqrt.*test_fit"):
        run(model, loss=loss)
    assert numbers(model) == [0.0, 0.0]


def test_what_dropout_counts_is_put_back_with_the_parameters():
    class Unlucky(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(1.0)
            self.dropout = nn.Dropout(0.5, seed=0)

        def forward(self, x):
            return log(self.w * self.dropout(x)[0])  # -inf as soon as the input is dropped

    model = Unlucky()
    with pytest.raises(nn.DivergenceError, match=r"log\(0.0\) gave -inf"):
        run(model, [[1.0], [2.0], [3.0]], [0.0] * 3, batch_size=None)
    assert model.dropout.calls == 0
    assert model.state_dict()["w"] == 1.0


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fail", [True, False])
def test_the_cyclic_collector_is_paused_in_a_step_and_put_back(enabled, fail):
    states = []

    def model(x):
        states.append(gc.isenabled())
        if fail and len(states) == 2:  # the first call is the trial
            raise RuntimeError("model")
        return w * x[0]

    w = Value(1.0)
    (gc.enable if enabled else gc.disable)()
    try:
        if fail:
            with pytest.raises(RuntimeError, match="model"):
                run(model, optimizer=optim.SGD([w]), lr=None, compile=False)
        else:
            run(model, optimizer=optim.SGD([w]), lr=None, epochs=1, compile=False)
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
    assert states[1] is False


# --- progress --------------------------------------------------------------------------------


def test_a_bar_shows_epochs_and_losses(capsys):
    pytest.importorskip("tqdm")
    run(line(), progress=True, epochs=3, metrics="mae")
    shown = capsys.readouterr()
    assert "epoch 3/3" in shown.err
    assert "3/3" in shown.err
    assert "mae=" in shown.err
    assert shown.out == ""


def test_without_tqdm_or_with_progress_off_there_is_silence(capsys, monkeypatch):
    run(line(), progress=False)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    run(line(), progress=True)
    assert capsys.readouterr() == ("", "")


def test_training_needs_the_standard_library_only():
    code = """
import sys
sys.modules.update(numpy=None, tqdm=None, matplotlib=None, sklearn=None)
import nn
moons = nn.datasets.moons(40, seed=1)
history = nn.fit(nn.MLP(2, [4, 2], seed=1), *moons, loss="cross_entropy", lr=0.1, epochs=5)
assert history["loss"][-1] < history["loss"][0]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- resuming --------------------------------------------------------------------------------


def noisy_net():
    return nn.Sequential(nn.Linear(2, 6, seed=1), "tanh", nn.Dropout(0.3, seed=2), nn.Linear(6, 2))


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_resumed_run_continues_bit_for_bit(tmp_path, suffix, optimizer):
    if suffix == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"run.{suffix}"
    moons, more = nn.datasets.moons(30, seed=1), nn.datasets.moons(20, seed=2)

    def go(epochs, *callbacks, **options):
        model = noisy_net()
        model[3].load_state_dict({"weight": [[0.1] * 6, [-0.2] * 6], "bias": [0.0, 0.1]})
        history = nn.fit(
            model,
            *moons,
            loss="cross_entropy",
            optimizer=optimizer,
            lr=optim.schedules.cosine(0.05, 40),
            epochs=epochs,
            batch_size=7,
            validation_data=more,
            metrics="accuracy",
            callbacks=[*callbacks, nn.EarlyStopping(patience=90, restore_best=True)],
            seed=5,
            progress=False,
            **options,
        )
        del history.columns["seconds"]
        return model.state_dict(), history.columns

    straight = go(8, lambda run: None)
    go(3, nn.Checkpoint(path))
    assert go(8, nn.Checkpoint(path), resume=path) == straight


def test_a_finished_run_that_is_resumed_does_nothing_more(tmp_path):
    path = tmp_path / "run.json"
    model = line()
    history = run(model, epochs=2, callbacks=nn.Checkpoint(path))
    again = line()
    resumed = run(again, epochs=2, callbacks=nn.Checkpoint(path), resume=path)
    assert numbers(again) == numbers(model)
    assert resumed.columns == history.columns


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, r"a run with .*seed=0, and this one has .*seed=1"),
        ({"batch_size": 2}, r"batch_size=5, .* batch_size=2"),
        ({"metrics": "mae"}, r"recorded loss, lr, seconds, and this one records loss, mae"),
        ({"callbacks": ()}, r"with 1 callbacks, and this one has 0"),
        ({"optimizer": "adam"}, r"the state is of SGD, but this optimizer is Adam"),
    ],
)
def test_a_run_that_would_not_go_on_as_it_did_is_not_resumed(tmp_path, options, message):
    path = tmp_path / "run.json"
    run(line(), epochs=2, callbacks=nn.Checkpoint(path))
    model = line()
    with pytest.raises(ValueError, match=message):
        run(model, **{"callbacks": nn.Checkpoint(path), "resume": path, **options})
    assert numbers(model) == numbers(line())


def test_weights_without_a_run_are_not_resumed(tmp_path):
    nn.save(tmp_path / "weights.json", nn.MLP(1, [1]))
    with pytest.raises(ValueError, match=r"holds a model, but no training run"):
        run(nn.MLP(1, [1]), resume=tmp_path / "weights.json")


# --- bad input -------------------------------------------------------------------------------

NAN = float("nan")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": []}, ValueError, r"X is empty"),
        ({"X": [], "y": []}, ValueError, r"X is empty"),
        ({"X": X[:3]}, ValueError, r"X has 3 rows and y has 5 targets"),
        (
            {"X": [[1.0], [2.0], [1.0, 2.0], [1.0], [1.0]]},
            ValueError,
            r"row 0 has 1 number and row 2",
        ),
        (
            {"X": [[1.0], [NAN], [1.0], [1.0], [1.0]]},
            ValueError,
            r"X\[1\]\[0\] is nan \(row 1, column 0",
        ),
        (
            {"X": [[1.0], [1.0], [1.0], [1.0], ["a"]]},
            TypeError,
            r"X\[4\]\[0\] must be a real number",
        ),
        ({"X": [[1.0, 2.0]] * 5, "model": nn.MLP(1, [1])}, ValueError, r"1 inputs?, not 2"),
        ({"X": "abc"}, TypeError, r"X must be a sequence of samples, not str"),
        ({"X": 3.0}, TypeError, r"X must be a sequence of samples, not float"),
        ({"y": [1, 2, NAN, 3, 4]}, ValueError, r"y\[2\] is nan \(row 2\)"),
        (
            {"y": list("abcde")},
            ValueError,
            r"y has 5 names of classes, and the model has 1 outputs",
        ),
        ({"y": [[1.0, 2.0]] * 5}, ValueError, r"row 0, of target \[1.0, 2.0\]: "),
        ({"epochs": 0}, ValueError, r"epochs must be at least 1, not 0"),
        ({"epochs": 2.5}, TypeError, r"epochs must be a whole number, not 2.5"),
        ({"batch_size": 0}, ValueError, r"batch_size must be at least 1, not 0"),
        ({"batch_size": True}, TypeError, r"batch_size must be a whole number, not True"),
        ({"loss": "msee"}, ValueError, r"no loss is called 'msee'; there are mse"),
        ({"optimizer": "sgdd"}, ValueError, r"no optimizer 'sgdd'; known are sgd"),
        (
            {"optimizer": 3},
            TypeError,
            r"optimizer must be a name, an optimizer or its class, not 3",
        ),
        ({"lr": -1.0}, ValueError, r"lr must be at least 0, not -1"),
        ({"metrics": "acc"}, ValueError, r"no metric is called 'acc'"),
        (
            {"metrics": "accuracy"},
            TypeError,
            r"the metric 'accuracy' of row 0: an output must be a c",
        ),
        (
            {"metrics": "f1", "validation_data": ([[1.0]], [5.0])},
            ValueError,
            r"the metric 'f1' of validation row 0: binary targets are",
        ),
        ({"metrics": {"loss": "mae"}}, ValueError, r"a metric cannot be called 'loss'"),
        ({"metrics": ["mae", "mae"]}, ValueError, r"two metrics are called 'mae'"),
        ({"callbacks": [3]}, TypeError, r"callbacks\[0\] must be a Callback or a function"),
        (
            {"callbacks": nn.EarlyStopping()},
            ValueError,
            r"monitors 'val_loss', but the history has",
        ),
        ({"validation_data": 3}, TypeError, r"validation_data must be a pair"),
        ({"validation_data": ([[1.0]], [1, 2])}, ValueError, r"validation X has 1 rows"),
        ({"validation_data": ([], [])}, ValueError, r"validation X is empty"),
        ({"seed": -1}, ValueError, r"seed must be at least 0"),
        ({"compile": "yes"}, ValueError, r"compile must be 'auto', True or False, not 'yes'"),
        ({"model": 3}, TypeError, r"model must be callable"),
        ({"model": lambda x: x[0]}, TypeError, r"model must have parameters\(\)"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, error, message):
    model = line()
    optimizer = optim.SGD(model.parameters(), lr=0.125)
    arguments = {"model": model, "X": X, "y": Y, "optimizer": optimizer, **change}
    if callable(change.get("model")):
        arguments["optimizer"] = "sgd"
    with pytest.raises(error, match=message):
        run(**arguments)
    assert numbers(model) == numbers(line())
    assert optimizer.steps == 0
    assert model.training is True
    assert optimizer.lr == 0.125


@pytest.mark.parametrize("label", [3, -1, 1.5])
def test_a_label_outside_the_classes_is_named_before_anything_starts(label):
    model = nn.MLP(1, [3], seed=1)
    before = numbers(model)
    with pytest.raises((ValueError, TypeError), match=rf"row 3, of target {label}: .*{label}"):
        run(model, y=[0, 1, 2, label, 0], loss="cross_entropy")
    assert numbers(model) == before


def test_targets_may_be_nested():
    class Square(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(0.0)

        def forward(self, x):
            return [[self.w * v for v in row] for row in x]

    model = Square()
    rows = [[[1.0, 2.0], [3.0, 4.0]]]
    run(model, rows, [[[2.0, 4.0], [6.0, 8.0]]], lr=0.05, epochs=40)
    assert numbers(model) == pytest.approx([2.0])


def test_a_loss_that_drops_the_graph_is_refused():
    model = line()
    with pytest.raises(TypeError, match=r"loss must give a Value"):
        run(model, loss=lambda output, target: output.data - target)
    assert numbers(model) == numbers(line())


def test_trying_the_model_out_leaves_no_trace():
    model = noisy_net()
    with pytest.raises(ValueError, match=r"row 1, of target 2"):
        run(model, [[0.0, 1.0], [1.0, 0.0]], [0, 2], loss="cross_entropy")
    assert model[2].calls == 0
    assert model.training is True


def test_the_order_of_an_epoch_is_that_of_random_shuffle():
    for count in [*range(1, 40), 255, 256, 257, 1000]:
        expected = list(range(count))
        random.Random(f"3/{count}").shuffle(expected)
        assert data.shuffled(count, 3, count) == expected


@pytest.mark.parametrize("compiled", [True, False])
def test_the_model_has_what_was_trained_after_an_interruption_too(compiled):
    X, y = [[1.0], [2.0], [3.0], [4.0]], [2.0, 4.0, 6.0, 8.0]
    model = nn.MLP(1, [1], init=1.0)
    taken = []

    def rate(step):
        if step == 6:
            raise KeyboardInterrupt
        taken.append(step)
        return 0.01

    with pytest.raises(KeyboardInterrupt):
        nn.fit(model, X, y, loss="mse", optimizer="sgd", lr=rate, epochs=9, batch_size=2,
               progress=False, compile=compiled)  # fmt: skip
    moved = [p.data for p in model.parameters()]
    twin = nn.MLP(1, [1], init=1.0)
    nn.fit(twin, X, y, loss="mse", optimizer="sgd", lr=0.01, epochs=3, batch_size=2, progress=False)
    assert moved == pytest.approx([p.data for p in twin.parameters()], rel=1e-12)


# --- compiled or not -------------------------------------------------------------------------


class Seen(nn.Callback):
    def __init__(self):
        self.grads, self.losses = [], []

    def on_batch_end(self, run):
        self.grads.append([p.grad for p in run.model.parameters()])
        self.losses.append(run.loss)


def test_callbacks_see_the_batchs_gradients_before_they_were_clipped():
    def seen(compile):
        look, model = Seen(), line()
        optimizer = optim.Adam(model.parameters(), lr=0.1, clip_norm=0.01, clip_value=0.1)
        run(model, optimizer=optimizer, lr=None, callbacks=look, batch_size=2, compile=compile)
        return look.grads

    compiled, eager = seen(True), seen(False)
    for a, b in zip(compiled, eager, strict=True):
        assert a == pytest.approx(b, rel=1e-12)
    assert max(abs(g) for batch in compiled for g in batch) > 0.1


def test_an_optimizer_that_comes_again_goes_on_with_the_next_order():
    rows, targets = [[float(i)] for i in range(8)], [0.0] * 8
    options = {"X": rows, "y": targets, "lr": 0.0, "batch_size": 1}

    def orders(fits, epochs):
        model, look = line(), Seen()
        optimizer = optim.SGD(model.parameters(), lr=0.0)
        for _ in range(fits):
            run(model, optimizer=optimizer, epochs=epochs, callbacks=look, **options)
        return look.losses

    assert orders(3, 1) == orders(1, 3)
    first = orders(3, 1)
    assert first[:8] != first[8:16] != first[16:]


def test_an_optimizer_by_name_starts_anew_and_that_is_said_once(caplog):
    model, other = line(), line()
    for each in (model, other, model, model, other):
        run(each, optimizer="adam", epochs=1)
    messages = [record.message for record in caplog.records]
    assert len(messages) == 2
    assert all("another Adam, which starts anew" in message for message in messages)


def test_class_numbers_may_come_as_floats_and_are_trained_compiled():
    X, y = nn.datasets.moons(40, seed=0)

    def trained(y):
        model = nn.MLP(2, [4, 2], seed=0)
        history = run(model, X, y, loss="cross_entropy", compile=True, epochs=3)
        return [*numbers(model), *history["loss"]]

    assert trained([float(label) for label in y]) == trained(y)


def test_what_can_no_longer_be_compiled_goes_on_eagerly_and_the_log_says_why(caplog):
    def trained(compile):
        class Counting(nn.Module):
            def __init__(self):
                self.w, self.counts, self.calls = nn.Parameter(1.0), False, 0

            def forward(self, x):
                if self.counts:
                    self.calls += 1
                return self.w * x[0] * (1.0 + 0.01 * self.calls)

        model = Counting()

        def switch(run):
            model.counts = run.epoch >= 2

        history = run(model, callbacks=switch, epochs=4, batch_size=2, compile=compile)
        return [*numbers(model), model.calls, *history["loss"]]

    expected = trained(False)
    assert not caplog.records
    assert trained("auto") == pytest.approx(expected, rel=1e-12)
    assert "a call of the model or the loss changes model.calls" in caplog.text
    with pytest.raises(nn.CannotCompile, match=r"changes model\.calls"):
        trained(True)


def test_hooks_that_come_in_a_run_are_called():
    def trained(compile):
        model = line()

        def still(run):
            if run.epoch == 2:
                model.slope.register_hook(lambda gradient: 0.0 * gradient)

        run(model, callbacks=still, epochs=4, compile=compile)
        return numbers(model)

    assert trained("auto") == pytest.approx(trained(False), rel=1e-12)


def test_validation_is_of_the_model_as_it_is():
    class Norm(nn.Module):
        buffers = ("mean",)

        def __init__(self):
            self.w, self.mean = nn.Parameter(1.0), 0.0

        def forward(self, x):
            if self.training:
                self.mean = 0.9 * self.mean + 0.1 * x[0]
            return self.w * (x[0] - self.mean)

    rows, targets, model = [[i / 10] for i in range(120)], [0.0] * 120, Norm()
    history = run(model, rows, targets, lr=0.0, epochs=3, validation_data=(rows, targets))
    right = nn.evaluate(model, rows, targets, loss="mse")["loss"]
    assert history["val_loss"][-1] == pytest.approx(right, rel=1e-12)
    assert len(set(history["val_loss"])) == 3
