"""The page's sweeps give Python's numbers: on random graphs over all rows, as they are and after edits."""

from __future__ import annotations

import math
import random

import autograd as ag
from autograd import Value, topological_order
from autograd.exploring.bundle import resource, rules_and_content
from autograd.exploring.columns import Columns
from autograd.primitives import TABLE
from autograd.sweeps import Sweep
from tests.autograd.exploring.node import READ, bits, needs_node, run, ulps, unbits

GRAPHS = 400

SWEEP = """
console.log(JSON.stringify(data.map(({ page, edits }) => {
  const tape = new Tape(page, RULES);
  for (const [i, x] of edits) tape.data[i] = unbits(x);
  tape.recompute();
  return { data: Array.from(tape.data, bits), grad: Array.from(tape.grad, bits), unknown: Array.from(tape.unknown) };
})));
"""


def random_graph(rng: random.Random) -> Value:
    """A sum of what some sixty operations, of all rows, make of eight leaves and each other; nothing gets large."""
    pool = [Value(rng.uniform(-2.0, 2.0), f"p{i}") for i in range(8)]
    for _ in range(60):
        row = TABLE[rng.choice(list(TABLE))]
        count = row.arity if row.arity is not None else 2 * rng.randint(1, 4)
        operands = [
            rng.choice(pool) if rng.random() < 0.85 else rng.uniform(-2.0, 2.0)
            for _ in range(count)
        ]
        if row.name == "where":
            operands[0] = float(rng.random() < 0.5)
        if not any(isinstance(x, Value) for x in operands):
            operands[-1] = rng.choice(pool)
        made = pool[0]._apply(row, *operands)
        if abs(made.data) < 1e6:
            pool.append(made)
    return ag.sum(pool[-12:])


def columns_of(root: Value, rows=None) -> Columns:
    columns = Columns([root], {}, frozenset(), 1.0)
    if rows is not None:
        columns.rows = rows
    return columns


def swept(script: str, pages, folder):
    """The page's numbers, and which of them it cannot know."""
    head = f"{script}\n{resource('tape.js')}\n{READ}{SWEEP}"
    return [
        (list(map(unbits, got["data"])), list(map(unbits, got["grad"])), got["unknown"])
        for got in run(folder, head, pages)
    ]


def numbers_of(root: Value) -> tuple[list[float], list[float]]:
    """Python's."""
    order = topological_order(root)
    cotangents = Sweep(order, order, [root]).pull([1.0])
    return [node.data for node in order], [0.0 if c is None else c for c in cotangents]


def again(root: Value, changed: dict[int, float]) -> Value:
    """The same graph computed anew from other leaves."""
    made: dict[Value, Value] = {}
    for i, node in enumerate(topological_order(root)):
        if node.primitive is None:
            made[node] = Value(changed.get(i, node.data), node.label)
        else:
            made[node] = node._apply(node.primitive, *[made.get(x, x) for x in node.operands])
    return made[root]


def within(close: int, pairs) -> float:
    """The share of pairs that are so many floats apart, or closer."""
    found = [ulps(a, b) <= close for a, b in pairs]
    return sum(found) / len(found)


@needs_node
def test_random_graphs_have_pythons_numbers_before_and_after_edits(tmp_path):
    rng = random.Random(7)
    rows = list(TABLE.values())
    roots = [random_graph(rng) for _ in range(GRAPHS)]
    used = {n.primitive for root in roots for n in topological_order(root)} - {None}
    assert used == set(rows)
    script, _ = rules_and_content(columns_of(roots[0], rows))
    pages, expected, edited = [], [], []
    for root in roots:
        leaves = [i for i, n in enumerate(topological_order(root)) if n.primitive is None]
        changed = {i: rng.uniform(-2.0, 2.0) for i in rng.sample(leaves, min(2, len(leaves)))}
        page = columns_of(root, rows).content(())
        pages.append({"page": page, "edits": []})
        expected.append(numbers_of(root))
        pages.append({"page": page, "edits": [[i, bits(x)] for i, x in changed.items()]})
        edited.append(numbers_of(again(root, changed)))
    got = swept(script, pages, tmp_path)
    for mine, python in ((got[::2], expected), (got[1::2], edited)):
        data = [p for m, q in zip(mine, python, strict=True) for p in zip(m[0], q[0], strict=True)]
        grad = [p for m, q in zip(mine, python, strict=True) for p in zip(m[1], q[1], strict=True)]
        assert within(4, data) > 0.99
        assert within(4, grad) > 0.99
        assert sum(math.isnan(a) is math.isnan(b) for a, b in data) == len(data)
        assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) or a != a for a, b in data)
    assert not any(any(unknown) for *_, unknown in got)


@needs_node
def test_what_an_operation_of_python_alone_makes_of_other_numbers_is_unknown(tmp_path):
    @ag.custom_gradient(lambda out, a: 10.0)
    def opaque(a):
        return a + 1.0

    a, b = Value(2.0, "a"), Value(3.0, "b")
    root = opaque(a) * b + a * a
    names = [n.label or n.primitive.name for n in topological_order(root)]
    script, page = rules_and_content(columns_of(root))
    place = {name: i for i, name in enumerate(names)}
    pages = [
        {"page": page, "edits": []},
        {"page": page, "edits": [[place["b"], bits(5.0)]]},
        {"page": page, "edits": [[place["a"], bits(4.0)]]},
    ]
    before, other, same = swept(script, pages, tmp_path)
    assert before[1][place["a"]] == 34.0
    assert not any(before[2] + other[2])
    assert other[0][place["add"]] == 19.0
    assert other[1][place["a"]] == 54.0
    number, gradient = 1, 2
    unknown = {name: same[2][i] for name, i in place.items()}
    assert unknown["opaque"] & number
    assert unknown["add"] & number
    assert unknown["a"] == gradient
    assert unknown["b"] == gradient
    assert math.isnan(same[0][place["add"]])


@needs_node
def test_the_branch_not_taken_hands_on_nothing(tmp_path):
    x = Value(0.0, "x")
    root = ag.where(True, x * 2.0, ag.log(x)) + ag.sqrt(ag.relu(x - 1.0))
    script, page = rules_and_content(columns_of(root))
    ((data, grad, _),) = swept(script, [{"page": page, "edits": []}], tmp_path)
    assert (data, grad) == numbers_of(root)
    assert grad[0] == 2.0
