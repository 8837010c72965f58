"""The page on which Python runs in the browser, in Chromium, from a site that is served on this machine.

VALUEGRAD_SITE names the site's folder: python -m docs FOLDER --pyodide node_modules/pyodide
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import threading

import pytest

from tests.autograd.exploring.browser import launched
from tests.packages import ROOT

SITE = os.environ.get("VALUEGRAD_SITE")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page():
    if SITE is None:
        pytest.skip("VALUEGRAD_SITE names no site")
    handler = functools.partial(_Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with launched() as browser:
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{server.server_port}/try.html")
        yield page
        here = f"http://127.0.0.1:{server.server_port}/"
        assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []
    server.shutdown()
    server.server_close()


def run(page, code=None):
    if code is not None:
        page.fill("#try-code", code)
    page.click("#try-run")
    page.wait_for_function("!document.getElementById('try-run').disabled", timeout=60_000)
    assert page.text_content("#try-state") == ""
    return page.text_content("#try-printed")


def test_the_cell_that_stands_there_runs_and_shows_its_picture(page):
    assert run(page) == "dy/dw = 1.5728954659318553\n"
    texts = page.locator("#try-shown svg text").all_text_contents()
    assert "w = -3" in texts


def test_names_stay_from_one_run_to_the_next_and_the_last_line_is_shown(page):
    assert run(page, "import nn\nnet = nn.MLP(2, [1], seed=0)\nlen(net.parameters())") == "3\n"
    assert run(page, "net") == "MLP(2, [1])\n"


def test_a_mistake_shows_what_python_says_of_it(page):
    said = run(page, "from autograd import Value\nValue('a')")
    assert said.startswith("Traceback")
    assert "TypeError" in said
    assert "line 2" in said
    assert "SyntaxError" in run(page, "1 +")


def test_compile_works_without_numpy_as_far_as_the_page_says(page):
    code = "from autograd import compile, grad\ncompile(grad(lambda x: x**3))(2.0)"
    assert run(page, code) == "12.0\n"


def test_page_and_check_take_the_same_pyodide():
    script = (ROOT / "docs" / "_static" / "try.js").read_text(encoding="utf-8")
    check = (ROOT / "scripts" / "pyodide_check.sh").read_text(encoding="utf-8")
    (version,) = re.findall(r"^pyodide=([\d.]+)", check, re.MULTILINE)
    assert f"/pyodide/v{version}/" in script
