"""Let one allocation after another fail, and see a MemoryError, or none, and nothing left behind.

    python -m tests.native.starving

Each scenario runs with its first allocation failing, then with its second, and so on until none is left to fail.
Afterwards no node that it made is alive, and no leaf has another gradient unless all has gone well. Needs CPython's own
``_testcapi``. Exits 1 if there is anything to tell.
"""

from __future__ import annotations

import _testcapi
import gc
import operator
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd as ag
import nn
from autograd import Value
from autograd.native import core, why
from autograd.primitives import TABLE
from autograd.state import state
from autograd.sweeps import Sweep
from nn.activations import linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 40  # operands: enough that they need memory of their own, outside of small objects


class Kept(Value):
    """Instances have attributes, so what is computed from them is known to the collector."""


def chain(start: Any, length: int = 5) -> Any:
    """A small graph with rows of one, two, three and many operands."""
    for _ in range(length):
        start = ag.tanh(start * x + y)
    return ag.sum([start, ag.clip(start, -1, 1), *([y] * MANY), ag.dot([x, start], [y, 2.0])])


x, y, kept = Value(0.5), Value(0.25), Kept(0.75)
leaves = [x, y, kept]
plain, tracked = chain(x), chain(kept)
order = ag.topological_order(tracked)
sweep = Sweep(order, leaves, [tracked])
layer = nn.Layer(3, 2, seed=1, activation="tanh")
inside = layer([x, y, 1.0])[0].scope.parent  # where the layer calls its neurons


@contextmanager
def by_pythons_rules() -> Iterator[None]:
    """tanh and sum are computed by Python."""
    before = [(row, row.partials, row.traced) for row in (TABLE["tanh"], TABLE["sum"])]
    for row, partials, traced in before:  # equal ones, and not the same
        row.partials, row.traced = list(partials), list(traced)
    try:
        yield
    finally:
        for row, partials, traced in before:
            row.partials, row.traced = partials, traced


@contextmanager
def in_the_layer() -> Iterator[None]:
    """In the scope in which the layer calls its neurons."""
    before, state.scope = state.scope, inside
    try:
        yield
    finally:
        state.scope = before


class Scenario(NamedTuple):
    """What is called, and where. The calls are direct: Python's own ways to build arguments lose some when they fail."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    around: Callable[[], Any] = nullcontext


def scenarios() -> Iterator[tuple[str, Scenario]]:
    """Each function of the core, on nodes that the collector knows and on others."""
    yield "a leaf", Scenario(Value, (1.0, "label"))
    yield "a leaf of a subclass", Scenario(Kept, (1.0, "label"))
    yield "a parameter", Scenario(nn.Parameter, (1.0,))
    yield "a row", Scenario(core.BoundRow)
    yield "a label", Scenario(setattr, (x, "label", "x"))
    for name, leaf in (("plain", x), ("tracked", kept)):
        yield f"an operator, {name}", Scenario(operator.mul, (leaf, y))
        yield f"a foreign operand, {name}", Scenario(operator.mul, (leaf, True))
        yield f"a function, {name}", Scenario(ag.hypot, (leaf, 2.0))
        yield f"three operands, {name}", Scenario(leaf._apply, (TABLE["clip"], leaf, -1.0, 1.0))
        for row in ("sum", "prod", "dot", "logsumexp"):
            operands = (TABLE[row], *([leaf] * MANY))
            yield f"{row}, {name}", Scenario(leaf._apply, operands)
        for where in (
            by_pythons_rules,
            ag.no_grad,
        ):  # no anomalies: CPython's frame.f_back fails wrongly
            around = f"{name}, {where.__name__}"
            yield f"one operand, {around}", Scenario(ag.tanh, (leaf,), where)
            yield f"many operands, {around}", Scenario(leaf._apply, operands, where)
        yield (
            f"neurons, {name}",
            Scenario(
                core.neurons,
                (layer.neurons, [leaf, y, 1.0], nn.Neuron, nn.Neuron.forward, linear),
                in_the_layer,
            ),
        )
    for name, root in (("plain", plain), ("tracked", tracked)):
        for attribute in ("operands", "primals", "data", "primitive"):
            yield f"{attribute}, {name}", Scenario(getattr, (root, attribute))
        yield f"an order, {name}", Scenario(core.topological_order, (root, root))
        for where in (nullcontext, by_pythons_rules, ag.detect_anomaly):
            yield f"backward, {name}, {where.__name__}", Scenario(root.backward, (2.0,), where)
    yield "a sweep", Scenario(Sweep, (order, leaves, [tracked]))
    yield "pull, detect_anomaly", Scenario(sweep.pull, ([1.0],), ag.detect_anomaly)
    for where in (nullcontext, by_pythons_rules, ag.no_grad):
        around = where.__name__
        yield f"pull, {around}", Scenario(sweep.pull, ([1.0],), where)
        yield f"pull with a graph, {around}", Scenario(sweep.pull, ([y], True), where)
        yield f"push, {around}", Scenario(sweep.push, ([1.0, 2.0, 3.0],), where)
        yield f"push with a graph, {around}", Scenario(sweep.push, ([y, 1.0, y], True), where)


def held() -> list[int]:
    """How many references there are to the leaves."""
    return [sys.getrefcount(leaf) for leaf in leaves]


def starve(name: str, scenario: Scenario) -> tuple[int, list[str]]:
    """How many allocations of a scenario failed, and what was wrong afterwards."""
    call, arguments, around = scenario
    wrong: list[str] = []
    at = calm = failed = 0
    with around():
        call(*arguments)  # what is made once and kept
        while calm < 10:
            before = [leaf.grad for leaf in leaves]
            references = held()
            ended = None
            _testcapi.set_nomemory(at, at + 1)
            try:
                call(*arguments)
            except MemoryError:
                ended = "MemoryError"
            except BaseException as error:  # noqa: BLE001  (anything else is what is looked for)
                ended = repr(error)
            finally:
                _testcapi.remove_mem_hooks()
            calm = 0 if ended else calm + 1
            failed += ended is not None
            if ended not in {None, "MemoryError"}:
                wrong.append(f"{name}, allocation {at}: {ended}")
            if ended and [leaf.grad for leaf in leaves] != before:
                wrong.append(f"{name}, allocation {at}: a gradient has changed")
            if held() != references:
                gc.collect()
            if held() != references:
                wrong.append(f"{name}, allocation {at}: nodes are left")
            at += 1
    return failed, wrong


def main() -> int:
    """Starve all scenarios."""
    if core is None:
        print(f"the pure core runs: {why}")
        return 1
    wrong: list[str] = []
    count = total = 0
    for name, scenario in scenarios():
        failed, found = starve(name, scenario)
        count += 1
        total += failed
        wrong += found
    print(
        "\n".join([*wrong, f"{count} scenarios, {total} allocations failed, {len(wrong)} faults"])
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
