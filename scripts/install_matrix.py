"""Install the project in every way on every Python that is here, train with it, and print what happened.

    python scripts/install_matrix.py                                   # all of it, half a minute a row
    python scripts/install_matrix.py --python 3.12 --how editable --compiler without

Each row starts from a copy of the tree as git knows it and a new virtual environment. It installs the project with its
extra `examples`, asks `python -m autograd` which core runs, trains to the same bits with both cores
(scripts/wheel_check.py), and trains on digits as README's first command does. "without" a compiler is CC=/bin/false.
"wheel of the oldest" is the wheel that the oldest of these Pythons built, on the others: one native wheel is for all.
Ends with 1 if a row fails. For POSIX systems; needs PyPI.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HOW = ("wheel", "editable", "wheel of the oldest")
COMPILER = ("with", "without")
MISSED = "valuegrad goes without its native core: "
COLUMNS = "{:8} {:20} {:9} {:7} {:>9} {:>9} {:>9}"


class StepError(Exception):
    """A command failed, or did not do what it should."""


class Python(NamedTuple):
    """An interpreter."""

    release: str
    path: Path

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(map(int, self.release.split(".")[:2]))


class Row(NamedTuple):
    """A way to install the project."""

    python: Python
    how: str
    compiler: str


def pythons() -> list[Python]:
    """One CPython of each version that the project is for, in order: on the PATH, this one, or installed by pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [Path(sys.executable)]
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        candidates += sorted(folder.glob("python3.[0-9]*"))
    candidates += sorted(pyenv.glob("3.*/bin/python3"))
    about = "import sys, platform as p; print(p.python_implementation(), p.python_version(), sys.abiflags)"
    found: dict[tuple[int, ...], Python] = {}
    for path in candidates:
        if re.fullmatch(r"python(3(\.\d+)?)?", path.name):
            said = subprocess.run([path, "-c", about], capture_output=True, text=True, check=False)
            words = said.stdout.split()
            if (
                words[:1] == ["CPython"] and len(words) == 2
            ):  # no flag: neither debugging nor free threads
                python = Python(words[1], path)
                if python.version >= (3, 11):
                    found.setdefault(python.version, python)
    return [found[version] for version in sorted(found)]


def run(command: list[str | Path], folder: Path, **environment: str) -> str:
    """Run a command with nothing of the environment that would decide what is built or runs; its output.

    Raises:
        StepError: if it fails; with the end of its output.
    """
    deciding = re.compile("VALUEGRAD_|PYTHON|CC$|CFLAGS$|LDFLAGS$|LDSHARED$|VIRTUAL_ENV$")
    clean = {name: value for name, value in os.environ.items() if not deciding.match(name)}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise StepError(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}")
    return done.stdout


def copy_of_the_tree(folder: Path) -> Path:
    """What git knows or would know, so that nothing built or ignored lends a hand."""
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    with tarfile.open(folder / "tree.tar", "w") as archive:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                archive.add(ROOT / name, name)
    with tarfile.open(folder / "tree.tar") as archive:
        archive.extractall(folder / "tree", filter="data")
    return folder / "tree"


def build_wheel(python: Path, tree: Path, folder: Path, **environment: str) -> tuple[Path, str]:
    """The wheel of a tree, and what the build said."""
    command: list[str | Path] = [python, "-m", "pip", "wheel", "-v", "--no-deps", "-w", folder, "."]
    said = run(command, tree, **environment)
    (wheel,) = folder.glob("valuegrad-*.whl")
    return wheel, said


def expect(holds: bool, what: str) -> None:
    """Raise StepError, with what should hold, unless it does."""
    if not holds:
        raise StepError(f"expected: {what}")


