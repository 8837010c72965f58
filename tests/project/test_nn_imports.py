"""nn's rooms know each other one way: no circle of imports, and one face of the compiler."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "nn").rglob("*.py")
}
LATE = {("nn.modules.module", "nn.pictures.diagram")}
"""What is imported when it is called: a module draws itself, and drawing knows the modules."""


def imported(name: str) -> set[str]:
    """The modules of nn that one imports anywhere in it, also where only a type checker looks."""
    found = set()
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *base.split(".")] if base else above)
            inside = {f"{base}.{alias.name}" for alias in node.names}
            found |= {x for x in inside if x in FILES}
            if not inside <= set(FILES):
                found.add(base)
    return found


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def test_no_circle_of_imports_leads_through_nn():
    graph = {
        name: {x for x in imported(name) if x in FILES and (name, x) not in LATE} for name in FILES
    }
    assert circle(graph) is None


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


@pytest.mark.parametrize("name", sorted(FILES))
def test_nn_knows_the_compiler_by_the_face_that_it_has_for_training(name):
    known = {x for x in imported(name) if x.startswith("autograd.compiler")}
    assert known <= {"autograd.compiler.training"}
