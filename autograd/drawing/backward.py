"""draw_backward: the reverse sweep step by step, as a page that needs nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autograd.files import write_atomically
from autograd.graph import topological_order
from autograd.primitives import ABSENT
from autograd.reals import real
from autograd.sweeps import Sweep
from autograd.value import Value

from .entry import checked_direction, checked_theme, values_of
from .model import Options, number, plural, shorten
from .page import page
from .picture import escape_html
from .render import svg
from .theme import THEMES, text_width
from .values import from_values

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from .model import Graph
    from .units import Unit


@dataclass
class Step:
    """One node handing its gradient on.

    Attributes:
        node: the box that does so; None at the start.
        text: what happens, a line each.
        gradients: what boxes show from this step on, by box.
        edges: the edges that gradient flows along.
    """

    node: int | None
    text: list[str]
    gradients: dict[int, str] = field(default_factory=dict)
    edges: list[int] = field(default_factory=list)


def draw_backward(
    x: Any,
    *args: Any,
    gradient: float = 1.0,
    direction: Literal["LR", "TB"] = "LR",
    theme: Literal["light", "dark"] = "light",
    max_nodes: int = 60,
    digits: int = 4,
) -> BackwardDrawing:
    """A page with a slider that shows how the gradient arrives at one node after the other.

    It computes what ``backward()`` would and changes nothing: no ``grad`` is set.

    Args:
        x: the Value to start from, or a function of the arguments that gives one.
        args: the function's arguments, as for :func:`autograd.draw`.
        gradient: the derivative to start from.
        direction, theme, digits: as for :func:`autograd.draw`.
        max_nodes: how many boxes to draw at most; the rest takes part unseen.

    Raises:
        TypeError: if x is not a Value and gives none.

    >>> from autograd import Value, draw_backward
    >>> a = Value(3.0, label="a")
    >>> for step in draw_backward(a * a + 2 * a).steps:
    ...     print(*step.text, sep="; ")
    Start at +: its gradient is 1
    + hands on 1; to a × a: 1 × 1 = 1; to 2 × a: 1 × 1 = 1
    a × a hands on 1; to a: 1 × 3 + 1 × 3 = 6
    2 × a hands on 1; to a: 6 + 1 × 2 = 8
    """
    names: dict[Value, str] = {}
    roots = values_of(x, args, names)
    if len(roots) != 1:
        raise TypeError(f"backward starts from one Value, not {len(roots)}")
    seed = real(gradient, "gradient")
    options = Options(max_nodes=max_nodes, collapse=False, gradients=False, digits=digits)
    graph, index = from_values(roots, options, names)
    graph = replace(graph, direction=checked_direction(direction))
    steps = list(_Sweep(graph, index, names, digits).steps(roots[0], seed))
    return BackwardDrawing(graph, steps, checked_theme(theme))


class _Sweep:
    """The reverse sweep, retold for the boxes of a picture."""

    def __init__(
        self, graph: Graph, index: dict[Unit, int], names: dict[Value, str], digits: int
    ) -> None:
        self._graph = graph
        self._names = names
        self._digits = digits
        self._boxes: dict[Value, int] = {}  # of single Values
        self._vectors: dict[int, tuple[Value, ...]] = {}
        self._in_vectors: dict[Value, list[int]] = {}
        for unit, box in index.items():
            if isinstance(unit, Value):
                self._boxes[unit] = box
            elif isinstance(unit, tuple):
                self._vectors[box] = unit
                for value in unit:
                    self._in_vectors.setdefault(value, []).append(box)
        self._edges = {(edge.tail, edge.head): i for i, edge in enumerate(graph.edges)}
        self._sums: dict[Value, float] = {}

    def steps(self, root: Value, seed: float) -> Iterator[Step]:
        """A step for each box that hands gradient on."""
        self._sums[root] = seed
        start = Step(None, [f"Start at {self._name(root)}: its gradient is {self._number(seed)}"])
        start.gradients[self._boxes[root]] = f"grad {self._number(seed)}"
        yield start
        shown = dict(start.gradients)
        order = topological_order(root)
        cotangents = Sweep(order, order, [root]).pull([seed])
        for node, cotangent in zip(reversed(order), reversed(cotangents), strict=True):
            if node.primitive is None or cotangent is None:
                continue
            shares = self._shares(node, cotangent)
            before = {operand: self._sums.get(operand) for operand in shares}
            for operand, terms in shares.items():
                for local in terms:
                    if local is not None:
                        share = cotangent * local
                        known = self._sums.get(operand)
                        self._sums[operand] = share if known is None else known + share
            if node in self._boxes:
                step = self._step(node, cotangent, shares, before)
                shown.update(step.gradients)
                yield step
        late = Step(None, ["What is not shown has handed on its part"])
        for value, box in self._boxes.items():
            total = self._sums.get(value)
            text = "" if total is None else f"grad {self._number(total)}"
            if text != shown.get(box, ""):
                late.gradients[box] = text
                late.text.append(f"to {self._name(value)}: in all {text.removeprefix('grad ')}")
        if late.gradients:
            yield late

    @staticmethod
    def _shares(node: Value, cotangent: float) -> dict[Value, list[float | None]]:
        """The partials for each operand: more than one where it is used more than once."""
        primitive = node.primitive
        shares: dict[Value, list[float | None]] = {}
        if primitive is None:
            return shares
        partials = primitive.partials
        known = primitive.arity is None
        if known:
            partials = partials[0](node.data, *node.primals)
        for operand, partial in zip(node.operands, partials, strict=True):
            if isinstance(operand, Value):
                of_place = callable(partial) and not known
                local: Any = partial(node.data, *node.primals) if of_place else partial
                shares.setdefault(operand, []).append(None if local is ABSENT else local)
        return shares

    def _step(
        self,
        node: Value,
        cotangent: float,
        shares: dict[Value, list[float | None]],
        before: dict[Value, float | None],
    ) -> Step:
        box = self._boxes[node]
        given = self._number(cotangent)
        step = Step(box, [f"{self._name(node)} hands on {given}"])
        vectors: dict[int, None] = {}
        for operand, terms in shares.items():
            for vector in self._in_vectors.get(operand, ()):
                if (vector, box) in self._edges:
                    vectors[vector] = None
            place = self._boxes.get(operand)
            if place is None or (place, box) not in self._edges:
                continue
            taken = [local for local in terms if local is not None]
            if not taken:
                step.text.append(f"to {self._name(operand)}: nothing, the other branch was taken")
                continue
            sum_ = " + ".join(f"{given} × {self._number(local)}" for local in taken)
            known = before[operand]
            if known is not None:
                sum_ = f"{self._number(known)} + {sum_}"
            total = self._number(self._sums[operand])
            step.text.append(f"to {self._name(operand)}: {sum_} = {total}")
            step.gradients[place] = f"grad {total}"
            step.edges.append(self._edges[place, box])
        for vector in vectors:
            sums = [self._sums.get(value, 0.0) for value in self._vectors[vector]]
            low, high = self._number(min(sums)), self._number(max(sums))
            text = low if low == high else f"{low} … {high}"
            step.text.append(f"to {self._graph.nodes[vector].title}: {text}")
            step.gradients[vector] = f"grad {text}"
            step.edges.append(self._edges[vector, box])
        return step

    def _name(self, value: Value) -> str:
        if value.primitive is None:
            return shorten(value.label or self._names.get(value, "") or self._number(value.data))
        box = self._boxes.get(value)
        return self._graph.nodes[box].title if box is not None else value.primitive.name

    def _number(self, x: float) -> str:
        return number(x, self._digits)


class BackwardDrawing:
    """The page that :func:`autograd.draw_backward` makes; a notebook shows it.

    Attributes:
        graph: the picture's content.
        steps: what happens, in order.
        theme: ``"light"`` or ``"dark"``.
    """

    def __init__(self, graph: Graph, steps: list[Step], theme: str) -> None:
        widest: dict[int, str] = {}
        for step in steps:
            for box, text in step.gradients.items():
                widest[box] = max(widest.get(box, ""), text, key=text_width)
        nodes = [replace(node, gradient=widest.get(i, "")) for i, node in enumerate(graph.nodes)]
        self.graph = replace(graph, nodes=nodes).in_clusters()
        self.steps = steps
        self.theme = theme

    @cached_property
    def _svg(self) -> str:
        return svg(self.graph, THEMES[self.theme])

    def to_html(self) -> str:
        """The page. It loads nothing, and works from a file."""
        data = [
            {"node": s.node, "text": s.text, "gradients": s.gradients, "edges": s.edges}
            for s in self.steps
        ]
        script = json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e")
        listed = "".join(
            "<li>" + "<br>".join(escape_html(line) for line in step.text) + "</li>"
            for step in self.steps
        )
        return page(THEMES[self.theme], self._svg, script, listed, len(self.steps) - 1)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a .html file, whole or not at all.

        Raises:
            ValueError: if the path does not end in .html.
            OSError: if the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in {".html", ".htm"}:
            raise ValueError(f"path must end in .html, not {target.name!r}")
        write_atomically(target, self.to_html().encode())
        return target

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = "\n".join("; ".join(step.text) for step in self.steps)
        try:
            # A frame of its own, whose script can touch nothing of the notebook.
            source = escape_html(self.to_html()).replace('"', "&quot;")
            frame = (
                f'<iframe srcdoc="{source}" sandbox="allow-scripts" title="backward, step by step" '
                f'style="width:100%;height:{self._height()}px;border:0"></iframe>'
            )
        except Exception:  # noqa: BLE001  (a cell that displays something must never fail)
            return {"text/plain": plain}
        return {"text/html": frame, "text/plain": plain}

    def _height(self) -> int:
        """Room for the picture in pixels, of which an inch has 96 and 72 points."""
        size = re.search(r'height="([\d.]+)(pt)?"', self._svg)
        picture = float(size[1]) * (96 / 72 if size[2] else 1.0) if size else 300.0
        return int(min(max(300.0, picture + 190.0), 720.0))

    def __repr__(self) -> str:
        return f"<Backward through {plural(len(self.graph.nodes), 'node')} in {plural(len(self.steps), 'step')}>"
