"""The eager engine beside its peers, its own past, and Python alone: ``python -m benchmarks.eager [section ...]``.

Sections, all by default: ``moons``, a step of micrograd's demo; ``gpt``, a step of a GPT in plain scalars; ``chain``, a
chain of a million nodes; ``transforms``, derivatives of functions of a thousand numbers. Times are processor time of
one thread, medians over rounds in which all take turns; a ratio is the median of the rounds' ratios. That all compute
the same numbers is checked. Only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import moons, scalar_gpt
from benchmarks.harness import Contender, Job, Timing, compare, milliseconds, table

if TYPE_CHECKING:
    from collections.abc import Sequence

BEFORE = "78ceb0e"
"""The last commit before there was a native core."""

AIMS = {
    ("moons", "collector on", "valuegrad, the same graph"): 120,
    ("moons", "collector on", "valuegrad, nn.MLP"): 250,
    ("moons", "collector off", "valuegrad, the same graph"): 20,
    ("gpt", "valuegrad"): 10,
    ("chain", "all three"): 15,
    ("transforms", "grad"): 25,
    ("transforms", "hvp"): 25,
}
"""How many times as fast as the first contender it is meant to be."""

AIM = "the native core's aim"

BYTES_AIM = 100
"""How many bytes a node is meant to take at most."""


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes:
        rounds: how many count.
        quick: sizes so small that the figures mean nothing.
        native: whether the native core is there.
    """

    rounds: int
    quick: bool
    native: bool

    @property
    def least(self) -> float:
        return 0.0 if self.quick else 0.1

    def cores(self, prepare: Any) -> list[Contender]:
        """The cores of this tree, each in a process of its own."""
        names = ["pure", "native"] if self.native else ["pure"]
        return [Contender(f"{name} core", prepare, {"VALUEGRAD_CORE": name}) for name in names]


def aim(*key: str) -> str:
    return f"at least {AIMS[key]}" if key in AIMS else ""


def times(timing: Timing, other: Timing) -> str:
    """How many times as fast one is as the other."""
    ratio = timing.times_as_fast_as(other)
    return f"{ratio:.0f}" if ratio >= 100.0 else f"{ratio:.1f}"


def nodes(loss: Any) -> str:
    """How many nodes there are in the graph of one of our Values."""
    from autograd import topological_order

    return f"{len(topological_order(loss)):,} nodes"


# --- in one process --------------------------------------------------------------------------


def moons_section(options: Options) -> None:
    """A training step of micrograd's demo, against micrograd and against Python's loops alone."""
    size = ((3,), 6) if options.quick else (moons.HIDDEN, moons.COUNT)
    if find_spec("micrograd") is None:
        print('\nmoons: left out, for micrograd is not installed: pip install -e ".[bench]"')
        return
    from autograd import Value

    contenders = moons.contenders(*size)
    count = nodes(moons.demo(Value, *size)[1]())
    for collector in ("collector on", "collector off"):
        gc.collect()
        if collector == "collector off":
            gc.disable()
        try:
            found = compare(contenders, options.rounds, apart=False, least=options.least)
        finally:
            gc.enable()
        timings = found["step"]
        micrograd, loops = timings[0], timings[-1]
        rows = [
            [
                *(one.name, milliseconds(one), times(one, micrograd)),
                *(aim("moons", collector, one.name), times(loops, one)),
            ]
            for one in timings
        ]
        head = [f"moons, {count}, {collector}", "a step", "times as fast as micrograd", AIM]
        print(f"\n{table([*head, 'times the loops alone'], rows)}")


def gpt_section(options: Options) -> None:
    """A training step of a GPT in plain scalars, against the engine that such files carry."""
    size = (4, 2, 5, 2) if options.quick else ()
    from autograd import Value

    contenders = scalar_gpt.contenders(*size)
    gc.collect()
    timings = compare(contenders, options.rounds, apart=False, least=options.least)["step"]
    rows = [
        [one.name, milliseconds(one), times(one, timings[0]), aim("gpt", one.name)]
        for one in timings
    ]
    count = nodes(scalar_gpt.GPT(Value, *size).loss())
    head = [f"GPT in plain scalars, {count}", "a step", "times as fast as thirty lines", AIM]
    print(f"\n{table(head, rows)}")


# --- in processes of their own ---------------------------------------------------------------


def chain(length: int) -> dict[str, Job]:
    """A chain of nodes, created, swept and freed."""
    from autograd import Value

    x = Value(1.0)
    ends: list[Value] = []

    def create() -> None:
        x.grad = 0.0
        y = x
        for _ in range(length):
            y = y * 1.0000001
        ends.append(y)

    def backward() -> None:
        ends[0].backward()

    return {
        "create": Job(create),
        "backward": Job(backward, lambda _: [x.grad]),
        "free": Job(ends.clear),
    }


