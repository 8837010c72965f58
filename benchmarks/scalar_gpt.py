"""A one-layer GPT in plain scalars, as single-file GPTs write it, and the engine of thirty lines that such files carry.

The model is written once, over whatever class of nodes it is given: embeddings, root-mean-square normalisation,
causal attention of several heads with its keys and values kept, a feed-forward net, and the cross-entropy of the next
token.
"""

from __future__ import annotations

import math
import random
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Contender, training_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.harness import Job

Number = Any


class Node:
    """The engine: a number, what it was computed from, and its derivatives with respect to that."""

    __slots__ = ("_local", "_prev", "data", "grad")

    def __init__(
        self, data: float, prev: tuple[Node, ...] = (), local: tuple[float, ...] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self._prev = prev
        self._local = local

    def __add__(self, other: Any) -> Node:
        other = other if isinstance(other, Node) else Node(other)
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Node:
        other = other if isinstance(other, Node) else Node(other)
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> Node:
        return Node(self.data**power, (self,), (power * self.data ** (power - 1),))

    def exp(self) -> Node:
        out = math.exp(self.data)
        return Node(out, (self,), (out,))

    def log(self) -> Node:
        return Node(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> Node:
        return Node(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Node:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1.0

    def backward(self) -> None:
        order: list[Node] = []
        seen: set[Node] = set()

        def visit(node: Node) -> None:
            if node not in seen:
                seen.add(node)
                for child in node._prev:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, local in zip(node._prev, node._local):  # noqa: B905 (such files know no strict)
                child.grad += local * node.grad


# --- the model -------------------------------------------------------------------------------


def linear(xs: list[Number], weights: Iterable[Sequence[Number]]) -> list[Number]:
    return [sum(w * x for w, x in zip(row, xs, strict=True)) for row in weights]


def normed(xs: list[Number]) -> list[Number]:
    scale = (sum(x * x for x in xs) / len(xs) + 1e-5) ** -0.5
    return [x * scale for x in xs]


def softmax(xs: list[Number]) -> list[Number]:
    top = max(x.data for x in xs)
    powers = [(x - top).exp() for x in xs]
    total = sum(powers)
    return [power / total for power in powers]


def added(xs: list[Number], ys: list[Number]) -> list[Number]:
    return [x + y for x, y in zip(xs, ys, strict=True)]


class GPT:
    """The model and what it is trained on.

    Args:
        value: the class of nodes.
        width: of the embeddings; the feed-forward net is four times as wide.
        heads: of attention.
        vocabulary: how many tokens there are.
        length: how many tokens are to be foretold: seven are a name of six letters and its end.
    """

    def __init__(
        self, value: Any, width: int = 16, heads: int = 4, vocabulary: int = 27, length: int = 7
    ) -> None:
        shapes = {
            "tokens": (vocabulary, width),
            "positions": (length, width),
            **dict.fromkeys(("query", "key", "value", "output"), (width, width)),
            "up": (4 * width, width),
            "down": (width, 4 * width),
            "logits": (vocabulary, width),
        }
        generator = random.Random(0)
        self.weights: dict[str, list[list[Number]]] = {
            name: [[value(generator.gauss(0.0, 0.2)) for _ in range(columns)] for _ in range(rows)]
            for name, (rows, columns) in shapes.items()
        }
        self.heads = heads
        self.text = [generator.randrange(vocabulary) for _ in range(length + 1)]

    def parameters(self) -> list[Number]:
        return [p for rows in self.weights.values() for row in rows for p in row]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0

    def loss(self) -> Number:
        """The mean cross-entropy of each token but the first, given those before it."""
        w = self.weights
        size = len(w["query"]) // self.heads
        keys: list[list[Number]] = []
        values: list[list[Number]] = []
        losses = []
        for position, (token, following) in enumerate(pairwise(self.text)):
            x = normed(added(w["tokens"][token], w["positions"][position]))
            inner = normed(x)
            query = linear(inner, w["query"])
            keys.append(linear(inner, w["key"]))
            values.append(linear(inner, w["value"]))
            mixed: list[Number] = []
            for head in range(self.heads):
                part = slice(head * size, (head + 1) * size)
                scores = [
                    score / size**0.5 for score in linear(query[part], [k[part] for k in keys])
                ]
                columns = zip(*(v[part] for v in values), strict=True)
                mixed += linear(softmax(scores), columns)
            x = added(x, linear(mixed, w["output"]))
            hidden = [h.relu() for h in linear(normed(x), w["up"])]
            x = added(x, linear(hidden, w["down"]))
            losses.append(-softmax(linear(x, w["logits"]))[following].log())
        return sum(losses) / len(losses)


def thirty_lines(*size: int) -> dict[str, Job]:
    model = GPT(Node, *size)
    return training_step(model, model.loss)


def ours(*size: int) -> dict[str, Job]:
    from autograd import Value

    model = GPT(Value, *size)
    return training_step(model, model.loss)


def contenders(*size: int) -> list[Contender]:
    """Who takes part."""
    return [
        Contender("thirty lines", partial(thirty_lines, *size)),
        Contender("valuegrad", partial(ours, *size)),
    ]
