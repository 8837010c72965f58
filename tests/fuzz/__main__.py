"""Hostile files for all that reads files: ``python -m tests.fuzz [inputs] [--first N]``.

Reads model files (JSON and safetensors) and the rows of ``python -m nn predict`` (CSV and JSON), good ones with bytes
or branches changed, 100,000 by default. Each may be read or refused: with an exception that is documented, that names
the file where it must, within a second of processor time and with 200 MB more than before; and a file that is refused
changes nothing. Prints what was read and refused; what else happened makes the exit status 1, with the number that
makes the file again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nn
from nn.cli import classification
from nn.saving import files
from tests.fuzz.inputs import ROWS, good, hostile, models, optimizer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 1.0
MEGABYTES = 200
USERS = (ValueError, TypeError, ImportError, OSError)


class Fuzz:
    """All that reads files, and what came of it.

    Args:
        folder: to write in.

    Attributes:
        counts: how often what was read or refused.
        failures: what must not happen, a line each.
        slowest: seconds, and the input that took them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = (0.0, "")
        self.models = [(model, optimizer_of(model)) for model in models()]
        self.rows = folder / "good.csv"
        self.rows.write_text(ROWS)
        self.weights = folder / "good.json"
        self.weights.write_bytes(good(".json")[0])

    def one(self, suffix: str, number: int) -> None:
        """One file, for all that reads such."""
        where = f"{suffix} {number}"
        path = self.folder / ("rows.json" if suffix == ".rows" else f"hostile{suffix}")
        path.write_bytes(hostile(suffix, number))
        for name, read, documented in self.readers(suffix, path):
            began = time.process_time()
            try:
                read()
            except documented as error:
                self.counts[f"{suffix[1:]} refused by {name}"] += 1
                if path.name not in str(error) and name != "predict with":
                    self.failures.append(f"{where}, {name}: {error} (names no file)")
            except BaseException as error:  # noqa: BLE001  (whatever it is)
                self.failures.append(f"{where}, {name}: {type(error).__name__}: {error!s:.200}")
            else:
                self.counts[f"{suffix[1:]} read by {name}"] += 1
            took = time.process_time() - began
            self.slowest = max(self.slowest, (took, f"{where}, {name}"))
            if took > SECONDS:
                self.failures.append(f"{where}, {name}: {took:.1f} s")

    def readers(
        self, suffix: str, path: Path
    ) -> Iterator[tuple[str, Callable[[], Any], tuple[type[Exception], ...]]]:
        """What reads such a file, with the exceptions that it documents."""
        if suffix in {".csv", ".rows"}:
            yield "predict", lambda: classification.classify(self.weights, [str(path)]), USERS
            return
        yield "read", lambda: files.read(path), (ValueError,)
        yield "load", lambda: nn.load(path), (ValueError,)
        for pair in self.models:
            yield "load_into", lambda pair=pair: self.loaded_into(path, *pair), (ValueError,)
        yield "predict with", lambda: classification.classify(path, [str(self.rows)]), USERS

    @staticmethod
    def loaded_into(path: Path, model: nn.Module, optimizer: Any) -> None:
        """Load, and see that a file that is refused changes nothing."""
        before = repr((model.state_dict(), optimizer.state_dict()))
        try:
            nn.load_into(path, model, optimizer)
        except BaseException:
            if repr((model.state_dict(), optimizer.state_dict())) != before:
                raise AssertionError("refused, and yet the model is another") from None
            raise


def limit_memory() -> None:
    """Let what is asked for beyond the bound be a MemoryError, where the system can."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * os.sysconf("SC_PAGESIZE") + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main(arguments: list[str]) -> int:
    """Run, report, and answer with the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("inputs", type=int, nargs="?", default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the first file's number")
    options = parser.parse_args(arguments)
    suffixes = [".json", ".csv", ".rows"]
    try:
        import safetensors.numpy  # noqa: F401

        suffixes.insert(1, ".safetensors")
    except ImportError:
        print("without safetensors")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder))
        for suffix in suffixes:  # what is imported and prepared comes before the bound
            fuzz.one(suffix, -1)
        fuzz.slowest = (0.0, "")
        limit_memory()
        for number in range(options.first, options.first + options.inputs):
            fuzz.one(suffixes[number % len(suffixes)], number)
    for name, times in sorted(fuzz.counts.items()):
        print(f"{times:8} {name}")
    for failure in fuzz.failures[:20]:
        print(failure)
    seconds, where = fuzz.slowest
    print(
        f"{options.inputs} inputs in {time.perf_counter() - began:.0f} s, {len(fuzz.failures)} failures; "
        f"slowest {seconds:.2f} s ({where})"
    )
    return int(bool(fuzz.failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
