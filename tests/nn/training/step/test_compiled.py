from __future__ import annotations

import logging
import math
import random
from functools import partial

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.compiler.training import Recording
from nn import CannotCompile, optim
from nn.training.step import recorded
from nn.training.step.compiled import AutoStep, compile_step
from nn.training.step.eager import DivergenceError, EagerStep

RNG = np.random.default_rng(0)

OPTIMIZERS = [
    (optim.SGD, {"lr": 0.1}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (optim.Adam, {"lr": 0.01}),
    (optim.Adam, {"lr": 0.01, "bias_correction": False, "weight_decay": 0.1}),
    (optim.AdamW, {"lr": 0.01}),
    (optim.RMSprop, {"lr": 0.01}),
    (optim.Adagrad, {"lr": 0.01}),
    (optim.SGD, {"lr": 0.1, "clip_norm": 0.05}),
    (optim.SGD, {"lr": 0.1, "clip_norm": 50.0}),
    (optim.SGD, {"lr": 0.1, "clip_value": 0.01}),
    (optim.SGD, {"lr": optim.schedules.cosine(0.1, 20)}),
]


def data(loss, samples=10, inputs=3, outputs=4):
    X = RNG.normal(size=(samples, inputs)).tolist()
    if loss in {"cross_entropy", "nll"}:
        y = RNG.integers(0, outputs, samples).tolist()
    elif loss == "hinge":
        y = RNG.choice([-1.0, 1.0], (samples, outputs)).tolist()
    elif loss.startswith("binary"):
        y = RNG.choice([0.0, 1.0], (samples, outputs)).tolist()
    else:
        y = RNG.normal(size=(samples, outputs)).tolist()
    return X, y


def pair(kind, options, loss, activation="tanh", sizes=(5, 4)):
    """A compiled and an eager step on twins of one model."""
    steps = []
    for make in (compile_step, lambda m, x, o: EagerStep(m, nn.losses.get(x), o)):
        model = nn.MLP(3, list(sizes), activation=activation, seed=1)
        if loss == "binary_cross_entropy":
            model = nn.Sequential(model, nn.Sigmoid())
        if loss == "nll":
            model = nn.Sequential(model, nn.LogSoftmax())
        steps.append((make(model, loss, kind(model.parameters(), **options)), model))
    return steps


@pytest.mark.parametrize(("kind", "options"), OPTIMIZERS)
def test_compiled_steps_follow_the_eager_ones_with_every_optimizer(kind, options):
    X, y = data("cross_entropy")
    (compiled, model), (eager, twin) = pair(kind, options, "cross_entropy")
    for size in (10, 10, 7, 10, 1, 10):
        assert compiled(X[:size], y[:size]) == pytest.approx(eager(X[:size], y[:size]), rel=1e-12)
    compiled.sync()
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        assert a.data == pytest.approx(b.data, rel=1e-11, abs=1e-13)
    ours, theirs = compiled.optimizer.state_dict(), eager.optimizer.state_dict()
    assert ours["steps"] == theirs["steps"]
    for mine, other in zip(ours["state"], theirs["state"], strict=True):
        for name in mine:
            assert mine[name] == pytest.approx(other[name], rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("loss", sorted(nn.losses.LOSSES))
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_every_loss_compiles(loss, activation):
    X, y = data(loss)
    (compiled, _), (eager, _) = pair(optim.Adam, {"lr": 0.01}, loss, activation)
    for _ in range(3):
        assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-11)


def test_arrays_are_taken_as_they_are():
    X, y = data("mse")
    (compiled, _), (eager, _) = pair(optim.SGD, {"lr": 0.1}, "mse")
    assert compiled(np.array(X), np.array(y)) == pytest.approx(eager(X, y), rel=1e-12)


def test_what_others_do_to_parameters_after_a_sync_counts():
    X, y = data("mse")
    (compiled, model), (eager, twin) = pair(optim.Adam, {"lr": 0.1}, "mse")
    for step in (compiled, eager):
        step(X, y)
        step.sync()
    for net in (model, twin):
        for parameter in net.parameters():
            parameter.data = 0.5 * parameter.data
    assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-12)


