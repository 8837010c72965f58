"""The optimizers against PyTorch's, and against steps computed by hand in exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest

from autograd import Value, exp, sin
from nn import optim

START = [-1.2, 1.0, 0.5, -0.3]

NAMES = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]

# Rates are such that the path is no chaos: one at which a last bit in the start moves PyTorch's own path by more
# than the tolerance would test nothing.
CASES = [
    ("SGD", {"lr": 1e-3}),
    ("SGD", {"lr": 1e-3, "weight_decay": 0.1}),
    ("SGD", {"lr": 5e-4, "momentum": 0.9}),
    ("SGD", {"lr": 5e-4, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 5e-4, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 5e-4, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.3, "betas": (0.8, 0.9), "amsgrad": True}),
    ("AdamW", {"lr": 0.3, "betas": (0.8, 0.9), "weight_decay": 0.1, "amsgrad": True}),
    *((name, {"lr": 1e-3, "weight_decay": 0.1, "maximize": True}) for name in NAMES),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.3}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.005, "alpha": 0.9, "eps": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}),
]


def bumpy(x, sin=sin, exp=exp):
    """Rosenbrock's valley with waves on it: four unknowns, not quadratic."""
    valley = 0.0
    for a, b in pairwise(x):
        valley = valley + 5 * (b - a * a) ** 2 + (1 - a) ** 2
    return valley + sin(3 * x[0]) * exp(-x[3])


def ours(name, options, steps, **more):
    x = [Value(number) for number in START]
    optimizer = getattr(optim, name)(x, **options, **more)
    trajectory = []
    for _ in range(steps):
        optimizer.zero_grad()
        (bumpy(x) * (-1 if "maximize" in options else 1)).backward()
        optimizer.step()
        trajectory.append([v.data for v in x])
    return trajectory


def torchs(name, options, steps, clip=lambda torch, x: None):
    torch = pytest.importorskip("torch")
    x = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in START]
    optimizer = getattr(torch.optim, name)(x, **options)
    trajectory = []
    for _ in range(steps):
        optimizer.zero_grad()
        (bumpy(x, torch.sin, torch.exp) * (-1 if "maximize" in options else 1)).backward()
        clip(torch, x)
        optimizer.step()
        trajectory.append([v.item() for v in x])
    return trajectory


def assert_same(got, expected):
    for step, (a, b) in enumerate(zip(got, expected, strict=True)):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-12), f"at step {step}"


@pytest.mark.parametrize(("name", "options"), CASES)
def test_fifty_steps_follow_pytorchs(name, options, backend):
    assert_same(ours(name, options, 50), torchs(name, options, 50))


def test_the_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    for kind in optim.OPTIMIZERS.values():
        theirs = getattr(torch.optim, kind.__name__)([torch.zeros(1, requires_grad=True)]).defaults
        for name, default in kind.defaults.items():
            if name != "bias_correction":
                assert default == theirs[name], f"{kind.__name__}'s {name}"


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_clipped_by_norm_follows_pytorchs(name, backend):
    def clip(torch, x):
        torch.nn.utils.clip_grad_norm_(x, 0.7)

    options = {"lr": 0.05}
    assert_same(ours(name, options, 50, clip_norm=0.7), torchs(name, options, 50, clip))


def test_clipped_by_value_follows_pytorchs(backend):
    def clip(torch, x):
        torch.nn.utils.clip_grad_value_(x, 0.7)

    options = {"lr": 0.05}
    assert_same(ours("SGD", options, 50, clip_value=0.7), torchs("SGD", options, 50, clip))


def test_a_schedule_follows_pytorchs_lambda_lr(backend):
    torch = pytest.importorskip("torch")
    x = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in START]
    optimizer = torch.optim.Adam(x, lr=0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1.0 - 0.9 * k / 50)
    expected = []
    for _ in range(50):
        optimizer.zero_grad()
        bumpy(x, torch.sin, torch.exp).backward()
        optimizer.step()
        scheduler.step()
        expected.append([v.item() for v in x])
    assert_same(ours("Adam", {"lr": lambda k: 0.1 * (1.0 - 0.9 * k / 50)}, 50), expected)


def exact(rule, p, gradients, **hyper):
    """The rule's parameters over several steps, in Fractions."""
    state = dict.fromkeys(rule.state_names, Fraction(0))
    path = []
    for t, g in enumerate(gradients, start=1):
        h = SimpleNamespace(t=t, **{**rule.defaults, **hyper})
        p, state = rule.update(None, p, g, SimpleNamespace(**state), h)
        path.append(p)
    return path


# --- the rules by their papers' formulas, for every case above ----------------------------------


def sgd(p, g, s, t, lr, weight_decay=0.0, momentum=0.0, nesterov=False):
    g += weight_decay * p
    s["v"] = momentum * s.get("v", 0.0) + g
    return p - lr * (g + momentum * s["v"] if nesterov else s["v"])


