"""How the native core is built, and what is installed where it cannot be."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packages import ROOT, copy_packages

OURS = ("VALUEGRAD_BUILD", "CC", "CFLAGS", "LDFLAGS", "LDSHARED")

pytest.importorskip("hatchling")
pytest.importorskip("setuptools")


def why_no_compiler() -> str:
    """Why nothing can be compiled here, or nothing if it can."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "the native core is for CPython with its lock"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "Python's headers are not installed"
    if sys.platform == "win32":
        return "" if shutil.which("cl") else "no cl.exe on the PATH"
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    return "" if shutil.which(command) else f"no compiler: {command}"


needs_compiler = pytest.mark.skipif(bool(why_no_compiler()), reason=why_no_compiler())
needs_sh = pytest.mark.skipif(os.name != "posix", reason="CC names a program of POSIX systems")


def build(
    tree: Path, program: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program that builds from a tree, with nothing in the environment that we heed but this."""
    environment = {"CFLAGS": "-O0", **environment}  # the core is to be built, and need not be fast
    rest = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, *program.split(), *arguments],
        cwd=tree,
        env={**rest, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def wheel(folder: Path, tree: Path = ROOT, **environment: str) -> tuple[zipfile.ZipFile, list[str]]:
    """The wheel that is built, and the lines that are said besides its path."""
    said = build(tree, "-m hatchling build -t wheel -d", str(folder), **environment)
    assert said.returncode == 0, said.stderr
    (path,) = folder.glob("*.whl")
    lines = (said.stdout + said.stderr).splitlines()
    lines.remove(str(path))
    return zipfile.ZipFile(path), lines


def editable(tree: Path, folder: Path, **environment: str) -> zipfile.ZipFile:
    """The wheel that pip asks for by ``pip install -e .``"""
    folder.mkdir()
    program = "import sys, hatchling.build; hatchling.build.build_editable(sys.argv[1])"
    said = build(tree, "-c", program, str(folder), **environment)
    assert said.returncode == 0, said.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def named(archive: zipfile.ZipFile) -> str:
    """The name of a wheel's file."""
    assert archive.filename
    return Path(archive.filename).name


def modules(archive: zipfile.ZipFile) -> list[str]:
    """The compiled modules in a wheel."""
    return [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]


def note(archive: zipfile.ZipFile) -> str:
    """What a wheel says of why it has no native core."""
    (name,) = (name for name in archive.namelist() if name.endswith("/no_native_core.txt"))
    return archive.read(name).decode()


@pytest.fixture
def tree(tmp_path) -> Path:
    """A copy of what distributions are built from, for builds that write into the tree."""
    copy = tmp_path / "tree"
    copy.mkdir()
    copy_packages(copy, "autograd", "nn", "native", "scripts")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    return copy


def files(tree: Path) -> dict[str, bytes]:
    """All that is in a tree."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file()
    }


@needs_compiler
def test_with_a_compiler_one_wheel_is_for_every_python_and_adds_the_core_alone(tmp_path):
    native, said = wheel(tmp_path / "native", VALUEGRAD_BUILD="native")
    pure, _ = wheel(tmp_path / "pure", VALUEGRAD_BUILD="pure")
    assert re.fullmatch(r"valuegrad-[\d.]+-cp311-abi3-(?!any)\w+\.whl", named(native))
    (core,) = modules(native)
    assert core in {"autograd/_native.abi3.so", "autograd/_native.pyd"}
    assert modules(pure) == []
    packages = ("autograd/", "nn/")
    beside = {name for name in native.namelist() if name.startswith(packages)} - {core}
    assert beside == {name for name in pure.namelist() if name.startswith(packages)}
    (about,) = (name for name in native.namelist() if name.endswith("/WHEEL"))
    assert "Root-Is-Purelib: false" in native.read(about).decode()
    assert said == []


@needs_compiler
def test_what_is_built_loads_and_was_built_from_these_sources(tree, tmp_path):
    editable(tree, tmp_path / "out", VALUEGRAD_BUILD="native")
    program = "import autograd.native as native; print(native.core is not None, native.why)"
    said = build(tree, "-c", program, VALUEGRAD_CORE="")
    assert said.stdout.startswith(f"True {tree}"), said


@needs_compiler
def test_an_editable_build_adds_the_core_to_the_tree_and_nothing_else(tree, tmp_path):
    before = files(tree)
    editable(tree, tmp_path / "out", VALUEGRAD_BUILD="native")
    after = files(tree)
    (core,) = set(after) - set(before)
    assert core in {"autograd/_native.abi3.so", "autograd/_native.pyd"}
    assert {name: after[name] for name in before} == before


@needs_compiler
def test_the_source_distribution_holds_what_the_core_is_built_from(tree, tmp_path):
    (tree / "autograd" / "_native.abi3.so").write_bytes(b"of an editable installation")
    said = build(tree, "-m hatchling build -t sdist -d", str(tmp_path / "out"))
    assert said.returncode == 0, said.stderr
    (path,) = (tmp_path / "out").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / path.name.removesuffix(".tar.gz")
    assert not (unpacked / "autograd" / "_native.abi3.so").exists()
    from_sdist, _ = wheel(tmp_path / "wheel", unpacked, VALUEGRAD_BUILD="native")
    assert modules(from_sdist)


@needs_sh
def test_without_a_compiler_the_wheel_is_pure_and_one_line_says_why(tmp_path):
    pure, said = wheel(tmp_path, CC="/bin/false")
    assert named(pure).endswith("-py3-none-any.whl")
    assert modules(pure) == []
    (line,) = said
    assert line.startswith("valuegrad goes without its native core: ")
    assert "/bin/false" in line
    assert len(line) < 150
    assert line.endswith(f": {note(pure).strip()}")


@needs_compiler
@needs_sh
def test_without_headers_the_line_is_the_compilers(tmp_path):
    _, said = wheel(tmp_path, CFLAGS="-include no_such_header.h")
    (line,) = said
    assert "error: " in line
    assert "no_such_header.h" in line


@needs_sh
def test_who_demands_the_core_gets_the_compilers_message_where_there_is_none(tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho first words >&2\necho last words >&2\nexit 1\n")
    compiler.chmod(0o755)
    said = build(
        ROOT,
        "-m hatchling build -t wheel -d",
        str(tmp_path),
        CC=str(compiler),
        VALUEGRAD_BUILD="native",
    )
    assert said.returncode != 0
    assert "VALUEGRAD_BUILD=native, but there is no native core: first words" in said.stderr
    assert "last words" in said.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_who_declines_the_core_gets_none(tmp_path):
    pure, _ = wheel(tmp_path, VALUEGRAD_BUILD="pure")
    assert named(pure).endswith("-py3-none-any.whl")
    assert note(pure) == "VALUEGRAD_BUILD=pure asks for that\n"


def test_an_unknown_wish_is_refused_and_the_known_ones_are_named(tmp_path):
    said = build(ROOT, "-m hatchling build -t wheel -d", str(tmp_path), VALUEGRAD_BUILD="yes")
    assert "VALUEGRAD_BUILD must be pure, native or empty, not 'yes'" in said.stderr
    assert not list(tmp_path.glob("*.whl"))


@needs_sh
@pytest.mark.parametrize("environment", [{"CC": "/bin/false"}, {"VALUEGRAD_BUILD": "pure"}])
def test_an_older_core_does_not_survive_an_editable_build_that_makes_none(
    tree, tmp_path, environment
):
    before = files(tree)
    for name in ("_native.abi3.so", "_native.pyd"):
        (tree / "autograd" / name).write_bytes(b"of older sources")
    held = editable(tree, tmp_path / "out", **environment)
    assert files(tree) == before
    assert note(held)


@needs_sh
def test_the_core_of_the_tree_does_not_get_into_a_wheel(tree, tmp_path):
    (tree / "autograd" / "_native.abi3.so").write_bytes(b"of an editable installation")
    pure, _ = wheel(tmp_path / "out", tree, CC="/bin/false")
    assert modules(pure) == []
    assert (tree / "autograd" / "_native.abi3.so").exists()


@needs_sh
def test_the_users_compiler_gets_the_users_flags_but_none_that_would_change_numbers(tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/said\nexit 1\n')
    compiler.chmod(0o755)
    wheel(tmp_path / "out", CC=str(compiler), CFLAGS="-O1 -ffast-math -ffp-contract=fast")
    said = (tmp_path / "said").read_text().split()
    assert said.index("-g0") < said.index("-O1")
    assert said.index("-ffast-math") < said.index("-fno-fast-math")
    assert said.index("-ffp-contract=fast") < said.index("-ffp-contract=off")
