"""Drawing: a picture that shows itself in a notebook, and saves itself; made by Graphviz's ``dot``, or without it.

``dot`` bends edges most gracefully, but it draws them across frames' boxes and titles, and a long chain on one
line; and it may not be there, or be slow. It runs in a process of its own under a time limit, since no layout
engine bounds its own time.
"""

from __future__ import annotations

import re
import subprocess
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.files import write_atomically

from .dot import to_dot
from .model import plural
from .rows import SHEET
from .svg import element_text, to_svg
from .text_forms import Mermaid, to_mermaid, to_text
from .theme import THEMES

if TYPE_CHECKING:
    import os

    import graphviz

    from .model import Graph
    from .theme import Theme

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv", ".html", ".mmd", ".txt")

QUICK = 0.5
"""Seconds that ``dot`` may take for an SVG, which can be drawn without it."""

TIME_LIMIT = 20.0
"""Seconds that ``dot`` may take for what only it can draw."""


class Drawing:
    """A picture of a graph as it was when it was drawn; what :func:`autograd.draw` returns.

    A notebook shows it by itself, as SVG. ``str()`` of it is its DOT text.

    Attributes:
        graph: the picture's content.
        theme: ``"light"`` or ``"dark"``.

    >>> from autograd import Value, draw
    >>> picture = draw(Value(3.0, "x") * 2.0)
    >>> picture
    <Drawing of 2 nodes and 1 edge>
    >>> print(picture.to_text())
    x × 2: 6
    └─ x = 3
    No gradients yet: call backward() first
    """

    def __init__(self, graph: Graph, theme: str = "light") -> None:
        self.graph = graph.in_clusters()
        self.theme = theme

    @cached_property
    def source(self) -> str:
        """The DOT text; the same on every run."""
        return to_dot(self.graph, THEMES[self.theme])

    @cached_property
    def _svg(self) -> str:
        return _laid_out(self.graph, THEMES[self.theme])

    def svg(self) -> str:
        """The picture as SVG, laid out by Graphviz's ``dot`` where that is there and quick, else without it."""
        return self._svg

    def to_graphviz(self) -> graphviz.Source:
        """The picture as an object of the ``graphviz`` package."""
        import graphviz

        return graphviz.Source(self.source)

    def to_mermaid(self) -> Mermaid:
        """The picture as a Mermaid flowchart: a str, which JupyterLab and marimo show as a picture."""
        return to_mermaid(self.graph, THEMES[self.theme])

    def to_text(self) -> str:
        """The picture as a tree of text."""
        return to_text(self.graph)

    def to_html(self) -> str:
        """A page that needs nothing else."""
        theme = THEMES[self.theme]
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Graph</title><style>'
            f"body{{margin:1em;background:{theme.page};color:{theme.text}}}"
            f"svg{{max-width:100%;height:auto}}</style></head><body>{self.svg()}</body></html>\n"
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all.

        Args:
            path: its suffix tells the format: .svg, .png, .pdf, .dot, .gv, .html, .mmd (Mermaid), .txt.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is none of these.
            RenderError: if it is PNG or PDF, and there is no ``dot`` that can draw it.
            OSError: if the file cannot be written.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix in {".dot", ".gv"}:
            content = self.source.encode()
        elif suffix == ".svg":
            content = self.svg().encode()
        elif suffix in {".png", ".pdf"}:
            content = render(self.source, suffix[1:])
        elif suffix == ".html":
            content = self.to_html().encode()
        elif suffix == ".mmd":
            content = self.to_mermaid().encode()
        elif suffix == ".txt":
            content = (self.to_text() + "\n").encode()
        else:
            raise ValueError(f"path must end in one of {', '.join(SUFFIXES)}, not {target.name!r}")
        write_atomically(target, content)
        return target

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except Exception:  # noqa: BLE001  (a cell that displays something must never fail)
            return {"text/plain": self.to_text()}

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        nodes, edges = len(self.graph.nodes), len(self.graph.edges)
        return f"<Drawing of {plural(nodes, 'node')} and {plural(edges, 'edge')}>"


# --- by dot, or without it --------------------------------------------------------------------


class RenderError(RuntimeError):
    """The picture could not be made; the message says what ``dot`` said, and what to do."""


def _laid_out(graph: Graph, theme: Theme) -> str:
    """A graph as SVG, which can always be made: by ``dot`` where it is there, quick and good at it."""
    graph = graph.with_chips()
    if graph.clusters:
        return to_svg(graph, theme)
    try:
        text = render(to_dot(graph, theme), "svg", QUICK).decode()
    except RenderError:
        return to_svg(graph, theme)
    if _scale(text) < 0.5:
        ours = to_svg(graph, theme)
        if _scale(ours) > 1.2 * _scale(text):
            return ours
    return _told(text[text.index("<svg") :], graph)


def _scale(text: str) -> float:
    """How large an SVG's letters can be shown: both kinds have them at 12 of their units."""
    sizes = re.findall(r'\b(?:width|height)="([\d.]+)(?:pt)?"', text)[:2]
    return min(room / float(size) for room, size in zip(SHEET, sizes, strict=True))


def _told(text: str, graph: Graph) -> str:
    """Dot's SVG with what a pointer is to be told in place of dot's names for boxes and edges."""

    def title(match: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"n(\d+)", match[1])]
        told = ""
        if len(numbers) == 1:
            told = graph.nodes[numbers[0]].hover_text()
        elif numbers:
            told = graph.told(*numbers)
        return f"<title>{element_text(told)}</title>"

    return re.sub(r"<title>([^<]*)</title>", title, text)


def render(source: str, format: str = "svg", time_limit: float | None = None) -> bytes:
    """DOT text as a picture, by Graphviz's ``dot``.

    Args:
        source: the DOT text.
        format: ``svg``, ``png`` or ``pdf``.
        time_limit: seconds it may take; :data:`TIME_LIMIT` if None.

    Raises:
        RenderError: if ``dot`` is not there, fails or takes longer.
    """
    limit = TIME_LIMIT if time_limit is None else time_limit
    try:
        import graphviz

        program = str(graphviz.DOT_BINARY)
    except ImportError:
        program = "dot"
    try:
        done = subprocess.run(  # noqa: S603  (a fixed command; the text goes to its standard input)
            [program, f"-T{format}"],
            input=source.encode("utf-8", "replace"),
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        failure = f"dot took longer than {limit:g} s"
    except OSError as error:  # not there; in a browser there are no processes at all
        failure = f"dot cannot be run ({error.strerror or error})"
    else:
        if not done.returncode and done.stdout:
            return done.stdout
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        failure = f"dot failed ({said[-1][:200] if said else done.returncode})"
    raise RenderError(
        f"cannot draw {format.upper()}: {failure}. Graphviz (https://graphviz.org/download/) draws it; "
        "SVG needs nothing"
    )
