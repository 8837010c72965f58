"""``st.from_type(Value)`` where valuegrad and hypothesis are installed, and nobody imported more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROJECT = """
from hypothesis import given, settings, strategies as st
from autograd import Value

drawn = []

@settings(max_examples=50, database=None)
@given(st.from_type(Value))
def test(value):
    drawn.append(value)
    assert type(value) is Value and value.primitive is None and abs(value.data) < float("inf")

@settings(max_examples=20, database=None)
@given(st.builds(dict, x=st.from_type(Value)))
def test_inside(drawn):
    assert isinstance(drawn["x"], Value)

test(); test_inside()
print(len(drawn), len({value.data for value in drawn}) > 10)
"""


def run(folder: Path) -> str:
    """Run the user's file with the package installed as a wheel installs it, metadata and all."""
    metadata = folder / "valuegrad-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: valuegrad\nVersion: 0\n")
    text = "[hypothesis]\nvaluegrad = autograd.testing._hypothesis:register\n"
    (metadata / "entry_points.txt").write_text(text)
    (folder / "user.py").write_text(PROJECT)
    code = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]; import user"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout


def test_from_type_draws_public_finite_leaves(tmp_path):
    assert run(tmp_path).split() == ["50", "True"]
