"""A model's outputs for many samples by an array program, for as long as that is what the model computes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.compiler.training import BatchAnswers, Recording
from autograd.structure import Structure, flatten
from nn.modules.noise import Noisy
from nn.modules.state import flatten as flattened

from .steady import steadily
from .step.eager import buffered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .reach import Photograph


class Answering:
    """A function that computes a model's outputs for many samples, to be called in evaluation mode.

    It answers None where the model cannot be recorded, or computes something else when recorded.

    Args:
        model: a function of one sample.
        moving: the leaves that training changes between two calls.
        trusted: whether nobody changes anything else between them.
    """

    def __init__(
        self, model: Callable[[Any], Any], moving: Sequence[Value] = (), trusted: bool = False
    ) -> None:
        self.model = model
        self.recordings = 0
        self._moving = list(moving)
        self._made: _Made | None = None
        self._photograph: Photograph | None = None
        self._works = True
        self._trusted = trusted and all(isinstance(module, Noisy) for module, _ in buffered(model))

    def __call__(self, rows: list[Any]) -> list[Any] | None:
        """The outputs as plain numbers, in the structure in which the model gives them; None if it is to be asked itself."""
        if not self._works:
            return None
        import numpy as np

        try:
            array = np.asarray(rows, dtype=float).reshape(len(rows), -1)
            made = self._made
            if made is None or not (self._trusted or self._is_fresh()):
                made = self._record(rows, array)
            found: list[Any] = made.answers(array)
        except Exception as error:  # noqa: BLE001 (whatever it is, the model itself will tell)
            _log.info("evaluating sample by sample, for the model cannot be compiled: %s", error)
            self._works = False
            return None
        # A nan may stand for what the model refuses, such as an index without a row.
        return None if any(x != x for x in flattened(found)) else found

    def _is_fresh(self) -> bool:
        return self._photograph is not None and not self._photograph.changed()

    def _record(self, rows: list[Any], array: Any) -> _Made:
        part = flatten(rows[0])[1]
        structure = Structure(tuple, part.size, children=(part,))

        def record() -> Recording:
            return Recording(self.model, structure)

        before = self._made

        def make() -> _Made:
            recording = record()
            if before is not None:
                found = before.recording.following(recording)
                if found is before.recording:
                    return before
                recording = found or recording
            made = _Made(recording)
            few = sorted({0, len(rows) // 2, len(rows) - 1})
            for i, answer in zip(few, made.answers(array[few]), strict=True):
                expected = numbers(self.model(rows[i]))
                if not _close(expected, answer):
                    raise ValueError(f"recorded, it answers {answer} where {expected} is right")
            return made

        self.recordings += 1
        roots = {"model": self.model}
        if self._trusted:
            made = make()
        else:
            made, self._photograph = steadily(make, lambda _: record(), roots, self._moving)
        self._made = made
        return made


class _Made:
    """A recording and its program."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.answers = BatchAnswers(recording)


def numbers(output: Any) -> Any:
    """An output as plain numbers."""
    if isinstance(output, (list, tuple)):
        return [numbers(inner) for inner in output]
    return output.data if isinstance(output, Value) else output


def values(output: Any) -> Any:
    """An output of plain numbers as Values, which a loss may expect."""
    if isinstance(output, (list, tuple)):
        return [values(inner) for inner in output]
    return Value(output) if isinstance(output, float) else output


def _close(a: Any, b: Any) -> bool:
    """Whether two outputs are equal but for rounding."""
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(_close, a, b))
    if isinstance(b, list) or isinstance(a, dict):
        return False
    return bool(a == b or abs(a - b) <= 1e-9 * max(abs(a), 1.0) or (a != a and b != b))


_log = logging.getLogger("nn")
