"""Values as a picture's content: what each box says, where it stands, how thick its edges are."""

from __future__ import annotations

import gc
import math
from typing import TYPE_CHECKING, Any

from autograd.primitives import ABSENT
from autograd.scopes import Scope
from autograd.value import Value

from .formulas import TOLD, all_in_full, in_full, ordinals
from .formulas import formula as formula_of
from .model import Cluster, Edge, Graph, Node, common_range, number, plural, shorten
from .select import Stub, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .model import Kind, Options
    from .select import Selection
    from .units import Unit

FEW = 3
"""How many numbers of a vector are shown each."""


def from_values(
    roots: list[Value],
    options: Options,
    names: Mapping[Value, str] | None = None,
    parameters: frozenset[Value] = frozenset(),
) -> Graph:
    """The graph that Values were computed by.

    Args:
        roots: what to draw.
        options: how much of it.
        names: labels for this picture, of Values that have none themselves.
        parameters: leaves to draw as parameters, besides those that say they are.
    """

    def is_parameter(value: Value) -> bool:
        return value in parameters or value.is_parameter

    called = names or {}

    def label(value: Value) -> str:
        return value.label or called.get(value, "")

    was_enabled = gc.isenabled()
    gc.disable()  # it would look through all nodes again and again, as small lists come and go
    try:
        selection = select(roots, options, is_parameter, label)
    finally:
        if was_enabled:
            gc.enable()
    return _Assembly(roots, selection, options, label, is_parameter).graph()


