"""The page as a cell's output in a real JupyterLab."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.autograd.exploring.browser import until

ROOT = Path(__file__).parents[3]

CELL = """\
from autograd import Value, explore, tanh
x, w = Value(2.0, label="x"), Value(-0.25, label="w")
explore(tanh(w * x))"""


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab with one notebook, and its folder."""
    pytest.importorskip("jupyterlab")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python",
        "language": "python",
    }
    nbformat.write(notebook, tmp_path / "page.ipynb")
    homes = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = {
        **os.environ,
        **homes,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += ["--ServerApp.port=0", f"--ServerApp.root_dir={tmp_path}"]
    log = (tmp_path / "log").open("w")
    with subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path) as server:
        try:
            yield _address(tmp_path / "RUNTIME", server, tmp_path / "log")
        finally:
            server.terminate()
            log.close()


def _address(runtime, server, log):
    for _ in range(240):
        for path in runtime.glob("jpserver-*.json"):
            told = json.loads(path.read_text())
            with contextlib.suppress(OSError):  # it says where it is before it is there
                urllib.request.urlopen(f"{told['url']}api?token={told['token']}").close()  # noqa: S310
                return f"{told['url']}lab/tree/page.ipynb?token={told['token']}"
        if server.poll() is not None:
            break
        time.sleep(0.25)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def test_the_page_is_alive_in_jupyterlab(lab, chromium):
    tab = chromium.new_page(viewport={"width": 1300, "height": 900})
    tab.set_default_timeout(60_000)
    tab.goto(lab)
    tab.wait_for_selector(".jp-CodeCell", timeout=60_000)
    tab.get_by_text("| Idle").wait_for()  # what is run before the kernel is there is lost
    tab.locator(".jp-CodeCell .cm-content").first.click()
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("iframe[sandbox]", timeout=60_000)
    frame = tab.query_selector("iframe[sandbox]").content_frame()
    until(frame, "typeof measured === 'object' && measured.ready === true")
    assert frame.evaluate("self.origin") == "null"
    assert "agrees with Python" in frame.text_content("#agreement")
    frame.locator("#world .box", has_text="w × x").dispatch_event("click")
    assert frame.text_content("#value") == "-0.5"
    frame.locator("#world .box", has_text="x = 2").first.dispatch_event("click")
    frame.locator(".changer input[type=number]").first.fill("4")
    until(frame, "state.edited && measured.edit !== undefined")
    assert frame.evaluate("tape.data[tape.root]") == pytest.approx(-0.7615941559557649)
    frame.locator("#play").dispatch_event("click")
    frame.locator("#next").dispatch_event("click")
    assert re.match("tanh hands on 1", frame.text_content("#told"))
    tab.close()
