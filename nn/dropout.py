"""Dropout: noise in training that keeps neurons from relying on each other."""

from __future__ import annotations

import operator
import random
from typing import Any

from autograd import Value
from autograd.operators import Operators

from .module import Module


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
        if hasattr(x, "tolist"):
            x = x.tolist()
        if isinstance(x, (Operators, float, int)):
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
