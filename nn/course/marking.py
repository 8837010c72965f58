"""How an answer is judged: by the exercise's check, which raises what is wrong."""

from __future__ import annotations

import copy
import importlib
import math
import sys
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Check = Callable[[Any], str]
    Mistake = tuple[Any, str]
    """A wrong answer that people give, and what is to be said to it."""

ROOMS = (
    *("learning", "neurons", "derivatives", "losses", "optimizers"),
    *("digits", "checking", "compiling", "higher", "language"),
)
"""The files of :mod:`nn.course.checks`, by notebook."""
CLOSE = 1e-6
"""How far from the right number an answer may be, relative to it or, below 1, absolutely."""


class WrongError(Exception):
    """What is wrong with an answer, as a sentence to the learner."""


class BlankError(Exception):
    """There is no answer yet."""


class Verdict(NamedTuple):
    """What is said of an answer.

    >>> judge("1.3", 49).right
    True
    """

    right: bool
    text: str


def judge(exercise: str, answer: Any) -> Verdict:
    """Whether an answer to an exercise is right, and what is to be said of it.

    Args:
        exercise: its number, as in ``"3.1"``: the notebook and which of its exercises.
        answer: what the exercise asks for; None, or a function that returns None, is no answer yet.

    Raises:
        ValueError: if there is no such exercise.

    >>> judge("1.3", 48)
    Verdict(right=False, text='not yet. The last neuron has a bias, too.')
    """
    check = _check(exercise)
    try:
        if answer is None or answer is ...:
            raise BlankError
        return Verdict(True, f"right. {check(answer)}")
    except BlankError:
        return Verdict(False, "not answered yet.")
    except WrongError as wrong:
        return Verdict(False, f"not yet. {wrong}")
    except Exception as error:  # noqa: BLE001 (an answer may be of any kind)
        kind = f"{type(answer).__name__}, {type(error).__name__}"
        return Verdict(
            False, f"not yet. That is not what is asked for, or not of its form ({kind})."
        )


def mark(exercise: str, answer: Any = None) -> None:
    """Print whether an answer to an exercise of a notebook is right, and if not, what to think about.

    Args:
        exercise, answer: as for :func:`judge`.

    Raises:
        ValueError: if there is no such exercise.

    >>> mark("1.3")
    1.3: not answered yet.
    """
    sys.stdout.write(f"{exercise}: {judge(exercise, answer).text}\n")


def _check(exercise: str) -> Check:
    notebook, _, number = str(exercise).partition(".")
    if not (
        notebook.isdecimal() and 1 <= int(notebook) <= len(ROOMS) and number in {"1", "2", "3"}
    ):
        raise ValueError(
            f"exercise must be the number of one, from '1.1' to '{len(ROOMS)}.3', not {exercise!r:.40}"
        )
    room = importlib.import_module(f"nn.course.checks.{ROOMS[int(notebook) - 1]}")
    found: Check = room.CHECKS[int(number) - 1]
    return found


# --- what checks are made of -----------------------------------------------------------------


def close(a: Any, b: Any, tolerance: float = CLOSE) -> bool:
    """Whether numbers, or lists of lists of them, are the same but for rounding."""
    a, b = plain(a), plain(b)
    if isinstance(a, list) or isinstance(b, list):
        if not isinstance(a, list) or not isinstance(b, list) or len(a) != len(b):
            return False
        return all(close(p, q, tolerance) for p, q in zip(a, b, strict=True))
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return False
    return a == b or abs(a - b) <= tolerance * max(abs(b), 1.0) or (a != a and b != b)


def plain(x: Any) -> Any:
    """Values, arrays and tuples as numbers and lists."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        return [plain(each) for each in x]
    if isinstance(x, (Fraction, Decimal)):
        return float(x)
    return getattr(x, "data", x)


def compare(
    found: Any, right: Any, *mistakes: Mistake, otherwise: str, tolerance: float = CLOSE
) -> None:
    """See that an answer is the right one.

    Args:
        found: the answer.
        right: the right one.
        mistakes: wrong ones, and what to say to each.
        otherwise: what to say to any other.

    Raises:
        WrongError: if it is not.
    """
    if close(found, right, tolerance):
        return
    for value, text in mistakes:
        if close(found, value, tolerance):
            raise WrongError(text)
    if not _is_numbers(plain(found)):
        kind = "numbers" if isinstance(right, (list, tuple)) else "a number"
        raise WrongError(f"The answer is to be {kind}, not {type(found).__name__}.")
    raise WrongError(otherwise)


def _is_numbers(x: Any) -> bool:
    return all(map(_is_numbers, x)) if isinstance(x, list) else isinstance(x, (int, float))


def call(function: Any, *args: Any) -> Any:
    """What a function of the learner's answers.

    Raises:
        BlankError: if it returns nothing.
        WrongError: if it is no function, or fails; it tells how.
    """
    if not callable(function):
        raise WrongError(f"The answer is to be a function, not {function!r:.40}.")
    try:
        found = function(*copy.deepcopy(args))  # which it may change
    except (BlankError, WrongError):  # of a function of the learner's that this one calls
        raise
    except Exception as error:
        given = ", ".join(map(short, args))
        raise WrongError(
            f"Called with ({given}), it raises {type(error).__name__}: {error}"
        ) from error
    if found is None:
        raise BlankError
    return found


def follow(
    function: Any,
    right: Callable[..., Any],
    places: Sequence[tuple[Any, ...]],
    *mistakes: tuple[Callable[..., Any], str],
    tolerance: float = CLOSE,
) -> None:
    """See that a function answers as the right one does.

    Args:
        function: the learner's.
        right: the right one.
        places: the arguments to try.
        mistakes: wrong functions that people write, and what to say to each.

    Raises:
        BlankError, WrongError: if it does not.
    """
    expected = [right(*args) for args in places]
    found = [call(function, *args) for args in places]
    if close(found, expected, tolerance):
        return
    for mistake, text in mistakes:
        if close(found, [mistake(*args) for args in places], tolerance):
            raise WrongError(text)
    for args, mine, its in zip(places, found, expected, strict=True):
        if not close(mine, its, tolerance):
            given = ", ".join(map(short, args))
            raise WrongError(
                f"At ({given}) it answers {short(mine)}, and {short(its)} would be right."
            )


def short(x: Any) -> str:
    """Numbers with six digits, and functions by their names."""
    if callable(x):
        return getattr(x, "__name__", type(x).__name__)
    x = plain(x)
    if isinstance(x, list):
        return f"[{', '.join(map(short, x))}]"
    return f"{x:.6g}" if isinstance(x, float) and math.isfinite(x) else f"{x!r:.40}"
