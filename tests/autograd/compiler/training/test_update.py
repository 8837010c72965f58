from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import Value
from autograd import functions as ag
from autograd.compiler.hoisting import hoist
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.recording import Recorder, ids_of
from autograd.compiler.simplify import simplify
from autograd.compiler.training.update import Elementwise, NotElementwiseError
from nn import optim

RNG = np.random.default_rng(0)


def graph_of(rule, count):
    """The simplified graph of a rule of so many numbers."""
    recorder = Recorder()
    symbols = [recorder.argument() for _ in range(count)]
    results = ids_of(recorder, rule(*symbols))
    return simplify(recorder, [s._id for s in symbols], results, finite=True)


def of_optimizer(kind, **hyper):
    """An optimizer's rule as a function of p, g, its state, lr and t."""
    settings = {**kind.defaults, **hyper}
    optimizer = kind([Value(0.0)])

    def rule(p, g, *rest):
        *state, lr, t = rest
        h = SimpleNamespace(**{**settings, "lr": lr, "t": t})
        s = SimpleNamespace(**dict(zip(kind.state_names, state, strict=True)))
        new, new_state = optimizer.update(p, g, s, h)
        return [new, *(new_state[name] for name in kind.state_names)]

    return rule, len(kind.state_names)


RULES = {
    "sgd": of_optimizer(optim.SGD),
    "momentum": of_optimizer(optim.SGD, momentum=0.9, weight_decay=0.01),
    "nesterov": of_optimizer(optim.SGD, momentum=0.9, nesterov=True),
    "adam": of_optimizer(optim.Adam),
    "adam without correction": of_optimizer(optim.Adam, bias_correction=False, weight_decay=0.1),
    "adamw": of_optimizer(optim.AdamW),
    "rmsprop": of_optimizer(optim.RMSprop, centered=True, momentum=0.5),
    "adagrad": of_optimizer(optim.Adagrad, lr_decay=0.1),
    "ascent": (lambda p, g, lr, t: [p + lr * g], 0),
    "the other way round": (lambda p, g, lr, t: [g * lr - p], 0),
    "minus": (lambda p, g, lr, t: [-(g * lr) - p / t], 0),
    "a number over an array": (lambda p, g, lr, t: [p - lr / (3.0 + g * t) ** 2], 0),
    "quotients": (lambda p, g, v, lr, t: [(p * lr) / (g * t), v / (2.0 * v)], 1),
    "roots": (lambda p, g, v, lr, t: [p - ((v * v) / t) ** 0.5 * lr, 3.0 * (v * v) ** 0.5], 1),
    "sums with numbers": (lambda p, g, lr, t: [lr * g + t - (2.0 - g * t) * p], 0),
    "choices": (lambda p, g, lr, t: [p - lr * ag.where(g * t > lr, g * lr, abs(-g / t))], 0),
    "a constant": (lambda p, g, v, lr, t: [p - lr, 7.0], 1),
    "numbers alone": (lambda p, g, v, lr, t: [lr * t, lr], 1),
    "exchanged": (lambda p, g, a, b, lr, t: [p - lr * g, b, a], 2),
    "the same twice": (lambda p, g, a, b, lr, t: [p - lr * (a + g), a + g, a + g], 2),
    "the gradient": (lambda p, g, v, lr, t: [g, g], 1),
    "the new number": (lambda p, g, v, lr, t: [p - lr * g, p - lr * g], 1),
    "as it was": (lambda p, g, v, lr, t: [p, v], 1),
}


