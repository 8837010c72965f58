"""The sweeps over a graph in topological order: cotangents backward, tangents forward."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from . import hooks, modes
from .graph import restricted
from .native import in_c
from .primitives import ABSENT
from .state import state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


sweeping = threading.RLock()
"""Held during a sweep, which leaves its cotangents in the nodes: two threads may share leaves."""


class StaleGraphError(RuntimeError):
    """A leaf's data was changed after the graph was recorded, and the recorded point is needed again.

    >>> from autograd import StaleGraphError, Value, gradient
    >>> x = Value(2.0)
    >>> y = x * x
    >>> x.data = 3.0
    >>> try:
    ...     gradient(y, x, create_graph=True)
    ... except StaleGraphError:
    ...     print("y was computed from another x")
    y was computed from another x
    """


@in_c
class Sweep:
    """The part of a graph between some inputs and some outputs, to be swept either way, any number of times.

    Args:
        order: nodes in topological order, all that the outputs depend on or as much of it as matters.
        inputs: the nodes to differentiate by: leaves, or nodes on the way.
        outputs: what to differentiate. Plain numbers among them depend on nothing.

    Raises:
        StaleGraphError: by a sweep with ``create_graph``, if a leaf no longer has the data it was recorded with.
    """

    __slots__ = ("_among", "_inputs", "_known", "_order", "_outputs")

    def __init__(self, order: list[Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        self._order, self._among = restricted(order, inputs)
        self._known = set(map(id, self._order)) if self._among is None else self._among
        self._inputs = inputs
        self._outputs = outputs

    def pull(self, cotangents: Sequence[Any], create_graph: bool = False) -> list[Any]:
        """The cotangents that reach the inputs from those of the outputs, of which None is none.

        Args:
            cotangents: one for each output.
            create_graph: compute with Values, so that the answers can be differentiated again.

        Returns:
            One for each input, None where none arrives.
        """
        seeds = [
            (output, cotangent)
            for output, cotangent in zip(self._outputs, cotangents, strict=True)
            if cotangent is not None and id(output) in self._known
        ]
        wanted = set(map(id, self._inputs))
        found = {
            id(node): cotangent
            for node, cotangent in reverse_sweep(self._order, seeds, create_graph, self._among)
            if id(node) in wanted
        }
        return [found.get(id(node)) for node in self._inputs]

    def push(self, tangents: Sequence[Any], create_graph: bool = False) -> list[Any]:
        """The tangents of the outputs from those of the inputs: the same the other way round."""
        seeds = [
            (node, tangent)
            for node, tangent in zip(self._inputs, tangents, strict=True)
            if tangent is not None
        ]
        found = forward_sweep(self._order, seeds, create_graph)
        return [found.get(id(output)) for output in self._outputs]


def reverse_sweep(
    order: list[Any],
    seeds: Iterable[tuple[Any, Any]],
    create_graph: bool = False,
    among: Collection[int] | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Hand cotangents from each node to its operands, from the last node of an order to the first.

    Args:
        order: nodes in topological order.
        seeds: nodes and the cotangents they start with.
        create_graph: compute with Values instead of floats, so that the results can be differentiated.
        among: hand nothing to other nodes than those of these ids; None if all operands are in the order.

    Yields:
        Each node that a cotangent reached with the whole of it, consumers before operands.

    Raises:
        StaleGraphError: with ``create_graph``, if a leaf no longer has the data it was recorded with.
    """
    watch = modes.anomalies.get() if state.active and not create_graph else None
    hooked = state.hooked
    # Cotangents wait in a slot of the nodes, since a dictionary would cost half the sweep's time again.
    with sweeping:
        try:
            for node, seed in seeds:
                before = node._cotangent
                node._cotangent = seed if before is None else before + seed
            for node in reversed(order):
                cotangent = node._cotangent
                if cotangent is None:  # no path from a seed, or only through a branch not taken
                    continue
                node._cotangent = None
                if hooked:
                    cotangent = hooks.changed(node, cotangent)
                yield node, cotangent
                primitive = node.primitive
                if primitive is None:
                    continue
                if create_graph:
                    refuse_stale(node)
                    out: Any = node
                    primals: tuple[Any, ...] = node.operands
                    partials = primitive.traced
                else:
                    out = node._data
                    primals = node.primals
                    partials = primitive.partials
                if primitive.arity == 2 and among is None:
                    # The loop below, unrolled: most nodes have two operands, and this halves the sweep.
                    a, b = node.operands
                    x, y = primals
                    by_a, by_b = partials
                    if not isinstance(a, float):
                        local = by_a(out, x, y) if callable(by_a) else by_a
                        if local is not ABSENT:
                            share = product(cotangent, local) if create_graph else cotangent * local
                            if watch is not None:
                                watch.check_backward(node, a, cotangent, share)
                            before = a._cotangent
                            a._cotangent = share if before is None else before + share
                    if not isinstance(b, float):
                        local = by_b(out, x, y) if callable(by_b) else by_b
                        if local is not ABSENT:
                            share = product(cotangent, local) if create_graph else cotangent * local
                            if watch is not None:
                                watch.check_backward(node, b, cotangent, share)
                            before = b._cotangent
                            b._cotangent = share if before is None else before + share
                    continue
                if primitive.arity is None and among is None and watch is None and not create_graph:
                    # The same for operations of many operands, of which a neuron's have the most edges.
                    by_operand = partials[0](out, *primals)
                    for operand, local in zip(node.operands, by_operand, strict=True):
                        if local is not ABSENT and not isinstance(operand, float):
                            share = cotangent * local
                            before = operand._cotangent
                            operand._cotangent = share if before is None else before + share
                    continue
                known = (
                    primitive.arity is None
                )  # then one function gives the partials of all operands
                if known:
                    partials = partials[0](out, *primals)
                for operand, partial in zip(node.operands, partials, strict=True):
                    if isinstance(operand, float) or (
                        among is not None and id(operand) not in among
                    ):
                        continue
                    local = partial if known or not callable(partial) else partial(out, *primals)
                    if local is ABSENT:
                        continue
                    share = product(cotangent, local) if create_graph else cotangent * local
                    if watch is not None:
                        watch.check_backward(node, operand, cotangent, share)
                    before = operand._cotangent
                    operand._cotangent = share if before is None else before + share
        except BaseException:  # also GeneratorExit: whoever stops early leaves nothing behind
            for node in order:
                node._cotangent = None
            raise


