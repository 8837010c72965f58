"""How single instructions are bound to NumPy: each gives what the engine gives, whatever shapes and strides."""

from __future__ import annotations

import itertools
import math
import operator

import numpy as np
import pytest

from autograd import Value, compile, vmap
from autograd.compiler.ir.program import CONSTANTS, ONCE, ROWS, Instruction, Program, View
from autograd.compiler.ir.program import LANES as LANED
from autograd.compiler.kernels import kernels
from autograd.compiler.running import Workspace

EDGES = [-0.0, 0.0, -math.inf, math.inf, math.nan, 4.0, -4.0, 5e-324, -1e300, 1e300, 2.5]


def alike(found, expected):
    """Equal up to the last digits, nan and the sign of zero included."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    both_nan = np.isnan(found) & np.isnan(expected)
    close = np.isclose(found, expected, rtol=4e-16, atol=0)
    return bool((both_nan | close & (np.signbit(found) == np.signbit(expected))).all())


@pytest.mark.parametrize("repeats", [1, 100])
@pytest.mark.parametrize("exponent", [0.5, -0.5, 2.0, 3.0, -1.0, 1.5])
def test_a_power_of_every_edge_is_the_engines(exponent, repeats):
    xs = EDGES * repeats
    expected = [(Value(x) ** exponent).data for x in xs]
    assert alike(compile(vmap(lambda x: x**exponent))(xs), expected)
    power = Value(exponent)
    assert alike(compile(vmap(lambda x: x**power))(xs), expected)


# --- single instructions on views of every kind ----------------------------------------------

SHAPES = [(), (1,), (9,), (130,), (3, 5), (1, 4), (4, 1), (2, 3, 4)]
LANES = [None, 1, 7, 90]
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan]
TWO = {"add", "sub", "mul", "div", "pow", "maximum", "minimum", "lt", "le", "equal"}
TWO |= {"mod", "floordiv", "both", "either", "atan2", "hypot"}
CONDITIONAL = {"both", "either", "negation"}


def program_of(instruction, once, lanes, rows, constants):
    """A program of one instruction."""
    return Program(
        [instruction],
        once,
        lanes,
        rows,
        constants,
        outputs=[[], []],
        laned=lanes > 0,
        lane_count=None,
        seed=None,
        forward=1,
        ones=[],
        given=once,
        zeros=[],
    )


def one_instruction(instruction, lanes, dtype, rng):
    """A workspace of one instruction, on random numbers among which are the special ones."""
    program = program_of(instruction, 2000, 2000 if lanes else 0, 30, rng.normal(size=600))
    space = Workspace(program, lanes, dtype)
    pool = np.where(rng.random(4999) < 0.1, rng.choice(SPECIAL, 4999), rng.normal(size=4999))
    for buffer in (space.once, space.lane, space.rows):
        buffer[...] = np.resize(pool, buffer.shape)
    return space


def some_view(rng, arena, shape, broadcast=True):
    """A view of a shape: contiguous, broadcast, strided, transposed or reversed."""
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    kind = rng.integers(6)
    if kind == 1 and broadcast:
        strides = [s * int(rng.integers(2)) for s in strides]
    elif kind == 2:
        strides = [s * 3 for s in strides]
    elif kind == 3:
        strides = [math.prod(shape[:i]) for i in range(len(shape))]
    elif kind == 4 and broadcast:
        strides = [0] * len(shape)
    offset = int(rng.integers(20))
    if kind == 5 and shape:
        offset += (shape[0] - 1) * strides[0]
        strides[0] *= -1
    return View(arena, offset, shape, tuple(strides))


def settle(space):
    """The numbers of an instruction's operands, copied before it runs, and of its output after."""
    _, out, operands, _ = space.program.instructions[0]
    before = [np.array(space._source(x), space.dtype) for x in operands]
    space()
    return before, space.view(out)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("op", sorted({*kernels(), "copy"}))
