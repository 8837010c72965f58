"""A picture as SVG, laid out by :mod:`.layout`: no program but Python is needed.

The elements are those that Graphviz writes too: a ``g`` for each frame, edge and node, of class ``cluster``,
``edge`` or ``node``, with a ``title`` that a pointer resting on it shows, shapes, and a ``text`` for each line.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .layout import ARROW, layout
from .rows import PAD
from .theme import FONT, LIGHT, POINTS, text_width

if TYPE_CHECKING:
    from .layout import Rectangle
    from .model import Edge, Graph, Node
    from .rows import Point
    from .theme import Theme

SMALL = 9
"""The size of letters at arrows and on chips' neighbours."""

LINE = 15.0
"""From one line of text to the next."""


def to_svg(graph: Graph, theme: Theme = LIGHT) -> str:
    """The SVG text of a graph; the same on every run."""
    graph = graph.with_chips()
    titles = [text_width(cluster.title) * 11 for cluster in graph.clusters]
    marks = [text_width(edge.label) * SMALL + 8 if edge.label else 0.0 for edge in graph.edges]
    found = layout(graph, [_size(node) for node in graph.nodes], titles, marks)
    notes = graph.notes
    width = max(found.width, *(text_width(note) * 11 + 2 * PAD for note in ["", *notes]))
    height = found.height + (LINE * len(notes) + PAD if notes else 0.0)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" font-size="{POINTS}" '
        f'text-anchor="middle"><rect width="100%" height="100%" fill="{theme.page}"/>'
    )
    parts = [head]
    depths: list[int] = []
    for cluster, frame in zip(graph.clusters, found.clusters, strict=True):
        depths.append(0 if cluster.parent is None else depths[cluster.parent] + 1)
        parts.append(_frame(cluster.title, frame, depths[-1], theme))
    crowd = graph.crowd()
    for i, (edge, points) in enumerate(zip(graph.edges, found.edges, strict=True)):
        parts.append(_edge(i, edge, points, graph, theme, crowd))
    for i, (node, box) in enumerate(zip(graph.nodes, found.nodes, strict=True)):
        parts.append(_node(i, node, box, theme))
    # Last, and with a rim: from top to bottom edges pass frames' titles.
    for depth, cluster, frame in zip(depths, graph.clusters, found.clusters, strict=True):
        rim = theme.cluster_fill[depth % len(theme.cluster_fill)]
        parts.append(
            f'<text x="{frame.x + PAD:.1f}" y="{frame.y + 15:.1f}" font-size="11" fill="{theme.faint}" '
            f'text-anchor="start" stroke="{rim}" stroke-width="4" paint-order="stroke">{element_text(cluster.title)}</text>'
        )
    for i, note in enumerate(notes):
        parts.append(
            f'<text x="{PAD}" y="{found.height + LINE * (i + 1):.1f}" font-size="11" fill="{theme.faint}" '
            f'text-anchor="start">{element_text(note)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _size(node: Node) -> tuple[float, float]:
    """How wide and how high a node's text is, with margins for its shape."""
    text = node.text()
    slack = 14 if node.chip else 34 if node.kind in {"input", "parameter"} else 22
    points = POINTS - 2 if node.chip else POINTS
    return max(map(text_width, text)) * points + slack, LINE * len(text) + (3 if node.chip else 9)


def _frame(title: str, frame: Rectangle, depth: int, theme: Theme) -> str:
    x, y, width, height = frame
    fill = theme.cluster_fill[depth % len(theme.cluster_fill)]
    return (
        f'<g class="cluster"><title>{element_text(title)}</title><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="8" fill="{fill}" stroke="{theme.cluster}"/></g>'
    )


def _edge(i: int, edge: Edge, points: list[Point], graph: Graph, theme: Theme, crowd: float) -> str:
    upright = graph.direction == "TB"
    x, y = points[-1]
    tip = (x, y - ARROW) if upright else (x - ARROW, y)
    path, (px, py) = f"M{points[0][0]:.1f},{points[0][1]:.1f}", points[0]
    for qx, qy in [*points[1:-1], tip]:
        if (abs(qx - px) < 0.05) or (abs(qy - py) < 0.05):
            path += f"L{qx:.1f},{qy:.1f}"
        elif upright:
            path += f"C{px:.1f},{(py + qy) / 2:.1f} {qx:.1f},{(py + qy) / 2:.1f} {qx:.1f},{qy:.1f}"
        else:
            path += f"C{(px + qx) / 2:.1f},{py:.1f} {(px + qx) / 2:.1f},{qy:.1f} {qx:.1f},{qy:.1f}"
        px, py = qx, qy
    colour, thickness, dashes = theme.edge, 1.0, ""
    if edge.weight is not None:
        thickness = 0.5 + 2.2 / (1.0 + crowd) * edge.weight
        if edge.weight == 0.0:
            colour, dashes = theme.faint, "1 3"
    if edge.negative:
        dashes = "5 3"
    if edge.highlighted:
        colour, thickness = theme.highlight, 2.5
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    half = 3.2 - crowd
    wings = (
        f"{x - half:.1f},{y - ARROW:.1f} {x + half:.1f},{y - ARROW:.1f}"
        if upright
        else f"{x - ARROW:.1f},{y - half:.1f} {x - ARROW:.1f},{y + half:.1f}"
    )
    label = ""
    if edge.label:
        at, anchor = ((x + 4, y - 8), "start") if upright else ((x - 9, y - 3), "end")
        label = (
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{SMALL}" fill="{theme.faint}" '
            f'text-anchor="{anchor}">{element_text(edge.label)}</text>'
        )
    return (
        f'<g id="e{i}" class="edge"><title>{element_text(graph.told(edge.tail, edge.head))}</title>'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thickness:.2f}"{dashed}/>'
        f'<polygon points="{x:.1f},{y:.1f} {wings}" '
        f'fill="{colour}" stroke="{colour}"/>{label}</g>'
    )