def test_float32_is_as_good_as_float32():
    X, y = data("cross_entropy")
    model = nn.MLP(3, [5, 4], seed=1)
    twin = nn.MLP(3, [5, 4], seed=1)
    single = compile_step(model, "cross_entropy", optim.SGD(model.parameters(), lr=0.1), "float32")
    double = compile_step(twin, "cross_entropy", optim.SGD(twin.parameters(), lr=0.1))
    for _ in range(5):
        assert single(X, y) == pytest.approx(double(X, y), rel=1e-5)


def test_the_number_of_instructions_depends_on_layers_and_not_on_widths_or_batch():
    counts = set()
    for width, batch in ((16, 10), (40, 33), (128, 64)):
        model = nn.MLP(20, [width, width, 9], seed=0)
        step = compile_step(model, "cross_entropy", optim.SGD(model.parameters()))
        X, y = data("cross_entropy", batch, 20, 9)
        step(X, y)
        counts.add(len(step.program.instructions))
    assert len(counts) == 1
    assert counts.pop() < 60


def test_a_diverging_step_leaves_everything_as_it_was_and_names_the_node():
    model = nn.MLP(1, [1], init=1.0)
    optimizer = optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    step = compile_step(model, "mse", optimizer)
    step([[1.0]], [0.0])
    step.sync()
    before = [p.data for p in model.parameters()], optimizer.state_dict()
    with pytest.raises(DivergenceError, match="inf"):
        step([[1e200]], [0.0])
    assert ([p.data for p in model.parameters()], optimizer.state_dict()) == before


def test_a_model_that_cannot_be_recorded_trains_eagerly_and_the_log_says_why(caplog):
    w = nn.Parameter(2.0)

    def branching(x):
        return w * x[0] if x[0] > 0 else -w * x[0]

    rows, targets = [[1.0], [-1.0]], [1.0, 1.0]
    with caplog.at_level(logging.WARNING, "nn"):
        nn.fit(
            branching, rows, targets, loss="mse", optimizer=optim.SGD([w], lr=0.1), progress=False
        )
    (record,) = caplog.records
    assert "training eagerly" in record.message
    assert "branch" in record.message
    assert abs(w.data - 1.0) < 0.2
    with pytest.raises(CannotCompile, match="branch"):
        nn.fit(
            branching,
            rows,
            targets,
            loss="mse",
            optimizer=optim.SGD([w]),
            progress=False,
            compile=True,
        )


def test_a_model_that_keeps_count_by_itself_is_left_to_the_eager_step(caplog):
    class Counting(nn.Module):
        buffers = ("seen",)

        def __init__(self):
            self.w = nn.Parameter(1.0)
            self.seen = 0

        def forward(self, x):
            self.seen += 1
            return self.w * x[0]

    model = Counting()
    step = AutoStep(model, nn.losses.get("mse"), optim.SGD(model.parameters()))
    assert step([[1.0], [3.0]], [1.0, 1.0]) == 2.0
    assert "a call of the model or the loss changes model.seen" in caplog.text
    assert model.seen == 2


def test_a_model_that_decides_by_a_number_it_froze_is_caught():
    w = nn.Parameter(2.0)
    calls = []

    def fickle(x):
        calls.append(1)
        return w * x[0] * len(calls)

    with pytest.raises(CannotCompile, match="changes calls of model"):
        compile_step(fickle, "mse", optim.SGD([w]))([[1.0]], [0.0])


def test_a_rule_of_ones_own_is_compiled_and_one_that_cannot_be_runs_on_arrays():
    class Signs(optim.Optimizer):
        def update(self, p, g, s, h):
            return p - h.lr * np.sign(g), {}

    class Clipped(optim.Optimizer):
        def update(self, p, g, s, h):
            return p - h.lr * np.clip(g, -0.1, 0.1), {}

    X, y = data("mse")
    for kind in (Signs, Clipped):
        (compiled, _), (eager, _) = pair(kind, {"lr": 0.1}, "mse")
        for _ in range(4):
            assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-10)


def test_groups_keep_their_own_hyper_parameters_which_may_change():
    X, y = data("mse")
    found = []
    for eager in (False, True):
        model = nn.MLP(3, [5, 4], seed=1)
        first, last = model.layers
        optimizer = optim.Adam(
            [{"params": first.parameters(), "lr": 0.1}, {"params": last.parameters()}], lr=0.01
        )
        loss = nn.losses.get("mse")
        step = EagerStep(model, loss, optimizer) if eager else compile_step(model, loss, optimizer)
        losses = [step(X, y) for _ in range(3)]
        optimizer.param_groups[0]["weight_decay"] = 0.5
        found.append(losses + [step(X, y) for _ in range(3)])
    assert found[0] == pytest.approx(found[1], rel=1e-10)


