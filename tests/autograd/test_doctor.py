"""``python -m autograd`` tells what is there and how to get the rest, however little or how broken that is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import autograd
from autograd import native
from tests.packages import ROOT, copy_packages

if TYPE_CHECKING:
    from pathlib import Path


def doctor(
    *folders: Path, options: tuple[str, ...] = (), **environment: str
) -> dict[str, list[str]]:
    """What it says on each subject, in a fresh interpreter that finds modules in the folders first."""
    result = subprocess.run(
        [sys.executable, *options, "-m", "autograd"],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "PYTHONUTF8": "1",
            **environment,
        },
        cwd=folders[0],
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    said: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        if line[:10].strip():
            said[line[:10].strip()] = lines = []
        lines.append(line[10:])
    return said


def alone(*folders: Path, **environment: str) -> dict[str, list[str]]:
    """The same where nothing is installed but what is in the folders."""
    return doctor(*folders, options=("-S",), **{"VALUEGRAD_CORE": "", **environment})


@pytest.fixture
def package(tmp_path) -> Path:
    """A folder with a copy of the package, beside which a test puts what it likes."""
    copy_packages(tmp_path, "autograd")
    return tmp_path


def install(folder: Path, name: str, version: str, *requirements: str, note: str = "") -> None:
    """Leave the marks of an installed distribution in a folder."""
    mark = folder / f"{name}-{version}.dist-info"
    mark.mkdir()
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
    (mark / "METADATA").write_text("\n".join([*lines, "", ""]))
    if note:
        (mark / "extra_metadata").mkdir()
        (mark / "extra_metadata" / "no_native_core.txt").write_text(f"{note}\n")


def test_it_tells_the_version_the_python_and_the_core_that_runs():
    said = doctor(ROOT)
    assert said["valuegrad"] == [f"{autograd.__version__} in {ROOT / 'autograd'}"]
    assert sys.version.partition(" ")[0] in said["Python"][0]
    assert sys.executable in said["Python"][0]
    kind = "pure Python" if native.core is None else "native"
    assert said["core"][0].startswith(f"{kind}: {native.why}")


def test_it_tells_who_chose_the_core():
    assert doctor(ROOT, VALUEGRAD_CORE="pure")["core"] == [
        "pure Python: VALUEGRAD_CORE=pure asks for it"
    ]


def test_with_nothing_installed_it_tells_what_works_and_what_does_not(package):
    said = alone(package, PATH="")
    assert said["core"] == ["pure Python: the native core was not built"]
    assert said["NumPy"] == ["not to be had (No module named 'numpy'): python -m pip install numpy"]
    assert said["pictures"][0] == "SVG always works"
    assert said["pictures"][1].startswith("no PNG, no PDF: dot cannot be run")
    assert said["extras"] == ["unknown: no distribution valuegrad is installed"]


def test_it_tells_why_the_installation_was_built_without_a_native_core(package):
    install(package, "valuegrad", "0.1.0", note="gcc: not found")
    assert alone(package)["core"] == ["pure Python: the native core was not built (gcc: not found)"]


def test_what_another_installation_was_built_without_is_not_told(package, tmp_path):
    other = tmp_path / "other"
    (other / "autograd").mkdir(parents=True)
    install(other, "valuegrad", "0.1.0", note="gcc: not found")
    assert alone(package, other)["core"] == ["pure Python: the native core was not built"]


def test_an_extra_is_there_if_all_of_it_is_in_versions_that_will_do(package):
    install(
        package,
        "valuegrad",
        "0.1.0",
        "always>=1.26",
        "first>=0.10; extra == 'ours'",
        "second[more]==2.13.0; extra == 'ours'",
        "first>=0.10.1; extra == 'theirs'",
        "Second>=2.14; extra == 'theirs'",
        "always==1.27; extra == 'theirs'",
    )
    install(package, "always", "1.26.0")
    install(package, "first", "0.10")
    install(package, "second", "2.13+cpu")
    assert alone(package)["extras"] == [
        "(always) is there",
        "ours     is there",
        'theirs   python -m pip install "first>=0.10.1" "Second>=2.14" "always==1.27"',
    ]


def test_the_extras_of_a_clone_are_those_of_its_pyproject():
    said = {line.split()[0]: line for line in alone(ROOT)["extras"]}
    assert '"numpy>=' in said["(always)"]
    assert "scikit-learn>=" in said["examples"]
    assert "valuegrad" not in said["dev"]


def test_the_extras_of_an_installation_are_the_same_as_those_of_the_clone(package):
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(package)],
        cwd=ROOT,
        env={**os.environ, "VALUEGRAD_BUILD": "pure"},
        capture_output=True,
        check=True,
    )
    (wheel,) = package.glob("*.whl")
    shutil.unpack_archive(wheel, package, "zip")
    installed, clone = alone(package)["extras"], alone(ROOT)["extras"]

    def commands(lines):
        """The command for each extra, in no order; ``dev`` takes in others in the metadata alone."""
        words = {line.split()[0]: set(line.split()) for line in lines}
        words.pop("dev")
        return words

    assert commands(installed) == commands(clone)


def test_it_tells_of_hips_autograd_and_what_to_do(package):
    assert alone(package)["HIPS"] == ["its package autograd is not installed"]
    install(package, "autograd", "1.8.0")
    (line,) = alone(package)["HIPS"]
    assert line.startswith(f"installed in {package}. Keep one: pip uninstall -y autograd valuegrad")


def test_where_the_files_of_hips_autograd_lie_over_ours_it_says_so(package):
    (package / "autograd" / "__init__.py").write_text("def grad(fun): ...\n")
    (line,) = alone(package)["valuegrad"]
    assert line.startswith(f"overwritten: {package / 'autograd' / '__init__.py'} is of another")
    assert "pip uninstall -y autograd valuegrad" in line


def test_a_broken_package_is_told_and_hides_nothing_else(package):
    (package / "numpy.py").write_text("raise RuntimeError('built for another processor')\n")
    said = alone(package)
    assert said["NumPy"] == ["cannot be told: RuntimeError: built for another processor"]
    assert said["HIPS"]


def test_a_renderer_that_fails_is_told_with_its_words(package):
    if os.name != "posix":
        pytest.skip("a shell script stands for dot")
    program = package / "dot"
    program.write_text("#!/bin/sh\necho no layout >&2\nexit 1\n")
    program.chmod(0o755)
    said = alone(package, PATH=f"{package}{os.pathsep}/bin")
    assert "dot failed (no layout)" in said["pictures"][1]


def test_a_renderer_that_draws_is_told_with_its_version():
    if shutil.which("dot") is None:
        pytest.skip("Graphviz's dot is not installed")
    assert doctor(ROOT)["pictures"][1].startswith("PNG and PDF too, by Graphviz's dot ")


def test_letters_that_the_terminal_lacks_are_no_obstacle(package, tmp_path):
    folder = tmp_path / "größer"
    shutil.copytree(package / "autograd", folder / "autograd")
    (line,) = alone(folder, PYTHONUTF8="0", PYTHONIOENCODING="ascii")["valuegrad"]
    assert r"gr\xf6\xdfer" in line


def test_who_stops_listening_is_no_obstacle():
    with subprocess.Popen(
        [sys.executable, "-m", "autograd"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""
