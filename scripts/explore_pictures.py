"""Takes pictures of explore's page in each view, light and dark, wide and narrow: `python scripts/explore_pictures.py OUT`.

For the eye: each must be legible, with nothing cut and no box over another. OUT/explore.png is the README's first picture:
`python scripts/explore_pictures.py docs --readme` takes that one alone. Needs `pip install -e ".[browser]"` and Chromium.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import autograd as ag
import nn
from autograd import Value, explore, scope
from scripts.notebook_pictures import chromium
from scripts.readme_picture import example


def net() -> Value:
    """A net's loss of one sample."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    x = [Value(1.0, "x[0]"), Value(2.0, "x[1]")]
    loss: Value = (model(x) - 1.0) ** 2
    loss.label = "loss"
    return loss


def traced() -> Value:
    """The README's example, with its lines."""
    x, w, b = Value(2.0, "x"), nn.Parameter(-3.0, "w"), nn.Parameter(6.5, "b")
    with ag.trace_lines():
        h = w * x + b
        y = ag.tanh(h) + 0.1 * x**2
    h.label, y.label = "h", "y"
    return y


def loop() -> Value:
    """Thirty steps of a damped spring."""
    x, v, k, c = (Value(a, n) for a, n in ((1.0, "x"), (0.0, "v"), (4.0, "k"), (0.3, "c")))
    for _ in range(30):
        v = v + 0.01 * (-k * x - c * v)
        x = x + 0.01 * v
    return x


def energies() -> Value:
    """A loss of many samples, in scopes."""
    model = nn.MLP(3, [4, 4, 1], seed=0)
    rows = [[Value(0.1 * i + j, f"x[{i}][{j}]") for j in range(3)] for i in range(40)]
    with scope("errors"):
        total: Value = ag.sum([(model(row) - 1.0) ** 2 for row in rows])
    return total


CHOOSE = "choose(Number(Object.keys(page.labels).find((i) => page.labels[i] === '{}')))"

VIEWS: dict[str, tuple[Any, str]] = {
    "see": (net, ""),
    "see_long": (loop, ""),
    "see_folded": (energies, ""),
    "see_open": (net, "$('unfold').click()"),
    "ask": (traced, CHOOSE.format("h")),
    "change": (traced, "change(tape.op.indexOf(0), 1.25)"),
    "play": (net, "show('play'); stepTo(4)"),
    "play_forward": (traced, "show('play'); startPlaying(false); stepTo(3)"),
    "practise": (
        traced,
        f"show('practise'); {CHOOSE.format('h')}; $('answer').value = '1'; $('check').click()",
    ),
}
"""The graph of each picture, and what is done on its page first."""

SIZES = {"wide": (1200, 640), "narrow": (420, 760)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--readme", action="store_true", help="the README's picture alone")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        y = example()
        path = explore(y).save(Path(folder) / "readme.html")
        chosen = CHOOSE.format("w")
        take(browser, path, args.out / "explore.png", chosen, 960, 420, "light")
        for name, (make, script) in VIEWS.items() if not args.readme else ():
            path = explore(make()).save(Path(folder) / f"{name}.html")
            for size, (width, height) in SIZES.items():
                for theme in ("light", "dark"):
                    picture = args.out / f"{name}_{size}_{theme}.png"
                    take(browser, path, picture, script, width, height, theme)
        browser.close()


def take(
    browser: Any, page: Path, picture: Path, script: str, width: int, height: int, theme: str
) -> None:
    """A picture of a page after something was done on it."""
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    tab.goto(page.as_uri())
    while not tab.evaluate("measured.ready ?? false"):
        tab.wait_for_timeout(20)
    if script:
        tab.evaluate(script)
    tab.wait_for_timeout(200)
    tab.screenshot(path=picture)
    tab.close()
    print(picture)


if __name__ == "__main__":
    main()