def test_an_elementwise_instruction_gives_what_its_kernel_gives(op, dtype):
    rng = np.random.default_rng(sorted([*kernels(), "copy"]).index(op))
    arity = {"where": 3}.get(op, 2 if op in TWO else 1)
    for _ in range(40):
        shape = SHAPES[rng.integers(len(SHAPES))]
        lanes = LANES[rng.integers(len(LANES))]
        arenas = [ONCE] if lanes is None else [ONCE, LANED]
        operands = []
        for _ in range(arity):
            kind = rng.integers(6)
            if kind == 0:
                few = [0.0, 1.0] if op in CONDITIONAL else [*SPECIAL, 0.5, 2.0, 3.0]
                operands.append(float(rng.choice(few)))
            elif kind == 1:
                operands.append(some_view(rng, CONSTANTS, shape))
            else:
                operands.append(some_view(rng, arenas[rng.integers(len(arenas))], shape))
        arena = LANED if any(isinstance(x, View) and x.laned for x in operands) else ONCE
        out = some_view(rng, arena, shape, broadcast=False)._replace(offset=1000)
        if out.strides and out.strides[0] < 0:
            out = out._replace(offset=1400)
        space = one_instruction(Instruction(op, out, tuple(operands)), lanes, dtype, rng)
        if op in CONDITIONAL:
            for buffer in (space.once, space.lane, space.constants):
                buffer[:] = buffer > 0
        before, found = settle(space)
        with np.errstate(all="ignore"):
            if op == "copy":
                expected = np.broadcast_to(before[0], found.shape)
            elif op == "where":
                expected = np.where(before[0] != 0, *before[1:])
            else:
                expected = np.empty(found.shape, dtype)
                wide = [np.array(np.broadcast_to(x, found.shape)) for x in before]
                kernels()[op](*wide, expected)
        expected = np.broadcast_to(expected, found.shape)
        same_sign = np.signbit(found) == np.signbit(expected)
        assert np.allclose(
            found, expected, rtol=1e-6 if dtype == "float32" else 1e-14, atol=0, equal_nan=True
        ), (space.program.instructions[0], lanes)
        assert (same_sign | np.isnan(found)).all(), (space.program.instructions[0], lanes)


@pytest.mark.parametrize("op", ["where", "add", "maximum", "pow", "lt"])
@pytest.mark.parametrize("shift", [0, 1, 5])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_output_may_lie_on_an_operand_or_overlap_it(op, shift, place):
    rng = np.random.default_rng(place)
    views = [View(ONCE, 100 * (i + 1), (6, 4), (4, 1)) for i in range(3 if op == "where" else 2)]
    place = min(place, len(views) - 1)
    out = views[place]._replace(offset=views[place].offset + shift)
    space = one_instruction(Instruction(op, out, tuple(views)), None, "float64", rng)
    space.once[:] = rng.integers(0, 3, len(space.once))
    before, found = settle(space)
    expected = np.empty(found.shape)
    kernels()[op](*before, expected)
    assert (found == expected).all()


@pytest.mark.seeds(10)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_product_gives_the_sum_of_products_whatever_is_infinite(seed, dtype):
    rng = np.random.default_rng(seed)
    n, k, m, count = rng.choice([1, 2, 3, 8], 4).tolist()
    lanes = LANES[rng.integers(len(LANES))]
    kind = "plain" if lanes is None else ["outer", "batched outer", "lanes", "batched"][seed % 4]
    a, b, out, equation = {
        "plain": ((n, k), (k, m), (n, m), "ik,kj->ij"),
        "lanes": ((n, k), (k,), (n,), "ik,kl->il"),
        "batched": ((n, k), (count, k), (count, n), "ik,ckl->cil"),
        "outer": ((n,), (m,), (n, m), "il,jl->ij"),
        "batched outer": ((count, n), (count, m), (count, n, m), "cil,cjl->cij"),
    }[kind]
    left = LANED if "outer" in kind else ONCE
    right = ONCE if lanes is None else LANED
    target = LANED if kind in {"lanes", "batched"} else ONCE
    views = some_view(rng, left, a), some_view(rng, right, b)
    place = some_view(rng, target, out, broadcast=False)._replace(offset=1200)
    space = one_instruction(Instruction("matmul", place, views, k), lanes, dtype, rng)
    factors = [np.array(space._source(x, lane_axis=False)) for x in views]
    with np.errstate(all="ignore"):
        expected = np.einsum(equation, *factors)
        space()
    found = space.view(place, lane_axis=False)
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.seeds(14)
def test_sums_over_some_axes_or_over_lanes(seed):
    rng = np.random.default_rng(seed)
    shape = [(6,), (3, 5), (2, 3, 4), (1, 7), (20_000,)][seed % 5]
    lanes = LANES[rng.integers(len(LANES))] if len(shape) > 1 else None
    axes = int(rng.integers(1, len(shape) + 1))
    over_lanes = lanes is not None and seed % 2
    source = some_view(rng, ONCE if lanes is None else LANED, shape)
    outer = shape if over_lanes else shape[: len(shape) - axes]
    arena = ONCE if lanes is None or over_lanes else LANED
    out = some_view(rng, arena, outer, broadcast=False)._replace(offset=1700)
    kind = ["add", "maximum", "multiply"][seed % 3]
    instruction = Instruction("reduce", out, (source,), (kind, axes))
    if over_lanes:
        kind, instruction = "add", Instruction("over_lanes", out, (source,))
    program = program_of(instruction, 70_000, 2000, 0, np.zeros(1))
    space = Workspace(program, lanes, "float64")
    for arena in (space.once, space.lane):
        arena[:] = rng.normal(size=arena.shape)
        if kind == "multiply":  # 20,000 times the same number must not overflow
            arena[:] = np.exp(arena / 1000.0)
    numbers = np.array(space.view(source))
    last = numbers.ndim - (lanes is not None)
    chosen = (last,) if over_lanes else tuple(range(last - axes, last))
    expected = getattr(np, kind).reduce(numbers, axis=chosen)
    space()
    found = space.view(out, lane_axis=False)
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("kind", ["add", "multiply", "maximum", "minimum"])
@pytest.mark.parametrize("strides", [(5, 1), (1, 3), (5, -1)])
def test_results_so_far_have_the_bits_of_one_after_the_other(kind, lanes, strides):
    rng = np.random.default_rng(0)
    arena = ONCE if lanes is None else LANED
    source, out = View(arena, 4, (3, 5), strides), View(arena, 1700, (3, 5), (5, 1))
    space = Workspace(
        program_of(
            Instruction("accumulate", out, (source,), kind),
            2000,
            2000 * bool(lanes),
            0,
            np.zeros(1),
        ),
        lanes,
        "float64",
    )
    for buffer in (space.once, space.lane):
        buffer[:] = rng.normal(size=buffer.shape)
    numbers = np.array(space.view(source))
    space()
    found = space.view(out)
    step = {"add": operator.add, "multiply": operator.mul, "maximum": max, "minimum": min}[kind]
    for lane in range(lanes or 1):
        for row in range(3):
            line = numbers[row] if lanes is None else numbers[row, :, lane]
            mine = found[row] if lanes is None else found[row, :, lane]
            assert mine.tolist() == [*itertools.accumulate(line.tolist(), step)]


