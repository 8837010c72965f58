"""Whether compiled programs agree with the engine: ``python -m tests.agreement [--programs N] [--shapes N] [--seed S]``.

Compares the rows of ``docs/conventions.md``, a Gaussian mixture's log-likelihood, determinants by minors, an ODE by RK4,
a least-squares fit, programs as people write them, and random ones (all primitives, ``where``, kinks, poles, n-ary operations, constants, shared
nodes, blocks of equal operations). Each is run in every way of :mod:`tests.agreement.ways`, on arrays and in a
straight line; programs of a hundred shapes of code (:mod:`tests.agreement.shapes`) in five of these ways; values, gradients and second derivatives, single and vmapped, must be the engine's to 1e-12
relatively, or where the quantity is not so well conditioned, to what rounding in another order can do to it
(:mod:`tests.agreement.anyorder`). Prints the counts and the worst disagreements; on a failure, the smallest program
that fails, as Python, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import TYPE_CHECKING, Any

from autograd.testing.programs import Program, reduced
from tests.autograd.compiler.programs import program

from . import shapes
from .drawing import draw
from .everyday import everyday
from .known import conventions, functions
from .ways import WAYS, Case, Disagreement, Tally, Way, check

if TYPE_CHECKING:
    from collections.abc import Sequence

Tallies = dict[tuple[str, str], Tally]


def main(arguments: list[str]) -> int:
    """Compare, report, and answer with the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement")
    parser.add_argument("--programs", type=int, default=2000, help="how many random ones (2000)")
    parser.add_argument("--shapes", type=int, default=200, help="how many of shapes (200)")
    parser.add_argument("--seed", type=int, default=None, help="of the first of them (random)")
    parser.add_argument("--failures", type=int, default=1, help="after how many to stop (1)")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(48) if chosen.seed is None else chosen.seed
    failed = 0
    parts = {
        "conventions": conventions(),
        "functions": functions(seed),
        "everyday programs": everyday(seed),
    }
    for title, known in parts.items():
        tallies: Tallies = {}
        cases = [(name, Case(function, inputs)) for name, function, inputs in known]
        failed += sum(not agrees(case, tallies, name) for name, case in cases)
        print(f"{len(cases)} {title}\n{table(tallies)}\n", flush=True)
    kinds: dict[str, tuple[int, Any, Sequence[Way]]] = {
        "programs of shapes": (chosen.shapes, shaped, MAIN_WAYS),
        "random programs": (chosen.programs, drawn, WAYS),
    }
    for title, (wanted, draw_one, ways) in kinds.items():
        tallies = {}
        start = time.perf_counter()
        done = 0
        while done < wanted and failed < chosen.failures:
            failed += not agrees(draw_one(seed + done), tallies, f"seed {seed + done}", ways)
            done += 1
        seconds = time.perf_counter() - start
        print(
            f"{done} {title} from seed {seed} on, {seconds:.0f} s\n{table(tallies)}\n", flush=True
        )
    print(f"{failed} disagree" if failed else "all agree")
    return int(failed > 0)


def drawn(seed: int) -> Case:
    """A random program; every tenth of lists, layers, recurrences and stencils."""
    if seed % 10 == 9:
        function, inputs = program(seed)
        return Case(lambda *xs: function(list(xs)), inputs)
    found = draw(random.Random(seed))
    return Case(found, found.inputs)


MAIN_WAYS = [
    way
    for way in WAYS
    if way.name in {"value", "gradient", "Hessian-vector product", "Hessian", "vmapped gradient"}
]


def shaped(seed: int) -> Case:
    """A random program of a shape."""
    name, function, inputs = shapes.drawn(seed)
    return Case(lambda *xs: function(list(xs)), inputs, name)


def agrees(case: Case, tallies: Tallies, name: str, ways: Sequence[Way] = WAYS) -> bool:
    """Whether a case gives the engine's numbers in all of some ways; if not, it is reported."""
    for way in ways:
        for path in way.paths:
            tally = tallies.setdefault((way.name, path), Tally())
            if check(case, way, path, tally) is not None:
                report(case, way, path, name)
                return False
    return True


def report(case: Case, way: Way, path: str, name: str) -> None:
    """Print how a case fails; of a program the smallest that fails in the same way."""

    def fails(smaller: Program) -> bool:
        try:
            return check(Case(smaller, smaller.inputs), way, path, Tally()) is not None
        except Exception:  # noqa: BLE001 (the engine refuses it)
            return False

    if isinstance(case.function, Program):
        smallest = reduced(case.function, fails, 2000)
        case = Case(smallest, smallest.inputs)
    found = check(case, way, path, Tally())
    shape = f" ({case.name})" if case.name else ""
    print(f"--- {name}{shape}: {way.name}, {path} ---")
    if isinstance(found, Disagreement):
        print(
            f"compiled {found.found!r}, the engine {found.expected!r}: "
            f"{found.allowed:.1e} is allowed"
        )
    else:
        print(f"{type(found).__name__}: {found}")
    if isinstance(case.function, Program):
        print(f"{case.function.source()}\n# {case.function!r}")
    sys.stdout.flush()


def table(tallies: Tallies) -> str:
    """What was compared, and how well it agreed: how many numbers were equal, how many agreed to 1e-12 (and the worst of
    them), how many to what rounding can do (and the largest share of it that was needed), and of how many nothing
    is known, since rounding decides a branch or a factor may overflow (and how far they are apart)."""
    rows = [
        ("", "", "runs", "numbers", "equal", "to 1e-12", "", "to rounding", "", "undecided", "")
    ]
    for (name, path), t in tallies.items():
        counts = [f"{x:,}" for x in (t.runs, t.numbers, t.equal)]
        found = [
            (t.well, f"{t.worst:.0e}"),
            (t.ill, f"{t.share:.2f}"),
            (t.unsure, f"{t.apart:.0e}"),
        ]
        cells = [cell for count, worst in found for cell in (f"{count:,}", worst if count else "")]
        rows.append((name, path, *counts, *cells))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            x.ljust(w) if i < 2 or i in {6, 8, 10} else x.rjust(w)
            for i, (x, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
