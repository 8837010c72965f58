"""Whether JAX is there."""

from __future__ import annotations

from typing import Any


def jax_for(purpose: str) -> Any:
    """JAX.

    Args:
        purpose: what needs it, for the message.

    Raises:
        ImportError: if it is not installed, with the command that does so.
    """
    try:
        import jax
    except ImportError as error:
        raise ImportError(f'{purpose} needs JAX: python -m pip install "jax>=0.8"') from error
    return jax
