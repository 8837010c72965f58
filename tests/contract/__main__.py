"""Compiled runs beside eager ones, by scripts that Hypothesis writes: ``python -m tests.contract [scripts] [--seed N]``.

Each script is a model, a loss, callbacks, a metric and a learning rate that read and write attributes, closures, globals,
buffers, random states and more at moments of their own; it is run twice, and all that anybody could see is compared. 2,000 scripts by
default. Prints how many agreed, and how they were trained; the exit status is 1 if any differed, with the smallest script
that does.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, given, seed, settings

from nn.training.step.compiled import CompiledStep
from tests.contract.scripts import scripts
from tests.contract.worlds import Script, World, differences


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract")
    parser.add_argument("scripts", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    logging.getLogger("nn").addHandler(logging.NullHandler())
    logging.getLogger("nn").propagate = False
    recordings: list[int] = []
    anew = CompiledStep._anew
    steps: list[CompiledStep] = []

    def counting(step: CompiledStep, X: object, y: object) -> object:
        steps.append(step)
        return anew(step, X, y)

    CompiledStep._anew = counting  # type: ignore[method-assign,assignment]

    @seed(arguments.seed)
    @settings(
        max_examples=arguments.scripts,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(scripts())
    def check(script: Script) -> None:
        steps.clear()
        messages: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("nn").addHandler(handler)
        try:
            compiled = World(script).train("auto")
        finally:
            logging.getLogger("nn").removeHandler(handler)
        found = differences(compiled, World(script).train(False))
        eagerly = any("training eagerly" in message for message in messages)
        counts["scripts"] += 1
        counts["trained eagerly, with the reason logged" if eagerly else "compiled to the end"] += 1
        if not eagerly and steps:
            recordings.append(steps[0].recordings)
            counts["compiled, and recorded more than once"] += steps[0].recordings > 1
        assert found == [], found[:5]

    began = time.perf_counter()
    try:
        check()
        failed = False
    except AssertionError as error:
        failed = True
        print(error, *getattr(error, "__notes__", ()), sep="\n")
    for name, count in counts.items():
        print(f"{count:6} {name}")
    most = max(recordings, default=0)
    print(f"at most {most} recordings in a run; {time.perf_counter() - began:.0f} s")
    print("some differ" if failed else "all equal")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
