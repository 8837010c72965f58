"""Dropout: noise in training that keeps neurons from relying on each other."""

from __future__ import annotations

from typing import Any

from autograd.operators import Operators

from .noise import Noisy


class Dropout(Noisy):
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
    [0.0, 0.0, 0.0, 8.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, p: float = 0.5, *, seed: int | None = None) -> None:
        if not 0.0 <= p < 1.0:
            raise ValueError(f"p must be at least 0 and below 1, not {p!r}")
        super().__init__(seed)
        self.p = float(p)

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0.0:
            return x
        if hasattr(x, "tolist"):
            x = x.tolist()
        if isinstance(x, (Operators, float, int)):
            return x * self.noise(1)[0]
        return [v * keep for v, keep in zip(x, self.noise(len(x)), strict=True)]

    def from_uniform(self, u: Any) -> Any:
        """The factors, 0 or ``1 / (1 - p)``."""
        return (u >= self.p) * (1.0 / (1.0 - self.p))

    def config(self) -> dict[str, Any]:
        return {"p": self.p, "seed": int(self.seed)}

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
