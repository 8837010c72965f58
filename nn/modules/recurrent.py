"""Recurrent modules: a cell, which takes one step, and the same over a sequence.

Names, shapes and formulas are PyTorch's, so that its weights load. What PyTorch's have besides (dropout between
layers, both directions) is left out: two modules and a Dropout do it.

>>> cell = GRUCell(2, 3, seed=0)
>>> h = cell([1.0, -1.0])
>>> h = cell([0.5, 0.5], h)
>>> outputs, last = GRU(2, 3, seed=0)([[1.0, -1.0], [0.5, 0.5]])
>>> [v.data for v in h] == [v.data for v in outputs[-1]] == [v.data for v in last[0]]
True
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import sigmoid, tanh
from autograd.functions import dot
from nn import init as initializers
from nn._arguments import count

from .inputs import row
from .module import Module, Parameter

if TYPE_CHECKING:
    from nn.init import Initializer

    State = Any
    """A list of numbers, or for an LSTM a pair of lists."""


class _Recurrent(Module):
    """What cells and sequences share: the parameters of a layer, and one step of it."""

    gates: ClassVar[int] = 1
    """How many rows of weights there are for each number of the hidden state."""

    nin: int
    nhidden: int

    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        """The next state.

        Args:
            inputs: what the gates get of the input.
            hidden: what they get of the hidden state.
            state: the state before.
        """
        raise NotImplementedError

    def zero(self) -> State:
        """The state that a sequence begins with."""
        return [0.0] * self.nhidden

    def _hidden(self, state: State) -> list[Any]:
        return state  # type: ignore[no-any-return]

    def _checked(self, state: State) -> State:
        return row(state, self.nhidden, self)

    def _make(self, suffix: str, nin: int, bias: bool, init: Any, rng: Any) -> None:
        nout = self.gates * self.nhidden
        bound = 1.0 / math.sqrt(self.nhidden)
        draw = initializers.uniform(-bound, bound) if init is None else initializers.get(init)
        for name, fan_in in (("weight_ih", nin), ("weight_hh", self.nhidden)):
            weight = [
                [
                    Parameter(draw(rng, fan_in, nout), label=f"{name}{suffix}[{i}][{j}]")
                    for j in range(fan_in)
                ]
                for i in range(nout)
            ]
            setattr(self, name + suffix, weight)
        for name, fan_in in (("bias_ih", nin), ("bias_hh", self.nhidden)):
            biases = [
                Parameter(draw(rng, fan_in, nout), label=f"{name}{suffix}[{i}]")
                for i in range(nout)
            ]
            setattr(self, name + suffix, biases if bias else None)

    def _step(self, suffix: str, x: list[Any], state: State) -> State:
        return self.combine(
            self._product("ih" + suffix, x),
            self._product("hh" + suffix, self._hidden(state)),
            state,
        )

    def _product(self, which: str, numbers: list[Any]) -> list[Any]:
        weight, bias = getattr(self, f"weight_{which}"), getattr(self, f"bias_{which}")
        out = [dot(w, numbers) for w in weight]
        if bias is None:
            return out
        return [product + b for product, b in zip(out, bias, strict=True)]

    def rows_and_biases(self) -> list[tuple[list[Any], list[Any]]]:
        own = vars(self)
        weights = [name for name in own if name.startswith("weight_")]
        pairs = [(own[name], own[name.replace("weight", "bias")]) for name in weights]
        return [(rows, biases) for rows, biases in pairs if biases is not None]

    def __repr__(self) -> str:
        options = "".join(f", {name}={x!r}" for name, x in self._options().items())
        return f"{type(self).__name__}({self.nin}, {self.nhidden}{options})"

    def _options(self) -> dict[str, Any]:
        """The arguments that are not what they are by default."""
        return {}

    def config(self) -> dict[str, Any] | None:
        return {"nin": self.nin, "nhidden": self.nhidden, **self._options()}

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        nin, nhidden = (count(name, arguments.get(name)) for name in ("nin", "nhidden"))
        biases = 2 if arguments.get("bias", True) else 0
        layers = count("layers", arguments.get("layers", 1))
        rows = cls.gates * nhidden
        first = rows * (nin + nhidden + biases)
        return first + (layers - 1) * rows * (2 * nhidden + biases)


class _Cell(_Recurrent):
    """One step: from an input and a state to the next state."""

    def __init__(
        self,
        nin: int,
        nhidden: int,
        *,
        bias: bool = True,
        init: str | float | Initializer | None = None,
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        self.nin, self.nhidden = count("nin", nin), count("nhidden", nhidden)
        self._make("", self.nin, bias, init, initializers.generator(seed, rng))

    def forward(self, x: Any, state: State = None) -> State:
        state = self.zero() if state is None else self._checked(state)
        return self._step("", row(x, self.nin, self), state)

    def _options(self) -> dict[str, Any]:
        return {} if self.bias_ih is not None else {"bias": False}  # type: ignore[attr-defined]


class _OverSequence(_Recurrent):
    """A step for each item of a sequence, in one layer or in several, each fed with the one before it."""

    def __init__(
        self,
        nin: int,
        nhidden: int,
        *,
        layers: int = 1,
        bias: bool = True,
        init: str | float | Initializer | None = None,
        seed: int | None = None,
        rng: Any = None,
    ) -> None:
        self.nin, self.nhidden = count("nin", nin), count("nhidden", nhidden)
        self.layers = count("layers", layers)
        rng = initializers.generator(seed, rng)
        for layer in range(self.layers):
            self._make(f"_l{layer}", self.nhidden if layer else self.nin, bias, init, rng)

    def forward(self, sequence: Any, states: Any = None) -> tuple[list[Any], list[State]]:
        items = sequence.tolist() if hasattr(sequence, "tolist") else sequence
        if not isinstance(items, (list, tuple)) or not items:
            raise TypeError(
                f"{self!r} takes a sequence, a list of inputs, and was given {sequence!r:.60}"
            )
        items = [row(item, self.nin, self) for item in items]
        if states is None:
            states = [self.zero()] * self.layers
        elif len(states) != self.layers:
            raise ValueError(f"{self!r} takes a state for each layer, not {len(states)}")
        last = []
        for layer, state in enumerate(states):
            now = self._checked(state)
            outputs = []
            for item in items:
                now = self._step(f"_l{layer}", item, now)
                outputs.append(self._hidden(now))
            last.append(now)
            items = outputs
        return items, last

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {} if self.layers == 1 else {"layers": self.layers}
        return options if self.bias_ih_l0 is not None else {**options, "bias": False}  # type: ignore[attr-defined]


# --- the three kinds ---------------------------------------------------------------------------


class _Elman(_Recurrent):
    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        del state
        return [tanh(a + b) for a, b in zip(inputs, hidden, strict=True)]


class _Gated(_Recurrent):
    gates = 3

    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        n = self.nhidden
        both = [sigmoid(a + b) for a, b in zip(inputs[: 2 * n], hidden[: 2 * n], strict=True)]
        reset, update = both[:n], both[n:]
        new = [
            tanh(a + r * b) for a, r, b in zip(inputs[2 * n :], reset, hidden[2 * n :], strict=True)
        ]
        return [(1.0 - z) * c + z * h for z, c, h in zip(update, new, state, strict=True)]


class _LongShort(_Recurrent):
    gates = 4

    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        n = self.nhidden
        sums = [a + b for a, b in zip(inputs, hidden, strict=True)]
        i, f, g, o = (sums[k * n : (k + 1) * n] for k in range(4))
        cell = [
            sigmoid(forget) * before + sigmoid(enter) * tanh(new)
            for forget, before, enter, new in zip(f, state[1], i, g, strict=True)
        ]
        return [sigmoid(out) * tanh(c) for out, c in zip(o, cell, strict=True)], cell

    def zero(self) -> State:
        return [0.0] * self.nhidden, [0.0] * self.nhidden

    def _hidden(self, state: State) -> list[Any]:
        return state[0]  # type: ignore[no-any-return]

    def _checked(self, state: State) -> State:
        if not isinstance(state, (list, tuple)) or len(state) != 2:
            raise TypeError(f"the state of {self!r} is a pair of lists, (h, c), not {state!r:.60}")
        return tuple(row(part, self.nhidden, self) for part in state)


class RNNCell(_Elman, _Cell):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` (Elman 1990).

    Args:
        nin: the number of inputs.
        nhidden: the number of the hidden state's numbers.
        bias: whether there are biases.
        init: how weights and biases are drawn, as for :class:`nn.Linear`; by default evenly within
            ``1 / sqrt(nhidden)``, as in PyTorch.
        seed, rng: as for :class:`nn.Neuron`.

    Called with an input and a state (zeros if there is none), it gives the next state.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: nhidden rows of weights, or biases.

    >>> [round(v.data, 4) for v in RNNCell(1, 2, init=0.5)([1.0])]
    [0.9051, 0.9051]
    """


