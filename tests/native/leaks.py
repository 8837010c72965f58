"""Memory is flat over many rounds of mixed use, and what can be collected is.

    python -m tests.native.leaks [--rounds N]

Each round uses everything once: graphs of all kinds of rows, sweeps of all kinds, switches, scopes, weak references,
exceptions in every operator, subclasses that hold what was computed from them, networks, threads. After a tenth of the
rounds, half and all of them it prints resident memory, objects that the collector knows, and how many objects of each
of our kinds Python can find; they must not have grown. Then computed nodes are stored in the instances that they came
from, in several ways: of 100 none may be left. Exits 1 otherwise.
"""

from __future__ import annotations

import argparse
import gc
import operator
import sys
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import autograd as ag
import nn
from autograd import Value
from autograd.native import core, why
from autograd.operators import apply
from autograd.primitives import TABLE
from autograd.sweeps import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable

GROWTH = 1.0
"""MB by which resident memory may differ from what it was after a tenth of the rounds."""


class Open(Value):
    """A subclass whose instances have attributes."""


class Slotted(Value):
    """A subclass whose instances have room for one."""

    __slots__ = ("kept",)


def resident() -> float:
    """Resident memory in MB; nan where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


def refused(error: type[BaseException], function: Callable[..., Any], *arguments: Any) -> None:
    """Call what must raise."""
    try:
        function(*arguments)
    except error:
        return
    raise AssertionError(f"{function} has not raised {error}")


def breaking(*_: Any) -> Any:
    """A rule that raises."""
    raise KeyError("on purpose")


def graphs(called: list[Any]) -> None:
    """All rows, and all sweeps over what they make."""
    x, y, z = Value(0.5, "x"), Open(0.25), Slotted(0.75)
    with ag.scope("part"):
        parts = [ag.tanh(x * y), ag.sum([x, y, z, 3.0]), ag.dot([x, y], [y, 2.0]), ag.hypot(x, z)]
        parts += [
            ag.clip(x, -1, 1),
            ag.where(x > 0, x, y),
            ag.prod([x, y, z]),
            *ag.softmax([x, y, z]),
        ]
    root = ag.sum(parts)
    watching = weakref.ref(root, called.append)
    root.backward()
    root.backward(2.0)
    gradients = ag.gradient(root, [x, y, z], create_graph=True)
    ag.sum(gradients).backward()
    Sweep(ag.topological_order(root), [x, y], [root]).push([1.0, 1.0], create_graph=True)
    with ag.no_grad():
        parts.append(x * y + z)
    with ag.detect_anomaly():
        (x * y).backward()
        refused(ArithmeticError, ag.log, x - 0.5)
    assert parts[0].operands[0].primals == (0.5, 0.25)
    y.note, z.kept = [root, y], gradients  # type: ignore[attr-defined]
    del root, parts, gradients
    assert watching() is not None


def errors() -> None:
    """Every way to be refused, and a rule that raises, forward and back."""
    x, y = Value(0.5), Open(2.0)
    for row in TABLE.values():
        before = row.forward, row.partials, row.traced
        count = row.arity or 3
        node = y._apply(row, *[x, y, 1.0][:count])
        refused(TypeError, apply, row, *[x, y, 1.0][: count - 1], "a")
        try:
            row.forward = breaking
            row.partials = row.traced = (breaking,) * (row.arity or 1)
            refused(KeyError, y._apply, row, *[x, y, 1.0][:count])
            refused(KeyError, node.backward)
            refused(KeyError, lambda: ag.gradient(node, [x], create_graph=True))  # noqa: B023
        finally:
            row.forward, row.partials, row.traced = before
    for operation in (operator.add, operator.pow, operator.truediv, operator.lt):
        refused(TypeError, operation, y, "a")
    refused(OverflowError, lambda: x + 10**400)
    refused(TypeError, setattr, x, "data", "a")
    refused(AttributeError, setattr, x + y, "data", 1.0)
    refused(TypeError, x.backward, "a")
    refused(TypeError, ag.topological_order, x, 1.0)


def transforms() -> None:
    """Derivatives of functions."""
    ag.grad(lambda a, b: a * b + ag.exp(a))(1.0, 2.0)
    ag.hvp(lambda v: v[0] ** 3 * v[1], ([1.0, 2.0],), ([1.0, 0.0],))
    ag.hessian(lambda v: ag.logsumexp(v))([1.0, 2.0])


def networks() -> None:
    """A small net, used and dropped."""
    model = nn.MLP(2, [3, 1], seed=1)
    model([Value(1.0), 2.0]).backward()


def threads() -> None:
    """Two at once."""
    pair = [threading.Thread(target=transforms) for _ in range(2)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()


def one_round(number: int, called: list[Any]) -> None:
    """Everything once; what is slow, now and then."""
    graphs(called)
    transforms()
    networks()
    if number % 10 == 0:
        errors()
        threads()
    called.clear()


def live() -> dict[str, int]:
    """How many objects of each of our kinds Python can find; untracked nodes show as memory alone."""
    kinds: dict[str, int] = {"objects": len(gc.get_objects())}
    for found in gc.get_objects():
        kind = type(found)
        if kind.__module__.partition(".")[0] in {"autograd", "nn", __name__.partition(".")[0]}:
            kinds[kind.__name__] = kinds.get(kind.__name__, 0) + 1
    return kinds


def flat(rounds: int) -> bool:
    """Whether memory and live objects stay what they are."""
    called: list[Any] = []
    first: tuple[float, dict[str, int]] | None = None
    level = True
    for number in range(1, rounds + 1):
        one_round(number, called)
        if number not in {rounds // 10, rounds // 2, rounds}:
            continue
        gc.collect()
        now = resident(), live()
        shown = ", ".join(f"{count} {kind}" for kind, count in now[1].items() if count > 1)
        print(f"after {number} rounds: {now[0]:.1f} MB, {shown}", flush=True)
        first = first or now
        grown = {kind: n - first[1].get(kind, 0) for kind, n in now[1].items()}
        if now[0] - first[0] > GROWTH or any(n > 20 for n in grown.values()):
            print(f"grown by {now[0] - first[0]:.1f} MB and {grown}")
            level = False
    return level


# --- what holds itself ---------------------------------------------------------------------------------


def directly() -> Any:
    """In an attribute, the product of the instance."""
    leaf = Open(1.5)
    leaf.note = leaf * Value(2.0)  # type: ignore[attr-defined]
    return leaf


def far() -> Any:
    """The same by way of fifty nodes."""
    leaf, x = Open(1.5), Value(2.0)
    node = leaf * x
    for _ in range(50):
        node = ag.tanh(node * node + x)
    leaf.note = [node, ag.sum([node, node])]  # type: ignore[attr-defined]
    return leaf


def in_a_slot() -> Any:
    """In a slot."""
    leaf = Slotted(1.5)
    leaf.kept = ag.exp(leaf * 2.0)
    return leaf


def second_order() -> Any:
    """A gradient that can be differentiated again."""
    leaf = Open(1.5)
    leaf.note = ag.gradient(leaf * leaf * leaf, [leaf], create_graph=True)  # type: ignore[attr-defined]
    return leaf


def labelled() -> Any:
    """As the label of a node that came from it."""
    leaf = Open(1.5)
    leaf.note = leaf * 2.0  # type: ignore[attr-defined]
    leaf.note.label = (leaf.note,)  # type: ignore[attr-defined]
    return leaf


def scoped() -> Any:
    """As its own scope."""
    leaf = Open(1.5)
    leaf.scope = (leaf,)  # type: ignore[assignment]
    return leaf


def of_a_class_of_its_own() -> Any:
    """The class, which knows a node of an instance of its own."""
    kind = type("Kind", (Value,), {})
    kind.known = kind(1.0) * 2.0  # type: ignore[attr-defined]
    Open(1.0)  # the core remembers the last class that it asked for its attributes
    return kind


WAYS = (directly, far, in_a_slot, second_order, labelled, scoped, of_a_class_of_its_own)


def ours() -> int:
    """How many instances and classes there are of those above. Not by weak references: the collector clears those even
    of what it then fails to free."""
    found = gc.get_objects()
    kinds = [o for o in found if issubclass(type(o), type)]  # isinstance asks the object
    return sum(type(o) in {Open, Slotted} for o in found) + sum(k.__name__ == "Kind" for k in kinds)


def left(way: Callable[[], Any], count: int = 100) -> int:
    """How many of so many are still there once nobody has them."""
    gc.collect()
    before = ours()
    for _ in range(count):
        way()
    gc.collect()
    return ours() - before


def main() -> int:
    """Both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10_000)
    options = parser.parse_args()
    if core is None:
        print(f"the pure core runs: {why}")
        return 1
    level = flat(options.rounds)
    found = {way.__name__: left(way) for way in WAYS}
    print("left of 100:", ", ".join(f"{way} {count}" for way, count in found.items()))
    return not level or any(found.values())


if __name__ == "__main__":
    sys.exit(main())
