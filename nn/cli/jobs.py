"""What ``python -m nn train`` does: train a network on a data set it knows, and tell how good it is."""

from __future__ import annotations

import itertools
import math
import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn import datasets, optim, saving
from nn.metrics import confusion_table
from nn.modules.layers import MLP
from nn.pictures import plots as pictures
from nn.training.evaluation import outputs
from nn.training.fit import fit
from nn.training.monitors import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from nn.datasets import Dataset
    from nn.metrics import ConfusionTable
    from nn.training.callbacks import Run

WEIGHTS = "weights.json"
TEST_SIZE = 0.2
SPLIT_SEED = 0
"""The held-out rows are the same in every run, whatever its seed, so that runs can be compared."""


@dataclass(frozen=True)
class Job:
    """A data set to classify, with settings that train it well.

    To add a job, add a row to :data:`JOBS`.

    Attributes:
        load: makes the data.
        hidden: the sizes of the hidden layers.
        activation: of the hidden layers.
        optimizer: by name.
        lr: the first learning rate; it falls to 0 along half a cosine.
        epochs: how often to go through the data.
        batch_size: samples a step.
    """

    load: Callable[[], Dataset]
    hidden: tuple[int, ...]
    activation: str = "tanh"
    optimizer: str = "adam"
    lr: float = 0.03
    epochs: int = 12
    batch_size: int | None = 32


JOBS: dict[str, Job] = {
    "digits": Job(datasets.digits, (32,)),
    # The best of 60 on a fifth of the rows to train on, over four ways to take that fifth.
    "mnist": Job(datasets.mnist, (128,), activation="relu", lr=0.01, epochs=10),
    "moons": Job(lambda: datasets.moons(300, noise=0.15), (16, 16), epochs=40),
    "circles": Job(lambda: datasets.circles(300, noise=0.08), (16, 16), epochs=40),
    "spirals": Job(lambda: datasets.spirals(300), (24, 24), epochs=60),
}


@dataclass(frozen=True)
class Trained:
    """What came out of :func:`train`.

    Attributes:
        accuracy: the part of the held-out rows that are classified right.
        table: the confusion table of the held-out rows.
        files: what was written, each with a word on what it is.
        remarks: what could not be done, and why.
    """

    accuracy: float
    table: ConfusionTable
    files: list[tuple[Path, str]]
    remarks: list[str]


def train(
    name: str,
    job: Job,
    *,
    out: Path,
    seed: int = 0,
    progress: bool = True,
    compiled: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> Trained:
    """Train a network, measure it on held-out rows and write weights and pictures.

    A run that is interrupted keeps the weights of its best epoch so far.

    Args:
        name: the data's name, a key of :data:`JOBS`.
        job: the settings.
        out: the folder to write to; made if need be.
        seed: of the first weights and of the order of the samples.
        progress: whether to show a bar.
        compiled: whether to compile the step, where that is possible.
        say: told what is going on, a line at a time.

    Raises:
        ValueError, TypeError, ImportError, OSError, ArithmeticError: with a message for the user.
        Interrupted: if Ctrl-C was pressed.
    """
    dataset = job.load()
    held_in, held_out = dataset.split(TEST_SIZE, seed=SPLIT_SEED)
    classes = len(dataset.target_names)
    model = MLP(
        len(dataset.feature_names),
        [*job.hidden, classes],
        activation=job.activation,
        init="xavier_uniform",
        seed=seed,
    )
    size = min(job.batch_size or len(held_in.X), len(held_in.X))
    steps = job.epochs * math.ceil(len(held_in.X) / size)
    kind = optim.by_name(job.optimizer)
    optimizer = kind(model.parameters(), optim.schedules.cosine(job.lr, steps))
    _make_folder(out)
    say(
        f"{name}: {len(held_in.X)} rows to train on, {len(held_out.X)} held out; {model!r}, "
        f"{len(model.parameters())} parameters"
    )
    weights = out / WEIGHTS
    best = Best()
    try:
        with _one_thread():
            history = fit(
                model,
                *held_in,
                loss="cross_entropy",
                optimizer=optimizer,
                epochs=job.epochs,
                batch_size=job.batch_size,
                validation_data=held_out,
                metrics="accuracy",
                callbacks=[best],
                seed=seed,
                progress=progress,
                compile="auto" if compiled else False,
            )
    except KeyboardInterrupt:
        if best.state is None or best.best is None:
            raise Interrupted("interrupted in the first epoch; nothing was written") from None
        model.load_state_dict(best.state)
        saving.save(weights, model, notes=_notes(name, held_in, seed, best.best))
        raise Interrupted(
            f"interrupted; the weights of the best epoch so far, {best.best_epoch} of {job.epochs} with accuracy "
            f"{best.best:.2%}, are in {weights}"
        ) from None
    say(
        f"{kind.__name__}, {job.epochs} epochs of {steps // job.epochs} steps: "
        f"{sum(history['seconds']):.1f} s, training loss {history['loss'][-1]:.4f}"
    )
    answers = outputs(model, held_out.X)
    table = confusion_table(answers, held_out.y, held_out.target_names)
    saving.save(weights, model, notes=_notes(name, held_in, seed, table.accuracy))
    files = [(weights, "the network, for python -m nn predict")]
    remarks = []

    def picture(file: str, what: str, draw: Callable[[Path], Path | None]) -> None:
        try:
            files.append((draw(out / file) or out / file, what))
        except ImportError as error:
            if str(error) not in remarks:
                remarks.append(str(error))

    title = f"{name}: {table.accuracy:.1%} of {len(held_out.X)} held-out rows right"
    picture(
        "learning-curve.png",
        "loss and accuracy, epoch by epoch",
        lambda path: pictures.learning_curve(path, history, title),
    )
    if dataset.image_shape is not None:
        picture(
            f"{name}.png",
            f"held-out {name} and what they were taken for",
            lambda path: pictures.images(path, held_out, answers),
        )
    elif len(dataset.feature_names) == 2:
        picture(
            "boundary.png",
            "the plane as the network divides it",
            lambda path: pictures.decision_boundary(path, model, held_in, held_out),
        )
    picture(
        "neuron.svg",
        "the graph of the first neuron at the first held-out row",
        lambda path: pictures.neuron(path, model, held_out.X[0]),
    )
    return Trained(table.accuracy, table, files, remarks)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed; the message says what became of the run."""


class Best(Monitor):
    """Keeps the weights of the epoch that classified the most held-out rows right."""

    state: dict[str, Any] | None = None

    def __init__(self) -> None:
        super().__init__("val_accuracy", "max")

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            self.state = run.model.state_dict()


def _one_thread() -> AbstractContextManager[Any]:
    """While it is entered, NumPy's products take one thread, which for small ones is the fastest, where that can be set."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _notes(name: str, held_in: Dataset, seed: int, accuracy: float) -> dict[str, Any]:
    return {
        "data": name,
        "target_names": list(held_in.target_names),
        "smallest": min(map(min, held_in.X)),
        "largest": max(map(max, held_in.X)),
        "seed": seed,
        "accuracy": accuracy,
    }


def new_folder(name: str) -> Path:
    """Where a run of that name goes by default: runs/NAME, or if that has a run already, runs/NAME-2, ..."""
    folders = (Path("runs") / (name if i == 1 else f"{name}-{i}") for i in itertools.count(1))
    return next(folder for folder in folders if not (folder / WEIGHTS).exists())


def _make_folder(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(f"cannot write to the folder {out}")
