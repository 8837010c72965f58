"""Rows as JavaScript: what is not an operator is a function of ``xp``, in ``autograd/exploring/page/functions.js``."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from ..table import TABLE, bind_row
from .bodies import bodies
from .expressions import expressions
from .printing import INFIX, Printer
from .steps import Fill, Fold, Largest, Let, Running, Sum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..namespaces import Namespace
    from ..table import Primitive
    from .steps import Body, Step

_JS = Printer("xp.", "===", "!==", "NaN", "Infinity", absent="null")


def translated(rows: Iterable[Primitive]) -> tuple[list[str], dict[str, str]]:
    """Each row as an object ``{forward, partials}``, or ``null`` if it cannot be translated.

    ``forward(x, y)`` is the number and ``partials`` a list with a number, ``null`` or a function of ``(out, x, y)`` for
    each argument. Of a row of any number of arguments they are ``forward(n, v)`` and ``partials(p, out, n, v)``, with
    numbers in arrays, which fills ``p``.

    Args:
        rows: the table's, or users'.

    Returns:
        The texts; and for each row that is left out, by name, the reason.
    """
    xp = expressions()
    for row in TABLE.values():
        with suppress(Exception):  # a row that cannot be bound is in no rule that can be read
            bind_row(row, xp)
    texts: list[str] = []
    left_out: dict[str, str] = {}
    for row in rows:
        try:
            texts.append(_row(row, xp))
        except Exception as error:  # noqa: BLE001  (a rule may do anything with what is no float)
            left_out[row.name] = " ".join(f"{type(error).__name__}: {error}".split())
            texts.append("null")
    return texts, left_out


def _row(row: Primitive, xp: Namespace) -> str:
    names = [f"x{i}" for i in range(row.arity or 0)]
    forward, partials = bodies(row, row.bind(xp), names)
    if row.arity is None:
        (all_of_them,) = partials
        each = f"p[i] = {_JS.text(all_of_them.result)};"
        lines = [*_lines(all_of_them.steps), *_loop("n", each)]
        return _object(_function(["n", "v"], forward), _block(["p", "out", "n", "v"], lines))
    listed = ", ".join(_partial(["out", *names], partial) for partial in partials)
    return _object(_function(names, forward), f"[{listed}]")


def _object(forward: str, partials: str) -> str:
    return f"{{ forward: {forward}, partials: {partials} }}"


def _partial(parameters: list[str], body: Body) -> str:
    is_known = body.result.op in {"constant", "absent"}
    return _JS.text(body.result) if is_known else _function(parameters, body)


def _function(parameters: list[str], body: Body) -> str:
    lines = _lines(body.steps)
    if not lines:
        return f"({', '.join(parameters)}) => {_JS.text(body.result)}"
    return _block(parameters, [*lines, f"return {_JS.text(body.result)};"])


def _block(parameters: list[str], lines: list[str]) -> str:
    if any(re.search(r"\bhalf\b", line) for line in lines):
        lines = ["const half = Math.floor(n / 2);", *lines]
    return f"({', '.join(parameters)}) => {{ {' '.join(lines)} }}"


def _lines(steps: Iterable[Step]) -> list[str]:
    lines: list[str] = []
    for step in steps:
        name = step.name
        if isinstance(step, (Fill, Running)):
            lines.append(f"const {name} = new Float64Array(n);")
        if isinstance(step, Let):
            lines.append(f"const {name} = {_JS.text(step.number)};")
        elif isinstance(step, Fill):
            lines += _loop(step.length, f"{name}[i] = {_JS.text(step.entry)};")
        elif isinstance(step, Sum):
            lines.append(f"const {name} = xp.sum({step.length}, (i) => {_JS.text(step.term)});")
        elif isinstance(step, Fold):
            lines.append(f"let {name} = {_JS.text(step.start)};")
            term = _JS.operand(step.term)
            lines += _loop(step.length, f"{name} = {name} {INFIX[step.op]} {term};")
        elif isinstance(step, Running):
            lines += _running(step)
        elif isinstance(step, Largest):
            lines.append(f"const {name} = xp.largest(n, {step.array});")
    return lines


def _loop(length: str, line: str) -> list[str]:
    return [f"for (let i = 0; i < {length}; i++)", line]


def _running(step: Running) -> list[str]:
    name, op, start = step.name, INFIX[step.op], _JS.text(step.start)
    if step.upwards:
        line = f"{name}[i] = {name}[i - 1] {op} v[i - 1];"
        return [f"{name}[0] = {start};", "for (let i = 1; i < n; i++)", line]
    line = f"{name}[i] = {name}[i + 1] {op} v[i + 1];"
    return [f"{name}[n - 1] = {start};", "for (let i = n - 1; i-- > 0;)", line]
