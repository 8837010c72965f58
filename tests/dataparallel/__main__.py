"""Whether training on many devices and in many processes is training: ``python -m tests.dataparallel [--only KIND]``.

Trains a net with Dropout by Adam, its batches not divisible by the devices, by :func:`nn.fit` with ``backend="jax"`` on one device,
on eight simulated devices of one process, and in two processes of four devices each, which find each other by
``jax.distributed`` on this machine. Prints each one's largest relative distance from NumPy's losses and parameters; exits 1 if
one is above 1e-12, or if processes do not have the same numbers. On a machine with accelerators these are tried too, all in one
process. Needs JAX.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any, NamedTuple

import nn

TOLERANCE = 1e-12


class Kind(NamedTuple):
    """A way to train."""

    processes: int
    devices: int
    """Simulated ones of each process; 0 for those that there are."""


KINDS = {"one": Kind(1, 1), "eight": Kind(1, 8), "processes": Kind(2, 4)}


def train(backend: str) -> list[float]:
    """The losses of all epochs, then the parameters."""
    model = nn.Sequential(
        nn.Linear(2, 12, seed=1), nn.Tanh(), nn.Dropout(0.2, seed=2), nn.Linear(12, 2, seed=3)
    )
    X, y = nn.datasets.moons(205, noise=0.1, seed=4)
    history = nn.fit(
        model,
        X,
        y,
        loss="cross_entropy",
        lr=0.02,
        epochs=5,
        batch_size=50,
        progress=False,
        backend=backend,
    )
    return [*history["loss"], *(parameter.data for parameter in model.parameters())]


def work(place: int, processes: int, port: int) -> None:
    """One process' part: print what it has in the end."""
    import jax

    if processes > 1:
        jax.distributed.initialize(f"localhost:{port}", processes, place)
    devices = jax.device_count()
    numbers = train("jax")
    print(json.dumps({"devices": devices, "numbers": numbers}), flush=True)


def run(kind: Kind) -> list[dict[str, Any]]:
    """What each process of a kind printed."""
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        port = listening.getsockname()[1]
    environment = dict(os.environ)
    if kind.devices:
        environment["JAX_PLATFORMS"] = "cpu"
        environment["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={kind.devices}"
    own = [sys.executable, "-m", "tests.dataparallel", "--worker"]
    workers = [
        subprocess.Popen(
            [*own, str(place), str(kind.processes), str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(kind.processes)
    ]
    try:
        printed = [worker.communicate(timeout=300)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    if any(worker.returncode for worker in workers):
        raise RuntimeError(f"a process failed: {[worker.returncode for worker in workers]}")
    return [json.loads(lines.splitlines()[-1]) for lines in printed]


def distance(found: list[float], expected: list[float]) -> float:
    """The largest relative distance."""
    pairs = zip(found, expected, strict=True)
    return max(abs(a - b) / max(abs(b), 1e-3) for a, b in pairs)


def main(arguments: list[str]) -> int:
    """Train in every way, compare, report; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.dataparallel")
    parser.add_argument("--only", choices=[*KINDS, "all"], action="append", help="a way to train")
    parser.add_argument("--worker", nargs=3, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.worker is not None:
        work(*chosen.worker)
        return 0
    import jax

    kinds = dict(KINDS)
    if jax.default_backend() != "cpu":
        kinds["all"] = Kind(1, 0)
    failed = False
    expected = train("numpy")
    for name, kind in kinds.items():
        if chosen.only and name not in chosen.only:
            continue
        began = time.perf_counter()
        found = run(kind)
        seconds = time.perf_counter() - began
        gap = max(distance(each["numbers"], expected) for each in found)
        alike = all(each["numbers"] == found[0]["numbers"] for each in found)
        print(
            f"{kind.processes} process(es), {found[0]['devices']} device(s) in all: losses and parameters "
            f"within {gap:.1e} of NumPy's, {'the same' if alike else 'NOT the same'} in each process, {seconds:.1f} s"
        )
        failed |= not (gap <= TOLERANCE and alike)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
