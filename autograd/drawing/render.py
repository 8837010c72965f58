"""A picture's content as a picture: by Graphviz's ``dot``, or without it.

``dot`` bends edges most gracefully, but it draws them across frames' boxes and titles, and a long chain on one
line; and it may not be there, or be slow. It runs in a process of its own under a time limit, since no layout
engine bounds its own time.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from .dot import to_dot
from .rows import SHEET
from .svg import element_text, to_svg

if TYPE_CHECKING:
    from .model import Graph
    from .theme import Theme

QUICK = 0.5
"""Seconds that ``dot`` may take for an SVG, which can be drawn without it."""

TIME_LIMIT = 20.0
"""Seconds that ``dot`` may take for what only it can draw."""


class RenderError(RuntimeError):
    """The picture could not be made; the message says what ``dot`` said, and what to do."""


def svg(graph: Graph, theme: Theme) -> str:
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
