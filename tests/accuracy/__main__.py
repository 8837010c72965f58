"""How many digits derivatives have: ``python -m tests.accuracy [--points N] [--seed S] [row ...]``.

For every row of the table, the worst relative error of its first and of its second partials against mpmath, eager and
compiled (mapped over arrays), over a number of points (100,000) that are drawn over the range of floats at first and then
searched for around the worst. Looked at are derivatives that are normal floats, at arguments that are 0 or normal
floats, but for what is known to be worse. Where a derivative has a zero of its own, the error is relative to the largest
of the terms that cancel there.

Prints the table, and what is known and why; the exit status is 1 if an error is above 1e-12.
"""

from __future__ import annotations

import argparse
import sys
import time

from autograd.primitives import TABLE

from .exact import EXACT
from .known import KNOWN, LIMIT, PAGE
from .search import MODES, worst_of


def main(arguments: list[str]) -> int:
    """Search, print the table, and answer with the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy")
    parser.add_argument("--points", type=int, default=100_000, help="how many a row (100000)")
    parser.add_argument("--seed", type=int, default=0, help="of the search (0)")
    parser.add_argument("rows", nargs="*", help="the rows to look at; all by default")
    chosen = parser.parse_args(arguments)
    for name in chosen.rows:
        if name not in EXACT:
            parser.error(
                f"{name!r} is no row with derivatives to search; there are {', '.join(EXACT)}"
            )
    failed = 0
    print(f"{'row':12} order " + "".join(f"{mode:>9} {'at':36}" for mode in MODES))
    start = time.perf_counter()
    for name in chosen.rows or EXACT:
        found = worst_of(TABLE[name], chosen.points, chosen.seed)
        for order in (1, 2):
            cells = []
            for mode in MODES:
                worst = found[order, mode]
                at = ", ".join(f"{x:.6g}" for x in worst.point) if worst.error else ""
                cells.append(f"{worst.error:9.1e} {at:36}")
                failed += worst.error > LIMIT
            print(f"{name:12} {order:5} {''.join(cells)}".rstrip(), flush=True)
    print(f"\nLeft out, as {PAGE} says (Tails):")
    for known in KNOWN:
        if not chosen.rows or set(known.rows) & set(chosen.rows):
            orders, modes = "and".join(f" {n} " for n in known.orders), " and ".join(known.modes)
            print(f"  {', '.join(known.rows)}, order{orders}{modes}: {known.why}")
    print(f"{failed} above {LIMIT:g}; {time.perf_counter() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
