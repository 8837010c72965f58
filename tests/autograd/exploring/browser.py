"""Pages in Debian's Chromium, driven by Playwright; where either is missing, tests skip."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from scripts.notebook_pictures import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from autograd.exploring import Exploration

SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Reader:
    """Opens pages, and notes all that they ask for and complain about.

    Attributes:
        requests: what pages asked for, but themselves.
        complaints: what they wrote to the console, and their errors.
    """

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._count = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def open(
        self, page: Exploration | str, width: int = 1200, height: int = 640, **how: Any
    ) -> Any:
        """A page of explore, or the text of one, loaded."""
        self._count += 1
        path = self._folder / f"page{self._count}.html"
        path.write_text(page if isinstance(page, str) else page.to_html(), encoding="utf-8")
        tab = self._browser.new_page(viewport={"width": width, "height": height}, **how)
        tab.set_default_timeout(15_000)
        tab.on("pageerror", lambda error: self.complaints.append(error.message))
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("request", lambda request: self._note(request.url, path))
        tab.goto(path.as_uri())
        if not isinstance(page, str):
            until(tab, "measured.ready")
        return tab

    def _note(self, url: str, path: Path) -> None:
        if url != path.as_uri():
            self.requests.append(url)


def until(tab: Any, condition: str) -> None:
    """Wait for a condition of the page, whose policy forbids what Playwright does for that."""
    for _ in range(600):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"never: {condition}")


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """Chromium, or the test skips."""
    api = pytest.importorskip("playwright.sync_api")
    program = chromium()
    if program is None:
        pytest.skip("Chromium is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()
