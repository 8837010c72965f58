"""Mutants of pictures."""

from __future__ import annotations

from .mutant import Mutant, of

TESTS = "tests/autograd/drawing"
_dot = of("autograd/drawing/dot.py", f"{TESTS}/test_dot_text.py", f"{TESTS}/test_draw.py")
_svg = of("autograd/drawing/svg.py", f"{TESTS}/test_svg.py")
_chips = of("autograd/drawing/chips.py", f"{TESTS}/test_chips.py")
_rows = of("autograd/drawing/rows.py", f"{TESTS}/test_rows.py")
_layers = of("autograd/drawing/layers.py", f"{TESTS}/test_layers.py", f"{TESTS}/test_layout.py")
_text = of("autograd/drawing/text_forms.py", f"{TESTS}/test_text_forms.py", f"{TESTS}/test_draw.py")
_units = of("autograd/drawing/units.py", f"{TESTS}/test_draw.py")
_picture = of(
    "autograd/drawing/picture.py", f"{TESTS}/test_pictures.py", f"{TESTS}/test_notebook.py"
)

PICTURES: list[Mutant] = [
    _dot("DOT: a backslash is live", '.replace("\\\\", "\\\\\\\\")', ""),
    _dot("DOT: a quote ends its string", ".replace('\"', '\\\\\"')", ""),
    _dot("DOT: an entity is live", 'text.replace("&", "&amp;").', "text."),
    _dot("DOT: control characters pass", "c if c.isprintable() else", "c if True else"),
    _dot("DOT: arrows point back", "n{edge.tail} -> n{edge.head}", "n{edge.head} -> n{edge.tail}"),
    _dot(
        "DOT: a negative edge is solid",
        '    if edge.negative:\n        attributes["style"] = "dashed"\n',
        "",
    ),
    _dot(
        "DOT: heavy edges are thin",
        "0.5 + thickest * edge.weight",
        "0.5 + thickest * (1.0 - edge.weight)",
    ),
    _dot(
        "DOT: inner frames are all outside",
        "(tops if cluster.parent is None else inside[cluster.parent])",
        "tops",
    ),
    _dot("DOT: notes are left out", "    if graph.notes:\n", "    if False:\n"),
    _svg("SVG: markup is live", "    return escape(\n", "    return str(\n"),
    _svg(
        "SVG: characters that XML forbids pass",
        'c if c.isprintable() or c == "\\n" else',
        "c if True else",
    ),
    _svg(
        "SVG: arrows start at their head",
        'f"M{points[0][0]:.1f},{points[0][1]:.1f}", points[0]',
        'f"M{points[-1][0]:.1f},{points[-1][1]:.1f}", points[-1]',
    ),
    _svg("SVG: nodes have no ids", '<g id="n{i}" class="node">', '<g class="node">'),
    _svg(
        "SVG: the sheet has no room for notes", "(LINE * len(notes) + PAD if notes else 0.0)", "0.0"
    ),
    _svg("SVG: a negative edge is solid", '        dashes = "5 3"\n', '        dashes = ""\n'),
    _chips(
        "a leaf is repeated in the next column too",
        "columns[user] > first + 1",
        "columns[user] > first",
    ),
    _chips("a leaf is never repeated", "columns[user] > first + 1", "False"),
    _chips("operands come after what uses them", "order.append(i)\n", "order.insert(0, i)\n"),
    _rows(
        "a strip is cut where most edges pass",
        "(len(passing[i]), -gaps[i])",
        "(-len(passing[i]), -gaps[i])",
    ),
    _rows(
        "a picture of one row is broken",
        "    if strip.length <= 2 * sheet[0]:\n        return best\n",
        "",
    ),
    _rows(
        "lanes between rows cross",
        "left = self.margin - LANE * k",
        "left = self.margin - LANE * back",
    ),
    _rows(
        "rows lie on each other",
        "                at += 2 * PAD + LANE * (len(lanes[row]) + 1)\n",
        "                pass\n",
    ),
    _layers(
        "crossings are not counted",
        "                total -= tree[i]\n",
        "                total -= 0\n",
    ),
    _layers(
        "columns keep their first order", "        if crossings < least:\n", "        if False:\n"
    ),
    _layers("cells overlap", "return (a.breadth + b.breadth) / 2 +", "return 0.0 * lanes +"),
    _layers(
        "a cell stands beside its operand",
        "columns[i] = max(columns[i], columns[j] + 1)",
        "columns[i] = max(columns[i], columns[j])",
    ),
    _layers(
        "rows of neurons change places",
        "    for row in rows:\n        for cell, i in zip(row, sorted",
        "    for row in []:\n        for cell, i in zip(row, sorted",
    ),
    _text("text: what is used again is shown again", "again = i in shown", "again = False"),
    _text(
        "text: the last branch goes on",
        'if last else ("├─ ", "│  ")',
        'if not last else ("├─ ", "│  ")',
    ),
    _text("text: a chain walks off the page", "if depth >= DEEPEST:", "if False:"),
    _text(
        "Mermaid: markup is live",
        'else f"#{ord(c)};" if c.isprintable() else " "',
        'else c if c.isprintable() else " "',
    ),
    _text(
        "Mermaid: arrows point back",
        "n{edge.tail} -->{label} n{edge.head}",
        "n{edge.head} -->{label} n{edge.tail}",
    ),
    _units("few leaves are folded too", "len(entry) >= self.fold", "len(entry) >= 2"),
    _units(
        "parameters and inputs are folded together",
        "(self._is_parameter(value), stem)",
        "(True, stem)",
    ),
    _units(
        "a module depends on itself",
        "                if self.of(value) is not module:\n",
        "                if True:\n",
    ),
]
