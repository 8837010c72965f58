"""Functions from functions: derivatives of a function of numbers, and its map over an axis.

Arguments and answers are numbers or nested lists, tuples, dicts and NumPy arrays of numbers. Inside, the
differentiated arguments arrive as Values in the same containers (an array as an object array), and the
derivatives come back in the arguments' structure. Numbers in, numbers out; Values in, Values out,
connected to them: so transforms compose to any order.

>>> def f(x):
...     return x**3
>>> grad(f)(2.0), grad(grad(f))(2.0), vmap(grad(f))([1.0, 2.0])
(12.0, 12.0, [3.0, 12.0])

Each call runs the function once, on fresh nodes: whatever else it touches, the graph of a captured Value
and its ``grad`` included, stays as it was. Numbers in are numbers out even when the function uses captured
Values (a model's parameters), unless an enclosing transform is at work, to which the answer is
then connected.

A function that ignores its arguments has derivative 0, and so has whatever went through ``.data``, ``detach()``
or a ``no_grad()`` inside the function. A ``no_grad()`` around the transform only means that the answer
records nothing.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .batching import over_leading_axes
from .decorated import global_name
from .graph import topological_order
from .operators import Operators
from .structure import Structure, flatten, stack
from .sweeps import Sweep
from .tracing import Record, as_numbers, as_value, connection, name_of, or_zero, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .value import Value

    Function = Callable[..., Any]
    Argnums = int | tuple[int, ...]


def gradient(output: Value, inputs: Any, create_graph: bool = False) -> Any:
    """The derivatives of a Value with respect to Values it was computed from; nobody's ``grad`` is touched.

    Args:
        output: the Value to differentiate.
        inputs: a Value, or nested containers of Values: leaves, or nodes on the way.
        create_graph: answer with Values, which can be differentiated again.

    Returns:
        The derivatives in the structure of the inputs; 0 for an input that the output does not depend on.

    Raises:
        TypeError: if the output or an input is not a Value.
        StaleGraphError: with ``create_graph``, if a leaf was changed after the graph was recorded.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> gradient(x * y, {"x": x, "y": y})
    {'x': 3.0, 'y': 2.0}
    """
    if not isinstance(output, Operators):
        raise TypeError(f"output must be a Value, not {shown(output)}")
    leaves, structure = flatten(inputs)
    for index, leaf in enumerate(leaves):
        if not isinstance(leaf, Operators):
            place = f"inputs{structure.path(index)}"
            raise TypeError(f"{place} must be a Value, not {shown(leaf)}")
    sweep = Sweep(topological_order(output), leaves, [output])
    cotangents = or_zero(sweep.pull([1.0], create_graph))
    return structure.unflatten([as_value(g) for g in cotangents] if create_graph else cotangents)


# --- what a transform returns ----------------------------------------------------------------


class Transformed:
    """A function made by a transform, which remembers what it was made from.

    Attributes:
        transform: the transform's name, such as ``"grad"``.
        function: the function that was transformed.
        argnums: the arguments it differentiates by, as they were given; None where that is not a choice.
        in_axes: what :func:`vmap` maps over, as it was given; None for the other transforms.
    """

    argnums: Argnums | None
    in_axes: Any

    def __init__(
        self,
        run: Callable[..., Any],
        function: Function,
        argnums: Argnums | None = None,
        in_axes: Any = None,
    ) -> None:
        self.transform = run.__name__.removeprefix("_run_")
        if not callable(function):
            raise TypeError(f"{self.transform} needs a function, not {shown(function)}")
        functools.update_wrapper(self, function, updated=())
        if self.transform in {"jvp", "hvp"}:  # which have a signature of their own
            del self.__dict__["__wrapped__"]
        self.__name__ = self.__qualname__ = f"{self.transform}({name_of(function)})"
        self.run = run
        self.function = function
        self.argnums = argnums
        self.in_axes = in_axes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(self, *args, **kwargs)

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        # As a function would, so that a method can be decorated.
        return self if instance is None else functools.partial(self, instance)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return global_name(self) or super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def grad(function: Function, argnums: Argnums = 0) -> Transformed:
    """The function that computes the derivatives of a function that returns one number.

    Args:
        function: its differentiated arguments must be given by position.
        argnums: the argument to differentiate by, or a tuple of them; negative ones count from the end.

    Returns:
        A function of the same arguments, answering in the structure of the argument, or with a tuple of such
        answers if argnums is a tuple.

    Raises:
        TypeError: when called, if the function does not return one number, if a differentiated argument holds
            something else than real numbers, or if argnums names an argument that did not come.

    >>> grad(lambda x, y: x * y)(2.0, 3.0)
    3.0
    >>> grad(lambda w, x: w["a"] * x + w["b"], argnums=(0, 1))({"a": 2.0, "b": 1.0}, 5.0)
    ({'a': 5.0, 'b': 1.0}, 2.0)
    """
    return Transformed(_run_grad, function, _checked_argnums("grad", argnums))


def value_and_grad(function: Function, argnums: Argnums = 0) -> Transformed:
    """Like :func:`grad`, answering with a pair: the function's value and the derivatives.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return Transformed(_run_value_and_grad, function, _checked_argnums("value_and_grad", argnums))