def _node(i: int, node: Node, box: Rectangle, theme: Theme) -> str:
    look = theme.looks[node.kind]
    stroke, thickness = look.line, 1.0
    if node.output:
        stroke, thickness = theme.output, 2.0
    if node.highlighted:
        stroke, thickness = theme.highlight, 2.5
    dashed = ' stroke-dasharray="4 3"' if node.kind == "more" else ""
    style = f'fill="{look.fill}" stroke="{stroke}" stroke-width="{thickness}"{dashed}'
    shapes = _shape(node.kind, *box, style)
    if node.stacked or node.output:
        x, y, width, height = box
        shapes += _shape(node.kind, x + 3, y + 3, width - 6, height - 6, style)
    text = node.text()
    size = ' font-size="10"' if node.chip else ""
    middle = box.y + box.height / 2 - LINE * len(text) / 2 + (11 if node.chip else 11.5)
    lines = "".join(
        f'<text x="{box.x + box.width / 2:.1f}" y="{middle + LINE * k:.1f}"{size} '
        f'fill="{theme.faint if node.kind == "more" else theme.text}">{element_text(line)}</text>'
        for k, line in enumerate(text)
    )
    return f'<g id="n{i}" class="node"><title>{element_text(node.hover_text())}</title>{shapes}{lines}</g>'


def _shape(kind: str, x: float, y: float, width: float, height: float, style: str) -> str:
    """A box's outline: with pointed ends, with round ones, or with round corners."""
    if kind == "parameter":
        point = min(9.0, height / 2)
        corners = [(x, y + height / 2), (x + point, y), (x + width - point, y)]
        corners += [(2 * x + width - a, 2 * y + height - b) for a, b in corners]
        return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" {style}/>'
    r = min(16.0, height / 2) if kind == "input" else 1.0 if kind == "module" else 5.0
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{r:.1f}" {style}/>'


def element_text(text: str) -> str:
    """A text for the inside of an element: what XML knows, without what it forbids."""
    return escape(
        "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text), quote=False
    )
