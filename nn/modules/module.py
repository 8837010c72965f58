"""Module: a function with parameters in it, which it finds by looking at its own attributes."""

from __future__ import annotations

from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

from autograd import Value

from .parameter import Parameter, indexed, shape_of_parameters
from .scoping import Called
from .showing import brief, holds
from .state import Buffer, Plan, flatten, numbers, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import ClassVar, Self

    from autograd.drawing import Graph, Options

    from .state import Misfits, State


class Module(Called):
    """A function with parameters: layers, networks and whatever is built of them.

    Write ``forward``, and keep parameters and other modules in attributes, bare or inside lists, tuples,
    dicts or NumPy object arrays, nested as you like. There is nothing to register and no ``__init__`` to
    call; a parameter that is reachable on several ways counts once.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Parameter(2.0), Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Value(data=7.0, grad=0.0)
    >>> [name for name, _ in line.named_parameters()]
    ['slope', 'offset']

    A plain Value in an attribute is a constant, unless the class says otherwise by overriding
    ``parameters()``, as classes written for micrograd do; overriding ``__call__`` works too.

    Attributes:
        training: whether the module is being trained; see :meth:`train`.
        class_names: the names of the classes that the outputs are scores of, if :func:`nn.fit` was given names.
    """

    training: bool = True
    class_names: Sequence[str] = ()

    buffers: ClassVar[tuple[str, ...]] = ()
    """Names of attributes, numbers or lists of numbers, that belong in ``state_dict()`` but are not trained."""

    numbered: ClassVar[str] = ""
    """The attribute, a list, whose items go by their numbers alone in ``state_dict()``: ``0.weight``."""

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes; for subclasses to write."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x) method")

    def _drawing(self, options: Options) -> Graph:
        """The architecture, for ``autograd.draw``."""
        from nn.pictures.diagram import diagram  # it knows the layers, which are modules

        return diagram(self, options)

    # --- what is inside ----------------------------------------------------------------------

    def parameters(self) -> list[Parameter]:
        """All parameters, each once, in the order of the attributes."""
        found: dict[int, Parameter] = {}
        for _, entry in _walk(self, "", set(), inherited=True):
            if not isinstance(entry, Buffer):
                for parameter in flatten(entry):
                    found.setdefault(id(parameter), parameter)
        return list(found.values())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once, with names that are Python expressions after ``self.``.

        >>> from nn import MLP
        >>> [name for name, _ in MLP(2, [1]).named_parameters()]
        ['layers[0].neurons[0].w[0]', 'layers[0].neurons[0].w[1]', 'layers[0].neurons[0].b']
        """
        seen: set[int] = set()
        for name, entry in _walk(self, "", set()):
            if not isinstance(entry, Buffer):
                for suffix, parameter in indexed(entry, ""):
                    if id(parameter) not in seen:
                        seen.add(id(parameter))
                        yield name + suffix, parameter

    def modules(self) -> Iterator[Module]:
        """This module and all modules inside it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, called ``""``, and all inside it, each once, with names as of the parameters."""
        yield from _walk_modules(self, "", set())

    # --- modes -------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Put this module and all inside it into training mode, in which Dropout drops; returns self."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and all inside it into evaluation mode; returns self."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Set all parameters' gradients to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def requires_grad_(self, required: bool = True) -> Self:
        """Free all parameters, or freeze them so that training leaves them as they are; returns self.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 1])
        >>> frozen = model.layers[0].requires_grad_(False)
        >>> sum(p.requires_grad for p in model.parameters())
        4
        """
        for parameter in self.parameters():
            parameter.requires_grad = required
        return self

    # --- state -------------------------------------------------------------------------------

    def state_dict(self) -> State:
        """The numbers that training changes: a copy, by name.

        Returns:
            for each parameter a float, for each attribute that is a list of parameters (or a list of equally
            long lists...) one list of floats of that shape; and the buffers.

        >>> from nn import Linear
        >>> Linear(3, 2, init="zeros").state_dict()
        {'weight': [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], 'bias': [0.0, 0.0]}
        """
        return {name: numbers(entry) for name, entry in _walk(self, "", set(), state=True)}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Misfits:
        """Set the parameters and buffers to what :meth:`state_dict` gave. Gradients are left alone.

        Args:
            state: numbers by name: lists, NumPy arrays, PyTorch's tensors.
            strict: False takes what is there under a name of the module's and leaves the rest.

        Returns:
            The names that are missing and those that are extra, both empty if strict.

        Raises:
            TypeError: if state is not a mapping.
            ValueError: if anything is of another shape or, if strict, missing or extra, naming all of it. The module
                is then as it was.
        """
        planned = self.state_plan(state, strict)
        planned.carry_out()
        return planned.misfits

    def state_plan(self, state: Mapping[str, Any], strict: bool = True) -> Plan:
        """Check a state for :meth:`load_state_dict` without loading it; raises what that does."""
        return plan(type(self).__name__, dict(_walk(self, "", set(), state=True)), state, strict)

    def config(self) -> dict[str, Any] | None:
        """The arguments of the class that give a module of this architecture: modules and JSON's types.

        None, the default, if it cannot be told: :func:`nn.save` then saves the numbers alone.
        """
        return None

    @classmethod
    def asks_for(cls, arguments: dict[str, Any]) -> int:
        """How many parameters a module with arguments of :meth:`config` has of its own, before one is made.

        Raises:
            TypeError, ValueError: if a size is no whole number from 1.
        """
        del arguments
        return 0

    @classmethod
    def from_config(cls, arguments: dict[str, Any]) -> Self:
        """A module with the arguments that :meth:`config` gave."""
        return cls(**arguments)

    @recursive_repr()  # a module may know its parent
    def __repr__(self) -> str:
        inside = [f"{key}={brief(value)}" for key, value in vars(self).items() if holds(value)]
        return f"{type(self).__name__}({', '.join(inside)})"


# --- walking ---------------------------------------------------------------------------------


def modules_of(model: Any) -> list[Any]:
    """The modules in a model; a plain function shows none.

    >>> modules_of(lambda x: x)
    []
    """
    return list(model.modules()) if hasattr(model, "modules") else []


def _walk(
    value: Any, name: str, seen: set[int], inherited: bool = False, state: bool = False
) -> Iterator[tuple[str, Any]]:
    """The entries of the state: parameters, rectangular lists of parameters, and buffers.

    Args:
        value: where to look.
        name: the name of that place.
        seen: ids of the modules and lists that were visited.
        inherited: whether to look past the value's own ``parameters()``, which is the caller.
        state: whether names are to be those of a state.
    """
    if isinstance(value, Parameter):
        yield name, value
    elif isinstance(value, Module):
        if id(value) in seen:
            return
        seen.add(id(value))
        prefix = name + "." if name else ""
        if not inherited and type(value).parameters is not Module.parameters:
            # As micrograd's users write it: what such a method names counts, whatever its type.
            for i, parameter in enumerate(value.parameters()):
                yield f"{prefix}parameters()[{i}]", parameter
        else:
            for key, inner in vars(value).items():
                if state and key == value.numbered:
                    for i, item in enumerate(inner):
                        yield from _walk(item, f"{prefix}{i}", seen, state=True)
                else:
                    yield from _walk(inner, prefix + key, seen, state=state)
        for attribute in value.buffers:
            yield prefix + attribute, Buffer(value, attribute)
    elif isinstance(value, (list, tuple)):
        if id(value) in seen:
            return
        seen.add(id(value))
        if shape_of_parameters(value) is not None:
            yield name, value
        else:
            for i, inner in enumerate(value):
                yield from _walk(inner, f"{name}[{i}]", seen, state=state)
    elif isinstance(value, dict):
        if id(value) in seen:
            return
        seen.add(id(value))
        for key, inner in value.items():
            yield from _walk(inner, f"{name}[{key!r}]", seen, state=state)
    elif _is_object_array(value):
        # A copy of the set, since the list is gone after this and its id may come again.
        yield from _walk(value.tolist(), name, set(seen), state=state)


def _walk_modules(value: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
    if isinstance(value, Module):
        if id(value) in seen:
            return
        seen.add(id(value))
        yield name, value
        prefix = name + "." if name else ""
        for key, inner in vars(value).items():
            yield from _walk_modules(inner, prefix + key, seen)
    elif isinstance(value, (list, tuple, dict)):
        if id(value) in seen:
            return
        seen.add(id(value))
        items: Iterable[Any] = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            if not isinstance(inner, Value):  # as weights are, of which there are many
                yield from _walk_modules(inner, f"{name}[{key!r}]", seen)
    elif _is_object_array(value):
        yield from _walk_modules(value.tolist(), name, set(seen))


def _is_object_array(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "O" and hasattr(value, "tolist")
