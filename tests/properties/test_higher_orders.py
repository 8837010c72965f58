"""Second and third derivatives: symmetry, products with vectors, and oracles from outside."""

from __future__ import annotations

import functools
import math
import random

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import Value, grad, gradient, hessian, hvp, log_sigmoid
from autograd.table import TABLE
from autograd.testing import expressions, gradgradcheck
from autograd.testing.exact import arithmetic
from autograd.testing.generation import row_names
from autograd.testing.replay import Replay
from autograd.testing.running_error import backward, forward, underflow_forward

directions = st.tuples(*[st.integers(-16, 16).map(lambda n: n / 4)] * 2)


def second_order(program, forward=False):
    """The Hessian, and a bound on each entry's rounding error, if need be in a forward sweep as well."""
    root, leaves = program.record()
    rows = gradient(root, leaves, create_graph=True)
    matrix = [gradient(row, leaves) for row in rows]
    errors = []
    for found in map(backward, rows):
        besides = underflow_forward(found) if forward else 0.0
        errors.append([found[x].error + besides if x in found else 0.0 for x in leaves])
    return matrix, errors


@settings(max_examples=50)
@given(expressions(max_nodes=8))
def test_second_derivatives_of_smooth_programs_are_right(program):
    gradgradcheck(program, *program.inputs, raise_on_failure=True)


@given(expressions(n_inputs=2, max_nodes=12))
def test_the_hessian_is_symmetric(program):
    matrix, errors = second_order(program)
    assume(all(math.isfinite(e) for row in errors for e in row))
    assert abs(matrix[0][1] - matrix[1][0]) <= errors[0][1] + errors[1][0]


@given(expressions(n_inputs=2, max_nodes=12), directions)
def test_a_hessian_vector_product_is_what_the_hessian_says(program, v):
    matrix, errors = second_order(program, forward=True)
    assume(all(math.isfinite(e) for row in errors for e in row))
    found = hvp(program, tuple(program.inputs), v)
    for product, row, row_errors in zip(found, matrix, errors, strict=True):
        expected = math.fsum(h * t for h, t in zip(row, v, strict=True))
        # Forward over reverse rounds otherwise than reverse over reverse, on numbers of the same size.
        error = sum(abs(t) * e for t, e in zip(v, row_errors, strict=True))
        assert abs(product - expected) <= 16 * error + 1e-13 * abs(expected)


@pytest.mark.parametrize("base", [2.0, 0.5])
def test_the_base_of_a_power_keeps_its_mixed_derivative_at_an_exponent_of_zero(base):
    gradgradcheck(lambda x, y: x**y, base, 0.0, raise_on_failure=True)


SMOOTH = row_names(None, smooth=True)


def ordinary_operands(row):
    """Operands inside the row's domain, away from kinks."""
    generator = random.Random(f"third {row.name}")
    found = []
    while len(found) < 4:
        operands = tuple(generator.uniform(0.15, 0.85) for _ in range(row.arity or 4))
        if row.name == "acosh":
            operands = (operands[0] + 1.0,)
        if row.name == "clip":
            operands = (operands[0], operands[0] - 0.3, operands[0] + 0.4)
        if row.domain is None and row.arity == 1 and generator.random() < 0.5:
            operands = (-3.0 * operands[0],)
        found.append(operands)
    return found


@pytest.mark.parametrize("name", SMOOTH)
def test_third_derivatives_of_every_smooth_primitive_agree_with_mpmath(name):
    row = TABLE[name]
    here = arithmetic()
    for operands in ordinary_operands(row):
        for place in range(row.arity or 2):
            leaf = Value(operands[place])
            inputs = [leaf if i == place else x for i, x in enumerate(operands)]
            first = gradient(leaf._apply(row, *inputs), leaf, create_graph=True)
            second = gradient(first, leaf, create_graph=True)
            third = gradient(second, leaf)
            tolerated = backward(second)
            error = tolerated[leaf].error if leaf in tolerated else 0.0

            def forward(x, operands=operands, place=place):
                point = [here.number(y) for y in operands]
                point[place] = x
                return here.number(here.rules[row].forward(*point))

            with here.precision(900):
                # A third difference, whose truncation is far below a float's last digit.
                x, h = here.number(operands[place]), here.context.ldexp(1, -100)
                exact = (
                    forward(x + 2 * h)
                    - 2 * forward(x + h)
                    + 2 * forward(x - h)
                    - forward(x - 2 * h)
                ) / (2 * h**3)
                off = abs(exact - third)
                assert off <= error + 1e-25, (operands, place, third, float(exact), error)
                assert error <= 1e-6 * abs(exact) + 1e-9  # the bound says something


# PyTorch's own partial of expm1, out + 1, loses its digits in the left tail, that of sinc near 0; its trigamma,
# the partial of digamma, has ten digits. It has no cbrt.
TORCH_OPS = [name for name in SMOOTH if name not in {"expm1", "elu", "sinc", "cbrt", "digamma"}]
# Its second derivative of a power at an exponent of 0 lacks 1/base: it cuts the exponent off there.
# Its second derivative of logsigmoid loses digits in the right tail: at 13 it is -2.260319188887599e-06, and
# -s * (1 - s) with s = sigmoid(-13) is -2.2603191888376428e-06 (mpmath, 40 digits).
# What stands for softplus here has no second derivative at 0; that of sigmoid's stand-in loses digits near 0, where it
# is small: at 1e-05 it is -1.2500000000022342e-06, and sigmoid's -1.2499999999583335e-06 (mpmath, 40 digits). Its own
# second derivative of hypot underflows where a square does.
TORCH_TWICE = [
    name
    for name in TORCH_OPS
    if name not in {"pow", "log_sigmoid", "softplus", "sigmoid", "silu", "hypot", "lgamma"}
]


