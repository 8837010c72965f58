"""What a compiled step's program may run on, by the names that users give."""

from __future__ import annotations

from autograd.compiler.training import BatchLoss, ShardedLoss

NUMPY = "numpy"
BACKENDS: dict[str, type[BatchLoss]] = {NUMPY: BatchLoss, "jax": ShardedLoss}
"""What computes the loss of a batch and its derivatives, by name."""


def batch_loss_on(backend: str) -> type[BatchLoss]:
    """What a backend's name stands for.

    Raises:
        ValueError: if there is none of that name.
        ImportError: if what it needs is not installed.
    """
    if backend not in [*BACKENDS]:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, not {backend!r:.40}")
    found = BACKENDS[backend]
    found.available()
    return found
