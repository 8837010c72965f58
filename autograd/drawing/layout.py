"""Where boxes, frames and edges of a picture stand: a layered layout, of frame in frame, without Graphviz.

Each frame is laid out for itself and is then one box of the frame around it. An edge is lifted to each frame that
it passes: from its tail to the frame's border, between two boxes, from a border to its head. In a box's column it
runs in a lane of its own, and it changes sides only between columns, so it passes through no box. *Along* and
*across* are as in :mod:`.layers`; the last step breaks it into rows and makes x and y of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .layers import Cell, Link, place
from .model import stem_of
from .rows import LANE, PAD, SHEET, Strip, broken

if TYPE_CHECKING:
    from .model import Graph
    from .rows import Point

TITLE = 22.0
"""Room for a frame's title."""

ARROW = 7.0
"""Room for an arrow's point."""


class Rectangle(NamedTuple):
    """A box or a frame, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """Where everything stands.

    Attributes:
        nodes: the boxes, in the graph's order.
        clusters: the frames, in the graph's order.
        edges: for each edge the points that it passes. Between two that differ in x and in y it bends.
        width, height: of the whole.
    """

    nodes: list[Rectangle]
    clusters: list[Rectangle]
    edges: list[list[Point]]
    width: float
    height: float


@dataclass(eq=False, slots=True)
class _Box(Cell):
    """A node's box, or a frame with what is in it."""

    frame: _Box | None = None
    depth: int = 0
    along: float = 0.0
    room: float = 0.0  # for marks before it
    title: float = -1.0  # how long it is; -1 for what has none
    inside: list[_Box] = field(default_factory=list)
    links: list[Link[_Box]] = field(default_factory=list)
    columns: list[list[Cell]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)  # between columns, and between where edges turn
    enter: dict[int, float] = field(default_factory=dict)  # by edge, across of the centre
    leave: dict[int, float] = field(default_factory=dict)


def layout(
    graph: Graph,
    sizes: list[tuple[float, float]],
    titles: list[float],
    marks: list[float],
) -> Layout:
    """Lay out a graph, in time linear in what there is to see.

    Args:
        graph: the content.
        sizes: for each node how wide and how high its text is, with margins.
        titles: for each cluster how wide its title is.
        marks: for each edge how wide its label is; 0 if it has none.
    """
    upright = graph.direction == "TB"
    root = _Box()
    frames = [_Box(title=width) for width in titles]
    for frame, cluster in zip(frames, graph.clusters, strict=True):
        frame.frame = root if cluster.parent is None else frames[cluster.parent]
        frame.depth = frame.frame.depth + 1
        frame.frame.inside.append(frame)
    boxes: list[_Box] = []
    into: list[list[int]] = [[] for _ in graph.nodes]
    for i, edge in enumerate(graph.edges):
        into[edge.head].append(i)
    for node, size, edges in zip(graph.nodes, sizes, into, strict=True):
        length, breadth = size[::-1] if upright else size
        box = _Box(length, breadth)
        step = max((_step(marks[i], upright) for i in edges), default=0.0)
        box.breadth = max(box.breadth, step * (len(edges) - 1) + 10.0)
        box.room = max((_room(marks[i], upright) for i in edges), default=0.0)
        if node.chip or node.kind in {"input", "parameter", "more"}:
            box.weight = 0.05
        else:
            box.weight = 1.0
        box.frame = root if node.cluster is None else frames[node.cluster]
        box.depth = box.frame.depth + 1
        box.frame.inside.append(box)
        boxes.append(box)
    ways = [_lift(i, boxes[edge.tail], boxes[edge.head]) for i, edge in enumerate(graph.edges)]
    ordered = [[boxes[i] for i in column] for column in graph.columns]
    alike: dict[object, list[_Box]] = {}
    for frame, cluster in zip(frames, graph.clusters, strict=True):
        stem = stem_of(cluster.title.partition(" · ")[0])
        if stem is not None:  # neurons[0], neurons[1], ...
            alike.setdefault((frame.frame, stem), []).append(frame)
    ordered += alike.values()
    inmost_first = sorted([root, *frames], key=lambda frame: -frame.depth)
    for frame in inmost_first:
        _fill(frame, [row for row in ordered if row[0].frame is frame], upright)
    for frame in [*reversed(inmost_first)][1:]:
        _move(frame, frame.along, frame.across - frame.breadth / 2)
    tails = [boxes[edge.tail] for edge in graph.edges]
    routes = _routes(boxes, tails, ways, into, marks, upright)
    strip = Strip(root.columns, root.gaps, root.length, root.breadth)
    wide, high = SHEET
    rows = broken(strip, routes, (high, wide) if upright else (wide, high))

    def turned(along: float, across: float, length: float, breadth: float) -> Rectangle:
        if upright:
            return Rectangle(across, along, breadth, length)
        return Rectangle(along, across, length, breadth)

    def rectangle(box: _Box) -> Rectangle:
        at = rows.moved((box.along, box.across - box.breadth / 2))
        return turned(*at, box.length, box.breadth)

    return Layout(
        [rectangle(box) for box in boxes],
        [rectangle(frame) for frame in frames],
        [[turned(*p, 0.0, 0.0)[:2] for p in rows.route(route)] for route in routes],
        *turned(0.0, 0.0, rows.length, rows.breadth)[2:],
    )


