"""Neurons and what is built of them: Layer, Linear, MLP, Sequential, Dropout.

Layers take one sample: a list of numbers or Values, or a row of a NumPy array. A layer with one output gives
it bare, as in micrograd, and every layer takes a bare number as a list of one.
"""

from __future__ import annotations

import operator
import random
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.functions import dot
from autograd.operators import Operators
from autograd.value import real

from . import activations
from . import init as initializers
from .module import Module, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .init import Initializer

    Function = Callable[[Any], Any]


class Row(list[Any]):
    """Inputs of a layer that have been checked: floats, Values and symbols only."""

    __slots__ = ()


_CHECKED = frozenset({float, Value, Parameter})


def row(x: Any, length: int, layer: Module) -> Row:
    """Check a layer's input.

    Args:
        x: a sequence, an array or a bare number.
        length: how many numbers the layer takes.
        layer: the layer, for messages.

    Raises:
        ValueError: if their number is another, or if they are samples rather than numbers.
        TypeError: if they are not numbers.
    """
    if hasattr(x, "tolist"):  # NumPy's floats are slow one by one
        x = x.tolist()
    if isinstance(x, (Operators, float, int)):
        x = (x,)
    try:
        checked = Row(x)
    except TypeError:
        raise TypeError(f"{layer!r} takes a list of {length} numbers, not {x!r:.60}") from None
    kinds = set(map(type, checked))
    if not kinds <= _CHECKED:
        if any(issubclass(kind, (list, tuple)) or hasattr(kind, "__array__") for kind in kinds):
            checked = _unnested(checked, layer)
        checked[:] = [
            v if isinstance(v, Operators) else real(v, f"input {i}") for i, v in enumerate(checked)
        ]
    if len(checked) != length:
        raise ValueError(f"{layer!r} takes {length} inputs, not {len(checked)}")
    return checked


def _unnested(x: Row, layer: Module) -> Row:
    flat = Row(v.item() if getattr(v, "shape", None) == () else v for v in x)
    if any(isinstance(v, (list, tuple)) or hasattr(v, "shape") for v in flat):
        raise ValueError(
            f"{layer!r} takes one sample, a list of numbers, and was given a list of lists; "
            f"for many samples write [model(x) for x in X]"
        )
    return flat


def count(number: Any, name: str) -> int:
    """A number of neurons or inputs as an int.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if it is below 1.
    """
    try:
        whole = operator.index(number)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {number!r:.60}") from None
    if whole < 1:
        raise ValueError(f"{name} must be at least 1, not {whole}")
    return whole


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
        nin = count(nin, "nin")
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

    def __repr__(self) -> str:
        bias = "" if self.b is not None else ", bias=False"
        return f"Neuron({len(self.w)}, activation={activations.shown(self.activation)}{bias})"


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
        nonlin: bool = True,
        *,
        seed: int | None = None,
        rng: Any = None,
        **kwargs: Any,
    ) -> None:
        nin, nout = count(nin, "nin"), count(nout, "nout")
        rng = initializers.generator(seed, rng)
        self.neurons = [Neuron(nin, nonlin, rng=rng, nout=nout, **kwargs) for _ in range(nout)]

    def forward(self, x: Any) -> Any:
        x = row(x, len(self.neurons[0].w), self)
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def config(self) -> dict[str, Any] | None:
        configs = [neuron.config() for neuron in self.neurons]
        first = configs[0]
        if first is None or any(config != first for config in configs):
            return None  # neurons were exchanged since
        nin = first.pop("nin")
        return {"nin": nin, "nout": len(configs), **first}

    def __repr__(self) -> str:
        first = self.neurons[0]
        rest = repr(first).partition("(")[2].partition(", ")[2]
        return f"Layer({len(first.w)}, {len(self.neurons)}, {rest}"


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
        bias: bool = True,
        *,
        init: str | float | Initializer = "xavier_uniform",
        bias_init: str | float | Initializer = 0.0,
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        nin, nout = count(nin, "nin"), count(nout, "nout")
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

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"Linear({len(self.weight[0])}, {len(self.weight)}{bias})"


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
        sizes = [count(nin, "nin"), *[count(n, f"nouts[{i}]") for i, n in enumerate(nouts)]]
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
        last = layers[-1]
        if last is None:
            return None
        first = layers[0] or {}
        config = {
            "nin": first.get("nin"),
            "nouts": [len(layer.neurons) for layer in self.layers],
            "activation": first.get("activation") if len(layers) > 1 else "relu",
            "output_activation": last["activation"],
            "bias": last["bias"],
        }
        width = config["nin"]
        for i, layer in enumerate(layers):
            hidden = i < len(layers) - 1
            wanted = {
                "nin": width,
                "nout": config["nouts"][i],
                "activation": config["activation"] if hidden else config["output_activation"],
                "bias": config["bias"],
            }
            if layer != wanted:  # layers were exchanged since
                return None
            width = wanted["nout"]
        return config

    def __repr__(self) -> str:
        first, last = self.layers[0].neurons[0], self.layers[-1].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        arguments = [str(len(first.w)), str(sizes)]
        if len(sizes) > 1:
            arguments.append(f"activation={activations.shown(first.activation)}")
        if last.nonlin:
            arguments.append(f"output_activation={activations.shown(last.activation)}")
        return f"MLP({', '.join(arguments)})"