def resident() -> float:
    """The bytes of memory that this process holds; nan where only Linux would tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return float("nan")
    return float(pages) * os.sysconf("SC_PAGE_SIZE")


def chain_memory(length: int) -> dict[str, Job]:
    """The bytes a node that the chain takes: when created, and with its gradients."""
    for job in chain(10).values():  # what is loaded at first use is not the chain's
        job.run()
    jobs = chain(length)
    gc.collect()

    def run() -> list[float]:
        before = resident()
        jobs["create"].run()
        created = resident()
        jobs["backward"].run()
        return [(created - before) / length, (resident() - before) / length]

    return {"bytes": Job(run, list)}


def chain_section(options: Options) -> None:
    """A chain of a million nodes by the native core, against the pure one."""
    length = 1000 if options.quick else 10**6
    contenders = options.cores(partial(chain, length))
    found = compare(contenders, options.rounds, apart=True, least=0.0)
    found["all three"] = [
        Timing(
            parts[0].name, [sum(phases) for phases in zip(*(p.seconds for p in parts), strict=True)]
        )
        for parts in zip(*found.values(), strict=True)
    ]
    rows = by_job(found, "chain")
    memory = compare(
        options.cores(partial(chain_memory, length)), 0, apart=True, least=0.0, tolerance=None
    )["bytes"]
    for place, what in enumerate(("bytes a node, created", "bytes a node, swept")):
        shown = [f"{one.numbers[place]:.0f}" if one.numbers else "" for one in memory]
        rows.append([what, *shown, *[""] * (len(shown) - 1), f"at most {BYTES_AIM}"])
    print(f"\n{table(job_head(f'chain of {length:,}', contenders), rows)}")


def transformed(n: int, few: int, rows: int) -> dict[str, Job]:
    """Derivatives of Rosenbrock's function, and of a small one at many places."""
    import autograd as ag
    from benchmarks.cases import rosenbrock

    xs = [0.1 * i % 1.3 for i in range(n)]
    some = xs[:few]
    places = [[x, 0.5, 1.5 - x] for x in (0.1 * i % 1.3 for i in range(rows))]

    def flat(tree: Any) -> list[float]:
        return [tree] if isinstance(tree, float) else [x for part in tree for x in flat(part)]

    calls = {
        "grad": lambda: ag.grad(rosenbrock)(xs),
        "hvp": lambda: ag.hvp(rosenbrock, (xs,), (xs,)),
        "jvp": lambda: ag.jvp(rosenbrock, (xs,), (xs,)),
        f"hessian, n = {few}": lambda: ag.hessian(rosenbrock)(some),
        f"vmap(grad), {rows:,} times n = 3": lambda: ag.vmap(ag.grad(rosenbrock))(places),
    }
    return {name: Job(call, flat) for name, call in calls.items()}


def transforms_section(options: Options) -> None:
    """Transforms of this tree's cores, against the tree before there were two."""
    size = (5, 3, 4) if options.quick else (1000, 30, 1000)
    prepare = partial(transformed, *size)
    with tempfile.TemporaryDirectory() as folder:
        if tree_before(folder):
            first = [Contender(f"the tree before ({BEFORE})", prepare, tree=folder)]
        else:
            first = []
            print(f"\ntransforms: without the tree before: no git checkout here has {BEFORE}")
        contenders = first + options.cores(prepare)
        found = compare(contenders, options.rounds, apart=True, least=options.least)
    head = job_head(f"transforms, Rosenbrock n = {size[0]:,}", contenders)
    print(f"\n{table(head, by_job(found, 'transforms' if first else ''))}")


def tree_before(folder: str) -> bool:
    """Put the package as it was into a folder, if git has it."""
    git = shutil.which("git")
    if git is None:
        return False
    root = str(Path(__file__).parents[1])
    archive = [git, "-C", root, "archive", "--format=zip", BEFORE, "autograd"]
    found = subprocess.run(archive, capture_output=True, check=False)
    if found.returncode == 0:
        zipfile.ZipFile(io.BytesIO(found.stdout)).extractall(folder)
    return found.returncode == 0


def job_head(what: str, contenders: Sequence[Contender]) -> list[str]:
    """The head of a table with a row a job."""
    first, *others = (one.name for one in contenders)
    return [what, first, *others, *(f"{name}: times as fast" for name in others), AIM]


def by_job(found: dict[str, list[Timing]], section: str) -> list[list[str]]:
    """A row a job; a section has its aims."""
    return [
        [
            *(job, *map(milliseconds, timings)),
            *(*(times(one, timings[0]) for one in timings[1:]), aim(section, job)),
        ]
        for job, timings in found.items()
    ]


SECTIONS = {
    "moons": moons_section,
    "gpt": gpt_section,
    "chain": chain_section,
    "transforms": transforms_section,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of the sections that were asked for."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"{', '.join(SECTIONS)}; all by default")
    parser.add_argument("--rounds", type=int, default=9, help="that count (%(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="one round of tiny sizes, to see it run"
    )
    options = parser.parse_args(arguments)
    for name in options.section:
        if name not in SECTIONS:
            parser.error(f"{name} is none of {', '.join(SECTIONS)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {options.rounds}")

    from autograd.native import core, why

    print("the native core runs" if core is not None else f"the pure core runs alone: {why}")
    if options.quick:
        print(
            "--quick: sizes so small that the figures, beside the aims of full ones, mean nothing"
        )
    asked = Options(1 if options.quick else options.rounds, options.quick, core is not None)
    for name in options.section or SECTIONS:
        SECTIONS[name](asked)


if __name__ == "__main__":
    main()
