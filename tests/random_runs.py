"""The property tests again and again, each run with a random seed: ``python -m tests.random_runs [runs] [paths ...]``.

A test that fails for one draw in a million is found by many draws only. Runs 1,000 times by default, in processes
forked from one that has imported what all need. The seed and the report of each run that fails are printed, and
how many have passed; the exit status is 1 if any failed.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import random
import sys
import tempfile
from pathlib import Path

PATHS = ["tests/properties"]
NEEDED = ("autograd", "hypothesis", "mpmath", "nn", "numpy", "pytest", "torch")


def run(seed: int, paths: list[str], log: Path) -> None:
    """One run; ends the process with pytest's status."""
    import pytest

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    options = ["-q", "-p", "no:cacheprovider", "-m", "hypothesis", f"--hypothesis-seed={seed}"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what the parent imported
    sys.exit(pytest.main([*options, *paths]))


def main(arguments: list[str]) -> int:
    """Run, report, and answer with the exit status."""
    if "fork" not in multiprocessing.get_all_start_methods():
        print("random_runs forks its processes, which this system cannot")
        return 2
    context = multiprocessing.get_context("fork")
    runs = int(arguments[0]) if arguments else 1000
    for name in NEEDED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        for done in range(1, runs + 1):
            seed = random.SystemRandom().getrandbits(64)
            process = context.Process(target=run, args=(seed, arguments[1:] or PATHS, log))
            process.start()
            process.join()
            if process.exitcode:
                failed += 1
                print(f"--- seed {seed} ---\n{log.read_text()}", flush=True)
            if done % 10 == 0 or done == runs:
                print(f"{done} runs, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
