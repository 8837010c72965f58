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

from typing import Any

from autograd import sigmoid, tanh

from .inputs import row
from .recurrence import Cell, OverSequence, Recurrent, State


class _Elman(Recurrent):
    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        del state
        return [tanh(a + b) for a, b in zip(inputs, hidden, strict=True)]


class _Gated(Recurrent):
    gates = 3

    def combine(self, inputs: list[Any], hidden: list[Any], state: State) -> State:
        n = self.nhidden
        both = [sigmoid(a + b) for a, b in zip(inputs[: 2 * n], hidden[: 2 * n], strict=True)]
        reset, update = both[:n], both[n:]
        new = [
            tanh(a + r * b) for a, r, b in zip(inputs[2 * n :], reset, hidden[2 * n :], strict=True)
        ]
        return [(1.0 - z) * c + z * h for z, c, h in zip(update, new, state, strict=True)]


class _LongShort(Recurrent):
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


class RNNCell(_Elman, Cell):
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


class GRUCell(_Gated, Cell):
    """The gated recurrent unit (Cho et al. 2014), in PyTorch's form.

    ``r, z = sigmoid(W x + b + U h + d)``, ``n = tanh(W x + b + r * (U h + d))``, ``h' = (1 - z) * n + z * h``, each with
    rows of weights of its own.

    Args:
        nin, nhidden, bias, init, seed, rng: as for :class:`RNNCell`.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: 3 * nhidden rows, those of r, z and n.

    >>> import nn
    >>> cell = nn.GRUCell(2, 3, seed=0)
    >>> len(cell([0.1, 0.2], [0.0, 0.0, 0.0]))
    3
    """


class LSTMCell(_LongShort, Cell):
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


class RNN(_Elman, OverSequence):
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


class GRU(_Gated, OverSequence):
    """:class:`GRUCell` over a sequence.

    Args:
        nin, nhidden, layers, bias, init, seed, rng: as for :class:`RNN`, and called likewise.

    >>> import nn
    >>> gru = nn.GRU(2, 3, seed=0)
    >>> states = gru([[0.1, 0.2], [0.3, 0.4]])
    >>> len(states)
    2
    """


class LSTM(_LongShort, OverSequence):
    """:class:`LSTMCell` over a sequence.

    Args:
        nin, nhidden, layers, bias, init, seed, rng: as for :class:`RNN`, and called likewise; states are
            pairs, ``(h, c)``.

    >>> outputs, [(h, c)] = LSTM(2, 3, seed=0)([[1.0, 0.0], [0.0, 1.0]])
    >>> outputs[-1] == h
    True
    """