def test_fit_gives_the_same_history_compiled_and_eager():
    moons = nn.datasets.moons(60, noise=0.1, seed=1)
    histories = []
    for compiled in (True, False):
        model = nn.MLP(2, [8, 2], activation="tanh", seed=1)
        history = nn.fit(
            model, *moons, loss="cross_entropy", lr=0.1, epochs=5, batch_size=7, progress=False,
            validation_data=nn.datasets.moons(120, seed=2), metrics="accuracy", compile=compiled,
        )  # fmt: skip
        histories.append(history)
    for name in ("loss", "val_loss", "val_accuracy"):
        assert histories[0][name] == pytest.approx(histories[1][name], rel=1e-9)


def test_a_penalty_made_in_the_loss_from_parameters_alone_is_trained_too():
    X, y = data("mse")
    found = []
    for eager in (False, True):
        model = nn.MLP(3, [5, 4], seed=1)
        parameters = model.parameters()

        def loss(output, target, parameters=parameters):
            return nn.losses.mse(output, target) + 0.01 * ag.sum([p * p for p in parameters])

        optimizer = optim.SGD(parameters, lr=0.1)
        step = EagerStep(model, loss, optimizer) if eager else compile_step(model, loss, optimizer)
        found.append([step(X, y) for _ in range(4)])
    assert found[0] == pytest.approx(found[1], rel=1e-11)


# --- what may happen between two steps -------------------------------------------------------


def change_rate(optimizer):
    optimizer.lr = 0.07


def change_momentum(optimizer):
    optimizer.param_groups[0]["momentum"] = 0.5


def change_decay_of_the_last_group(optimizer):
    optimizer.param_groups[-1]["weight_decay"] = 0.3


def change_to_a_schedule(optimizer):
    optimizer.lr = lambda step: 0.1 / (1 + step)


def change_groups_whole(optimizer):
    optimizer.param_groups[0] = {**optimizer.param_groups[0], "lr": 0.02, "weight_decay": 0.1}


def clip_from_now_on(optimizer):
    optimizer.clip_norm = 0.01


def clip_each_from_now_on(optimizer):
    optimizer.clip_value = 0.01


def load_a_state(optimizer):
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        group["lr"] = 0.03
    optimizer.load_state_dict(state)


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "change",
    [
        change_rate,
        change_momentum,
        change_decay_of_the_last_group,
        change_to_a_schedule,
        change_groups_whole,
        clip_from_now_on,
        clip_each_from_now_on,
        load_a_state,
    ],
)
def test_what_is_done_to_the_optimizer_between_two_steps_takes_effect(change, groups, synced):
    X, y = data("mse")
    found = []
    for eager in (False, True):
        model = nn.MLP(3, [5, 4], seed=1)
        layers = [layer.parameters() for layer in model.layers]
        listed = [{"params": part} for part in layers] if groups == 2 else model.parameters()
        optimizer = optim.SGD(listed, lr=0.1, momentum=0.9)
        loss = nn.losses.get("mse")
        step = EagerStep(model, loss, optimizer) if eager else compile_step(model, loss, optimizer)
        losses = []
        for turn in range(8):
            losses.append(step(X, y))
            if turn == 2:
                if synced or change is load_a_state:  # which is the optimizer's after a sync only
                    step.sync()
                change(optimizer)
        step.sync()
        losses += [p.data for p in model.parameters()]
        found.append((losses, optimizer.state_dict()))
    (ours, state), (theirs, expected) = found
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert state["steps"] == expected["steps"] == 8
    for mine, other in zip(state["state"], expected["state"], strict=True):
        assert mine["v"] == pytest.approx(other["v"], rel=1e-8)


