"""Recording a function only if a recording is all that there is to it.

A recorded function is right for as long as what it reads from Python is what it was. A function that changes what it can reach
does not allow that; one that leaves it alone does the same until somebody else changes it. So all within its reach is
photographed: before it is recorded, to compare afterwards, and again whenever others may have been at work. What training
moves by itself, the parameters' numbers, no recording may depend on: it is made again with others, and compared.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from .reach import Photograph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from autograd import Value
    from autograd.compiler.training import Recording


_UNSTEADY = "{}, and a recording does not; copy what is needed of it in a callback"

Made = TypeVar("Made", bound=Any)
"""What is made of a recording, which is its attribute ``recording``."""


class CannotCompile(ValueError):  # noqa: N818 (it is not always an error)
    """A model, loss or kind of data that no compiled step can be made for; the message says why.

    >>> import random
    >>> import nn
    >>> class Noise(nn.Module):
    ...     def __init__(self):
    ...         self.scale = nn.Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.scale * x + random.random()
    >>> model, X = Noise(), [1.0, 2.0, 3.0]
    >>> try:
    ...     nn.fit(model, X, X, loss="mse", epochs=1, compile=True, progress=False)
    ... except nn.CannotCompile as error:
    ...     print(type(error).__name__)
    CannotCompile
    """


def steadily(
    make: Callable[[], Made],
    again: Callable[[Made], Recording],
    roots: Mapping[str, Any],
    moving: Sequence[Value],
) -> tuple[Made, Photograph]:
    """Make something of a recording, if that does all that the function does.

    Args:
        make: calls the function, on symbols and otherwise; what it makes has an attribute ``recording``.
        again: records it once more.
        roots: the function, or what it is made of, by what to call them.
        moving: the leaves that training changes by itself.

    Returns:
        What was made, and a photograph of what it depends on.

    Raises:
        CannotCompile: if the function changes what it can reach, which is then put back, or if it is not the same from one
            recording to the next.
    """
    photograph = Photograph(roots, frozenset(map(id, moving)))
    if not photograph.users:
        return make(), photograph
    if photograph.unsteady:
        raise CannotCompile(_UNSTEADY.format(photograph.unsteady))
    numbers = [leaf.data for leaf in moving]
    try:
        try:
            made = make()
        finally:  # it may well be the reason, if something is wrong
            _refuse_changes(photograph, moving, numbers)
        for way in (1.0, -1.0):
            with _elsewhere(photograph, moving, way) as others:
                same = _is_again(made, again, photograph)
                _refuse_changes(photograph, moving, others)
            if not same:
                raise CannotCompile(_why(made, again, photograph))
    except BaseException:
        photograph.restore()
        for leaf, number in zip(moving, numbers, strict=True):
            leaf.data = number
        raise
    return made, photograph


def steadily_again(
    record: Callable[[], Recording], roots: Mapping[str, Any], moving: Sequence[Value]
) -> tuple[Recording, Photograph]:
    """Record a function again, which has been recorded before, if that is still all that there is to it.

    Args:
        record: records it.
        roots, moving: as for :func:`steadily`.

    Raises:
        CannotCompile: as there.
    """
    photograph = Photograph(roots, frozenset(map(id, moving)))
    if not photograph.users:
        return record(), photograph
    if photograph.unsteady:
        raise CannotCompile(_UNSTEADY.format(photograph.unsteady))
    found = []
    try:
        for way in (1.0, -1.0):
            with _elsewhere(photograph, moving, way) as others:
                try:
                    found.append(record())
                finally:
                    _refuse_changes(photograph, moving, others)
        if found[0].difference(found[1], photograph.values) != {}:
            raise CannotCompile(
                _why(SimpleNamespace(recording=record()), lambda _: record(), photograph)
            )
    except BaseException:
        photograph.restore()
        raise
    return found[0], photograph


def _is_again(made: Made, again: Callable[[Made], Recording], photograph: Photograph) -> bool:
    try:
        recording: Recording = made.recording
        return recording.difference(again(made), photograph.values) == {}
    except Exception:  # noqa: BLE001 (it did not do so before)
        return False


def _why(made: Made, again: Callable[[Made], Recording], photograph: Photograph) -> str:
    if _is_again(made, again, photograph):
        return (
            "the model or the loss reads numbers that training changes (.data of a parameter, a comparison, the "
            "optimizer's steps), which a recording would keep; compute with the parameters themselves and where()"
        )
    return (
        "the model or the loss is not the same from one call to the next (does it draw at random, or read a clock?), "
        "and a recording would be; a module that draws in training is a subclass of nn.modules.noise.Noisy"
    )


def _refuse_changes(
    photograph: Photograph, moving: Sequence[Value], numbers: Sequence[float]
) -> None:
    changes = photograph.changes()
    if any(leaf.data != number for leaf, number in zip(moving, numbers, strict=True)):
        changes.append("a parameter's number")
    if changes:
        listed = ", ".join(changes[:3]) + (" and more" if len(changes) > 3 else "")
        raise CannotCompile(
            f"a call of the model or the loss changes {listed}, and a recorded one would not; where a "
            f"callback changes it instead, that is followed"
        )


@contextmanager
def _elsewhere(
    photograph: Photograph, moving: Sequence[Value], way: float
) -> Iterator[list[float]]:
    """In this block all that training moves is far from where it is, every other number on the other side."""
    before = [leaf.data for leaf in moving]
    others = [way * (-1.0) ** i * (1e9 + i) for i in range(len(moving))]
    try:
        for leaf, number in zip(moving, others, strict=True):
            leaf.data = number
        for optimizer in photograph.optimizers:
            optimizer.steps += 1_000_003
        yield others
    finally:
        for leaf, number in zip(moving, before, strict=True):
            leaf.data = number
        for optimizer in photograph.optimizers:
            optimizer.steps -= 1_000_003
