"""A loss over a batch: its mean over lanes and the derivatives by captured leaves, in one flat buffer.

This is what a training step is made of. The leaves' numbers live here between steps, in one array that programs
for batches of any size read, beside another one with their derivatives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..collector import collector_paused
from .lowering import lower, schedule
from .program import Ref
from .recording import Recorder, ids_of
from .running import Workspace
from .simplify import simplify
from .stages import tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..structure import Structure
    from ..value import Value

    Array = Any


class BatchLoss:
    """The mean of a function over samples, and its derivatives by leaves that the function captures.

    Args:
        function: of the numbers of one sample, in their structure; it returns one number.
        leaves: the leaf Values to differentiate by.
        structure: of the function's arguments, a tuple.
        dtype: the kind of float to compute with.

    Attributes:
        numbers: the leaves' numbers, one array; set it (in place) to move them.
        gradients: the derivatives after a call, in the same order.

    Raises:
        TraceError, TypeError: if the function cannot be recorded.

    >>> import numpy as np
    >>> from autograd import Value
    >>> from autograd.structure import flatten
    >>> w = Value(3.0)
    >>> loss = BatchLoss(lambda x, y: (w * x - y) ** 2, [w], flatten((0.0, 0.0))[1])
    >>> loss(np.array([[1.0, 1.0], [2.0, 2.0]])), loss.gradients
    (10.0, array([10.]))
    """

    def __init__(
        self,
        function: Callable[..., Any],
        leaves: Sequence[Value],
        structure: Structure,
        dtype: str = "float64",
    ) -> None:
        import numpy as np

        self.leaves = list(leaves)
        count = len(self.leaves)
        with collector_paused():
            recorder = Recorder()
            ids = ids_of(recorder, self.leaves)
            symbols = [recorder.argument() for _ in range(structure.size)]
            with tracing(recorder):
                out = function(*structure.unflatten(symbols))
            (root,) = ids_of(recorder, [out])
            arguments = [*ids, *(symbol._id for symbol in symbols)]
            self.graph = simplify(recorder, arguments, [root])
            wanted = list(range(count))
            laned = range(count, count + structure.size)
            self.program = lower(schedule(self.graph, wanted, laned), wanted, seeded=True)
        self.np = np
        self.once = np.zeros(max(self.program.once, 1), dtype)
        self._spaces: dict[int, Workspace] = {}
        self._captured = count
        self.numbers = self.once[:count]
        self.gradients = self._gradients()
        self.read()

    def _gradients(self) -> Array:
        """The derivatives as an array, a view of the buffer if they lie in a row."""
        np = self.np
        found = self.program.outputs[1]
        count = len(self.leaves)
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
        self.numbers[:] = [leaf._data for leaf in self.leaves]

    def write(self) -> None:
        """Give the Values the leaves' numbers."""
        for leaf, number in zip(self.leaves, self.numbers.tolist(), strict=True):
            leaf._data = number

    def space(self, lanes: int) -> Workspace:
        """The workspace for a number of samples; its ``rows`` are to be filled before a :meth:`run`."""
        space = self._spaces.get(lanes)
        if space is None:
            space = Workspace(self.program, lanes, self.once.dtype, self.once)
            self._spaces[lanes] = space
        return space

    def run(self, space: Workspace) -> float:
        """The mean over the samples in a workspace; the derivatives go to ``gradients``.

        To be called under ``numpy.errstate(all="ignore")``.
        """
        program, once = self.program, self.once
        lanes = space.lanes or 1
        if program.seed is not None:
            once[program.seed] = 1.0 / lanes
        if program.lane_count is not None:
            once[program.lane_count] = lanes
        if self.graph.parameters:
            captured = [parameter._data for parameter in self.graph.parameters]
            once[self._captured : self._captured + len(captured)] = captured
        space.run()
        if self._gather is not None:
            once.take(self._gather, 0, self.gradients, "clip")
        losses = space.results[0][0]()
        return float(self.np.add.reduce(losses, None) / losses.size)

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
        space = self.space(len(rows))
        space.rows[:] = self.padded(rows)
        with self.np.errstate(all="ignore"):
            return self.run(space)
