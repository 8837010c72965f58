"""Code without arrays worth the name, beside its peers: ``python -m benchmarks.irregular [--paths | --lanes | --stages] [case ...]``.

Value and gradient at one point, an array in and a number and an array out, in one thread. Peers that are not installed are
left out: CasADi by call, CasADi by buffer with copies in and out, ddx, JAX. The limit is the same tape as C (``to_c``) from
``gcc -O2``, called in a loop of C. Times are medians, all taken in turns; in the table, a peer's time is
given as a multiple of ours, and below 1 we lose. ``--paths`` prints instead what each case takes as tape and as arrays, ``--lanes`` what it takes under
``vmap`` at 1,000 points, and ``--stages`` what compiling takes, by stage.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.compiled import optional, race  # first: it leaves one thread to everyone

# isort: split
import numpy as np

import autograd as ag
from autograd.collector import collector_paused
from autograd.compiler import entry, pipeline
from autograd.compiler.derivative import gradient
from autograd.compiler.simplify import simplify
from autograd.compiler.stages import record
from autograd.compiler.tape import encode
from autograd.structure import flatten
from benchmarks.harness import table
from benchmarks.irregular_cases import CASES, LARGE, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[], Any]

LONGEST_FOR_JAX = 1_500
"""The most operations of a case that JAX is given, as it compiles plain scalar code for minutes."""


class Peer:
    """A module of functions as cases call it."""

    def __init__(self, exp: Any, log: Any, sqrt: Any, sin: Any, cos: Any, maximum: Any) -> None:
        self.exp, self.log, self.sqrt, self.sin, self.cos = exp, log, sqrt, sin, cos
        self._maximum = maximum

    def logsumexp(self, xs: Sequence[Any]) -> Any:
        """Without overflow, as ours is."""
        top = xs[0]
        for x in xs[1:]:
            top = self._maximum(top, x)
        return top + self.log(sum(self.exp(x - top) for x in xs))


def shaped(numbers: Sequence[Any], point: list[Any]) -> Any:
    """Numbers in the shape of a nested list."""
    left = iter(numbers)

    def inside(tree: Any) -> Any:
        return [inside(x) for x in tree] if isinstance(tree, list) else next(left)

    return inside(point)


# --- runners: each answers with a function without arguments that returns value and gradient ----


def ours(case: Case) -> Run:
    """autograd.compile."""
    x = np.array(case.point)
    compiled = ag.compile(ag.value_and_grad(case.make(ag))).lower(x)
    return lambda: compiled(x)


def casadi_call(case: Case) -> Run | None:
    """A function of CasADi's, called."""
    function = casadi_function(case)
    if function is None:
        return None
    x = np.array(case.point).ravel()
    return lambda: function(x)


def casadi_function(case: Case) -> Any:
    """Value and gradient of CasADi's expression."""
    casadi = optional("casadi")
    if casadi is None:
        return None
    m = Peer(casadi.exp, casadi.log, casadi.sqrt, casadi.sin, casadi.cos, casadi.fmax)
    symbol = casadi.SX.sym("x", np.array(case.point).size)
    value = case.make(m)(shaped([symbol[i] for i in range(symbol.numel())], case.point))
    return casadi.Function("f", [symbol], [value, casadi.densify(casadi.gradient(value, symbol))])


def casadi_buffered(case: Case) -> Run | None:
    """The same through its buffers, with a copy of the array in and of the results out."""
    function = casadi_function(case)
    if function is None:
        return None
    buffer, trigger = function.buffer()
    view: Any = memoryview
    x = np.array(case.point).ravel()
    given, value, slopes = np.zeros(x.size), np.zeros(1), np.zeros(x.size)
    buffer.set_arg(0, view(given))
    buffer.set_res(0, view(value))
    buffer.set_res(1, view(slopes))

    def run(keep: Any = (function, buffer)) -> tuple[float, Any]:
        given[:] = x
        trigger()
        return float(value[0]), slopes.copy()

    return run


def ddx(case: Case) -> Run | None:
    """ddx, compiled through LLVM where it can be."""
    module = optional("ddx")
    if module is None:
        return None
    m = Peer(module.exp, module.log, module.sqrt, module.sin, module.cos, module.max)
    x = np.array(case.point).ravel()

    def model() -> Any:
        return case.make(m)(shaped([module.var(f"x{i}") for i in range(x.size)], case.point))

    function = module.equation(model)
    return lambda: function.jacobian(x)