@pytest.mark.parametrize("lanes", LANES)
def test_numbers_are_taken_from_every_arena(lanes):
    rng = np.random.default_rng(0)
    for arena in [ONCE, CONSTANTS] if lanes is None else [ONCE, LANED, ROWS, CONSTANTS]:
        positions = rng.permutation(30)[:11]
        source = View(arena, 0, (30,), (1,))
        out = View(LANED if source.laned else ONCE, 500, (11,), (1,))
        instruction = Instruction("take", out, (source,), positions)
        space = one_instruction(instruction, lanes, "float64", rng)
        (before,), found = settle(space)
        assert alike(found, before[positions])


def test_a_run_is_quiet_and_leaves_alone_what_numpy_warns_of():
    source = View(ONCE, 0, (3,), (1,))
    instruction = Instruction("log", View(ONCE, 3, (3,), (1,)), (source,))
    program = program_of(instruction, 6, 0, 0, np.zeros(1))
    with np.errstate(divide="raise", invalid="warn"):
        seen = np.geterr()
        space = Workspace(program, None, "float64")
        space.once[:3] = [0.0, -1.0, 1.0]
        space()
        assert np.geterr() == seen
        with pytest.raises(FloatingPointError):
            np.log(space.once[:1])
    assert alike(space.once[3:], [-math.inf, math.nan, 0.0])


@pytest.mark.parametrize("shapes", [((1, 1), (1, 3)), ((3, 1), (1, 1)), ((1, 1), (1, 1))])
def test_a_product_with_a_single_zero_keeps_what_is_infinite_times_it(shapes):
    # BLAS adds nothing where one factor is a single zero.
    a, b = shapes
    views = View(ONCE, 0, a, (a[1], 1)), View(ONCE, 10, b, (b[1], 1))
    out = View(ONCE, 20, (a[0], b[1]), (b[1], 1))
    space = Workspace(
        program_of(Instruction("matmul", out, views, 1), 30, 0, 0, np.zeros(1)), None, "float64"
    )
    for zero, infinite in (0, 1), (1, 0):
        space.view(views[zero])[...] = 0.0
        space.view(views[infinite])[...] = math.inf
        space()
        assert np.isnan(space.view(out)).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_negation_between_strided_views_negates_what_is_there(dtype):
    for step in range(1, 20):
        for out_step in (1, 2, 9):
            for shape, steps, out_steps in (
                ((4,), (step,), (out_step,)),
                ((2, 3), (3 * step, step), (40, out_step)),
                ((3, 2), (step, 4 * step), (out_step, 30)),
            ):
                negate = Instruction(
                    "neg", View(ONCE, 200, shape, out_steps), (View(ONCE, 0, shape, steps),)
                )
                program = Program(
                    [negate], 400, 0, 0, np.zeros(1), [[]], False, None, None, 1, [], 400, []
                )
                space = Workspace(program, None, dtype)
                space.once[:200] = numbers = np.arange(1.0, 201.0)
                space()
                read, written = negate.operands[0].positions, negate.out.positions
                assert (space.once[written] == -numbers[read]).all(), (step, out_step, shape)
