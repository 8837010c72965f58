"""What importing loads, what it costs, and what it says where HIPS autograd is installed too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.packages import ROOT, copy_packages

if TYPE_CHECKING:
    from pathlib import Path


def run(code: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds modules in the folders first."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "VALUEGRAD_CORE": "",  # copies come without a native one
        },
        cwd=folders[0],  # not the root, which -c would put in front
    )


def foreign_modules(package: str) -> set[str]:
    """The top-level modules outside the standard library that importing the package loads."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"import {package}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    result = run(code, ROOT)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split()) - sys.stdlib_module_names


def test_importing_autograd_loads_the_standard_library_only():
    assert foreign_modules("autograd") == {"autograd"}


def test_importing_nn_loads_the_standard_library_and_autograd_only():
    assert foreign_modules("nn") == {"autograd", "nn"}


@pytest.fixture
def beside_hips(tmp_path: Path) -> Path:
    """A folder with our packages and the mark that installing HIPS autograd leaves."""
    copy_packages(tmp_path)
    mark = tmp_path / "autograd-1.8.0.dist-info"
    mark.mkdir()
    (mark / "METADATA").write_text("Metadata-Version: 2.4\nName: autograd\nVersion: 1.8.0\n")
    return tmp_path


def test_importing_beside_hips_autograd_warns_and_says_what_to_do(beside_hips):
    result = run("import autograd", beside_hips)
    assert result.returncode == 0
    assert "UserWarning: the distribution 'autograd' (HIPS autograd) is installed" in result.stderr
    assert "pip uninstall -y autograd valuegrad" in result.stderr


def test_importing_without_hips_autograd_does_not_warn(beside_hips):
    (beside_hips / "autograd-1.8.0.dist-info").rename(beside_hips / "autograd_gamma-0.5.dist-info")
    result = run("import autograd", beside_hips)
    assert (result.returncode, result.stderr) == (0, "")


def test_with_hips_autograds_files_over_ours_importing_nn_explains(beside_hips):
    # What pip leaves when HIPS comes second: its __init__.py, among files of both
    (beside_hips / "autograd" / "__init__.py").write_text("def grad(fun): ...\n")
    result = run("import nn", beside_hips)
    assert result.returncode == 1
    assert "ImportError" in result.stderr
    assert "HIPS" in result.stderr
    assert "pip uninstall -y autograd valuegrad" in result.stderr


def test_with_only_hips_autograd_importing_nn_explains(beside_hips):
    shutil.rmtree(beside_hips / "autograd")
    (beside_hips / "autograd").mkdir()
    (beside_hips / "autograd" / "__init__.py").write_text("def grad(fun): ...\n")
    result = run("import nn", beside_hips)
    assert "ImportError" in result.stderr
    assert "pip uninstall -y autograd valuegrad" in result.stderr


def test_completion_finds_what_there_is_and_nothing_else():
    import autograd

    names = set(dir(autograd))
    assert {"draw", "compile", "draw_backward", "testing", "sum", "Value"} <= names
    assert not names & {"annotations", "TYPE_CHECKING", "sweeps"}
    assert all(hasattr(autograd, name) for name in names)


def test_testing_is_an_attribute_too():
    result = run("import autograd; print(autograd.testing.gradcheck.__name__)", ROOT)
    assert result.stdout.strip() == "gradcheck"


def test_help_begins_with_the_names_that_matter():
    import autograd

    head = autograd.__doc__.splitlines()[:35]
    for name in ("Value", "grad", "vmap", "compile", "draw", "primitive", "testing"):
        assert any(f"``{name}``" in line for line in head)
