from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd import compile, value_and_grad, vmap
from autograd.compiler.ir.interpret import interpret_program
from autograd.compiler.pipeline import GROUP, LOWER, SIMPLIFY, Task, run
from autograd.compiler.stages import numbers, record
from autograd.structure import flatten
from tests.autograd.compiler.programs import eager, gap, program
from tests.autograd.compiler.stencils import stencil


def lowered(function, args, wanted, batched=()):
    """The program of a function, and the numbers of what it captures."""
    task = Task(tuple(wanted), tuple(batched))
    graph = run(record(function, flatten((args, {}))[1]), task, SIMPLIFY)
    return run(graph, task, *GROUP, *LOWER), [value.data for value in graph.parameters]


def results(program, shared, lanes=None):
    """The value, and the derivatives; of lanes, one column each."""
    found = interpret_program(program, shared, lanes)
    return [np.concatenate(group) if group else np.zeros(0) for group in found]


@pytest.mark.seeds(40)
def test_a_program_means_what_the_engine_computes(seed):
    function, xs = program(seed)
    made, _ = lowered(function, [xs], range(len(xs)))
    value, slopes = results(made, xs)
    expected, exact = eager(function, xs)
    if all(map(math.isfinite, [expected, *exact])):
        count = len(xs) if len(slopes) == 1 else 1
        assert gap([*value, *np.repeat(slopes, count)], [expected, *exact]) <= 1e-9


@pytest.mark.seeds(20)
def test_a_program_with_lanes_means_what_the_engine_computes_in_each(seed):
    function, xs = program(seed)
    rows = np.random.default_rng(seed).uniform(-1.5, 1.5, size=(3, len(xs)))
    made, _ = lowered(function, [xs], range(len(xs)), range(len(xs)))
    value, slopes = results(made, [], rows)
    for lane, row in enumerate(rows.tolist()):
        expected, exact = eager(function, row)
        if all(map(math.isfinite, [expected, *exact])):
            found = [
                np.broadcast_to(x.T, (3, x.shape[0]))[lane] if x.ndim > 1 else x
                for x in (value, slopes)
            ]
            count = len(xs) if len(found[1]) == 1 else 1
            assert gap([*found[0], *np.repeat(found[1], count)], [expected, *exact]) <= 1e-9


@pytest.mark.seeds(20)
def test_a_program_of_a_stencil_means_what_is_run(seed):
    function, args = stencil(seed, 6, 4)
    made, captured = lowered(function, args, range(len(args[0])))
    compiled = compile(value_and_grad(function)).lower(*args)
    value, slopes = results(made, [*numbers(args), *captured])
    expected, exact = compiled(*args)
    assert gap([*value, *slopes], [expected, *exact]) <= 1e-10


def test_a_loss_of_lanes_has_the_derivatives_by_what_they_share():
    rng = np.random.default_rng(0)
    weights, rows = rng.normal(size=6).tolist(), rng.normal(size=(5, 3))

    def loss(w, x):
        hidden = [ag.tanh(ag.dot(w[i : i + 3], x)) for i in (0, 3)]
        return ag.sum(hidden) ** 2

    made, _ = lowered(loss, [weights, [0.0] * 3], range(6), range(6, 9))
    _, slopes = results(made, weights, rows)
    exact = np.sum(vmap(value_and_grad(loss), in_axes=(None, 0))(weights, rows)[1], axis=0)
    assert gap(slopes, exact) <= 1e-12
