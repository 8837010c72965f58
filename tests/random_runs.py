"""What draws at random, again and again with other seeds: ``python -m tests.random_runs [runs] [paths ...]``.

These are the property tests, whose draws are Hypothesis's, and the compiler's tests of random programs, of which
a plain run sees a few fixed ones. A test that fails for one draw in a million is found by many draws only. Runs 1,000
times by default: once in this process, and then in processes forked from it, which have all that was imported and
prepared. The seed and the report of each run that fails are printed, and how many have passed; the exit status is 1
if any failed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import os
import random
import sys
import tempfile
from pathlib import Path

PATHS = ["tests/properties", "tests/autograd/compiler"]
NEEDED = ("autograd", "hypothesis", "mpmath", "nn", "numpy", "pytest", "torch")


def run(seed: int, paths: list[str], log: Path) -> int:
    """One run, with its output in a file; pytest's status."""
    import pytest

    options = ["-q", "-p", "no:cacheprovider", "-m", "hypothesis or seeds"]
    options += [f"--hypothesis-seed={seed}", f"--first-seed={seed}"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what was imported before
    kept = [os.dup(stream) for stream in (1, 2)]
    with log.open("wb") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        try:
            return int(pytest.main([*options, *paths]))
        finally:
            for stream, before in zip((1, 2), kept, strict=True):
                os.dup2(before, stream)
                os.close(before)


def run_apart(seed: int, paths: list[str], log: Path) -> int:
    """The same in a forked process."""
    context = multiprocessing.get_context("fork")
    process = context.Process(target=lambda: sys.exit(run(seed, paths, log)))
    process.start()
    process.join()
    return process.exitcode or 0


def main(arguments: list[str]) -> int:
    """Run, report, and answer with the exit status."""
    if "fork" not in multiprocessing.get_all_start_methods():
        print("random_runs forks its processes, which this system cannot")
        return 2
    runs = int(arguments[0]) if arguments else 1000
    for name in NEEDED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        for done in range(1, runs + 1):
            seed = random.SystemRandom().getrandbits(64)
            status = (run if done == 1 else run_apart)(seed, arguments[1:] or PATHS, log)
            gc.freeze()  # what there is by now stays; no fork needs to look through it
            if status:
                failed += 1
                print(f"--- seed {seed} ---\n{log.read_text()}", flush=True)
            if done % 10 == 0 or done == runs:
                print(f"{done} runs, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