def jax(case: Case) -> Run | None:
    """The same scalar code under jit."""
    module = optional("jax")
    if module is None:
        return None
    jnp = module.numpy
    m = Peer(jnp.exp, jnp.log, jnp.sqrt, jnp.sin, jnp.cos, jnp.maximum)
    function = module.jit(module.value_and_grad(case.make(m)))
    x = jnp.array(case.point)
    return lambda: module.block_until_ready(function(x))


PEERS = {
    "CasADi call": casadi_call,
    "CasADi buffer": casadi_buffered,
    "ddx": ddx,
    "JAX": jax,
}


def limit(case: Case, seconds: float = 0.3) -> float:
    """Microseconds that the tape takes as C, from ``gcc -O2``; nan without gcc."""
    if not shutil.which("gcc"):
        return float("nan")
    x = np.array(case.point)
    source = ag.compile(ag.value_and_grad(case.make(ag))).lower(x).to_c("f")
    source += (
        "\nvoid loop(long n, const double *in, double *out) { while (n--) { f(in, out);"
        ' __asm__ volatile("" ::: "memory"); } }\n'
    )
    with TemporaryDirectory() as folder:
        Path(folder, "f.c").write_text(source)
        flags = [
            "-O2",
            "-ffp-contract=off",
            "-fno-builtin-pow",
            "-fno-math-errno",
            "-shared",
            "-fPIC",
        ]
        subprocess.run(["gcc", *flags, "f.c", "-o", "f.so", "-lm"], cwd=folder, check=True)
        loop = ctypes.CDLL(f"{folder}/f.so").loop
    loop.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    given, out = x.ravel().copy(), np.zeros(x.size + 1)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        loop(50, given.ctypes.data, out.ctypes.data)
        times.append((time.perf_counter() - start) / 50)
    return 1e6 * statistics.median(times)


# --- tables ----------------------------------------------------------------------------------


def compare(case: Case, seconds: float) -> list[str]:
    """A row: our time, each peer's as a multiple of it, and the limit's."""
    runs: dict[str, Run] = {"ours": ours(case)}
    expected = _flat(runs["ours"]())
    made = ag.compile(ag.value_and_grad(case.make(ag))).lower(np.array(case.point))
    for name, maker in PEERS.items():
        if name == "JAX" and made.cost().nodes > LONGEST_FOR_JAX:
            continue
        run = maker(case)
        if run is None:
            continue
        if not np.allclose(_flat(run()), expected, rtol=1e-8, atol=1e-8 * abs(expected).max()):
            raise ValueError(f"{case.name}: {name} finds something else")
        runs[name] = run
    times = race(runs, seconds)
    mine = times["ours"]
    peers = [f"{times[name] / mine:.2f}" if name in times else "-" for name in PEERS]
    return [case.name, f"{mine:.2f} us", *peers, f"{limit(case) / mine:.2f}"]


def _flat(answer: Any) -> Any:
    return np.concatenate([np.ravel(np.asarray(part, float)) for part in answer])


def paths(case: Case, seconds: float) -> list[str]:
    """A row: what a case takes as tape and as arrays, to run and to compile."""
    runs, spent = {"chosen": ours(case)}, []
    before = vars(entry)["choose"]
    for name, choose in (("tape", lambda graph, task: None), ("arrays", pipeline.group)):
        setattr(entry, "choose", choose)  # noqa: B010
        start = time.perf_counter()
        runs[name] = ours(case)
        spent.append(time.perf_counter() - start)
    setattr(entry, "choose", before)  # noqa: B010
    times = race(runs, seconds)
    took = [f"{times[name]:.2f} us" for name in ("tape", "arrays", "chosen")]
    return [case.name, *took, *(f"{1e3 * x:.0f} ms" for x in spent)]


LANES = 1_000


