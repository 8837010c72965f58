"""Drawing: a picture that shows itself in a notebook, and saves itself."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.files import write_atomically

from .dot import to_dot
from .model import plural
from .render import render, svg
from .text_forms import Mermaid, to_mermaid, to_text
from .theme import THEMES

if TYPE_CHECKING:
    import os

    import graphviz

    from .model import Graph

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv", ".html", ".mmd", ".txt")


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
        return svg(self.graph, THEMES[self.theme])

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
