"""The two headers of the native core, from the table: ``rules.h`` and ``traced.h``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..native import digests
from ..table import TABLE, bind_row
from .bodies import bodies
from .c import arrays, forward_of, forward_of_any, partial_of, partials_of_any
from .expressions import expressions
from .nodes import evaluations, partial_as_nodes, partials_as_operands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..table import Primitive, Rule

NAMES = ("x", "y", "z")
"""What the arguments of a row are called in C."""

_NOTE = "/* Written by python -m autograd.emit from the table in autograd/primitives.py: change that, not this. */"


class Header(NamedTuple):
    """A header's text, the rows that it has, and those that it lacks, with the reason."""

    text: str
    rows: tuple[str, ...]
    left_out: dict[str, str]


def rules() -> Header:
    """``rules.h``: each row's forward rule and partials as functions of doubles."""
    xp = expressions()
    functions: dict[str, str] = {}
    left_out: dict[str, str] = {}
    scratch = 0
    for name, row in TABLE.items():
        try:
            functions[name], needed = _row(row, bind_row(row, xp))
        except Exception as error:  # noqa: BLE001  (a rule may do anything with what is no float)
            left_out[name] = _reason(error)
        else:
            scratch = max(scratch, needed)
    table, sources = digests()
    arities = ", ".join(str(row.arity or 0) for row in TABLE.values())
    parts = [
        _NOTE,
        "/* Include Python.h and native/ieee.h before it. */",
        f'#define TABLE_DIGEST "{table}"\n#define SOURCES_DIGEST "{sources}"',
        "/* A row's number is its place in the table. */",
        _listed("enum {", [*(f"OP_{name}," for name in TABLE), "OP_COUNT"], "};"),
        _listed(
            "static const char *const row_names[OP_COUNT] = {", (f'"{n}",' for n in TABLE), "};"
        ),
        "/* The number of arguments; 0 for any number. */",
        f"static const signed char row_arity[OP_COUNT] = {{{arities}}};",
        "/* The rows that are translated. */",
        *_lists("ROWS", functions),
        "/* How much scratch a row of any number of arguments needs. */",
        f"#define WORK_PER_OPERAND {scratch}",
        *functions.values(),
    ]
    return Header(_guarded("RULES", parts), tuple(functions), left_out)


def traced(translated: tuple[str, ...]) -> Header:
    """``traced.h``: partials that build nodes.

    Args:
        translated: the rows that ``rules.h`` has.
    """
    xp = evaluations()
    functions: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name in translated:
        row = TABLE[name]
        try:
            rule = bind_row(row, xp)
            if row.arity is None:
                functions[name] = partials_as_operands(name, rule)
            else:
                functions[name] = "\n\n".join(
                    partial_as_nodes(name, place, NAMES[: row.arity], partial, translated)
                    for place, partial in enumerate(rule.partials)
                )
        except Exception as error:  # noqa: BLE001
            left_out[name] = _reason(error)
    parts = [
        _NOTE,
        "/* Include rules.h, and what its functions call, before it. */",
        "/* The rows whose derivatives are built in C. */",
        *_lists("TRACED", functions),
        *functions.values(),
    ]
    return Header(_guarded("TRACED", parts), tuple(functions), left_out)


def _row(row: Primitive, rule: Rule) -> tuple[str, int]:
    """The functions of a row, and how many arrays of scratch they need."""
    if row.arity is not None and row.arity > len(NAMES):
        raise TypeError(f"it has {row.arity} arguments, and C is written for up to {len(NAMES)}")
    names = NAMES[: row.arity or 0]
    forward, partials = bodies(row, rule, names)
    if row.arity is None:
        (each,) = partials
        text = forward_of_any(row.name, forward) + "\n\n" + partials_of_any(row.name, each)
        return text, max(arrays(forward), arrays(each))
    parts = [forward_of(row.name, names, forward)]
    parts += [partial_of(row.name, i, names, partial) for i, partial in enumerate(partials)]
    return "\n\n".join(parts), 0


def _lists(name: str, rows: Iterable[str]) -> list[str]:
    """A macro for each number of arguments that applies another one to the rows that take so many."""
    names: dict[int | None, list[str]] = {1: [], 2: [], 3: [], None: []}
    for row in rows:
        names[TABLE[row].arity].append(f"X({row})")
    return [
        f"#define {name}{arity or 'N'}(X) {' '.join(calls)}".rstrip()
        for arity, calls in names.items()
    ]


def _listed(before: str, items: Iterable[str], after: str) -> str:
    return "\n".join([before, *(f"    {item}" for item in items), after])


def _guarded(name: str, parts: Iterable[str]) -> str:
    text = "\n\n".join(parts)
    return f"#ifndef VALUEGRAD_{name}_H\n#define VALUEGRAD_{name}_H\n\n{text}\n\n#endif\n"


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
