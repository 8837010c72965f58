"""How many array instructions programs compile to: ``python -m benchmarks.instructions [program ...]``.

A count does not depend on the machine: what makes one larger has made the compiler worse. Each line also has the sizes of
the arenas and the milliseconds from the recording on. ``--stencils`` adds thirty random ones, 40 points wide (or 40 by
40) and 20 steps long, which takes minutes.
"""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.compiler.pipeline import PASSES, Task, run
from autograd.compiler.stages import record
from autograd.structure import flatten
from benchmarks import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd.compiler.ir.program import Program

Case = tuple[str, "Callable[..., Any]", tuple[Any, ...], int, bool]
"""A name, a function with arguments for it, how many of their numbers to differentiate by, and whether those after
them differ from lane to lane."""


def held_ends(u: list[Any]) -> Any:
    """Heat in a rod of points, whose ends stay as warm as they are."""
    for _ in range(20):
        inner = [u[i] + 0.2 * (u[i - 1] - 2.0 * u[i] + u[i + 1]) for i in range(1, len(u) - 1)]
        u = [u[0], *inner, u[-1]]
    return sum(x * x for x in u)


def zero_ends(u: list[Any]) -> Any:
    """The same, with nothing but cold beyond the ends."""
    for _ in range(20):
        padded = [0.0, *u, 0.0]
        u = [0.25 * a + 0.5 * b + 0.25 * c for a, b, c in zip(padded, u, padded[2:], strict=False)]
    return sum(x * x for x in u)


def gram(xs: list[Any]) -> Any:
    """The squares of the inner products of twelve vectors."""
    rows = [xs[i : i + 6] for i in range(0, len(xs), 6)]
    return sum(sum(a * b for a, b in zip(u, v, strict=True)) ** 2 for u in rows for v in rows)


def edit_distance(costs: list[Any]) -> Any:
    """The soft distance of two words of twelve letters, by the costs of exchanging one for another."""
    n = 12
    table: list[list[Any]] = [[0.0] * (n + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        table[i][0], table[0][i] = float(i), float(i)
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            above, left, before = table[i - 1][j], table[i][j - 1], table[i - 1][j - 1]
            exchanged = before + costs[(i - 1) * n + j - 1]
            table[i][j] = -ag.logsumexp([-(above + 1.0), -(left + 1.0), -exchanged])
    return table[n][n]


def branches(xs: list[Any]) -> Any:
    """A function in two pieces, of which one is not finite where the other holds."""
    pieces = []
    for x in xs:
        inner = ag.where(x > 0.1, x, 1.0)
        pieces.append(ag.where(x > 0.1, ag.sqrt(inner) * ag.log(x), x * x))
    return sum(pieces)


def last(loss: Callable[..., Any]) -> Callable[..., Any]:
    """A loss with the sample after its target, as training steps have it: there is room for ones behind it."""
    return lambda parameters, target, x: loss(parameters, x, target)


def programs() -> Iterator[Case]:
    """The programs of the table."""
    rng = random.Random(3)

    def normals(n: int) -> list[float]:
        return [rng.gauss(0.0, 1.0) for _ in range(n)]

    def count(tree: Any) -> int:
        return len(flatten(tree)[0])

    net = cases.mlp_parameters([2, 16, 16, 1])
    yield "moons", last(cases.hinge), (net, 1.0, [0.1, 0.2]), count(net), True
    net = cases.mlp_parameters([64, 32, 10])
    yield "digits", last(cases.cross_entropy), (net, [0.1] * 10, [0.1] * 64), count(net), True
    points = [0.1 + 0.01 * i for i in range(100)]
    yield "Rosenbrock 100", cases.rosenbrock, (points,), 100, False
    arguments = cases.rnn_arguments()
    yield "RNN 16x20", cases.rnn, arguments, count(arguments[0]), False
    parameters, tokens, targets = cases.gpt_arguments()
    function = cases.gpt_loss(targets)
    yield "transformer block", function, (parameters, tokens), count(parameters), False
    yield "where 30", branches, (normals(30),), 30, False
    rod = [0.1 * i for i in range(40)]
    yield "heat, held ends", held_ends, (rod,), 40, False
    yield "heat, zero ends", zero_ends, (rod,), 40, False
    mixture = {"logits": normals(4), "means": [normals(3) for _ in range(4)]}
    mixture["log_scales"] = normals(4)
    data = [normals(3) for _ in range(50)]
    yield "GMM", lambda p: cases.mixture(p, data), (mixture,), 20, False
    yield "Gram", gram, (normals(72),), 72, False
    costs = [rng.random() for _ in range(144)]
    yield "edit distance 12x12", edit_distance, (costs,), 144, False


def stencils() -> Iterator[Case]:
    """Thirty random ones."""
    from tests.autograd.compiler.stencils import stencil

    for seed in range(30):
        function, arguments = stencil(seed, 40, 20)
        yield f"stencil {seed}", function, tuple(arguments), len(arguments[0]), False


def compiled(case: Case) -> tuple[Program, float]:
    """The program of a case, and the seconds from the recording on."""
    _, function, arguments, wanted, laned = case
    recording = record(function, flatten((arguments, {}))[1])
    count = len(recording.arguments)
    leaves = tuple(range(wanted))
    # Steps of training keep the leaves in an order that the compiler chooses.
    task = Task(leaves, tuple(range(wanted, count)), parts=(wanted,)) if laned else Task(leaves)
    start = time.perf_counter()
    program: Program = run(recording, task, *PASSES)
    return program, time.perf_counter() - start


def main(words: list[str]) -> None:
    """Print the table."""
    chosen = list(programs())
    if "--stencils" in words:
        words = [word for word in words if word != "--stencils"]
        chosen += stencils()
    total = 0
    print(f"{'program':22} {'instructions':>12} {'forward':>8} {'arenas':>9} {'ms':>8}")
    for case in chosen:
        if words and not any(word in case[0] for word in words):
            continue
        program, seconds = compiled(case)
        size = program.once + program.lanes + program.rows
        count = len(program.instructions)
        total += count
        print(f"{case[0]:22} {count:12} {program.forward:8} {size:9} {1e3 * seconds:8.1f}")
    print(f"{'sum':22} {total:12}")


if __name__ == "__main__":
    main(sys.argv[1:])
