from __future__ import annotations

import math

import pytest

from autograd import Value
from nn import optim

GRADIENTS = [3.0, -4.0, 12.0, 0.0]


def with_gradients(gradients=GRADIENTS):
    xs = [Value(1.0) for _ in gradients]
    for x, gradient in zip(xs, gradients, strict=True):
        x.grad = gradient
    return xs


@pytest.mark.parametrize("limit", [0.1, 5.0, 13.0, 100.0])
def test_clipping_by_norm_is_pytorchs(limit):
    torch = pytest.importorskip("torch")
    theirs = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    theirs.grad = torch.tensor(GRADIENTS, dtype=torch.float64)
    norm = torch.nn.utils.clip_grad_norm_([theirs], limit)
    ours = with_gradients()
    assert optim.clip_grad_norm_(ours, limit) == norm.item() == 13.0
    assert [x.grad for x in ours] == pytest.approx(theirs.grad.tolist(), rel=1e-15)


def test_gradients_below_the_norm_are_left_bit_for_bit():
    ours = with_gradients([0.1, 0.2])
    optim.clip_grad_norm_(ours, 1.0)
    assert [x.grad for x in ours] == [0.1, 0.2]


def test_clipping_by_value_holds_each_gradient():
    ours = with_gradients()
    assert optim.clip_grad_value_(ours, 3.5) == 13.0
    assert [x.grad for x in ours] == [3.0, -3.5, 3.5, 0.0]


def test_an_infinite_gradient_is_clipped_by_value():
    ours = with_gradients([math.inf, -math.inf, math.nan])
    optim.clip_grad_value_(ours, 2.0)
    assert [x.grad for x in ours[:2]] == [2.0, -2.0]
    assert math.isnan(ours[2].grad)


def test_the_norm_of_huge_gradients_does_not_overflow():
    xs = with_gradients([3e200, 4e200])
    assert optim.clip_grad_norm_(xs, 1.0) == pytest.approx(5e200)
    assert [x.grad for x in xs] == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_changes_no_gradient(bad):
    ours = with_gradients([1.0, bad])
    with pytest.raises(FloatingPointError, match=rf"gradient of parameter 1 is {bad}"):
        optim.clip_grad_norm_(ours, 0.5)
    assert ours[0].grad == 1.0


@pytest.mark.parametrize("clip", [optim.clip_grad_norm_, optim.clip_grad_value_])
@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_a_limit_that_is_not_positive_is_refused(clip, limit):
    with pytest.raises(ValueError, match=r"(max_norm|clip_value) must be"):
        clip(with_gradients(), limit)


def test_a_norm_beyond_the_largest_float_is_clipped_too(backend):
    huge = [1.7e308, -1.7e308, 0.0]
    ours = with_gradients(huge)
    assert optim.clip_grad_norm_(ours, 2.0) == math.inf
    assert [x.grad for x in ours] == pytest.approx(
        [math.sqrt(2.0), -math.sqrt(2.0), 0.0], rel=1e-15
    )
    for make in (optim.SGD, optim.AdamW):
        xs = with_gradients(huge)
        make(xs, lr=1.0, clip_norm=1.0).step()
        assert math.isfinite(xs[0].data)
        assert abs(xs[0].data) < 2.0


def test_a_compiled_step_clips_a_norm_beyond_the_largest_float_alike():
    import nn

    def trained(compile):
        model = nn.Linear(2, 1, init=0.1)
        optimizer = optim.SGD(model.parameters(), lr=1.0, clip_norm=1.0)
        nn.fit(
            model, [[1.0, 1.0]], [0.0], loss=lambda o, t: o * 1.6e308, optimizer=optimizer,
            epochs=1, compile=compile, progress=False,
        )  # fmt: skip
        return [p.data for p in model.parameters()]

    assert trained(True) == pytest.approx(trained(False), rel=1e-12)
