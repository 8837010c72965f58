from __future__ import annotations

import pytest

import autograd as ag
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.stages import simplified
from tests.autograd.compiler.programs import gap, program


@pytest.mark.seeds(34)
def test_simplifying_a_random_program_does_not_change_its_value(seed):
    f, xs = program(seed)
    assert (
        gap(interpret_scalar(simplified(f, xs), xs), [f([ag.Value(x) for x in xs]).data]) <= 1e-12
    )


def size(function, *args):
    graph = simplified(function, *args)
    return graph.operations


@pytest.mark.parametrize(
    ("function", "operations"),
    [
        (lambda x: x + 0, 1),  # 0.0 where x is -0.0
        (lambda x: sum([x]), 1),
        (lambda x: 0 - (-x), 1),
        (lambda x: 0 - x, 1),
        (lambda x: x + -0.0, 0),
        (lambda x: -0.0 + x, 0),
        (lambda x: x - 0, 0),
        (lambda x: x - -0.0, 1),
        (lambda x: -0.0 - (-x), 0),
        (lambda x: sum([x, x * x, 1.0]), 3),
        (lambda x: x * 1, 0),
        (lambda x: 1.0 * x / 1.0, 0),
        (lambda x: -1 * (-x), 0),
        (lambda x: x**1, 0),
        (lambda x: x**2 - x * x, 2),
        (lambda x: ag.exp(x) + ag.exp(x), 2),
        (lambda x: ag.exp(x) * 2 + 2 * ag.exp(x), 3),
        (lambda x: x + ag.exp(ag.Value(0.0).data), 1),
        (lambda x: x * 2 - (-x), 2),
        (lambda x: ag.where(x > 0, x, x), 0),
        (lambda x: ag.where(True, x, x * 2), 0),
        (lambda x: ag.sum([x]) + ag.dot([x], [x]), 2),
    ],
)
def test_what_is_not_needed_goes(function, operations):
    assert size(function, 1.0) == operations


def test_the_recorded_order_of_operands_is_kept():
    text = str(simplified(lambda x, y: [x * y, y * x + x], 1.0, 1.0))
    assert "v2 = x0 × x1" in text
    assert "v3 = v2 + x0" in text


def test_a_product_with_zero_stays_for_zero_times_infinity_is_nan():
    assert size(lambda x: x * 0.0, 1.0) == 1


def test_a_quotient_of_whole_numbers_stays_whole():
    f = ag.compile(lambda x: ag.floor(x / 49.0))
    assert [f(49.0 * k) for k in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert size(lambda x: x / 4.0 + x * 0.25, 1.0) == 2
