"""``import nn`` by itself: without NumPy, and with another package called autograd in its way."""

from __future__ import annotations

import os
import subprocess
import sys

import nn
from tests.packages import copy_packages

TRAIN = """
import sys
for name in ("numpy", "scipy", "safetensors", "matplotlib", "tqdm", "sklearn", "graphviz"):
    sys.modules[name] = None  # importing it fails
import nn
model = nn.Sequential(nn.MLP(2, [4, 2], activation="tanh", seed=0), nn.Dropout(0.1, seed=1))
X, y = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
def step():
    loss = nn.losses.cross_entropy([model(x) for x in X], y)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.5 * p.grad
    return loss.data
first, *_, last = [step() for _ in range(20)]
assert last < first / 4, (first, last)
assert nn.metrics.accuracy([model.eval()(x) for x in X], y) == 1.0
nn.save("model.json", model)
assert nn.load("model.json").state_dict() == model.state_dict()
print(sorted(name for name in ("numpy", "scipy") if sys.modules.get(name)))
"""


def run(code, folder):
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def test_a_net_trains_and_is_saved_without_numpy(tmp_path):
    copy_packages(tmp_path)
    done = run(TRAIN, tmp_path)
    assert done.stderr == ""
    assert done.stdout == "[]\n"


def test_another_autograd_over_ours_is_explained_with_the_cure(tmp_path):
    copy_packages(tmp_path)
    (tmp_path / "autograd" / "__init__.py").write_text("def grad(f): ...\n")
    done = run("import nn", tmp_path)
    assert done.returncode != 0
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError: nn needs valuegrad's package autograd, but ")
    assert "most likely HIPS autograd" in message
    assert "pip uninstall -y autograd valuegrad, then pip install valuegrad" in message


def test_completion_shows_public_names_only():
    assert dir(nn) == sorted(nn.__all__)
