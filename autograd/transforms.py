"""Functions from functions: derivatives of a function of numbers, and its map over an axis.

Arguments and answers are numbers or nested lists, tuples, dicts, data classes and NumPy arrays of numbers, with
None for nothing (:mod:`autograd.structure`). Inside, the
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

from typing import TYPE_CHECKING, Any, Literal, overload

from .derivatives import (
    run_grad,
    run_hessian,
    run_hvp,
    run_jacobian,
    run_jvp,
    run_sparsity,
    run_value_and_grad,
    run_vjp,
    run_vmap,
)
from .graph import topological_order
from .operators import Operators
from .structure import flatten
from .sweeps import Sweep
from .tracing import as_value, or_zero, shown
from .transformed import Transformed, checked_argnums

if TYPE_CHECKING:
    from collections.abc import Callable

    from .transformed import Argnums
    from .value import Value

    Function = Callable[..., Any]


@overload
def gradient(output: Value, inputs: Value, create_graph: Literal[False] = False) -> float: ...
@overload
def gradient(output: Value, inputs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def gradient(
    output: Value, inputs: list[Value], create_graph: Literal[False] = False
) -> list[float]: ...
@overload
def gradient(output: Value, inputs: list[Value], create_graph: Literal[True]) -> list[Value]: ...
@overload
def gradient(output: Value, inputs: Any, create_graph: bool = False) -> Any: ...
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


def grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Transformed:
    """The function that computes the derivatives of a function that returns one number.

    Args:
        function: its differentiated arguments must be given by position.
        argnums: the argument to differentiate by, or a tuple of them; negative ones count from the end.
        has_aux: whether the function returns a pair, of the number to differentiate and anything else.

    Returns:
        A function of the same arguments, answering in the structure of the argument, or with a tuple of such
        answers if argnums is a tuple. With has_aux it answers with a pair: that, and the anything else, in which
        Values have become numbers as the function's value would.

    Raises:
        TypeError: when called, if the function does not return one number (with has_aux, a pair), if a
            differentiated argument holds something else than real numbers, or if argnums names an argument that
            did not come.

    >>> grad(lambda x, y: x * y)(2.0, 3.0)
    3.0
    >>> grad(lambda w, x: w["a"] * x + w["b"], argnums=(0, 1))({"a": 2.0, "b": 1.0}, 5.0)
    ({'a': 5.0, 'b': 1.0}, 2.0)
    >>> grad(lambda x: (x * x, {"twice": 2 * x, "name": "f"}), has_aux=True)(3.0)
    (6.0, {'twice': 6.0, 'name': 'f'})
    """
    return Transformed(run_grad, function, checked_argnums("grad", argnums), has_aux=has_aux)


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Transformed:
    """Like :func:`grad`, answering with a pair: the function's value (with has_aux, the pair that it returns) and
    the derivatives.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    >>> value_and_grad(lambda x: (x * x, [x, "seen"]), has_aux=True)(3.0)
    ((9.0, [3.0, 'seen']), 6.0)
    """
    argnums = checked_argnums("value_and_grad", argnums)
    return Transformed(run_value_and_grad, function, argnums, has_aux=has_aux)


def jacobian(
    function: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    mode: str | None = None,
    sparse: bool = False,
) -> Transformed:
    """The function that computes the derivatives of all numbers that a function returns.

    Args:
        function: may return any structure of numbers.
        argnums: as of :func:`grad`.
        has_aux: as of :func:`grad`.
        mode: ``"reverse"``, one reverse sweep a number returned; ``"forward"``, one forward sweep a number that
            came; or None, for whichever are fewer.
        sparse: whether to answer with a ``scipy.sparse.csr_array``, one row a number returned and one column a
            number that came, each in the order of their containers. Its entries are those of :func:`sparsity`, and
            columns (or rows) that meet nowhere share a sweep: a banded Jacobian takes as many as the band is wide.
            SciPy has to be installed. It takes no Values, and is refused in other transforms and compiled functions.

    Returns:
        A function that answers in the structure of what the function returns, with the derivatives, in the
        structure of the argument, in place of each number. An array of shape S that depends on an array of
        shape T gives one array of shape S + T. With has_aux, a pair as of :func:`grad`.

    Raises:
        ValueError: if there is no such mode.
        TypeError: when called, as :func:`grad`, or if a sparse answer would have to hold Values.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1], 2])([3.0, 4.0])
    [[4.0, 3.0], [1.0, 1.0], [0.0, 0.0]]
    >>> jacobian(lambda x: {"sine": [x, 2 * x], "none": None}, mode="forward")(1.0)
    {'sine': [1.0, 2.0], 'none': None}
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"jacobian needs mode as 'forward', 'reverse' or None, not {mode!r:.60}")
    argnums = checked_argnums("jacobian", argnums)
    return Transformed(run_jacobian, function, argnums, has_aux=has_aux, mode=mode, sparse=sparse)


def hessian(
    function: Function, argnums: Argnums = 0, has_aux: bool = False, sparse: bool = False
) -> Transformed:
    """The function that computes the second derivatives of all numbers that a function returns: the
    :func:`jacobian` of its :func:`jacobian`.

    Args and Returns are those of :func:`jacobian`, with the structure of the argument twice in the place of each
    number. A sparse one, of a function that returns one number, takes one reverse sweep and as many forward sweeps
    as a star colouring has colours: three where each number meets its two neighbours only, however many there are.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x: {"square": x * x, "cube": x**3})(2.0)
    {'square': 2.0, 'cube': 12.0}
    >>> hessian(lambda x: x[0] ** 2 * x[1] + x[2] ** 2, sparse=True)([3.0, 4.0, 5.0]).toarray()
    array([[8., 6., 0.],
           [6., 0., 0.],
           [0., 0., 2.]])
    """
    argnums = checked_argnums("hessian", argnums)
    return Transformed(run_hessian, function, argnums, has_aux=has_aux, sparse=sparse)


