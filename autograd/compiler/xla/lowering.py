"""An array program as a pure function of JAX's arrays, one operation of JAX's an instruction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ...namespaces import jax_namespace
from ...table import bind_table
from ..conditions import CONDITIONS
from ..ir.program import View
from .tracing import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.program import Instruction, Program

    Array = Any


def lower(program: Program) -> Callable[..., list[Array]]:
    """A program as a function ``(shared, lanes=None, seed=1.0)``.

    ``shared`` are the leaves that all lanes share, an array (leaves,) whose dtype is computed with; ``lanes`` is an array
    (lanes, leaves) of the others; ``seed`` is the cotangent to begin with. It answers with an array for each group of results,
    (numbers,), or (numbers, lanes) where one of them has lanes.

    >>> import jax.numpy as jnp
    >>> from autograd import compile, value_and_grad
    >>> f = compile(value_and_grad(lambda xs: sum(x * x for x in xs))).lower([0.0] * 3)
    >>> [found.tolist() for found in lower(f.program)(jnp.array([1.0, 2.0, 3.0]))]
    [[14.0], [2.0, 4.0, 6.0]]
    """
    forward = _forward()

    def run(shared: Array, lanes: Array | None = None, seed: Any = 1.0) -> list[Array]:
        memory = Memory(program, shared, lanes, seed)
        for instruction in program.instructions:
            op, out, operands, detail = instruction
            if op == "take":
                (source,) = operands
                assert isinstance(source, View)
                found = memory.read(source.arena, detail)
            elif op in _MEANINGS:
                found = _MEANINGS[op](instruction, *map(memory.operand, operands))
            else:
                sides = [memory.operand(x, narrow=True) for x in operands]
                if out.laned:
                    sides = [
                        x if isinstance(view, View) and view.laned else x[..., None]
                        for x, view in zip(sides, operands, strict=True)
                    ]
                found = forward[op](*sides)
            writes = instruction.writes
            tail = (memory.count,) if out.laned else ()
            if op not in {"take", "scatter"}:
                found = memory.jnp.broadcast_to(found, out.shape + tail)
            found = found.astype(memory.dtype).reshape((len(writes), *tail))
            memory.write(out.arena, writes, found)
        return [_joined(memory, group) for group in program.outputs]

    return run


@cache
def _forward() -> dict[str, Callable[..., Array]]:
    """What the elementwise instructions do: the table's rules, bound to JAX's namespace."""
    xp = jax_namespace()
    rules = {name: rule.forward for name, rule in bind_table(xp).items()}
    return (
        rules
        | {name: row.bind(xp).forward for name, row in CONDITIONS.items()}
        | {"copy": lambda x: x}
    )


def _joined(memory: Memory, group: list[Any]) -> Array:
    """A group of results side by side."""
    jnp = memory.jnp
    found = [
        memory.numbers([x]) if isinstance(x, float) else memory.read(x.arena, x.positions)
        for x in group
    ]
    if not found:
        return jnp.zeros(0, memory.dtype)
    if any(x.ndim > 1 for x in found):
        found = [
            jnp.broadcast_to(x if x.ndim > 1 else x[:, None], (len(x), memory.count)) for x in found
        ]
    return jnp.concatenate(found)


# --- what is no elementwise primitive; lanes are the last axis -------------------------------


def _product(a: Array, b: Array) -> Array:
    import jax.numpy as jnp

    # In all digits of the dtype, which is not what accelerators do unless asked.
    return jnp.matmul(a, b, precision="highest")


def _matmul(instruction: Instruction, a: Array, b: Array) -> Array:
    summed = all(isinstance(x, View) and x.laned for x in instruction.operands)  # over lanes
    return _product(a, b.swapaxes(-1, -2) if summed else b)


def _without_absent(instruction: Instruction, a: Array, b: Array) -> Array:
    """A product whose terms are 0 where the first factor is not there, in every lane."""
    import jax.numpy as jnp

    there = instruction.detail
    a, b = [x if x.ndim > there.ndim else x[..., None] for x in (a, b)]
    if there.all():
        found = jnp.moveaxis(_product(jnp.moveaxis(a, -1, 0), jnp.moveaxis(b, -1, 0)), 0, -1)
    else:
        terms = a[..., :, :, None, :] * b[..., None, :, :, :]
        found = jnp.where(there[..., :, :, None, None], terms, 0.0).sum(axis=-3)
    return found if instruction.out.laned else found[..., 0]


def _reduce(instruction: Instruction, x: Array) -> Array:
    import jax.numpy as jnp

    kind, axes = instruction.detail
    first = len(instruction.out.shape)
    function = getattr(jnp, _REDUCTIONS[kind])
    found: Array = function(x, axis=tuple(range(first, first + axes)))
    return found


def _accumulate(instruction: Instruction, x: Array) -> Array:
    from jax import lax

    function = getattr(lax, _ACCUMULATIONS[instruction.detail])
    return function(x, axis=len(instruction.out.shape) - 1)


def _ragged(instruction: Instruction, x: Array) -> Array:
    import jax
    import numpy as np

    kind, starts = instruction.detail
    segments = np.repeat(np.arange(len(starts)), np.diff([*starts, len(x)]))
    function = getattr(jax.ops, f"segment_{_REDUCTIONS[kind]}")
    found: Array = function(x, segments, len(starts), indices_are_sorted=True)
    return found


_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin"}
"""What JAX calls the reductions that a program names as NumPy does."""

_MEANINGS: dict[str, Callable[..., Array]] = {
    "scatter": lambda instruction, x: x,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "ragged": _ragged,
    "over_lanes": lambda instruction, x: x.sum(axis=-1),
    "matmul": _matmul,
    "absent": _without_absent,
    "lanewise": _without_absent,
    # Not as a product of matrices, in which XLA's loops are several times as slow.
    "vecdot": lambda instruction, a, b: (a * b).sum(),
}
