"""``python -m autograd``: what is installed here, which core runs and why, and how to get what is missing."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from importlib import import_module, metadata
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "valuegrad"
PACKAGE = Path(__file__).parent
NOTE = "extra_metadata/no_native_core.txt"
"""What the build of a wheel without a native core leaves in its metadata (``native/build.py``)."""


def main() -> None:
    """Print a line or more on each subject; what cannot be found out is said, and hides nothing else."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may have letters that it lacks
    for subject, find_out in SUBJECTS.items():
        title = subject
        for line in told(find_out):
            sys.stdout.write(f"{title:<10}{line}\n")
            title = ""


def told(find_out: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The lines that a function finds, up to where it fails."""
    try:
        yield from find_out()
    except Exception as error:  # noqa: BLE001  (a doctor is called where something is broken)
        yield f"cannot be told: {type(error).__name__}: {error}"


def version() -> Iterator[str]:
    """Which valuegrad this is."""
    autograd = import_module("autograd")
    if hasattr(autograd, "Value"):
        yield f"{autograd.__version__} in {PACKAGE}"
    else:
        from ._clash import CURE

        yield f"overwritten: {autograd.__file__} is of another package, most likely HIPS autograd. {CURE}"


def python() -> Iterator[str]:
    """Which Python this is."""
    number = sys.version.partition(" ")[0]
    yield f"{sys.implementation.name} {number} on {sysconfig.get_platform()}, {sys.executable}"


def core() -> Iterator[str]:
    """Which core runs, and why."""
    from . import native

    if native.core is not None:
        yield f"native: {native.why}"
        return
    note = built_without()
    yield f"pure Python: {native.why}{note and f' ({note})'}"


def built_without() -> str:
    """Why this installation was built without a native core, where the build has told."""
    try:
        installed = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        return ""
    package = Path(str(installed.locate_file("autograd")))
    if package.exists() and not package.samefile(PACKAGE):
        return ""  # another installation
    return (installed.read_text(NOTE) or "").strip()


def numpy() -> Iterator[str]:
    """Which NumPy is there."""
    try:
        found = import_module("numpy")
    except ImportError as error:
        yield f"not to be had ({error}): python -m pip install numpy"
    else:
        yield f"{found.__version__} in {Path(found.__file__ or '').parent}"


def pictures() -> Iterator[str]:
    """What can draw; dot draws something."""
    from .drawing.picture import RenderError, render

    yield "SVG always works"
    try:
        svg = render("digraph { x -> y }")
    except RenderError as error:
        yield (
            str(error)
            .replace("cannot draw SVG", "no PNG, no PDF")
            .replace("; SVG needs nothing", "")
        )
    else:
        drawn_by = re.search(rb"graphviz version ([\w.]+)", svg)
        yield f"PNG and PDF too, by Graphviz's dot{f' {drawn_by[1].decode()}' if drawn_by else ''}"


def extras() -> Iterator[str]:
    """Which extras are complete, and the command that adds what is missing of each."""
    listed: dict[str, list[Part]] = {}
    for part in parts():
        listed.setdefault(part.extra or "(always)", []).append(part)
    if not listed:
        yield f"unknown: no distribution {NAME} is installed"
        return
    widest = max(map(len, listed))
    for name, needed in sorted(listed.items()):
        missing = [part for part in needed if not part.is_there()]
        yield f"{name:<{widest}} {pip(*missing) if missing else 'is there'}"


def hips() -> Iterator[str]:
    """Whether HIPS autograd, which has our import name, is in the way."""
    from ._clash import CURE, namesake

    folder = namesake()
    yield (
        "its package autograd is not installed"
        if folder is None
        else f"installed in {folder}. {CURE}"
    )


SUBJECTS: dict[str, Callable[[], Iterator[str]]] = {
    NAME: version,
    "Python": python,
    "core": core,
    "NumPy": numpy,
    "pictures": pictures,
    "extras": extras,
    "HIPS": hips,
}


class Part(NamedTuple):
    """A distribution that valuegrad, or one of its extras, asks for."""

    extra: str
    name: str
    requirement: str
    bounds: str

    def is_there(self) -> bool:
        """Whether it is installed, in a version that will do."""
        try:
            found = release(metadata.version(self.name))
        except metadata.PackageNotFoundError:
            return False
        bounds = re.findall(r"(>=|==)\s*([^\s,]+)", self.bounds)
        return all(
            found >= release(bound) if sign == ">=" else found == release(bound)
            for sign, bound in bounds
        )


def parts() -> list[Part]:
    """What the metadata of the installed distribution ask for; in a clone, what ``pyproject.toml`` does."""
    form = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*([^;]*)")
    found = []
    for line in asked_for():
        match = form.match(line)
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)", line)
        if match and match[1] != NAME:
            requirement = match[0].strip()
            found.append(Part(extra[1] if extra else "", match[1], requirement, match[2]))
    return found


def asked_for() -> list[str]:
    """Lines as of ``Requires-Dist``."""
    try:
        return metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        import tomllib

        path = PACKAGE.parent / "pyproject.toml"
        if not path.is_file():
            return []
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        lines: list[str] = project["dependencies"]
        for extra, more in project["optional-dependencies"].items():
            lines += (f"{line}; extra == '{extra}'" for line in more)
        return lines


def release(number: str) -> list[int]:
    """The numbers of a version that is compared: 1.4.0 is 1.4, and 2.13.0+cpu is 2.13."""
    numbers = [int(part) for part in re.findall(r"\d+", number.partition("+")[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def pip(*missing: Part) -> str:
    """The command that installs parts, for any shell."""
    return " ".join(["python -m pip install", *(f'"{part.requirement}"' for part in missing)])


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:  # as by `| head`: Python would flush again when it ends, and fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
