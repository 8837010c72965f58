from __future__ import annotations

import pytest

from nn.optim import schedules


def test_linear_is_micrograds_rate_bit_for_bit():
    schedule = schedules.linear(1.0, 100, final=0.1)
    assert [schedule(k) for k in range(100)] == [1.0 - 0.9 * k / 100 for k in range(100)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (schedules.step_decay(0.3, 4, 0.5), lambda s, o: s.StepLR(o, 4, 0.5)),
        (schedules.exponential(0.3, 0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
        (schedules.cosine(0.3, 12, 0.01), lambda s, o: s.CosineAnnealingLR(o, 12, 0.01)),
        (schedules.linear(0.3, 12, 0.06), lambda s, o: s.LinearLR(o, 1.0, 0.2, 12)),
        (schedules.constant(0.3), lambda s, o: s.ConstantLR(o, 1.0, 12)),
    ],
)
def test_schedules_follow_pytorchs(ours, theirs):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = theirs(torch.optim.lr_scheduler, optimizer)
    for step in range(13):
        assert ours(step) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-15)
        optimizer.step()
        scheduler.step()


def test_warmup_rises_to_the_rate_that_follows():
    schedule = schedules.warmup(5, then=0.2)
    assert [schedule(k) for k in range(7)] == pytest.approx([0.04, 0.08, 0.12, 0.16, 0.2, 0.2, 0.2])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedules.cosine(-0.1, 10), ValueError, r"lr must be at least 0, not -0.1"),
        (lambda: schedules.cosine(0.1, 0), ValueError, r"steps must be at least 1, not 0"),
        (lambda: schedules.step_decay(0.1, 2.5), TypeError, r"every must be a whole number"),
        (lambda: schedules.warmup(3, then="x"), TypeError, r"lr must be a number, not 'x'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_past_its_end_a_schedule_stays():
    for schedule in (schedules.cosine(1.0, 100, 0.25), schedules.linear(1.0, 100, 0.25)):
        assert [schedule(k) for k in (100, 150, 1000)] == [0.25] * 3