def _step(mark: float, upright: bool) -> float:
    """How far from each other arrows arrive at a box, at least."""
    return 3.0 if not mark else mark + 4.0 if upright else 11.0


def _room(mark: float, upright: bool) -> float:
    """How long an edge's end is straight, beside its mark."""
    return min(mark, 14.0) if upright else mark


def _lift(edge: int, tail: _Box, head: _Box) -> list[Link[_Box]]:
    """An edge's parts: out of the tail's frames, to the frame or box that stands beside, and into the head's."""
    out: list[Link[_Box]] = []
    into: list[Link[_Box]] = []
    source, target = tail, head
    while source.frame is not target.frame:
        if source.frame and source.depth >= target.depth:
            out.append(Link(edge, tail, source, None))
            source.frame.links.append(out[-1])
            source = source.frame
        elif target.frame:
            into.append(Link(edge, target if target is head else tail, None, target))
            target.frame.links.append(into[-1])
            target = target.frame
    beside = Link(edge, tail, source, target)
    if source.frame:
        source.frame.links.append(beside)
    return [*out, beside, *reversed(into)]


def _fill(frame: _Box, rows: list[list[_Box]], upright: bool) -> None:
    """Lay out what is in a frame, seen from its upper left corner, and measure the frame."""
    for link in frame.links:
        link.leave = link.tail.leave.get(link.edge, 0.0) if link.tail else 0.0
        link.enter = link.head.enter.get(link.edge, 0.0) if link.head else 0.0
    frame.columns = columns = place(frame.inside, frame.links, rows)
    every = [cell for column in columns for cell in column]
    top = min((cell.across - cell.breadth / 2 for cell in every), default=0.0)
    bottom = max((cell.across + cell.breadth / 2 for cell in every), default=0.0)
    before, above = (TITLE, 0.0) if upright else (0.0, TITLE)
    if frame.title < 0:
        before = above = 0.0
    # An edge in a circle turns around after its tail's column and before its head's, in a lane of its own there.
    leaving, arriving = [0.0] * (len(columns) + 1), [0.0] * (len(columns) + 1)
    for link in frame.links:
        if link.tail and link.head and link.is_back():
            link.turns = (leaving[link.tail.column + 1], arriving[link.head.column])
            leaving[link.tail.column + 1] += LANE
            arriving[link.head.column] += LANE
    at = PAD + before + (2 * LANE + arriving[0] if arriving[0] else 0.0)
    for i, column in enumerate(columns):
        width = max(cell.length for cell in column)
        if i:
            frame.gaps.append(at + 16.0 + leaving[i])
            near = [abs(c.across + s - o.across) for c in column for o, s in c.before]
            at += min(34.0 + max(near, default=0.0) / 12 + len(near) / 5, 110.0)
            at += leaving[i] + arriving[i]
        at += max(cell.room if isinstance(cell, _Box) else 0.0 for cell in column)
        for cell in column:
            cell.left, cell.right = at, at + width
            cell.across += PAD + above - top
            if isinstance(cell, _Box):
                cell.along = at if cell.inside else at + (width - cell.length) / 2
        at += width
    frame.length = at + PAD + (2 * LANE + leaving[-1] if leaving[-1] else 0.0)
    frame.breadth = bottom - top + above + 2 * PAD
    # What is in a frame with a long title stands in the middle of it.
    if upright:
        spare = max(frame.title + 2 * PAD - frame.breadth, 0.0)
        frame.breadth += spare
        _move(frame, 0.0, spare / 2)
    else:
        spare = max(frame.title + 2 * PAD - frame.length, 0.0)
        frame.length += spare
        _move(frame, spare / 2, 0.0)
    frame.weight = 1.0
    for link in frame.links:
        if link.tail is None and link.head:
            at = link.lanes[0].across if link.lanes else link.head.across + link.enter
            frame.enter[link.edge] = at - frame.breadth / 2
        elif link.head is None and link.tail:
            at = link.lanes[-1].across if link.lanes else link.tail.across + link.leave
            frame.leave[link.edge] = at - frame.breadth / 2


