from __future__ import annotations

import sys

import pytest

from nn import History


def history(*names, epochs=3):
    made = History(names)
    for epoch in range(epochs):
        row = dict.fromkeys(names, 0.5 + 0.1 * epoch)
        made.append({"loss": 100.0 ** (1 - epoch), "lr": 0.1, "seconds": 0.5, **row})
    return made


def test_columns_are_read_by_name():
    made = history("val_loss")
    assert made["loss"] == [100.0, 1.0, 0.01]
    assert len(made) == 3
    with pytest.raises(KeyError, match=r"no column 'los'; there are loss, val_loss, lr, seconds"):
        made["los"]


def test_a_row_with_other_names_is_refused():
    made = history()
    with pytest.raises(ValueError, match=r"a row must have loss, lr, seconds, not loss"):
        made.append({"loss": 1.0})
    assert len(made) == 3


def test_repr_is_one_short_line():
    made = history("val_loss", "val_accuracy")
    assert repr(made) == "History(3 epochs, loss=0.01, val_loss=0.7, val_accuracy=0.7, 1.5 s)"
    made.stopped = "enough"
    assert repr(made).endswith("1.5 s, stopped: enough)")
    assert repr(History()) == "History(0 epochs)"


@pytest.mark.parametrize(
    ("names", "titles", "legends"),
    [
        ((), ["loss"], [None]),
        (("val_loss",), ["loss"], [["training", "validation"]]),
        (
            ("val_loss", "val_accuracy"),
            ["loss", "validation accuracy"],
            [["training", "validation"], None],
        ),
        (("mae", "r2"), ["loss", "metrics"], [None, ["mae", "r2"]]),
    ],
)
def test_a_plot_has_the_losses_and_beside_them_the_metrics(names, titles, legends):
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot as plt

    made = history(*names)
    figure = made.plot()
    assert [ax.get_title() for ax in figure.axes] == titles
    for ax, legend in zip(figure.axes, legends, strict=True):
        shown = ax.get_legend()
        assert (shown and [text.get_text() for text in shown.get_texts()]) == legend
    assert list(figure.axes[0].lines[0].get_ydata()) == made["loss"]
    assert figure.axes[0].get_yscale() == "log"  # losses fell by a factor of 10,000
    plt.close(figure)


@pytest.mark.parametrize("epochs", [1, 2, 7])
def test_epochs_are_marked_by_whole_numbers(epochs):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    history(epochs=epochs).plot(ax)
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks
    assert all(tick == int(tick) for tick in ticks)


def test_a_plot_goes_into_given_axes():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert history().plot(ax) is ax.figure
    with pytest.raises(ValueError, match=r"plot draws 2 panels and was given 1 axes"):
        history("mae").plot(ax)


def test_nothing_is_not_plotted():
    with pytest.raises(ValueError, match=r"no epoch has been finished"):
        History().plot()


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib"):
        history().plot()


def test_a_history_is_a_dict_of_columns_and_a_list_of_epochs():
    made = history("mae", epochs=2)
    assert dict(made) == made.columns
    assert [row["loss"] for row in made] == made["loss"]
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(made)
    assert {name: list(table[name]) for name in table} == made.columns