def torch_results(torch, program, leaves):
    """The program's results in PyTorch."""
    functional = torch.nn.functional

    def sigmoid(x):  # its own is 0 where exp(-x) overflows
        zero = torch.zeros_like(x)
        tail = torch.exp(torch.minimum(x, zero))
        return tail / (tail + torch.exp(torch.minimum(-x, zero)))

    def tanh(x):  # the partial of its own, 1 - out**2, loses digits in the tails
        far = torch.exp(-2.0 * torch.abs(x))
        return torch.where(
            torch.abs(x) > 0.5, torch.sign(x) * (1.0 - far) / (1.0 + far), torch.tanh(x)
        )

    special = {
        "sigmoid": sigmoid,
        "tanh": tanh,
        "log_sigmoid": functional.logsigmoid,
        # its own is x beyond a threshold that is 1e-9 off, and without one overflows; the gradient of its
        # logaddexp is 0 where exp(-x) overflows
        "softplus": lambda x: (
            torch.maximum(x, torch.zeros_like(x)) + torch.log1p(torch.exp(-torch.abs(x)))
        ),
        "relu": torch.relu,
        "gelu": lambda x: x * 0.5 * torch.erfc(-math.sqrt(0.5) * x),  # its own uses erf
        "silu": lambda x: x * sigmoid(x),
        "erf": torch.erf,
        "erfc": torch.erfc,
        "xlogy": torch.special.xlogy,
        "mod": torch.remainder,
        "floordiv": torch.floor_divide,
        "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
        "clip": lambda x, low, high: torch.minimum(torch.maximum(x, low), high),
        "sum": lambda *xs: torch.stack(xs).sum(),
        "prod": lambda *xs: functools.reduce(torch.mul, xs),  # its own divides by the inputs
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs), 0),
        "dot": lambda *xs: torch.dot(
            torch.stack(xs[: len(xs) // 2]), torch.stack(xs[len(xs) // 2 :])
        ),
    }
    results = list(leaves)
    for name, operands in program.steps:
        chosen = [
            results[x] if isinstance(x, int) else torch.tensor(x, dtype=torch.float64)
            for x in operands
        ]
        function = special.get(name) or getattr(torch, name)
        results.append(function(*chosen))
    return results


@given(expressions(ops=TORCH_OPS, max_nodes=12))
def test_gradients_agree_with_pytorch(program):
    torch = pytest.importorskip("torch")
    root, leaves = program.record()
    tolerated = backward(root)
    root.backward()
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.inputs]
    out = torch_results(torch, program, theirs)[-1]
    value_error = forward_error(root)
    assert abs(float(out.detach()) - root.data) <= 8 * value_error + 1e-14 * abs(root.data)
    out.backward()
    for leaf, their in zip(leaves, theirs, strict=True):
        error, scale = tolerated.get(leaf, (0.0, 0.0))
        assume(math.isfinite(error))
        expected = 0.0 if their.grad is None else float(their.grad)
        assert abs(leaf.grad - expected) <= 16 * error + 1e-13 * scale


def forward_error(root):
    return forward(Replay(root).order)[root].error


def test_the_second_derivative_of_log_sigmoid_keeps_its_digits_in_the_right_tail():
    with mpmath.workdps(40):
        for x in (-1.0, 0.5, 13.0, 30.0):
            tail = 1 / (1 + mpmath.exp(x))
            exact = float(-tail * (1 - tail))
            assert grad(grad(log_sigmoid))(x) == pytest.approx(exact, rel=1e-15)


@given(expressions(n_inputs=2, ops=TORCH_TWICE, max_nodes=10))
def test_hessians_agree_with_pytorch(program):
    torch = pytest.importorskip("torch")
    matrix, errors = second_order(program)
    found = hessian(program, argnums=(0, 1))(*program.inputs)
    for row, other, error_row in zip(found, matrix, errors, strict=True):
        for a, b, error in zip(row, other, error_row, strict=True):
            assert abs(a - b) <= 16 * error + 1e-13 * abs(b) or not math.isfinite(error)
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.inputs]
    out = torch_results(torch, program, theirs)[-1]
    rows = torch.autograd.grad(out, theirs, create_graph=True, allow_unused=True)
    for ours, error_row, row in zip(matrix, errors, rows, strict=True):
        their_row = [None, None]
        if row is not None and row.requires_grad:
            their_row = torch.autograd.grad(row, theirs, retain_graph=True, allow_unused=True)
        for h, error, their in zip(ours, error_row, their_row, strict=True):
            assume(math.isfinite(error))
            expected = 0.0 if their is None else float(their)
            size = abs(h) + abs(expected)
            assert abs(h - expected) <= 64 * error + 1e-12 * size