def _move(frame: _Box, along: float, across: float) -> None:
    """Move what is in a frame."""
    for column in frame.columns:
        for cell in column:
            cell.left += along
            cell.right += along
            cell.across += across
            if isinstance(cell, _Box):
                cell.along += along


def _routes(
    boxes: list[_Box],
    tails: list[_Box],
    ways: list[list[Link[_Box]]],
    into: list[list[int]],
    marks: list[float],
    upright: bool,
) -> list[list[Point]]:
    """For each edge the points that it passes, as (along, across)."""
    routes: list[list[Point]] = []
    for tail, way in zip(tails, ways, strict=True):
        points = [(tail.along + tail.length, tail.across)]
        for link in way:
            back = link.is_back()
            if link.tail:
                points.append((link.tail.right, points[-1][1]))
            if link.tail and back:
                turn = link.tail.right + 2 * LANE + link.turns[0]
                points += [(turn, points[-1][1]), (turn, link.lanes[0].across)]
            for lane in link.lanes:
                ends = [(lane.left, lane.across), (lane.right, lane.across)]
                points += reversed(ends) if back else ends
            if link.head and back:
                turn = link.head.left - link.head.room - 2 * LANE - link.turns[1]
                points += [(turn, points[-1][1]), (turn, link.head.across + link.enter)]
            if link.head:
                points.append((link.head.left, link.head.across + link.enter))
        routes.append(points)
    for box, edges in zip(boxes, into, strict=True):
        edges = sorted(edges, key=lambda i: routes[i][-2][1])
        steps = [_step(marks[i], upright) for i in edges]
        free = (box.breadth - 10.0) / max(len(edges) - 1, 1)
        step = min(max(steps, default=0.0) if any(marks[i] for i in edges) else 9.0, free)
        for nth, i in enumerate(edges):
            port = box.across + (nth - (len(edges) - 1) / 2) * step
            route = routes[i]
            # Where nothing stands before the box in its frames, the edge is there from their borders on.
            straight = 0
            for link in reversed(ways[i]):
                straight += 1 + link.is_back()
                if link.tail is not None or link.lanes:
                    break
            for k in range(-straight, 0):
                route[k] = (route[k][0], port)
            route[-1] = (box.left - _room(marks[i], upright), port)
            route.append((box.along, port))
    return routes
