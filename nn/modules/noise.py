"""Modules that draw numbers at random at each call, and what they draw for many samples at once.

A compiled step computes the outputs of a whole batch in one go, each sample's with noise of its own. So the model
is recorded with symbols in the noise's place, and each step is given what the calls of an eager one would draw.
"""

from __future__ import annotations

import hashlib
import operator
import random
import struct
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import autograd
from autograd import no_grad
from autograd.modes import lifting

from .module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Array = Any


class Noisy(Module):
    """A module each of whose calls draws numbers, from a row of its own.

    The row is told by the seed and the number of calls before, and that number is part of ``state_dict()``: a run
    that is resumed goes on as it would have.

    Args:
        seed: a whole number from 0 to 2**53; drawn from the global generator by default.

    Raises:
        ValueError: if the seed is out of range.
    """

    buffers = ("seed", "calls")

    def __init__(self, seed: int | None = None) -> None:
        seed = random.randrange(2**53) if seed is None else operator.index(seed)
        if not 0 <= seed <= 2**53:  # what a float holds exactly
            raise ValueError(f"seed must be from 0 to 2**53, not {seed}")
        self.seed = seed
        self.calls = 0

    def from_uniform(self, u: Any) -> Any:
        """The noise, made of numbers spread evenly over [0, 1).

        Args:
            u: a float, or an array of any shape.
        """
        raise NotImplementedError

    def noise(self, size: int) -> list[Any]:
        """The numbers of this call: what is supplied, or else the next row.

        Raises:
            RuntimeError: if a function is being compiled, which would have the same numbers at each call.
        """
        supply = _supply.get()
        if supply is not None:
            return supply(self, size)
        if lifting.get() is not None:
            raise RuntimeError(
                f"{type(self).__name__} in training mode draws anew at each call, which a compiled function would "
                f"not; call model.eval() before compiling it (nn.fit and nn.compile_step can train with it)"
            )
        call = int(self.calls)
        self.calls = call + 1
        return self.row(call, size)

    def row(self, call: int, size: int) -> list[float]:
        """The first numbers of a call's row."""
        whole = struct.unpack(f"<{size}I", self._bytes(call, size))
        return [self.from_uniform(n / 2**32) for n in whole]

    def rows(self, calls: Iterable[int], size: int) -> Array:
        """The first numbers of some calls' rows, an array (calls, size)."""
        import numpy as np

        whole = np.frombuffer(b"".join([self._bytes(call, size) for call in calls]), "<u4")
        return self.from_uniform(whole.reshape(-1, size) / 2**32)

    def _bytes(self, call: int, size: int) -> bytes:
        """Four bytes for each number: a hash, so that no row needs those before it, nor NumPy."""
        return hashlib.shake_128(b"%d %d" % (self.seed, call)).digest(4 * size)


class Noise:
    """What a model draws when it is called on one sample, for many samples in a row.

    Args:
        model: it is called once, and the counts of calls stay as they are.
        sample: what to call it on.

    Attributes:
        size: how many numbers a sample takes.
        output: the model's output.
    """

    def __init__(self, model: Callable[[Any], Any], sample: Any) -> None:
        self._calls: list[tuple[Noisy, int]] = []

        def note(module: Noisy, size: int) -> list[float]:
            self._calls.append((module, size))
            return module.row(int(module.calls), size)

        with _supplying(note), no_grad():
            self.output = model(sample)
        self.size = sum(size for _, size in self._calls)
        # Of each call: which of the module's calls on a sample it is, and how many there are.
        ids = [id(module) for module, _ in self._calls]
        self._turns = [(ids[:i].count(this), ids.count(this)) for i, this in enumerate(ids)]

    @contextmanager
    def supplied(self, numbers: Sequence[Any]) -> Iterator[None]:
        """In this block, the model's call on a sample gets these numbers.

        Raises:
            TraceError: if what it draws is not what it drew before.
        """
        calls, start = iter(self._calls), 0

        def take(module: Noisy, size: int) -> list[Any]:
            nonlocal start
            known, as_many = next(calls, (None, 0))
            if known is not module or as_many != size:
                raise autograd.TraceError(_FICKLE)
            start += size
            return list(numbers[start - size : start])

        with _supplying(take):
            yield
        if next(calls, None) is not None:
            raise autograd.TraceError(_FICKLE)

    def numbers(self, samples: int) -> Array:
        """What the model will draw for the next samples, an array (samples, size)."""
        import numpy as np

        found = [np.empty((samples, 0))]
        for (module, size), (turn, turns) in zip(self._calls, self._turns, strict=True):
            start = int(module.calls)
            calls = range(start + turn, start + samples * turns, turns)
            found.append(module.rows(calls, size))
        return np.concatenate(found, axis=1)

    def advance(self, samples: int) -> None:
        """Count the calls on some samples."""
        for module, _ in self._calls:
            module.calls += samples


_FICKLE = "called again on the same sample, the model draws more or fewer random numbers"

_supply: ContextVar[Callable[[Noisy, int], list[Any]] | None] = ContextVar("supply", default=None)
"""What gives noise to the modules, where it is not their own rows."""


@contextmanager
def _supplying(supply: Callable[[Noisy, int], list[Any]]) -> Iterator[None]:
    token = _supply.set(supply)
    try:
        yield
    finally:
        _supply.reset(token)
