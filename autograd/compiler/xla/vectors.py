"""A function of a list of numbers as one of a JAX array, whose derivative is the compiler's, to any order."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...collector import collector_paused
from ...functions import dot
from ...structure import flatten
from ...transforms import value_and_grad
from ..pipeline import GROUP, LOWER, SIMPLIFY, Task, run
from ..stages import record
from .lowering import lower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...value import Value
    from ..ir.program import Program

    Array = Any
    Listed = Callable[[list[Any]], list[Any]]


class Vector:
    """A function of a list of numbers that returns one, as a function of an array (numbers,).

    JAX differentiates it in reverse, and does not look inside: what it gets is another of these, made of the derivative that
    the compiler makes. So conventions hold at kinks and where a branch is not taken, in derivatives of any order.

    Args:
        function: of a list of numbers.
        count: how many.
        wanted: by how many of the first of them to differentiate: the derivatives of what must then be one result come after
            it, as further results.
    """

    def __init__(self, function: Listed, count: int, wanted: int = 0) -> None:
        self._function = function
        self._count = count
        self._wanted = wanted

    def __call__(self, x: Array) -> Array:
        """The results, an array."""
        return self._differentiable(x)

    @cached_property
    def _program(self) -> tuple[Program, Sequence[Value]]:
        """The program, and the Values that it captures."""
        with collector_paused():
            program, captured, doubtful = self._made(exact=False)
            if doubtful:  # JAX cannot look for a nan and ask again
                program, captured, _ = self._made(exact=True)
        return program, captured

    def _made(self, exact: bool) -> tuple[Program, Sequence[Value], bool]:
        """The same, and whether something absent is read as 0, so that a nan may be wrong."""
        _, structure = flatten((([0.0] * self._count,), {}))
        recording = record(self._function, structure, exact)
        task = Task(tuple(range(self._wanted)), exact=exact)
        graph = run(recording, task, SIMPLIFY)
        program: Program = run(graph, task, *GROUP, *LOWER)
        return program, graph.parameters, recording.recorder.doubtful or program.doubtful

    @cached_property
    def _jitted(self) -> Any:
        import jax
        import jax.numpy as jnp

        compute = lower(self._program[0])

        def run(x: Array, captured: Array) -> Array:
            values, slopes = compute(jnp.concatenate([x, captured]))
            if not self._wanted:
                return values
            # One derivative may stand for all: 0, where nothing depends on them.
            return jnp.concatenate([values, jnp.broadcast_to(slopes, self._wanted)])

        return jax.jit(run)

    def _plain(self, x: Array) -> Array:
        import jax.numpy as jnp

        captured = [value.data for value in self._program[1]]
        return self._jitted(x, jnp.asarray(captured, x.dtype))

    @cached_property
    def _differentiable(self) -> Any:
        import jax
        import jax.numpy as jnp

        def forward(x: Array) -> tuple[Array, Array]:
            if self._is_one:
                found = self._derivative(x)
                return found[:1], found[1:]
            return self(x), x

        def backward(kept: Array, cotangent: Array) -> tuple[Array]:
            if self._is_one:
                return (cotangent * kept,)
            return (self._derivative(jnp.concatenate([kept, cotangent]))[1:],)

        function = jax.custom_vjp(self._plain)
        function.defvjp(forward, backward)
        return function

    @cached_property
    def _size(self) -> int:
        values, _ = self._program[0].outputs
        return sum(1 if isinstance(x, float) else len(x.positions) for x in values) + self._wanted

    @property
    def _is_one(self) -> bool:
        return self._size == 1

    @cached_property
    def _derivative(self) -> Vector:
        """Of the one result, the derivatives after it; of several, those of their sum with cotangents as factors."""
        count, listed = self._count, self._listed
        if self._is_one:
            return Vector(lambda xs: listed(xs)[0], count, wanted=count)
        weighted = lambda xs: dot(listed(xs[:count]), xs[count:])
        return Vector(weighted, count + self._size, wanted=count)

    def _listed(self, xs: list[Any]) -> list[Any]:
        """The results of a list of numbers, derivatives among them."""
        if not self._wanted:
            return self._function(xs)
        rest = xs[self._wanted :]
        value, slopes = value_and_grad(lambda first: self._function([*first, *rest]))(
            xs[: self._wanted]
        )
        return [value, *slopes]
