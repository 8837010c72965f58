"""A loss over a batch: its mean over lanes and the derivatives by captured leaves, in one flat buffer.

This is what a training step is made of. The leaves' numbers live here between steps, in one array that programs
for batches of any size read, beside another one with their derivatives.
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ...collector import collector_paused
from ..ir.program import LANES, Program, Ref
from ..pipeline import PASSES, SIMPLIFY, Task, run
from ..quiet import quiet
from ..running import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .recording import Recording

    Array = Any

KEPT = 8
"""For how many sizes of batches the workspaces are kept."""


class BatchLoss:
    """The mean of a function over samples, and its derivatives by leaves that the function captures.

    Args:
        recording: of a function that returns one number; its leaves are what to differentiate by.
        dtype: the kind of float to compute with.
        parts: how many leaves there are in each of the parts that are to stay together; all in one by default.

    Attributes:
        order: the places in the recording of the leaves as they are kept here, part after part; the compiler chooses it.
        leaves: the leaves in this order.
        numbers: their numbers, one array; set it (in place) to move them.
        gradients: the derivatives after a call, in the same order.
        quietly: calls array code without warnings; see :func:`~autograd.compiler.quiet.quiet`.

    Raises:
        TypeError: if the function does not return one number.

    >>> import numpy as np
    >>> from autograd import Value
    >>> from autograd.compiler.training.recording import Recording
    >>> from autograd.structure import flatten
    >>> w = Value(3.0)
    >>> error = Recording(lambda x, y: (w * x - y) ** 2, flatten((0.0, 0.0))[1], [w])
    >>> loss = BatchLoss(error)
    >>> loss(np.array([[1.0, 1.0], [2.0, 2.0]])), loss.gradients
    (10.0, array([10.]))
    """

    def __init__(
        self, recording: Recording, dtype: str = "float64", parts: Sequence[int] = ()
    ) -> None:
        import numpy as np

        if recording.answer.kind is not None:
            raise TypeError(f"a loss must be one number, not {recording.answer.describe()}")
        count = len(recording.leaves)
        with collector_paused():
            laned = range(count, count + recording.structure.size)
            ends = tuple(accumulate(parts or [count]))
            task = Task(tuple(range(count)), tuple(laned), seeded=True, parts=ends)
            graph = run(recording.found, task, SIMPLIFY)
            self.program: Program = run(graph, task, *PASSES[1:])
        self.np = np
        self.order = self.program.order[:count]
        self.leaves = [recording.leaves[place] for place in self.order]
        self.once = np.zeros(max(self.program.once, 1), dtype)
        self._batches: dict[int, Samples] = {}
        self._latest: Samples | None = None
        self.quietly = quiet()
        self.numbers = self.once[:count]
        self._parameters = graph.parameters
        self._parameter_numbers = self.once[count : count + len(self._parameters)]
        self.gradients = self._gradients()
        self.read()

    @classmethod
    def available(cls) -> None:
        """Raises ImportError, with a command that helps, where what it runs on is not installed."""

    def _gradients(self) -> Array:
        """The derivatives as an array, a view of the buffer if they lie in a row."""
        np = self.np
        found = self.program.outputs[1]
        count = len(self.leaves)
        self._depends = any(isinstance(ref, Ref) for ref in found)
        if len(found) == 1 and isinstance(found[0], Ref):
            positions = found[0].positions
            if len(positions) < 2 or (positions[1:] - positions[:-1] == 1).all():
                self._gather = None
                return self.once[positions[0] : positions[0] + count]
            self._gather = positions
        else:
            self._gather = None
        return np.zeros(count, self.once.dtype)

    def read(self) -> None:
        """Take the leaves' numbers over from the Values."""
        self.numbers[:] = [leaf.data for leaf in self.leaves]

    def finite(self) -> bool:
        """Whether the leaves' numbers are neither nan nor infinite."""
        return bool(self.np.isfinite(self.numbers).all())

    def write(self) -> None:
        """Give the Values the leaves' numbers."""
        for leaf, number in zip(self.leaves, self.numbers.tolist(), strict=True):
            leaf.data = number

    def batch(self, lanes: int) -> Samples:
        """The place for batches of a number of samples, to be filled before a :meth:`run`.

        A few of those last asked for are kept, so that batches of all sizes take no more memory than some.
        """
        latest = self._latest
        if latest is not None and latest.lanes == lanes:
            return latest
        found = self._batches.pop(lanes, None)
        if found is None:
            found = self._place(lanes)
            self._latest = None  # whose numbers the new workspace has overwritten
            while len(self._batches) >= KEPT:
                del self._batches[next(iter(self._batches))]
        self._batches[lanes] = found  # the last is the latest
        return found

    def _place(self, lanes: int) -> Samples:
        """A new place for batches of a number of samples."""
        return Batch(Workspace(self.program, lanes, self.once.dtype, self.once), lanes)

    def run(self, batch: Samples) -> float:
        """The mean over the samples of a batch; the derivatives go to ``gradients``."""
        if batch is not self._latest:
            self._prepare(batch)
        if self._parameters:
            self._parameter_numbers[:] = [parameter.data for parameter in self._parameters]
        mean: float = self.quietly(batch.run)
        if not self._depends:
            self.gradients.fill(0.0)  # who used them may have overwritten them
        elif self._gather is not None:
            self.once.take(self._gather, 0, self.gradients, "clip")
        return mean

    def _prepare(self, batch: Samples) -> None:
        """Write what depends on the number of samples where all workspaces look for it."""
        program, once = self.program, self.once
        if program.seed is not None:
            once[program.seed] = 1.0 / batch.lanes
        if program.lane_count is not None:
            once[program.lane_count] = batch.lanes
        self._latest = batch

    def padded(self, rows: Array) -> Array:
        """Samples with the ones after them that the program may want to multiply biases by.

        Args:
            rows: an array (samples, numbers of a sample).
        """
        np, wanted = self.np, self.program.rows - rows.shape[1]
        ones = np.ones((len(rows), max(wanted, 0)), self.once.dtype)
        return np.concatenate([rows, ones], axis=1, dtype=self.once.dtype)

    def __call__(self, rows: Array) -> float:
        """The mean over samples.

        Args:
            rows: an array (samples, numbers of a sample).
        """
        batch = self.batch(len(rows))
        batch.fill(self.padded(rows))
        return self.run(batch)


