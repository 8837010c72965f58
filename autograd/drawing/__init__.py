"""Pictures of graphs, nets and gradients.

>>> from autograd import Value, draw
>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> loss = a * b + a**2
>>> loss.backward()
>>> picture = draw(loss)  # a notebook shows it
>>> print(picture.to_text())
+: -2, grad 1
├─ a × b: -6, grad 1
│  ├─ a = 2 [0]: grad 1
│  └─ b = -3: grad 2
└─ a ^ 2: 4, grad 1
   └─ a = 2 [0], above
"""

from __future__ import annotations

from .entry import draw, print_graph
from .model import Cluster, Edge, Graph, Node, Options
from .picture import Drawing, RenderError, render

__all__ = [
    "Cluster",
    "Drawing",
    "Edge",
    "Graph",
    "Node",
    "Options",
    "RenderError",
    "draw",
    "print_graph",
    "render",
]
