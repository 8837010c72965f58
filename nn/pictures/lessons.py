"""What the notebooks' plots have in common, so that their cells hold the idea: ``from nn.pictures.lessons import curves, images``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nn.training.history import pyplot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Okabe and Ito's colours, which colour-blind people can tell apart, and a dash for who sees none.
LOOKS = (("#0072B2", "-"), ("#E69F00", "--"), ("#009E73", "-."), ("#D55E00", ":"))


def curves(
    x: Iterable[float], lines: Mapping[str, Iterable[float]], *, ax: Any = None, **labels: Any
) -> Any:
    """Named lines over the same x, each with a look of its own: the colour and dash of its place.

    Args:
        x: where the lines have points.
        lines: the heights of each line by its name, as many as x has; at most four lines.
        ax: the matplotlib axes to draw on; new ones by default.
        labels: what ``Axes.set`` takes: ``xlabel``, ``ylabel``, ``title``, ``yscale``...

    Returns:
        The axes.

    Raises:
        ValueError: if there are no lines or more than four, or one has not as many points as x; nothing is drawn then.
    """
    across = list(x)
    heights = {name: list(line) for name, line in lines.items()}
    if not 1 <= len(heights) <= len(LOOKS):
        raise ValueError(f"lines must be 1 to {len(LOOKS)}, got {len(heights)}")
    for name, line in heights.items():
        if len(line) != len(across):
            raise ValueError(f"line {name!r} has {len(line)} points, x has {len(across)}")
    if ax is None:
        ax = pyplot().subplots(figsize=(7.0, 3.0))[1]
    for (name, line), (colour, dash) in zip(heights.items(), LOOKS, strict=False):
        ax.plot(across, line, dash, color=colour, label=name)
    ax.set(**labels)
    if len(heights) > 1:
        ax.legend(fontsize=9)
    return ax


def images(
    pixels: Sequence[Sequence[float]],
    titles: Iterable[object] = (),
    *,
    columns: int,
    signed: bool = False,
) -> Any:
    """Square pictures in rows, each under its title: ink on paper, or weights, red below 0 and blue above.

    Args:
        pixels: for each picture its pixels in one row, line by line from the top; their number is a square.
        titles: what to write above each.
        columns: how many stand beside each other.
        signed: whether the numbers are weights; all pictures then have one scale, with a bar that tells it.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if there is no picture, or a number of pixels is no square; nothing is drawn then.
    """
    if len(pixels) == 0:
        raise ValueError("pixels must hold at least one picture")
    for i, row in enumerate(pixels):
        if math.isqrt(len(row)) ** 2 != len(row):
            raise ValueError(f"picture {i} has {len(row)} pixels, which is no square")
    rows = -(-len(pixels) // columns)
    figure, axes = pyplot().subplots(
        rows, columns, figsize=(9.5, 1.25 * rows * 7.6 / columns + 0.1 * rows), squeeze=False
    )
    for ax in axes.flat:
        ax.axis("off")
    scale: dict[str, Any] = {"cmap": "gray_r"}
    if signed:
        limit = max(abs(w) for row in pixels for w in row)
        scale = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
    shown: Any = None
    for ax, row in zip(axes.flat, pixels, strict=False):
        side = math.isqrt(len(row))
        shown = ax.imshow([row[i : i + side] for i in range(0, len(row), side)], **scale)
        ax.axis("on")
        ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes.flat, titles, strict=False):
        ax.set_title(title, fontsize=10)
    if signed:
        figure.colorbar(shown, ax=axes, label="weight", shrink=0.8)
    return figure
