"""The README and the documents keep their word: their Python runs, their links lead somewhere."""

from __future__ import annotations

import doctest
import html
import os
import re
import subprocess
import sys
import types

import pytest

from autograd import draw
from scripts.readme_picture import PICTURE, example
from tests.packages import ROOT, copy_packages

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
]


def blocks(text: str, kind: str) -> list[str]:
    """The fenced blocks whose opening line says just this kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_of_a_document_prints_what_its_comments_say(
    document, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)  # what it writes goes there
    module = types.ModuleType("document")  # where a data class looks itself up
    monkeypatch.setitem(sys.modules, "document", module)
    names = vars(module)
    for needed in re.findall(
        r"^import (pandas|scipy|jax)", document.read_text(encoding="utf-8"), re.MULTILINE
    ):
        pytest.importorskip(needed)
    for block in blocks(document.read_text(encoding="utf-8"), "python"):
        exec(compile(block, str(document), "exec"), names)
        said = re.findall(r"^print\(.*\)(?:  |\n)# (.*)$", block, re.MULTILINE)
        assert len(said) == block.count("print(")
        expected = "".join(f"{line}\n" for line in said)
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS), printed
    for block in blocks(document.read_text(encoding="utf-8"), "pycon"):
        example = doctest.DocTestParser().get_doctest(block, names, document.name, None, None)
        assert (
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            .run(example, clear_globs=False)
            .failed
            == 0
        )


def test_the_readme_has_python_to_run():
    assert blocks(README, "python")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_links_of_a_document_lead_to_files(document):
    for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            path = (document.parent / target).resolve()
            if path.is_relative_to(ROOT / "docs" / "notebooks"):  # where the site has them
                path = ROOT / "notebooks" / path.name
            assert path.exists(), target


def test_the_row_of_the_tutorial_is_one_of_the_table_too(tmp_path):
    """What a user writes in a notebook can be moved to the table as it is."""
    copy_packages(tmp_path, "autograd")
    tutorial = (ROOT / "docs" / "own-operations.md").read_text(encoding="utf-8")
    block = next(text for text in blocks(tutorial, "python") if "@autograd.primitive" in text)
    row = re.search(r"^@autograd\.primitive.*?(?=^$)", block, re.MULTILINE | re.DOTALL).group()
    with (tmp_path / "autograd" / "primitives.py").open("a", encoding="utf-8") as table:
        table.write(f"\n\n{row.replace('autograd.', '')}")
    program = """
from autograd import Value, logit, sigmoid
assert abs(sigmoid(logit(0.3)) - 0.3) < 1e-15
x = Value(0.25)
y = logit(x)
y.backward()
assert abs(x.grad - 16 / 3) < 1e-14

from autograd.namespaces import numpy_namespace
from autograd.table import bind_table
import numpy as np
rule = bind_table(numpy_namespace())["logit"]
xs = np.array([0.25, 0.5])
assert np.allclose(rule.partials[0](rule.forward(xs), xs), [16 / 3, 4])
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "VALUEGRAD_CORE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_the_readmes_picture_shows_what_its_example_computes():
    labels = re.findall(r'label="([^"]*)"', draw(example()).source)
    expected = sorted(line for label in labels for line in label.split(r"\n"))
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", PICTURE.read_text(encoding="utf-8"))
    assert sorted(map(html.unescape, shown)) == expected
    assert "w = -3" in expected
