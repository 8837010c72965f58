"""Embedding: a row of parameters for each of so many things, found by its number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import dot, where
from autograd.functions import sum as total
from autograd.operators import Operators
from autograd.reals import is_real
from nn import init as initializers
from nn._arguments import count

from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from nn.init import Initializer


class Embedding(Module):
    """A table of parameters: called with the number of a row, it gives that row; with a list of numbers, their rows.

    Args:
        nitems: how many rows there are.
        nout: how many numbers a row has.
        init: how they are drawn, as for :class:`nn.Linear`; from the normal distribution by default.
        seed, rng: as for :class:`nn.Neuron`.

    Attributes:
        weight: nitems lists of nout parameters.

    Raises:
        ValueError: when called, if there is no such row.
        TypeError: when called, if it is not a whole number.

    >>> table = Embedding(10, 3, seed=0)
    >>> table(7) == table.weight[7]
    True
    >>> len(table([7, 1, 7]))
    3
    """

    weight: list[list[Parameter]]

    def __init__(
        self,
        nitems: int,
        nout: int,
        *,
        init: str | float | Initializer = "normal",
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        nitems, nout = count("nitems", nitems), count("nout", nout)
        draw = initializers.get(init)
        rng = initializers.generator(seed, rng)
        self.weight = [
            [Parameter(draw(rng, nitems, nout), label=f"weight[{i}][{j}]") for j in range(nout)]
            for i in range(nitems)
        ]

    def forward(self, index: Any) -> Any:
        if hasattr(index, "tolist"):
            index = index.tolist()
        if isinstance(index, (list, tuple)):
            return [self.forward(one) for one in index]
        if isinstance(index, Operators):
            return self._recorded(index)
        if not is_real(index) or index != index // 1:
            raise TypeError(f"{self!r} takes the number of a row, not {index!r:.60}")
        if not 0 <= index < len(self.weight):
            raise ValueError(f"{self!r} has rows 0 to {len(self.weight) - 1}, and none {index}")
        return list(self.weight[int(index)])

    def _recorded(self, index: Any) -> list[Any]:
        """The row of a number that is not known yet: the rows, each times 1 if it is the one, or else 0."""
        chosen = [where(abs(index - number) > 0.0, 0.0, 1.0) for number in range(len(self.weight))]
        # Without such a row it is nan, by which a compiled step knows that something is to be told.
        missing = where(total(chosen) > 0.0, 0.0, math.nan)
        return [dot(chosen, column) + missing for column in zip(*self.weight, strict=True)]

    def config(self) -> dict[str, Any]:
        return {"nitems": len(self.weight), "nout": len(self.weight[0])}

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return count("nitems", arguments.get("nitems")) * count("nout", arguments.get("nout"))

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"
