"""The optimizers: for each its hyper-parameters, its state and its update rule.

Names and defaults are those of ``torch.optim``, and so are the trajectories. In the rules p is the
parameter, g its gradient, s the state, h the hyper-parameters; ``** 0.5`` is the square root, since the
same line runs on floats, on arrays and on the compiler's symbols.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    New = tuple[Any, dict[str, Any]]

_ANY = (0.0, math.inf)
_FRACTION = (0.0, 1.0)


class SGD(Optimizer):
    """Gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013) if asked for.

    ``v = momentum * v + g``, ``p = p - lr * v``, or with Nesterov ``p = p - lr * (g + momentum * v)``.
    Whether that is plain gradient descent, stochastic or in mini-batches depends on the batch that
    the gradient is of.

    Args:
        params, lr, clip_value, clip_norm, maximize: see :class:`Optimizer`.
        momentum: the part of the last direction that is kept.
        weight_decay: adds ``weight_decay * p`` to the gradient, which is an L2 penalty.
        nesterov: look ahead along the momentum; needs a momentum.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.5
    """

    state_names = ("v",)
    defaults: ClassVar[Mapping[str, Any]] = {
        "lr": 1e-3,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "nesterov": False,
    }
    ranges: ClassVar = {"momentum": _ANY, "weight_decay": _ANY}

    def update(self, p: Any, g: Any, s: Any, h: Any) -> New:
        g = g + h.weight_decay * p
        v = h.momentum * s.v + g
        direction = g + h.momentum * v if h.nesterov else v
        return p - h.lr * direction, {"v": v}

    def _check_together(self, hyper: Mapping[str, Any]) -> None:
        if hyper["nesterov"] and hyper["momentum"] == 0.0:
            raise ValueError("nesterov=True needs a momentum above 0")


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015): steps of about lr, whatever the size of the gradient.

    ``m = b1 * m + (1 - b1) * g``, ``v = b2 * v + (1 - b2) * g * g``, ``p = p - lr * m / (sqrt(v) + eps)``,
    where the paper first divides m by ``1 - b1**t`` and v by ``1 - b2**t``: both start at 0, and without that
    bias correction the first steps are too long (by 3.2 at the defaults).

    Args:
        params, lr, clip_value, clip_norm, maximize: see :class:`Optimizer`.
        betas: how much is kept of the running means of g and of g * g.
        eps: added to the root, against division by 0.
        weight_decay: adds ``weight_decay * p`` to the gradient.
        bias_correction: False leaves the correction out, as many short presentations of Adam do.
        amsgrad: divide by the root of the largest v so far (Reddi, Kale, Kumar 2018); to be chosen when the
            optimizer is made.

    >>> from autograd import Value
    >>> from nn import optim
    >>> x = Value(3.0)
    >>> optimizer = optim.Adam([x], lr=0.1)
    >>> for _ in range(500):
    ...     optimizer.zero_grad()
    ...     ((x - 1) ** 2).backward()
    ...     optimizer.step()
    >>> abs(x.data - 1) < 0.1
    True
    """

    state_names = ("m", "v")
    defaults: ClassVar[Mapping[str, Any]] = {
        "lr": 1e-3,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0.0,
        "bias_correction": True,
        "amsgrad": False,
    }
    ranges: ClassVar = {"betas": _FRACTION, "eps": _ANY, "weight_decay": _ANY}

    def update(self, p: Any, g: Any, s: Any, h: Any) -> New:
        return self._moved(p, g + h.weight_decay * p, s, h)

    def _states(self) -> tuple[str, ...]:
        largest = any(group["amsgrad"] for group in self.param_groups)
        return ("m", "v", "largest") if largest else ("m", "v")

    def _moved(self, p: Any, g: Any, s: Any, h: Any) -> New:
        b1, b2 = h.betas
        m = b1 * s.m + (1.0 - b1) * g
        v = b2 * s.v + (1.0 - b2) * g * g
        state = {"m": m, "v": v}
        if "largest" in self.state_names:
            state["largest"] = (s.largest >= v) * s.largest + (s.largest < v) * v
        elif h.amsgrad:
            raise ValueError("amsgrad must be chosen when the optimizer is made")
        square = state["largest"] if h.amsgrad else v
        mean = m
        if h.bias_correction:
            mean, square = m / (1.0 - b1**h.t), square / (1.0 - b2**h.t)
        return p - h.lr * mean / (square**0.5 + h.eps), state


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    First ``p = p - lr * weight_decay * p``, then Adam's step on the gradient as it is.

    Args:
        params, lr, clip_value, clip_norm, maximize: see :class:`Optimizer`.
        betas, eps, bias_correction, amsgrad: see :class:`Adam`.
        weight_decay: the part of each parameter, times lr, that a step takes away.

    >>> from autograd import Value
    >>> from nn import optim
    >>> x = Value(3.0)
    >>> optimizer = optim.AdamW([x], lr=0.1)
    >>> for _ in range(500):
    ...     optimizer.zero_grad()
    ...     ((x - 1) ** 2).backward()
    ...     optimizer.step()
    >>> abs(x.data - 1) < 0.1
    True
    """

    defaults: ClassVar[Mapping[str, Any]] = {"weight_decay": 1e-2}

    def update(self, p: Any, g: Any, s: Any, h: Any) -> New:
        return self._moved(p - h.lr * h.weight_decay * p, g, s, h)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton 2012): the gradient over the root of a running mean of its square.

    ``v = alpha * v + (1 - alpha) * g * g``, ``b = momentum * b + g / (sqrt(v) + eps)``, ``p = p - lr * b``.

    Args:
        params, lr, clip_value, clip_norm, maximize: see :class:`Optimizer`.
        alpha: how much is kept of the running mean.
        eps: added to the root, against division by 0.
        weight_decay: adds ``weight_decay * p`` to the gradient.
        momentum: the part of the last direction that is kept.
        centered: divide by the root of the variance instead (Graves 2013): v less the running mean
            of g, squared.

    >>> from autograd import Value
    >>> from nn import optim
    >>> x = Value(3.0)
    >>> optimizer = optim.RMSprop([x], lr=0.01)
    >>> for _ in range(500):
    ...     optimizer.zero_grad()
    ...     ((x - 1) ** 2).backward()
    ...     optimizer.step()
    >>> abs(x.data - 1) < 0.1
    True
    """

    state_names = ("v", "mean", "b")
    defaults: ClassVar[Mapping[str, Any]] = {
        "lr": 1e-2,
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "momentum": 0.0,
        "centered": False,
    }
    ranges: ClassVar = {"alpha": _FRACTION, "eps": _ANY, "weight_decay": _ANY, "momentum": _ANY}

    def update(self, p: Any, g: Any, s: Any, h: Any) -> New:
        g = g + h.weight_decay * p
        v = h.alpha * s.v + (1.0 - h.alpha) * g * g
        mean = h.alpha * s.mean + (1.0 - h.alpha) * g
        # The variance is positive but for rounding.
        spread = abs(v - mean * mean) if h.centered else v
        b = h.momentum * s.b + g / (spread**0.5 + h.eps)
        return p - h.lr * b, {"v": v, "mean": mean, "b": b}


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan, Singer 2011): steps shrink with the sum of all squared gradients so far.

    ``G = G + g * g``, ``p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(G) + eps)``.

    Args:
        params, lr, clip_value, clip_norm, maximize: see :class:`Optimizer`.
        lr_decay: makes the learning rate shrink with the number t of the step.
        weight_decay: adds ``weight_decay * p`` to the gradient.
        initial_accumulator_value: what the sum starts from.
        eps: added to the root, against division by 0.

    >>> from autograd import Value
    >>> from nn import optim
    >>> x = Value(3.0)
    >>> optimizer = optim.Adagrad([x], lr=1.0)
    >>> for _ in range(500):
    ...     optimizer.zero_grad()
    ...     ((x - 1) ** 2).backward()
    ...     optimizer.step()
    >>> abs(x.data - 1) < 0.1
    True
    """

    state_names = ("G",)
    defaults: ClassVar[Mapping[str, Any]] = {
        "lr": 1e-2,
        "lr_decay": 0.0,
        "weight_decay": 0.0,
        "initial_accumulator_value": 0.0,
        "eps": 1e-10,
    }
    ranges: ClassVar = {
        "lr_decay": _ANY,
        "weight_decay": _ANY,
        "initial_accumulator_value": _ANY,
        "eps": _ANY,
    }

    def update(self, p: Any, g: Any, s: Any, h: Any) -> New:
        g = g + h.weight_decay * p
        G = s.G + g * g
        root = (h.initial_accumulator_value + G) ** 0.5
        rate = h.lr / (1.0 + (h.t - 1) * h.lr_decay)
        return p - rate * g / (root + h.eps), {"G": G}


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}
"""The optimizers by the names that ``fit`` and the command line know them by."""


def by_name(name: str) -> type[Optimizer]:
    """The optimizer of that name, in any case.

    Raises:
        ValueError: if there is none; the message lists the known ones.

    >>> from nn import optim
    >>> optim.by_name("Adam") is optim.Adam
    True
    """
    try:
        return OPTIMIZERS[name.lower()]
    except KeyError:
        known = ", ".join(OPTIMIZERS)
        raise ValueError(f"there is no optimizer {name!r}; known are {known}") from None
