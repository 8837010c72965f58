"""Answers as text that two processes can compare: floats bit for bit, and what was raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def written(answer: Any) -> Iterator[str]:
    """The words of an answer: its numbers one by one, any nan as ``nan``; a text as it is."""
    if isinstance(answer, Value):
        answer = answer.data
    if isinstance(answer, (list, tuple)):
        for part in answer:
            yield from written(part)
    elif isinstance(answer, dict):
        yield from written(list(answer.values()))
    elif isinstance(answer, float):
        yield answer.hex()
    else:
        yield str(answer).replace(" ", "_").replace("\n", "_")


def answered(question: Callable[[], Any]) -> list[str]:
    """The words of what a function returns, or of what it raises: the cores must refuse the same."""
    try:
        return list(written(question()))
    except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        return list(written(f"raises {type(error).__name__}: {error}"))
