"""What it costs that fit notices when user code changes what a compiled step depends on.

Whole calls of ``nn.fit`` for nets of three sizes, with nothing of the user's, with callbacks, and with a loss of one's own, beside
another checkout of the project that is given by its path: in processes of their own, by turns, and the median over the rounds.
The data are random numbers of the shapes of moons, digits and MNIST, which is all that matters for time. How often a
function was recorded is counted in a run beside.

``python -m benchmarks.noticing [--before PATH] [--rounds N] [moons|digits|mnist ...]``
"""

from __future__ import annotations

import argparse
import logging
import random
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.harness import Contender, Job, Timing, compare, milliseconds, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Size(NamedTuple):
    """A net and its training."""

    inputs: int
    layers: tuple[int, ...]
    samples: int
    epochs: int


SIZES = {
    "moons": Size(2, (16, 16, 2), 200, 20),
    "digits": Size(64, (32, 10), 600, 5),
    "mnist": Size(784, (128, 10), 320, 2),
}
KINDS = (
    "nothing of the user's",
    "a callback each epoch",
    "a callback each batch",
    "a loss of the user's",
    "a weight annealed each epoch",
)


def jobs(name: str) -> dict[str, Job]:
    """Runs of one size; the numbers of each are how many functions were recorded."""
    import nn
    from autograd.compiler.recording import Recorder

    logging.getLogger("nn").setLevel(logging.CRITICAL)
    size = SIZES[name]
    rng = random.Random(0)
    X = [[rng.uniform(0, 1) for _ in range(size.inputs)] for _ in range(size.samples)]
    y = [rng.randrange(size.layers[-1]) for _ in range(size.samples)]
    cross_entropy = nn.losses.get("cross_entropy")
    weight = [1.0]

    class Look(nn.Callback):
        def on_batch_end(self, run: Any) -> None:
            self.last = run.loss

    def look(run: Any) -> None:
        weight.append(run.loss)

    def anneal(run: Any) -> None:
        weight[0] = 1.0 + 0.1 * run.epoch

    def own(output: Any, target: Any) -> Any:
        return cross_entropy(output, target)

    def annealed(output: Any, target: Any) -> Any:
        return weight[0] * cross_entropy(output, target)

    options: dict[str, dict[str, Any]] = {
        KINDS[0]: {"loss": "cross_entropy"},
        KINDS[1]: {"loss": "cross_entropy", "callbacks": look},
        KINDS[2]: {"loss": "cross_entropy", "callbacks": Look()},
        KINDS[3]: {"loss": own},
        KINDS[4]: {"loss": annealed, "callbacks": anneal},
    }
    recorded = [0]
    begin = Recorder.__init__

    def run(**given: Any) -> None:
        model = nn.MLP(size.inputs, list(size.layers), activation="tanh", seed=0)
        nn.fit(
            model, X, y, lr=0.01, epochs=size.epochs, metrics="accuracy", progress=False,
            validation_data=(X[:150], y[:150]), **given,
        )  # fmt: skip

    def counted(recorder: Any, exact: bool = False) -> None:
        recorded[0] += 1
        begin(recorder, exact)

    counts: dict[str, float] = {}
    for kind, given in options.items():
        recorded[0] = 0
        Recorder.__init__ = counted  # type: ignore[method-assign,assignment]
        try:
            run(**given)
        finally:
            Recorder.__init__ = begin  # type: ignore[method-assign]
        counts[kind] = recorded[0]

    def told(kind: str) -> Callable[[Any], list[float]]:
        return lambda _: [counts[kind]]

    return {kind: Job(partial(run, **given), told(kind)) for kind, given in options.items()}


def contenders(name: str, before: str, folder: Path) -> list[Contender]:
    """This tree, and before it the other one, of which only the packages are taken."""
    found = [Contender("now", partial(jobs, name))]
    if before:
        for package in ("autograd", "nn"):
            link = folder / package
            if not link.exists():
                link.symlink_to(Path(before, package).resolve(), target_is_directory=True)
        found.insert(0, Contender("before", partial(jobs, name), tree=str(folder)))
    return found


def row(kind: str, timings: Sequence[Timing]) -> list[str]:
    """A row of a table: times, their ratio, recordings."""
    *before, now = timings
    ratio = [f"{now_by_before(now, one):.2f}" for one in before]
    counts = [f"{one.numbers[0]:.0f}" for one in timings if one.numbers]
    return [kind, *map(milliseconds, timings), *ratio, *counts]


def now_by_before(now: Timing, before: Timing) -> float:
    """The median over the rounds of the ratio of times."""
    return 1.0 / now.times_as_fast_as(before)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noticing", description=__doc__)
    parser.add_argument("sizes", nargs="*", help=f"{', '.join(SIZES)}; all by default")
    parser.add_argument("--before", default="", help="another checkout, installed or not")
    parser.add_argument("--rounds", type=int, default=20, help="that count (%(default)s)")
    options = parser.parse_args(arguments)
    for name in options.sizes:
        if name not in SIZES:
            parser.error(f"{name} is none of {', '.join(SIZES)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sizes or SIZES:
            size = SIZES[name]
            both = contenders(name, options.before, Path(folder))
            found = compare(both, options.rounds, apart=True, least=0.0, tolerance=None)
            net = "-".join(map(str, (size.inputs, *size.layers)))
            head = [f"{name}: {net}, {size.samples} samples, {size.epochs} epochs"]
            head += [one.name for one in both]
            head += ["now / before", "recordings before"] if options.before else []
            head += ["recordings now" if options.before else "recordings"]
            rows = [row(kind, timings) for kind, timings in found.items()]
            print(f"\n{table(head, rows)}", flush=True)


if __name__ == "__main__":
    main()
