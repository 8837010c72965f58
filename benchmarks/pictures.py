"""How quickly the page of explore answers, in headless Chromium.

    pip install -e ".[browser]"
    python -m benchmarks.pictures

Prints, for graphs of 200 to 200,000 nodes: the page's size; how long Python takes to make it; how long from its opening to its
first picture, on the clock and in processor time of the page's thread, its comparison with Python included; and how long an
edit takes: computed forward and backward, in processor time, and computed and shown on the clock. Medians of some runs. Exits with 1 if a first picture takes more than
0.3 s up to 20,000 nodes or 1 s up to 200,000, or an edit's computing more than 10 or 30 ms. Processor time counts,
since other programs' load changes it less.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd import Value, explore, topological_order
from benchmarks.pictures_static import loss, spring, tangle
from scripts.notebook_pictures import chromium

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 3

LIMITS = ((20_000, 0.3, 10.0), (200_000, 1.0, 30.0))
"""Up to so many nodes: seconds to the first picture, milliseconds for the computing of an edit."""

CASES: dict[str, Callable[[], Value]] = {
    "spring 30": lambda: spring(30),
    "loss 20": lambda: loss(20),
    "loss 580": lambda: loss(580),
    "tangle 200": lambda: tangle(170),
    "tangle 2,000": lambda: tangle(2_000),
    "tangle 20,000": lambda: tangle(27_000),
    "tangle 200,000": lambda: tangle(295_000),
}

EDITS = 20

COMPUTE = f"for (let k = 0; k < {EDITS}; k++) tape.recompute()"

SHOW = f"""
async () => {{
  const leaf = tape.op.indexOf(0);
  const shown = [];
  for (let k = 0; k < {EDITS}; k++) {{
    change(leaf, tape.python.data[leaf] * (1 + 1e-3 * k));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    shown.push(measured.edit.all);
  }}
  return shown.sort((a, b) => a - b)[{EDITS // 2}];
}}
"""


def main() -> int:
    """Print the table; 1 if a page is too slow."""
    from playwright.sync_api import sync_playwright

    bad = 0
    print(
        "                   nodes     page   made   first picture    (clock)   edit computed  (clock, shown)"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, make in CASES.items():
            y = make()
            nodes = len(topological_order(y))
            began = time.perf_counter()
            path = explore(y).save(Path(folder) / "page.html")
            made = time.perf_counter() - began
            first, clock, computed, shown = map(
                statistics.median, zip(*(_run(browser, path) for _ in range(RUNS)), strict=True)
            )
            picture, edit = next(limit[1:] for limit in LIMITS if nodes <= limit[0])
            wrong = first > picture or computed > edit
            bad += wrong
            size = path.stat().st_size / 1000
            print(
                f"{name:16} {nodes:7,} {size:5,.0f} kB {made:5.2f} s {first:13.2f} s "
                f"{clock:8.2f} s {computed:12.1f} ms {shown:4.1f} ms{'  !' * wrong}"
            )
        browser.close()
    return int(bad > 0)


def _run(browser: Any, path: Path) -> tuple[float, float, float, float]:
    """Seconds to the first picture, processor's and clock's; milliseconds of an edit, computed and shown; of one opening."""
    tab = browser.new_page(viewport={"width": 1200, "height": 640})
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tab.goto(path.as_uri())
    while not tab.evaluate("measured.ready ?? false"):
        tab.wait_for_timeout(20)
    first = _processor(session)
    clock = tab.evaluate("measured.painted") / 1000
    before = _processor(session)
    tab.evaluate(COMPUTE)
    computed = (_processor(session) - before) / EDITS * 1000
    shown = tab.evaluate(SHOW)
    tab.close()
    return first, clock, computed, shown


def _processor(session: Any) -> float:
    """The processor's seconds that the page's thread has taken."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    seconds: float = next(x["value"] for x in metrics if x["name"] == "TaskDuration")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
