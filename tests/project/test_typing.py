"""What a user's strict type checker sees of the packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def check(program: str, folder: Path) -> str:
    """What mypy says about a program outside the repository."""
    pytest.importorskip("mypy")
    (folder / "program.py").write_text(program)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--follow-imports=silent",
            "program.py",
        ],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_names_that_the_table_makes_are_known_to_type_checkers(tmp_path):
    said = check(
        "import autograd\n"
        "from autograd import *\n"
        "from autograd import Value, no_grad, softmax\n"
        "from autograd import sum as total\n"
        "a: Value = exp(Value(1.0))\n"
        "b: float = autograd.tanh(1.0)\n"
        "c: int = autograd.exp(a)\n",
        tmp_path,
    )
    assert "program.py:7: error: Incompatible types in assignment" in said
    assert "Found 1 error in 1 file" in said


def test_what_gradient_answers_is_known_for_a_value_and_for_a_list(tmp_path):
    said = check(
        "from autograd import Value, gradient\n"
        "x, y = Value(2.0), Value(3.0)\n"
        "a: float = gradient(x * y, x)\n"
        "b: list[float] = gradient(x * y, [x, y])\n"
        "c: Value = gradient(x * y, x, create_graph=True)\n"
        "d: list[Value] = gradient(x * y, [x, y], create_graph=True)\n"
        "e: dict[str, float] = gradient(x * y, {'x': x})\n"
        "f: str = gradient(x * y, x)\n",
        tmp_path,
    )
    assert "program.py:8: error: Incompatible types in assignment" in said
    assert "Found 1 error in 1 file" in said


USERS = Path(__file__).with_name("users_program.txt").read_text(encoding="utf-8")
"""What a user writes: micrograd's demo, transforms, training."""


def test_a_users_program_type_checks_strictly(tmp_path):
    assert check(USERS, tmp_path).strip() == "Success: no issues found in 1 source file"


def test_a_users_program_type_checks_in_pyright_too(tmp_path):
    pytest.importorskip("pyright")
    (tmp_path / "program.py").write_text(USERS)
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def test_a_users_program_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", USERS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
