"""Two processes, one a core, that are asked the same; and what their answers have in common, line by line."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parents[2]


class Core(NamedTuple):
    """A core: its name, and the checkout that it is taken from."""

    name: str
    tree: Path = ROOT


class Part(NamedTuple):
    """How much one part compared: cases, numbers, how many of those were finite, and how long each core took."""

    name: str
    cases: int
    numbers: int
    finite: int
    seconds: tuple[float, float]


@dataclass
class Comparison:
    """What came of it."""

    parts: list[Part] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Why a process did not answer to the end."""


class _Asked:
    """A running process, and where its errors go."""

    def __init__(self, core: Core, options: Sequence[str]) -> None:
        self.core = core
        self.errors: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115
        paths = [str(core.tree), str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            "VALUEGRAD_CORE": core.name,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONHASHSEED": "0",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.cores.answers", *options],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment,
            cwd=core.tree,
        )

    def lines(self) -> Iterable[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def failure(self, last: str) -> str | None:
        """Why it ended before its time."""
        status = self.process.wait()
        if status == 0:
            return None
        self.errors.seek(0)
        said = self.errors.read().strip()[-2000:]
        after = f" after {last}" if last else ""
        return f"the {self.core.name} core of {self.core.tree} ended with status {status}{after}\n{said}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]
        self.errors.close()


def compare(first: Core, second: Core, options: Sequence[str]) -> Comparison:
    """Ask two cores the same.

    Args:
        first: a core.
        second: the other one.
        options: what :mod:`tests.cores.answers` takes.
    """
    found = Comparison()
    one, other = _Asked(first, options), _Asked(second, options)
    try:
        ended, last = _compared(one, other, found)
        failures = [asked.failure(last) for asked in ended]
        found.failures = [failure for failure in failures if failure is not None]
    finally:
        one.end()
        other.end()
    return found


def _compared(one: _Asked, other: _Asked, found: Comparison) -> tuple[list[_Asked], str]:
    """Compare until either has nothing more to say: whichever that is, and the last case."""
    last = ""
    cases = numbers = finite = 0
    for line, its in zip_longest(one.lines(), other.lines()):
        if line is None or its is None:
            return [one if line is None else other], last
        case, _, words = line.rstrip("\n").partition("\t")
        its_case, _, its_words = its.rstrip("\n").partition("\t")
        if not words:  # the first line of all
            assert (case, its_case) == (one.core.name, other.core.name), "another core runs"
            continue
        if case.startswith("end of ") and its_case == case:
            name = case.removeprefix("end of ")
            seconds = float(words), float(its_words)
            found.parts.append(Part(name, cases, numbers, finite, seconds))
            cases = numbers = finite = 0
            continue
        last = case
        cases += 1
        split = words.split(" ")
        finite += sum("0x" in word for word in split)
        numbers += sum("0x" in word or word in _NOT_FINITE for word in split)
        if line != its:
            found.differences.append(
                f"{case}: {_difference(split, its_words.split(' '))}"
                if case == its_case
                else f"{case} in the one, {its_case} in the other"
            )
    return [one, other], last


_NOT_FINITE = frozenset({"nan", "inf", "-inf"})


def _difference(words: list[str], its_words: list[str]) -> str:
    """The first answers that differ."""
    pairs = list(enumerate(zip_longest(words, its_words, fillvalue="nothing")))
    differ = [(place, pair) for place, pair in pairs if pair[0] != pair[1]]
    shown = ", ".join(f"answer {place}: {a} and {b}" for place, (a, b) in differ[:3])
    return f"{len(differ)} of {len(pairs)} answers differ; {shown}"
