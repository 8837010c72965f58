"""A state machine that grows, changes and differentiates a graph next to a naive one."""

from __future__ import annotations

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

import autograd
from autograd import StaleGraphError, Value, gradient, no_grad

numbers = st.integers(-16, 16).map(lambda n: n / 4)
BINARY = ["add", "sub", "mul", "maximum", "minimum"]
UNARY = ["neg", "tanh", "sin", "relu", "abs"]


UNIT = 2.0**-53


class Naive:
    """A node of the graph next to it: it pushes gradients along every path, one path at a time.

    A leaf counts what may have been rounded in its gradient: the paths that came, the longest of them, and the
    sum of their sizes. ``sizes`` are the partials' magnitudes, or what their errors are relative to if that is more.
    """

    def __init__(self, data, parents=(), partials=(), sizes=None):
        self.data, self.parents, self.partials, self.grad = data, parents, partials, 0.0
        self.sizes = [abs(x) for x in partials] if sizes is None else sizes
        self.came, self.longest, self.size = 0, 0, 0.0

    def push(self, gradient, size=None, length=1):
        size = abs(gradient) if size is None else size
        if not self.parents:
            self.grad += gradient
            self.came += 1
            self.longest = max(self.longest, length)
            self.size += size
        for parent, partial, by in zip(self.parents, self.partials, self.sizes, strict=True):
            parent.push(gradient * partial, size * by, length + 1)

    @property
    def error(self):
        """A bound on the distance of two ways to add up the gradient.

        A step of a path is a product with a partial that is itself off by at most 6 units of its size; what
        underflows is off by next to nothing besides.
        """
        return 2.0 * 1.01 * UNIT * (self.came + 7 * self.longest) * self.size + 1e-300

    @property
    def state(self):
        return self.grad, self.came, self.longest, self.size

    @state.setter
    def state(self, state):
        self.grad, self.came, self.longest, self.size = state

    @property
    def paths(self):
        return sum(parent.paths for parent in self.parents) if self.parents else 1


def naive_binary(op, a, b):
    if op == "add":
        return Naive(a.data + b.data, (a, b), (1.0, 1.0))
    if op == "sub":
        return Naive(a.data - b.data, (a, b), (1.0, -1.0))
    if op == "mul":
        return Naive(a.data * b.data, (a, b), (b.data, a.data))
    if a.data == b.data:
        return Naive(a.data, (a, b), (0.5, 0.5))
    first = (a.data > b.data) == (op == "maximum")
    return Naive(a.data if first else b.data, (a, b), (1.0, 0.0) if first else (0.0, 1.0))


def naive_unary(op, a):
    x = a.data
    if op == "neg":
        return Naive(-x, (a,), (-1.0,))
    if op == "tanh":
        return Naive(math.tanh(x), (a,), (1.0 - math.tanh(x) ** 2,), (1.0,))
    if op == "sin":
        return Naive(math.sin(x), (a,), (math.cos(x),))
    sign = (x > 0) - (x < 0)
    if op == "relu":
        return Naive(max(x, 0.0), (a,), (float(x > 0),))
    return Naive(abs(x), (a,), (float(sign),))


