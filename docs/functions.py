"""The directive ``functions``: every function of the table, with its curve, a value and its derivatives there.

All of it is read from the table when the site is built, so that a row that is added has its entry.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import autograd
from autograd.primitives import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.table import Primitive

WIDTH, HEIGHT = 150, 90
LEFT, RIGHT, LOW, HIGH = -3.2, 3.2, -2.0, 2.0
OTHERWISE = {"polygamma"}
"""What takes more than numbers to be differentiated; the page has it by its docstring."""

NUMBERS = (0.5, -1.5, 2.0)
"""What examples are computed at: the first of these (of their pairs, ...) at which the function is smooth."""


def inside(row: Primitive, point: tuple[float, ...]) -> bool:
    """Whether a row is defined and smooth at a point."""
    defined = row.domain is None or all(x > 0.0 for x in row.domain(*point))
    return defined and (row.kinks is None or all(x != 0.0 for x in row.kinks(*point)))


def example_of(row: Primitive) -> tuple[float, ...]:
    """Where a row's example is computed."""
    assert row.arity is not None
    return next(point for point in permutations(NUMBERS, row.arity) if inside(row, point))


def derivatives(row: Primitive, point: tuple[float, ...]) -> tuple[float, list[float]]:
    """Value and derivatives of a row at a point, as ``backward()`` finds them."""
    leaves = [autograd.Value(x) for x in point]
    out = getattr(autograd, row.name)(*leaves)
    out.backward()
    return out.data, [leaf.grad for leaf in leaves]


def _stretches(points: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """The parts of a curve that a pen would draw without being lifted: finite, inside, without jumps."""
    stretch: list[tuple[float, float]] = []
    for x, y in points:
        if not LOW - 1 <= y <= HIGH + 1 or (stretch and abs(y - stretch[-1][1]) > (HIGH - LOW) / 4):
            yield stretch
            stretch = []
        if LOW - 1 <= y <= HIGH + 1:
            stretch.append((x, y))
    yield stretch


def curve_of(row: Primitive) -> str:
    """The graphs of a function of one number, a full line, and of its derivative, a dashed one, as SVG."""
    xs = [LEFT + (RIGHT - LEFT) * (i + 0.5) / 300 for i in range(300)]
    found = [(x, *derivatives(row, (x,))) for x in xs if inside(row, (x,))]
    value = [(x, y) for x, y, _ in found if math.isfinite(y)]
    slope = [(x, d) for x, _, (d,) in found if math.isfinite(d)]

    def place(x: float, y: float) -> str:
        return f"{(x - LEFT) / (RIGHT - LEFT) * WIDTH:.1f},{(HIGH - y) / (HIGH - LOW) * HEIGHT:.1f}"

    lines = [
        f'<polyline points="{" ".join(place(*point) for point in stretch)}" fill="none" {style}/>'
        for points, style in (
            (slope, 'stroke="#d9722e" stroke-dasharray="4 2" stroke-width="1.3"'),
            (value, 'stroke="#2f6fb7" stroke-width="1.8"'),
        )
        for stretch in _stretches(points)
        if len(stretch) > 1
    ]
    axes = f"M{place(LEFT, 0)} L{place(RIGHT, 0)} M{place(0, LOW)} L{place(0, HIGH)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' class="curve" role="img" aria-label="{row.name} and its derivative"><path d="{axes}" stroke="#999" stroke-width="0.6"/>'
        f"{''.join(lines)}</svg>"
    )


class Functions(SphinxDirective):
    """A definition for each function of the table that ``autograd`` offers by name."""

    def run(self) -> list[nodes.Node]:
        domain = self.env.get_domain("py")
        listed: list[nodes.Node] = []
        for name in sorted(TABLE):
            row = TABLE[name]
            if row.arity is None or not hasattr(autograd, name) or name in OTHERWISE:
                continue
            listed.append(self._entry(row, domain))
        return listed

    def _entry(self, row: Primitive, domain: Any) -> nodes.Node:
        point = example_of(row)
        value, slopes = derivatives(row, point)
        called = f"{row.name}({', '.join(map(str, point))})"
        names = ["x"] if row.arity == 1 else list("abc"[: row.arity])
        full = f"autograd.{row.name}"
        anchor = nodes.make_id(full)
        term = nodes.term(
            "", "", nodes.literal("", f"{row.name}({', '.join(names)})"), ids=[anchor]
        )
        domain.note_object(full, "function", anchor, location=term)
        said, messages = self.parse_inline(row.doc.strip())
        body = nodes.definition("")
        if row.arity == 1:
            body += nodes.raw("", curve_of(row), format="html")  # first: it floats beside the rest
        body += [nodes.paragraph("", "", *said), *messages]
        shown = f">>> autograd.{called}\n{value!r}"
        derivative = ", ".join(f"{slope!r}" for slope in slopes)
        asked = ", ".join(map(str, point))
        argnums = "" if row.arity == 1 else f", argnums={tuple(range(len(point)))}"
        answer = derivative if row.arity == 1 else f"({derivative})"
        shown += f"\n>>> autograd.grad(autograd.{row.name}{argnums})({asked})\n{answer}"
        body += nodes.literal_block(shown, shown, language="pycon")
        return nodes.definition_list("", nodes.definition_list_item("", term, body))


def setup(app: Any) -> dict[str, Any]:
    app.add_directive("functions", Functions)
    return {"parallel_read_safe": True}
