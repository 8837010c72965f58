from __future__ import annotations

import numpy as np
import pytest

from autograd import compile, exp, grad, maximum, relu, value_and_grad, where
from autograd.compiler import shares
from autograd.compiler.shares import Shares
from autograd.compiler.stages import record
from autograd.structure import flatten
from tests.autograd.compiler.programs import program


def bits(answer):
    return [float(x).hex() for x in flatten(answer)[0]]


@pytest.mark.seeds(40)
@pytest.mark.parametrize("transform", [value_and_grad, lambda f: grad(lambda xs: sum(grad(f)(xs)))])
def test_what_is_repeated_is_to_the_bit_what_the_rules_say(seed, transform, monkeypatch):
    f, xs = program(seed)
    repeated = compile(transform(f))(xs)
    monkeypatch.setattr(shares, "LONGEST", -1)  # so that nothing is noted down
    assert bits(repeated) == bits(compile(transform(f))(xs))


def test_a_rule_is_applied_twice_and_repeated_after_that(monkeypatch):
    applied = []
    plain = shares._applied
    monkeypatch.setattr(
        shares, "_applied", lambda *given: applied.append(given[1].name) or plain(*given)
    )

    def f(x):
        for _ in range(50):
            x = exp(x) * x
        return x

    compile(grad(f)).lower(0.5)
    assert applied.count("exp") == 2
    assert applied.count("mul") == 3  # the last one's cotangent is a constant


def test_operands_that_are_the_same_are_not_taken_for_two():
    def f(x, y):
        for _ in range(4):
            x, y = x * y, x * x
        return x + y

    assert compile(grad(f, (0, 1)))(1.5, -0.75) == grad(f, (0, 1))(1.5, -0.75)


def test_a_constant_is_not_taken_for_another():
    def f(x):
        return sum(k * (x**k) / (k + 2.0) for k in [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0])

    assert compile(grad(f))(1.25) == pytest.approx(grad(f)(1.25), rel=1e-15)


@pytest.mark.parametrize("at", [-1.0, 0.0, 2.0, np.inf, np.nan])
def test_what_is_absent_stays_absent_where_it_is_repeated(at):
    def f(x):
        for k in range(6):
            x = where(x > k, relu(x) * x, maximum(x, -1.0))
        return x

    found, expected = compile(grad(f))(at), grad(f)(at)
    assert found == expected or (found != found and expected != expected)


def test_a_derivative_that_is_differentiated_is_recorded_as_its_rules_say():
    recorder, _, outputs, _ = record(lambda x: (x**3) ** 3 + x**3, flatten(((1.0,), {}))[1])
    rows = {}
    for last in (False, True):
        before = len(recorder.operands)
        handed = Shares(recorder, last)
        for i, row in enumerate(recorder.primitives[:before]):
            if row is not None and row.name == "pow":
                [*handed.of(i, (1, 0), (outputs[0], None))]
        rows[last] = [row.name for row in recorder.primitives[before:] if row is not None]
    assert rows[False].count("where") == 3
    assert rows[True].count("where") == 2  # of the first, which is no repetition
