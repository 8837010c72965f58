"""Signals during long sweeps: Ctrl-C is honoured, and handlers may do what they like."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.native.children import needs_core, said_by

pytestmark = [
    needs_core,
    pytest.mark.skipif(
        "not hasattr(__import__('signal'), 'setitimer')", reason="no interval timers"
    ),
]

LONG = """
    import signal, sys, time
    from autograd import Value, topological_order
    from autograd.sweeps import Sweep
    x = Value(1.0)
    root = x
    for _ in range(600_000): root = root + x
    small = x * 2.0 + 1.0
    def after(seconds, handler, interval=0.0):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, seconds, interval)
"""


def beside_a_long_graph(program: str, **options: float) -> str:
    """What a program prints that has all of the above."""
    return said_by(dedent(LONG) + dedent(program), **options)


@pytest.mark.parametrize(
    "call",
    [
        "root.backward()",
        "topological_order(root)",
        "sweep.pull([1.0])",
        "sweep.pull([x], create_graph=True)",
        "sweep.push([1.0])",
        "sweep.push([x], create_graph=True)",
    ],
)
def test_ctrl_c_in_a_long_sweep_is_honoured_soon_and_changes_no_gradient(call):
    program = f"""
        sweep = Sweep(topological_order(root), [x], [root]) if "sweep" in {call!r} else None
        began = time.monotonic()
        {call}
        full = time.monotonic() - began
        before = x.grad
        for _ in range(20):  # the first call may be the slowest
            after(0.2 * full, signal.default_int_handler)
            began = time.monotonic()
            try:
                {call}
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                late = time.monotonic() - began - 0.2 * full
                break
            full, before = time.monotonic() - began, x.grad
        print(x.grad == before, f"{{late:.3f}} s after it was asked for, of {{full:.3f}} s")
    """
    unchanged, _, late = beside_a_long_graph(program).partition(" ")
    print(call, "was interrupted", late)
    assert unchanged == "True"
    assert float(late.split()[0]) < 5.0  # the figure is what tells; a busy machine may be slow


def test_a_handler_that_goes_back_over_the_same_graph_leaves_right_numbers_both_times():
    program = """
        called = []
        def handler(*_):
            called.append(1)
            root.backward()
        after(0.005, handler)
        root.backward()
        print(len(called), x.grad, root.grad, root.operands[0].grad)
    """
    assert beside_a_long_graph(program) == "1 1200002.0 1.0 1.0"


def test_a_handler_that_sets_a_gradient_on_the_way_leaves_right_numbers():
    program = """
        middle = topological_order(root)[1_000]
        called = []
        def handler(*_):
            called.append(1)
            middle.grad = 7.0
        after(0.1, handler, 0.001)
        while not called: root.backward(); passes = x.grad / 600_001.0
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        print(passes == round(passes), middle.grad in (1.0, 7.0))
    """
    assert beside_a_long_graph(program) == "True True"


@pytest.mark.parametrize("call", ["root.backward()", "topological_order(root)"])
def test_a_handler_that_walks_again_and_again_does_not_keep_a_sweep_from_its_end(call):
    program = f"""
        called = []
        def handler(*_):
            called.append(1)
            small.backward(0.0)
        after(0.001, handler, 0.001)
        {call}
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        print(bool(called), root.grad if "backward" in {call!r} else 1.0)
    """
    assert beside_a_long_graph(program, patience=60) == "True 1.0"
