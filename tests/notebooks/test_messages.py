"""What errors say in a notebook."""

from __future__ import annotations

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

CELLS = [
    "from autograd import compile",
    "def f(x):\n    return x if x > 1 else -x\n\n\ncompile(f)(2.0)",
]


def test_a_branch_on_a_recorded_value_names_the_cell_and_the_line(execute):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="TraceError") as caught:
        execute(notebook)
    assert "at Cell In[2], line 2: use where" in str(caught.value)
