"""A picture's content as a Mermaid flowchart, which JupyterLab, GitHub and many wikis show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .theme import LIGHT

if TYPE_CHECKING:
    from .model import Graph
    from .theme import Theme


class Mermaid(str):
    """The text of a flowchart; a notebook that knows Mermaid shows it as a picture."""

    __slots__ = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/vnd.mermaid": str(self), "text/plain": str(self)}


def to_mermaid(graph: Graph, theme: Theme = LIGHT) -> Mermaid:
    """The flowchart's text."""
    lines = [f"flowchart {graph.direction}"]
    members: dict[int | None, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        members.setdefault(node.cluster, []).append(i)
    inside: dict[int | None, list[int]] = {}
    for i, cluster in enumerate(graph.clusters):
        inside.setdefault(cluster.parent, []).append(i)

    stack: list[tuple[int, bool]] = [(i, False) for i in reversed(inside.get(None, []))]
    while stack:
        i, done = stack.pop()
        if done:
            lines.append("  end")
            continue
        lines.append(f'  subgraph c{i}["{escape(graph.clusters[i].title)}"]')
        lines.extend(_node(n, graph) for n in members.get(i, []))
        stack.append((i, True))
        stack.extend((j, False) for j in reversed(inside.get(i, [])))
    lines.extend(_node(n, graph) for n in members.get(None, []))
    for edge in graph.edges:
        label = f'|"{escape(edge.label)}"|' if edge.label else ""
        lines.append(f"  n{edge.tail} -->{label} n{edge.head}")
    for kind in dict.fromkeys(node.kind for node in graph.nodes):
        look = theme.looks[kind]
        dash = ",stroke-dasharray:4" if kind == "more" else ""
        lines.append(
            f"  classDef {kind} fill:{look.fill},stroke:{look.line},color:{theme.text}{dash}"
        )
        ids = ",".join(f"n{i}" for i, node in enumerate(graph.nodes) if node.kind == kind)
        lines.append(f"  class {ids} {kind}")
    for i in range(len(graph.clusters)):
        fill = theme.cluster_fill[i % 2]
        lines.append(f"  style c{i} fill:{fill},stroke:{theme.cluster},color:{theme.text}")
    for i, node in enumerate(graph.nodes):
        if node.highlighted or node.output:
            colour = theme.highlight if node.highlighted else theme.output
            lines.append(f"  style n{i} stroke:{colour},stroke-width:3px")
    if graph.notes:
        text = "<br/>".join(escape(note) for note in graph.notes)
        lines.append(f'  notes["{text}"]')
        lines.append(f"  style notes fill:none,stroke:none,color:{theme.faint}")
    return Mermaid("\n".join(lines) + "\n")


def escape(text: str) -> str:
    """A text for a quoted Mermaid label: all but letters, digits and a few marks as character codes.

    >>> escape('a "b" <c>')
    'a #34;b#34; #60;c#62;'
    """
    return "".join(
        c if c.isalnum() or c in " .,=+-…·×÷√^•" else f"#{ord(c)};" if c.isprintable() else " "
        for c in text
    )


def _node(i: int, graph: Graph) -> str:
    node = graph.nodes[i]
    parts = [node.title, *node.lines, *([node.gradient] if node.gradient else [])]
    before, after = LIGHT.looks[node.kind].mermaid
    return f'    n{i}{before}"{"<br/>".join(escape(part) for part in parts)}"{after}'
