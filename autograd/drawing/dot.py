"""A picture's content as DOT, the language of Graphviz.

The text depends on the content alone: nodes are ``n0``, ``n1``, ... in the content's order. Whatever a
user wrote passes through :func:`quote`, the one place that knows DOT's escapes; labels are plain text,
never Graphviz's HTML-like ones, where ``\\N`` expands and which small builds of Graphviz lack. No
attribute that makes a link is ever written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .theme import FONT, LIGHT, POINTS, text_width

if TYPE_CHECKING:
    from .model import Edge, Graph, Node
    from .theme import Theme


def to_dot(graph: Graph, theme: Theme = LIGHT) -> str:
    """The DOT text of a graph. In the SVG nodes and edges have ids, ``n0`` and ``e0``, for a script to find them."""
    graph = graph.with_chips()
    out, into = ("e", "w") if graph.direction == "LR" else ("s", "n")
    crowd = graph.crowd()
    lines = [
        "digraph {",
        f"  graph [rankdir={graph.direction}, bgcolor={quote(theme.page)}, fontname={quote(FONT)},",
        f"    fontsize=11, fontcolor={quote(theme.faint)}, nodesep=0.25, ranksep={0.45 + crowd:.2f}, pad=0.15,",
        # Without newrank an edge from a frame may stay in one column, and ends nowhere. Without limits to
        # its network simplex dot takes seconds for 200 boxes.
        "    newrank=true, nslimit=2, nslimit1=2]",
        f"  node [fontname={quote(FONT)}, fontsize={POINTS}, fontcolor={quote(theme.text)},",
        '    margin="0.12,0.07", height=0.3, width=0.3]',
        f"  edge [color={quote(theme.edge)}, fontname={quote(FONT)}, fontsize=9,",
        f"    fontcolor={quote(theme.faint)}, arrowsize={0.65 - crowd / 10:.2f},",
        f"    tailport={out}, headport={into}]",
    ]
    if graph.notes:
        notes = "".join(_escape(note) + "\\l" for note in graph.notes)
        lines.append(f'  label="{notes}"; labelloc=b; labeljust=l')
    depths = _depths(graph)
    if (graph.straight or crowd > 0.5) and all(
        depths[e.head] == depths[e.tail] + 1 for e in graph.edges
    ):
        lines.append("  splines=line")  # nothing stands between neighbouring columns
        if graph.columns:
            # Graphviz mixes up nodes in frames while it looks for fewer crossings, of which all orders of
            # a dense layer have as many. Chains as below, it turns around there.
            lines.append("  mclimit=0.001")
    lines.extend(_clusters(graph, theme))
    for i, node in enumerate(graph.nodes):
        if node.cluster is None:
            lines.append(f"  n{i}{_node(i, node, theme)}")
    for column in graph.columns:
        if len(column) > 1 and graph.nodes[column[0]].cluster is None:
            chain = " -> ".join(f"n{i}" for i in column)
            lines.append(f'  {{rank=same; {chain} [style=invis, tailport="_", headport="_"]}}')
    for i, edge in enumerate(graph.edges):
        attributes = {"id": f"e{i}", **_edge(edge, theme, 2.2 / (1.0 + crowd))}
        lines.append(f"  n{edge.tail} -> n{edge.head}{_list(attributes)}")
    lines.append("}")
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    """A text as a DOT string that shows just this text: nothing in it is an escape or an entity.

    >>> print(quote('a "b" <c> &'))
    "a \\"b\\" <c> &amp;"
    """
    return f'"{_escape(text)}"'


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return "".join(
        c if c.isprintable() else "\\n" if c == "\n" else " " if c.isspace() else "\ufffd"
        for c in text
    )


def _node(i: int, node: Node, theme: Theme) -> str:
    look = theme.looks[node.kind]
    text = node.text()
    attributes = {
        "id": f"n{i}",
        "label": quote("\n".join(text)),
        "shape": "box3d" if node.stacked and look.shape == "box" else look.shape,
        "style": quote(look.style),
        "color": quote(look.line),
        "fillcolor": quote(look.fill),
    }
    # The one who draws the letters may have wider ones than the one who laid out the boxes.
    points, margin = (POINTS - 2, 0.1) if node.chip else (POINTS, 0.24)
    width = max(map(text_width, text)) * points / 72 + margin
    if look.shape in {"ellipse", "hexagon"}:
        width *= 1.2
    attributes["width"] = f"{width:.2f}"
    if look.shape == "box3d":
        attributes["margin"] = quote("0.2,0.15")
    if node.stacked and look.shape != "box3d":
        attributes["peripheries"] = "2"
    if node.output:
        attributes |= {"color": quote(theme.output), "penwidth": "2"}
        if look.shape != "box3d":
            attributes["peripheries"] = "2"
    if node.kind == "more":
        attributes["fontcolor"] = quote(theme.faint)
    if node.highlighted:
        attributes |= {"color": quote(theme.highlight), "penwidth": "2.5"}
    if node.chip:
        attributes |= {"fontsize": "10", "height": "0.25", "margin": quote("0.04,0.02")}
    return _list(attributes)


def _edge(edge: Edge, theme: Theme, thickest: float) -> dict[str, str]:
    attributes: dict[str, str] = {}
    if edge.weight is not None:
        attributes["penwidth"] = f"{0.5 + thickest * edge.weight:.2f}"
        if edge.weight == 0.0:
            attributes["style"] = "dotted"
            attributes["color"] = quote(theme.faint)
    if edge.negative:
        attributes["style"] = "dashed"
    if edge.label:
        attributes["label"] = quote(f" {edge.label} ")  # dot keeps room for it, not for a headlabel
    if edge.highlighted:
        attributes |= {"color": quote(theme.highlight), "penwidth": "2.5"}
    return attributes


def _list(attributes: dict[str, str]) -> str:
    inner = ", ".join(f"{key}={value}" for key, value in attributes.items())
    return f" [{inner}]" if inner else ""


def _clusters(graph: Graph, theme: Theme) -> list[str]:
    """Frames inside frames, without recursion."""
    lines: list[str] = []
    inside: list[list[int]] = [[] for _ in graph.clusters]
    tops: list[int] = []
    for i, cluster in enumerate(graph.clusters):
        (tops if cluster.parent is None else inside[cluster.parent]).append(i)
    members: list[list[int]] = [[] for _ in graph.clusters]
    for i, node in enumerate(graph.nodes):
        if node.cluster is not None:
            members[node.cluster].append(i)
    stack = [(i, 0, False) for i in reversed(tops)]
    while stack:
        i, depth, done = stack.pop()
        indent = "  " * (depth + 1)
        if done:
            lines.append(f"{indent}}}")
            continue
        lines.append(f"{indent}subgraph cluster_{i} {{")
        fill = theme.cluster_fill[depth % len(theme.cluster_fill)]
        # Room for a browser whose letters are wider than those that the layout was made with.
        room = " " * (1 + len(graph.clusters[i].title) // 12)
        title = quote(f"{room}{graph.clusters[i].title}{room}")
        rows = graph.straight and graph.direction == "TB"
        beside = rows and members[i]
        lines.append(
            f"{indent}  label={quote('') if beside else title}; labelloc={'b' if rows else 't'}; labeljust=l; "
            f'style="rounded,filled"; color={quote(theme.cluster)}; fillcolor={quote(fill)}'
        )
        if beside:  # above or below a row, lines would cross the title
            lines.append(
                f"{indent}  {{rank=same; t{i} [shape=plaintext, label={title}, "
                f"fontsize=11, fontcolor={quote(theme.faint)}]; n{members[i][0]}}}"
            )
        for n in members[i]:
            lines.append(f"{indent}  n{n}{_node(n, graph.nodes[n], theme)}")
        stack.append((i, depth, True))
        stack.extend((j, depth + 1, False) for j in reversed(inside[i]))
    return lines


def _depths(graph: Graph) -> list[int]:
    """How many edges the longest way to each node has."""
    depths: list[int] = []
    for tails in graph.operands():  # in topological order, but for cycles through collapsed modules
        depths.append(max((depths[t] + 1 for t in tails if t < len(depths)), default=0))
    return depths
