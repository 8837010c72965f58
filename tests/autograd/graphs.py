"""Graphs for the tests of walks and sweeps."""

from __future__ import annotations

from hypothesis import strategies as st

import autograd as ag
from autograd import Value


def program(choices):
    """A graph grown from two leaves by numbers that choose operation and operands."""
    nodes = [Value(0.5), Value(-0.25)]
    for kind, i, j in choices:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        if kind == 0:
            nodes.append(a + b)
        elif kind == 1:
            nodes.append(a * b)
        elif kind == 2:
            nodes.append(a.tanh())
        else:
            nodes.append(ag.sum([a, b, a]))
    return nodes


PROGRAMS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=12)


def nodes_of(*roots):
    """By recursion, as a plain definition of what belongs to a graph."""
    found = set(roots)
    for root in roots:
        found |= nodes_of(*(x for x in root.operands if isinstance(x, Value)))
    return found


def clean(*nodes):
    """Whether no sweep has left anything in these nodes."""
    return all(node._cotangent is None for node in nodes)