def adam(p, g, s, t, lr, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
    g += weight_decay * p
    s["m"] = betas[0] * s.get("m", 0.0) + (1 - betas[0]) * g
    s["v"] = betas[1] * s.get("v", 0.0) + (1 - betas[1]) * g**2
    s["top"] = max(s.get("top", 0.0), s["v"]) if amsgrad else s["v"]
    return p - lr * (s["m"] / (1 - betas[0] ** t)) / (
        math.sqrt(s["top"] / (1 - betas[1] ** t)) + eps
    )


def adamw(p, g, s, t, lr, weight_decay=0.01, **options):
    return adam(p, g, s, t, lr, **options) - lr * weight_decay * p


def rmsprop(
    p, g, s, t, lr=0.01, weight_decay=0.0, alpha=0.99, eps=1e-8, momentum=0.0, centered=False
):
    g += weight_decay * p
    s["v"] = alpha * s.get("v", 0.0) + (1 - alpha) * g**2
    s["mean"] = alpha * s.get("mean", 0.0) + (1 - alpha) * g
    variance = s["v"] - s["mean"] ** 2 if centered else s["v"]
    s["b"] = momentum * s.get("b", 0.0) + g / (math.sqrt(variance) + eps)
    return p - lr * s["b"]


def adagrad(
    p, g, s, t, lr, weight_decay=0.0, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
):
    g += weight_decay * p
    s["G"] = s.get("G", initial_accumulator_value) + g**2
    return p - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s["G"]) + eps)


FORMULAS = {"SGD": sgd, "Adam": adam, "AdamW": adamw, "RMSprop": rmsprop, "Adagrad": adagrad}


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_steps_are_those_of_the_papers_formula(name, options, backend):
    gradients = [(0.5, -3.0), (-2.0, 0.25), (0.125, 1.0), (4.0, -0.5)]
    x = [Value(0.75), Value(-1.5)]
    optimizer = getattr(optim, name)(x, **options)
    expected, states = [0.75, -1.5], [{}, {}]
    options = {key: option for key, option in options.items() if key != "maximize"}
    sign = -1.0 if optimizer.param_groups[0]["maximize"] else 1.0
    for t, gradient in enumerate(gradients, start=1):
        for leaf, g in zip(x, gradient, strict=True):
            leaf.grad = g
        optimizer.step()
        expected = [
            FORMULAS[name](p, sign * g, state, t, **options)
            for p, g, state in zip(expected, gradient, states, strict=True)
        ]
        assert [leaf.data for leaf in x] == pytest.approx(expected, rel=1e-13)


def test_an_optimizer_clips_as_it_is_told(backend):
    for options, steps in (({"clip_norm": 1.0}, (0.6, 0.8)), ({"clip_value": 3.5}, (3.0, 3.5))):
        x = [Value(0.0), Value(0.0)]
        x[0].grad, x[1].grad = 3.0, 4.0
        optim.SGD(x, lr=1.0, **options).step()
        assert [-leaf.data for leaf in x] == pytest.approx(steps, rel=1e-6)


# --- by hand, in exact arithmetic --------------------------------------------------------------


def test_momentum_is_the_articles_by_hand():
    # v = .9 v + g, theta = theta - .1 v for g = 1, 2, -3 from theta = 1:
    # v = 1, 2.9, -.39; theta = .9, .61, .649
    path = exact(
        optim.SGD,
        Fraction(1),
        [Fraction(1), Fraction(2), Fraction(-3)],
        lr=Fraction(1, 10),
        momentum=Fraction(9, 10),
        weight_decay=0,
    )
    assert path == [Fraction(9, 10), Fraction(61, 100), Fraction(649, 1000)]


def test_plain_descent_is_the_articles_by_hand():
    path = exact(
        optim.SGD,
        Fraction(1),
        [Fraction(1), Fraction(2)],
        lr=Fraction(1, 10),
        momentum=0,
        weight_decay=0,
    )
    assert path == [Fraction(9, 10), Fraction(7, 10)]


def test_adam_without_bias_correction_is_the_articles_by_hand(backend):
    # b1 = 1/2, b2 = 3/4, eps = 1, lr = 1, g = 2, 2 from theta = 8; every number is exact in binary.
    # t=1: m = 1,   v = 1,         theta = 8 - 1 / (1 + 1) = 7.5
    # t=2 with g = 1: m = 1, v = 3/4 + 1/4 = 1, theta = 7.5 - 1 / 2 = 7
    theta = Value(8.0)
    optimizer = optim.Adam([theta], lr=1.0, betas=(0.5, 0.75), eps=1.0, bias_correction=False)
    theta.grad = 2.0
    optimizer.step()
    assert theta.data == 7.5
    theta.grad = 1.0
    optimizer.step()
    assert theta.data == 7.0


def test_uncorrected_adams_first_step_at_the_defaults_is_too_long_by_the_root_of_ten(backend):
    # m / sqrt(v) = .1 g / sqrt(.001 g g) = sqrt(10)
    corrected, plain = Value(0.0), Value(0.0)
    for theta, flag in ((corrected, True), (plain, False)):
        theta.grad = 123.0
        optim.Adam([theta], lr=1.0, eps=0.0, bias_correction=flag).step()
    assert corrected.data == pytest.approx(-1.0, rel=1e-12)
    assert plain.data == pytest.approx(-(10**0.5), rel=1e-12)


def test_centered_rmsprop_survives_a_variance_rounded_below_zero(backend):
    x = Value(0.0)
    optimizer = optim.RMSprop([x], centered=True, alpha=0.5, eps=1e-3)
    for _ in range(500):
        x.grad = 0.1
        optimizer.step()
    assert x.data < -100.0


def test_an_unknown_name_is_refused_with_the_known_ones():
    assert optim.by_name("AdamW") is optim.AdamW
    with pytest.raises(ValueError, match=r"'adams'; known are sgd, adam, adamw, rmsprop, adagrad"):
        optim.by_name("adams")
