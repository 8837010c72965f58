"""Puts a graph, its rules and the scripts of ``page/`` into one HTML file that loads nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import sys
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from autograd.emit.javascript import translated
from autograd.operations import Opaque

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Columns

MATHEMATICS = ("functions.js", "tape.js")
"""The scripts that compute; they need no browser."""

SCRIPTS = (
    *MATHEMATICS,
    "words.js",
    "selection.js",
    "columns.js",
    "layout.js",
    "picture.js",
    "edges.js",
    "camera.js",
    "ask.js",
    "change.js",
    "play.js",
    "practise.js",
    "main.js",
)
"""All scripts, in an order in which what runs at once needs only those before."""

COMPRESSED = 20_000
"""A page of more nodes carries them compressed."""


def page(
    columns: Columns, decisions: Sequence[tuple[str, int]], title: str, theme: str, view: str
) -> str:
    """The page as HTML.

    Args:
        columns: the graph.
        decisions: the files and lines where Python asked for a number and went on as that told it.
        title: the page's title.
        theme: ``"light"``, ``"dark"``, or ``"auto"``, as the reader's browser has it.
        view: what is open at first: ``"see"``, ``"play"`` or ``"practise"``.
    """
    rules, content = rules_and_content(columns)
    content |= {"title": title, "view": view, "decisions": decisions}
    data = json.dumps(content, separators=(",", ":"), allow_nan=False)
    coding = "gzip" if columns.size > COMPRESSED else "none"
    if coding == "gzip":
        data = base64.b64encode(gzip.compress(data.encode(), 4, mtime=0)).decode()
    else:  # inside a script element nothing may look like its end, or like a comment
        data = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    script = rules + "\n".join(map(resource, SCRIPTS[1:]))
    style = resource("style.css")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {_digest(script)}; style-src {_digest(style)}"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="{html.escape(theme)}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<style>{style}</style>\n</head>\n<body>\n{resource('body.html')}"
        f'<script type="application/json" id="data" data-coding="{coding}">{data}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def rules_and_content(columns: Columns) -> tuple[str, dict[str, Any]]:
    """The functions and rules as a script that defines ``RULES``, and the graph for JSON."""
    rows = columns.rows
    open_rows = [row for row in rows if not isinstance(row, Opaque)]
    texts, left_out = translated(open_rows)
    by_row = dict(zip(open_rows, texts, strict=True))
    rules = ",\n".join(by_row.get(row, "null") for row in rows)
    closed = {row.name for row in rows if isinstance(row, Opaque)}
    compensated = "true" if sys.version_info >= (3, 12) else "false"
    script = (
        f'"use strict";\nconst COMPENSATED_SUM = {compensated};\n{resource("functions.js")}\n'
        f"const RULES = [\n{rules}\n];\n"
    )
    return script, columns.content(left_out.keys() | closed)


@cache
def resource(name: str) -> str:
    """The text of a file of ``page/``."""
    text = (files("autograd.exploring") / "page" / name).read_text(encoding="utf-8")
    assert "</script" not in text or not name.endswith(".js"), "it would end the script element"
    return text


def _digest(text: str) -> str:
    """A source of the page's policy: the one text with this hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
