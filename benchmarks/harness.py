"""Times contenders side by side: each in a process of its own, one thread, taking turns.

A contender's garbage, caches and imports then burden nobody else, and a slow minute of the machine hits
all of them alike. What counts is the median, and the ratio of a round's times in its median.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    Job = Callable[[], float]

_THREADS = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")


@dataclass(frozen=True)
class Contender:
    """Who takes part.

    Attributes:
        name: for the table.
        prepare: a function at the top level of a module, called once in the contender's own process; what
            it returns is the job that is timed. A job answers with a number, so that one can see that all
            compute the same thing.
    """

    name: str
    prepare: Callable[[], Job]


@dataclass(frozen=True)
class Timing:
    """What came out for one contender: seconds of each round, and the job's number."""

    name: str
    seconds: list[float]
    answer: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def times_faster_than(self, other: Timing) -> float:
        """The median over the rounds of the other's time divided by this one's."""
        return statistics.median(b / a for a, b in zip(self.seconds, other.seconds, strict=True))


def compare(
    contenders: Sequence[Contender], rounds: int = 15, tolerance: float = 1e-9
) -> list[Timing]:
    """Time each contender once a round, in turn, after a round that does not count.

    Raises:
        ValueError: if the contenders' numbers differ by more than the relative tolerance: they would not
            be doing the same work.
    """
    for name in _THREADS:
        os.environ[f"{name}_NUM_THREADS"] = "1"  # the processes inherit it
    context = multiprocessing.get_context("spawn")
    seats = []
    for contender in contenders:
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there, contender.prepare), daemon=True)
        process.start()
        seats.append((contender, process, here))
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    answers: dict[str, float] = {}
    try:
        for turn in range(rounds + 1):
            for contender, _, connection in seats:
                connection.send(True)
                elapsed, answers[contender.name] = connection.recv()
                if turn:
                    seconds[contender.name].append(elapsed)
    finally:
        for _, process, _connection in seats:
            process.terminate()
            process.join()
    first = contenders[0].name
    for name, answer in answers.items():
        if not math.isclose(answer, answers[first], rel_tol=tolerance):
            raise ValueError(f"{name} answers {answer}, {first} answers {answers[first]}")
    return [Timing(name, seconds[name], answers[name]) for name in seconds]


def _work(connection: Connection, prepare: Callable[[], Job]) -> None:
    job = prepare()
    while connection.recv():
        start = time.perf_counter()
        answer = job()
        connection.send((time.perf_counter() - start, answer))


def table(timings: Sequence[Timing]) -> str:
    """A Markdown table; the first contender is the one that the others are compared with."""
    peer = timings[0]
    lines = [
        f"| | median | times as fast as {peer.name} |",
        "|---|---:|---:|",
    ]
    for timing in timings:
        ratio = "1" if timing is peer else f"{timing.times_faster_than(peer):.1f}"
        lines.append(f"| {timing.name} | {timing.median * 1e3:.1f} ms | {ratio} |")
    return "\n".join(lines)
