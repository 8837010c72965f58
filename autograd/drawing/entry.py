"""draw: the one way in. Finds out what came, and makes a Drawing of it."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from autograd.reals import is_real
from autograd.structure import disassemble, flatten
from autograd.value import Value

from .model import Graph, Options
from .picture import Drawing
from .theme import THEMES
from .values import from_values

if TYPE_CHECKING:
    from collections.abc import Iterable


def draw(
    x: Any,
    *args: Any,
    direction: Literal["LR", "TB"] = "LR",
    theme: Literal["light", "dark"] = "light",
    max_nodes: int = 200,
    collapse: bool | int | str | Iterable[str] | None = None,
    near: Value | Iterable[Value] = (),
    highlight: Value | Iterable[Value] = (),
    parameters: Iterable[Value] = (),
    gradients: bool = True,
    fold: int | None = None,
    digits: int = 4,
    names: Mapping[str, Any] | None = None,
) -> Drawing:
    """A picture of a graph; drawing changes nothing.

    Args:
        x: a Value; several (in lists, tuples, named tuples, dicts and arrays, nested as you like); a module of ``nn``,
            drawn as its architecture; a compiled function's program; or a function, which is called.
        args: if x is a function or a module, the arguments to call it with: numbers, Values, or such
            containers of them. Numbers become Values that bear the argument's name.
        direction: ``"LR"``, from left to right, or ``"TB"``, from top to bottom.
        theme: ``"light"`` or ``"dark"``.
        max_nodes: how many boxes to draw at most, repeated leaves and the counts of what is left out included.
        collapse: which modules to draw as one box each. None: those that it takes for the picture to
            fit; False: none; True: all; a number: those nested deeper than this; names
            (``"layers[0]"``) or kinds (``"Neuron"``): those.
        near: draw what is nearest to these nodes of the graph, instead of what is nearest to x.
        highlight: mark the paths between these nodes, or, if it is one, from it to x.
        parameters: leaves to draw as parameters, besides those of ``nn``.
        gradients: whether to show gradients, where there are any.
        fold: how many operands of one name (``w[0]``, ``w[1]``, ...), or of none, are drawn as one box. None:
            5 in a picture of up to 20 boxes, 2 in a larger one.
        digits: significant digits of numbers.
        names: what Values without a label are called in this picture. ``names=locals()`` calls each what
            Python calls it, also in lists, tuples, dicts and modules (``w[3]``, ``net.layers[0].weight[0][1]``);
            names that begin with an underscore are passed over. No label is changed.

    Raises:
        TypeError: if x is nothing that can be drawn, or names is no mapping.
        ValueError: if an option has a value that it cannot have, or a node of ``near`` is not in the graph.

    >>> from autograd import Value, draw
    >>> x = Value(3.0, label="x")
    >>> draw(x * x)
    <Drawing of 2 nodes and 1 edge>
    >>> print(draw(lambda a, b: a * b + 1, 2.0, 5.0).to_text())
    + 1: 11
    └─ a × b: 10
       ├─ a = 2
       └─ b = 5
    No gradients yet: call backward() first
    >>> w = [Value(1.0), Value(2.0)]
    >>> print(draw(w[0] * w[1], names={"w": w}).to_text())
    w[0] × w[1]: 2
    ├─ w[0] = 1
    └─ w[1] = 2
    No gradients yet: call backward() first
    """
    checked_direction(direction)
    options = Options(
        max_nodes=_at_least("max_nodes", max_nodes, 1),
        collapse=_collapse(collapse),
        near=nodes_of("near", near),
        highlight=nodes_of("highlight", highlight),
        fold=None if fold is None else _at_least("fold", fold, 2),
        gradients=bool(gradients),
        digits=_at_least("digits", digits, 1),
    )
    called = called_in(names)
    graph = _graph(x, args, options, frozenset(nodes_of("parameters", parameters)), called)
    return Drawing(replace(graph, direction=direction), checked_theme(theme))


def print_graph(x: Any, *args: Any, **options: Any) -> None:
    """Print a graph as a tree of text; takes what :func:`draw` takes.

    >>> from autograd import Value, print_graph
    >>> x = Value(3.0, label="x")
    >>> print_graph(x * x, gradients=False)
    x × x: 9
    └─ x = 3 ×2
    """
    print(draw(x, *args, **options).to_text())  # noqa: T201  (what it is for)


def _graph(
    x: Any,
    args: tuple[Any, ...],
    options: Options,
    parameters: frozenset[Value],
    called: dict[Value, str],
) -> Graph:
    if not args and hasattr(type(x), "_drawing"):
        graph: Graph = x._drawing(options)
        return graph
    names: dict[Value, str] = {}
    roots = values_of(x, args, names)
    return from_values(roots, options, called | names, parameters)


def called_in(names: Any) -> dict[Value, str]:
    """What Values are called in a mapping of names, and in what it holds; the shortest way to each counts."""
    found: dict[Value, str] = {}
    if names is None:
        return found
    if not isinstance(names, Mapping):
        raise TypeError(f"names must be a mapping of names, as locals() is, not {_kind(names)}")
    queue = deque((str(key), item) for key, item in names.items() if str(key)[:1] != "_")
    seen: set[int] = set()  # a notebook's globals hold themselves
    while queue:
        name, item = queue.popleft()
        if isinstance(item, Value):
            found.setdefault(item, name)
        elif id(item) not in seen:
            seen.add(id(item))
            queue.extend((name + inner, x) for inner, x in _inside(item))
    return found


def _inside(x: Any) -> Iterable[tuple[str, Any]]:
    """What a container or a module holds, each with what Python writes after its name to get it."""
    if isinstance(x, dict):
        for key, item in x.items():
            if isinstance(key, (str, int)):
                yield f"[{key!r}]", item
    elif isinstance(x, (list, tuple)):
        for i, item in enumerate(x):
            if not isinstance(item, (float, int, str)):  # there may be millions
                yield f"[{i}]", item
    elif isinstance(x, type):
        return
    elif hasattr(x, "named_parameters"):
        for name, item in x.named_parameters():
            yield f".{name}", item
    elif hasattr(x, "tolist") and getattr(x, "dtype", None) == object:
        yield "", x.tolist()


def values_of(x: Any, args: tuple[Any, ...], names: dict[Value, str]) -> list[Value]:
    """The Values to draw, each once: those in x or, if it is a function, in what it gives.

    Args:
        x: what came.
        args: arguments to call it with.
        names: gets a name for each Value among the arguments.

    Raises:
        TypeError: if there are none.
    """
    if args or (callable(x) and not isinstance(x, Value)):
        if not callable(x):
            raise TypeError(
                f"only a function or a module can be drawn with arguments, not {_kind(x)}"
            )
        x = x(*_labelled(x, args, names))
    roots = list(dict.fromkeys(leaf for leaf in flatten(x)[0] if isinstance(leaf, Value)))
    if not roots:
        raise TypeError(
            f"x must be a Value, some Values, a module, a program or a function of Values, not {_kind(x)}"
        )
    return roots


def _labelled(function: Any, args: tuple[Any, ...], names: dict[Value, str]) -> list[Any]:
    """The arguments with numbers turned into Values, and a name for each Value."""
    try:
        bound = inspect.signature(getattr(function, "forward", function)).bind(*args).arguments
    except (TypeError, ValueError):
        bound = {}
    labels: list[str] = []
    for name, value in bound.items():
        many = isinstance(value, tuple) and len(labels) + len(value) <= len(args)
        variadic = many and value is not args[len(labels)]
        labels.extend([f"{name}[{i}]" for i in range(len(value))] if variadic else [name])
    labels.extend(f"x{i}" for i in range(len(labels), len(args)))
    return [_lifted(arg, label, names) for arg, label in zip(args, labels, strict=False)]


def _lifted(x: Any, label: str, names: dict[Value, str]) -> Any:
    """An argument in its containers, numbers turned into Values that bear the name of their place."""
    if isinstance(x, Value):
        names.setdefault(x, label)
        return x
    if is_real(x) and not isinstance(x, bool):
        value = Value(x)
        names[value] = label
        return value
    items, structure = disassemble(x)
    if structure.kind is None:
        return x
    lifted = [_lifted(item, label + structure.path(i), names) for i, item in enumerate(items)]
    return structure.unflatten(lifted)


def nodes_of(name: str, nodes: Any) -> tuple[Value, ...]:
    """A Value, or several, as a tuple; a TypeError that says ``name`` if they are none."""
    if isinstance(nodes, Value):
        return (nodes,)
    found = []
    if not hasattr(nodes, "__iter__"):
        nodes = [nodes]
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"{name} must be Values, not {_kind(node)}")
        found.append(node)
    return tuple(found)


def _collapse(collapse: Any) -> bool | int | str | tuple[str, ...] | None:
    if collapse is None or isinstance(collapse, (bool, str)):
        return collapse
    if isinstance(collapse, int):
        return _at_least("collapse", collapse, 0)
    try:
        names = tuple(collapse)
    except TypeError:
        names = (collapse,)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"collapse must be None, a bool, a number or names of modules, not {collapse!r:.80}"
        )
    return names


def checked_direction(direction: Any) -> Literal["LR", "TB"]:
    """The direction, or a ValueError."""
    if direction not in ("LR", "TB"):
        raise ValueError(f"direction must be 'LR' or 'TB', not {direction!r:.80}")
    return "TB" if direction == "TB" else "LR"


def checked_theme(theme: Any) -> str:
    """The theme's name, or a ValueError."""
    if not isinstance(theme, str) or theme not in THEMES:
        raise ValueError(f"theme must be {' or '.join(map(repr, THEMES))}, not {theme!r:.80}")
    return str(theme)


def _at_least(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {_kind(value)}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return value


def _kind(x: Any) -> str:
    return type(x).__name__
