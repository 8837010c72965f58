"""What a picture is made of: nodes, edges and clusters, with no word on where they came from.

Values, modules and compiled programs are sources that fill a :class:`Graph`; DOT, Mermaid, SVG and the text
tree read it. An object that offers ``_drawing(options)``, returning a Graph, can be drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from .chips import chips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    class Drawable(Protocol):
        """What can be drawn besides Values and functions."""

        def _drawing(self, options: Options) -> Graph: ...


Kind = Literal["op", "input", "parameter", "module", "more"]


@dataclass(frozen=True, slots=True)
class Options:
    """How much to draw, and how; the arguments of :func:`autograd.draw` of the same names."""

    max_nodes: int = 200
    collapse: bool | int | str | tuple[str, ...] | None = None
    near: tuple[Any, ...] = ()
    highlight: tuple[Any, ...] = ()
    fold: int | None = None
    gradients: bool = True
    digits: int = 4


@dataclass(slots=True)
class Node:
    """One box.

    Attributes:
        title: what it is: a name, an operation.
        lines: what is known of it, a line each.
        gradient: the line about its gradient, or "".
        kind: which shape and colour it gets.
        cluster: the index of the cluster it stands in, or None.
        output: whether it is one of those that were asked for.
        stacked: whether it stands for several alike.
        name: what a chip of it says; its title if "".
        hover: what a pointer that rests on it is told; what stands in the box if "".
        chip: whether it is another box's name, shown again beside a use.
    """

    title: str
    lines: tuple[str, ...] = ()
    gradient: str = ""
    kind: Kind = "op"
    cluster: int | None = None
    output: bool = False
    stacked: bool = False
    highlighted: bool = False
    name: str = ""
    hover: str = ""
    chip: bool = False

    def text(self) -> list[str]:
        """What stands in the box, a line each."""
        return [self.title, *self.lines, *([self.gradient] if self.gradient else [])]

    def hover_text(self) -> str:
        """What a pointer that rests on it is told."""
        return self.hover or "\n".join(self.text())


@dataclass(slots=True)
class Edge:
    """An arrow from the node with index ``tail`` to that with index ``head``.

    Attributes:
        weight: how thick, from 0 to 1, or None where nothing is known.
        negative: drawn dashed.
        label: a word or two at the arrow's head.
    """

    tail: int
    head: int
    weight: float | None = None
    negative: bool = False
    label: str = ""
    highlighted: bool = False


@dataclass(slots=True)
class Cluster:
    """A frame around nodes; ``parent`` is the index of the frame around it, or None."""

    title: str
    parent: int | None = None


@dataclass(slots=True)
class Graph:
    """A picture's content. Nodes are in topological order, operands first.

    Attributes:
        columns: nodes to stand beside each other in this order; all of a column in one cluster.
        straight: whether edges are straight lines, where no box can be in their way.
        notes: lines to stand below the picture.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    straight: bool = False
    notes: list[str] = field(default_factory=list)
    direction: Literal["LR", "TB"] = "LR"

    def operands(self) -> list[list[int]]:
        """For each node the indices of those with an edge to it."""
        tails: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            tails[edge.head].append(edge.tail)
        return tails

    def crowd(self) -> float:
        """How thin edges and arrows are to be, where there are many: 0 to 1.5."""
        return min(len(self.edges) / 200, 1.5)

    def told(self, tail: int, head: int) -> str:
        """What a pointer that rests on an edge is told."""
        return f"{self.nodes[tail].title} → {self.nodes[head].title}"

    def _chips(self) -> list[tuple[int, int]]:
        """The edges whose tail is to stand beside their head once more."""
        heads = {edge.head for edge in self.edges}
        leaves = {
            i
            for i, node in enumerate(self.nodes)
            if node.kind in {"input", "parameter"} and i not in heads
        }
        counts = {i for i, node in enumerate(self.nodes) if node.kind == "more"}
        tails = self.operands()
        return chips([[] if i in counts else tails[i] for i in range(len(tails))], leaves)

    def with_chips(self) -> Graph:
        """A copy in which leaves stand again beside their later uses, behind all other nodes."""
        nodes, edges = list(self.nodes), list(self.edges)
        places = {(edge.tail, edge.head): i for i, edge in enumerate(edges)}
        for leaf, user in self._chips():
            node = nodes[leaf]
            i = places[leaf, user]
            edges[i] = replace(edges[i], tail=len(nodes))
            title = node.name or node.title
            cluster = nodes[user].cluster
            nodes.append(
                Node(title, (), "", node.kind, cluster, hover=node.hover_text(), chip=True)
            )
            nodes[-1].highlighted = edges[i].highlighted
        return replace(self, nodes=nodes, edges=edges)

    def sinks(self) -> list[int]:
        """The nodes that no edge leaves, and those that were asked for."""
        leaving = {edge.tail for edge in self.edges}
        return [i for i, node in enumerate(self.nodes) if node.output or i not in leaving]

    def nearest(self, limit: int) -> Graph:
        """A copy with no more than ``limit`` boxes, those nearest to the results, and counts of the others."""
        if self.size() <= limit:
            return self
        operands = self.operands()
        found = dict.fromkeys(self.sinks())
        for i in (queue := list(found)):
            new = [j for j in operands[i] if j not in found]
            found.update(dict.fromkeys(new))
            queue.extend(new)

        def fits(count: int) -> bool:
            return self._first(queue[:count], operands).size() <= limit

        graph = self._first(queue[: most(len(queue), fits)], operands)
        hidden = len(self.nodes) - sum(node.kind != "more" for node in graph.nodes)
        note = f"{plural(hidden, 'node')} not shown (max_nodes={limit})"
        return replace(graph, columns=[], notes=[*self.notes, note])

    def size(self) -> int:
        """How many boxes there are to draw, chips included."""
        return len(self.nodes) + len(self._chips())

    def _first(self, shown: list[int], operands: list[list[int]]) -> Graph:
        """A copy with some of the nodes, and counts of those that they depend on besides."""
        kept = sorted(shown)
        new = {old: k for k, old in enumerate(kept)}
        nodes = [replace(self.nodes[i]) for i in kept]
        edges = [
            replace(e, tail=new[e.tail], head=new[e.head])
            for e in self.edges
            if e.tail in new and e.head in new
        ]
        seen = set(kept)
        for i in kept:
            before = len(seen)
            stack = [operand for operand in operands[i] if operand not in new]
            cut = bool(stack)
            while stack:
                at = stack.pop()
                if at not in seen:
                    seen.add(at)
                    stack.extend(operands[at])
            if cut:
                count = len(seen) - before
                edges.append(Edge(len(nodes), new[i]))
                nodes.append(Node(f"… {count:,} more" if count else "…", kind="more"))
        return replace(self, nodes=nodes, edges=edges)

    def in_clusters(self) -> Graph:
        """A copy without clusters that hold nothing."""
        needed: set[int] = set()
        for node in self.nodes:
            at = node.cluster
            while at is not None and at not in needed:
                needed.add(at)
                at = self.clusters[at].parent
        index = {old: new for new, old in enumerate(sorted(needed))}
        return replace(
            self,
            nodes=[
                replace(node, cluster=None if node.cluster is None else index[node.cluster])
                for node in self.nodes
            ],
            clusters=[
                Cluster(c.title, None if c.parent is None else index[c.parent])
                for c in (self.clusters[i] for i in sorted(needed))
            ],
        )


