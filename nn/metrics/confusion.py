"""The confusion table: which class was taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .samples import classes

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConfusionTable:
    """How often each class was taken for which.

    Attributes:
        matrix: ``matrix[i][j]`` samples of class i were predicted to be of class j.
        labels: the classes' names.

    ``print`` shows it as text; see :func:`confusion_table`.

    >>> import nn
    >>> outputs = [[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]
    >>> nn.metrics.confusion_table(outputs, [1, 1, 0], ["no", "yes"]).matrix
    [[0, 1], [1, 1]]
    """

    def __init__(self, matrix: list[list[int]], labels: list[str]) -> None:
        self.matrix = matrix
        self.labels = labels

    @property
    def accuracy(self) -> float:
        """The part of samples on the diagonal."""
        return sum(row[i] for i, row in enumerate(self.matrix)) / sum(map(sum, self.matrix))

    def __str__(self) -> str:
        corner, marginal = "true \\ predicted", "recall"
        cells = [[str(n) if n else "." for n in row] for row in self.matrix]
        widths = [
            max(len(text) for text in (label, *column))
            for label, column in zip(self.labels, zip(*cells, strict=True), strict=True)
        ]
        first = max(len(corner), *map(len, self.labels))

        def line(head: str, texts: Sequence[str], end: str) -> str:
            middle = "  ".join(t.rjust(w) for t, w in zip(texts, widths, strict=True))
            return f"{head.rjust(first)}  {middle}  {end.rjust(len(marginal))}"

        lines = [line(corner, self.labels, marginal)]
        for i, row in enumerate(self.matrix):
            recall = f"{row[i] / sum(row):.1%}" if any(row) else "-"
            lines.append(line(self.labels[i], cells[i], recall))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"ConfusionTable({self.matrix!r}, {self.labels!r})"


def confusion_table(
    outputs: Any, targets: Any, labels: Sequence[Any] | None = None, threshold: float = 0.0
) -> ConfusionTable:
    """Count how often each class was taken for which.

    Args:
        outputs: for each sample scores of classes, a class's index (an int), or one score (a float).
        targets: for each sample the true class; for one score 1, and 0 or -1.
        labels: the classes' names, in order; by default their indices, as many as occur.
        threshold: what a single score of class 1 is above, as for :func:`binary_accuracy`.

    Raises:
        ValueError: if there are no samples, the numbers differ, a score is nan or a class has no label.
        TypeError: if an output or target is no class.

    >>> print(confusion_table([0, 1, 1, 0], [0, 1, 1, 1], labels=["cat", "dog"]))
    true \\ predicted  cat  dog  recall
                 cat    1    .  100.0%
                 dog    1    2   66.7%
    """
    pairs, n = classes(outputs, targets, threshold)
    if labels is None:
        labels = range(n)
    if n > len(labels):
        raise ValueError(f"{n} classes need as many labels, not {len(labels)}")
    matrix = [[0] * len(labels) for _ in labels]
    for truth, predicted in pairs:
        if truth < 0 or predicted < 0:
            raise ValueError("a sample has a nan score and so no class")
        matrix[truth][predicted] += 1
    return ConfusionTable(matrix, [str(label) for label in labels])
