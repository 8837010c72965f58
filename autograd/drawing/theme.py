"""Shapes, colours and letters: what a kind of box looks like, on a light and on a dark page.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any of the
common colour deficiencies tell apart; shapes tell the same again.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Kind


FONT = "Helvetica,Arial,sans-serif"
POINTS = 12


@dataclass(frozen=True, slots=True)
class Look:
    """A box's shape and colours. ``style`` and ``shape`` are Graphviz's words."""

    shape: str
    style: str
    line: str
    fill: str
    mermaid: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a page."""

    page: str
    text: str
    faint: str
    edge: str
    highlight: str
    output: str
    cluster: str
    cluster_fill: tuple[str, str]
    looks: dict[Kind, Look]


def _looks(faint: str, page: str, **fills: str) -> dict[Kind, Look]:
    box = ("[", "]")
    return {
        "op": Look("box", "rounded,filled", faint, fills["op"], ("(", ")")),
        "input": Look("ellipse", "filled", fills["blue"], fills["input"], ("([", "])")),
        "parameter": Look("hexagon", "filled", fills["orange"], fills["parameter"], ("{{", "}}")),
        "module": Look("box3d", "filled", fills["green"], fills["module"], ("[[", "]]")),
        "more": Look("box", "dashed", faint, page, box),
    }


LIGHT = Theme(
    page="#FFFFFF",
    text="#1A1A1A",
    faint="#6B6B6B",
    edge="#4D4D4D",
    highlight="#D55E00",
    output="#009E73",
    cluster="#9A9A9A",
    cluster_fill=("#F4F4F4", "#E9E9E9"),
    looks=_looks(
        "#6B6B6B",
        "#FFFFFF",
        op="#FFFFFF",
        blue="#0072B2",
        input="#DDF0FB",
        orange="#B87700",
        parameter="#FCEFD2",
        green="#007A59",
        module="#DDF3EC",
    ),
)

DARK = Theme(
    page="#16181D",
    text="#F2F2F2",
    faint="#A9A9A9",
    edge="#BDBDBD",
    highlight="#FF9A4D",
    output="#2BD9A5",
    cluster="#6E7480",
    cluster_fill=("#1F2229", "#292D36"),
    looks=_looks(
        "#A9A9A9",
        "#16181D",
        op="#2B2F38",
        blue="#56B4E9",
        input="#15384D",
        orange="#E69F00",
        parameter="#4A3503",
        green="#2BBF93",
        module="#0E3F32",
    ),
)

THEMES = {"light": LIGHT, "dark": DARK}


def text_width(text: str) -> float:
    """How wide a text is, in ems of a wide sans-serif (DejaVu, Verdana); an estimate from above."""
    return sum(_advance(c) for c in text)


def _advance(c: str) -> float:
    if c in "ijl.,:;|!'I()[] ":
        return 0.4
    if c in "mwMW@%…":
        return 1.0
    if unicodedata.combining(c):
        return 0.0
    if unicodedata.east_asian_width(c) in "WF":
        return 1.1
    return 0.72 if c.isupper() or c in "+-×÷=<>~" else 0.64
