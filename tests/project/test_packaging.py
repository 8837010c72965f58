"""What the wheel carries, and what every public name owes its reader."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parents[2]


def build(folder: Path, kind: str) -> None:
    """Build a distribution of that kind into a folder."""
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "VALUEGRAD_BUILD": "pure"},  # with the native core: test_build.py
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build(folder, "wheel")
    (path,) = folder.glob("valuegrad-*-py3-none-any.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_two_packages_whole_and_nothing_else(wheel):
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in ("autograd", "nn")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".so", ".pyd"}
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == sources


def test_the_source_distribution_holds_the_notebooks_without_their_outputs(tmp_path):
    build(tmp_path, "sdist")
    (path,) = tmp_path.glob("valuegrad-*.tar.gz")
    committed = {path.name: path for path in (ROOT / "notebooks").glob("*.ipynb")}
    with tarfile.open(path) as archive:
        held = {
            Path(name).name: archive.extractfile(name)
            for name in archive.getnames()
            if name.endswith(".ipynb")
        }
        assert held.keys() == committed.keys()
        for name, file in held.items():
            cells = json.load(file)["cells"]
            whole = json.loads(committed[name].read_bytes())["cells"]
            assert [cell["source"] for cell in cells] == [cell["source"] for cell in whole]
            assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
            assert any(cell.get("outputs") for cell in whole)


def test_type_checkers_are_told_that_the_wheel_is_typed(wheel):
    assert {"autograd/py.typed", "nn/py.typed"} <= set(wheel.namelist())


def test_hypothesis_draws_values_where_the_distribution_is_installed():
    pytest.importorskip("hypothesis")
    try:
        importlib.metadata.distribution("valuegrad")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("valuegrad is not installed, only on the path")
    program = (
        "from hypothesis import strategies as st\n"
        "from autograd import Value\n"
        "print(st.from_type(Value))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert "floats(min_value=-1000.0, max_value=1000.0" in result.stdout  # those of values()


def test_the_changelog_knows_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{autograd.__version__}]" in changelog or "## [Unreleased]" in changelog


def test_the_wheel_bears_the_version_that_the_package_tells(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {autograd.__version__}\n" in wheel.read(metadata).decode()


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_every_public_name_says_what_it_is(package):
    module = importlib.import_module(package)
    silent = [
        name
        for name in module.__all__
        if callable(getattr(module, name)) or inspect.ismodule(getattr(module, name))
        if not inspect.getdoc(getattr(module, name))
    ]
    assert not silent
    assert module.__doc__