def install_and_train(row: Row, folder: Path, oldest: Path | None) -> str:
    """Do all that a row stands for.

    Returns:
        The row of the table.

    Raises:
        StepError: at the first thing that is not as it should be.
    """
    began = time.perf_counter()
    tree = copy_of_the_tree(folder)
    native = row.compiler == "with"
    environment = {} if native else {"CC": "/bin/false"}
    run([row.python.path, "-m", "venv", "venv"], folder)
    python = folder / "venv" / "bin" / "python"
    if row.how == "editable":
        where = tree  # as in README
        targets = ["-e", ".", "-e", ".[examples]"]
        said = ""
    else:
        where = folder
        wheel, said = oldest, ""
        if wheel is None:
            wheel, said = build_wheel(python, tree, folder, **environment)
        kind = "-cp311-abi3-" if native else "-py3-none-any"
        expect(kind in wheel.name, f"a wheel with {kind} in its name, not {wheel.name}")
        targets = [f"{wheel}[examples]"]
    said += run([python, "-m", "pip", "install", "-v", *targets], where, **environment)
    missed = said.count(MISSED)
    expect(missed == (not native), f"{int(not native)} lines with {MISSED!r}, not {missed}")
    installed = time.perf_counter()

    told = re.search(r"^core +(.*)$", run([python, "-m", "autograd"], where), re.MULTILINE)
    core = told[1] if told else ""
    wanted = "native: " if native else "pure Python: the native core was not built (/bin/false "
    expect(core.startswith(wanted), f"python -m autograd tells '{wanted}...', not {core!r}")
    run([python, ROOT / "scripts" / "wheel_check.py", "native" if native else "pure"], where)
    checked = time.perf_counter()

    said = run([python, "-m", "nn", "train", "digits"], where)
    accuracy = re.search(r"^test accuracy ([\d.]+)%", said, re.MULTILINE)
    expect(
        accuracy is not None and float(accuracy[1]) >= 96.5, f"96.5% of digits, not {said[-300:]}"
    )
    assert accuracy
    return COLUMNS.format(
        row.python.release,
        row.how,
        row.compiler,
        "native" if native else "pure",
        f"{installed - began:.1f} s",
        f"{time.perf_counter() - checked:.1f} s",
        f"{accuracy[1]}%",
    )


def rows(here: list[Python], how: list[str], compiler: list[str]) -> list[Row]:
    """The ways to install the project on these Pythons."""
    found = [Row(*way) for way in product(here, how, compiler)]
    later = [row for row in found if row.how != HOW[2] or row.compiler == "with"]
    return [row for row in later if row.how != HOW[2] or row.python != here[0]]


def main() -> None:
    here = pythons()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    names = [".".join(map(str, python.version)) for python in here]
    parser.add_argument("--python", nargs="+", choices=names, default=names)
    parser.add_argument("--how", nargs="+", choices=HOW, default=list(HOW))
    parser.add_argument("--compiler", nargs="+", choices=COMPILER, default=list(COMPILER))
    options = parser.parse_args()
    chosen = [python for python, name in zip(here, names, strict=True) if name in options.python]
    wanted = rows(chosen, options.how, options.compiler)
    if not wanted:
        parser.error(
            "that leaves no row: the wheel of the oldest Python is native, and for the others"
        )

    began = time.perf_counter()
    failures: list[str] = []
    print(
        COLUMNS.format("Python", "installed as", "compiler", "core", "install", "train", "digits")
    )
    with TemporaryDirectory(prefix="valuegrad-matrix-") as whole:
        oldest: Path | None = None
        for number, row in enumerate(wanted):
            folder = Path(whole, str(number))
            folder.mkdir()
            try:
                if row.how == HOW[2] and oldest is None:
                    tree = copy_of_the_tree(Path(whole))
                    oldest, _ = build_wheel(chosen[0].path, tree, Path(whole))
                line = install_and_train(row, folder, oldest if row.how == HOW[2] else None)
            except StepError as error:
                line = COLUMNS.format(
                    row.python.release, row.how, row.compiler, "FAILED", "", "", ""
                )
                failures.append(f"{line.strip()}\n{error}")
            print(line.rstrip(), flush=True)
            shutil.rmtree(folder)
    for failure in failures:
        print(f"\n{failure}")
    print(
        f"\n{len(wanted) - len(failures)} passed, {len(failures)} failed in {time.perf_counter() - began:.0f} s"
    )
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
