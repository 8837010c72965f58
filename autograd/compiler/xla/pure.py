"""``to_jax``: a function of scalars as a pure function of JAX's arrays."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ...structure import Structure, flatten
from ..compiled import Compiled
from ..plan import plan
from .installed import jax_for
from .vectors import Vector

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = Any


def to_jax(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of scalars as a pure function of JAX's arrays, for ``jax.jit``, ``grad``, ``vmap``, sharding and the rest.

    It takes numbers, arrays and JAX's trees of them (lists, tuples, dicts), which the function gets as it does from
    :func:`compile`, and answers with JAX arrays in the function's own structure. The function is called once on symbols for
    each structure and shape of arguments; what comes of it is the compiler's array program, which XLA compiles. It
    computes in float64 where an argument is of that and JAX has it switched on (``jax_enable_x64``), else in float32.

    ``jax.grad``, ``jax.vjp`` and ``jax.jacrev`` of it, in each other too, have our derivatives: what
    ``docs/conventions.md`` says of kinks and poles and of branches not taken holds at any order. JAX's forward mode
    (``jax.jvp``, ``jacfwd``, ``hessian``) refuses functions that bring their own derivative: use ``to_jax(hessian(f))``,
    ``to_jax(jvp(f))``, or ``jax.jacrev`` twice.

    Captured Values are constants with the numbers that they have when it is called, or traced: under ``jax.jit``, what they were
    then. What JAX is to differentiate by must be an argument.

    Args:
        function: any function of numbers, compiled or not, or a transform of one: ``grad``, ``value_and_grad`` and ``vmap``
            outermost become JAX's own.

    Raises:
        ImportError: if JAX is not installed.
        TypeError: if it is no function; when called, if an argument is not of real numbers.
        TraceError: when called, as :func:`compile`.

    >>> import jax
    >>> from autograd import relu, sum, to_jax
    >>> f = to_jax(lambda w, x: sum([relu(a * b) for a, b in zip(w, x)]))
    >>> w, x = jax.numpy.array([1.0, -1.0, 3.0]), jax.numpy.array([2.0, 3.0, 0.0])
    >>> float(f(w, x)), jax.jit(jax.grad(f))(w, x).tolist()
    (2.0, [2.0, 0.0, 0.0])
    """
    jax = jax_for("to_jax")
    if isinstance(function, Compiled):
        function = function.function
    if not callable(function):
        raise TypeError(f"to_jax needs a function, not {function!r:.60}")
    asked = plan(function)
    inner = made = _Pure(asked.function)
    if asked.argnums is not None:
        transform = jax.value_and_grad if asked.value else jax.grad
        made = transform(inner, asked.argnums, has_aux=asked.has_aux)
    if asked.lanes:
        made = jax.vmap(made, asked.moves or asked.in_axes, asked.out_axes)

    @functools.wraps(function, updated=())
    def pure(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = _as_floats((args, kwargs))
        return made(*args, **kwargs)

    return pure


def _as_floats(tree: Any) -> Any:
    """Arguments as arrays of one kind of float."""
    import jax
    import jax.numpy as jnp

    paths, structure = jax.tree_util.tree_flatten_with_path(tree)
    arrays = []
    for path, leaf in paths:
        try:
            array = None if isinstance(leaf, (str, bytes)) else jnp.asarray(leaf)
        except (TypeError, ValueError):
            array = None
        if array is None or not (array.dtype == bool or jnp.isrealobj(array)):
            where = jax.tree_util.keystr(path[1:])
            raise TypeError(
                f"argument {where} must be of real numbers, not {type(leaf).__name__}"
                + ("" if array is None else f" of {array.dtype}")
            )
        arrays.append(array)
    # One wide float among the arrays makes all wide; numbers of Python's make none.
    wide = any(array.dtype == "float64" and not array.weak_type for array in arrays)
    dtype = jnp.float64 if wide else jnp.float32
    if not any(
        jnp.issubdtype(array.dtype, jnp.floating) and not array.weak_type for array in arrays
    ):
        dtype = jnp.result_type(float)
    return jax.tree_util.tree_unflatten(structure, [array.astype(dtype) for array in arrays])


class _Pure:
    """A function of trees of arrays, with a :class:`Vector` for each structure and shape that it meets."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._known: dict[Any, _Shaped] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        import jax
        import jax.numpy as jnp

        arrays, tree = jax.tree_util.tree_flatten((args, kwargs))
        key = tree, tuple([array.shape for array in arrays])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Shaped(self._function, *key)
        if not arrays:
            return known(jnp.zeros(0))
        return known(jnp.concatenate([array.ravel() for array in arrays]))


class _Shaped:
    """A function of arrays of known shapes, as one of all their numbers."""

    def __init__(
        self, function: Callable[..., Any], tree: Any, shapes: tuple[tuple[int, ...], ...]
    ) -> None:
        import numpy as np

        places, start = [], 0
        for shape in shapes:
            size = int(np.prod(shape, dtype=int))
            places.append(np.arange(start, start + size, dtype=float).reshape(shape))
            start += size
        entries, structure = flatten(tree.unflatten([x if x.ndim else float(x) for x in places]))
        if entries != [*range(start)]:
            raise TypeError(
                f"to_jax takes lists, tuples, dicts and data classes of numbers, not {tree}"
            )
        self._answer: Structure | None = None

        def listed(xs: list[Any]) -> list[Any]:
            args, kwargs = structure.unflatten(xs)
            answer = function(*args, **kwargs)
            found, self._answer = flatten(answer)
            return found

        self._vector = Vector(listed, start)

    def __call__(self, numbers: Array) -> Any:
        found = self._vector(numbers)
        assert self._answer is not None
        return _assembled(self._answer, found)


def _assembled(structure: Structure, numbers: Array) -> Any:
    """Results in their structure."""
    if structure.kind is None:
        return numbers[0]
    if structure.is_array:
        return numbers.reshape(structure.shape)
    parts, start = [], 0
    for part in structure.parts:
        parts.append(_assembled(part, numbers[start : start + part.size]))
        start += part.size
    return structure.assemble(parts)
