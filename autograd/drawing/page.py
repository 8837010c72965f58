"""The page of draw_backward: a picture, a slider and a script, in one file that loads nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .theme import Theme


def page(theme: Theme, picture: str, data: str, steps: str, last: int) -> str:
    """The page as HTML.

    Args:
        theme: its colours.
        picture: the picture, as HTML.
        data: the steps as JSON that is safe inside a script element.
        steps: the steps as items of a list, as HTML.
        last: the number of the last step.
    """
    parts = {
        "STYLE": _style(theme),
        "HIGHLIGHT": theme.highlight,
        "LAST": str(last),
        "PICTURE": picture,
        "DATA": data,
        "STEPS": steps,
    }
    # In one pass, so that nothing is looked for in what was put in.
    return re.sub(r"@([A-Z]+)@", lambda match: parts[match[1]], _PAGE)


def _style(theme: Theme) -> str:
    return (
        f"body{{margin:8px;background:{theme.page};color:{theme.text};font:14px sans-serif}}"
        "#bar{display:flex;gap:6px;align-items:center;flex-wrap:wrap}#bar input{flex:1;min-width:120px}"
        "button{font:inherit;min-width:2.5em}#text{min-height:4.5em;margin:8px 0;line-height:1.4}"
        "#picture{overflow:auto}#picture svg{max-width:100%;height:auto}"
        "#text div:first-child{font-weight:bold}"
        ".gone{visibility:hidden}"
    )


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>backward, step by step</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<style>@STYLE@</style></head><body>
<div id="bar">
<button id="first" title="to the start">|&lt;</button>
<button id="back" title="one step back">&lt;</button>
<button id="play" title="play or pause">play</button>
<button id="next" title="one step on">&gt;</button>
<button id="last" title="to the end">&gt;|</button>
<input id="slider" type="range" min="0" max="@LAST@" value="0" aria-label="step">
<span id="count"></span></div>
<div id="text" aria-live="polite"></div>
<div id="picture">@PICTURE@</div>
<details><summary>All steps</summary><ol start="0">@STEPS@</ol></details>
<script type="application/json" id="data">@DATA@</script>
<script>
"use strict";
const steps = JSON.parse(document.getElementById("data").textContent);
const get = id => document.getElementById(id);
const boxes = new Set(steps.flatMap(step => Object.keys(step.gradients)));
let at = 0, timer = null;
function outline(element) { return element ? element.querySelectorAll("path, polygon, ellipse, polyline, rect") : []; }
function mark(id, on) {
  for (const shape of outline(get(id))) {
    if (on) { shape.style.stroke = "@HIGHLIGHT@"; shape.style.strokeWidth = "3"; }
    else { shape.style.stroke = ""; shape.style.strokeWidth = ""; }
  }
}
function show(k) {
  const before = steps[at];
  if (before.node !== null) mark("n" + before.node, false);
  before.edges.forEach(edge => mark("e" + edge, false));
  at = Math.max(0, Math.min(steps.length - 1, k));
  const shown = {};
  for (let i = 0; i <= at; i++) Object.assign(shown, steps[i].gradients);
  for (const box of boxes) {
    const texts = get("n" + box) ? get("n" + box).querySelectorAll("text") : [];
    if (!texts.length) continue;
    const line = texts[texts.length - 1];
    line.classList.toggle("gone", !(box in shown));
    if (box in shown) line.textContent = shown[box];
  }
  const step = steps[at];
  if (step.node !== null) mark("n" + step.node, true);
  step.edges.forEach(edge => mark("e" + edge, true));
  get("text").replaceChildren(...step.text.map(line => {
    const row = document.createElement("div"); row.textContent = line; return row;
  }));
  get("slider").value = at;
  get("count").textContent = at + " / " + (steps.length - 1);
}
function stop() { clearInterval(timer); timer = null; get("play").textContent = "play"; }
get("slider").oninput = event => { stop(); show(+event.target.value); };
get("first").onclick = () => { stop(); show(0); };
get("back").onclick = () => { stop(); show(at - 1); };
get("next").onclick = () => { stop(); show(at + 1); };
get("last").onclick = () => { stop(); show(steps.length - 1); };
get("play").onclick = () => {
  if (timer !== null) { stop(); return; }
  if (at === steps.length - 1) show(0);
  get("play").textContent = "pause";
  timer = setInterval(() => { if (at === steps.length - 1) stop(); else show(at + 1); }, 900);
};
document.onkeydown = event => {
  if (event.target.id === "slider") return;
  if (event.key === "ArrowRight") get("next").click();
  if (event.key === "ArrowLeft") get("back").click();
};
show(+(location.hash.slice(1) || 0));
</script></body></html>
"""
