"""The array graph: what it prints, what it means, and what its verifier refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd import primitives as p
from autograd.compiler.array.build import forward
from autograd.compiler.array.tape import Tape
from autograd.compiler.ir.array import Value, interpret, verify
from autograd.compiler.ir.verify import InvariantError
from tests.autograd.compiler.arraygraphs import graphs

INF = math.inf


def tape_of_two():
    """A tape with three shared leaves and two batched ones."""
    tape = Tape()
    shared = tape.input([0, 1, 2], False)
    batched = tape.input([3, 4], True)
    return tape, shared, batched


def numbers(tape, out, lanes=2):
    graph = tape.graph(np.asarray(out), np.zeros(0, int))
    verify(graph)
    leaves = [2.0, 3.0, 5.0, np.array([1.0, 10.0]), np.array([7.0, -1.0])]
    return interpret(graph, leaves, lanes)[out]


def test_a_graph_prints_a_line_a_value():
    def f(xs):
        return sum(a * b for a, b in zip(xs[:8], xs[8:], strict=True)) * ag.tanh(xs[0])

    assert str(forward(f, [1.0] * 16)).splitlines() == [
        "e0:16 = input 16",
        "e16 = contract e0:8 e8:16",
        "e17 = tanh e0",
        "e18 = mul e16 e17",
        "return e18",
    ]


def test_constants_and_what_is_absent_print_as_such():
    tape, shared, _ = tape_of_two()
    mixed = np.array([[[shared[0], tape.constant_element(0.5), tape.absent_element()]]])
    out = tape.contract(mixed, shared[None, None])
    text = str(tape.graph(out.ravel(), np.zeros(0, int)))
    assert "contract e0,0.5,absent e0:3" in text


def test_every_operation_means_what_it_says():
    tape, shared, batched = tape_of_two()
    assert (numbers(tape, tape.map(p.mul, [shared, 2.0], 3)) == [[4, 4], [6, 6], [10, 10]]).all()
    grid = np.array([[shared[0], shared[1]], [batched[0], batched[1]]])
    assert (numbers(tape, tape.reduce("add", grid)) == [[5, 5], [8, 9]]).all()
    assert (numbers(tape, tape.reduce("multiply", grid)) == [[6, 6], [7, -10]]).all()
    assert (numbers(tape, tape.reduce("maximum", grid)) == [[3, 3], [7, 10]]).all()
    line = np.array([*shared, *batched])
    assert (numbers(tape, tape.segment("add", line, [0, 2])) == [[5, 5], [13, 14]]).all()
    assert (numbers(tape, tape.batch_sum(batched)) == [[11, 11], [6, 6]]).all()
    assert (numbers(tape, tape.lanes(1)) == 2).all()
    product = tape.contract(shared[None, None, :2], batched[None, None])
    assert (numbers(tape, product.ravel()) == [[23, 17]]).all()
    over = tape.contract(batched[None, None], batched[None, None], over=True)
    assert (numbers(tape, over.ravel()) == 1 + 49 + 100 + 1).all()


def test_the_sum_over_lanes_of_what_they_share_counts_it_for_each():
    tape, shared, batched = tape_of_two()
    assert (numbers(tape, tape.batch_sum(np.array([shared[0], batched[0]])))[:, 0] == [4, 11]).all()


def test_a_term_that_is_absent_is_not_there_even_where_it_would_meet_infinity():
    tape = Tape()
    x = tape.input([0, 1], False)
    left = np.array([[[x[0], tape.absent_element()]]])
    out = tape.contract(left, x[None, None])
    graph = tape.graph(out.ravel(), np.zeros(0, int))
    assert interpret(graph, [3.0, INF])[out.ravel()] == 9.0


# --- what the verifier refuses ---------------------------------------------------------------


def planted(change):
    """A good graph with one of its values, or its results, changed."""

    def f(xs):
        hidden = [ag.tanh(sum(xs[3 * i + j] * xs[9 + j] for j in range(3))) for i in range(3)]
        return ag.logsumexp(hidden) + ag.prod(hidden) * 2.0

    graph = graphs(f, [0.5] * 12, wanted=12).legal
    verify(graph, legal=True)
    return change(graph)


def swapped(graph, name, **new):
    """The graph with something else in the first value of a name."""
    at = next(i for i, v in enumerate(graph.values) if v.name == name)
    value = graph.values[at]
    found = {key: make(value) if callable(make) else make for key, make in new.items()}
    values = [*graph.values[:at], value._replace(**found), *graph.values[at + 1 :]]
    return graph._replace(values=values)


def late(value):
    return (np.full_like(value.args[0], value.base), *value.args[1:])


FAULTS = {
    "V1, an operand of its own": lambda g: swapped(g, "tanh", args=late),
    "V1, beyond the tape": lambda g: swapped(g, "tanh", args=lambda v: (v.args[0] + g.size,)),
    "V1, below the tape": lambda g: swapped(g, "exp", args=lambda v: (v.args[0] * 0 - 1,)),
    "V1, two values of one place": lambda g: swapped(g, "exp", base=0),
    "V1, out of order": lambda g: g._replace(values=g.values[::-1]),
    "V1, a result that nobody computes": lambda g: g._replace(outputs=g.outputs * 0 + g.size),
    "V2, a short operand": lambda g: swapped(g, "tanh", args=lambda v: (v.args[0][:-1],)),
    "V2, terms that do not meet": lambda g: swapped(
        g, "contract", args=lambda v: (v.args[0][:, :, :-1], v.args[1])
    ),
    "V2, one argument too many": lambda g: swapped(g, "tanh", args=lambda v: v.args * 2),
    "V2, a reduction of a line": lambda g: swapped(
        g, "reduce", args=lambda v: (v.args[0].ravel(),)
    ),
    "V2, leaves without ids": lambda g: swapped(g, "input", detail=(0, 1)),
    "V3, lanes out of nothing": lambda g: swapped(g, "tanh", batched=True),
    "V3, a sum over lanes of what has none": lambda g: swapped(g, "contract", detail=True),
    "V4, one constant as elements": lambda g: swapped(
        g, "tanh", args=lambda v: (v.args[0] * 0 + next(iter(g.numbers)),)
    ),
    "V5, something absent in a map": lambda g: swapped(
        g._replace(absent=int(next(v for v in g.values if v.name == "exp").args[0][0])),
        "exp",
        detail=None,
    ),
    "V6, the same again": lambda g: g._replace(
        values=[*g.values, g.values[-1]._replace(base=g.size)], size=g.size + g.values[-1].size
    ),
    "V7, a row that is no kernel": lambda g: swapped(g, "tanh", op=p.relu),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_verifier_tells_which_invariant_is_broken(fault):
    with pytest.raises(InvariantError, match=f"^{fault[:2]}: "):
        verify(planted(FAULTS[fault]), legal=True)


def test_a_value_knows_its_elements():
    value = Value("reduce", (np.arange(6).reshape(3, 2),), (3,), 6, False, "add")
    assert (value.size, value.stop) == (3, 9)
    assert value.elements.tolist() == [6, 7, 8]
