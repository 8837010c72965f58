"""Neurons and what is built of them: Layer and MLP.

Sizes are given by position and all else by keyword, but for micrograd's ``Neuron(nin, nonlin)``.

Layers take one sample: a list of numbers or Values, or a row of a NumPy array. A layer with one output gives
it bare, as in micrograd, and every layer takes a bare number as a list of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.functions import dot
from autograd.native import core
from nn import activations
from nn import init as initializers
from nn._arguments import count

from .inputs import Row, row
from .linear import asked
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nn.init import Initializer

    Function = Callable[[Any], Any]


class Neuron(Module):
    """``activation(w · x + b)``: as many weights as inputs, and a bias.

    Args:
        nin: the number of inputs.
        nonlin: False for no activation, whatever ``activation`` says.
        activation: a name (:data:`nn.activations.ACTIVATIONS`) or a function of one number.
        bias: whether there is a bias; if not, ``b`` is None.
        init: how weights are drawn, by name (:data:`nn.init.INITIALIZERS`), as a number or a function. The
            default is micrograd's, evenly between -1 and 1.
        bias_init: the same for the bias, 0 by default.
        seed: for numbers that are the same every time; without it they come from :mod:`random`'s global
            generator, in micrograd's order.
        rng: a generator to draw from instead.
        nout: how many neurons there are beside it, itself included; Xavier's fan-out.

    Raises:
        ValueError: if an argument is out of range or a name unknown.

    >>> neuron = Neuron(2, activation="tanh", seed=1)
    >>> neuron
    Neuron(2, activation='tanh')
    >>> neuron([0.5, -1.0])
    Value(data=-0.7858..., grad=0.0)
    """

    w: list[Parameter]
    b: Parameter | None

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Function | None = "relu",
        bias: bool = True,
        init: str | float | Initializer = "uniform",
        bias_init: str | float | Initializer = 0.0,
        seed: int | None = None,
        rng: Any = None,
        nout: int = 1,
    ) -> None:
        nin = count("nin", nin)
        function = activations.get(activation if nonlin else None)
        draw, draw_bias = initializers.get(init), initializers.get(bias_init)
        rng = initializers.generator(seed, rng)
        self.w = [Parameter(draw(rng, nin, nout), label=f"w[{i}]") for i in range(nin)]
        self.b = Parameter(draw_bias(rng, nin, nout), label="b") if bias else None
        self.activation = function

    @property
    def nonlin(self) -> bool:
        """Whether there is an activation."""
        return self.activation is not activations.linear

    def forward(self, x: Any) -> Any:
        w = self.w
        if type(x) is not Row or len(x) != len(w):
            x = row(x, len(w), self)
        out = dot(w, x)
        if self.b is not None:
            out = out + self.b
        activation = self.activation
        return out if activation is activations.linear else activation(out)

    def config(self) -> dict[str, Any] | None:
        name = activations.name_of(self.activation)
        if name is None:
            return None
        return {"nin": len(self.w), "activation": name, "bias": self.b is not None}

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return asked(arguments)

    def __repr__(self) -> str:
        bias = "" if self.b is not None else ", bias=False"
        return f"Neuron({len(self.w)}, activation={activations.shown(self.activation)}{bias})"


_FORWARD = Neuron.forward


def _outputs(neurons: list[Neuron], x: Row) -> list[Any]:
    if core is not None:
        return core.neurons(neurons, x, Neuron, _FORWARD, activations.linear)  # type: ignore[no-any-return]
    return [neuron(x) for neuron in neurons]


class Layer(Module):
    """Neurons that share their inputs; their outputs as a list, or bare if there is one.

    Args:
        nin: the number of inputs.
        nout: the number of neurons.
        nonlin, activation, bias, init, bias_init, seed, rng: as for :class:`Neuron`.

    >>> layer = Layer(3, 2, seed=1)
    >>> layer([1.0, 2.0, 3.0])
    [Value(data=2.2411..., grad=0.0), Value(data=0.0, grad=0.0)]
    """

    neurons: list[Neuron]

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        nonlin: bool = True,
        seed: int | None = None,
        rng: Any = None,
        **kwargs: Any,
    ) -> None:
        nin, nout = count("nin", nin), count("nout", nout)
        rng = initializers.generator(seed, rng)
        self.neurons = [Neuron(nin, nonlin, rng=rng, nout=nout, **kwargs) for _ in range(nout)]

    def forward(self, x: Any) -> Any:
        out = _outputs(self.neurons, row(x, len(self.neurons[0].w), self))
        return out[0] if len(out) == 1 else out

    def config(self) -> dict[str, Any] | None:
        configs = [neuron.config() for neuron in self.neurons]
        first = configs[0]
        if first is None or any(config != first for config in configs):
            return None  # neurons were exchanged since
        nin = first.pop("nin")
        return {"nin": nin, "nout": len(configs), **first}

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return asked(arguments)

    def __repr__(self) -> str:
        first = self.neurons[0]
        rest = repr(first).partition("(")[2].partition(", ")[2]
        return f"Layer({len(first.w)}, {len(self.neurons)}, {rest}"


class MLP(Module):
    """A multi-layer perceptron: Layers in a row, all but the last with an activation.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons of each layer, the outputs last.
        activation: of all layers but the last, as for :class:`Neuron`.
        output_activation: of the last layer, none by default.
        bias, init, bias_init, seed, rng: as for :class:`Neuron`.

    Raises:
        ValueError: if nouts is empty, an argument out of range or a name unknown.

    >>> model = MLP(2, [16, 16, 1], seed=0)
    >>> model
    MLP(2, [16, 16, 1], activation='relu')
    >>> len(model.parameters())
    337
    >>> model([1.0, -1.0])
    Value(data=1.1671..., grad=0.0)
    """

    layers: list[Layer]

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Function | None = "relu",
        output_activation: str | Function | None = None,
        bias: bool = True,
        init: str | float | Initializer = "uniform",
        bias_init: str | float | Initializer = 0.0,
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        sizes = [count("nin", nin), *[count(f"nouts[{i}]", n) for i, n in enumerate(nouts)]]
        if len(sizes) == 1:
            raise ValueError("nouts must name at least one layer's size")
        rng = initializers.generator(seed, rng)
        last = len(sizes) - 2
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation=output_activation if i == last else activation,
                bias=bias,
                init=init,
                bias_init=bias_init,
                rng=rng,
            )
            for i in range(last + 1)
        ]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def config(self) -> dict[str, Any] | None:
        layers = [layer.config() for layer in self.layers]
        first, last = layers[0], layers[-1]
        if first is None or last is None:
            return None
        config = {
            "nin": first["nin"],
            "nouts": [len(layer.neurons) for layer in self.layers],
            "activation": first["activation"] if len(layers) > 1 else "relu",
            "output_activation": last["activation"],
            "bias": last["bias"],
        }
        widths = [config["nin"], *config["nouts"]]
        for i, layer in enumerate(layers):
            activation = config["output_activation" if layer is last else "activation"]
            wanted = {"nin": widths[i], "nout": widths[i + 1]}
            if layer != {**wanted, "activation": activation, "bias": config["bias"]}:
                return None  # layers were exchanged since
        return config

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        return asked(arguments)

    def __repr__(self) -> str:
        first, last = self.layers[0].neurons[0], self.layers[-1].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        arguments = [str(len(first.w)), str(sizes)]
        if len(sizes) > 1:
            arguments.append(f"activation={activations.shown(first.activation)}")
        if last.nonlin:
            arguments.append(f"output_activation={activations.shown(last.activation)}")
        return f"MLP({', '.join(arguments)})"
