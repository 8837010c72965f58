"""What all optimizers share: groups, checks, schedules, resuming."""

from __future__ import annotations

import copy
import inspect
import json
import math
import pickle
from typing import ClassVar

import pytest

import nn
from autograd import Value
from nn import optim


def quartic(xs):
    return sum((x - 0.3 * i) ** 4 + x * x for i, x in enumerate(xs))


def descend(optimizer, xs, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        quartic(xs).backward()
        optimizer.step()
    return [x.data for x in xs]


def leaves(n=4):
    return [Value(1.0 + 0.1 * i) for i in range(n)]


class Momentum(optim.Optimizer):
    """The example of the documentation."""

    state_names = ("v",)
    defaults: ClassVar = {"lr": 0.01, "momentum": 0.9}

    def update(self, p, g, s, h):
        v = h.momentum * s.v + g
        return p - h.lr * v, {"v": v}


ALL = [*optim.OPTIMIZERS.values(), Momentum]


# --- rules -----------------------------------------------------------------------------------


def test_an_optimizer_of_ones_own_is_as_good_as_a_built_in_one(backend):
    a, b = leaves(), leaves()
    assert descend(Momentum(a, lr=0.02), a, 30) == descend(
        optim.SGD(b, lr=0.02, momentum=0.9), b, 30
    )


@pytest.mark.parametrize("kind", ALL)
def test_floats_and_arrays_agree(kind, monkeypatch):
    a = leaves()
    with_numpy = descend(kind(a, lr=0.01), a, 30)
    monkeypatch.setattr("nn.optim.optimizer._numpy_or_none", lambda: None)
    b = leaves()
    assert descend(kind(b, lr=0.01), b, 30) == pytest.approx(with_numpy, rel=1e-14)


def test_a_rule_may_count_steps_and_answer_a_constant(backend):
    class Clock(optim.Optimizer):
        state_names = ("last",)

        def update(self, p, g, s, h):
            return 1.0 * h.t, {"last": 7.0}

    xs = leaves(3)
    optimizer = Clock(xs)
    assert descend(optimizer, xs, 2) == [2.0, 2.0, 2.0]
    assert optimizer.state_dict()["state"] == [{"last": [7.0, 7.0, 7.0]}]


def test_a_rule_that_forgets_its_state_is_refused(backend):
    class Forgetful(optim.Optimizer):
        state_names = ("v",)

        def update(self, p, g, s, h):
            return p - h.lr * g, {}

    xs = leaves()
    with pytest.raises(TypeError, match=r"Forgetful.update must return .* the new state \(v\)"):
        Forgetful(xs).step()
    assert [x.data for x in xs] == [x.data for x in leaves()]


def test_a_rule_that_needs_one_number_at_a_time_is_told_how_to_write_it():
    class Rooted(optim.Optimizer):
        def update(self, p, g, s, h):
            return p - h.lr * math.sqrt(g * g), {}

    with pytest.raises(TypeError) as caught:
        Rooted(leaves()).step()
    assert "** 0.5 for math.sqrt" in caught.value.__notes__[0]


def test_a_rule_that_works_in_place_is_told_not_to():
    class Hasty(optim.Optimizer):
        def update(self, p, g, s, h):
            p -= h.lr * g
            return p, {}

    xs = leaves()
    with pytest.raises(ValueError, match=r"read-only") as caught:
        Hasty(xs).step()
    assert "v = v + g, not v += g" in caught.value.__notes__[0]
    assert [x.data for x in xs] == [x.data for x in leaves()]


def test_a_rule_may_keep_its_arguments(backend):
    class Keeper(optim.Optimizer):
        state_names = ("last", "before")

        def update(self, p, g, s, h):
            return p - h.lr * g, {"last": g, "before": s.last}

    optimizer = Keeper(leaves(2))
    numbers, gradients = optimizer._flat([1.0, 2.0]), optimizer._flat([3.0, 4.0])
    optimizer.advance(numbers, gradients)
    gradients[0] = 5.0  # whoever calls may use its arrays again
    optimizer.advance(numbers, gradients)
    assert optimizer.state_dict()["state"] == [{"last": [5.0, 4.0], "before": [3.0, 4.0]}]


def test_a_rule_that_is_missing_is_named():
    class Nothing(optim.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing does not define update"):
        Nothing(leaves()).step()


def test_a_subclass_of_an_optimizer_keeps_its_hyper_parameters():
    class Slow(optim.SGD):
        defaults: ClassVar = {"lr": 1e-6, "patience": 3.0}

    optimizer = Slow(leaves(), momentum=0.5)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["momentum"], group["patience"]) == (1e-6, 0.5, 3.0)
    with pytest.raises(ValueError, match=r"momentum must be at least 0, not -1"):
        Slow(leaves(), momentum=-1.0)


def test_help_shows_the_hyper_parameters():
    assert str(inspect.signature(optim.SGD)) == (
        "(params, lr=0.001, *, momentum=0.0, weight_decay=0.0, nesterov=False, "
        "maximize=False, clip_value=None, clip_norm=None)"
    )


def test_repr_tells_the_settings():
    shown = repr(optim.SGD(leaves(), lr=optim.schedules.cosine(0.1, 10), momentum=0.5))
    assert shown == (
        "SGD(4 parameters, lr=schedule, momentum=0.5, weight_decay=0.0, nesterov=False)"
    )


# --- parameters and groups -------------------------------------------------------------------


def test_groups_have_hyper_parameters_of_their_own(backend):
    slow, fast = leaves(2), leaves(2)
    optimizer = optim.SGD([{"params": slow, "lr": 0.0}, {"params": fast, "momentum": 0.5}], lr=0.01)
    descend(optimizer, slow + fast, 5)
    alone = leaves(2)
    own = optim.SGD(alone, lr=0.01, momentum=0.5)
    for _ in range(5):
        own.zero_grad()
        sum((x - 0.3 * i) ** 4 + x * x for i, x in enumerate(alone, start=2)).backward()
        own.step()
    assert [x.data for x in slow] == [x.data for x in leaves(2)]
    assert [x.data for x in fast] == [x.data for x in alone]


def test_the_learning_rate_can_be_changed_between_steps(backend):
    xs = leaves()
    optimizer = optim.SGD(xs, lr=0.5)
    optimizer.lr = 0.25
    assert optimizer.lr == optimizer.param_groups[0]["lr"] == 0.25
    xs[0].grad = 1.0
    optimizer.step()
    assert xs[0].data == 0.75
    with pytest.raises(ValueError, match=r"lr must be at least 0, not -1"):
        optimizer.lr = -1.0


def test_zero_grad_sets_every_gradient_to_zero_and_may_be_repeated():
    xs = leaves()
    optimizer = optim.SGD(xs)
    quartic(xs).backward()
    for _ in range(2):
        optimizer.zero_grad()
        assert [x.grad for x in xs] == [0.0] * 4


def test_a_generator_of_parameters_will_do():
    assert len(optim.SGD(x for x in leaves()).parameters()) == 4


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, r"params is empty"),
        ([{"params": []}], ValueError, r"params\[0\] is empty"),
        ([1.0], TypeError, r"params\[0\] must be a Value, not float"),
        (Value(1.0), TypeError, r"params must be a sequence of Values, not Value"),
        ([Value(1.0) + 1], TypeError, r"params\[0\] was computed \(add\)"),
        ([{"params": leaves()}, 3], TypeError, r"params\[1\] must be a dict with 'params'"),
        ([{"lr": 1}], TypeError, r"params\[0\] must be a dict with 'params'"),
    ],
)
def test_parameters_that_cannot_be_optimized_are_refused(params, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(params)


def test_a_model_in_place_of_its_parameters_is_refused_with_advice():
    class Model:
        def parameters(self):
            return leaves()

    with pytest.raises(TypeError, match=r"not Model; pass \.parameters\(\)"):
        optim.SGD(Model())


def test_a_parameter_that_comes_twice_is_refused():
    x, y = leaves(2)
    with pytest.raises(ValueError, match=r"params\[2\] is the same Value as params\[0\]"):
        optim.SGD([x, y, x])
    with pytest.raises(ValueError, match=r"params\[1\]\[0\] is the same Value as params\[0\]\[1\]"):
        optim.SGD([{"params": [x, y]}, {"params": [y]}])


@pytest.mark.parametrize(
    ("kind", "hyper", "error", "message"),
    [
        (optim.SGD, {"lr": -0.1}, ValueError, r"lr must be at least 0, not -0.1"),
        (optim.SGD, {"lr": math.nan}, ValueError, r"lr must be finite, not nan"),
        (optim.SGD, {"lr": "0.1"}, TypeError, r"lr must be a number, not '0.1'"),
        (optim.SGD, {"lr": Value(0.1)}, TypeError, r"lr must be a number, not Value"),
        (optim.SGD, {"beta": 0.9}, TypeError, r"no hyper-parameter 'beta'; it has lr, momentum"),
        (optim.SGD, {"nesterov": 1}, TypeError, r"nesterov must be True or False, not 1"),
        (optim.SGD, {"nesterov": True}, ValueError, r"nesterov=True needs a momentum above 0"),
        (optim.Adam, {"betas": 0.9}, TypeError, r"betas must be 2 numbers, not 0.9"),
        (optim.Adam, {"betas": (0.9, 1.0)}, ValueError, r"betas\[1\] must be .* below 1, not 1"),
        (optim.Adam, {"eps": -1e-8}, ValueError, r"eps must be at least 0, not -1e-08"),
        (optim.SGD, {"clip_norm": 0}, ValueError, r"clip_norm must be positive, not 0"),
        (optim.SGD, {"clip_value": "1"}, TypeError, r"clip_value must be a number, not '1'"),
    ],
)
def test_hyper_parameters_that_make_no_sense_are_refused(kind, hyper, error, message):
    with pytest.raises(error, match=message):
        kind(leaves(), **hyper)


# --- nothing half done -----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad, backend):
    xs = leaves()
    xs[2].label = "w2"
    optimizer = optim.Adam(xs)
    descend(optimizer, xs, 3)
    before, state = [x.data for x in xs], optimizer.state_dict()
    xs[2].grad = bad
    with pytest.raises(FloatingPointError, match=rf"gradient of parameter 2 \(w2\) is {bad}"):
        optimizer.step()
    assert [x.data for x in xs] == before
    assert optimizer.state_dict() == state


def test_an_update_that_divides_by_zero_changes_nothing(backend):
    xs = leaves()
    optimizer = optim.Adam(xs, eps=0.0)
    optimizer.zero_grad()
    with pytest.raises(FloatingPointError, match=r"Adam's update of parameter 0 is nan"):
        optimizer.step()
    assert [x.data for x in xs] == [x.data for x in leaves()]
    assert optimizer.steps == 0


def test_a_schedule_that_answers_nonsense_is_named_and_changes_nothing(backend):
    xs = leaves()
    optimizer = optim.SGD(xs, lr=lambda k: 0.1 - 0.1 * k)
    descend(optimizer, xs, 2)
    before = [x.data for x in xs]
    with pytest.raises(ValueError, match=r"lr\(step=2\) must be at least 0, not -0.1"):
        optimizer.step()
    assert [x.data for x in xs] == before


# --- resuming --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
def test_a_resumed_run_continues_bit_for_bit(kind, backend):
    lr = optim.schedules.cosine(0.02, 40)
    straight = leaves()
    expected = descend(kind(straight, lr=lr, clip_norm=1.0), straight, 40)

    first = leaves()
    optimizer = kind(first, lr=lr, clip_norm=1.0)
    descend(optimizer, first, 17)
    saved = json.loads(json.dumps(optimizer.state_dict()))
    second = [Value(x.data) for x in first]
    resumed = kind(second, lr=lr)
    resumed.load_state_dict(saved)
    assert descend(resumed, second, 23) == expected


def test_a_loaded_state_is_a_copy(backend):
    xs = leaves()
    a, b = optim.Adam(xs), optim.Adam(leaves())
    descend(a, xs, 2)
    saved = a.state_dict()
    kept = copy.deepcopy(saved)
    b.load_state_dict(saved)
    descend(a, xs, 2)
    descend(b, b.parameters(), 2)
    assert saved == kept


def test_loading_restores_hyper_parameters():
    a = optim.Adam(leaves(), lr=0.5, betas=(0.5, 0.6), bias_correction=False, clip_value=2.0)
    b = optim.Adam(leaves())
    b.load_state_dict(a.state_dict())
    assert b.state_dict() == a.state_dict()
    assert b.param_groups[0]["betas"] == (0.5, 0.6)


def edited(**changes):
    def edit(state):
        state.update(changes)

    return edit


def group(**changes):
    def edit(state):
        state["param_groups"][0].update(changes)

    return edit


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (lambda s: s.pop("steps"), ValueError, r"the optimizer's state lacks steps"),
        (edited(more=1), ValueError, r"the optimizer's state has the unknown more"),
        (edited(optimizer="SGD"), ValueError, r"the state is of SGD, but this optimizer is Adam"),
        (edited(steps=-1), ValueError, r"steps must be at least 0"),
        (edited(steps=1.5), TypeError, r"steps must be a whole number"),
        (edited(param_groups=[]), ValueError, r"param_groups must be a list of 1"),
        (edited(state=[{"m": [0.0] * 4}]), ValueError, r"group 0 .* lacks v"),
        (edited(state=[{"m": [0.0] * 3, "v": [0.0] * 4}]), ValueError, r"m in .* list of 4"),
        (edited(state=[{"m": [None] * 4, "v": [0.0] * 4}]), TypeError, r"m\[0\] in .* a number"),
        (edited(clip_norm=-1.0), ValueError, r"clip_norm"),
        (group(size=3), ValueError, r"of 3 parameters, but this optimizer's group has 4"),
        (group(beta=3), ValueError, r"has the unknown beta"),
        (group(eps=-1.0), ValueError, r"eps must be at least 0"),
        (group(lr=None), ValueError, r"has a schedule for lr and this optimizer has not"),
    ],
)
def test_a_wrong_state_changes_nothing(edit, error, message, backend):
    xs = leaves()
    optimizer = optim.Adam(xs)
    descend(optimizer, xs, 3)
    before = optimizer.state_dict()
    wrong = copy.deepcopy(before)
    wrong["param_groups"][0]["lr"] = 0.7
    wrong["steps"] = 9
    edit(wrong)
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(wrong)
    assert optimizer.state_dict() == before