def sparsity(function: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Which derivatives of a function can be other than 0.

    Args:
        function: is called once.
        args: its arguments, plain numbers in containers; what is recorded at them counts: of an ``if`` the branch
            taken, of ``where`` both, but in a derivative the one taken.
        argnums: as of :func:`grad`.
        kwargs: further arguments.

    Returns:
        A ``scipy.sparse.csr_array`` of True, with one row a number returned and one column a number that came, each
        in the order of their containers. The pattern of the Hessian is that of the gradient, ``sparsity(grad(f), x)``;
        ``matplotlib.pyplot.spy`` draws either.

    Raises:
        TypeError: if an argument or the answer holds something else than numbers, or Values come.
        ImportError: if SciPy is not installed.

    >>> sparsity(lambda x: [x[0] * x[1], x[2] + 1.0, 0.0], [1.0, 2.0, 3.0]).toarray().astype(int)
    array([[1, 1, 0],
           [0, 0, 1],
           [0, 0, 0]])
    """
    argnums = checked_argnums("sparsity", argnums)
    return Transformed(run_sparsity, function, argnums)(*args, **kwargs)


def jvp(function: Function, *call: Any, has_aux: bool = False) -> Any:
    """The function that computes a function's value and its derivative in one direction.

    Returns:
        A function ``(primals, tangents) -> (value, tangent)``: primals are the arguments as a tuple, tangents
        the direction, in the same structure; value and tangent have the structure of what the function
        returns. With has_aux, whose meaning is :func:`grad`'s, a third answer is the anything else.
        ``jvp(f, primals, tangents)`` calls it at once, as JAX writes it.

    Forward mode: one forward sweep over the recorded graph.

    Raises:
        TypeError: when called, if primals is not a tuple or list of real numbers.
        ValueError: when called, if the tangents have another structure than the primals.

    >>> jvp(lambda x, y: x * y)((2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    transformed = Transformed(run_jvp, function, has_aux=has_aux)
    return transformed(*call) if call else transformed


def vjp(function: Function, *call: Any, has_aux: bool = False) -> Any:
    """The function that computes a function's value and its pullback.

    Returns:
        A function ``(*primals) -> (value, pullback)``. The pullback takes a cotangent in the structure of the
        value and returns a tuple, one entry an argument: the derivatives of the sum of cotangent times
        value. It may be called any number of times. With has_aux, whose meaning is :func:`grad`'s, a third
        answer is the anything else. ``vjp(f, *primals)`` calls at once, as JAX writes it.

    Reverse mode: one recording, and one reverse sweep a pullback.

    Raises:
        ValueError: by the pullback, if the cotangent has another structure than the value.

    >>> value, pullback = vjp(lambda x, y: [x * y, x - y])(2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, -1.0], (13.0, -8.0))
    """
    transformed = Transformed(run_vjp, function, has_aux=has_aux)
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
    transformed = Transformed(run_hvp, function)
    return transformed(*call) if call else transformed


def vmap(function: Function, in_axes: Any = 0, out_axes: Any = 0) -> Transformed:
    """The function that maps a function over an axis of its arguments.

    The axes of nested lists are their levels, those of an array its own; a tuple, a dict or a data class has the
    axes of its entries. The answers are stacked in the same way: numbers to a list (to an array if an
    array was mapped), lists to a list of lists, arrays to an array with one more axis, a tuple, a dict or a data
    class to one of stacks.

    Args:
        function: called once for each position along the axis.
        in_axes: an axis, negative ones counting from the last, or a tuple of one entry an argument: an axis; None
            for an argument that is not mapped but passed as it came to all calls; or a tree of these in the
            argument's structure, as deep as need be. A list in in_axes is such a tree, too. Keyword arguments are
            not mapped.
        out_axes: where the answers' new axis is to be: an axis, or a tree in the answer's structure, in which None
            stands for what is the same at all positions and is not stacked.

    Raises:
        TypeError: if in_axes or out_axes hold something else than ints and None.
        ValueError: if in_axes maps nothing; when called, if the axes differ in length, if a mapped argument has
            none such, or if the function's answers differ in structure.

    >>> vmap(lambda w, x: w * x, in_axes=(None, 0))(10.0, [1.0, 2.0])
    [10.0, 20.0]
    >>> vmap(lambda column: column[0] + column[1], in_axes=1)([[1.0, 2.0], [3.0, 4.0]])
    [4.0, 6.0]
    >>> vmap(lambda p: [p["w"] * p["x"], 0.0], in_axes=({"w": None, "x": 0},), out_axes=1)(
    ...     {"w": 10.0, "x": [1.0, 2.0]}
    ... )
    [[10.0, 20.0], [0.0, 0.0]]
    """
    for name, axes in (("in_axes", in_axes), ("out_axes", out_axes)):
        leaves, structure = flatten(axes)
        for index, axis in enumerate(leaves):
            if type(axis) is not int:
                raise TypeError(
                    f"vmap needs {name} as an int, None, or a tree of these, not {axis!r:.60} as "
                    f"{name}{structure.path(index)}"
                )
        if name == "in_axes" and not leaves:
            raise ValueError("in_axes must map at least one argument, with an axis such as 0")
    return Transformed(run_vmap, function, in_axes=in_axes, out_axes=out_axes)
