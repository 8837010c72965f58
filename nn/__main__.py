"""``python -m nn``: train a network on data it knows, and classify with the result, from a shell.

python -m nn train digits        # trains 64-32-10 and writes to runs/digits
python -m nn predict 0 1 2       # classifies held-out digits with it
python -m nn predict rows.csv    # classifies rows of a file
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from autograd import __version__
from nn.cli import classification, jobs

from .activations import ACTIVATIONS
from .optim import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Sequence

_ERROR, _INTERRUPTED = 2, 130


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(_ERROR, f"{self.prog}: {message} ({self.prog} --help tells more)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words after ``python -m nn``; by default those of this process.

    Returns:
        The exit code: 0, or 2 after an error, which is told in one line on stderr.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except KeyboardInterrupt as stopped:
        return _fail(str(stopped) or "interrupted; nothing more was written", _INTERRUPTED)
    except OSError as error:
        place = f": {error.filename}" if error.filename is not None else ""
        return _fail(f"{error.strerror or error}{place}")
    except (ValueError, TypeError, ImportError, ArithmeticError) as error:
        return _fail(str(error))
    return code


def _train(options: argparse.Namespace) -> int:
    name: str = options.data
    job = jobs.JOBS[name]
    given = {
        key: value
        for key in ("hidden", "activation", "optimizer", "lr", "epochs", "batch_size")
        if (value := getattr(options, key)) is not None
    }
    if "batch_size" in given and given["batch_size"] == "all":
        given["batch_size"] = None
    out = options.out or (Path("runs") / name if options.force else jobs.new_folder(name))
    if options.out and (out / jobs.WEIGHTS).exists() and not options.force:
        raise ValueError(f"{out} has a run already: --force writes over it, --out FOLDER elsewhere")
    result = jobs.train(
        name,
        replace(job, **given),
        out=out,
        seed=options.seed,
        progress=not options.quiet,
        compiled=not options.eager,
        say=(lambda _: None) if options.quiet else _say,
    )
    right = round(result.accuracy * sum(map(sum, result.table.matrix)))
    _say(f"test accuracy {result.accuracy:.2%} ({right} of {sum(map(sum, result.table.matrix))})")
    if not options.quiet:
        _say(f"\n{result.table}\n\nwritten to {out}:")
        widest = max(len(path.name) for path, _ in result.files)
        for path, what in result.files:
            _say(f"  {path.name.ljust(widest)}  {what}")
    _remark(result.remarks)
    return 0


def _predict(options: argparse.Namespace) -> int:
    weights = options.weights or classification.newest_weights()
    result = classification.classify(weights, options.rows)
    widest = max(len("predicted"), *(len(answer.label) for answer in result.answers))
    known = any(answer.truth is not None for answer in result.answers)
    _say(f"  row  {'predicted'.ljust(widest)}  probability{'  truth' if known else ''}")
    for answer in result.answers:
        truth = f"  {answer.truth}" if answer.truth is not None else ""
        wrong = "  (wrong)" if answer.truth not in (None, answer.label) else ""
        _say(
            f"{answer.row:>5}  {answer.label.ljust(widest)}  {answer.probability:>11.1%}{truth}{wrong}"
        )
    if known and len(result.answers) > 1:
        right = sum(answer.truth == answer.label for answer in result.answers)
        _say(f"{right} of {len(result.answers)} right ({right / len(result.answers):.2%})")
    _remark(result.remarks)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m nn",
        description="Train a network of scalar neurons, and classify with it.",
    )
    parser.add_argument("--version", action="version", version=f"valuegrad {__version__}")
    commands = parser.add_subparsers(required=True, metavar="train|predict")

    train = commands.add_parser("train", help="train a network and write weights and pictures")
    train.set_defaults(run=_train)
    train.add_argument("data", choices=jobs.JOBS, help="what to learn: " + ", ".join(jobs.JOBS))
    train.add_argument(
        "--hidden",
        type=_sizes,
        metavar="N[,N...]",
        help="sizes of the hidden layers, as in 32 or 16,16",
    )
    train.add_argument("--activation", choices=sorted(ACTIVATIONS), help="of the hidden layers")
    train.add_argument("--optimizer", choices=OPTIMIZERS)
    train.add_argument("--lr", type=_positive, help="the first learning rate; it falls to 0")
    train.add_argument("--epochs", type=_whole, help="how often to go through the data")
    train.add_argument("--batch-size", type=_batch, metavar="N|all", help="samples a step")
    train.add_argument("--seed", type=_seed, default=0, help="of weights and order (default: 0)")
    train.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write (default: runs/ and the data's name, with a number if that is taken)",
    )
    train.add_argument("--force", action="store_true", help="write over a run that is there")
    train.add_argument(
        "--eager", action="store_true", help="graph by graph, without compiling the step"
    )
    train.add_argument("--quiet", action="store_true", help="print the test accuracy only")

    predict = commands.add_parser("predict", help="classify with a trained network")
    predict.set_defaults(run=_predict)
    predict.add_argument(
        "rows",
        nargs="+",
        help="a CSV or JSON file of rows; or numbers of held-out rows; or all, for all of those",
    )
    predict.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="what train wrote (default: that of the newest run in runs/)",
    )
    return parser


def _whole(text: str) -> int:
    return int(_checked(text, int, 1, "a whole number from 1"))


def _seed(text: str) -> int:
    return int(_checked(text, int, 0, "a whole number from 0"))


def _positive(text: str) -> float:
    return float(_checked(text, float, 0.0, "a number above 0", above=True))


def _batch(text: str) -> Any:
    return text if text == "all" else _checked(text, int, 1, "a whole number from 1, or all")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(_checked(part, int, 1, "whole numbers from 1") for part in text.split(","))


def _checked(text: str, kind: Any, least: float, wanted: str, above: bool = False) -> Any:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not least <= number < float("inf") or (above and number == least):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return number


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _remark(remarks: Sequence[str]) -> None:
    for remark in remarks:
        sys.stderr.write(f"note: {remark}\n")


def _fail(message: str, code: int = _ERROR) -> int:
    sys.stderr.write(f"python -m nn: {' '.join(message.split())}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