def test_hyper_parameters_changed_in_place_take_effect():
    X, y = data("mse")
    found = []
    for eager in (False, True):
        model = nn.MLP(3, [5, 4], seed=1)
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        betas = [0.9, 0.999]
        optimizer.param_groups[0]["betas"] = betas
        rate = np.array(0.1)
        optimizer.param_groups[0]["lr"] = rate
        loss = nn.losses.get("mse")
        step = EagerStep(model, loss, optimizer) if eager else compile_step(model, loss, optimizer)
        losses = [step(X, y) for _ in range(3)]
        betas[0] = 0.5
        losses += [step(X, y) for _ in range(3)]
        rate[()] = 0.01
        found.append(losses + [step(X, y) for _ in range(3)])
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_an_optimizer_with_its_own_look_up_of_hyper_parameters_is_asked_at_every_step():
    class Warming(optim.SGD):
        def hyper_parameters(self, group):
            h = super().hyper_parameters(group)
            h.lr *= min(h.t / 5, 1.0)
            return h

    X, y = data("mse")
    (compiled, _), (eager, _) = pair(Warming, {"lr": 0.2}, "mse")
    for _ in range(7):
        assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-11)


def test_a_schedule_that_fails_stops_the_step_and_nothing_has_moved():
    X, y = data("mse")
    model = nn.MLP(3, [5, 4], seed=1)
    optimizer = optim.Adam(model.parameters(), lr=lambda step: 0.1 if step < 2 else -1.0)
    step = compile_step(model, "mse", optimizer)
    step(X, y)
    step(X, y)
    step.sync()
    before = [p.data for p in model.parameters()], optimizer.state_dict()
    with pytest.raises(ValueError, match=r"lr\(step=2\)"):
        step(X, y)
    step.sync()
    assert ([p.data for p in model.parameters()], optimizer.state_dict()) == before
    optimizer.lr = 0.1
    step(X, y)
    assert optimizer.steps == 3


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.RMSprop])
def test_a_step_that_diverges_after_others_leaves_what_they_left(kind):
    X, y = data("mse")
    (compiled, model), (eager, twin) = pair(kind, {"lr": 0.1}, "mse")
    bad = [*X[:-1], [1e308, 1e308, 1e308]]
    far = [*y[:-1], [1e300] * 4]
    for step in (compiled, eager):
        for _ in range(3):
            step(X, y)
        for inputs, targets in ((X, far), (bad, far)):
            with pytest.raises(DivergenceError):
                step(inputs, targets)
        step.sync()
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        assert a.data == pytest.approx(b.data, rel=1e-11)
    ours, theirs = compiled.optimizer.state_dict(), eager.optimizer.state_dict()
    assert ours["steps"] == theirs["steps"] == 3
    for name, column in ours["state"][0].items():
        assert column == pytest.approx(theirs["state"][0][name], rel=1e-9, abs=1e-15)
    assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-11)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_parameter_that_is_not_finite_stops_the_step_even_if_no_loss_shows_it(bad):
    found = []
    for compiled in (True, False):
        w, idle = nn.Parameter(1.0), nn.Parameter(2.0)

        def model(x, w=w):
            return w * x[0]

        optimizer = optim.SGD([w, idle], lr=0.1)
        loss = nn.losses.get("mse")
        step = (
            compile_step(model, loss, optimizer) if compiled else EagerStep(model, loss, optimizer)
        )
        step([[1.0]], [0.0])
        step.sync()
        idle.data = bad
        with pytest.raises(DivergenceError, match="parameter 1") as caught:
            step([[1.0]], [0.0])
        found.append((str(caught.value), w.data, optimizer.steps))
    assert found[0] == found[1]


def test_two_data_sets_of_one_step_do_not_get_into_each_others_way():
    (compiled, _), (eager, _) = pair(optim.Adam, {"lr": 0.01}, "mse")
    sets = [data("mse", 10), data("mse", 10), data("mse", 4)]
    ours = [compiled.on(X, y) for X, y in sets]
    for which, chosen in [(0, None), (0, None), (1, None), (0, None), (0, [3, 1]), (2, None),
                          (1, range(10)), (0, None), (1, [9, 0]), (2, None), (1, None)]:  # fmt: skip
        X, y = sets[which]
        at = range(len(X)) if chosen is None else chosen
        expected = eager([X[i] for i in at], [y[i] for i in at])
        assert ours[which](chosen) == pytest.approx(expected, rel=1e-11)
        X, y = sets[1]
        assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-11)


def test_floating_point_settings_of_the_user_do_not_matter_to_a_step():
    X, y = data("cross_entropy")
    (compiled, _), (eager, _) = pair(optim.Adam, {"lr": 0.01}, "cross_entropy", "relu")
    with np.errstate(all="raise"):
        for _ in range(3):
            assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-11)


