"""Which units of a graph a picture shows: all, or what is nearest, and counts of what is left out."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd.value import Value

from .chips import chips
from .model import most
from .units import Units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from autograd.scopes import Scope

    from .model import Options
    from .units import Unit

    Neighbours = Callable[[Unit], list[Unit]]

OPERANDS_SHOWN = 6
"""How many operands of a node are shown where the graph is too large to be shown whole."""

EDGES_PER_NODE = 2
"""More edges than this for each node that may be shown make a tangle that nobody can read, nor lay out."""

SMALL = 20
"""Up to how many nodes a picture shows each operand for itself, if there are not many."""


@dataclass(eq=False)
class Stub:
    """What a box depends on and the picture leaves out: ``count`` nodes not counted in another stub."""

    count: int
    scope: Scope | None = None


@dataclass
class Selection:
    """What is shown.

    Attributes:
        boxes: the units, in the order they were found; and for each what it depends on, in the order of
            its operands.
        units: how Values became units.
        uses: for a box the number of nodes that use it and are left out.
        hidden: how many nodes are left out, besides those in collapsed modules.
    """

    units: Units
    boxes: dict[Unit, list[Unit | Stub]] = field(default_factory=dict)
    uses: dict[Unit, int] = field(default_factory=dict)
    hidden: int = 0


def select(
    roots: list[Value],
    options: Options,
    is_parameter: Callable[[Value], bool],
    label: Callable[[Value], str],
) -> Selection:
    """Choose what to show of the graph that the roots depend on."""
    fold = options.fold if options.fold is not None else 5 if _is_small(roots) else 2
    units = Units(fold, is_parameter, label)
    if options.near:
        return _around(units, list(options.near), roots, options.max_nodes)
    if options.collapse is None or options.collapse is False:
        boxes, complete = _walk(units, roots, options.max_nodes)
        auto = options.collapse is None and not complete
        if not (auto and _any_scope(boxes)):
            selection, seen = _with_stubs(units, boxes, roots, options.max_nodes)
            if not (auto and _any_scope(seen)):
                return selection
    _collapse(units, roots, options)
    boxes, _ = _walk(units, roots, options.max_nodes)
    return _with_stubs(units, boxes, roots, options.max_nodes)[0]


def _is_small(roots: list[Value]) -> bool:
    """Whether there are no more than :data:`SMALL` nodes."""
    seen = set(roots)
    stack = list(seen)
    while stack and len(seen) <= SMALL:
        for operand in stack.pop().operands:
            if isinstance(operand, Value) and operand not in seen:
                seen.add(operand)
                stack.append(operand)
                if len(seen) > SMALL:
                    break
    return len(seen) <= SMALL


def _any_scope(units: Iterable[Unit]) -> bool:
    return any(isinstance(unit, Value) and unit.scope is not None for unit in units)


# --- collapsing modules ----------------------------------------------------------------------


def _collapse(units: Units, roots: list[Value], options: Options) -> None:
    """Collapse modules as the options ask for, or so that the graph fits."""
    nodes: list[Value] = []
    _flood(roots, set(), nodes)
    sizes = Counter([value.scope for value in nodes])
    unscoped = sizes.pop(None, 0)
    scopes = {scope: count for scope, count in sizes.items() if scope is not None}
    wanted = options.collapse
    if isinstance(wanted, (str, tuple)):
        names = {wanted} if isinstance(wanted, str) else set(wanted)
        units.collapse(_tops(scopes, lambda s: str(s) in names or s.kind in names), nodes)
        return
    if isinstance(wanted, int) and wanted is not True:
        units.collapse(_tops_at(scopes, wanted), nodes)
        return
    if wanted is None:
        for depth in range(max((scope.depth for scope in scopes), default=0), 1, -1):
            tops = _tops_at(scopes, depth)
            loose = sum(count for scope, count in scopes.items() if scope not in tops)
            # Leaves, which may be folded, count here too: what does not fit by far is not tried.
            if unscoped + loose + len(set(tops.values())) <= 10 * options.max_nodes:
                units.collapse(tops, nodes)
                if _walk(units, roots, options.max_nodes)[1]:
                    return
    units.collapse(_tops_at(scopes, 1), nodes)


def _tops_at(scopes: Iterable[Scope], depth: int) -> dict[Scope, Scope]:
    return _tops(scopes, lambda scope: scope.depth >= depth)


def _tops(scopes: Iterable[Scope], collapsed: Callable[[Scope], bool]) -> dict[Scope, Scope]:
    """For each scope in a collapsed one, itself included, the outermost such."""
    tops = {}
    for scope in scopes:
        for around in scope.line():
            if collapsed(around):
                tops[scope] = around
                break
    return tops


# --- walking ---------------------------------------------------------------------------------


def _walk(units: Units, roots: list[Value], limit: int) -> tuple[dict[Unit, list[Unit]], bool]:
    """Units from the roots on with what they depend on, and whether that is all there is.

    Where it is not, only a few operands of each have been followed.
    """
    starts = list(dict.fromkeys(units.of(root) for root in roots))
    boxes, complete = _breadth_first(starts, units.operands, limit, None)
    if complete and _size(boxes) <= limit:
        return boxes, True
    return _breadth_first(starts, units.operands, limit, OPERANDS_SHOWN)[0], False


def _size(boxes: Mapping[Unit, Sequence[Unit | Stub]]) -> int:
    """How many boxes are drawn, with stubs and with leaves that stand beside later uses once more."""
    places: dict[Unit | Stub, int] = {unit: i for i, unit in enumerate(boxes)}
    operands = [[places.setdefault(x, len(places)) for x in below] for below in boxes.values()]
    operands += [[] for _ in range(len(places) - len(operands))]
    leaves = {
        i
        for unit, i in places.items()
        if isinstance(unit, tuple) or (isinstance(unit, Value) and not unit.operands)
    }
    return len(places) + len(chips(operands, leaves))


def _around(units: Units, nodes: list[Value], roots: list[Value], limit: int) -> Selection:
    """What is nearest to some nodes, along edges in both directions."""
    consumers: dict[Value, list[Value]] = {}
    every: list[Value] = []
    seen: set[Value] = set()
    _flood(roots, seen, every)
    if not seen.issuperset(nodes):
        raise ValueError("near must be nodes of the graph that is drawn, and one of them is not")
    for node in every:
        for operand in dict.fromkeys(node.operands):
            if isinstance(operand, Value):
                consumers.setdefault(operand, []).append(node)

    def neighbours(unit: Unit) -> list[Unit]:
        above = consumers.get(unit, []) if isinstance(unit, Value) else []
        return [*units.operands(unit), *above]

    starts: list[Unit] = list(nodes)
    found, complete = _breadth_first(starts, neighbours, limit, None)
    if not complete:
        found = _breadth_first(starts, neighbours, limit, OPERANDS_SHOWN)[0]
    # One box less: for the uses that are not shown.
    selection, _ = _with_stubs(
        units, {unit: units.operands(unit) for unit in found}, [], max(limit - 1, 1)
    )
    for unit in selection.boxes:
        if isinstance(unit, Value):
            unseen = sum(node not in selection.boxes for node in consumers.get(unit, []))
            if unseen:
                selection.uses[unit] = unseen
    return selection


def _breadth_first(
    starts: list[Unit], neighbours: Neighbours, limit: int, cap: int | None
) -> tuple[dict[Unit, list[Unit]], bool]:
    """Up to ``limit`` units with their neighbours, and whether there are no more, nor too many edges.

    Args:
        starts: where to begin.
        neighbours: where to go from a unit.
        limit: how many units to find.
        cap: how many neighbours to follow from each; None for all, and to give up where they are too many.
    """
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


def _with_stubs(
    units: Units, boxes: dict[Unit, list[Unit]], roots: list[Value], limit: int
) -> tuple[Selection, set[Value]]:
    """As many boxes as fit, with counted stubs where one depends on what is not shown; also all nodes there are."""
    nearest = list(boxes)

    def fits(count: int) -> bool:
        return _size(_linked({unit: boxes[unit] for unit in nearest[:count]}, limit)[0]) <= limit

    boxes = {unit: boxes[unit] for unit in nearest[: most(len(nearest), fits)]}
    seen: set[Value] = set()
    for unit in boxes:
        seen.update(units.values(unit))
    shown = len(seen)
    links, behind = _linked(boxes, limit)
    for stub, hidden in behind.items():
        values = [value for operand in hidden for value in units.values(operand)]
        stub.count = _flood(values, seen)
        stub.scope = values[0].scope
    _flood(roots, seen)
    return Selection(units, links, hidden=len(seen) - shown), seen


def _linked(
    boxes: dict[Unit, list[Unit]], limit: int
) -> tuple[dict[Unit, list[Unit | Stub]], dict[Stub, list[Unit]]]:
    """Boxes with the boxes and stubs that they depend on; and for each stub what it stands for."""
    crowded = sum(map(len, boxes.values())) > EDGES_PER_NODE * limit
    links: dict[Unit, list[Unit | Stub]] = {}
    behind: dict[Stub, list[Unit]] = {}
    stub_of: dict[Unit, Stub] = {}
    for unit, operands in boxes.items():
        cap = OPERANDS_SHOWN if crowded else len(operands)
        near = {operand for operand in operands[:cap] if operand in boxes}
        new = [x for x in operands if x not in near and x not in stub_of]
        if new:
            stub = Stub(0)
            behind[stub] = new
            stub_of.update(dict.fromkeys(new, stub))
        links[unit] = list(dict.fromkeys([x if x in near else stub_of[x] for x in operands]))
    return links, behind


def _flood(values: Iterable[Value], seen: set[Value], order: list[Value] | None = None) -> int:
    """Add to the nodes seen the values and all that they depend on; how many were added.

    Args:
        values: where to begin.
        seen: the nodes where to stop.
        order: gets the nodes in the order they are found, first operands first.
    """
    before = len(seen)
    level: list[Any] = [value for value in dict.fromkeys(values) if value not in seen]
    seen.update(level)
    add = seen.add
    while level:
        if order is not None:
            order.extend(level)
        below: list[Any] = []
        append = below.append
        for value in level:
            for operand in value.operands:
                if type(operand) is not float and operand not in seen:
                    add(operand)
                    append(operand)
        level = below
    return len(seen) - before
