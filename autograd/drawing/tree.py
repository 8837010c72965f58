"""A picture's content as an indented tree of text: works everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Graph, Node

DEEPEST = 12
"""Where the indentation stops growing, so that a chain does not walk off the page."""


def to_text(graph: Graph) -> str:
    """What was asked for, each node above its operands; a node used again is shown once and named after.

    The number in brackets is that of the node in the DOT text.
    """
    operands = graph.operands()
    uses = [0] * len(graph.nodes)
    for edge in graph.edges:
        uses[edge.tail] += 1
    lines: list[str] = []
    shown: set[int] = set()
    # (node, what stands before its own line, what stands before the lines below it, depth)
    stack: list[tuple[int, str, str, int]] = [(i, "", "", 0) for i in reversed(graph.sinks())]
    while stack:
        i, first, rest, depth = stack.pop()
        node = graph.nodes[i]
        again = i in shown
        if again and depth == 0:
            continue
        name = f" [{i}]" if uses[i] > 1 or (uses[i] and node.output) else ""
        lines.append(f"{first}{_line(node, name, again)}")
        if again:
            continue
        shown.add(i)
        below = operands[i]
        for k, operand in reversed(list(enumerate(below))):
            last = k == len(below) - 1
            if depth >= DEEPEST:
                stack.append((operand, rest + "· ", rest, depth + 1))
            else:
                branch, below_it = ("└─ ", "   ") if last else ("├─ ", "│  ")
                stack.append((operand, rest + branch, rest + below_it, depth + 1))
    lines.extend(graph.notes)
    return "\n".join(lines)


def _line(node: Node, name: str, again: bool) -> str:
    if again:
        return f"{node.title}{name}, above"
    separator = ": " if node.lines or node.gradient else ""
    facts = [*node.lines, *([node.gradient] if node.gradient else [])]
    return f"{node.title}{name}{separator}{', '.join(facts)}"
