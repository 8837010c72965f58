"""Whether compiled programs agree with the engine: ``python -m tests.agreement [--programs N] [--seed S]``.

Draws random programs (all primitives, ``where``, kinks, poles, n-ary operations, constants, shared nodes, blocks of
equal operations), runs each in every way of :mod:`tests.agreement.ways`, on arrays and in a straight line, and
compares values, gradients and second derivatives, single and vmapped, with the engine's. What is allowed is
1e-12 relatively, or where the quantity is not so well conditioned, what rounding in another order can do to it
(:mod:`tests.agreement.anyorder`). Prints the counts and the worst disagreements; on a failure, the smallest program
that fails, as Python, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from autograd.testing.programs import Program, reduced

from .drawing import draw
from .ways import WAYS, Case, Disagreement, Tally, Way, check


def main(arguments: list[str]) -> int:
    """Compare, report, and answer with the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement")
    parser.add_argument("--programs", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--seed", type=int, default=None, help="of the first (random)")
    parser.add_argument("--failures", type=int, default=1, help="after how many to stop (1)")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(48) if chosen.seed is None else chosen.seed
    tallies: dict[tuple[str, str], Tally] = {}
    start = time.perf_counter()
    failures = done = 0
    for done in range(1, chosen.programs + 1):
        program = draw(random.Random(seed + done - 1))
        failures += compare(program, tallies, f"seed {seed + done - 1}")
        if failures >= chosen.failures:
            break
    seconds = time.perf_counter() - start
    print(f"{done} programs from seed {seed} on, {seconds:.0f} s")
    print(table(tallies))
    print(f"{failures} programs disagree" if failures else "all agree")
    return int(failures > 0)


def compare(program: Program, tallies: dict[tuple[str, str], Tally], name: str) -> int:
    """Run a program in every way; 1 if one fails, which is reported."""
    case = Case(program)
    for way in WAYS:
        for path in way.paths:
            tally = tallies.setdefault((way.name, path), Tally())
            found = check(case, way, path, tally)
            if found is not None:
                report(program, way, path, name)
                return 1
    return 0


def report(program: Program, way: Way, path: str, name: str) -> None:
    """Print the smallest program that fails in the same way."""

    def fails(smaller: Program) -> bool:
        try:
            return check(Case(smaller), way, path, Tally()) is not None
        except Exception:  # noqa: BLE001 (the engine refuses it)
            return False

    smallest = reduced(program, fails, 2000)
    found = check(Case(smallest), way, path, Tally())
    print(f"--- {name}: {way.name}, {path} ---")
    if isinstance(found, Disagreement):
        print(
            f"compiled {found.found!r}, the engine {found.expected!r}: "
            f"{found.allowed:.1e} is allowed"
        )
    else:
        print(f"{type(found).__name__}: {found}")
    print(smallest.source())
    print(f"# {smallest!r}")
    sys.stdout.flush()


def table(tallies: dict[tuple[str, str], Tally]) -> str:
    """What was compared, and how well it agreed."""
    head = ("", "", "programs", "numbers", "equal", "to 1e-12", "worst", "to rounding", "share", "undecided")
    rows = [head]
    for (name, path), t in tallies.items():
        counts = [f"{x:,}" for x in (t.programs, t.numbers, t.equal, t.well)]
        rows.append((name, path, *counts, f"{t.worst:.1e}", f"{t.ill:,}", f"{t.share:.2f}", f"{t.unsure:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [x.ljust(w) if i < 2 else x.rjust(w) for i, (x, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
