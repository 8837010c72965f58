"""Walking a graph: topological order, and what depends on what. Nothing here recurses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from . import modes
from .native import core

if TYPE_CHECKING:
    from collections.abc import Collection

    from .node import Node

N = TypeVar("N", bound="Node")


def topological_order(*roots: N, until: Collection[N] = ()) -> list[N]:
    """All nodes that the roots depend on, each after its operands and the roots themselves last.

    The order depends on the graph alone: depth first, a node's last operand before its first.

    Args:
        roots: where the walk starts.
        until: nodes that it does not enter, and that the order leaves out.

    >>> from autograd import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b
    >>> [node.label or node.primitive.name for node in topological_order(c + c)]
    ['b', 'a', 'mul', 'add']
    """
    if core is not None:
        return core.topological_order(*roots, until=until)  # type: ignore[no-any-return]
    order: list[N] = []
    seen = set(map(id, until))
    stack: list[Any] = list(roots)
    pop, push, emit = stack.pop, stack.append, order.append
    while stack:
        node = pop()
        if node is None:  # all operands of the node under this mark have been listed
            emit(pop())
            continue
        key = id(node)
        if key in seen:
            continue
        seen.add(key)
        operands = node.operands
        if not operands:
            emit(node)
            continue
        push(node)
        push(None)
        for operand in operands:
            if type(operand) is not float:
                push(operand)
    return order


def restricted(order: list[N], sources: Collection[N]) -> tuple[list[N], set[int] | None]:
    """The sources and what depends on them.

    Args:
        order: nodes in topological order.
        sources: nodes.

    Returns:
        That part of the order; and the set of its ids, or None if no other node is an operand of these.
    """
    found = set(map(id, sources))
    part = []
    for node in order:
        if id(node) in found or any(id(operand) in found for operand in node.operands):
            found.add(id(node))
            part.append(node)
    closed = len(part) == len(order) and not any(source.operands for source in sources)
    return part, None if closed else found


def first_anomaly(root: N) -> N | None:
    """The first node, in topological order, that is nan or infinite while its operands are not nan
    (or infinite); None where there is none. A leaf that is not finite counts.

    >>> from autograd import Value, first_anomaly, log
    >>> x = Value(0.0, label="x")
    >>> first_anomaly(1.0 + log(x) * 2.0).primitive
    <primitive log>
    """
    for node in topological_order(root):
        if modes.is_anomaly(node.data, node.primals):
            return node
    return None