def shorten(text: str, limit: int = 32) -> str:
    """A text on one line, cut in the middle if it is long; control characters are made visible."""
    if len(text) > 4 * limit:
        text = (
            text[: 2 * limit] + text[-2 * limit :]
        )  # so that what follows costs the same for 10 kB
    text = "".join(_visible(c) for c in text)
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    if character.isprintable():
        return character
    return " " if character.isspace() else "�"


def number(x: float, digits: int = 4) -> str:
    """A number with a few significant digits, and no exponent where none is needed.

    >>> [number(x) for x in (2.0, -0.00170710678, 12345.678, 1e-9, 3e8, float("nan"))]
    ['2', '-0.001707', '12346', '1e-09', '3e+08', 'nan']
    """
    if x != x or math.isinf(x):
        return str(x)
    if x == 0:
        return "0"
    if 1e-3 <= abs(x) < 1e6:
        text = f"{x:.{max(digits - 1 - math.floor(math.log10(abs(x))), 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{x:.{digits}g}"


def most(count: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to ``count``, and at least 1, that fits, where less fits no worse."""
    low, high = 1, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def plural(count: int, noun: str) -> str:
    """``1 node``, ``2,000 nodes``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def common_range(labels: Iterable[str]) -> str:
    """One name for several: ``w[0]``, ``w[1]``, ``w[2]`` are ``w[0..2]``; "" if they have none in common.

    >>> common_range(["w[0]", "w[1]", "w[2]"]), common_range(["x7", "x2"]), common_range(["a", "b"])
    ('w[0..2]', 'x7, x2', '')
    """
    labels = list(labels)
    first, last = labels[0], labels[-1]
    stem = _stem(first)
    if not stem[1] or any(_stem(label)[::2] != stem[::2] for label in labels):
        return ""
    numbers = [int(_stem(label)[1]) for label in labels]
    if numbers == [*range(numbers[0], numbers[0] + len(numbers))]:
        return f"{stem[0]}{stem[1]}..{_stem(last)[1]}{stem[2]}"
    return ", ".join(labels) if len(labels) < 4 else f"{first} … {last}"


def _stem(label: str) -> tuple[str, str, str]:
    """A label as what stands before its last number, the number, and a closing bracket."""
    if len(label) > 1000:
        return label, "", ""
    end = len(label)
    while end and label[end - 1] in "])}":
        end -= 1
    start = end
    while start and label[start - 1] in "0123456789":
        start -= 1
    return label[:start], label[start:end], label[end:]


def stem_of(label: str) -> tuple[str, str] | None:
    """What labels such as ``w[0]`` and ``w[1]`` have in common, or None if the label ends in no number."""
    before, digits, after = _stem(label)
    return (before, after) if digits else None