class GRUCell(_Gated, _Cell):
    """The gated recurrent unit (Cho et al. 2014), in PyTorch's form.

    ``r, z = sigmoid(W x + b + U h + d)``, ``n = tanh(W x + b + r * (U h + d))``, ``h' = (1 - z) * n + z * h``, each with
    rows of weights of its own.

    Args:
        nin, nhidden, bias, init, seed, rng: as for :class:`RNNCell`.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: 3 * nhidden rows, those of r, z and n.
    """


class LSTMCell(_LongShort, _Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; the forget gate: Gers et al. 2000).

    ``i, f, o = sigmoid(W x + b + U h + d)``, ``g = tanh(W x + b + U h + d)``, ``c' = f * c + i * g``,
    ``h' = o * tanh(c')``, each with rows of weights of its own.

    Args:
        nin, nhidden, bias, init, seed, rng: as for :class:`RNNCell`.

    A state is a pair, ``(h, c)``.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: 4 * nhidden rows, those of i, f, g and o.

    >>> h, c = LSTMCell(1, 2, init=0.5)([1.0])
    >>> round(h[0].data, 4), round(c[0].data, 4)
    (0.5144, 0.74)
    """


class RNN(_Elman, _OverSequence):
    """:class:`RNNCell` over a sequence.

    Args:
        nin, nhidden, bias, init, seed, rng: as for :class:`RNNCell`.
        layers: how many there are, each fed with the outputs of the one before it.

    Called with a sequence (a list of inputs, all of a sample) and optionally a state for each layer, it gives the
    last layer's hidden state after each input, and a list of the last state of each layer.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: those of layer 0, and so on.

    >>> outputs, last = RNN(2, 3, seed=0)([[1.0, 0.0], [0.0, 1.0]])
    >>> len(outputs), len(outputs[0]), outputs[-1] == last[0]
    (2, 3, True)
    """


class GRU(_Gated, _OverSequence):
    """:class:`GRUCell` over a sequence.

    Args:
        nin, nhidden, layers, bias, init, seed, rng: as for :class:`RNN`, and called likewise.
    """


class LSTM(_LongShort, _OverSequence):
    """:class:`LSTMCell` over a sequence.

    Args:
        nin, nhidden, layers, bias, init, seed, rng: as for :class:`RNN`, and called likewise; states are
            pairs, ``(h, c)``.

    >>> outputs, [(h, c)] = LSTM(2, 3, seed=0)([[1.0, 0.0], [0.0, 1.0]])
    >>> outputs[-1] == h
    True
    """
