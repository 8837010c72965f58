"""The generated headers compiled with a driver into a library that ctypes can call."""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NATIVE = HERE.parents[2] / "native"

WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
"""No warning is let pass, of any compiler there is."""


def compilers() -> list[Any]:
    """The C compilers of this machine that take gcc's options, as parameters of a fixture that needs one."""
    found = [name for name in ("gcc", "clang") if os.name == "posix" and shutil.which(name)]
    none = pytest.param("", marks=pytest.mark.skip(reason="there is no C compiler"))
    return found or [none]


def library(driver: str, headers: Path, compiler: str) -> ctypes.CDLL:
    """A driver compiled with the headers of a folder; skips the test where that cannot be."""
    includes = sysconfig.get_paths()["include"]
    if not Path(includes, "Python.h").exists():
        pytest.skip(f"Python's headers are not in {includes}")
    target = headers / f"{driver}-{compiler}.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-ffp-contract=off", "-fno-builtin-pow"]
    command += [*WARNINGS]
    command += [
        "-DPy_LIMITED_API=0x030B0000",
        "-isystem",
        includes,
        "-I",
        str(NATIVE),
        "-I",
        str(headers),
    ]
    if sys.platform == "darwin":
        command += ["-undefined", "dynamic_lookup"]  # Python's own symbols are in the process
    command += [str(HERE / f"{driver}.c"), "-o", str(target), "-lm"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return ctypes.CDLL(str(target))


def same(a: float | None, b: float | None) -> bool:
    """Equal bit for bit, but that any nan is any other; None is no number."""
    if a is None or b is None:
        return a is b
    if a != a or b != b:
        return a != a and b != b
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)
