"""The compiler's tests with every program forced onto one path: ``python -m tests.backends [tape arrays python jax] [-- ...]``.

Runs pytest on ``tests/autograd/compiler`` and the compiler's doctests once a path, or on what comes after ``--``. Tests of one
path alone, whose module says ``PATH``, are left out, but on ``jax`` those of arrays are not. That path is to be asked for by name, and
needs JAX. Exits 1 if a test failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from .paths import ALWAYS, PATHS, SWITCH

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the tests on each path; the exit status."""
    own, _, rest = " ".join(arguments).partition("--")
    parser = argparse.ArgumentParser(prog="python -m tests.backends")
    parser.add_argument(
        "paths", nargs="*", choices=[*PATHS, []], help="tape, arrays, python (these three), jax"
    )
    chosen = parser.parse_args(own.split()).paths or ALWAYS
    wanted = rest.split() or ["tests/autograd/compiler", "-q"]
    failed = 0
    for path in chosen:
        print(f"--- every program on the path {path}", flush=True)
        command = [sys.executable, "-m", "pytest", "--no-header", *wanted]
        failed |= subprocess.run(command, env={**os.environ, SWITCH: path}, check=False).returncode
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
