"""What is read by slices, transposes and concatenations is what indexing would give."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.compiler.ir.program import ONCE, Program

jax = pytest.importorskip("jax")

from autograd.compiler.xla.tracing import Memory

SIZE = 120


def memory(rng, pieces):
    """The arena ONCE in pieces of several arrays, and the numbers in it.

    NumPy stands in for JAX, which compiles each slice of another shape.
    """
    program = Program([], SIZE, 0, 0, np.zeros(1), [[], []], False, None, None, 0, [], 0, [])
    made = Memory(program, jax.numpy.zeros(0), None, 1.0)
    made.jnp, made.arrays = np, [np.asarray(array) for array in made.arrays]
    numbers = np.zeros(SIZE)
    for _ in range(pieces):
        positions = rng.permutation(SIZE)[: rng.integers(1, SIZE)]
        if rng.random() < 0.3:
            positions = np.arange(SIZE)
        elif rng.random() < 0.7:
            start = int(rng.integers(0, SIZE - 1))
            positions = np.arange(start, SIZE, rng.integers(1, 4))
        numbers[positions] = rng.normal(size=len(positions))
        made.write(ONCE, positions, numbers[positions])
    return made, numbers


@pytest.mark.seeds(40)
def test_reading_is_indexing(seed):
    rng = np.random.default_rng(seed)
    made, numbers = memory(rng, pieces=rng.integers(1, 5))
    for _ in range(5):
        shape = tuple(rng.integers(1, 5, size=rng.integers(0, 4)))
        steps = rng.integers(-2, 12, size=len(shape))
        positions = np.array(rng.integers(0, SIZE))
        for n, step in zip(shape, steps, strict=True):
            positions = np.add.outer(positions, np.arange(n) * step)
        positions = positions % SIZE
        found = made.read(ONCE, positions)
        assert found.shape == positions.shape
        assert (found == numbers[positions]).all()


@pytest.mark.parametrize(
    ("shape", "strides"),
    [((4, 6), (6, 1)), ((6, 4), (1, 6)), ((3, 4), (12, 2)), ((2, 3, 4), (60, 1, 10)), ((5, 1), (7, 0))],
)  # fmt: skip
def test_blocks_and_transposes_are_no_gathers(shape, strides):
    """A gather takes XLA many times as long."""
    positions = np.array(3)
    for n, step in zip(shape, strides, strict=True):
        positions = np.add.outer(positions, np.arange(n) * step)

    def read(numbers):
        program = Program([], SIZE, 0, 0, np.zeros(1), [[], []], False, None, None, 0, [], 0, [])
        return Memory(program, numbers, None, 1.0).read(ONCE, positions)

    numbers = np.arange(SIZE, dtype="float32")
    assert (np.asarray(read(jax.numpy.asarray(numbers))) == numbers[positions]).all()
    assert "gather" not in str(jax.make_jaxpr(read)(numbers))