def test_something_else_in_place_of_a_state_is_refused():
    with pytest.raises(TypeError, match=r"the optimizer's state must be a dict, not list"):
        optim.Adam(leaves()).load_state_dict([])


# --- copying -----------------------------------------------------------------------------------


def pickled(x):
    return pickle.loads(pickle.dumps(x))  # noqa: S301 (our own)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
@pytest.mark.parametrize("kind", optim.OPTIMIZERS.values())
def test_a_copy_with_its_parameters_goes_on_like_the_original(kind, copied, backend):
    xs = leaves()
    optimizer = kind(xs, lr=optim.schedules.warmup(3, optim.schedules.cosine(0.1, 20)))
    descend(optimizer, xs, 5)
    ys, other = copied((xs, optimizer))
    assert other.parameters()[0] is ys[0]
    before = [x.data for x in xs]
    after = descend(other, ys, 5)
    assert [x.data for x in xs] == before
    assert descend(optimizer, xs, 5) == after


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.constant(0.1),
        lambda s: s.step_decay(0.1, 3),
        lambda s: s.exponential(0.1, 0.9),
        lambda s: s.linear(0.1, 9),
        lambda s: s.cosine(0.1, 9),
        lambda s: s.warmup(3, 0.1),
    ],
)
def test_every_schedule_can_be_pickled(make):
    schedule = make(optim.schedules)
    assert [pickled(schedule)(k) for k in range(12)] == [schedule(k) for k in range(12)]


