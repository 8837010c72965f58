"""What training shows in a notebook: the progress bar, and the plot of a history."""

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


PLOT = """\
from nn import History
history = History()
history.append({"loss": 1.0, "lr": 0.1, "seconds": 0.1})
history.append({"loss": 0.5, "lr": 0.1, "seconds": 0.1})
figure = history.plot()
figure
"""


def test_a_plot_shows_one_figure_in_a_notebook(execute):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PLOT)])
    notebook.cells += [nbformat.v4.new_code_cell("figure"), nbformat.v4.new_code_cell("figure")]
    execute(notebook)
    for cell in notebook.cells:
        assert sum("image/png" in output.get("data", {}) for output in cell.outputs) == 1
