"""Which part of a graph of Values a picture shows: folded, collapsed and cut to size.

A *unit* is what becomes one box: a Value; a tuple of leaves that are drawn as one vector; or a Scope,
which is a module collapsed to one box.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograd.graph import topological_order
from autograd.scopes import Scope
from autograd.value import Value

from .model import stem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .model import Options

    Unit = Value | tuple[Value, ...] | Scope

OPERANDS_SHOWN = 6
"""How many operands of a node are shown where the graph is too large to be shown whole."""

EDGES_PER_NODE = 2
"""More edges than this for each node that may be shown make a tangle that nobody can read, nor lay out."""

SMALL = 20
"""Up to how many boxes a picture shows each operand for itself, if there are not many."""


@dataclass(eq=False)
class Stub:
    """What a box depends on and the picture leaves out: ``count`` nodes not counted in another stub."""

    count: int
    scope: Scope | None = None


@dataclass
class Selection:
    """What is shown.

    Attributes:
        units: the boxes, in the order they were found; and for each what it depends on, in the order of
            its operands.
        members: for each module, shown or not, that is drawn as one box, the nodes in it.
        uses: for a box the number of nodes that use it and are left out.
        hidden: how many nodes are left out, besides those in collapsed modules.
        tops: for each scope in a collapsed module that module's.
    """

    units: dict[Unit, list[Unit | Stub]] = field(default_factory=dict)
    members: dict[Scope, list[Value]] = field(default_factory=dict)
    uses: dict[Unit, int] = field(default_factory=dict)
    hidden: int = 0
    tops: dict[Scope, Scope] = field(default_factory=dict)


def select(
    roots: list[Value], options: Options, is_parameter: Callable[[Value], bool]
) -> Selection:
    """Choose what to show of the graph that the roots depend on."""
    search = Search(options, is_parameter)
    if (
        options.fold is None
        and len(_breadth_first(list(roots), search.operands, SMALL, None)[0]) == SMALL
    ):
        search.fold = 2
    if options.near:
        return search.around(list(options.near), topological_order(*roots))
    if options.collapse is None or options.collapse is False:
        selection, seen = search.from_roots(roots)
        if options.collapse is False or selection.hidden == 0:
            return selection
        if all(value.scope is None for value in seen):
            return selection
    search.collapse(topological_order(*roots))
    return search.from_roots(roots)[0]


class Search:
    """A walk over units, breadth first, until there are enough of them."""

    def __init__(self, options: Options, is_parameter: Callable[[Value], bool]) -> None:
        self.fold = 5 if options.fold is None else options.fold
        self._options = options
        self._is_parameter = is_parameter
        self._tops: dict[Scope, Scope] = {}  # for each collapsed scope the one that it is drawn as
        self._members: dict[Scope, list[Value]] = {}

    def collapse(self, order: list[Value]) -> None:
        """Draw modules as single boxes, as the options ask for, or so that the graph fits."""
        sizes = Counter([value.scope for value in order if value.operands])
        unscoped = sizes.pop(None, 0)
        scopes = {scope: count for scope, count in sizes.items() if scope is not None}
        self._tops = self._chosen_tops(scopes, unscoped)
        for value in reversed(order):  # first operands come first
            if value.scope is not None and value.scope in self._tops:
                self._members.setdefault(self._tops[value.scope], []).append(value)

    def _chosen_tops(self, sizes: dict[Scope, int], unscoped: int) -> dict[Scope, Scope]:
        wanted = self._options.collapse
        if isinstance(wanted, (str, tuple)):
            names = {wanted} if isinstance(wanted, str) else set(wanted)
            return _tops(sizes, lambda scope: str(scope) in names or scope.kind in names)
        if isinstance(wanted, int) and wanted is not True:
            return _tops(sizes, lambda scope: scope.depth >= wanted)
        if wanted is None:
            for depth in range(max((scope.depth for scope in sizes), default=0), 1, -1):
                tops = _tops(sizes, lambda scope, depth=depth: scope.depth >= depth)  # type: ignore[misc]
                loose = sum(count for scope, count in sizes.items() if scope not in tops)
                if unscoped + loose + len(set(tops.values())) <= self._options.max_nodes:
                    return tops
        return _tops(sizes, lambda scope: scope.depth >= 1)

    def from_roots(self, roots: list[Value]) -> tuple[Selection, set[Value]]:
        """What is nearest to the roots; and all nodes there are."""
        starts = list(dict.fromkeys(self._unit(root) for root in roots))
        return self._with_stubs(self._walk(starts, self.operands), roots)

    def around(self, nodes: list[Value], order: list[Value]) -> Selection:
        """What is nearest to some nodes, along edges in both directions."""
        consumers: dict[Value, list[Value]] = {}
        for node in order:
            for operand in dict.fromkeys(x for x in node.operands if isinstance(x, Value)):
                consumers.setdefault(operand, []).append(node)

        def neighbours(unit: Unit) -> list[Unit]:
            above = consumers.get(unit, []) if isinstance(unit, Value) else []
            return [*self.operands(unit), *above]

        units = self._walk(list(nodes), neighbours)
        selection = self._with_stubs({unit: self.operands(unit) for unit in units}, [])[0]
        for unit in units:
            if isinstance(unit, Value):
                unseen = sum(node not in units for node in consumers.get(unit, []))
                if unseen:
                    selection.uses[unit] = unseen
        return selection

    def _walk(
        self, starts: list[Unit], neighbours: Callable[[Unit], list[Unit]]
    ) -> dict[Unit, list[Unit]]:
        """Units in the order found, and for each its neighbours: all there are, or else few of each."""
        limit = self._options.max_nodes
        found, complete = _breadth_first(starts, neighbours, limit, None)
        return found if complete else _breadth_first(starts, neighbours, limit, OPERANDS_SHOWN)[0]

    def _with_stubs(
        self, units: dict[Unit, list[Unit]], roots: list[Value]
    ) -> tuple[Selection, set[Value]]:
        """Put counted stubs where a box depends on what is not among the units."""
        seen: set[Value] = set()
        for unit in units:
            seen.update(self._values(unit))
        shown = len(seen)
        selection = Selection(members=self._members, tops=self._tops)
        stub_of: dict[Unit, Stub] = {}
        edges = sum(len(operands) for operands in units.values())
        crowded = edges > EDGES_PER_NODE * self._options.max_nodes
        for unit, operands in units.items():
            cap = OPERANDS_SHOWN if crowded else len(operands)
            near = {operand for operand in operands[:cap] if operand in units}
            missing = [operand for operand in operands if operand not in near]
            new = [operand for operand in missing if operand not in stub_of]
            if new:
                values = [value for operand in new for value in self._values(operand)]
                stub = Stub(_flood(values, seen), values[0].scope)
                stub_of.update(dict.fromkeys(new, stub))
            selection.units[unit] = list(
                dict.fromkeys(x if x in near else stub_of[x] for x in operands)
            )
        _flood(roots, seen)
        selection.hidden = len(seen) - shown
        return selection, seen

    # --- units ------------------------------------------------------------------------------

    def _unit(self, value: Value) -> Unit:
        scope = value.scope
        return value if scope is None else self._tops.get(scope, value)

    def _values(self, unit: Unit) -> Iterable[Value]:
        if isinstance(unit, Value):
            return (unit,)
        return self._members[unit] if isinstance(unit, Scope) else unit

    def operands(self, unit: Unit) -> list[Unit]:
        """The units that a unit depends on, in the order of its operands."""
        if isinstance(unit, tuple):
            return []
        if isinstance(unit, Value):
            return self._folded(dict.fromkeys(x for x in unit.operands if isinstance(x, Value)))
        values = dict.fromkeys(
            operand
            for member in self._members[unit]
            for operand in member.operands
            if isinstance(operand, Value)
            and self._unit(operand) != unit
            and not (operand.primitive is None and self._is_parameter(operand))
        )
        units = self._folded(values)
        # A module that was called for many samples depends on leaves of as many names.
        return units if len(units) <= OPERANDS_SHOWN else self._folded(values, by_name=False)

    def _folded(self, values: Iterable[Value], by_name: bool = True) -> list[Unit]:
        """Values as units, with leaves of one kind (and name) folded together where they are many."""
        groups: dict[Unit | tuple[bool, tuple[str, str] | None], list[Value]] = {}
        for value in values:
            unit = self._unit(value)
            key: Unit | tuple[bool, tuple[str, str] | None] = unit
            if unit is value and not value.operands:
                stem = stem_of(value.label) if by_name else None
                if stem is not None or not value.label or not by_name:
                    key = (self._is_parameter(value), stem)
            groups.setdefault(key, []).append(value)
        units: list[Unit] = []
        for group in groups.values():
            if self._unit(group[0]) is not group[0]:
                units.append(self._unit(group[0]))
            elif len(group) >= self.fold:
                units.append(tuple(group))
            else:
                units.extend(group)
        return units


def _breadth_first(
    starts: list[Unit], neighbours: Callable[[Unit], list[Unit]], limit: int, cap: int | None
) -> tuple[dict[Unit, list[Unit]], bool]:
    """Up to ``limit`` units, at most ``cap`` new ones from each; and whether the limit was enough."""
    found: dict[Unit, list[Unit]] = {start: [] for start in starts[:limit]}
    queue = deque(found)
    complete = len(starts) <= limit
    edges = 0
    while queue and (complete or cap is not None):
        unit = queue.popleft()
        found[unit] = neighbours(unit)
        edges += len(found[unit])
        complete = complete and edges <= EDGES_PER_NODE * limit
        for other in found[unit][:cap]:
            if other not in found:
                if len(found) == limit:
                    complete = False
                    break
                found[other] = []
                queue.append(other)
    return found, complete


def _tops(scopes: Iterable[Scope], collapsed: Callable[[Scope], bool]) -> dict[Scope, Scope]:
    """For each scope in a collapsed one, itself included, the outermost such."""
    tops = {}
    for scope in scopes:
        for around in scope.line():
            if collapsed(around):
                tops[scope] = around
                break
    return tops


def _flood(values: Iterable[Value], seen: set[Value]) -> int:
    """Add to the nodes seen the values and all that they depend on; how many were added."""
    before = len(seen)
    level = [value for value in dict.fromkeys(values) if value not in seen]
    seen.update(level)
    add = seen.add
    while level:
        below = []
        for value in level:
            for operand in value.operands:
                if not isinstance(operand, float) and operand not in seen:
                    add(operand)
                    below.append(operand)
        level = below
    return len(seen) - before