# --- freezing ------------------------------------------------------------------------------------


def freezable(n=4):
    return [nn.Parameter(1.0 + 0.1 * i) for i in range(n)]


@pytest.mark.parametrize("kind", optim.OPTIMIZERS.values())
def test_frozen_parameters_and_their_state_stay_as_they_are(kind, backend):
    xs = freezable()
    optimizer = kind(xs, lr=0.01, weight_decay=0.1)
    descend(optimizer, xs, 3)
    xs[1].requires_grad = False
    before = [x.data for x in xs], optimizer.state_dict()["state"][0]
    descend(optimizer, xs, 3)
    after = [x.data for x in xs], optimizer.state_dict()["state"][0]
    assert [a == b for a, b in zip(before[0], after[0], strict=True)] == [False, True, False, False]
    for name in optimizer.state_names:
        assert before[1][name][1] == after[1][name][1]
    assert xs[1].grad == 0.0
    xs[1].requires_grad = True
    descend(optimizer, xs, 1)
    assert xs[1].data != after[0][1]


def test_frozen_gradients_count_in_no_norm():
    xs = freezable(2)
    xs[0].grad, xs[1].grad = math.inf, 3.0
    xs[0].requires_grad = False
    assert optim.clip_grad_norm_(xs, 10.0) == 3.0
    assert optim.clip_grad_value_(xs, 10.0) == 3.0
    optim.SGD(xs, lr=1.0, clip_norm=10.0).step()
    assert [x.data for x in xs] == [1.0, 1.1 - 3.0]


