"""What ``python -m nn predict`` does: classify rows with a network that was trained before."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd import functions as ag
from nn import saving
from nn.modules.layers import MLP
from nn.training import data
from nn.training.evaluation import outputs

from .jobs import JOBS, SPLIT_SEED, TEST_SIZE, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence


def newest_weights() -> Path:
    """What the newest run in runs/ wrote.

    Raises:
        ValueError: if there is none; the message says what to do.
    """
    found = sorted(Path("runs").glob(f"*/{WEIGHTS}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ValueError("no network has been trained here yet: python -m nn train digits does it")
    return found[-1]


@dataclass(frozen=True)
class Answer:
    """What the network takes a row for.

    Attributes:
        row: what the row is called: its number in the file or among the held-out rows.
        label: the class's name.
        probability: how sure the network is, from 0 to 1.
        truth: the true class's name, where it is known.
    """

    row: int
    label: str
    probability: float
    truth: str | None = None


@dataclass(frozen=True)
class Answers:
    """The answers of :func:`classify`, and remarks on the rows."""

    answers: list[Answer]
    remarks: list[str]


def classify(weights: Path, source: Sequence[str]) -> Answers:
    """Classify rows of a file, or held-out rows of the data that the network was trained on.

    Args:
        weights: the file that :func:`train` wrote.
        source: the path of a CSV or JSON file of rows; or numbers of held-out rows, or ``"all"`` of them.

    Raises:
        ValueError, TypeError, ImportError, OSError: with a message for the user.
    """
    if not weights.exists():
        raise ValueError(f"there is no file {weights}; python -m nn train writes one")
    model = saving.load(weights)
    notes = saving.read(weights).notes or {}
    if not isinstance(model, MLP) or not _are_notes(notes, len(model.layers[-1].neurons)):
        raise ValueError(f"{weights} was not written by python -m nn train")
    names = notes["target_names"]
    width = len(model.layers[0].neurons[0].w)
    truths: list[str | None]
    if list(source) == ["all"] or all(_is_index(text) for text in source):
        numbers, rows, truths = _held_out(notes["data"], source, names)
    elif len(source) == 1:
        rows = _rows_of(Path(source[0]), width)
        numbers = list(range(len(rows)))
        truths = [None] * len(rows)
    else:
        raise ValueError(
            f"rows must be one CSV or JSON file, or numbers of held-out rows, not {' '.join(source)}"
        )
    answers = []
    for number, truth, scores in zip(numbers, truths, outputs(model, rows), strict=True):
        probabilities = ag.softmax(scores)
        best = max(probabilities)
        answers.append(Answer(number, names[probabilities.index(best)], best, truth))
    return Answers(answers, _strange(rows, notes))


def _are_notes(notes: dict[str, Any], classes: int) -> bool:
    """Whether notes are as :func:`train` leaves them."""
    names = notes.get("target_names")
    return (
        isinstance(names, list)
        and len(names) == classes > 1
        and all(isinstance(name, str) for name in [*names, notes.get("data")])
        and all(isinstance(notes.get(key), float) for key in ("smallest", "largest"))
    )


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _held_out(
    name: str, source: Sequence[str], names: Sequence[str]
) -> tuple[list[int], list[list[float]], list[str | None]]:
    if name not in JOBS:
        raise ValueError(f"the network was trained on {name!r}; known are {', '.join(JOBS)}")
    _, test = JOBS[name].load().split(TEST_SIZE, seed=SPLIT_SEED)
    numbers = list(range(len(test.X))) if list(source) == ["all"] else [int(i) for i in source]
    for i in numbers:
        if i >= len(test.X):
            raise ValueError(f"there is no held-out row {i}; they go from 0 to {len(test.X) - 1}")
    return numbers, [test.X[i] for i in numbers], [names[int(test.y[i])] for i in numbers]


def _rows_of(path: Path, width: int) -> list[list[float]]:
    """The rows of a CSV or JSON file, each of so many numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text: {error}") from None
    if path.suffix.lower() == ".json":
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON: {error}") from None
        if isinstance(rows, list) and rows and not any(isinstance(row, list) for row in rows):
            rows = [rows]  # one row, bare
        if isinstance(rows, list) and any(map(_is_nested, rows)):
            raise ValueError(f"{path} must be a list of rows, each a list of numbers")
    else:
        rows = _csv_rows(path, text.splitlines())
    try:
        checked = data.samples(rows, str(path))
    except OverflowError as error:
        raise ValueError(str(error)) from None
    if not isinstance(checked[0], list) or len(checked[0]) != width:
        came = len(checked[0]) if isinstance(checked[0], list) else 1
        raise ValueError(f"{path} has rows of {came} numbers, and the network takes {width}")
    return checked


def _is_nested(row: Any) -> bool:
    return isinstance(row, list) and any(isinstance(cell, list) for cell in row)


def _csv_rows(path: Path, lines: Sequence[str]) -> list[list[float]]:
    """The numbers of a CSV file, separated by commas, semicolons or tabs; its first line may be a header."""
    first = next((line for line in lines if line.strip()), "")
    separator = next((sign for sign in ",;\t" if sign in first), ",")
    rows: list[list[float]] = []
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=separator), start=1):
            if not any(cell.strip() for cell in cells):
                continue
            try:
                rows.append([float(cell) for cell in cells])
            except ValueError as error:
                if rows or number > 1 or any(map(_is_number, cells)):
                    raise ValueError(f"{path}, line {number}: {error!s:.100}") from None
    except csv.Error as error:
        raise ValueError(f"{path} is no CSV: {error}") from None
    return rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _strange(rows: list[list[float]], notes: dict[str, Any]) -> list[str]:
    """A remark if numbers lie far from all that the network has seen."""
    low, high = notes["smallest"], notes["largest"]
    reach = high - low
    for i, row in enumerate(rows):
        for x in row:
            if not low - reach <= x <= high + reach:
                remark = (
                    f"row {i} has the number {x:g}, but the network was trained on numbers from "
                    f"{low:g} to {high:g}; are the rows scaled alike?"
                )
                return [remark]
    return []
