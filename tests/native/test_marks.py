"""What happens when a process has walked more graphs than it can count: with a core that begins near the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.native.children import ROOT, needs_core
from tests.project.test_build import needs_compiler

PROGRAM = """
from autograd import Value, gradient, topological_order
x, walks = Value(2.0), 0
root = x * x
def refused(function):
    try: function()
    except OverflowError as error: return str(error)
try:
    while True: root.backward(); walks += 1
except OverflowError: print(walks, x.grad)
for walk in (root.backward, lambda: gradient(root, [x]), lambda: topological_order(root),
             lambda: setattr(root, "grad", 0.0)):
    print(refused(walk))
print(x * x, x.grad)
"""


@needs_core
@needs_compiler
def test_a_walk_too_many_is_refused_and_what_needs_no_walk_goes_on(tmp_path):
    for part in ("autograd", "native"):
        ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    flags = "-O0 -DFIRST_MARK=((1ULL<<46)-101)"
    build = (
        "import sys; sys.path.insert(0, 'native'); import build, shutil; from pathlib import Path;"
    )
    build += "shutil.copy(build.build(Path('built').absolute(), 'native'), 'autograd')"
    (tmp_path / "built").mkdir()
    environment = {**os.environ, "CFLAGS": flags, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, env=environment, check=True)
    environment["VALUEGRAD_CORE"] = "native"
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    refused = "this process has walked more graphs than it can count; start another"
    assert said == ["50 200.0", *[refused] * 4, "Value(data=4.0, grad=0.0) 200.0"]
