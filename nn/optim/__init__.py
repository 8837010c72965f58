"""Optimizers, learning-rate schedules and gradient clipping.

>>> from autograd import Value
>>> from nn import optim
>>> x = Value(3.0)
>>> optimizer = optim.Adam([x], lr=optim.schedules.cosine(0.3, steps=100))
>>> for _ in range(100):
...     optimizer.zero_grad()
...     loss = (x - 1) ** 2
...     loss.backward()
...     optimizer.step()
>>> round(x.data, 1)
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import schedules
from .clipping import clip_grad_norm_, clip_grad_value_
from .optimizer import Optimizer
from .rules import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, RMSprop, by_name

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "by_name",
    "clip_grad_norm_",
    "clip_grad_value_",
    "schedules",
]


if not TYPE_CHECKING:  # to a checker, a module with __getattr__ has every name

    def __getattr__(name: str) -> object:
        meant = [known for known in __all__ if known.lower() == name.lower()]
        hint = f"; it is optim.{meant[0]}" if meant else ""
        raise AttributeError(f"module 'nn.optim' has no attribute {name!r}{hint}")
