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


def test_a_saved_notebook_holds_one_line_of_the_bar_the_last(execute):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIT)])
    execute(notebook)
    bar, _ = notebook.cells[0].outputs  # and the history, which fit returns
    assert bar.output_type == "display_data"
    assert bar.data["text/plain"].startswith("epoch 2/2: 100%|")
    assert "loss=" in bar.data["text/plain"]
    assert len(bar.data["text/plain"].splitlines()) == 1


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