class Graphs(RuleBasedStateMachine):
    """Pairs of a Value and a naive node."""

    nodes = Bundle("nodes")
    leaves = Bundle("leaves")

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.known = []

    def keep(self, value, naive):
        assert value.data == naive.data
        self.known.append((value, naive))
        return value, naive

    @initialize(target=leaves, x=numbers)
    def begin(self, x):
        return self.leaf(x)

    @rule(target=leaves, x=numbers)
    def leaf(self, x):
        pair = self.keep(Value(x), Naive(x))
        self.pairs.append(pair)
        return pair

    @rule(target=nodes, leaf=leaves)
    def look_at_leaf(self, leaf):
        value, naive = leaf
        # A copy of the naive leaf keeps the number of now; its gradients go to the leaf.
        through = Naive(naive.data, (naive,), (1.0,))
        return self.keep(value * 1.0, through)

    @rule(target=nodes, op=st.sampled_from(BINARY), a=nodes, b=nodes)
    def binary(self, op, a, b):
        (x, p), (y, q) = a, b
        if p.paths + q.paths > 2000 or abs(p.data) + abs(q.data) > 1e6:
            return a
        return self.keep(getattr(autograd, op)(x, y), naive_binary(op, p, q))

    @rule(
        target=nodes,
        op=st.sampled_from(["add", "sub", "mul"]),
        a=nodes,
        c=numbers,
        left=st.booleans(),
    )
    def with_constant(self, op, a, c, left):
        x, p = a
        if abs(p.data) > 1e6:
            return a
        f = getattr(autograd, op)
        if left:
            return self.keep(f(c, x), naive_binary(op, Naive(c), p))
        return self.keep(f(x, c), naive_binary(op, p, Naive(c)))

    @rule(target=nodes, op=st.sampled_from(UNARY), a=nodes)
    def unary(self, op, a):
        x, p = a
        return self.keep(getattr(autograd, op)(x), naive_unary(op, p))

    @rule(target=nodes, parts=st.lists(nodes, min_size=2, max_size=4))
    def total(self, parts):
        if sum(p.paths for _, p in parts) > 2000:
            return parts[0]
        naive = Naive(
            sum(p.data for _, p in parts), tuple(p for _, p in parts), (1.0,) * len(parts)
        )
        return self.keep(autograd.sum([x for x, _ in parts]), naive)

    @rule(target=nodes, a=nodes)
    def detached(self, a):
        x, p = a
        return self.keep(x.detach(), Naive(p.data))

    @rule(target=nodes, a=nodes, b=nodes)
    def silent(self, a, b):
        with no_grad():
            value = a[0] - b[0]
        return self.keep(value, Naive(a[1].data - b[1].data))

    @rule(a=nodes, seed=numbers)
    def backward(self, a, seed):
        value, naive = a
        value.backward(seed)
        naive.push(seed)

    @rule(a=nodes)
    def gradient_touches_nobody(self, a):
        value, naive = a
        before = [leaf.grad for leaf, _ in self.pairs]
        found = gradient(value, [leaf for leaf, _ in self.pairs])
        assert [leaf.grad for leaf, _ in self.pairs] == before
        for g, (expected, error) in zip(found, self.slopes(naive), strict=True):
            assert close(g, expected, error)

    def slopes(self, naive):
        """The derivatives of a naive node by all leaves, with their errors' bounds."""
        kept = [other.state for _, other in self.pairs]
        for _, other in self.pairs:
            other.state = 0.0, 0, 0, 0.0
        naive.push(1.0)
        found = [(other.grad, other.error) for _, other in self.pairs]
        for (_, other), state in zip(self.pairs, kept, strict=True):
            other.state = state
        return found

    @rule(a=leaves)
    def zero(self, a):
        value, naive = a
        value.grad = 0.0
        naive.state = 0.0, 0, 0, 0.0

    @rule(a=leaves, x=numbers)
    def change_a_leaf(self, a, x):
        value, naive = a
        value.data = x  # what was computed from it keeps the old number, and its gradients
        naive.data = x

    @rule(a=nodes)
    def again_with_a_graph(self, a):
        value, naive = a
        try:
            found = gradient(value, [leaf for leaf, _ in self.pairs], create_graph=True)
        except StaleGraphError:
            return
        plain = gradient(value, [leaf for leaf, _ in self.pairs])
        for g, p, (_, error) in zip(found, plain, self.slopes(naive), strict=True):
            assert close(g.data, p, error)

    @rule(a=consumes(nodes))
    def forget(self, a):
        self.known = [pair for pair in self.known if pair[0] is not a[0]]

    @invariant()
    def numbers_and_gradients_agree(self):
        for value, naive in self.pairs:
            assert value.data == naive.data
            assert close(value.grad, naive.grad, naive.error)


def close(a, b, error):
    """Path by path adds up in another order."""
    return abs(a - b) <= error or not math.isfinite(a + b)


TestGraphs = Graphs.TestCase
TestGraphs.settings = settings(settings.default, max_examples=60, stateful_step_count=30)
