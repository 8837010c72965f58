"""The compiler's folders use each other one way, and no two of its modules import each other."""

from __future__ import annotations

import ast

import pytest

from tests.packages import ROOT

COMPILER = ROOT / "autograd" / "compiler"
MODULES = {
    ".".join(path.relative_to(COMPILER).with_suffix("").parts): path
    for path in sorted(COMPILER.rglob("*.py"))
}


def imported(name: str) -> set[str]:
    """The compiler's own modules that a module imports as it is loaded: not in functions, nor for type checkers."""
    package = name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.parse(MODULES[name].read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package[: len(package) - node.level + 1]
        if node.level > len(package) + 1:
            continue  # of the engine
        path = [*base, *(node.module or "").split(".")] if node.module else base
        for alias in node.names:
            for whole in (".".join([*path, alias.name]), ".".join(path)):
                if whole in MODULES:
                    found.add(whole)
                    break
    return found - {name}


def test_no_two_modules_import_each_other():
    done: set[str] = set()
    left = {name: imported(name) for name in MODULES}
    while left:
        ready = [name for name, needs in left.items() if needs <= done]
        assert ready, f"a circle among {sorted(left)}"
        done.update(ready)
        for name in ready:
            del left[name]


FOLDERS = {
    "ir": set(),
    "array": {"ir", "layout"},
    "emit": {"ir", "layout"},
    "layout": {"ir", "emit"},
}
"""Which folders a folder may use, besides rooms that stand in none. A layout is judged by what is emitted for it."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_uses_those_below_it(folder):
    for name in MODULES:
        if name.startswith(f"{folder}."):
            used = {other.split(".")[0] for other in imported(name) if "." in other}
            assert used <= FOLDERS[folder] | {folder}, name


ALLOWED = {"conditions"}
"""The rows that only recordings have are columns like the others."""


def test_the_structures_know_no_pass():
    for name in MODULES:
        if name.startswith("ir."):
            rooms = {other for other in imported(name) if "." not in other and other != "ir"}
            assert rooms <= ALLOWED, name
