"""A scalar rule run on whole arrays, one kernel an operation, in place: how a compiled step updates parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import primitives as p
from . import conditions as c
from .kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .graph import Graph

    Array = Any

_NAMES = {
    *("add", "sub", "mul", "div", "neg", "abs", "exp", "log", "sqrt", "tanh", "sign", "maximum"),
    *("minimum", "pow", "where", "lt", "le", "equal", "isnan", "both", "either", "negation"),
}


class NotElementwiseError(ValueError):
    """A rule uses an operation that has no kernel here."""


class Elementwise:
    """A graph whose arguments are arrays of one length, and single numbers.

    Numbers are assumed to be finite, and bases of square roots not to be negative.

    Args:
        graph: of :func:`~.simplify.simplify` with ``finite=True``.
        arrays: the arrays of the first arguments. They may be written between calls.
        scalars: how many further arguments are single numbers.
        spent: which arrays may be overwritten once they have been used.
    """

    def __init__(
        self, graph: Graph, arrays: Sequence[Array], scalars: int, spent: Sequence[int] = ()
    ) -> None:
        import numpy as np

        self.np = np
        self.graph = graph
        dtype = arrays[0].dtype
        table = kernels()
        vectors = len(arrays)
        # A number that all entries share is a 0-d array, computed once.
        self.scalars = [np.zeros((), dtype) for _ in range(scalars)]
        parameters = [np.zeros((), dtype) for _ in graph.parameters]
        self._parameters = list(zip(parameters, graph.parameters, strict=True))
        places: list[Array] = [*arrays, *self.scalars, *parameters]
        wide = [i < vectors for i in range(graph.leaves)]
        last = _last_uses(graph)
        free: list[Array] = []
        constants = [np.array(x, dtype) for x in graph.constants]
        self.code: list[tuple[Any, tuple[Any, ...]]] = []
        for identity in range(graph.leaves, len(graph.operands)):
            row, ids = graph.primitives[identity], graph.operands[identity]
            assert row is not None
            operands = [places[i] if i >= 0 else constants[~i] for i in ids]
            is_wide = any(i >= 0 and wide[i] for i in ids)
            wide.append(is_wide)
            if row is c.detach:
                row, operands = p.add, [*operands, np.zeros((), dtype)]
            function: Any
            if row is p.pow_ and ids[1] < 0 and graph.constants[~ids[1]] == 0.5:
                function, operands = np.sqrt, operands[:1]
            elif row.name in _NAMES:
                function = table[row.name]
            else:
                raise NotElementwiseError(row.name)
            for i in set(ids):  # in place where an operand ends its life
                if (i >= graph.leaves or i in spent) and last.get(i) == identity and wide[i]:
                    free.append(places[i])
            if is_wide:
                out = free.pop() if free else np.zeros(len(arrays[0]), dtype)
            else:
                out = np.zeros((), dtype)
            places.append(out)
            self.code.append((function, (*operands, out)))
        self.results = [places[i] if i >= 0 else constants[~i] for i in graph.outputs]
        """Where the results stand after a call: buffers, or the arguments' own arrays."""

    def __call__(self, *scalars: float) -> None:
        """Compute the results from what the arrays hold now."""
        for place, number in zip(self.scalars, scalars, strict=True):
            place[()] = number
        for place, parameter in self._parameters:
            place[()] = parameter.data
        for function, arguments in self.code:
            function(*arguments)


def _last_uses(graph: Graph) -> dict[int, int]:
    """For each id the operation that uses it last; results are used forever."""
    last = {}
    for identity in range(graph.leaves, len(graph.operands)):
        for i in graph.operands[identity]:
            last[i] = identity
    for i in graph.outputs:
        last.pop(i, None)
    return last
