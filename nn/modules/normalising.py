"""LayerNorm and RMSNorm: the numbers of a layer brought to one scale."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from autograd import dot, mean, sqrt
from nn._arguments import count, number

from .inputs import row
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from .inputs import Row


class _Norm(Module):
    """What both share: a factor for each number, 1 at first."""

    weight: list[Parameter]
    eps: float

    def __init__(self, size: int, eps: float) -> None:
        self.weight = [Parameter(1.0, label=f"weight[{i}]") for i in range(count("size", size))]
        self.eps = number("eps", eps, 0.0)

    def _row(self, x: Any) -> Row:
        return row(x, len(self.weight), self)

    def config(self) -> dict[str, Any]:
        return {"size": len(self.weight), "eps": self.eps}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.weight)})"


class LayerNorm(_Norm):
    """``(x - mean(x)) / sqrt(var(x) + eps) * weight + bias`` (Ba, Kiros, Hinton 2016); the variance is the mean square.

    Args:
        size: how many numbers x has.
        eps: added to the variance, against division by 0.

    Attributes:
        weight: as many parameters, 1 at first.
        bias: as many, 0 at first.

    >>> [round(v.data, 3) for v in LayerNorm(3)([1.0, 2.0, 3.0])]
    [-1.225, 0.0, 1.225]
    """

    bias: list[Parameter]

    def __init__(self, size: int, *, eps: float = 1e-5) -> None:
        super().__init__(size, eps)
        self.bias = [Parameter(0.0, label=f"bias[{i}]") for i in range(size)]

    def forward(self, x: Any) -> list[Any]:
        x = self._row(x)
        middle = mean(x)
        centred = [v - middle for v in x]
        scale = 1.0 / sqrt(dot(centred, centred) / len(x) + self.eps)
        return [v * scale * w + b for v, w, b in zip(centred, self.weight, self.bias, strict=True)]

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return 2 * count("size", arguments.get("size"))


class RMSNorm(_Norm):
    """``x / sqrt(mean(x * x) + eps) * weight`` (Zhang and Sennrich 2019).

    Args:
        size: how many numbers x has.
        eps: added to the mean square, against division by 0; by default the least that makes a difference at 1.

    Attributes:
        weight: as many parameters, 1 at first.

    >>> [round(v.data, 3) for v in RMSNorm(2)([3.0, 4.0])]
    [0.849, 1.131]
    """

    def __init__(self, size: int, *, eps: float = sys.float_info.epsilon) -> None:
        super().__init__(size, eps)

    def forward(self, x: Any) -> list[Any]:
        x = self._row(x)
        scale = 1.0 / sqrt(dot(x, x) / len(x) + self.eps)
        return [v * scale * w for v, w in zip(x, self.weight, strict=True)]

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return count("size", arguments.get("size"))