def jacobian(function: Function, argnums: Argnums = 0) -> Transformed:
    """The function that computes the derivatives of all numbers that a function returns.

    Returns:
        A function that answers in the structure of what the function returns, with the derivatives, in the
        structure of the argument, in place of each number. An array of shape S that depends on an array of
        shape T gives one array of shape S + T.

    Takes one reverse sweep a number returned or one forward sweep a number that came, whichever are fewer.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1], 2])([3.0, 4.0])
    [[4.0, 3.0], [1.0, 1.0], [0.0, 0.0]]
    """
    return Transformed(_run_jacobian, function, _checked_argnums("jacobian", argnums))


def hessian(function: Function, argnums: Argnums = 0) -> Transformed:
    """The function that computes the second derivatives of a function that returns one number: the
    :func:`jacobian` of its :func:`grad`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    return Transformed(_run_hessian, function, _checked_argnums("hessian", argnums))


def jvp(function: Function, *call: Any) -> Any:
    """The function that computes a function's value and its derivative in one direction.

    Returns:
        A function ``(primals, tangents) -> (value, tangent)``: primals are the arguments as a tuple, tangents
        the direction, in the same structure; value and tangent have the structure of what the function
        returns. ``jvp(f, primals, tangents)`` calls it at once, as JAX writes it.

    Forward mode: one forward sweep over the recorded graph.

    Raises:
        TypeError: when called, if primals is not a tuple or list of real numbers.
        ValueError: when called, if the tangents have another structure than the primals.

    >>> jvp(lambda x, y: x * y)((2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    transformed = Transformed(_run_jvp, function)
    return transformed(*call) if call else transformed


def vjp(function: Function, *call: Any) -> Any:
    """The function that computes a function's value and its pullback.

    Returns:
        A function ``(*primals) -> (value, pullback)``. The pullback takes a cotangent in the structure of the
        value and returns a tuple, one entry an argument: the derivatives of the sum of cotangent times
        value. It may be called any number of times. ``vjp(f, *primals)`` calls at once, as JAX writes it.

    Reverse mode: one recording, and one reverse sweep a pullback.

    Raises:
        ValueError: by the pullback, if the cotangent has another structure than the value.

    >>> value, pullback = vjp(lambda x, y: [x * y, x - y])(2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, -1.0], (13.0, -8.0))
    """
    transformed = Transformed(_run_vjp, function)
    return transformed(*call) if call else transformed


def hvp(function: Function, *call: Any) -> Any:
    """The function that computes the product of a function's Hessian with a direction.

    Returns:
        A function ``(primals, tangents) -> products``, all three tuples with one entry an argument of the
        function, whose Hessian is that by all its arguments together. ``hvp(f, primals, tangents)`` calls
        it at once.

    Forward over reverse: the :func:`jvp` of :func:`grad`. It costs a small multiple of the function, however
    many numbers come, where the :func:`hessian` costs that multiple a number.

    >>> hvp(lambda x: x[0] ** 2 * x[1])(([3.0, 4.0],), ([1.0, 0.0],))
    ([8.0, 6.0],)
    """
    transformed = Transformed(_run_hvp, function)
    return transformed(*call) if call else transformed


def vmap(function: Function, in_axes: Any = 0) -> Transformed:
    """The function that maps a function over the leading axis of its arguments.

    The leading axis of a list is its elements, that of an array its first; a tuple or a dict has the axes of
    its entries. The answers are stacked in the same way: numbers to a list (to an array if an
    array was mapped), lists to a list of lists, arrays to an array with one more axis, a tuple or a dict to
    one of stacks.

    Args:
        function: called once for each position along the axis.
        in_axes: 0, or a tuple of one entry an argument: 0, or None for an argument that is not mapped but
            passed as it came to all calls. Keyword arguments are not mapped.

    Raises:
        ValueError: when called, if the axes differ in length, or if a mapped argument has none, or if the
            function's answers differ in structure.

    >>> vmap(lambda w, x: w * x, in_axes=(None, 0))(10.0, [1.0, 2.0])
    [10.0, 20.0]
    """
    axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,)
    if any(axis is not None and (type(axis) is not int or axis != 0) for axis in axes):
        raise ValueError(f"in_axes must be 0, or a tuple of 0 and None, not {in_axes!r}")
    if not any(axis == 0 for axis in axes):
        raise ValueError("in_axes must map at least one argument, with a 0")
    return Transformed(_run_vmap, function, in_axes=in_axes)


# --- running ---------------------------------------------------------------------------------


def _run_grad(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    return _run_value_and_grad(self, *args, **kwargs)[1]


def _run_value_and_grad(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    record = _record(self, args, kwargs)
    if record.out.kind is not None:
        raise TypeError(
            f"{self.transform} needs a function that returns one number, but {name_of(self.function)} "
            f"returned {record.out.describe()}; use jacobian for the derivatives of each"
        )
    derivatives = record.answer(record.pull([1.0]))
    return record.answer(record.outputs)[0], _by_argument(self, record, derivatives)


def _run_jacobian(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    record = _record(self, args, kwargs)
    columns, rows = range(len(record.inputs)), range(len(record.outputs))
    if len(rows) <= len(columns):
        matrix = [record.pull([1.0 if i == row else None for i in rows]) for row in rows]
    else:
        pushed = [
            record.push([1.0 if j == column else None for j in columns]) for column in columns
        ]
        matrix = [[pushed[column][row] for column in columns] for row in rows]
    matrix = [record.answer(row) for row in matrix]
    if isinstance(self.argnums, int):
        return _blocks(record.out, record.structures[0], matrix)
    inputs = Structure(tuple, len(columns), children=tuple(record.structures))
    return _blocks(record.out, inputs, matrix)


def _run_hessian(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    argnums: Any = self.argnums
    return jacobian(grad(self.function, argnums), argnums)(*args, **kwargs)


def _run_jvp(self: Transformed, primals: Any, tangents: Any) -> Any:
    directions = _directions(primals, tangents)
    record = Record(self.transform, self.function, primals, {}, range(len(primals)))
    if record.connect is None:
        record.connect = connection(set(map(type, directions)))
    pushed = record.answer(record.push(directions))
    return record.out.unflatten(record.answer(record.outputs)), record.out.unflatten(pushed)


def _run_vjp(self: Transformed, *primals: Any) -> Any:
    record = Record(self.transform, self.function, primals, {}, range(len(primals)))

    def pullback(cotangent: Any) -> Any:
        cotangents = as_numbers(
            record.out.match(cotangent, "the cotangent", f"the value of {name_of(self.function)}"),
            record.out,
            "the cotangent",
        )
        connect = record.connect or connection(set(map(type, cotangents)))
        pulled = record.pull(cotangents, connected=connect is not None)
        pulled = [connect(x) for x in pulled] if connect is not None else record.answer(pulled)
        return _split(record.structures, pulled)

    return record.out.unflatten(record.answer(record.outputs)), pullback


def _run_hvp(self: Transformed, primals: Any, tangents: Any) -> Any:
    _directions(primals, tangents)
    derivatives = grad(self.function, argnums=tuple(range(len(primals))))
    return jvp(derivatives)(primals, tangents)[1]


def _run_vmap(self: Transformed, *args: Any, **kwargs: Any) -> Any:
    return over_leading_axes(self.function, self.in_axes, args, kwargs)


def _record(self: Transformed, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Record:
    """Record a call of a transformed function whose argnums were chosen."""
    argnums = (self.argnums,) if isinstance(self.argnums, int) else self.argnums or ()
    count = len(args)
    for argnum in argnums:
        if not -count <= argnum < count:
            raise TypeError(
                f"{self.transform} differentiates argument {argnum} of {name_of(self.function)}, but "
                f"{count} arguments came by position"
            )
    chosen = [argnum % count for argnum in argnums]
    if len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums={self.argnums} names one of {count} arguments twice")
    return Record(self.transform, self.function, args, kwargs, chosen)


def _by_argument(self: Transformed, record: Record, numbers: list[Any]) -> Any:
    if isinstance(self.argnums, int):
        return record.structures[0].unflatten(numbers)
    return _split(record.structures, numbers)


def _split(structures: Sequence[Structure], numbers: Sequence[Any]) -> tuple[Any, ...]:
    """A tuple of trees from all their entries."""
    trees, start = [], 0
    for structure in structures:
        trees.append(structure.unflatten(numbers[start : start + structure.size]))
        start += structure.size
    return tuple(trees)


def _directions(primals: Any, tangents: Any) -> list[Any]:
    """The entries of tangents, which must have the structure of primals."""
    for name, tree in (("primals", primals), ("tangents", tangents)):
        if not isinstance(tree, (tuple, list)):
            raise TypeError(
                f"{name} must be a tuple with an entry for each argument, such as (x,), not "
                f"{shown(tree)}"
            )
    structure = flatten(tuple(primals))[1]
    return as_numbers(
        structure.match(tuple(tangents), "tangents", "primals"), structure, "tangents"
    )


def _blocks(out: Structure, inputs: Structure, matrix: list[list[Any]]) -> Any:
    """A Jacobian's rows and columns in the structures of outputs and inputs, the outputs' outside."""
    if out.kind is None:
        return inputs.unflatten(matrix[0])
    if not out.is_array:
        items, start = [], 0
        for part in out.parts:
            items.append(_blocks(part, inputs, matrix[start : start + part.size]))
            start += part.size
        return out.assemble(items)
    if inputs.kind is not None and not inputs.is_array:
        items, start = [], 0
        for part in inputs.parts:
            stop = start + part.size
            items.append(_blocks(out, part, [row[start:stop] for row in matrix]))
            start = stop
        return inputs.assemble(items)
    return stack([number for row in matrix for number in row], out.shape + inputs.shape)


# --- messages --------------------------------------------------------------------------------


def _checked_argnums(transform: str, argnums: Any) -> Argnums:
    numbers = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    if not numbers or any(type(number) is not int for number in numbers):
        raise TypeError(
            f"{transform} needs argnums as an int or a tuple of ints, such as 0 or (0, 2), not "
            f"{argnums!r}"
        )
    return numbers if isinstance(argnums, (tuple, list)) else numbers[0]
