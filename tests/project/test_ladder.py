"""The engine's rooms form a ladder: each knows only those below it, also where only a type checker looks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autograd"

LADDER = [
    "native",
    "namespaces",
    "table",
    "special",
    "primitives",
    "reals",
    "state",
    "node",
    "operators",
    "scopes",
    "modes",
    "graph",
    "hooks",
    "sweeps",
    "value",
    "operations",
    "structure",
    "functions",
    "extremes",
    "tracing",
    "batching",
    "decorated",
    "transformed",
    "colouring",
    "sparse",
    "derivatives",
    "transforms",
]


def imports(path: Path) -> set[str]:
    """The package's own modules that a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograd"):
            found.add((node.module or "").removeprefix("autograd").lstrip(".") or "__init__")
    return found


@pytest.mark.parametrize("room", LADDER)
def test_a_room_of_the_engine_knows_only_those_below_it(room):
    below = {"_native", *LADDER[: LADDER.index(room)]}
    assert imports(PACKAGE / f"{room}.py") <= below


def test_every_file_of_the_engine_has_its_place_on_the_ladder():
    elsewhere = {"__init__", "__main__", "_clash", "collector", "files"}
    assert {path.stem for path in PACKAGE.glob("*.py")} == elsewhere | set(LADDER)
