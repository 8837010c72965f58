"""What an SVG of ours or of Graphviz shows, read back as numbers; and what is wrong with it."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations

NAMESPACE = "{http://www.w3.org/2000/svg}"
SLACK = 2.0
"""How far an edge may end from a box: half a line's width, and dot's rounding."""


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", text)]


def points(text):
    flat = numbers(text)
    return list(zip(flat[::2], flat[1::2], strict=True))


def extent(element):
    """A shape's extent: left, top, right, bottom."""
    get = {k: float(v) for k, v in element.attrib.items() if re.fullmatch(r"-?[\d.]+", v)}
    kind = element.tag.removeprefix(NAMESPACE)
    if kind == "rect":
        return get["x"], get["y"], get["x"] + get["width"], get["y"] + get["height"]
    if kind == "ellipse":
        return (
            get["cx"] - get["rx"],
            get["cy"] - get["ry"],
            get["cx"] + get["rx"],
            get["cy"] + get["ry"],
        )
    xs, ys = zip(*points(element.get("points") or element.get("d")), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def around(extents):
    lefts, tops, rights, bottoms = zip(*extents, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def way(path):
    """Points along a path of lines and curves, close together."""
    found = []
    for command, text in re.findall(r"([MLC])([^MLC]*)", path):
        corners = points(text)
        if command == "M":
            found += corners
            continue
        if command == "L":
            for q in corners:
                p, count = found[-1], max(1, round(math.dist(found[-1], q) / 4))
                found += [
                    tuple(p[d] + (q[d] - p[d]) * i / count for d in (0, 1))
                    for i in range(1, count + 1)
                ]
            continue
        for k in range(0, len(corners), 3):
            p, (a, b, c) = found[-1], corners[k : k + 3]
            for i in range(1, 13):
                t = i / 12
                found.append(
                    tuple(
                        (1 - t) ** 3 * p[d]
                        + 3 * (1 - t) ** 2 * t * a[d]
                        + 3 * (1 - t) * t**2 * b[d]
                        + t**3 * c[d]
                        for d in (0, 1)
                    )
                )
    return found


def distance(point, extent):
    left, top, right, bottom = extent
    x, y = point
    return max(left - x, x - right, top - y, y - bottom)


class Shown:
    """An SVG's boxes, frames, edges and texts.

    ``nodes`` and ``edges`` are by id; an edge is its way and its arrow's corners.
    """

    def __init__(self, svg):
        root = ET.fromstring(svg)  # noqa: S314  (of our own making)
        self.nodes, self.edges, self.frames, self.texts = {}, {}, [], []
        for group in root.iter(f"{NAMESPACE}g"):
            shapes = [e for e in group if e.tag.removeprefix(NAMESPACE) not in {"title", "text"}]
            kind = group.get("class")
            if kind == "node" and re.fullmatch(r"n\d+", group.get("id")):
                self.nodes[int(group.get("id")[1:])] = around(map(extent, shapes))
            elif kind == "cluster":
                self.frames.append(around(map(extent, shapes)))
            elif kind == "edge" and re.fullmatch(r"e\d+", group.get("id")):
                (path,) = (e for e in shapes if e.tag == f"{NAMESPACE}path")
                (arrow,) = (e for e in shapes if e.tag == f"{NAMESPACE}polygon")
                self.edges[int(group.get("id")[1:])] = (
                    way(path.get("d")),
                    points(arrow.get("points")),
                )
        left, top, width, height = numbers(root.get("viewBox"))
        self.page = (left, top, left + width, top + height)

    def faults(self, graph, through=False):
        """What is wrong, in words; ``through`` counts edges that pass through boxes too."""
        if self.nodes.keys() != set(range(len(graph.nodes))):
            yield "a box is missing"
        if self.edges.keys() != set(range(len(graph.edges))):
            yield "an edge is missing"
        for (i, a), (j, b) in combinations(self.nodes.items(), 2):
            if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5:
                yield f"n{i} lies over n{j}"
        for i, (steps, arrow) in self.edges.items():
            tail, head = self.nodes[graph.edges[i].tail], self.nodes[graph.edges[i].head]
            if abs(distance(steps[0], tail)) > SLACK:
                yield f"e{i} does not leave its tail"
            if min(abs(distance(corner, head)) for corner in arrow) > SLACK:
                yield f"e{i}'s arrow does not touch its head"
            if distance(steps[-1], around([(*p, *p) for p in arrow])) > SLACK:
                yield f"e{i} ends away from its arrow"
            for x in [*steps, *arrow]:
                # ours stay on the page; dot's page has a margin, and its units are the same
                if through and distance(x, self.page) > 0:
                    yield f"e{i} leaves the page"
                    break
            ends = {graph.edges[i].tail, graph.edges[i].head}
            for j, box in self.nodes.items():
                if through and j not in ends and any(distance(p, box) < -1.0 for p in steps):
                    yield f"e{i} passes through n{j}"
        yield from self._faults_of_frames(graph)

    def _faults_of_frames(self, graph):
        if not self.frames:
            return
        within = {}  # the boxes of each frame, and of the frames in it
        for i, node in enumerate(graph.nodes):
            at = node.cluster
            while at is not None:
                within.setdefault(at, set()).add(i)
                at = graph.clusters[at].parent
        for k, frame in enumerate(self.frames):
            for i, box in self.nodes.items():
                corners = [(box[0], box[1]), (box[2], box[3])]
                if i in within[k] and any(distance(p, frame) > 0 for p in corners):
                    yield f"n{i} sticks out of its frame {k}"
                if i not in within[k] and overlap(box, frame):
                    yield f"n{i} lies over frame {k}, where it does not belong"
            for m in range(k):
                if overlap(frame, self.frames[m]) and not (
                    within[k] <= within[m] or within[m] <= within[k]
                ):
                    yield f"frame {k} lies over frame {m}"


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5
