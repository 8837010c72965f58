"""``import nn`` by itself: without NumPy, and with another package called autograd in its way."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_a_net_alone_loads_neither_the_compiler_nor_training(tmp_path):
    copy_packages(tmp_path)
    heavy = (
        "autograd.compiler",
        "autograd.emit",
        "nn.training",
        "nn.saving",
        "nn.optim",
        "nn.estimators",
    )
    code = f"import sys, nn; nn.MLP(2, [1], seed=0)([1.0, 2.0]); print([m for m in {heavy} if m in sys.modules])"
    done = run(code, tmp_path)
    assert (done.stderr, done.stdout) == ("", "[]\n")


def test_what_is_loaded_on_first_use_is_what_type_checkers_are_told(tmp_path):
    tree = ast.parse(Path(nn.__file__).read_text(encoding="utf-8"))
    (told,) = (
        node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )
    named = {alias.name: part.module or alias.name for part in told.body for alias in part.names}
    assert named == nn._ON_FIRST_USE
    copy_packages(tmp_path)
    done = run("from nn import *\nprint(fit.__name__, save.__module__, losses.__name__)", tmp_path)
    assert (done.stderr, done.stdout) == ("", "fit nn.saving.files nn.losses\n")


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
    assert dir(nn) == sorted([*nn.__all__, "MLPClassifier", "MLPRegressor"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MSELoss", "nn.losses.mse"),
        ("CrossEntropyLoss", "nn.losses.cross_entropy"),
        ("functional", "autograd (autograd.relu"),
        ("SGD", "nn.optim.SGD"),
    ],
)
def test_names_of_other_libraries_are_answered_with_ours(name, hint):
    with pytest.raises(
        AttributeError, match=re.escape(f"module 'nn' has no attribute '{name}'; it is {hint}")
    ):
        getattr(nn, name)
    with pytest.raises(AttributeError, match=r"has no attribute 'sgd'; it is optim.SGD"):
        _ = nn.optim.sgd
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing'$"):
        _ = nn.nothing


def test_every_hint_names_what_there_is():
    for hint in nn._ELSEWHERE.values():
        for module, name in re.findall(r"\b(nn(?:\.\w+)?|autograd)\.(\w+)", hint):
            assert hasattr(importlib.import_module(module), name), hint


def test_save_in_the_order_of_pytorch_is_told_ours(tmp_path):
    with pytest.raises(TypeError, match=r"save takes the path first: nn.save\(path, model\)"):
        nn.save(nn.Neuron(1), tmp_path / "net.json")