def numbers_of(graph, columns, numbers):
    """What a graph means, entry by entry: a list of columns."""
    rows = [
        interpret_scalar(graph, [*map(float, row), *numbers]) for row in zip(*columns, strict=True)
    ]
    return [np.array(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("name", RULES)
def test_three_steps_are_those_that_the_rule_means_entry_by_entry(name):
    rule, states = RULES[name]
    graph = graph_of(rule, 4 + states)
    columns = [RNG.normal(size=23), RNG.normal(size=23)]
    columns += [RNG.uniform(0.5, 1.0, 23) for _ in range(states)]
    arrays = [column.copy() for column in columns]
    run = Elementwise(graph, arrays, (1,), range(2, 2 + states), watched=(1,))
    for t in (1, 2, 3):
        columns[1] = RNG.normal(size=23)
        arrays[1][:] = columns[1]
        numbers = (0.1 / t, float(t))
        expected = numbers_of(graph, columns, numbers)
        assert run.compute(*numbers) is True
        assert arrays[0] == pytest.approx(columns[0], rel=0), "nothing moves before it is kept"
        for i in range(2, 2 + states):
            assert run.array(i) == pytest.approx(columns[i], rel=1e-13)
        run.keep()
        columns = [expected[0], columns[1], *expected[1:]]
        found = [arrays[0], *(run.array(i) for i in range(2, 2 + states))]
        for mine, theirs in zip(found, expected, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("factors", [True, False])
def test_hoisting_changes_no_meaning(name, factors):
    rule, states = RULES[name]
    graph = graph_of(rule, 4 + states)
    shared, arrays, move = hoist(graph, 2 + states, factors)
    columns = [*RNG.normal(size=2), *RNG.uniform(0.5, 1.0, states)]
    expected = interpret_scalar(graph, [*columns, 0.3, 5.0])
    found = interpret_scalar(arrays, [*columns, *interpret_scalar(shared, [0.3, 5.0])])
    if move is not None:
        found[0] = move.forward(columns[0], found[0])
    assert found == pytest.approx(expected, rel=1e-13)


def test_adams_rule_takes_eleven_operations_and_a_subtraction():
    rule, states = RULES["adam"]
    shared, arrays, move = hoist(graph_of(rule, 4 + states), 4)
    assert arrays.operations == 11
    assert move.name == "sub"
    assert len(shared.outputs) == 2


def test_gradient_descent_takes_one_operation_and_a_subtraction():
    rule, states = RULES["sgd"]
    _, arrays, move = hoist(graph_of(rule, 4 + states), 3)
    assert arrays.operations == 1
    assert move.name == "sub"


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "adagrad", "ascent", "adamw"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", [0, 6, 22])
def test_a_bad_gradient_is_found_and_the_state_stays(name, bad, where):
    rule, states = RULES[name]
    arrays = [np.ones(23) for _ in range(2 + states)]
    graph = graph_of(rule, 4 + states)
    run = Elementwise(graph, arrays, (1,), range(2, 2 + states), watched=(1,))
    arrays[1][where] = bad
    with np.errstate(all="ignore"):
        assert run.compute(0.1, 1.0) is False
    assert (arrays[0] == 1.0).all()
    assert all((run.array(i) == 1.0).all() for i in range(2, 2 + states))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_bad_gradient_is_found_where_the_result_does_not_show_it(bad):
    graph = graph_of(lambda p, g, lr: [p - lr / (1.0 + g * g)], 3)  # 1 / inf is 0
    arrays = [np.ones(5), np.ones(5)]
    run = Elementwise(graph, arrays, spent=(1,), watched=(1,))
    assert run.compute(0.1) is True
    arrays[1][3] = bad
    assert run.compute(0.1) is False


def test_what_is_large_but_finite_is_no_failure():
    graph = graph_of(lambda p, g, lr: [p - lr * g], 3)
    p, g = np.array([1.7e308, 1.0]), np.array([1e200, 1e160])
    run = Elementwise(graph, [p, g], watched=(1,))
    with np.errstate(all="ignore"):
        assert run.compute(1.0) is True  # whose squares overflow
    run.keep()
    assert p.tolist() == [1.7e308 - 1e200, 1.0 - 1e160]


def test_a_number_that_would_overflow_is_found_beside_large_ones():
    graph = graph_of(lambda p, g, lr: [p - lr * g], 3)
    run = Elementwise(graph, [np.array([1.7e308]), np.array([-1e308])], watched=(1,))
    with np.errstate(all="ignore"):
        assert run.compute(1.0) is False


def test_factors_that_do_not_exist_are_left_in():
    # Where lr is negative it has no root, though g * lr has; and so with -1.
    for rule in (lambda p, g, lr: [p - (g * lr) ** 0.5], lambda p, g, lr: [p - (-g) ** 0.5]):
        p = np.zeros(2)
        run = Elementwise(graph_of(rule, 3), [p, np.array([-4.0, -9.0])])
        assert run.compute(-1.0) is True
        run.keep()
        assert p.tolist() == [-2.0, -3.0]


def test_captured_values_are_read_at_every_call():
    from autograd import Value

    scale = Value(2.0)
    graph = graph_of(lambda p, g, lr: [p - lr * scale * g], 3)
    p = np.zeros(1)
    run = Elementwise(graph, [p, np.ones(1)])
    for number in (2.0, 5.0):
        scale.data = number
        p[:] = 0.0
        assert run.compute(1.0)
        run.keep()
        assert p[0] == -number


def test_an_operation_without_a_kernel_is_refused():
    with pytest.raises(NotElementwiseError, match="sigmoid"):
        Elementwise(graph_of(lambda p, g: [p - ag.sigmoid(g)], 2), [np.ones(1), np.ones(1)])