def test_recording_asks_a_loss_that_wants_a_class_only_once_for_the_whole_model(monkeypatch):
    made = []

    def counting(*args):
        made.append(Recording(*args))
        return made[-1]

    monkeypatch.setattr(recorded, "Recording", counting)
    X, y = data("cross_entropy")
    model = nn.MLP(3, [5, 4], seed=1)
    step = compile_step(model, "cross_entropy", optim.SGD(model.parameters(), lr=0.1))
    step(X, y)
    assert len(made) == step.recordings == 1


# --- what is trained may change ------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*nn.optim.OPTIMIZERS.values()])
def test_freezing_and_adding_parameters_in_a_run_is_as_in_an_eager_one(kind):
    X, y = nn.datasets.moons(20, seed=1)

    def trained(compile):
        model = nn.MLP(2, [4, 2], seed=0)
        first, last = model.layers
        optimizer = kind(last.parameters(), lr=0.01, weight_decay=0.1, clip_norm=1.0)

        gradients = []

        class Unfreeze(nn.Callback):
            def on_batch_end(self, run):
                count = run.optimizer.steps
                gradients.extend(p.grad for p in run.optimizer.parameters())
                if count == 3:
                    optimizer.add_param_group({"params": first.parameters(), "lr": 0.005})
                    first.neurons[1].requires_grad_(False)
                elif count == 6:
                    first.neurons[1].requires_grad_(True)
                    last.requires_grad_(False)
                elif count == 9:
                    model.requires_grad_(False)
                elif count == 11:
                    model.requires_grad_(True)

        history = nn.fit(
            model, X, y, loss="cross_entropy", optimizer=optimizer, batch_size=5, epochs=4,
            callbacks=Unfreeze(), compile=compile, progress=False,
        )  # fmt: skip
        numbers = [p.data for p in model.parameters()]
        return [*numbers, *history["loss"], *gradients], optimizer.state_dict()

    (compiled, its), (eager, theirs) = trained(True), trained(False)
    assert compiled == pytest.approx(eager, rel=1e-9, abs=1e-12)
    assert its["steps"] == theirs["steps"]
    for a, b in zip(its["state"], theirs["state"], strict=True):
        for name, numbers in a.items():
            assert numbers == pytest.approx(b[name], rel=1e-9, abs=1e-12)


def test_a_compiled_amsgrad_and_ascent_are_as_the_eager_ones():
    X, y = nn.datasets.moons(20, seed=1)

    def trained(compile, **options):
        model = nn.MLP(2, [4, 2], seed=0)
        optimizer = nn.optim.Adam(model.parameters(), lr=0.05, betas=(0.5, 0.6), **options)
        nn.fit(
            model, X, y, loss="cross_entropy", optimizer=optimizer, batch_size=5, epochs=4,
            compile=compile, progress=False,
        )  # fmt: skip
        return [p.data for p in model.parameters()]

    for options in ({"amsgrad": True}, {"maximize": True}):
        assert trained(True, **options) == pytest.approx(trained(False, **options), rel=1e-9)
        assert trained(True, **options) != pytest.approx(trained(True), rel=1e-3)


# --- options of losses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"weight": [1.0, 3.0, 0.5]},
        {"label_smoothing": 0.1},
        {"ignore_index": -100},
        {"ignore_index": 2, "weight": [1.0, 2.0, 1.0], "label_smoothing": 0.1},
    ],
)
@pytest.mark.parametrize("compile", [True, "auto"])
def test_cross_entropy_with_options_compiles(options, compile, caplog):
    X, y = nn.datasets.moons(24, seed=1)
    if "ignore_index" in options:
        y = [options["ignore_index"] if i % 3 == 0 else label for i, label in enumerate(y)]

    def trained(compile):
        model = nn.MLP(2, [4, 3], seed=0)
        loss = partial(nn.losses.cross_entropy, **options)
        history = nn.fit(
            model, X, y, loss=loss, lr=0.05, batch_size=4, epochs=3, compile=compile, progress=False
        )
        return [*(p.data for p in model.parameters()), *history["loss"]]

    assert trained(compile) == pytest.approx(trained(False), rel=1e-9)
    assert not caplog.records