def lanes(case: Case, seconds: float) -> list[str]:
    """A row: value and gradient at 1,000 points, ours and JAX's."""
    rng = np.random.default_rng(0)
    point = np.array(case.point)
    points = point * (1.0 + 0.01 * rng.normal(size=(LANES, *point.shape)))
    runs: dict[str, Run] = {}
    mapped = ag.vmap(ag.value_and_grad(case.make(ag)))
    before = vars(entry)["has_lanes_on_tape"]
    for name, irregular in (("ours", before), ("arrays", lambda schedule, graph: False)):
        setattr(entry, "has_lanes_on_tape", irregular)  # noqa: B010
        compiled = ag.compile(mapped).lower(points)
        runs[name] = lambda compiled=compiled: compiled(points)  # type: ignore[misc]
    setattr(entry, "has_lanes_on_tape", before)  # noqa: B010
    module = optional("jax")
    if module is not None and compiled.cost().nodes <= LONGEST_FOR_JAX:
        jnp = module.numpy
        m = Peer(jnp.exp, jnp.log, jnp.sqrt, jnp.sin, jnp.cos, jnp.maximum)
        function = module.jit(module.vmap(module.value_and_grad(case.make(m))))
        theirs = jnp.array(points)
        runs["JAX"] = lambda: module.block_until_ready(function(theirs))
    times = race(runs, seconds)
    mine = times["ours"]
    others = [f"{times[name] / mine:.2f}" if name in times else "-" for name in ("arrays", "JAX")]
    return [case.name, f"{mine:.0f} us", *others]


STAGES = ("record", "simplify", "choose", "lower", "gradient", "simplify it", "tape")
REPEATED = 5


def stages(case: Case, seconds: float) -> list[str]:
    """A row: milliseconds of processor time that each stage of compiling takes, the least of some; all of them in which the
    case is compiled; and microseconds that the way to a tape takes for each operation of it, first without recording and gradient."""
    del seconds
    x = np.array(case.point)
    structure = flatten(((x,), {}))[1]
    task = pipeline.Task(tuple(range(structure.size)))
    spent: dict[str, float] = dict.fromkeys(STAGES, float("inf"))

    def timed(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        start = time.thread_time()
        found = function(*arguments)
        spent[name] = min(spent[name], time.thread_time() - start)
        return found

    schedule = derived = None  # of the last time
    for _ in range(REPEATED):
        with collector_paused():
            found = timed("record", record, case.make(ag), structure)
            graph = timed("simplify", pipeline.run, found, task, pipeline.SIMPLIFY)
            schedule = timed("choose", pipeline.choose, graph, task)
            if schedule is not None:
                timed("lower", pipeline.run, schedule, task, *pipeline.LOWER)
            recorder, inputs, outputs, _ = found
            slopes = timed("gradient", gradient, recorder, [(outputs[0], 1.0)], inputs, True)
            results = [*outputs, *map(recorder.known, slopes)]
            derived = timed("simplify it", simplify, recorder, inputs, results)
            timed("tape", encode, derived)
    assert derived is not None
    if schedule is None:
        spent["lower"] = 0.0
    way = STAGES[:4] if schedule is not None else [name for name in STAGES if name != "lower"]
    to_tape = [name for name in STAGES if name not in {"choose", "lower"}]
    besides = [name for name in to_tape if name not in {"record", "gradient"}]
    an_operation = [
        1e6 * sum(spent[name] for name in names) / derived.operations
        for names in (besides, to_tape)
    ]
    each = [f"{1e3 * spent[name]:.1f}" for name in STAGES]
    total = f"{1e3 * sum(spent[name] for name in way):.1f}"
    return [case.name, f"{derived.operations:,}", *each, total, *[f"{x:.1f}" for x in an_operation]]


def main(arguments: Sequence[str]) -> int:
    """Print a table; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.irregular")
    parser.add_argument("--paths", action="store_true", help="compare our own ways to run")
    parser.add_argument("--lanes", action="store_true", help=f"at {LANES:,} points at once")
    parser.add_argument("--stages", action="store_true", help="what compiling takes, by stage")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each case (2)")
    parser.add_argument("cases", nargs="*", help="parts of cases' names (all)")
    chosen = parser.parse_args(arguments)
    wanted = [
        case
        for case in (*CASES, *(LARGE if chosen.stages else ()))
        if not chosen.cases or any(part in case.name for part in chosen.cases)
    ]
    head = ["case", "ours", *PEERS, "gcc -O2"]
    if chosen.paths:
        head = ["case", "tape", "arrays", "chosen", "tape compiles in", "arrays in"]
    if chosen.lanes:
        head = ["case", "ours", "as arrays", "JAX"]
    if chosen.stages:
        head = [
            "case",
            "operations",
            *[f"{name}, ms" for name in STAGES],
            "its way",
            "us an operation",
            "with all",
        ]
    row = paths if chosen.paths else lanes if chosen.lanes else stages if chosen.stages else compare
    rows = []
    for case in wanted:
        rows.append(row(case, chosen.seconds))
        print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(table(head, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
