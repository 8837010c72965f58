"""All rows at special values, pairs and triples of them: values, first and second derivatives."""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, Any

from autograd import Value, gradient
from autograd.functions import apply
from autograd.primitives import TABLE

from .rows import counts
from .written import answered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd.table import Primitive

INF, NAN = math.inf, math.nan
TRIPLES = [0.0, -0.0, 0.5, 1.0, -1.5, 1e300, -INF, NAN]
PAIRS = [*TRIPLES, -1.0, 2.0, -2.0, 3.0, -3.0, 0.25, 2.5, 1e-300, -1e-300, 5e-324, -1e300, INF]
PAIRS += [math.nextafter(1.0, 0.0), -math.nextafter(1.0, 0.0), math.pi / 2]
SPECIAL = [
    *PAIRS,
    -0.5,
    1.5,
    -2.5,
    3.5,
    36.0,
    -36.0,
    1e-8,
    -1e-8,
    1e16,
    709.5,
    710.5,
    -745.2,
    745.2,
]
SPECIAL += [math.nextafter(1.0, 2.0), -math.nextafter(1.0, 2.0), 1e-310, 1.7976931348623157e308]
SPECIAL += [k * math.pi / 4 for k in (1, 3, 4, -2, 8, 1000)]


def grid(seed: int, every: int = 1) -> Iterator[tuple[str, list[str]]]:
    """The name of each case, and what the engine answers; of as many cases, one."""
    for name, row, operands in itertools.islice(cases(seed), 0, None, every):
        yield name, answers(row, operands)


def cases(seed: int) -> Iterator[tuple[str, Primitive, list[Any]]]:
    """A name, a row, and its operands."""
    rng = random.Random(f"grid {seed}")
    for row in TABLE.values():
        for point in points(row, rng):
            for nodes in choices(row, len(point), rng):
                operands = [Value(x) if node else x for x, node in zip(point, nodes, strict=True)]
                shown = [
                    f"Value({x})" if node else str(x) for x, node in zip(point, nodes, strict=True)
                ]
                yield f"{row.name}({', '.join(shown)})", row, operands
        if row.arity != 1:
            for x in SPECIAL:
                yield f"{row.name} of one Value({x})", row, [Value(x)] * (row.arity or 4)


def points(row: Primitive, rng: random.Random) -> Iterator[tuple[float, ...]]:
    """Where a row is asked."""
    if row.arity is None:
        for n in [*counts(row, 9), 34]:
            for kind in (SPECIAL, SPECIAL, TRIPLES, [rng.gauss(0.0, 2.0) for _ in range(50)]):
                for _ in range(5):
                    yield tuple(rng.choices(kind, k=n))
    else:
        numbers = {1: SPECIAL, 2: PAIRS, 3: TRIPLES}[row.arity]
        yield from itertools.product(numbers, repeat=row.arity)


def choices(row: Primitive, n: int, rng: random.Random) -> list[tuple[bool, ...]]:
    """Which operands are Values, and which constants."""
    every = (True,) * n
    if row.arity is None:
        some = tuple(rng.random() < 0.5 for _ in range(n))
        return [every, some] if any(some) and some != every else [every]
    return [every] + [tuple(i == j for j in range(n)) for i in range(n) if n > 1]


def answers(row: Primitive, operands: Sequence[Any]) -> list[str]:
    """The number, what backward() leaves, and the derivatives of first and second order."""
    nodes = list(dict.fromkeys(x for x in operands if isinstance(x, Value)))

    def number() -> Any:
        return float(apply(row, *operands).data)

    def backward() -> Any:
        out = apply(row, *operands)
        out.backward(0.5)
        found = [node.grad for node in [out, *nodes]]
        for node in nodes:
            node.grad = 0.0
        return found

    def first() -> Any:
        return gradient(apply(row, *operands), nodes)

    def second() -> Any:
        slopes = gradient(apply(row, *operands), nodes, create_graph=True)
        return [slopes, [gradient(slope, nodes) for slope in slopes]]

    return [word for ask in (number, backward, first, second) for word in answered(ask)]
