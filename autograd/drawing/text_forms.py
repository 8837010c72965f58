"""A picture's content as text: an indented tree, which works everywhere, and a Mermaid flowchart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .theme import LIGHT

if TYPE_CHECKING:
    from .model import Graph, Kind, Node
    from .theme import Theme

DEEPEST = 12
"""Where the indentation stops growing, so that a chain does not walk off the page."""


def to_text(graph: Graph) -> str:
    """What was asked for, each node above its operands; a node used again is shown once and named after.

    The number in brackets is that of the node in the DOT text.
    """
    operands = graph.operands()
    uses = [0] * len(graph.nodes)
    repeated: dict[tuple[int, int], str] = {}
    for edge in graph.edges:
        uses[edge.tail] += 1
        if edge.label.startswith("×"):
            repeated[edge.tail, edge.head] = f" {edge.label}"
    lines: list[str] = []
    shown: set[int] = set()
    # (node, how often the line above takes it, what stands before its own line, and before the lines below it, depth)
    stack = [(i, "", "", "", 0) for i in reversed(graph.sinks())]
    while stack:
        i, often, first, rest, depth = stack.pop()
        node = graph.nodes[i]
        again = i in shown
        name = f" [{i}]" if uses[i] > 1 or (uses[i] and node.output) else ""
        name += often
        lines.append(f"{first}{_line(node, name, again)}")
        if again:
            continue
        shown.add(i)
        below = operands[i]
        for k, operand in reversed(list(enumerate(below))):
            last = k == len(below) - 1
            times = repeated.get((operand, i), "")
            if depth >= DEEPEST:
                stack.append((operand, times, rest + "· ", rest, depth + 1))
            else:
                branch, below_it = ("└─ ", "   ") if last else ("├─ ", "│  ")
                stack.append((operand, times, rest + branch, rest + below_it, depth + 1))
    lines.extend(graph.notes)
    return "\n".join(lines)


def _line(node: Node, name: str, again: bool) -> str:
    if again:
        return f"{node.title}{name}, above"
    separator = ": " if node.lines or node.gradient else ""
    facts = [*node.lines, *([node.gradient] if node.gradient else [])]
    return f"{node.title}{name}{separator}{', '.join(facts)}"


# --- Mermaid, which JupyterLab, GitHub and many wikis show ---------------------------------------


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
        lines.extend(_mermaid_node(n, graph) for n in members.get(i, []))
        stack.append((i, True))
        stack.extend((j, False) for j in reversed(inside.get(i, [])))
    lines.extend(_mermaid_node(n, graph) for n in members.get(None, []))
    for edge in graph.edges:
        label = f'|"{escape(edge.label)}"|' if edge.label else ""
        lines.append(f"  n{edge.tail} -->{label} n{edge.head}")
    kinds: dict[Kind, None] = {node.kind: None for node in graph.nodes}
    for kind in kinds:
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


def _mermaid_node(i: int, graph: Graph) -> str:
    node = graph.nodes[i]
    parts = node.text()
    before, after = LIGHT.looks[node.kind].mermaid
    return f'    n{i}{before}"{"<br/>".join(escape(part) for part in parts)}"{after}'