def test_frozen_is_true_or_false():
    with pytest.raises(TypeError, match="requires_grad must be True or False, not 0"):
        nn.Parameter(1.0).requires_grad = 0


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_copies_of_frozen_parameters_are_frozen(copied):
    frozen, free = freezable(2)
    frozen.requires_grad = False
    assert [copied(x).requires_grad for x in (frozen, free)] == [False, True]


# --- groups that come later ------------------------------------------------------------------------


def test_a_group_that_is_added_is_trained_with_the_optimizers_settings(backend):
    xs = leaves(4)
    optimizer = optim.SGD(xs[:2], lr=0.01, momentum=0.5)
    descend(optimizer, xs, 3)
    before = [x.data for x in xs]
    optimizer.add_param_group({"params": xs[2:], "lr": 0.02})
    assert optimizer.parameters() == xs
    alone = [Value(x) for x in before[2:]]
    own = optim.SGD(alone, lr=0.02, momentum=0.5)
    descend(optimizer, xs, 3)
    for _ in range(3):
        own.zero_grad()
        quartic([Value(0.0), Value(0.0), *alone]).backward()
        own.step()
    assert [x.data for x in xs[2:]] == [x.data for x in alone]


@pytest.mark.parametrize(
    ("group", "error", "message"),
    [
        ({"lr": 0.1}, TypeError, "must be a dict with 'params'"),
        (
            lambda xs: {"params": xs[1:]},
            ValueError,
            "is the same Value as one that the optimizer has",
        ),
        (lambda xs: {"params": leaves(1), "beta": 1}, TypeError, "no hyper-parameter 'beta'"),
        ([Value(1.0)], TypeError, "must be a dict with 'params'"),
    ],
)
def test_a_group_that_does_not_fit_is_refused_and_changes_nothing(group, error, message):
    xs = leaves(2)
    optimizer = optim.SGD(xs)
    with pytest.raises(error, match=message):
        optimizer.add_param_group(group(xs) if callable(group) else group)
    assert optimizer.parameters() == xs
    assert len(optimizer.state_dict()["state"]) == 1


def test_amsgrad_is_chosen_when_the_optimizer_is_made(backend):
    xs = leaves(2)
    optimizer = optim.Adam(xs)
    optimizer.param_groups[0]["amsgrad"] = True
    with pytest.raises(ValueError, match="amsgrad must be chosen when the optimizer is made"):
        optimizer.step()
    a, b = leaves(2), leaves(2)
    optim.Adam([{"params": a}, {"params": b, "amsgrad": True}]).step()  # one has it, one has not
