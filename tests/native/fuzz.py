"""Call the native core with whatever there is, in any order, and see that the interpreter lives.

    python -m tests.native.fuzz [--programs N] [--first SEED] [--steps N] [--seconds T]

A program is a sequence of random calls that its seed determines: every function, method, operator and attribute, with
wrong counts and kinds of arguments; rows with nonsensical rules and rules exchanged; finalizers, callbacks, conversions,
comparisons and a signal's handler that call further; switches and scopes set to anything; classes that change. What is
raised is of no interest. Programs run in processes of their own: when one dies or hangs, its seed is printed and the rest
go on. After each program some fixed computations must give their numbers. Exits 1 if anything was found.
"""

from __future__ import annotations

import argparse
import signal
import struct
import subprocess
import sys
import time
import warnings
from collections import Counter

import autograd as ag
import nn
from autograd import Value
from autograd.native import core, why

from .hostile import Bare, Open, Program
from .steps import KINDS

AT_ONCE = 100
"""Programs a process."""
PATIENCE = 300
"""Seconds that a process may take for all of them."""


def fixed() -> str:
    """Some numbers that no program may change."""
    x, y, z = Value(0.3), Open(0.7), Bare(-1.2)
    root = ag.sum([ag.tanh(x * y), ag.dot([x, z], [y, 2.0]), ag.hypot(x, z), ag.clip(y, 0, 1)])
    root.backward()
    numbers = [root.data, x.grad, y.grad, z.grad]
    numbers += ag.hvp(lambda v: ag.exp(v[0] * v[1]), ([0.5, 0.25],), ([1.0, 2.0],))[0]
    out = nn.MLP(2, [3, 1], seed=1)([x, y])
    numbers += [
        out.data,
        *(gradient.data for gradient in ag.gradient(out, [x, y], create_graph=True)),
    ]
    return struct.pack(f"{len(numbers)}d", *numbers).hex()


def run(first: int, count: int, steps: int) -> None:
    """Run programs in this process; each says when it begins, and what was wrong."""
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    sys.setrecursionlimit(400)
    right = fixed()
    calls, raised = 0, Counter[str]()
    for seed in range(first, first + count):
        print("program", seed, flush=True)
        program = Program(seed, KINDS)
        signal.signal(signal.SIGINT, program.interrupted)
        for _ in range(steps):
            program.step()
        program.nested = 9  # its hostile objects rest from now on
        program.end()
        if fixed() != right:
            print("wrong", seed, flush=True)
        calls += program.calls
        raised += program.raised
    print("done", calls, sum(raised.values()), len(raised), flush=True)


def ended(command: list[str]) -> tuple[int | str, list[str], str]:
    """How a process ended, what it printed, and what it said of errors."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
        return f"no answer for {PATIENCE} s", said.decode().splitlines(), ""
    return done.returncode, done.stdout.splitlines(), done.stderr


def main() -> int:
    """Run programs in other processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="begin no more after that"
    )
    parser.add_argument("--here", action="store_true", help="in this process")
    options = parser.parse_args()
    if core is None:
        print(f"the pure core runs: {why}")
        return 1
    if options.here:
        run(options.first, options.programs, options.steps)
        return 0
    began, at, last = time.monotonic(), options.first, options.first + options.programs
    totals, found = Counter[str](), 0
    while at < last and time.monotonic() - began < options.seconds:
        count = min(AT_ONCE, last - at)
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.native.fuzz", "--here"]
        command += [f"--first={at}", f"--programs={count}", f"--steps={options.steps}"]
        status, lines, errors = ended(command)
        seeds = [int(line.split()[1]) for line in lines if line.startswith("program")]
        for line in lines:
            if line.startswith("wrong"):
                found += 1
                print(f"seed {line.split()[1]}: fixed computations give other numbers afterwards")
        if lines and lines[-1].startswith("done") and status == 0:
            calls, raised, kinds = map(int, lines[-1].split()[1:])
            totals.update(calls=calls, raised=raised)
            totals["kinds"] = max(totals["kinds"], kinds)
        else:
            found += 1
            seed = seeds[-1] if seeds else at
            print(
                f"seed {seed}: ended with {status}; python -m tests.native.fuzz --here "
                f"--first={seed} --programs=1 --steps={options.steps}\n{errors[-3000:]}"
            )
        totals["programs"] += len(seeds)
        at += len(seeds) or count
    print(
        f"{totals['programs']} programs, {totals['calls']} calls, {totals['raised']} exceptions of up to "
        f"{totals['kinds']} kinds, {found} faults"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
