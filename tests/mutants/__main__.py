"""Break the project on purpose (of the engine the pure core), one way at a time, and see that the tests notice.

    python -m tests.mutants [-j JOBS] [PATTERN ...]

Each mutant of the catalogue is a copy of the project with a small change, on which the tests that are named
beside it are run; at least one must fail. Patterns choose mutants by file and name. First the same tests run on an
unchanged copy, where all must pass. The exit status is 1 if a mutant survives.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import io
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import MUTANTS

if TYPE_CHECKING:
    from .mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
MOST = 3 * 2**30
"""Bytes that a mutant may take: one that builds whatever it is asked for must not fill the machine."""
PATIENCE = 300
"""Seconds after which a mutant counts as noticed: one that hangs is."""


def copy_of_the_project(folder: Path) -> None:
    """The engine, its tests and their settings."""
    ignored = shutil.ignore_patterns("__pycache__", "*.so", "mutants")
    for part in ("autograd", "nn", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for part in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / part, folder / part)


def change(folder: Path, mutant: Mutant) -> None:
    """Make the mutant's change.

    Raises:
        ValueError: if the text to change is not there.
    """
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    if mutant.old not in text:
        raise ValueError(f"{mutant.name!r}: its text is no longer in {mutant.file}: {mutant.old!r}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def run_tests(folder: Path, tests: tuple[str, ...]) -> int:
    """Run tests in a copy of the project, and answer pytest's exit status. Ends this process's use of
    the engine: whatever was imported of it is forgotten first."""
    import pytest

    os.chdir(folder)
    for name in [n for n in sys.modules if n.partition(".")[0] in {"autograd", "nn", "conftest"}]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(p for p in sys.path if p and Path(p).resolve() != ROOT)]
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    os.environ["VALUEGRAD_CORE"] = "pure"
    arguments = [
        "-x",
        "-q",
        "--no-header",
        "--tb=no",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        f"--rootdir={folder}",
    ]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = int(pytest.main([*arguments, *tests]))
    if status not in (0, 1):
        print(said.getvalue()[-2000:], file=sys.stderr)
    return status


def examine(mutant: Mutant | None) -> tuple[str, float]:
    """What became of a mutant: killed, survived, or broken. None is the engine as it is."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy_of_the_project(folder)
        tests = tuple(dict.fromkeys(t for m in MUTANTS for t in m.killers))
        if mutant is not None:
            change(folder, mutant)
            tests = mutant.killers
        status = _in_another_process(folder, tests)
    outcome = {0: "survived", 1: "killed", None: "killed (it hangs)"}.get(status, "broken")
    return outcome, time.perf_counter() - start


def _in_another_process(folder: Path, tests: tuple[str, ...]) -> int | None:
    process = os.fork()
    if process == 0:
        status = 99
        resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))
        try:
            status = run_tests(folder, tests)
        except BaseException:  # noqa: BLE001  (this process must not return into its parent's work)
            traceback.print_exc()
        finally:
            os._exit(status)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(process, 9)
    os.waitpid(process, 0)
    return None


def main() -> int:
    """Run the suite and print a line for each mutant."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__.split("\n")[0]
    )
    parser.add_argument("patterns", nargs="*", help="run only mutants whose files or names match")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    patterns = [f"*{p}*" for p in options.patterns] or ["*"]
    chosen = [
        m for m in MUTANTS if any(fnmatch.fnmatch(f"{m.file}: {m.name}", p) for p in patterns)
    ]

    # Imported once, before the processes part; the engine is not.
    import hypothesis  # noqa: F401
    import mpmath  # noqa: F401
    import pytest  # noqa: F401

    if not options.patterns:
        outcome, seconds = examine(None)
        print(
            f"the engine as it is: {'passes' if outcome == 'survived' else outcome} {seconds:.0f} s"
        )
        if outcome != "survived":
            print("the tests must pass before mutants say anything")
            return 1
    wrong = []
    counts: dict[str, int] = {}
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        for mutant, (outcome, seconds) in zip(chosen, pool.imap(_examined, chosen), strict=True):
            kind = outcome
            if mutant.equivalent:
                kind = "equivalent" if outcome == "survived" else outcome
                if outcome != "survived":
                    wrong.append(f"{mutant.name}: called equivalent, but {outcome}")
            elif not outcome.startswith("killed"):
                wrong.append(f"{mutant.name}: {outcome}")
            counts[kind] = counts.get(kind, 0) + 1
            print(
                f"{kind:10} {seconds:5.1f} s  {mutant.file.split('/')[-1]:14} {mutant.name}",
                flush=True,
            )
            if mutant.equivalent:
                print(f"{'':29}since {mutant.equivalent}")
    print(f"\n{len(chosen)} mutants: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def _examined(mutant: Mutant) -> tuple[str, float]:
    try:
        return examine(mutant)
    except ValueError as error:
        return f"stale: {error}", 0.0


if __name__ == "__main__":
    sys.exit(main())
