"""Pictures of training runs, as files. matplotlib is imported on first use, without a window or global state."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from autograd import Value, sigmoid
from autograd.files import write_atomically
from nn.training.evaluation import predict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nn.datasets import Dataset
    from nn.modules.layers import MLP
    from nn.training.history import History

GOOD, BAD = "#1a7f37", "#c1121f"
COLOURS = ("#2f6fb7", "#d9722e", "#3f9a4d", "#8a5ab5", "#b5473c", "#5b6770")


def figure(width: float, height: float) -> Any:
    """A matplotlib figure that belongs to nobody but us.

    Raises:
        ImportError: if matplotlib is not installed; the message says what to do.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: python -m pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(path: Path, fig: Any) -> None:
    """Write a figure as PNG, whole or not at all."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=150)
    write_atomically(path, buffer.getvalue())


def learning_curve(path: Path, history: History, title: str) -> None:
    """The losses and metrics of a run, by epoch."""
    fig = figure(9.0, 3.6)
    history.plot(list(fig.subplots(1, 2)))
    fig.suptitle(title)
    save_figure(path, fig)


def images(path: Path, data: Dataset, outputs: Sequence[Sequence[float]], most: int = 40) -> None:
    """Some pictures of a data set with what the model takes them for, those it gets wrong first.

    Args:
        path: the PNG file.
        data: the data, with an ``image_shape``.
        outputs: for each row the score of each class.
        most: how many to show at most; the wrong ones are at most half of them.
    """
    assert data.image_shape is not None
    height, width = data.image_shape
    predicted = [scores.index(max(scores)) for scores in map(list, outputs)]
    wrong = [i for i, label in enumerate(data.y) if predicted[i] != label]
    right = [i for i, label in enumerate(data.y) if predicted[i] == label]
    shown = wrong[: most // 2]
    shown += right[: most - len(shown)]
    columns = min(10, len(shown))
    rows = -(-len(shown) // columns)
    fig = figure(1.0 * columns, 1.28 * rows + 0.5)
    for place, ax in enumerate(fig.subplots(rows, columns, squeeze=False).flat):
        ax.axis("off")
        if place >= len(shown):
            continue
        i = shown[place]
        pixels = [data.X[i][r * width : (r + 1) * width] for r in range(height)]
        ax.imshow(pixels, cmap="gray_r", vmin=0.0, vmax=1.0)
        name, truth = data.target_names[predicted[i]], data.target_names[int(data.y[i])]
        good = predicted[i] == data.y[i]
        ax.set_title(
            name if good else f"{name}, is {truth}", color=GOOD if good else BAD, fontsize=11
        )
    count = len(data.y)
    first = f"; {min(len(wrong), most // 2)} of the wrong ones come first" if wrong else ""
    fig.suptitle(
        f"What the network takes held-out {data.name} for: {len(right)} of {count} right{first}",
        fontsize=12,
    )
    save_figure(path, fig)


def decision_boundary(
    path: Path, model: Any, train: Dataset, test: Dataset, resolution: int = 60
) -> None:
    """The plane coloured by the class that the model gives each point, with the data in it.

    Args:
        path: the PNG file.
        model: a classifier of two inputs.
        train: the rows it was trained on, drawn as dots.
        test: the held-out rows, drawn as rings.
        resolution: how many points per side are tried.
    """
    points = train.X + test.X
    low = [min(point[k] for point in points) for k in (0, 1)]
    high = [max(point[k] for point in points) for k in (0, 1)]
    margin = [0.12 * (b - a) for a, b in zip(low, high, strict=True)]
    xs, ys = (
        [
            low[k] - margin[k] + (high[k] - low[k] + 2.0 * margin[k]) * i / (resolution - 1)
            for i in range(resolution)
        ]
        for k in (0, 1)
    )
    outputs = predict(model, [[x, y] for y in ys for x in xs])
    classes = len(train.target_names)
    # The axes are to fill the figure, beside the colour bar that two classes have.
    slope = (high[1] - low[1]) / (high[0] - low[0])
    fig = figure(6.8, (4.6 if classes == 2 else 5.6) * min(max(slope, 0.4), 1.5) + 1.4)
    ax = fig.subplots()
    if classes == 2:
        # The difference of the two logits is the logit of the second class.
        margins = [scores[1] - scores[0] for scores in outputs]
        levels = [p / 10 for p in range(11)]
        grid = _rows([_logistic(z) for z in margins], resolution)
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("two", [COLOURS[0], "white", COLOURS[1]])
        filled = ax.contourf(xs, ys, grid, levels=levels, cmap=colours, alpha=0.6)
        ax.contour(xs, ys, grid, levels=[0.5], colors="#333333", linewidths=1.5)
        bar = fig.colorbar(filled, ax=ax, ticks=[0.0, 0.5, 1.0])
        bar.set_label(f"probability of “{train.target_names[1]}”")
    else:
        # By each class's lead over the best other one, which is smooth where winners would be steps.
        for label in range(classes):
            lead = [
                scores[label] - max(s for k, s in enumerate(scores) if k != label)
                for scores in outputs
            ]
            colour = COLOURS[label % len(COLOURS)]
            grid = _rows(lead, resolution)
            ax.contourf(xs, ys, grid, levels=[0.0, math.inf], colors=[colour], alpha=0.35)
    for label, name in enumerate(train.target_names):
        colour = COLOURS[label % len(COLOURS)]
        for data, face, suffix in ((train, colour, ""), (test, "white", ", held out")):
            own = [point for point, y in zip(data.X, data.y, strict=True) if y == label]
            ax.scatter(
                [point[0] for point in own],
                [point[1] for point in own],
                s=22,
                c=face,
                edgecolors="#222222" if face == colour else colour,
                linewidths=0.5 if face == colour else 1.6,
                label=f"{name}{suffix}",
            )
    ax.set_xlabel(train.feature_names[0])
    ax.set_ylabel(train.feature_names[1])
    ax.set_aspect("equal")
    ax.set_title(f"{train.name}: where the network draws the line")
    fig.legend(loc="outside lower center", ncols=classes, fontsize=9)
    save_figure(path, fig)


def neuron(path: Path, model: MLP, row: Sequence[float]) -> Path:
    """The graph of the first neuron at one sample, with gradients.

    Args:
        path: the SVG file.
        model: the network; the neuron is the first of its first layer.
        row: the sample.

    Returns:
        The path.
    """
    from autograd.drawing import draw

    first = model.layers[0].neurons[0]
    inputs = [Value(x, label=f"x[{i}]") for i, x in enumerate(row)]
    before = [parameter.grad for parameter in first.parameters()]
    try:
        for parameter in first.parameters():
            parameter.grad = 0.0
        out = first(inputs)
        out.label = "neuron 0"
        out.backward()
        drawing = draw(out)
    finally:
        for parameter, grad in zip(first.parameters(), before, strict=True):
            parameter.grad = grad
    write_atomically(path, drawing.svg().encode())
    return path


def _logistic(z: float) -> float:
    return sigmoid(z)


def _rows(flat: list[float], length: int) -> list[list[float]]:
    return [flat[start : start + length] for start in range(0, len(flat), length)]
