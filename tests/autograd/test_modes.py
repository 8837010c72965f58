"""no_grad and detect_anomaly: what they change, for whom, and that they change it back."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
import threading
import time

import pytest

import autograd as ag
from autograd import AnomalyError, Value, detect_anomaly, first_anomaly, modes, no_grad
from autograd.state import state


@pytest.fixture(autouse=True)
def nothing_stays_on():
    assert state.active == 0
    yield
    assert state.active == 0
    assert modes.recording.get()
    assert modes.anomalies.get() is None


def recorded():
    return bool((Value(2.0) * 3).operands)


def line_of(function, offset):
    return f"at {__file__}, line {inspect.getsourcelines(function)[1] + offset}"


def in_thread(function):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join()
    return answers[0]


# --- no_grad ---------------------------------------------------------------------------------


def test_without_recording_results_are_leaves_with_the_same_numbers():
    x = Value(3.0)
    with no_grad():
        y = x * x + ag.exp(x) + ag.sum([x, x])
    assert (y.data, y.primitive, y.operands) == (9.0 + math.exp(3.0) + 6.0, None, ())
    y.backward()
    assert x.grad == 0.0
    assert recorded()


def test_no_grad_may_be_nested_and_entered_again():
    switch = no_grad()
    with switch:
        with switch, no_grad():
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_an_exception_switches_recording_on_again():
    with pytest.raises(ValueError, match="inside"), no_grad():
        raise ValueError("inside")
    assert recorded()


def test_a_generator_may_leave_its_switch_before_those_that_came_after():
    def quiet():
        with no_grad():
            yield recorded()

    generator = quiet()
    assert not next(generator)
    with detect_anomaly():
        generator.close()
        assert recorded()
        with pytest.raises(AnomalyError):
            Value(0.0).log()


def test_no_grad_decorates_functions_recursive_ones_too():
    @no_grad()
    def depth(n):
        assert not recorded()
        return 1 + depth(n - 1) if n else 0

    assert depth(5) == 5
    assert recorded()
    assert depth.__name__ == "depth"


def test_no_grad_holds_for_its_own_thread_only():
    with no_grad():
        assert in_thread(recorded)
        assert not recorded()


@pytest.mark.parametrize("share", ["decorator", "context manager"])
def test_one_switch_may_serve_two_threads_at_once(share):
    second_is_in, first_is_out, failures = threading.Event(), threading.Event(), []
    switch = no_grad()

    def wait(event):
        assert event.wait(timeout=10)
        return recorded()

    def work(event):
        if share == "decorator":
            return switch(wait)(event)
        with switch:
            return wait(event)

    def guarded(event, done):
        try:
            assert not work(event)
            assert recorded()
        except (AssertionError, ValueError) as error:
            failures.append(error)
        finally:
            done.set()

    first = threading.Thread(target=guarded, args=(second_is_in, first_is_out))
    first.start()
    while state.active == 0:  # until the first is in
        time.sleep(0.001)
    second = threading.Thread(target=guarded, args=(first_is_out, threading.Event()))
    second.start()
    while state.active == 1 and second.is_alive():
        time.sleep(0.001)
    second_is_in.set()  # and now the first leaves before the second
    first.join()
    second.join()
    assert not failures


def test_no_grad_holds_for_its_own_task_only():
    async def quiet():
        with no_grad():
            await asyncio.sleep(0)
            return recorded()

    async def loud():
        await asyncio.sleep(0)
        return recorded()

    async def both():
        return await asyncio.gather(quiet(), loud(), quiet())

    assert asyncio.run(both()) == [False, True, False]


def test_a_copied_context_carries_no_grad_along():
    with no_grad():
        context = contextvars.copy_context()
    assert recorded()
    state.active += 1  # as whoever holds the switch would have it
    try:
        assert not context.run(recorded)
    finally:
        state.active -= 1


# --- detect_anomaly, forward -----------------------------------------------------------------


def test_the_first_nan_is_named_with_operation_label_and_line():
    def compute(p):
        q = p - 1.0
        return q.log() * 2.0

    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        compute(Value(0.5, label="p"))
    assert str(caught.value) == f"log(-0.5) gave nan, {line_of(compute, 2)}"


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda x: 1.0 / x, r"div\(1\.0, x=0\.0\) gave inf"),
        (lambda x: ag.exp(x + 1000.0), r"exp\(1000\.0\) gave inf"),
        (lambda x: ag.sum([x, math.inf, -math.inf]), r"sum\(x=0\.0, inf, -inf\) gave nan"),
        (lambda x: ag.sum([x] * 9 + [math.nan]), r"sum\(x=0\.0, .*, \.\.\. 4 more\) gave nan"),
    ],
)
def test_an_infinity_born_of_finite_numbers_and_every_nan_are_anomalies(compute, message):
    with detect_anomaly(), pytest.raises(AnomalyError, match=message):
        compute(Value(0.0, label="x"))


def test_an_infinity_that_was_put_in_is_none():
    with detect_anomaly():
        out = ag.softmax([Value(1.0), Value(-math.inf)])[1]
        assert out.data == 0.0
        out.backward()


def test_results_are_the_same_while_watched():
    x = Value(0.5)
    with detect_anomaly():
        y = (x * 2).tanh() + ag.dot([x, 1.0], [2.0, x])
        y.backward()
    watched, x.grad = x.grad, 0.0
    y = (x * 2).tanh() + ag.dot([x, 1.0], [2.0, x])
    y.backward()
    assert x.grad == watched


# --- detect_anomaly, backward ----------------------------------------------------------------


def test_the_first_bad_gradient_is_named_with_operation_label_and_line():
    def compute(x):
        return x.sqrt() * 3.0

    x = Value(0.0, label="x")
    with detect_anomaly():
        y = compute(x)
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    assert str(caught.value) == (
        f"sqrt(x=0.0) handed x = 0.0 the gradient inf (the gradient arriving there is 3.0), "
        f"{line_of(compute, 1)}"
    )
    assert x.grad == 0.0


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: ag.sum([x.sqrt(), 1.0]),
        lambda x: ag.hypot(x, 1.0).log().sqrt(),
        lambda x: ag.prod([x.sqrt(), 2.0, 3.0]),
        lambda x: ag.clip(x.sqrt(), -1.0, 1.0),
    ],
)
def test_bad_gradients_are_found_behind_nodes_of_any_number_of_operands(compute):
    x = Value(0.0)
    y = compute(x)
    with detect_anomaly(), pytest.raises(AnomalyError, match="handed"):
        y.backward()
    assert x.grad == 0.0


def test_a_graph_made_outside_is_watched_on_the_way_back_without_its_lines():
    y = Value(0.0).sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"made outside detect_anomaly$"):
        y.backward()


def test_a_gradient_that_arrives_infinite_was_not_born_here():
    x = Value(2.0)
    y = x * 3.0
    with detect_anomaly():
        y.backward(math.inf)
    assert x.grad == math.inf


def test_detect_anomaly_decorates_and_nests():
    @detect_anomaly()
    def compute():
        with detect_anomaly():
            pass
        return Value(0.0).log()

    with pytest.raises(AnomalyError, match=line_of(compute.__wrapped__, 4)):
        compute()
    Value(0.0).log()


def test_the_line_named_is_the_callers_and_none_of_ours():
    with detect_anomaly(), pytest.raises(AnomalyError, match=f"at {__file__}"):
        ag.mean([Value(math.inf), -math.inf])


# --- first_anomaly ---------------------------------------------------------------------------


def test_the_first_anomaly_of_a_graph_is_found_afterwards():
    x = Value(0.0)
    pole = x.log()
    out = (pole * 2.0).exp() + pole
    assert first_anomaly(out) is pole
    assert first_anomaly(x * 2.0) is None
    bad = Value(math.nan)
    assert first_anomaly(bad * 2.0) is bad
