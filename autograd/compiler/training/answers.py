"""What a function answers for many samples: its outputs over lanes, in the structure in which it returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...collector import collector_paused
from ..pipeline import PASSES, SIMPLIFY, Task, run
from ..running import Workspace

if TYPE_CHECKING:
    from ..ir.program import Program
    from .recording import Recording

    Array = Any

CACHED = 1 << 20
"""How many bytes the samples that go at once work on: they should stay in the processor's cache."""


class BatchAnswers:
    """A recorded function of one sample, for many.

    The leaves that it captures are read at each call.

    Args:
        recording: of the function.

    >>> import numpy as np
    >>> from autograd import Value
    >>> from autograd.compiler.training.recording import Recording
    >>> from autograd.structure import flatten
    >>> w = Value(3.0)
    >>> answers = BatchAnswers(Recording(lambda x: [w * x[0], x[1]], flatten(([0.0, 0.0],))[1]))
    >>> answers(np.array([[1.0, 2.0], [3.0, 4.0]]))
    [[3.0, 2.0], [9.0, 4.0]]
    """

    def __init__(self, recording: Recording) -> None:
        with collector_paused():
            task = Task(batched=tuple(range(recording.structure.size)))
            graph = run(recording.found, task, SIMPLIFY)
            self.program: Program = run(graph, task, *PASSES[1:])
        self._parameters = graph.parameters
        self.structure = recording.answer
        a_lane = 8 * (self.program.lanes + self.program.rows)
        self._block = max(64, min(2048, CACHED // max(a_lane, 1)))
        self._spaces: dict[int, Workspace] = {}

    def __call__(self, rows: Array) -> list[Any]:
        """The answers.

        Args:
            rows: an array (samples, numbers of a sample).
        """
        found: list[Any] = []
        parameters = [parameter.data for parameter in self._parameters]
        for start in range(0, len(rows), self._block):
            part = rows[start : start + self._block]
            space = self._spaces.get(len(part))
            if space is None:
                space = self._spaces[len(part)] = Workspace(self.program, len(part), "float64")
            space.once[: len(parameters)] = parameters
            space.rows[:, : part.shape[1]] = part
            space()
            found += self._answers(space, len(part))
        return found

    def _answers(self, space: Workspace, lanes: int) -> list[Any]:
        import numpy as np

        columns = [read() for read in space.results[0]]
        block = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)
        if block.shape != (lanes, self.structure.size):  # one that stands for all
            block = np.repeat(block, self.structure.size, axis=1)
        return [self.structure.unflatten(row) for row in block.tolist()]
