"""The function under test with its arguments: which numbers may vary, and how to run it at others."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.graph import topological_order
from autograd.reals import is_real, real
from autograd.structure import flatten
from autograd.transforms import gradient
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Recording(NamedTuple):
    """A function's graph."""

    leaves: list[Value]
    """What may vary: the arguments' numbers, then the parameters."""
    outputs: list[Any]
    """What the function returned, in a flat list."""
    names: list[str]
    """What to call each output."""


class Subject:
    """A function and the point at which it is looked at.

    Args:
        function: what to run.
        args: its arguments: numbers, Values, nested lists, tuples, dicts and arrays of them. Other things,
            and bools, are handed on as they are.
        parameters: leaf Values that the function uses without being given them.

    Attributes:
        names: what to call each number that may vary.
        point: the numbers.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], parameters: Sequence[Any] = ()
    ) -> None:
        if not callable(function):
            raise TypeError(f"gradcheck needs a function, not {type(function).__name__}")
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self.name = "f" if self.name == "<lambda>" else self.name
        self.parameters = list(parameters)
        self.names: list[str] = []
        self.point: list[float] = []
        self._leaves, self._structure = flatten(args)
        self._varying: list[int] = []
        argument_names = _argument_names(function, len(args))
        for i, leaf in enumerate(self._leaves):
            if isinstance(leaf, Value):
                number = leaf.data
            elif is_real(leaf) and type(leaf) is not bool:
                number = real(leaf, "an argument")
            else:
                continue
            self._varying.append(i)
            self.point.append(number)
            self.names.append(_path(argument_names, self._structure.path(i)))
        for i, parameter in enumerate(self.parameters):
            if not isinstance(parameter, Value) or parameter.primitive is not None:
                raise TypeError(f"parameters must be leaf Values, not {parameter!r:.60}")
            self.names.append(parameter.label or f"parameters[{i}]")
            self.point.append(parameter.data)
        if not self.point:
            raise TypeError(f"{self.name} was given no number whose derivative could be checked")

    def arguments(self, numbers: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments, with other numbers in the varying places."""
        leaves = list(self._leaves)
        for i, number in zip(self._varying, numbers, strict=False):
            leaves[i] = number
        arguments: tuple[Any, ...] = self._structure.unflatten(leaves)
        return arguments

    def record(self, point: Sequence[float] | None = None) -> Recording:
        """Run the function on Values; at other numbers, which the parameters are set to meanwhile."""
        point = self.point if point is None else point
        count = len(self._varying)
        leaves = [Value(x, name) for x, name in zip(point[:count], self.names[:count], strict=True)]
        before = [parameter.data for parameter in self.parameters]
        try:
            for parameter, x in zip(self.parameters, point[count:], strict=True):
                parameter.data = x
            everything = [*leaves, *self.parameters]
            return Recording(everything, *self._outputs(everything))
        finally:
            for parameter, x in zip(self.parameters, before, strict=True):
                parameter.data = x

    def rows(self, gradient: Callable[..., Any], outputs: int) -> list[list[float]]:
        """What a gradient function answers at the point: for each output a row of derivatives.

        Raises:
            ValueError: if it answers another number of derivatives.
        """
        answer = flatten(gradient(*self.arguments(self.point)))[0]
        numbers = [float(x.data if isinstance(x, Value) else x) for x in answer]
        width = len(self.point)
        if len(numbers) != outputs * width:
            raise ValueError(
                f"gradient must answer {outputs * width} numbers for {outputs} output(s) and "
                f"{width} input(s), not {len(numbers)}"
            )
        return [numbers[i : i + width] for i in range(0, len(numbers), width)]

    def goes_around(self, recorded: Recording) -> bool:
        """Whether the function's graph changes by more than its inputs when the inputs move a little: other
        constants, other operations. Then something in it does not follow the inputs."""
        moved = [x + 2.0**-20 * (abs(x) if x else 1.0) for x in self.point]
        try:
            other = self.record(moved)
        except Exception:  # noqa: BLE001  (out of the domain: nothing can be said)
            return False
        return _shape(recorded.outputs, recorded.leaves) != _shape(other.outputs, other.leaves)

    def _outputs(self, everything: list[Value]) -> tuple[list[Any], list[str]]:
        leaves = everything[: len(self._varying)]
        outputs, structure = flatten(self.function(*self.arguments(leaves)))
        return outputs, [self.name + structure.path(i) for i in range(len(outputs))]

    def run(self, point: Sequence[float]) -> list[Any]:
        """Run the function on plain numbers."""
        return flatten(self.function(*self.arguments(point)))[0]


def _shape(outputs: Sequence[Any], varying: Sequence[Value]) -> list[Any]:
    """All that a graph holds, but for the numbers that depend on the varying leaves."""
    if not all(isinstance(output, Value) for output in outputs):
        return list(outputs)
    order = topological_order(*outputs)
    place: dict[Value, Any] = {leaf: f"input {i}" for i, leaf in enumerate(varying)}
    shape: list[Any] = []
    for i, node in enumerate(order):
        if node in place:
            continue
        place[node] = i
        if node.primitive is None:
            shape.append(repr(node.data))
        else:
            operands = (repr(x) if isinstance(x, float) else place[x] for x in node.operands)
            shape.append((node.primitive.name, *operands))
    return [*shape, *(place[output] for output in outputs)]


class Derivatives(Subject):
    """A function's first derivatives, as Values, in place of its outputs."""

    def _outputs(self, everything: list[Value]) -> tuple[list[Any], list[str]]:
        outputs, names = super()._outputs(everything)
        found: list[Any] = []
        titles: list[str] = []
        for output, name in zip(outputs, names, strict=True):
            require_value(output, self.name)
            found += gradient(output, everything, create_graph=True)
            titles += [derivative_name(name, x) for x in self.names]
        return found, titles


def derivative_name(output: str, x: str) -> str:
    """``df/dx``, and ``d(df/dx)/dy`` of that."""
    return f"d({output})/d{x}" if "/" in output else f"d{output}/d{x}"


def require_value(output: Any, name: str) -> None:
    """Refuse an output that has no gradient.

    Raises:
        TypeError: if it is not a Value.
    """
    if not isinstance(output, Value):
        raise TypeError(
            f"{name} must return Values for its gradient to be checked, not {output!r:.60}; for a "
            f"function of floats, give gradient="
        )


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return [f"arg{i}" for i in range(count)]
    kinds = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = [parameter.name for parameter in parameters if parameter.kind in kinds]
    return [*names[:count], *(f"arg{i}" for i in range(len(names), count))]


def _path(names: list[str], path: str) -> str:
    """``[1][0]`` as ``y[0]``."""
    first, _, rest = path[1:].partition("]")
    return names[int(first)] + rest
