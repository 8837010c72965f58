"""One call of a function on fresh nodes, to be differentiated: what all transforms begin with."""

from __future__ import annotations

import threading
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from . import modes
from . import primitives as p
from .graph import topological_order
from .operators import Operators
from .reals import is_real, real
from .state import state
from .structure import Structure, entry_types, flatten, mapped
from .sweeps import Sweep
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_lock = threading.Lock()


class Record:
    """One call of a function on fresh nodes: its inputs and outputs, and the graph between.

    Args:
        transform: the name of what records, for messages.
        function: what to call.
        args: its arguments.
        kwargs: those by name.
        chosen: the arguments to differentiate by.
        has_aux: whether the function returns a pair, of what to differentiate and anything else.

    Attributes:
        inputs: the entries of the chosen arguments, as fresh nodes.
        structures: the chosen arguments'.
        outputs: the entries of the answer.
        out: their structure.
        aux: the anything else.
        order: the graph between in topological order, without the inputs.
    """

    __slots__ = (
        "aux",
        "connect",
        "inputs",
        "order",
        "out",
        "outputs",
        "structures",
        "sweep",
        "symbol",
        "transform",
    )

    def __init__(
        self,
        transform: str,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        chosen: Sequence[int],
        has_aux: bool = False,
    ) -> None:
        self.transform = transform
        self.inputs: list[Any] = []
        self.structures: list[Structure] = []
        name = name_of(function)
        arguments = list(args)
        integers = []
        others = [arg for number, arg in enumerate(args) if number not in chosen]
        kinds = entry_types((others, kwargs)) if others or kwargs else set()
        for number in chosen:
            leaves, structure = flatten(args[number])
            nodes = [
                Value(x) if type(x) is float else _fresh(x)
                for x in as_numbers(leaves, structure, f"argument {number}", f" of {name}")
            ]
            found = set(map(type, leaves))
            kinds |= found
            if int in found:
                integers.append(number)
            self.inputs += nodes
            self.structures.append(structure)
            arguments[number] = structure.unflatten(nodes)

        nested = modes.dropped.get() is not None
        dropped: list[str] = []
        token = modes.dropped.set(dropped)
        with _lock:
            state.transforming += 1
        try:
            with nullcontext() if modes.recording.get() else modes.enable_grad():
                answer = function(*arguments, **kwargs)
        except TypeError as error:
            note_on_arrays(error)
            if integers:
                error.add_note(
                    f"{transform} passes the arguments that it differentiates as Values; "
                    f"{name} got a whole number in argument {', '.join(map(str, integers))}: "
                    f"if it counts or indexes, leave it out of argnums"
                )
            raise
        finally:
            with _lock:
                state.transforming -= 1
            modes.dropped.reset(token)
        self.aux: Any = None
        if has_aux:
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise TypeError(
                    f"{transform} with has_aux=True needs a function that returns a pair, what to "
                    f"differentiate and anything else, but {name} returned {shown(answer)}"
                )
            answer, self.aux = answer
        if answer is None:
            raise TypeError(
                f"{transform} needs a function that returns numbers, but {name} returned "
                f"{shown(answer)} (is a return missing?)"
            )
        self.outputs, self.out = flatten(answer)
        for index, output in enumerate(self.outputs):
            if not isinstance(output, Operators) and not is_real(output):
                raise TypeError(
                    f"{transform} needs a function that returns numbers, but {name} returned "
                    f"{shown(output)}{self.out.path(index) and ' in ' + self.out.path(index)}"
                )
        roots: list[Any] = [output for output in self.outputs if isinstance(output, Operators)]
        if dropped and len(roots) < len(self.outputs):
            raise TypeError(
                f"{transform} cannot differentiate {name}: it returned a plain number after turning a "
                f"Value into a float, {dropped[0]}. Use autograd's function of the same name instead of "
                f"math's, and no float(); or .data, if the derivative is meant to be 0"
            )
        # Symbols keep their graph in the compiler's recording, which knows how to differentiate it.
        symbols = [node for node in (*roots, *self.inputs) if not isinstance(node, Value)]
        self.symbol: Any = symbols[0] if symbols else None
        self.order: list[Any] = []
        if symbols:
            self.connect: Callable[[Any], Any] | None = _as_it_is
            return
        self.order = order = topological_order(*roots, until=self.inputs)
        self.connect = connection(kinds)
        if nested and self.connect is None and any(node.primitive is None for node in order):
            # Something was captured, perhaps from the enclosing transform.
            self.connect = connection(set(map(type, roots)))
        self.sweep = Sweep([*self.inputs, *order], self.inputs, self.outputs)

    def pull(self, cotangents: Sequence[Any], connected: bool = False) -> list[Any]:
        """The derivatives by each input of the sum of cotangents times outputs."""
        if self.symbol is not None:
            seeds = [
                (output, cotangent)
                for output, cotangent in zip(self.outputs, cotangents, strict=True)
                if cotangent is not None and isinstance(output, Operators)
            ]
            return list(self.symbol._pull(seeds, self.inputs))
        create = connected or self.connect is not None
        return or_zero(self.sweep.pull(cotangents, create))

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The derivatives of each output in the direction of the tangents; None is no tangent."""
        if self.symbol is not None:
            seeds = [
                (node, tangent)
                for node, tangent in zip(self.inputs, tangents, strict=True)
                if tangent is not None
            ]
            return list(self.symbol._push(seeds, self.outputs))
        return or_zero(self.sweep.push(tangents, self.connect is not None))

    def answer(self, numbers: Sequence[Any]) -> list[Any]:
        """Numbers as they are to be handed out: Values if Values came, else floats."""
        if self.connect is not None:
            return [self.connect(number) for number in numbers]
        return [x if type(x) is float else _plain(x) for x in numbers]

    def answer_aux(self) -> Any:
        """What came beside the answer: Values as they are to be handed out, all else as it is."""
        hand_out = self.connect or _plain
        return mapped(self.aux, lambda x: hand_out(x) if isinstance(x, Operators) else x)


def note_on_arrays(error: TypeError) -> None:
    """Say what works instead where NumPy refuses an array of Values: NumPy asks none of them before it does."""
    if "ufunc" in str(error) and _ARRAYS not in getattr(error, "__notes__", ()):
        error.add_note(_ARRAYS)


_ARRAYS = (
    "arrays in a function that is differentiated or compiled hold Values, and np.linalg and np.fft compute with floats alone: "
    "use @, np.dot, np.einsum, np.linalg.norm and autograd's functions, or autograd.custom_gradient around floats"
)


def as_numbers(leaves: list[Any], structure: Structure, name: str, after: str = "") -> list[Any]:
    """Entries as Values and floats.

    Args:
        leaves: what came.
        structure: the structure that they came in.
        name: what to call it in messages, before an entry's path.
        after: what follows the path.

    Raises:
        TypeError, OverflowError: as :func:`real` does, naming the entry.
    """
    if set(map(type, leaves)) <= {float}:
        return leaves
    with suppress(TypeError, OverflowError):
        return [x if isinstance(x, Operators) else real(x, name) for x in leaves]
    # Where an entry stands takes a walk to it: asked for every entry, that is quadratic.
    return [
        x if isinstance(x, Operators) else real(x, f"{name}{structure.path(index)}{after}")
        for index, x in enumerate(leaves)
    ]


def connection(kinds: set[type[Any]]) -> Callable[[Any], Any] | None:
    """What is to be done to answers so that they are connected with what came.

    Args:
        kinds: the types of what came.

    Returns:
        None, to answer with floats, where there is no Value among what came.
    """
    traced = [kind for kind in kinds if issubclass(kind, Operators)]
    if not traced:
        return None
    if not all(issubclass(kind, Value) for kind in traced):
        # In the middle of a recording a plain number is a constant; a Value would be a parameter.
        return _as_it_is
    return as_value if modes.recording.get() else _as_leaf


def as_value(number: Any) -> Any:
    """A number as a Value, if it is none yet."""
    return number if isinstance(number, Operators) else Value(number)


def _plain(number: Any) -> float:
    """A number as a float."""
    return number.data if isinstance(number, Value) else real(number, "an answer")


def _as_leaf(number: Any) -> Any:
    return number.detach() if isinstance(number, Value) else as_value(number)


def _as_it_is(number: Any) -> Any:
    return number


def _fresh(node: Any) -> Any:
    """A new node with the same number, whose derivative by the old one is 1."""
    # Differentiating by the node itself would count the function's other uses of it too. And
    # x - 0.0 is x for every float, where -0.0 + 0.0 is 0.0.
    if not modes.recording.get() and isinstance(node, Value):
        return node.detach()
    fresh = node._apply(p.sub, node, 0.0)
    if isinstance(node, Value):
        fresh.label = node.label
    return fresh


def or_zero(derivatives: list[Any]) -> list[Any]:
    """Derivatives with 0 where nothing arrived."""
    return [0.0 if derivative is None else derivative for derivative in derivatives]


def name_of(function: Any) -> str:
    """What to call a function in messages."""
    return str(getattr(function, "__name__", None) or repr(function))


def shown(thing: Any) -> str:
    """A thing in messages: its type, and what it looks like."""
    text = repr(thing)
    return f"the {type(thing).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
