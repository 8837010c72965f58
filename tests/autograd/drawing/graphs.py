"""Graphs for tests: straight-line programs, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

import autograd as ag
from autograd import Value

BINARY = (ag.add, ag.sub, ag.mul, ag.maximum)
UNARY = (ag.tanh, ag.relu, ag.neg, ag.sigmoid)

names = st.one_of(st.just(""), st.sampled_from(["x", "w[0]", "w[1]", "w[2]"]), st.text(max_size=12))
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
