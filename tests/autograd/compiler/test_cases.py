"""The benchmarks' programs in plain scalar code: right, rolled up, and no larger than they need to be."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import compile, hessian, hvp, value_and_grad
from autograd.structure import flatten
from benchmarks import cases
from tests.autograd.compiler.programs import gap

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(30, 2)).tolist()
MIXTURE = {
    "logits": [0.1, 0.2, 0.3],
    "means": RNG.normal(size=(3, 2)).tolist(),
    "log_scales": [0.0, 0.1, 0.2],
}
XS = np.linspace(-1, 1, 40).tolist()
GPT = cases.gpt_arguments(8, 4, 9)

PROGRAMS = {
    "rosenbrock": (cases.rosenbrock, (np.linspace(0.5, 1.5, 60),)),
    "rnn": (cases.rnn, cases.rnn_arguments(8, 6)),
    "gpt": (cases.gpt_loss(GPT[2], 2), GPT[:2]),
    "determinant": (cases.determinant, (RNG.normal(size=(4, 4)).tolist(),)),
    "pendulum": (lambda s: cases.pendulum(s, 20), ([1.0, 0.5],)),
    "mixture": (lambda p: cases.mixture(p, POINTS), (MIXTURE,)),
    "least squares": (
        lambda c: cases.least_squares(c, XS, np.sin(XS).tolist()),
        ([0.1, 0.2, 0.3, 0.4],),
    ),
    "mlp": (
        lambda p: sum(cases.cross_entropy(p, x, [0.0, 1.0]) for x in POINTS),
        (cases.mlp_parameters([2, 5, 2]),),
    ),
}


def numbers(tree):
    return [float(x) for x in flatten(tree)[0]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_compiles_to_the_engines_value_and_gradient(name):
    function, args = PROGRAMS[name]
    found = numbers(compile(value_and_grad(function))(*args))
    assert gap(found, numbers(value_and_grad(function)(*args))) <= 1e-12


@pytest.mark.parametrize(
    "name", ["rosenbrock", "determinant", "pendulum", "mixture", "least squares"]
)
def test_its_hessian_vector_products_are_the_engines_too(name):
    function, args = PROGRAMS[name]

    def product(x):
        return hvp(function, (x,), (x,))[0]

    assert gap(numbers(compile(product)(*args)), numbers(product(*args))) <= 1e-11


def test_the_hessian_of_rosenbrock_is_the_engines():
    x = np.linspace(0.5, 1.5, 8)
    assert np.allclose(
        compile(hessian(cases.rosenbrock))(x), hessian(cases.rosenbrock)(x), rtol=1e-12
    )


def instructions(function, *args):
    return len(compile(value_and_grad(function)).lower(*args).program.instructions)


def test_a_recurrent_net_grows_with_its_steps_and_not_with_its_width():
    sizes = [instructions(cases.rnn, *cases.rnn_arguments(units, 10)) for units in (12, 24)]
    assert sizes[0] == sizes[1]
    longer = instructions(cases.rnn, *cases.rnn_arguments(12, 20))
    assert longer <= 2.1 * sizes[0]


def test_a_transformer_block_does_not_grow_with_its_width():
    sizes = []
    for width in (16, 32):
        parameters, tokens, targets = cases.gpt_arguments(width, 6)
        sizes.append(instructions(cases.gpt_loss(targets), parameters, tokens))
    assert max(sizes) <= 1.1 * min(sizes)


def test_data_captured_as_plain_numbers_roll_up_as_arguments_do():
    parameters = cases.mlp_parameters([4, 16, 3])
    for count in (20, 60):
        rows = RNG.normal(size=(count, 4)).tolist()

        def loss(p, rows=rows):
            return sum(cases.cross_entropy(p, x, [1.0, 0.0, 0.0]) for x in rows)

        assert instructions(loss, parameters) < 60
