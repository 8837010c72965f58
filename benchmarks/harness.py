"""Times contenders side by side: one thread, taking turns, in one process or each in a process of its own.

In a process of its own a contender's garbage, caches and imports burden nobody else; in one process they burden
all, as they do in a notebook. A slow minute of the machine hits all alike, since they take turns, and the clock is the
processor time of the thread, which other programs change less than the time on the wall. What counts is
the median over the rounds, and of a ratio its median over the rounds.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import statistics
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

    Turn = Callable[[], dict[str, tuple[float, list[float] | None]]]

_THREADS = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")


def _nothing(result: Any) -> None:
    """What a job computed that computes nothing to be compared."""


@dataclass(frozen=True)
class Job:
    """What is timed.

    Attributes:
        run: is timed, the freeing of what it leaves to nobody included.
        numbers: told what run returned, says what it computed, while the clock stands; None is nothing.
    """

    run: Callable[[], Any]
    numbers: Callable[[Any], list[float] | None] = _nothing


@dataclass(frozen=True)
class Contender:
    """Who takes part.

    Attributes:
        name: for the table.
        prepare: called once, gives the jobs by their names, in the order in which a turn runs them. For a process of its
            own it must be a function at the top level of a module, or a partial of one.
        environment: variables for a process of its own.
        tree: a folder that a process of its own imports from before all others.
    """

    name: str
    prepare: Callable[[], Mapping[str, Job]]
    environment: Mapping[str, str] = field(default_factory=dict)
    tree: str = ""


@dataclass(frozen=True)
class Timing:
    """What came out for one job of one contender: seconds of each round, and the job's numbers."""

    name: str
    seconds: list[float]
    numbers: list[float] | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def times_as_fast_as(self, other: Timing) -> float:
        """The median over the rounds of the other's time divided by this one's."""
        return statistics.median(b / a for a, b in zip(self.seconds, other.seconds, strict=True))


def compare(
    contenders: Sequence[Contender],
    rounds: int,
    *,
    apart: bool,
    least: float = 0.1,
    tolerance: float | None = 1e-9,
) -> dict[str, list[Timing]]:
    """Time all jobs once a round, contender by contender, after a round that does not count.

    Args:
        contenders: whom; all have jobs of the same names.
        rounds: how many count.
        apart: each in a process of its own.
        least: the seconds for which a turn repeats each job, to take the mean; 0 for jobs that cannot be repeated. Where
            the cyclic collector is switched off, it works between two runs, while the clock stands.
        tolerance: by how much numbers may differ, relative to the largest of a job; None for numbers that tell
            something else than what was computed.

    Returns:
        By job, a timing a contender; the numbers are those of the last turn.

    Raises:
        ValueError: if the contenders' numbers differ: they would not be doing the same work.
    """
    with ExitStack() as stack:
        turns: list[Turn] = [
            stack.enter_context(_process(one, least))
            if apart
            else partial(_turn, one.prepare(), least)
            for one in contenders
        ]
        turned = [[turn() for turn in turns] for _ in range(rounds + 1)]
    found = {
        job: [
            Timing(
                one.name, [mine[place][job][0] for mine in turned[1:]], turned[-1][place][job][1]
            )
            for place, one in enumerate(contenders)
        ]
        for job in turned[0][0]
    }
    if tolerance is not None:
        for job, timings in found.items():
            _check(job, timings, tolerance)
    return found


def _turn(jobs: Mapping[str, Job], least: float) -> dict[str, tuple[float, list[float] | None]]:
    """The seconds that each job takes, and its numbers."""
    found = {}
    for name, job in jobs.items():
        runs, spent, result = 0, 0.0, None
        while not runs or spent < least:
            if not gc.isenabled():
                gc.collect()
            start = time.thread_time()
            result = job.run()
            spent += time.thread_time() - start
            runs += 1
        found[name] = spent / runs, job.numbers(result)
    return found


@contextmanager
def _process(contender: Contender, least: float) -> Iterator[Turn]:
    """A contender in a process of its own, which takes a turn at each call."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, contender, least), daemon=True)
    before = dict(os.environ)
    try:  # the process inherits the environment
        os.environ.update({f"{name}_NUM_THREADS": "1" for name in _THREADS})
        os.environ.update(contender.environment)
        process.start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    there.close()  # or nobody would notice the end of a process that fails

    def turn() -> Any:
        try:
            here.send(True)
            return here.recv()
        except (EOFError, ConnectionError):
            raise RuntimeError(f"the process of {contender.name} ended with an error") from None

    try:
        yield turn
    finally:
        process.terminate()
        process.join()


def _work(connection: Connection, contender: Contender, least: float) -> None:
    if contender.tree:
        early = [path.stem for path in Path(contender.tree).iterdir() if path.stem in sys.modules]
        if early:  # then the figures would be those of another tree
            raise ImportError(f"already imported, and not from {contender.tree}: {early}")
        sys.path.insert(0, contender.tree)
    jobs = contender.prepare()
    while connection.recv():
        connection.send(_turn(jobs, least))


def _check(job: str, timings: Sequence[Timing], tolerance: float) -> None:
    numbers = {one.name: one.numbers for one in timings if one.numbers is not None}
    for one, theirs in pairwise(numbers):
        a, b = numbers[one], numbers[theirs]
        scale = max(map(abs, a), default=0.0)
        if len(a) != len(b):
            raise ValueError(f"{job}: {one} gives {len(a)} numbers, {theirs} gives {len(b)}")
        for x, y in zip(a, b, strict=True):
            if not math.isclose(x, y, rel_tol=0.0, abs_tol=tolerance * scale):
                raise ValueError(f"{job}: {one} finds {x}, {theirs} finds {y}")


def training_step(model: Any, loss_of: Callable[[], Any]) -> dict[str, Job]:
    """The job ``step``: forward, loss, backward, and the graph is freed. Its numbers are the loss and all gradients.

    Args:
        model: has ``parameters()`` and ``zero_grad()``.
        loss_of: computes the loss.
    """

    def run() -> float:
        loss = loss_of()
        model.zero_grad()
        loss.backward()
        return float(loss.data)

    return {"step": Job(run, lambda loss: [loss, *(p.grad for p in model.parameters())])}


def milliseconds(timing: Timing) -> str:
    """The median in a table."""
    shown = timing.median * 1e3
    return f"{shown:.0f} ms" if shown >= 100.0 else f"{shown:.{1 if shown >= 10.0 else 2}f} ms"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; its first column is text, the others are figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
