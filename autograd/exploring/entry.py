"""explore: the one way in. Finds out what came, and makes a page of it."""

from __future__ import annotations

import html
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from autograd.drawing.entry import called_in, nodes_of, values_of
from autograd.drawing.model import plural
from autograd.files import write_atomically
from autograd.modes import calling_line, lift
from autograd.reals import real

from .bundle import page
from .columns import Columns

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from autograd.value import Value

THEMES = ("auto", "light", "dark")
TITLE = 100
"""How many characters a title has."""


def explore(
    x: Any,
    *args: Any,
    gradient: float = 1.0,
    names: Mapping[str, Any] | None = None,
    parameters: Iterable[Value] = (),
    theme: Literal["auto", "light", "dark"] = "auto",
    title: str = "",
) -> Exploration:
    """A page in which a graph is alive: one file that loads nothing, and a cell's output in a notebook.

    *See*: pan, zoom, search; modules and scopes fold and unfold by a click. *Ask*: a node says its number and its
    gradient in full, its formula and local derivatives, the chain rule as a table, the paths to the result, and the line of code
    that made it if that ran under :class:`autograd.trace_lines`. *Change*: the numbers of leaves; forward and
    backward run in the page. *Play*: both, step by step. *Practise*: fill in the gradients yourself.

    The page computes by the rules of the table of primitives in JavaScript, and compares its numbers with Python's when it is
    opened. It computes the graph, not the function: where Python decided something by a number, that stays decided, and
    the page says so. It sets no ``grad``.

    Args:
        x: a Value; several (in lists, dicts... as for :func:`autograd.draw`); a module of ``nn`` or a function, compiled or not, which is
            called with ``args``.
        args: the arguments: numbers, Values, or containers of them. Numbers become Values that bear the argument's name.
        gradient: the derivative to start from.
        names: what Values without a label are called; ``names=locals()`` calls each what Python calls it.
        parameters: leaves that count as parameters, besides those of ``nn``.
        theme: ``"light"``, ``"dark"``, or ``"auto"``: as the reader's browser has it.
        title: the page's title.

    Raises:
        TypeError: if x is nothing that can be explored, or an argument is not of its kind.
        ValueError: if theme is none of these, or the graph has more than 1,000,000 nodes.

    >>> from autograd import Value, explore
    >>> x = Value(3.0, label="x")
    >>> explore(x * x)
    <Exploration of 2 nodes>
    >>> explore(lambda a, b: a * b + 1, 2.0, 5.0)
    <Exploration of 4 nodes>
    """
    return _exploration(x, args, gradient, names, parameters, theme, title, "see")


def draw_backward(
    x: Any,
    *args: Any,
    gradient: float = 1.0,
    names: Mapping[str, Any] | None = None,
    parameters: Iterable[Value] = (),
    theme: Literal["auto", "light", "dark"] = "auto",
    title: str = "",
) -> Exploration:
    """The page of :func:`explore`, opened where the gradient arrives at one node after the other.

    It computes what ``backward()`` would and changes nothing: no ``grad`` is set.

    Args:
        x: the Value to start from, or a function or module that gives one.
        args: the function's arguments, as for :func:`explore`.
        gradient: the derivative to start from.
        names, parameters, theme, title: as for :func:`explore`.

    Raises:
        TypeError: if x is not a Value and gives none, or more than one.

    >>> from autograd import Value, draw_backward
    >>> a = Value(3.0, label="a")
    >>> draw_backward(a * a + 2 * a)
    <Exploration of 4 nodes>
    """
    made = _exploration(x, args, gradient, names, parameters, theme, title, "play")
    if len(made.roots) != 1:
        raise TypeError(f"backward starts from one Value, not {len(made.roots)}")
    return made


def _exploration(
    x: Any,
    args: tuple[Any, ...],
    gradient: Any,
    names: Any,
    parameters: Any,
    theme: Any,
    title: Any,
    view: str,
) -> Exploration:
    if theme not in THEMES:
        raise ValueError(f"theme must be {', '.join(map(repr, THEMES))}, not {theme!r:.80}")
    if not isinstance(title, str):
        raise TypeError(f"title must be a str, not {type(title).__name__}")
    seed = real(gradient, "gradient")
    called = called_in(names)
    leaves = frozenset(nodes_of("parameters", parameters))
    if not args and hasattr(type(x), "_drawing"):
        raise TypeError(
            f"explore needs numbers that were computed, and x is a {type(x).__name__}; "
            f"explore(net, sample) or explore(f, 1.0, 2.0) computes some"
        )
    decisions: dict[tuple[str, int], None] = {}
    own: dict[Value, str] = {}
    if callable(x):
        with lift(lambda value: _Decided(value.data, decisions)):
            roots = values_of(x, args, own)
    else:
        roots = values_of(x, args, own)
    return Exploration(
        roots, Columns(roots, called | own, leaves, seed), list(decisions), theme, title, view
    )


class _Decided(float):
    """The number of a Value that a function asks for: where it did so is noted."""

    def __new__(cls, number: float, decisions: dict[tuple[str, int], None]) -> Self:
        decisions[calling_line()] = None
        return super().__new__(cls, number)

    def _equal(self, a: Any, b: Any) -> bool:
        x, y = (x if type(x) is float else x.data for x in (a, b))
        return bool(x == y)

    def _isnan(self) -> bool:
        return self != self


class Exploration:
    """The page that :func:`autograd.explore` makes; a notebook shows it.

    Attributes:
        roots: the results.

    >>> from autograd import Value, explore
    >>> page = explore(Value(3.0, "x") * 2.0)
    >>> page.to_html().startswith("<!DOCTYPE html>")
    True
    """

    def __init__(
        self,
        roots: list[Value],
        columns: Columns,
        decisions: list[tuple[str, int]],
        theme: str,
        title: str,
        view: str,
    ) -> None:
        self.roots = tuple(roots)
        self._columns = columns
        self._decisions = decisions
        self._theme = theme
        self._title = (title or roots[0].label or "graph")[:TITLE]
        self._view = view
        self._size = columns.size

    @cached_property
    def _html(self) -> str:
        return page(self._columns, self._decisions, self._title, self._theme, self._view)

    def to_html(self) -> str:
        """The page. It loads nothing, and works from a file."""
        return self._html

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a .html file, whole or not at all.

        Returns:
            The path.

        Raises:
            ValueError: if the path does not end in .html.
            OSError: if the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in {".html", ".htm"}:
            raise ValueError(f"path must end in .html, not {target.name!r}")
        write_atomically(target, self.to_html().encode())
        return target

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            source = html.escape(self.to_html())
        except Exception:  # noqa: BLE001  (a cell that displays something must never fail)
            return {"text/plain": repr(self)}
        # A frame of its own, whose script can touch nothing of the notebook.
        frame = (
            f'<iframe srcdoc="{source}" sandbox="allow-scripts" title="{html.escape(self._title)}" '
            'style="width:100%;height:620px;border:0"></iframe>'
        )
        return {"text/html": frame, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Exploration of {plural(self._size, 'node')}>"
