"""Programs in a Python of their own, where a crash is seen and harms nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from autograd.native import core, why

ROOT = Path(__file__).parents[2]

needs_core = pytest.mark.skipif(core is None, reason=f"the pure core runs: {why}")


def said_by(program: str, *arguments: str, core: str = "native", patience: float = 300) -> str:
    """What a program prints, which must come to its end."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", dedent(program), *arguments],
        cwd=ROOT,
        env={**os.environ, "VALUEGRAD_CORE": core},
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    assert done.returncode == 0, f"it ends with {done.returncode}:\n{done.stderr[-3000:]}"
    return done.stdout.strip()
