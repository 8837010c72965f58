"""A loss over a batch on all of JAX's devices: each has a part of the samples, and all have the parameters."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..xla.installed import jax_for
from ..xla.lowering import lower
from .loss import BatchLoss, Samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = Any

PURPOSE = "training with backend='jax'"
_LANES = "lanes"
"""What the one axis of the devices is called."""


class ShardedLoss(BatchLoss):
    """As :class:`.loss.BatchLoss`, run by XLA on all devices of all processes.

    Each device runs the whole program on as many samples as the others, and what they find, the loss and its derivatives, is added
    up in one all-reduce. Samples that are left over are computed by each device for itself. In each process the arguments must be
    the same; the answers are.

    Raises:
        ImportError: if JAX is not installed.
        TypeError: if the function does not return one number.
    """

    @classmethod
    def available(cls) -> None:
        """Raises ImportError where JAX is not installed."""
        jax_for(PURPOSE)

    def _gradients(self) -> Array:
        self._depends, self._gather = True, None
        return self.np.zeros(len(self.leaves), self.once.dtype)

    def _place(self, lanes: int) -> Samples:
        return _Spread(self, self.np.ones((lanes, self.program.rows), self.once.dtype))

    def __call__(self, rows: Array) -> float:
        """The mean over samples, on this machine's processor: a few are not worth a program of XLA's."""
        batch = super()._place(len(rows))
        batch.fill(self.padded(rows))
        return self.run(batch)

    def spread(self, rows: Array) -> float:
        """The mean over samples, an array (samples, numbers of a sample); the derivatives go to ``gradients``."""
        jax = self._jax
        even = len(rows) - len(rows) % self._mesh.size
        sharding = jax.sharding.NamedSharding(self._mesh, jax.sharding.PartitionSpec(_LANES))
        with jax.enable_x64(self.once.dtype == "float64"):
            parts = jax.make_array_from_callback(
                (even, rows.shape[1]), sharding, lambda index: rows[:even][index]
            )
            shared = self.once[: self.program.given]
            found = self.np.asarray(self._step(shared, parts, rows[even:]))
        self.gradients[:] = found[1:]
        return float(found[0]) / len(rows)

    @cached_property
    def _jax(self) -> Any:
        return jax_for(PURPOSE)

    @cached_property
    def _mesh(self) -> Any:
        jax = self._jax
        return jax.sharding.Mesh(self.np.array(jax.devices()), (_LANES,))

    @cached_property
    def _step(self) -> Any:
        """The sum of the losses and the derivatives of their mean, one array, from shared numbers, spread samples and those left over."""
        jax, spec = self._jax, self._jax.sharding.PartitionSpec
        jnp = jax.numpy
        compute, count = lower(self.program), len(self.leaves)

        def part(shared: Array, rows: Array, seed: Any) -> Array:
            losses, slopes = compute(shared, rows, seed)
            total = jnp.broadcast_to(losses, (1, len(rows))).sum(1)
            return jnp.concatenate([total, jnp.broadcast_to(slopes, count)])

        def step(shared: Array, spread: Array, left: Array) -> Array:
            seed = 1.0 / (len(spread) + len(left))

            def on_a_device(shared: Array, rows: Array) -> Array:
                return jax.lax.psum(part(shared, rows, seed), _LANES)

            found = jnp.zeros(1 + count, shared.dtype)
            if len(spread):
                found = jax.shard_map(
                    on_a_device,
                    mesh=self._mesh,
                    in_specs=(spec(), spec(_LANES)),
                    out_specs=spec(),
                )(shared, spread)
            return found + part(shared, left, seed) if len(left) else found

        return jax.jit(step)


class _Spread(Samples):
    """Samples that are shared out among devices."""

    def __init__(self, loss: ShardedLoss, rows: Array) -> None:
        super().__init__(rows)
        self._loss = loss

    def run(self) -> float:
        return self._loss.spread(self.rows)


def agree(arguments: Mapping[str, Any]) -> None:
    """See that all processes were given the same, which none of them can tell alone.

    Args:
        arguments: numbers, and lists of them, by name.

    Raises:
        ImportError: if JAX is not installed.
        ValueError: in every process, naming what is not the same in all.
    """
    import numpy as np

    jax = jax_for(PURPOSE)
    if jax.process_count() == 1:
        return
    from jax.experimental import multihost_utils

    digests = [hashlib.sha256(repr(x).encode()).digest() for x in arguments.values()]
    own = np.array([np.frombuffer(digest, np.uint32) for digest in digests])
    everyone = multihost_utils.process_allgather(own)
    differing = (everyone != own).any(axis=(0, 2)) | (everyone != everyone[0]).any(axis=(0, 2))
    names = [name for name, differs in zip(arguments, differing, strict=True) if differs]
    if names:
        raise ValueError(
            f"{', '.join(names)} must be the same in all {jax.process_count()} processes that train together"
        )
