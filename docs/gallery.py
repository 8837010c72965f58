"""Renders every kind of picture to a folder, to look at: `python docs/gallery.py OUT`.

Each picture becomes OUT/NAME.svg, and each page of explore OUT/NAME.html. A check of the eye: each must be legible, with
no box over another and no text cut off; with Graphviz's dot on the PATH and without it.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import autograd as ag
import nn
from autograd import Value, draw, draw_backward, explore, scope
from autograd.exploring import Exploration

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES: dict[str, Callable[[], Any]] = {}


def picture(make: Callable[[], Any]) -> Callable[[], Any]:
    """Puts a picture on the list, under its function's name."""
    PICTURES[make.__name__] = make
    return make


def expression() -> Value:
    """loss = (a b + c) f, as in micrograd's lecture."""
    a, b, c, f = (Value(x, n) for x, n in ((2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")))
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    loss = d * f
    loss.label = "L"
    return loss


def neuron() -> Value:
    """tanh(w1 x1 + w2 x2 + b)."""
    x1, x2 = Value(2.0, "x1"), Value(0.5, "x2")
    w1, w2 = nn.Parameter(-3.0, "w1"), nn.Parameter(1.0, "w2")
    out = ag.tanh(w1 * x1 + w2 * x2 + nn.Parameter(6.5, "b"))
    out.label = "out"
    return out


def net() -> Value:
    """An MLP 2-4-1 of two inputs."""
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    y: Value = model([Value(1.0, "x[0]"), Value(2.0, "x[1]")])
    return y


def training_loss(hidden: int = 16) -> Value:
    """Of 100 samples: more than 10,000 nodes."""
    rng = random.Random(0)
    model = nn.MLP(2, [hidden, hidden, 1], seed=1)
    rows = [(rng.random(), rng.random()) for _ in range(100)]
    loss: Value = ag.mean(
        (model([Value(a, f"x[{i}][0]"), Value(b, f"x[{i}][1]")]) - a * b) ** 2
        for i, (a, b) in enumerate(rows)
    )
    loss.label = "loss"
    return loss


def spring(steps: int) -> Value:
    """A damped spring's place after some steps."""
    x, v, k, c = (Value(a, n) for a, n in ((1.0, "x"), (0.0, "v"), (4.0, "k"), (0.3, "c")))
    for _ in range(steps):
        v = v + 0.01 * (-k * x - c * v)
        x = x + 0.01 * v
    return x


def swept(value: Value) -> Value:
    """The same after backward()."""
    value.backward()
    return value


@picture
def expression_before_backward() -> Any:
    return draw(expression())


@picture
def expression_after_backward() -> Any:
    return draw(swept(expression()))


@picture
def expression_dark() -> Any:
    return draw(swept(expression()), theme="dark")


@picture
def expression_top_to_bottom() -> Any:
    return draw(swept(expression()), direction="TB")


@picture
def highlighted_path() -> Any:
    y = swept(neuron())
    (w1,) = (v for v in ag.topological_order(y) if v.label == "w1")
    return draw(y, highlight=w1)


@picture
def one_neuron() -> Any:
    return draw(swept(neuron()))


@picture
def every_operator() -> Any:
    x, y = Value(0.5, "x"), Value(2.0, "y")
    unary = [f(x) for f in (ag.exp, ag.log, ag.sqrt, ag.sin, ag.relu, ag.sigmoid)]
    binary = [x + y, x - y, x * y, x / y, x**y, ag.maximum(x, y), ag.clip(x, 0.0, 1.0), 1 - x]
    last = [ag.where(True, x, y), ag.leaky_relu(x), 2**x, x / 3, ag.logsumexp([x, y, 1.0])]
    total = ag.sum([*unary, *binary, *last])
    total.backward()
    return draw(total)


@picture
def operands_in_order() -> Any:
    x = Value(3.0)
    y = ag.exp(x) / ag.sin(x) - ag.tanh(x) ** ag.cos(x)
    return draw(swept(y))


@picture
def several_outputs() -> Any:
    return draw(lambda x, y: {"sum": x + y, "products": [x * y, x * x]}, 2.0, 5.0)


@picture
def dot_of_64() -> Any:
    w = [nn.Parameter(i / 64 - 0.5, f"w[{i}]") for i in range(64)]
    x = [Value((i % 8) / 8, f"x[{i}]") for i in range(64)]
    return draw(swept(ag.tanh(ag.dot(w, x) + nn.Parameter(0.1, "b"))))


@picture
def dead_relu() -> Any:
    x = Value(-2.0, "x")
    return draw(swept(ag.relu(x * 3.0 + 1.0) + x))


@picture
def changed_leaf() -> Any:
    x = Value(3.0, "x")
    y = x * x
    x.data = 5.0
    return draw(y)


@picture
def labels_of_any_content() -> Any:
    names = [
        'a "quoted" one',
        "two\nlines",
        "<b>&amp;</b> \\N \\G %n",
        "Größe 輸入 μ🙂",
        "long " * 2000,
    ]
    return draw(swept(ag.sum(Value(float(i), name) ** 2 for i, name in enumerate(names))))


@picture
def large_and_small_numbers() -> Any:
    xs = [1e-300, 1.5e300, float("inf"), float("nan"), -123456.789, 1e-5]
    return draw(ag.sum(Value(x, f"x{'abcdef'[i]}") * 1.0 for i, x in enumerate(xs)))


@picture
def mlp_2_4_1() -> Any:
    return draw(swept(net()))


@picture
def mlp_2_4_1_neurons() -> Any:
    return draw(swept(net()), collapse="Neuron")


@picture
def mlp_2_4_1_layers() -> Any:
    return draw(swept(net()), collapse=True)


@picture
def mlp_2_16_16_1() -> Any:
    model = nn.MLP(2, [16, 16, 1], seed=1)
    return draw(swept(model([Value(1.0, "x[0]"), Value(2.0, "x[1]")])))


@picture
def loss_of_10000_nodes() -> Any:
    return draw(swept(training_loss()))


@picture
def loss_of_10000_nodes_not_collapsed() -> Any:
    return draw(swept(training_loss()), collapse=False, max_nodes=40)


@picture
def near_one_parameter() -> Any:
    loss = swept(training_loss(4))
    bias = next(v for v in reversed(ag.topological_order(loss)) if v.label == "b")
    return draw(loss, near=bias, max_nodes=12)


@picture
def own_scopes() -> Any:
    x = Value(0.5, "x")
    with scope("kinetic"):
        kinetic = 0.5 * x**2
    with scope("potential"):
        potential = ag.cos(x) * 9.81
    energy = kinetic - potential
    energy.label = "energy"
    return draw(swept(energy))


@picture
def loop_of_a_spring() -> Any:
    return draw(swept(spring(2)))


@picture
def long_loop_in_rows() -> Any:
    return draw(swept(spring(30)))


@picture
def long_loop_top_to_bottom() -> Any:
    return draw(swept(spring(12)), direction="TB")


@picture
def loss_of_20_samples() -> Any:
    model = nn.MLP(3, [4, 4, 1], seed=0)
    rng = random.Random(0)
    rows = [[rng.uniform(-1.0, 1.0) for _ in range(3)] for _ in range(20)]
    return draw(swept(sum(((model(row) - 1) ** 2 for row in rows), Value(0.0))))


@picture
def recurrent_net() -> Any:
    cell = nn.Linear(3, 2, seed=0)
    state = [Value(0.0, "h[0]"), Value(0.0, "h[1]")]
    for i in range(3):
        with scope("cell"):
            state = cell([Value(0.1 * i, f"x[{i}]"), *state])
        with scope("gate"):
            state = [ag.tanh(h) for h in state]
    return draw(swept(state[0]))


@picture
def named_by_python() -> Any:
    w, x = [Value(1.0), Value(-2.0), Value(0.5)], Value(3.0)
    y = w[0] + w[1] * x + w[2] * x**2
    return draw(swept(y), names={"w": w, "x": x, "y": y})


@picture
def repeated_operands_and_long_constants() -> Any:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    return draw(swept(ag.sum([x, x, x, y]) * 3.14159265359), digits=12)


@picture
def chain_of_a_million() -> Any:
    y = Value(1.0, "x")
    for _ in range(1_000_000):
        y = y * 1.000001
    return draw(y, max_nodes=8)


@picture
def architecture_mlp_2_4_1() -> Any:
    return draw(nn.MLP(2, [4, 1], activation="tanh", seed=1, bias_init="uniform"))


@picture
def architecture_digits() -> Any:
    return draw(nn.MLP(64, [32, 10], seed=1))


@picture
def architecture_sequential() -> Any:
    steps = nn.Linear(2, 8, seed=1), "tanh", nn.Dropout(0.5), nn.Linear(8, 2, seed=2), nn.Softmax()
    return draw(nn.Sequential(*steps))


@picture
def architecture_deep() -> Any:
    return draw(nn.MLP(64, [64] * 6, seed=1), direction="TB")


class Branches(nn.Module):
    """A module of its own kind."""

    def __init__(self) -> None:
        self.encoder = nn.Sequential(nn.Linear(2, 8, seed=1), "tanh", nn.Linear(8, 3, seed=2))
        self.heads = [nn.Linear(3, 1, seed=3), nn.Linear(3, 2, seed=4)]
        self.scale = nn.Parameter(1.5, label="scale")

    def forward(self, x: Any) -> Any:
        h = self.encoder(x)
        return self.heads[0](h) * self.scale, self.heads[1](h)


@picture
def architecture_branches() -> Any:
    return draw(Branches())


@picture
def traced_branches() -> Any:
    return draw(Branches(), [1.0, 2.0], collapse=True)


@picture
def explored_neuron() -> Any:
    with ag.trace_lines():
        return explore(neuron())


@picture
def explored_net() -> Any:
    return explore(net())


@picture
def explored_loss_of_10000_nodes() -> Any:
    return explore(training_loss())


@picture
def explored_long_loop() -> Any:
    return explore(spring(30))


@picture
def played_net() -> Any:
    return draw_backward(net(), theme="dark")


def main(out: Path) -> None:
    """Render them all."""
    out.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        made = make()
        suffix = ".html" if isinstance(made, Exploration) else ".svg"
        sys.stdout.write(f"{made.save(out / (name + suffix))}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/gallery.py OUT")
    main(Path(sys.argv[1]))