def forward_sweep(
    order: list[Any], seeds: Iterable[tuple[Any, Any]], create_graph: bool = False
) -> dict[int, Any]:
    """Hand tangents from each node to those computed from it, from the first node to the last.

    A node's tangent is the sum of its partials times its operands' tangents. An operand that no seed
    reaches has no tangent at all, so that its partial is not computed.

    Args:
        order: nodes in topological order.
        seeds: nodes and the tangents they start with; they need not be in the order.
        create_graph: compute with Values instead of floats, so that the results can be differentiated.

    Returns:
        The tangent of each node that depends on a seed through something smooth, and of the seeds, by the nodes' ids.

    Raises:
        StaleGraphError: with ``create_graph``, if a leaf no longer has the data it was recorded with.
    """
    tangents: dict[int, Any] = {id(node): tangent for node, tangent in seeds}
    get = tangents.get
    for node in order:
        primitive = node.primitive
        if primitive is None or id(node) in tangents:
            continue
        moving = [get(id(operand)) for operand in node.operands]  # None for a constant too
        for tangent in moving:
            if tangent is not None:
                break
        else:
            continue
        if create_graph:
            refuse_stale(node)
            out: Any = node
            primals: tuple[Any, ...] = node.operands
            partials = primitive.traced
        else:
            out = node._data
            primals = node.primals
            partials = primitive.partials
        known = primitive.arity is None
        if known:
            partials = partials[0](out, *primals)
        total = None
        for tangent, partial in zip(moving, partials, strict=True):
            if tangent is None:
                continue
            local = partial if known or not callable(partial) else partial(out, *primals)
            if local is ABSENT:
                continue
            share = product(tangent, local) if create_graph else tangent * local
            total = share if total is None else total + share
        if total is not None:
            tangents[id(node)] = total
    return tangents


def product(a: Any, b: Any) -> Any:
    """a * b without a node of the graph where one of them is the number 1 or -1."""
    for one, other in ((a, b), (b, a)):
        if type(one) is float:
            if one == 1.0:
                return other
            if one == -1.0:
                return -other
    return a * b


def refuse_stale(node: Any) -> None:
    """Raise a StaleGraphError if a leaf among a node's operands no longer has the number it was computed with."""
    for operand, primal in zip(node.operands, node.primals, strict=True):
        if not isinstance(operand, float) and operand.data is not primal:
            now = operand.data
            if now != primal and not (now != now and primal != primal):
                raise StaleGraphError(
                    f"{operand.label or 'a leaf'} was {primal} when {modes.describe(node)} was "
                    f"computed and is {now} now; compute the graph again before differentiating "
                    f"it with create_graph=True"
                )
