"""Expressions and steps as C: what is not an operator of C is a function ``ag_...`` of ``native/ieee.h``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .number import TRUTHS, may_be_absent
from .printing import INFIX, Printer
from .steps import Body, Fill, Fold, Largest, Let, Running, Step, Sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .number import Number

C = Printer("ag_", "==", "!=", "NAN", "INFINITY")

text, literal = C.text, C.literal


# --- functions -------------------------------------------------------------------------------


def function(head: str, parameters: Sequence[str], lines: Iterable[str]) -> str:
    """A function of C: what stands before its name and the name, its parameters as declared, its lines."""
    body = "\n".join(f"    {line}" for line in lines)
    words = set(re.findall(r"\w+", body))
    names = [re.split(r"[ *]", parameter)[-1] for parameter in parameters]
    unused = "".join(f"    (void){name};\n" for name in names if name not in words)
    return f"{head}({', '.join(parameters)})\n{{\n{unused}{body}\n}}"


def forward_of(row: str, parameters: Sequence[str], body: Body) -> str:
    """``double f_ROW(double x, ...)``."""
    declared = [f"double {name}" for name in parameters]
    lines = [*_lines(body.steps), f"return {text(body.result)};"]
    return function(f"static inline double f_{row}", declared, lines)


def partial_of(row: str, place: int, parameters: Sequence[str], body: Body) -> str:
    """``int d0_ROW(double *partial, double out, double x, ...)``: 1, or 0 where the partial is absent."""
    declared = ["double *partial", *(f"double {name}" for name in ("out", *parameters))]
    lines = [*_lines(body.steps), *_handed_back(body.result)]
    return function(f"static inline int d{place}_{row}", declared, lines)


def _handed_back(e: Number) -> list[str]:
    if e.op == "absent":
        return ["return 0;"]
    if not may_be_absent(e):
        return [f"*partial = {text(e)};", "return 1;"]
    condition, a, b = e.operands
    return branches(C.truth(condition), _handed_back(a), _handed_back(b))


def branches(condition: str, lines: Iterable[str], otherwise: Iterable[str]) -> list[str]:
    """The lines of a choice between lines."""
    if not condition.startswith("("):
        condition = f"({condition})"
    indented = ([f"    {line}" for line in part] for part in (lines, otherwise))
    first, second = indented
    return [f"if {condition} {{", *first, "} else {", *second, "}"]


def forward_of_any(row: str, body: Body) -> str:
    """``double f_ROW(Py_ssize_t n, const double *v, double *work)``."""
    declared = ["Py_ssize_t n", "const double *v", "double *work"]
    lines = _with_half([*_lines(body.steps), f"return {text(body.result)};"])
    return function(f"static inline double f_{row}", declared, lines)


def partials_of_any(row: str, body: Body) -> str:
    """``void d_ROW(double *partials, double out, Py_ssize_t n, const double *v, double *work)``."""
    declared = ["double *partials", "double out", "Py_ssize_t n", "const double *v", "double *work"]
    each = f"partials[i] = {text(body.result)};"
    return function(
        f"static inline void d_{row}",
        declared,
        _with_half([*_lines(body.steps), *_loop("n", each)]),
    )


def arrays(body: Body) -> int:
    """How many arrays of scratch a body needs."""
    return sum(isinstance(step, (Fill, Running)) for step in body.steps)


def _with_half(lines: list[str]) -> list[str]:
    used = any(re.search(r"\bhalf\b", line) for line in lines)
    return ["const Py_ssize_t half = n / 2;", *lines] if used else lines


# --- steps -----------------------------------------------------------------------------------


def _lines(steps: Iterable[Step]) -> list[str]:
    lines: list[str] = []
    taken = 0  # of the scratch, in arrays
    for step in steps:
        name = step.name
        if isinstance(step, (Fill, Running)):
            lines.append(f"double *{name} = {_scratch(taken)};")
            taken += 1
        if isinstance(step, Let):
            kind = "int" if step.number.op in TRUTHS else "double"
            lines.append(f"const {kind} {name} = {text(step.number)};")
        elif isinstance(step, Fill):
            lines += _loop(step.length, f"{name}[i] = {text(step.entry)};")
        elif isinstance(step, Sum):
            lines.append(f"ag_sum {name}_terms = {{0.0, 0.0}};")
            lines += _loop(step.length, f"ag_sum_add(&{name}_terms, {text(step.term)});")
            lines.append(f"const double {name} = ag_sum_value(&{name}_terms);")
        elif isinstance(step, Fold):
            lines.append(f"double {name} = {text(step.start)};")
            lines += _loop(step.length, f"{name} = {name} {INFIX[step.op]} {C.operand(step.term)};")
        elif isinstance(step, Running):
            lines += _running(step)
        elif isinstance(step, Largest):
            lines.append(f"const double {name} = ag_largest(n, {step.array});")
    return lines


def _scratch(taken: int) -> str:
    return "work" if taken == 0 else f"work + {taken} * n"


def _loop(length: str, line: str) -> list[str]:
    return [f"for (Py_ssize_t i = 0; i < {length}; i++)", f"    {line}"]


def _running(step: Running) -> list[str]:
    name, op, start = step.name, INFIX[step.op], text(step.start)
    if step.upwards:
        return [
            f"{name}[0] = {start};",
            "for (Py_ssize_t i = 1; i < n; i++)",
            f"    {name}[i] = {name}[i - 1] {op} v[i - 1];",
        ]
    return [
        f"{name}[n - 1] = {start};",
        "for (Py_ssize_t i = n - 1; i-- > 0;)",
        f"    {name}[i] = {name}[i + 1] {op} v[i + 1];",
    ]