class Samples:
    """Samples on their way through a program.

    Args:
        rows: where their numbers go, an array (samples, numbers of a sample).

    Attributes:
        lanes: how many samples there are.
        rows: as given.
    """

    def __init__(self, rows: Array) -> None:
        self.lanes = len(rows)
        self.rows = rows
        self._whose: object = None

    def fill(self, rows: Array, whose: object = None) -> None:
        """Put samples in.

        Args:
            rows: an array (samples, numbers of a sample).
            whose: stands for these rows; if they were the last to be put in, they are there yet.
        """
        if whose is None or whose is not self._whose:
            self.rows[:] = rows
            self._whose = whose

    def choose(self, rows: Array, chosen: Any) -> None:
        """Put the rows of some indices in."""
        self._whose = None
        rows.take(chosen, 0, self.rows, "clip")

    def run(self) -> float:
        """Compute the losses and the derivatives; the mean of the losses.

        To be called under ``numpy.errstate(all="ignore")``.
        """
        raise NotImplementedError


class Batch(Samples):
    """Samples in the buffers of a workspace."""

    def __init__(self, workspace: Workspace, lanes: int) -> None:
        import numpy as np

        super().__init__(workspace.rows)
        self._run = workspace.run
        self._losses = workspace.results[0][0]
        self._sum: Callable[[], Any] = self._sum_of_copy
        ref = workspace.program.outputs[0][0]
        if isinstance(ref, Ref) and ref.arena == LANES:
            row = workspace.lane[int(ref.positions[0])]
            self._sum = partial(row.dot, np.ones(lanes, row.dtype))  # faster than a sum

    def run(self) -> float:
        self._run()
        return float(self._sum()) / self.lanes

    def _sum_of_copy(self) -> Any:
        return self._losses().sum()
