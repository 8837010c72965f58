"""Random graphs over all rows: numbers, gradients of leaves and of nodes between, after several sweeps."""

from __future__ import annotations

import math
import operator
import random
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd import Value, gradient
from autograd.functions import apply
from autograd.primitives import TABLE

from .rows import counts
from .written import answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3, -2, 0, True, 1e-300, 1e200]
OPERATORS: list[Callable[..., Any]] = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow),
    *(ag.hypot, ag.atan2, ag.maximum, ag.minimum, ag.leaky_relu, ag.elu, ag.xlogy),
    lambda a, b: ag.where(a > b, a, b),
    lambda a, b: ag.where(b <= 0.5, a * b, 2),
]
METHODS: list[Callable[[Any], Any]] = [
    *(operator.neg, operator.pos, abs, round, math.floor, math.ceil),
    lambda x: round(x, 1),
    lambda x: x.detach(),
    lambda x: x.relu(),
    lambda x: ag.clip(x, -1, 1.5),
    lambda x: ag.softmax([x, 0.5, 2 * x])[0],
]


class Weight(Value):
    """A leaf of a class of one's own, with attributes."""


KINDS = [Value, Value, Value, Weight]
TAMING = [ag.tanh, ag.sigmoid, ag.sin, ag.softplus, ag.atan, ag.gelu, ag.silu]


def graphs(seed: int, count: int) -> Iterator[tuple[str, list[str]]]:
    """The name of each case, and what the engine answers."""
    rows = list(TABLE.values())
    for number in range(count):
        rng = random.Random(f"graph {seed + number}")
        yield f"graph of seed {seed + number}", answered(lambda rng=rng: graph(rng, rows))


def graph(rng: random.Random, rows: list[Any]) -> list[Any]:
    """One graph: built, swept, built upon, swept again."""
    leaves = [rng.choice(KINDS)(_number(rng), "xyz"[i % 3]) for i in range(rng.randint(1, 6))]
    pool = list(leaves)
    found: list[Any] = []
    for _ in range(rng.randint(1, 3)):
        for _ in range(rng.randint(1, 25)):
            grown = _step(rng, pool, rows)
            found.append(grown)
            if isinstance(grown, Value):
                pool.append(grown)
        for _ in range(rng.randint(1, 2)):
            root = pool[-1] if rng.random() < 0.7 else rng.choice(pool)
            found.append([places(pool, ag.topological_order(root)), str(ag.first_anomaly(root))])
            if rng.random() < 0.1:
                found.append(answered(lambda root=root: _watched(root)))
                found.append([leaf.grad for leaf in leaves])
            # After a pass that raises, the gradients of nodes between are nobody's promise: another one.
            root.backward(rng.choice([1.0, 1, -0.5]))
            found.append([node.grad for node in pool])
        if rng.random() < 0.3:
            for leaf in leaves:
                leaf.grad = 0.0
        if rng.random() < 0.1:  # what was computed from it keeps the old number
            rng.choice(leaves).data = _number(rng)
        found.append(answered(lambda: gradient(pool[-1], leaves)))
        found.append(answered(lambda: _second(rng, pool, leaves)))
    for node in pool:
        found += [node.data, node._op, len(node._prev), node.primals, places(pool, node.operands)]
    return found


def places(pool: list[Value], nodes: Iterable[Any]) -> list[str]:
    """Which nodes of the pool some are; what a function made on its way, and a constant, is none of them."""
    known = {id(node): str(place) for place, node in enumerate(pool)}
    return [known.get(id(node), "?") for node in nodes]


def _watched(root: Value) -> None:
    """A backward pass under the mode that looks for what is not finite."""
    with ag.detect_anomaly():
        root.backward()


def _number(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(NUMBERS)
    return rng.gauss(0.0, 1.0) if kind < 0.7 else rng.uniform(0.1, 3.0)


def _step(rng: random.Random, pool: list[Value], rows: list[Any]) -> Any:
    """One more node, by an operator, a function of the library, or a row."""

    def node() -> Value:
        return pool[-1 - min(int(rng.expovariate(0.2)), len(pool) - 1)]

    def operand() -> Any:
        return node() if rng.random() < 0.85 else _number(rng)

    kind = rng.random()
    if kind < 0.2:
        return rng.choice(TAMING)(node())
    if kind < 0.3:
        return rng.choice(METHODS)(node())
    if kind < 0.6:
        pair = [node(), operand()]
        rng.shuffle(pair)
        return rng.choice(OPERATORS)(*pair)
    row = rng.choice(rows)
    n = rng.choice(counts(row, 9))
    operands = [operand() for _ in range(n)]
    operands[rng.randrange(n)] = node()
    if rng.random() < 0.05:
        with ag.no_grad():
            return apply(row, *operands)
    return apply(row, *operands)


def _second(rng: random.Random, pool: list[Value], leaves: list[Value]) -> Any:
    """Second derivatives of the last node by a leaf and a node on the way."""
    inputs = [rng.choice(leaves), rng.choice(pool)]
    slopes = gradient(pool[-1], inputs, create_graph=True)
    return [slopes, gradient(rng.choice(slopes), leaves)]