class _Assembly:
    """The making of one Graph from a Selection."""

    def __init__(
        self,
        roots: list[Value],
        selection: Selection,
        options: Options,
        label: Callable[[Value], str],
        is_parameter: Callable[[Value], bool],
    ) -> None:
        self._roots = frozenset(roots)
        self._boxes = selection.boxes
        self._units = selection.units
        self._selection = selection
        self._options = options
        self._label = label
        self._is_parameter = is_parameter
        self._clusters: dict[Scope, int] = {}
        self._graph = Graph()
        self._swept = options.gradients and any(
            value.operands and value.grad != 0.0
            for value in (*roots, *self._boxes)
            if isinstance(value, Value)
        )
        self._index: dict[Unit, int] = {}

    def graph(self) -> Graph:
        graph = self._graph
        places: dict[Unit | Stub, int] = {}
        for unit in self._ordered():
            places[unit] = len(graph.nodes)
            graph.nodes.append(self._node(unit))
            if not isinstance(unit, Stub):
                self._index[unit] = places[unit]
        for unit, head in self._index.items():
            for edge in self._edges(unit, head, places):
                graph.edges.append(edge)
        self._place_leaves()
        if self._selection.uses:
            users = sum(self._selection.uses.values())
            graph.edges.extend(Edge(self._index[x], len(graph.nodes)) for x in self._selection.uses)
            graph.nodes.append(Node(f"… {plural(users, 'use')} not shown", kind="more"))
        self._align()
        self._weigh()
        self._highlight()
        graph.notes = self._notes()
        return graph

    def _ordered(self) -> list[Unit | Stub]:
        """Operands first. Collapsed modules may depend on each other, so this is only nearly topological."""
        order: list[Unit | Stub] = []
        seen: set[Unit | Stub] = set()
        stack: list[tuple[Unit | Stub, bool]] = [(unit, False) for unit in reversed(self._boxes)]
        while stack:
            unit, listed = stack.pop()
            if listed:
                order.append(unit)
                continue
            if unit in seen:
                continue
            seen.add(unit)
            stack.append((unit, True))
            if not isinstance(unit, Stub):
                stack.extend((x, False) for x in reversed(self._boxes[unit]))
        return order

    # --- nodes ------------------------------------------------------------------------------

    def _node(self, unit: Unit | Stub) -> Node:
        if isinstance(unit, Stub):
            title = f"… {unit.count:,} more" if unit.count else "…"
            return Node(title, kind="more", cluster=self._cluster(unit.scope))
        if isinstance(unit, Value):
            return self._value(unit)
        if isinstance(unit, Scope):
            return self._module(unit)
        return self._vector(unit)

    def _value(self, value: Value) -> Node:
        digits = self._options.digits
        gradient = ""
        if self._options.gradients and (self._swept or (not value.operands and value.grad != 0.0)):
            gradient = f"grad {number(value.grad, digits)}"
        label = shorten(self._label(value))
        data = number(value.data, digits)
        kind: Kind = "parameter" if self._is_parameter(value) else "input"
        if value.primitive is None:
            return Node(
                f"{label} = {data}" if label else data,
                (),
                gradient,
                kind,
                self._cluster(value.scope),
                output=value in self._roots,
                name=label or data,
                hover=in_full(value, self._label(value), kind, bool(gradient)),
            )
        formula = formula_of(value, value.primitive, self._label, digits)
        return Node(
            f"{label} = {formula}" if label else formula,
            (data,),
            gradient,
            "op",
            self._cluster(value.scope),
            output=value in self._roots,
            hover=in_full(value, self._label(value), kind, bool(gradient)),
        )

    def _vector(self, values: tuple[Value, ...]) -> Node:
        parameters = self._is_parameter(values[0])
        count = plural(len(values), "parameter" if parameters else "input")
        title = shorten(common_range(self._label(value) for value in values))
        lines = [count] if title and len(values) > FEW else []
        lines.append(self._span([value.data for value in values]))
        gradients = [value.grad for value in values]
        gradient = ""
        if self._options.gradients and (self._swept or any(gradients)):
            gradient = f"grad {self._span(gradients)}"
        return Node(
            title or count,
            tuple(lines),
            gradient,
            "parameter" if parameters else "input",
            self._cluster(values[0].scope),
            stacked=True,
            hover=all_in_full(values, self._label, count),
        )

    def _module(self, scope: Scope) -> Node:
        members = self._units.members[scope]
        title, lines = scope.name or scope.kind, []
        if scope.name and scope.kind:
            lines.append(scope.kind)
        lines.append(plural(sum(bool(value.operands) for value in members), "operation"))
        parameters = [
            value
            for value in self._units.sources(scope)
            if not value.operands and self._is_parameter(value)
        ]
        if parameters:
            lines.append(plural(len(parameters), "parameter"))
        return Node(
            shorten(title),
            tuple(shorten(line) for line in lines),
            kind="module",
            cluster=self._cluster(scope.parent),
            output=not self._roots.isdisjoint(members),
            stacked=True,
            hover="\n".join(shorten(line, TOLD) for line in (f"module {scope}", *lines)),
        )

    def _span(self, numbers: list[float]) -> str:
        """The least and the greatest of some numbers, or all of them if they are few."""
        if len(numbers) <= FEW:
            return ", ".join(number(x, self._options.digits) for x in numbers)
        finite = [x for x in numbers if math.isfinite(x)]
        if not finite:
            return number(numbers[0])
        low, high = (number(x, self._options.digits) for x in (min(finite), max(finite)))
        odd = len(numbers) - len(finite)
        text = low if low == high else f"{low} … {high}"
        return f"{text}, {odd:,} not finite" if odd else text

    # --- clusters ---------------------------------------------------------------------------

    def _cluster(self, scope: Scope | None) -> int | None:
        """The index of a scope's frame, which is made if need be."""
        index: int | None = None
        for around in scope.line() if scope is not None else ():
            if around not in self._clusters:
                title = " · ".join(shorten(part) for part in (around.name, around.kind) if part)
                self._clusters[around] = len(self._graph.clusters)
                self._graph.clusters.append(Cluster(title, index))
            index = self._clusters[around]
        return index

    def _place_leaves(self) -> None:
        """Put a parameter that one module uses into that module's frame."""
        nodes = self._graph.nodes
        heads: dict[int, set[int | None]] = {}
        for edge in self._graph.edges:
            heads.setdefault(edge.tail, set()).add(nodes[edge.head].cluster)
        for place, clusters in heads.items():
            node = nodes[place]
            if node.kind == "parameter" and node.cluster is None and len(clusters) == 1:
                (node.cluster,) = clusters

    # --- edges ------------------------------------------------------------------------------

    def _edges(self, unit: Unit, head: int, places: dict[Unit | Stub, int]) -> Iterable[Edge]:
        operands = self._boxes[unit]
        flows = self._flows(unit) if self._swept else {}
        labels = ordinals(unit, self._label) if isinstance(unit, Value) else {}
        for operand in operands:
            edge = Edge(places[operand], head)
            if isinstance(operand, tuple):
                known = [flows[value] for value in operand if value in flows]
                edge.weight = sum(known) if known else None
                edge.label = _mark({labels.get(value, "") for value in operand})
            elif not isinstance(operand, Stub):
                edge.weight = flows.get(operand)
            if isinstance(operand, Value):
                edge.label = labels.get(operand, "")
            yield edge

    def _flows(self, unit: Unit) -> dict[Unit, float]:
        """How much gradient a box handed to what it depends on."""
        values: dict[Value, float] = {}
        if isinstance(unit, Value):
            values = _shares(unit)
        elif isinstance(unit, Scope):
            values = {operand: abs(operand.grad) for operand in self._units.sources(unit)}
        flows: dict[Unit, float] = dict(values.items())
        for value, flow in values.items():
            top = self._units.of(value)
            if isinstance(top, Scope):
                flows[top] = flows.get(top, 0.0) + flow
        return flows

    def _align(self) -> None:
        """Keep collapsed modules that stand side by side, a layer's neurons, in their order."""
        graph = self._graph
        neighbours: dict[tuple[int | None, frozenset[int]], list[int]] = {}
        for place, tails in enumerate(graph.operands()):
            node = graph.nodes[place]
            if node.kind == "module":
                neighbours.setdefault((node.cluster, frozenset(tails)), []).append(place)
        graph.columns = [column for column in neighbours.values() if len(column) > 2]

    def _weigh(self) -> None:
        """Turn magnitudes of gradients into thickness, on a scale of three decades."""
        known = [e.weight for e in self._graph.edges if e.weight and math.isfinite(e.weight)]
        top = max(known, default=0.0)
        for edge in self._graph.edges:
            if edge.weight is None or edge.weight == 0.0:
                continue
            share = edge.weight / top if math.isfinite(edge.weight) and top else 1.0
            edge.weight = min(max(1.0 + math.log10(share) / 3.0, 0.05), 1.0) if share else 0.05

    # --- the rest ---------------------------------------------------------------------------

    def _highlight(self) -> None:
        """Mark what lies on a path between highlighted nodes, or from the one there is to the roots."""
        places = [place for unit, place in self._index.items() if self._is_wanted(unit)]
        if not places:
            return
        graph = self._graph
        ups: dict[int, list[int]] = {}
        downs: dict[int, list[int]] = {}
        for edge in graph.edges:
            ups.setdefault(edge.tail, []).append(edge.head)
            downs.setdefault(edge.head, []).append(edge.tail)
        ends = places if len(places) > 1 else graph.sinks()
        path = _reachable(places, ups) & _reachable(ends, downs) | set(places)
        for place in path:
            graph.nodes[place].highlighted = True
        for edge in graph.edges:
            edge.highlighted = edge.tail in path and edge.head in path

    def _is_wanted(self, unit: Unit) -> bool:
        wanted = self._options.highlight
        if isinstance(unit, Scope):
            return any(value in wanted for value in self._units.members[unit])
        return any(value in wanted for value in ((unit,) if isinstance(unit, Value) else unit))

    def _notes(self) -> list[str]:
        notes = []
        hidden = self._selection.hidden
        if hidden:
            notes.append(
                f"{plural(hidden, 'node')} not shown (max_nodes={self._options.max_nodes})"
            )
        if self._options.gradients and not self._swept and any(x.operands for x in self._roots):
            notes.append("No gradients yet: call backward() first")
        stale: dict[str, None] = {}
        for unit in self._boxes:
            if isinstance(unit, Value):
                for operand, primal in zip(unit.operands, unit.primals, strict=True):
                    if isinstance(operand, Value) and operand.data != primal:
                        note = self._changed(operand, primal)
                        if note:
                            stale[note] = None
        notes.extend(list(stale)[:3])
        if len(stale) > 3:
            notes.append(f"… and {len(stale) - 3:,} other leaves changed too")
        return notes

    def _changed(self, leaf: Value, before: float) -> str:
        """A note if a leaf is not what it was when the graph was computed."""
        now, digits = leaf.data, self._options.digits
        if now == before or (now != now and before != before):
            return ""
        name = shorten(self._label(leaf)) or "a leaf"
        then = number(before, digits)
        return f"{name} was {then} when this was computed, and is {number(now, digits)} now"


def _mark(marks: set[str]) -> str:
    """One mark for an arrow from a vector, of those of its Values."""
    if len(marks) == 1:
        return marks.pop()
    return "some repeated" if any(mark.startswith("×") for mark in marks) else ""


def _shares(value: Value) -> dict[Value, float]:
    """The magnitude of the gradient that a node handed to each of its operands."""
    primitive = value.primitive
    if primitive is None:
        return {}
    shares: dict[Value, float] = {}
    partials = primitive.partials
    if primitive.arity is None:
        partials = partials[0](value.data, *value.primals)
    for operand, partial in zip(value.operands, partials, strict=True):
        if isinstance(operand, Value):
            of_place = callable(partial) and primitive.arity is not None
            local: Any = partial(value.data, *value.primals) if of_place else partial
            if local is not ABSENT:
                shares[operand] = shares.get(operand, 0.0) + value.grad * local
            else:
                shares.setdefault(operand, 0.0)
    return {operand: abs(share) for operand, share in shares.items()}


def _reachable(starts: Iterable[int], edges: Mapping[int, list[int]]) -> set[int]:
    seen = set(starts)
    stack = list(seen)
    while stack:
        for other in edges.get(stack.pop(), ()):
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen
