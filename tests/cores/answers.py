"""What one core answers, case by case on the standard output: run by :mod:`tests.cores`, once for each core."""

from __future__ import annotations

import argparse
import sys
import time
import warnings

from autograd import native

from .functions import functions
from .graphs import graphs
from .grid import grid
from .rows import add_rows

PARTS = ("grid", "graphs", "functions")


def main(arguments: list[str]) -> int:
    """Print a line that says which core this is; for each part its cases, then how long it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.cores.answers")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("--graphs", type=int, required=True)
    parser.add_argument("--functions", type=int, required=True)
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    add_rows()
    print("pure" if native.core is None else "native")
    parts = (
        grid(chosen.seed, chosen.every),
        graphs(chosen.seed, chosen.graphs),
        functions(chosen.seed, chosen.functions),
    )
    for name, cases in zip(PARTS, parts, strict=True):
        start = time.process_time()
        for case, words in cases:
            print(f"{case}\t{' '.join(words)}")
        print(f"end of {name}\t{time.process_time() - start:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