class Sequential(Module):
    """Modules one after the other, each fed with what the one before it gave.

    Args:
        layers: modules; names of activations and the functions of that name, applied to each output;
            other functions, which get the whole output.

    >>> model = Sequential(Linear(2, 8, seed=1), "tanh", Linear(8, 1, seed=2))
    >>> model
    Sequential(Linear(2, 8), Activation('tanh'), Linear(8, 1))
    >>> len(model), model[0]
    (3, Linear(2, 8))
    """

    layers: list[Any]

    def __init__(self, *layers: Any) -> None:
        self.layers = [self._layer(i, layer) for i, layer in enumerate(layers)]

    @staticmethod
    def _layer(i: int, layer: Any) -> Any:
        if isinstance(layer, str) or (callable(layer) and activations.name_of(layer) is not None):
            return activations.Activation(layer)
        if isinstance(layer, type) or not callable(layer):
            raise TypeError(
                f"layer {i} of Sequential must be a module, an activation's name or a function, "
                f"not {layer!r:.60}"
            )
        return layer

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        return self.layers[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


class Dropout(Module):
    """In training, sets inputs to 0 at random and scales the others up, so that the mean stays.

    Each call draws anew, from the seed and the number of calls before it; that number is part of
    ``state_dict()``, so a run that is resumed goes on as it would have.

    Args:
        p: the probability of being set to 0; the others are divided by ``1 - p`` (inverted dropout: Srivastava et
            al. 2014, with the scaling moved to training, so that evaluation needs none).
        seed: a whole number from 0 to 2**53; drawn from the global generator by default.

    Raises:
        ValueError: if p is not in [0, 1) or the seed out of range.

    >>> dropout = Dropout(0.5, seed=3)
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [2.0, 0.0, 6.0, 0.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """

    buffers = ("seed", "calls")

    def __init__(self, p: float = 0.5, seed: int | None = None) -> None:
        if not 0.0 <= p < 1.0:
            raise ValueError(f"p must be at least 0 and below 1, not {p!r}")
        seed = random.randrange(2**53) if seed is None else operator.index(seed)
        if not 0 <= seed <= 2**53:  # what a float holds exactly
            raise ValueError(f"seed must be from 0 to 2**53, not {seed}")
        self.p = float(p)
        self.seed = seed
        self.calls = 0

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0.0:
            return x
        if isinstance(x, Operators):
            return x * self._mask([x])[0]
        return [v * keep for v, keep in zip(x, self._mask(x), strict=True)]

    def _mask(self, x: Any) -> list[float]:
        """Factors, 0 or ``1 / (1 - p)``, for each of the inputs of this call."""
        if any(isinstance(v, Operators) and not isinstance(v, Value) for v in x):
            raise RuntimeError(
                "Dropout in training mode draws anew at each call, which a compiled function would not; "
                "call model.eval() before compiling, or train without compiling"
            )
        rng = random.Random(int(self.seed) << 64 | int(self.calls))
        self.calls += 1
        keep = 1.0 / (1.0 - self.p)
        return [0.0 if rng.random() < self.p else keep for _ in x]

    def config(self) -> dict[str, Any]:
        return {"p": self.p, "seed": int(self.seed)}

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
