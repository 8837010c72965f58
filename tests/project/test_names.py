"""Every line of docs/tutorials/names.md: what is looked for is there, and what is said of here runs."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.packages import ROOT

PAGE = (ROOT / "docs" / "tutorials" / "names.md").read_text(encoding="utf-8")
PRELUDE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
ROWS = [
    (there.strip(), here.strip()[1:-1])
    for there, here in re.findall(r"^\| (.*?) \| (`.*`) \|$", PAGE, re.MULTILINE)
]


def test_the_table_is_read_whole():
    assert len(ROWS) == len(re.findall(r"^\| ", PAGE, re.MULTILINE)) - 1


@pytest.fixture(scope="module")
def namespace():
    found: dict[str, object] = {}
    exec(PRELUDE, found)
    return found


@pytest.mark.parametrize("here", [here for _, here in ROWS])
def test_what_is_said_of_here_runs(here, namespace, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if "load_into" in here:
        exec('nn.save("net.safetensors", model)', dict(namespace))
    exec(here, dict(namespace))


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for there, _ in ROWS for name in re.findall(r"`((?:torch|sklearn)\.[\w.]+)`", there)}
    ),
)
def test_what_is_looked_for_is_there(name):
    parts = name.split(".")
    thing = pytest.importorskip(parts[0])
    for i, part in enumerate(parts[1:], start=1):
        if not hasattr(thing, part):
            thing = importlib.import_module(".".join(parts[: i + 1]))
        else:
            thing = getattr(thing, part)
