"""What recurrent modules share: their weights, one step, and a step for each item of a sequence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from autograd.functions import dot
from nn import init as initializers
from nn._arguments import count

from .inputs import row
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from nn.init import Initializer

State = Any
"""A list of numbers, or for an LSTM a pair of lists."""


class Recurrent(Module):
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


class Cell(Recurrent):
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


class OverSequence(Recurrent):
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
