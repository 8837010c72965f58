"""Linear: the rows of a matrix times the inputs, with PyTorch's names and shapes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd.functions import dot
from nn import init as initializers
from nn._arguments import count

from .inputs import row
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from nn.init import Initializer


def asked(arguments: dict[str, Any]) -> int:
    """:meth:`nn.Module.asks_for` of a Neuron, a Layer, a Linear and an MLP."""
    nouts = arguments.get("nouts", [arguments.get("nout", 1)])
    widths = [count("nin", arguments["nin"]), *(count("nouts", n) for n in nouts)]
    bias = 1 if arguments.get("bias", True) else 0
    return sum((nin + bias) * nout for nin, nout in pairwise(widths))


class Linear(Module):
    """``W x + b`` with PyTorch's names and shapes; the output bare if there is one.

    Args:
        nin: the number of inputs.
        nout: the number of outputs.
        bias: whether there is a bias; if not, ``bias`` is None.
        init: as for :class:`Neuron`, Xavier's uniform one by default.
        bias_init: the same for the bias, 0 by default.
        seed, rng: as for :class:`Neuron`.

    Attributes:
        weight: nout lists of nin parameters.
        bias: nout parameters, or None.

    >>> linear = Linear(2, 1, init=3.0)
    >>> linear([1.0, 2.0])
    Value(data=9.0, grad=0.0)
    """

    weight: list[list[Parameter]]
    bias: list[Parameter] | None

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        bias: bool = True,
        init: str | float | Initializer = "xavier_uniform",
        bias_init: str | float | Initializer = 0.0,
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        nin, nout = count("nin", nin), count("nout", nout)
        draw, draw_bias = initializers.get(init), initializers.get(bias_init)
        rng = initializers.generator(seed, rng)
        self.weight = [
            [Parameter(draw(rng, nin, nout), label=f"weight[{i}][{j}]") for j in range(nin)]
            for i in range(nout)
        ]
        self.bias = None
        if bias:
            biases = [draw_bias(rng, nin, nout) for _ in range(nout)]
            self.bias = [Parameter(b, label=f"bias[{i}]") for i, b in enumerate(biases)]

    def forward(self, x: Any) -> Any:
        x = row(x, len(self.weight[0]), self)
        out = [dot(w, x) for w in self.weight]
        if self.bias is not None:
            out = [product + b for product, b in zip(out, self.bias, strict=True)]
        return out[0] if len(out) == 1 else out

    def config(self) -> dict[str, Any]:
        nin, nout = len(self.weight[0]), len(self.weight)
        return {"nin": nin, "nout": nout, "bias": self.bias is not None}

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return asked(arguments)

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"Linear({len(self.weight[0])}, {len(self.weight)}{bias})"
