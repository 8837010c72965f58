"""A tape as C99 that needs nothing but the C library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from .. import emit
from ..emit.c import literal
from ..emit.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tape import Code

_FUNCTION = re.compile(
    r"static inline (?:double|int) (ag_\w+)\([^)]*\)(?: \{[^\n]*\}|\n\{.*?\n\})", re.DOTALL
)


def to_c(code: Code, name: str, words: Iterable[str]) -> str:
    """The source of ``void NAME(const double *in, double *out)``, with the functions that it calls.

    Args:
        code: the tape.
        name: of the function.
        words: lines that say what the numbers are, for the comment at its head.

    Raises:
        ValueError: if the name is none for C.

    >>> from autograd.compiler.stages import simplified
    >>> from autograd.compiler.tape import encode
    >>> print(to_c(encode(simplified(lambda x, y: x * y - 1.5, 1.0, 1.0)), "f", ["in: x, y."]))
    /* in: x, y.
       Compiled with -ffp-contract=off -fno-builtin-pow it has the program's numbers to the last bit. */
    #include <math.h>
    <BLANKLINE>
    void f(const double *in, double *out)
    {
        const double v2 = in[0] * in[1];
        const double v3 = v2 - 1.5;
        out[0] = v3;
    }
    <BLANKLINE>
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(f"name must be one that a function of C can have, not {name!r}")

    def number(i: int) -> str:
        if i < 0:
            written = literal(code.constants[~i])
            return f"({written})" if written.startswith("-") else written
        return f"in[{i}]" if i < code.leaves else f"v{i}"

    lines = []
    for result, operation, operands in code.steps():
        names = dict(zip("abc", map(number, operands), strict=False))
        text = re.sub(r"\b[abc]\b", lambda found: names[found[0]], OPERATIONS[operation].text)  # noqa: B023
        lines.append(f"    const double v{result} = {text};")
    lines += [f"    out[{k}] = {number(i)};" for k, i in enumerate(code.outputs)]
    unused = [] if any("in[" in line for line in lines) else ["    (void)in;"]
    unused += [] if code.outputs else ["    (void)out;"]
    about = "\n   ".join(
        [
            *words,
            "Compiled with -ffp-contract=off -fno-builtin-pow it has the program's numbers to the last bit.",
        ]
    )
    parts = [f"/* {about} */\n#include <math.h>", *_called("\n".join(lines))]
    body = "\n".join([*unused, *lines])
    parts.append(f"void {name}(const double *in, double *out)\n{{\n{body}\n}}")
    return "\n\n".join(parts) + "\n"


def _called(text: str) -> list[str]:
    """The functions of ``conventions.h`` that a text calls."""
    header = Path(emit.__file__).with_name("conventions.h").read_text(encoding="utf-8")
    known = {found[1]: found[0] for found in _FUNCTION.finditer(header)}
    # Python's hypot is its own, and exact to the last bit more often than not; C's is as good.
    known["ag_hypot"] = "static inline double ag_hypot(double x, double y) { return hypot(x, y); }"
    wanted = set(re.findall(r"\bag_\w+", text))
    return [function for name, function in known.items() if name in wanted]
