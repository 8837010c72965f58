"""Activations: functions of one number by name, and modules that apply them to each output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import functions as ag
from autograd.operators import Operators
from autograd.reals import is_real
from nn.modules.module import Module

from ._arguments import named

if TYPE_CHECKING:
    from collections.abc import Callable


def linear(x: Any) -> Any:
    """x itself.

    >>> import nn
    >>> nn.activations.linear(3.0)
    3.0
    """
    return x


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": linear,
    "relu": ag.relu,
    "leaky_relu": ag.leaky_relu,
    "elu": ag.elu,
    "gelu": ag.gelu,
    "silu": ag.silu,
    "sigmoid": ag.sigmoid,
    "tanh": ag.tanh,
    "softplus": ag.softplus,
    "sin": ag.sin,
}


def get(activation: str | Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """An activation by name; None stands for ``linear``; a function is returned as it is.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.
        TypeError: if it is neither a name nor a function.

    >>> get("tanh")(0.5)
    0.46211715726000...
    """
    if activation is None:
        return linear
    return named("activation", activation, ACTIVATIONS)


def name_of(activation: Callable[[Any], Any]) -> str | None:
    """The name under which :func:`get` finds an activation, or None.

    >>> import nn
    >>> from autograd import tanh
    >>> nn.activations.name_of(tanh)
    'tanh'
    """
    for name, function in ACTIVATIONS.items():
        if function is activation:
            return name
    return None


def shown(activation: Callable[[Any], Any]) -> str:
    """An activation as it is written in a repr."""
    name = name_of(activation)
    return repr(name) if name else getattr(activation, "__name__", repr(activation))


class Activation(Module):
    """A function of one number as a module: applied to each of its inputs.

    Args:
        function: a name that :func:`get` knows, or a function of one number.

    >>> Activation("relu")([-1.0, 2.0])
    [0.0, 2.0]
    """

    def __init__(self, function: str | Callable[[Any], Any]) -> None:
        self.function = get(function)

    def forward(self, x: Any) -> Any:
        function = self.function
        if isinstance(x, Operators) or is_real(x):
            return function(x)
        return [function(v) for v in x]

    def config(self) -> dict[str, Any] | None:
        name = name_of(self.function)
        return {"function": name} if name else None

    def __repr__(self) -> str:
        return f"Activation({shown(self.function)})"


class _Named(Activation):
    """An activation with a class of its own, as PyTorch has them."""

    _name: str

    def __init__(self) -> None:
        super().__init__(self._name)

    def config(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(_Named):
    """x where it is positive, else 0.

    >>> import nn
    >>> nn.ReLU()([-1.0, 2.0])
    [0.0, 2.0]
    """

    _name = "relu"


class GELU(_Named):
    """x times the normal distribution function of x.

    >>> import nn
    >>> nn.GELU()([-1.0, 2.0])
    [-0.15865525393145702, 1.9544997361036416]
    """

    _name = "gelu"


class SiLU(_Named):
    """x times its sigmoid.

    >>> import nn
    >>> nn.SiLU()([-1.0, 2.0])
    [-0.2689414213699951, 1.7615941559557646]
    """

    _name = "silu"


class Sigmoid(_Named):
    """1 / (1 + exp(-x)).

    >>> import nn
    >>> nn.Sigmoid()([0.0, 2.0])
    [0.5, 0.8807970779778823]
    """

    _name = "sigmoid"


class Tanh(_Named):
    """Hyperbolic tangent.

    >>> import nn
    >>> nn.Tanh()([0.0, 0.5])
    [0.0, 0.46211715726000974]
    """

    _name = "tanh"


class Softplus(_Named):
    """log(1 + exp(x)).

    >>> import nn
    >>> nn.Softplus()([0.0, 2.0])
    [0.6931471805599453, 2.1269280110429727]
    """

    _name = "softplus"


class LeakyReLU(Module):
    """x where it is positive, else ``slope * x``.

    >>> import nn
    >>> nn.LeakyReLU()([-1.0, 2.0])
    [-0.01, 2.0]
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        if isinstance(x, Operators) or is_real(x):
            return ag.leaky_relu(x, self.slope)
        return [ag.leaky_relu(v, self.slope) for v in x]

    def config(self) -> dict[str, Any]:
        return {"slope": self.slope}

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class ELU(Module):
    """x where it is positive, else ``alpha * (exp(x) - 1)``.

    >>> import nn
    >>> nn.ELU()([-1.0, 2.0])
    [-0.6321205588285577, 2.0]
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        if isinstance(x, Operators) or is_real(x):
            return ag.elu(x, self.alpha)
        return [ag.elu(v, self.alpha) for v in x]

    def config(self) -> dict[str, Any]:
        return {"alpha": self.alpha}

    def __repr__(self) -> str:
        return f"ELU({self.alpha})"


class Softmax(Module):
    """Positive numbers that sum to 1, of a list of logits.

    >>> import nn
    >>> nn.Softmax()([0.0, 0.0])
    [0.5, 0.5]
    """

    def forward(self, x: Any) -> list[Any]:
        return ag.softmax(x)

    def config(self) -> dict[str, Any]:
        return {}


class LogSoftmax(Module):
    """The logarithms of :class:`Softmax`, precise where those are tiny.

    >>> import nn
    >>> nn.LogSoftmax()([0.0, 0.0])
    [-0.6931471805599453, -0.6931471805599453]
    """

    def forward(self, x: Any) -> list[Any]:
        return ag.log_softmax(x)

    def config(self) -> dict[str, Any]:
        return {}
