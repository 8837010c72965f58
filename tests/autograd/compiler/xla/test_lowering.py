"""A program on JAX means what it means to the interpreter, to NumPy and to the engine."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import compile, value_and_grad, vmap
from autograd.compiler.ir.interpret import interpret_program
from autograd.compiler.ir.ops import KERNELS
from autograd.compiler.ir.program import CONSTANTS, LANES, ONCE, Instruction, Program, Ref, View
from autograd.primitives import TABLE
from autograd.table import bind_table
from tests.autograd.compiler.programs import program
from tests.autograd.test_namespaces import SPECIAL
from tests.backends.paths import force

jax = pytest.importorskip("jax")

from autograd.compiler.xla.lowering import lower
from autograd.namespaces import jax_namespace

NORMAL = [x for x in SPECIAL if not 0.0 < abs(x) < 2.3e-308]
"""Special numbers without the subnormal ones, which XLA takes for 0."""
SMALLEST = 2.3e-308


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def relative(found, expected):
    """The largest relative distance of numbers of which the same are nan."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    same |= (found == 0.0) & (np.abs(expected) < SMALLEST)
    with np.errstate(all="ignore"):
        gaps = np.where(same, 0.0, np.abs(found - expected) / np.abs(expected))
    return np.max(gaps, initial=0.0)


@pytest.mark.parametrize("name", sorted(row.name for row in KERNELS if row.name in TABLE))
def test_every_kernel_answers_as_on_floats_also_at_poles_and_infinities(name):
    row = TABLE[name]
    numbers = NORMAL if row.arity < 3 else [0.0, 1.0, -2.0, np.inf, np.nan]
    arguments = [x.ravel() for x in np.meshgrid(*[numbers] * row.arity)]
    expected = [row.forward(*map(float, each)) for each in zip(*arguments, strict=True)]
    found = jax.jit(bind_table(jax_namespace())[name].forward)(*arguments)
    assert relative(found, expected) < 1e-13


@pytest.mark.seeds(6)
@pytest.mark.parametrize("lanes", [False, True])
def test_a_random_program_answers_on_jax_as_on_numpy(monkeypatch, seed, lanes):
    function, args = program(seed)
    wanted = value_and_grad(function)
    points = np.array([args, [x + 0.1 for x in args], [0.5 * x for x in args]])
    answers = []
    for path in ("arrays", "jax"):
        force(monkeypatch.setattr, path)
        made = compile(vmap(wanted)) if lanes else compile(wanted)
        value, slopes = made(points) if lanes else made(args)
        answers.append(np.append(np.ravel(value), np.ravel(slopes)))
    assert relative(*answers) < 1e-12


def one(op, out, operands, detail=None, laned=False):
    """A program of one instruction on leaves that are all shared, or with lanes all different."""
    count = 12
    if laned:
        take = Instruction("copy", View(LANES, 0, (count,), (1,)), (View(2, 0, (count,), (1,)),))
        steps, once, lanes, rows, given = [take], 8, 40, count, 0
    else:
        steps, once, lanes, rows, given = [], 40, 0, 0, count
    steps = [*steps, Instruction(op, out, operands, detail)]
    results = [[Ref(out.arena, steps[-1].out.positions)], []]
    return Program(
        steps, once, lanes, rows, np.zeros(1), results, laned, None, None, len(steps), [], given, []
    )


HERE, THERE = ONCE, LANES
CASES = {
    "sum": ("reduce", (3,), [((3, 4), (4, 1))], ("add", 1)),
    "product of columns": ("reduce", (4,), [((4, 3), (1, 4))], ("multiply", 1)),
    "maximum": ("reduce", (), [((12,), (1,))], ("maximum", 1)),
    "running sum": ("accumulate", (3, 4), [((3, 4), (4, 1))], "add"),
    "running product": ("accumulate", (12,), [((12,), (1,))], "multiply"),
    "running maximum": ("accumulate", (2, 6), [((2, 6), (6, 1))], "maximum"),
    "running minimum": ("accumulate", (12,), [((12,), (1,))], "minimum"),
    "ragged sums": ("ragged", (3,), [((12,), (1,))], ("add", np.array([0, 5, 6]))),
    "ragged maxima": ("ragged", (2,), [((12,), (1,))], ("maximum", np.array([0, 7]))),
    "broadcast": ("mul", (3, 4), [((3, 4), (0, 1)), ((3, 4), (4, 0))], None),
    "stencil": ("add", (3, 3), [((3, 3), (1, 1)), ((3, 3), (4, 1))], None),
    "absent": ("absent", (2, 2), [((2, 3), (3, 1)), ((3, 2), (2, 1))], np.array([[1, 0, 1], [0, 0, 1]]) > 0),
}  # fmt: skip


@pytest.mark.parametrize("laned", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_an_instruction_does_what_the_interpreter_does(name, laned):
    op, shape, operands, detail = CASES[name]
    if op == "absent" and laned:
        op = "lanewise"
    arena = THERE if laned else HERE
    natural = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
    made = one(
        op,
        View(arena, 15, shape, natural),
        tuple(View(arena, 0, *operand) for operand in operands),
        detail,
        laned,
    )
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(5, 12) if laned else 12)
    numbers[..., 3] = np.inf  # which what is absent must not meet
    numbers[..., 8] = np.nan
    arguments = (np.zeros(0), numbers) if laned else (numbers,)
    expected, _ = interpret_program(made, *arguments)
    found, _ = lower(made)(*map(jax.numpy.asarray, arguments))
    assert found.shape == expected[0].shape
    assert relative(found, expected[0]) < 1e-14


def test_float32_computes_in_float32_and_keeps_large_constants_finite():
    made = one("minimum", View(ONCE, 15, (3,), (1,)), (View(ONCE, 0, (3,), (1,)), 1e300))
    (found, _) = lower(made)(jax.numpy.arange(12, dtype="float32"))
    assert found.dtype == "float32"
    assert found.tolist() == [0.0, 1.0, 2.0]
    made = one("copy", View(ONCE, 15, (1,), (1,)), (1e300,))
    (found, _) = lower(made)(jax.numpy.zeros(12, "float32"))
    assert np.isfinite(found).all()


def test_constants_are_read_where_they_stand():
    made = one("copy", View(ONCE, 15, (2,), (1,)), (View(CONSTANTS, 0, (2,), (0,)),))
    made = made._replace(constants=np.array([7.0]))
    assert lower(made)(jax.numpy.zeros(12))[0].tolist() == [7.0, 7.0]
