"""Contenders take turns, are asked what they computed, and are told apart if it differs."""

from __future__ import annotations

import gc
import os
import time
from functools import partial

import pytest

from benchmarks.harness import Contender, Job, Timing, compare, table


def answering(number: float) -> dict[str, Job]:
    """A job that computes one number."""
    return {"job": Job(lambda: number, lambda found: [found])}


def looking() -> dict[str, Job]:
    """What a process of its own sees of what it was given."""
    import autograd

    seen = [float(os.environ["SEEN_BY"]), autograd.number]  # type: ignore[attr-defined]
    return {"look": Job(lambda: None, lambda _: seen)}


def failing() -> dict[str, Job]:
    raise ValueError("not prepared")


@pytest.mark.parametrize("apart", [False, True])
def test_a_turn_a_round_is_timed_after_one_that_is_not(apart):
    contenders = [Contender(name, partial(answering, 2.0)) for name in "ab"]
    found = compare(contenders, 3, apart=apart, least=0.0)
    assert [one.name for one in found["job"]] == ["a", "b"]
    assert all(len(one.seconds) == 3 and one.numbers == [2.0] for one in found["job"])


def test_contenders_that_compute_different_numbers_are_refused():
    contenders = [Contender(str(x), partial(answering, x)) for x in (2.0, 2.0 + 1e-7)]
    with pytest.raises(ValueError, match=r"job: 2.0 finds 2.0, 2.0000001 finds 2.0000001"):
        compare(contenders, 1, apart=False, least=0.0)
    compare(contenders, 1, apart=False, least=0.0, tolerance=1e-6)
    compare(contenders, 1, apart=False, least=0.0, tolerance=None)


def test_contenders_that_compute_fewer_numbers_are_refused_unless_they_compute_none():
    none, one = (
        Contender("none", lambda: {"job": Job(int)}),
        Contender("one", lambda: answering(1.0)),
    )
    empty = Contender("empty", lambda: {"job": Job(int, lambda _: [])})
    compare([one, none], 1, apart=False, least=0.0)
    with pytest.raises(ValueError, match="one gives 1 numbers, empty gives 0"):
        compare([one, none, empty], 1, apart=False, least=0.0)


def test_a_process_of_its_own_has_its_environment_and_its_tree(tmp_path):
    (tmp_path / "autograd.py").write_text("number = 8.0\n")
    contender = Contender("looking", looking, {"SEEN_BY": "7"}, tree=str(tmp_path))
    (timing,) = compare([contender], 0, apart=True, least=0.0)["look"]
    assert timing.numbers == [7.0, 8.0]
    assert "SEEN_BY" not in os.environ


def test_a_tree_that_comes_too_late_is_refused(tmp_path, capfd):
    (tmp_path / "benchmarks.py").write_text("")
    with pytest.raises(RuntimeError, match="the process of late ended"):
        compare([Contender("late", looking, tree=str(tmp_path))], 0, apart=True, least=0.0)
    assert "['benchmarks']" in capfd.readouterr().err


def test_a_process_that_fails_is_named(capfd):
    with pytest.raises(RuntimeError, match="the process of sorry ended with an error"):
        compare([Contender("sorry", failing)], 0, apart=True, least=0.0)
    assert "not prepared" in capfd.readouterr().err


def test_a_job_is_repeated_for_as_long_as_asked_and_the_mean_counts():
    runs = []

    def run() -> None:
        end = time.thread_time() + 0.002
        while time.thread_time() < end:
            pass
        runs.append(0)

    contender = Contender("busy", lambda: {"job": Job(run)})
    (timing,) = compare([contender], 1, apart=False, least=0.02)["job"]
    assert len(runs) > 2
    assert 0.002 <= timing.median < 0.02


def test_a_collector_that_is_off_works_between_the_jobs():
    class Cycle:
        alive = 0

        def __init__(self) -> None:
            self.itself = self
            Cycle.alive += 1

        def __del__(self) -> None:
            Cycle.alive -= 1

    seen: list[int] = []

    def run() -> None:
        seen.append(Cycle.alive)
        Cycle()

    gc.disable()
    try:
        compare([Contender("one", lambda: {"job": Job(run)})], 3, apart=False, least=0.0)
    finally:
        gc.enable()
    assert seen == [0, 0, 0, 0]


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    a, b = Timing("a", [1.0, 2.0, 10.0]), Timing("b", [3.0, 2.0, 40.0])
    assert a.times_as_fast_as(b) == 3.0
    assert a.median == 2.0


def test_a_table_is_markdown():
    assert (
        table(["what", "time"], [["a", "1 ms"]]) == "| what | time |\n| --- | ---: |\n| a | 1 ms |"
    )
