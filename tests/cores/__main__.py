"""Whether both cores give the same bits: ``python -m tests.cores [--graphs N] [--functions N] [--seed S]``.

Starts a process for each core and compares their answers, floats bit for bit and nan with nan: all rows of the table
and some that were added at run time at special values, pairs and triples of them, with their first and second
derivatives (:mod:`tests.cores.grid`); random graphs, swept several times (:mod:`tests.cores.graphs`); transforms
of random functions (:mod:`tests.cores.functions`). What one core refuses the other must refuse in the same words.
Prints how much was compared and the first differences; the exit status is 1 if there are any, and 2
where a core did not run.

``--cores pure pure --trees . OTHER`` compares this checkout with another one.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .compare import ROOT, Comparison, Core, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 10
"""How many differences are shown."""


def main(arguments: Sequence[str]) -> int:
    """Compare, report, and answer with the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.cores")
    parser.add_argument(
        "--every", type=int, default=1, help="of so many cases on the grid, one (1)"
    )
    parser.add_argument("--graphs", type=int, default=10_000, help="how many random ones (10000)")
    parser.add_argument("--functions", type=int, default=1000, help="how many random ones (1000)")
    parser.add_argument("--seed", type=int, help="of the first of each (random)")
    parser.add_argument("--cores", nargs=2, default=("pure", "native"), choices=("pure", "native"))
    parser.add_argument("--trees", nargs=2, type=Path, default=(ROOT, ROOT), metavar="FOLDER")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(40) if chosen.seed is None else chosen.seed
    options = [f"--seed={seed}", f"--every={chosen.every}"]
    options += [f"--graphs={chosen.graphs}", f"--functions={chosen.functions}"]
    cores = [
        Core(name, tree.resolve()) for name, tree in zip(chosen.cores, chosen.trees, strict=True)
    ]
    found = compare(cores[0], cores[1], options)
    print(report(found, cores, seed))
    return (
        2 if found.failures and not found.parts else 1 if found.failures or found.differences else 0
    )


def report(found: Comparison, cores: Sequence[Core], seed: int) -> str:
    """What was compared, and what differs."""
    names = "".join(f"{core.name:>10}" for core in cores)
    lines = [f"seed {seed}", f"{'':10}{'cases':>10}{'numbers':>12}{'finite':>8}{names}"]
    for part in found.parts:
        share = part.finite / max(part.numbers, 1)
        seconds = "".join(f"{second:8.1f} s" for second in part.seconds)
        lines.append(f"{part.name:10}{part.cases:10,}{part.numbers:12,}{share:8.0%}{seconds}")
    count = len(found.differences)
    lines.append(f"{count:,} cases differ" + (", the first of them:" if count > SHOWN else ""))
    return "\n".join([*lines, *found.differences[:SHOWN], *found.failures])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