@pytest.mark.parametrize("options", [{}, {"ignore_index": 2}, {"ignore_index": -1}])
def test_a_class_after_each_step_of_a_sequence_compiles(options, caplog):
    rng = random.Random(0)
    X = [[[rng.gauss(0.0, 1.0)] for _ in range(4)] for _ in range(12)]
    y = [[rng.choice([0, 1, options.get("ignore_index", 2)]) for _ in range(4)] for _ in range(12)]
    y[7] = [options.get("ignore_index", 2)] * 4

    class Tagger(nn.Module):
        def __init__(self):
            self.over, self.out = nn.RNN(1, 3, seed=0), nn.Linear(3, 3, seed=1)

        def forward(self, xs):
            return [self.out(h) for h in self.over(xs)[0]]

    def trained(compile, loss):
        model = Tagger()
        history = nn.fit(
            model, X, y, loss=loss, lr=0.05, batch_size=4, epochs=3, compile=compile, progress=False
        )
        return [*(p.data for p in model.parameters()), *history["loss"]]

    eager = trained(False, partial(nn.losses.cross_entropy, **options))
    for loss in (
        partial(nn.losses.cross_entropy, **options),
        lambda o, t: nn.losses.cross_entropy(o, t, **options),
    ):
        assert trained("auto", loss) == pytest.approx(eager, rel=1e-9)
        assert bool(caplog.records) == (options.get("ignore_index") == -1 and "lambda" in str(loss))


def test_an_ignored_class_is_ignored_however_the_loss_is_written():
    X, y = nn.datasets.moons(60, seed=1)
    y = [7 if i == 59 else i % 7 for i in range(60)]  # the ignored comes where nobody looks first

    def trained(compile):
        model = nn.MLP(2, [4, 8], seed=0)
        nn.fit(
            model, X, y, loss=lambda o, t: nn.losses.cross_entropy(o, t, ignore_index=7), lr=0.05,
            batch_size=4, epochs=2, compile=compile, progress=False,
        )  # fmt: skip
        return [p.data for p in model.parameters()]

    assert trained(True) == pytest.approx(trained(False), rel=1e-9)


def test_a_weighted_mean_over_a_sequence_trains_eagerly_and_says_why(caplog):
    loss = partial(nn.losses.cross_entropy, weight=[1.0, 2.0])
    model = nn.Linear(1, 2, seed=0)
    nn.fit(
        lambda xs: [model(x) for x in xs], [[[0.5], [1.0]]], [[0, 1]], loss=loss, epochs=1,
        optimizer=nn.optim.SGD(model.parameters()), progress=False,
    )  # fmt: skip
    assert "by what a weighted mean is divided" in caplog.text


# --- what is read from Python may change ---------------------------------------------------------


def test_after_a_sync_a_step_follows_what_the_loss_reads():
    X, y = data("mse")
    weight = [1.0]

    def loss(output, target):
        return weight[0] * nn.losses.mse(output, target)

    model, twin = (nn.MLP(3, [5, 4], seed=1) for _ in range(2))
    compiled = compile_step(model, loss, optim.SGD(model.parameters(), lr=0.1))
    eager = EagerStep(twin, loss, optim.SGD(twin.parameters(), lr=0.1))
    for weight[0] in (1.0, 0.5, 0.25, 0.0, -1.0):
        assert compiled(X, y) == pytest.approx(eager(X, y), rel=1e-12)
        compiled.sync()
        for a, b in zip(model.parameters(), twin.parameters(), strict=True):
            assert a.data == pytest.approx(b.data, rel=1e-11)
            assert a.grad == pytest.approx(b.grad, rel=1e-11, abs=1e-14)
    assert compiled.recordings == 5
    program = compiled.program
    weight[0] = 3.0
    compiled(X, y)
    assert compiled.program is program, "a number that changes is read, and compiled once"


def test_a_learning_rate_that_does_more_sees_the_parameters_and_gradients_of_its_step():
    X, y = data("mse")

    def trained(step):
        seen = []
        model = nn.MLP(3, [5, 4], seed=1)

        def rate(count):
            seen.append([x for p in model.parameters() for x in (p.data, p.grad)])
            model.layers[0].neurons[0].b.label = "seen"
            return 0.1 / (1 + count)

        advance = step(model, nn.losses.get("mse"), optim.SGD(model.parameters(), lr=rate))
        for _ in range(4):
            advance(X, y)
        return seen

    compiled, eager = trained(compile_step), trained(EagerStep)
    assert len(compiled) == len(eager) == 4, "asked once a step"
    for a, b in zip(compiled, eager, strict=True):
        assert a == pytest.approx(b, rel=1e-11, abs=1e-14)
