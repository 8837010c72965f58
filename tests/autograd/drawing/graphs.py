"""Graphs for tests: straight-line programs, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.drawing.model import Cluster, Edge, Graph, Node

BINARY = (ag.add, ag.sub, ag.mul, ag.maximum)
UNARY = (ag.tanh, ag.relu, ag.neg, ag.sigmoid)

names = st.one_of(st.just(""), st.sampled_from(["x", "w[0]", "w[1]", "w[2]"]), st.text(max_size=12))
titles = st.sampled_from(["+", "x = 2", "w[0..63]", "neurons[1]", "a rather long title", "W" * 12])
numbers = st.floats(-10, 10).map(lambda x: round(x, 3))


@st.composite
def graphs(draw, max_steps: int = 25) -> list[Value]:
    """All nodes of a graph, the last one last; operands are any nodes before, constants too."""
    nodes = [Value(draw(numbers), draw(names)) for _ in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, max_steps))):
        kind = draw(st.integers(0, 3))
        a = nodes[-1 - draw(st.integers(0, len(nodes) - 1))]
        b = nodes[-1 - draw(st.integers(0, len(nodes) - 1))]
        if kind == 0:
            new = draw(st.sampled_from(UNARY))(a)
        elif kind == 1:
            new = draw(st.sampled_from(BINARY))(a, draw(numbers))
        elif kind == 2:
            new = draw(st.sampled_from(BINARY))(a, b)
        else:
            new = ag.sum([a, b, *nodes[: draw(st.integers(0, 8))]])
        new.label = draw(names)
        nodes.append(new)
    return nodes


def everything(nodes: list[Value]) -> list[tuple[object, ...]]:
    """All that a graph is, to compare before and after."""
    return [
        (
            id(v),
            repr(v.data),
            repr(v.grad),
            v.label,
            v.primitive,
            tuple(id(x) if isinstance(x, Value) else repr(x) for x in v.operands),
            tuple(map(repr, v.primals)),
            v.scope,
        )
        for v in nodes
    ]


@st.composite
def contents(draw, frames: bool = True) -> Graph:
    """A picture's content of any kind: leaves used often, frames in frames, edges in circles, marks."""
    count = draw(st.integers(1, 24))
    clusters: list[Cluster] = []
    for i in range(draw(st.integers(0, 5)) if frames else 0):
        parent = draw(st.integers(-1, i - 1))
        clusters.append(Cluster(draw(titles), None if parent < 0 else parent))
    nodes = []
    for _ in range(count):
        cluster = draw(st.integers(-1, len(clusters) - 1))
        nodes.append(
            Node(
                draw(titles),
                tuple(draw(st.lists(titles, max_size=2))),
                draw(st.sampled_from(["", "grad 0.25"])),
                draw(st.sampled_from(["op", "op", "input", "parameter", "module", "more"])),
                None if cluster < 0 else cluster,
                output=draw(st.booleans()),
                stacked=draw(st.booleans()),
            )
        )
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)),
            max_size=2 * count,
            unique=True,
        )
    )
    circles = draw(st.booleans())
    edges = [
        Edge(
            *(pair if circles else sorted(pair)),
            weight=draw(st.sampled_from([None, 0.0, 0.5, 1.0])),
            label=draw(st.sampled_from(["", "", "×3", "1st"])),
        )
        for pair in pairs
        if circles or pair[0] != pair[1]
    ]
    direction = draw(st.sampled_from(["LR", "TB"]))
    edges = list({(edge.tail, edge.head): edge for edge in edges}.values())
    return Graph(nodes, edges, clusters, direction=direction).in_clusters()
