"""What pyodide_check.sh runs in Pyodide: trains a small net where there is nothing but Python itself."""

import importlib.util
import runpy
import sys
import warnings

warnings.simplefilter("error")
for absent in ("numpy", "graphviz", "tqdm", "sklearn"):
    assert importlib.util.find_spec(absent) is None, absent

from autograd import Value, draw
from nn import MLP
from nn.optim import SGD

points = [([a, b], float(a != b)) for a in (0.0, 1.0) for b in (0.0, 1.0)]  # exclusive or
model = MLP(2, [8, 1], activation="tanh", seed=0)
optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
loss, losses = Value(0.0), []
for _ in range(200):
    loss = sum(((model(x) - y) ** 2 for x, y in points), Value(0.0)) / len(points)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.data)
assert losses[-1] < losses[0] / 10, (losses[0], losses[-1])
assert draw(loss).svg().count("<g") > 10
runpy.run_module("autograd", run_name="__main__")
print(
    f"Python {sys.version.split()[0]} on {sys.platform}: loss {losses[0]:.3f} -> {losses[-1]:.6f}"
)
