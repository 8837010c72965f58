"""What happened in a training run, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ALWAYS = ("loss", "lr", "seconds")
"""The columns that every run has."""


class History:
    """A table with a row per epoch, as :func:`nn.fit` returns it.

    ``history["loss"]`` is the list of that column. ``"loss"`` is the mean over the epoch's rows, each taken before
    the step that its batch led to; ``"val_loss"`` and metrics are of the end of the epoch; ``"lr"`` is the
    learning rate of the epoch's last step; ``"seconds"`` are of the epoch with its evaluation.

    Attributes:
        columns: the lists by name.
        stopped: why training ended before its time; empty if it did not.

    >>> history = History(["val_accuracy"])
    >>> history.append({"loss": 0.5, "lr": 0.1, "seconds": 2.0, "val_accuracy": 0.75})
    >>> history
    History(1 epoch, loss=0.5, val_accuracy=0.75, 2 s)
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.columns: dict[str, list[float]] = {ALWAYS[0]: []}
        self.columns |= {name: [] for name in names} | {name: [] for name in ALWAYS[1:]}
        self.stopped = ""

    def append(self, row: Mapping[str, float]) -> None:
        """Add an epoch.

        Raises:
            ValueError: if the row's names are not the columns'.
        """
        if set(row) != set(self.columns):
            raise ValueError(f"a row must have {', '.join(self.columns)}, not {', '.join(row)}")
        for name, number in row.items():
            self.columns[name].append(number)

    def keys(self) -> Iterable[str]:
        """The names of the columns, so that ``dict(history)`` is the columns by name."""
        return self.columns.keys()

    def __iter__(self) -> Iterator[dict[str, float]]:
        """The epochs, each as a dict: ``pandas.DataFrame(history)`` is a table of them."""
        for row in zip(*self.columns.values(), strict=True):
            yield dict(zip(self.columns, row, strict=True))

    def __len__(self) -> int:
        """The number of epochs."""
        return len(self.columns["loss"])

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def __repr__(self) -> str:
        if not len(self):
            return "History(0 epochs)"
        plural = "s" if len(self) > 1 else ""
        parts = [f"{len(self)} epoch{plural}"]
        parts += [
            f"{name}={column[-1]:.4g}"
            for name, column in self.columns.items()
            if name not in ALWAYS[1:]
        ]
        parts.append(f"{sum(self.columns['seconds']):.3g} s")
        if self.stopped:
            parts.append(f"stopped: {self.stopped}")
        return f"History({', '.join(parts)})"

    def plot(self, axes: Any = None) -> Any:
        """Draw the losses, and beside them the metrics if there are any.

        Args:
            axes: one matplotlib Axes per panel to draw into; by default a new figure is made.

        Returns:
            The matplotlib figure.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: if no epoch has been finished, or axes are not as many as the panels.
        """
        if not len(self):
            raise ValueError("there is nothing to plot: no epoch has been finished")
        losses = {name: c for name, c in self.columns.items() if name in ("loss", "val_loss")}
        metrics = {
            name: c for name, c in self.columns.items() if name not in (*losses, *ALWAYS[1:])
        }
        panels = [("loss", losses), ("metrics", metrics)][: 2 if metrics else 1]
        if axes is None:
            axes = _new_axes(len(panels))
        axes = list(axes) if hasattr(axes, "__len__") else [axes]
        if len(axes) != len(panels):
            raise ValueError(f"plot draws {len(panels)} panels and was given {len(axes)} axes")
        epochs = range(1, len(self) + 1)
        marker = "o" if len(self) == 1 else ""
        for ax, (title, columns) in zip(axes, panels, strict=True):
            for name, column in columns.items():
                ax.plot(epochs, column, label=_spoken(name, title), marker=marker)
            ax.set_xlabel("epoch")
            ax.set_title(title if len(columns) > 1 else _spoken(next(iter(columns)), ""))
            if len(self) == 1:
                ax.set_xticks([1])  # in so short a range the locator would show parts of an epoch
            else:
                ax.xaxis.get_major_locator().set_params(integer=True)
            ax.grid(alpha=0.3)
            if len(columns) > 1:
                ax.legend()
        lowest = min(min(column) for column in losses.values())
        highest = max(max(column) for column in losses.values())
        if 0.0 < lowest < highest / 30.0:
            axes[0].set_yscale("log")
        return axes[0].figure


def _spoken(name: str, panel: str) -> str:
    """A column's name for people: ``val_accuracy`` is the validation accuracy."""
    if panel == "loss":
        return "training" if name == "loss" else "validation"
    return name.replace("val_", "validation ", 1).replace("_", " ")


def pyplot() -> Any:
    """matplotlib's, imported on first use.

    Raises:
        ImportError: if it is not installed; the message says what to do.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plotting needs matplotlib: python -m pip install matplotlib") from error
    return plt


def _new_axes(panels: int) -> Any:
    plt = pyplot()
    figure: Any
    figure, axes = plt.subplots(
        1, panels, figsize=(5.0 * panels, 3.6), layout="constrained", squeeze=False
    )

    def show() -> None:
        """How a notebook shows the figure: once, although it is a cell's last line and pyplot's too."""
        from IPython.display import display

        plt.close(figure)
        del figure._ipython_display_
        display(figure)  # type: ignore[no-untyped-call]
        figure._ipython_display_ = show

    figure._ipython_display_ = show
    return axes[0]
