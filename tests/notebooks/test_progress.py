"""The progress bar in a notebook."""

from __future__ import annotations

import pytest

pytest.importorskip("tqdm")
nbformat = pytest.importorskip("nbformat")

FIT = """\
import nn
moons = nn.datasets.moons(20)
nn.fit(nn.MLP(2, [4, 2], seed=0), *moons, loss="cross_entropy", epochs=2)
"""


def test_a_notebook_without_widgets_gets_a_bar_and_no_warning(execute):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIT)])
    execute(notebook)
    shown = "".join(str(output) for output in notebook.cells[0].outputs)
    assert "epoch 2/2" in shown
    assert "Warning" not in shown
