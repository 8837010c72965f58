from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

from autograd import Value
from autograd.compiler.quiet import quiet
from autograd.compiler.training import BatchLoss, Recording
from autograd.compiler.training import loss as loss_room
from autograd.structure import flatten

RNG = np.random.default_rng(0)


def squares(w=None, extra=0.0):
    """The loss (w * x - y) ** 2 + extra of rows (x, y), and what it and its derivative are."""
    w = w or Value(1.5)
    loss = BatchLoss(Recording(lambda x, y: (w * x - y) ** 2 + extra, flatten((0.0, 0.0))[1], [w]))

    def expected(rows):
        x, y = np.asarray(rows).T
        gap = loss.numbers[0] * x - y
        more = extra.data if isinstance(extra, Value) else extra
        return (gap**2).mean() + more, (2 * gap * x).mean()

    return loss, expected


def test_batches_of_many_sizes_in_any_order_give_their_own_means():
    loss, expected = squares()
    for size in RNG.integers(1, 30, 60).tolist():
        rows = RNG.normal(size=(size, 2))
        value, slope = expected(rows)
        assert loss(rows) == pytest.approx(value, rel=1e-13)
        assert loss.gradients[0] == pytest.approx(slope, rel=1e-12, abs=1e-14)


def test_workspaces_of_the_sizes_last_used_are_kept_and_no_more():
    loss, _ = squares()
    for size in range(1, 40):
        loss(np.ones((size, 2)))
        loss(np.ones((5, 2)))
    kept = set(loss._batches)
    assert len(kept) == loss_room.KEPT
    assert 5 in kept, "the one in use all the time is never dropped"
    assert {39, 38, 37} <= kept


def test_a_place_that_was_made_but_not_run_disturbs_no_other():
    w = Value(1.5)
    loss = BatchLoss(Recording(lambda x, y: w * x - y + w * w, flatten((0.0, 0.0))[1], [w]))
    assert loss.program.lane_count is not None, "what the lanes share is counted"
    rows = np.ones((4, 2))
    for size in (4, 9, 4, 7, 4):
        batch = loss.batch(size)
        if size == 4:
            batch.fill(rows)
            assert loss.run(batch) == pytest.approx(1.5 - 1.0 + 2.25)
            assert loss.gradients[0] == pytest.approx(1.0 + 3.0)


def test_rows_that_are_there_yet_are_not_written_again_and_others_are():
    loss, expected = squares()
    mine, yours, other = (RNG.normal(size=(4, 2)) for _ in range(3))
    me, you = object(), object()

    def run(rows, whose):
        batch = loss.batch(4)
        batch.fill(rows, whose)
        assert loss.run(batch) == pytest.approx(expected(rows)[0], rel=1e-13)

    run(mine, me)
    kept = mine.copy()
    mine[:] = 7.0  # would be seen if it were written again
    batch = loss.batch(4)
    batch.fill(mine, me)
    assert loss.run(batch) == pytest.approx(expected(kept)[0], rel=1e-13)
    mine[:] = kept
    run(yours, you)
    run(mine, me)
    batch.choose(other, [0, 1, 2, 3])
    assert loss.run(batch) == pytest.approx(expected(other)[0], rel=1e-13)
    run(mine, me)
    loss(other)
    run(mine, me)


def test_captured_values_that_are_not_differentiated_by_are_read_at_each_run():
    extra = Value(3.0)
    loss, expected = squares(extra=extra)
    rows = RNG.normal(size=(4, 2))
    for number in (3.0, -1.0):
        extra.data = number
        assert loss(rows) == pytest.approx(expected(rows)[0], rel=1e-13)


def test_overflow_in_a_loss_warns_nobody():
    loss, _ = squares()
    with np.errstate(all="raise"):
        assert loss(np.full((3, 2), 1e200)) == float("inf")
        assert loss(np.full((3, 2), [1e154, 0.0])) == float("inf")  # only the sum overflows


def test_quiet_code_warns_nobody_and_leaves_the_settings_alone():
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quiet()(np.log, np.zeros(1))[0] == -np.inf
        with np.errstate(all="raise"):
            run = quiet()
            assert run(np.exp, np.full(1, 1e3))[0] == np.inf
            with pytest.raises(FloatingPointError):
                np.exp(np.full(1, 1e3))
        assert run(np.exp, np.full(1, 1e3))[0] == np.inf
    assert np.geterr() == before


def test_quiet_code_is_quiet_where_numpy_keeps_its_settings_for_the_thread(monkeypatch):
    class NoContext:  # as NumPy 1 knows none
        def run(self, function, *arguments, **options):
            return function(*arguments, **options)

    monkeypatch.setattr("autograd.compiler.quiet.Context", NoContext)
    with np.errstate(all="raise"):
        run, before = quiet(), np.geterr()
        assert run(np.exp, np.full(1, 1e3))[0] == np.inf
        assert np.geterr() == before


def test_quiet_code_runs_in_a_thread_too():
    run, found = quiet(), []
    thread = threading.Thread(target=lambda: found.append(run(np.log, np.zeros(1))))
    thread.start()
    thread.join()
    assert found[0][0] == -np.inf


@pytest.mark.parametrize("used", [[0, 1, 2], [1], [0, 2], []])
def test_leaves_that_are_not_used_have_no_derivative_whoever_overwrites_it(used):
    leaves = [Value(1.0), Value(2.0), Value(3.0)]

    def function(x):
        return x * x + sum(leaves[i] * x for i in used)

    loss = BatchLoss(Recording(function, flatten((0.0,))[1], leaves))
    for _ in range(3):
        loss(np.array([[1.0], [2.0]]))
        assert loss.gradients.tolist() == [1.5 * (i in used) for i in range(3)]
        loss.gradients[:] = 7.0
