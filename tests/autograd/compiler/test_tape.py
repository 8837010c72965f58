from __future__ import annotations

import math
import random
import struct
from array import array
from itertools import product

import pytest

import autograd as ag
from autograd.compiler import conditions
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.stages import simplified
from autograd.compiler.tape import Code, _unfolded, check, encode, evaluate, tape, tape_of
from autograd.emit.operations import NUMBER, OPERATIONS, unfold
from autograd.native import core
from autograd.primitives import TABLE
from tests.autograd.compiler.programs import program

native = pytest.mark.skipif(core is None, reason="there is no native core")

POINTS = [0.0, -0.0, 1.0, -1.0, 0.3, 2.5, -3.5, 1000.0, -1000.0, 1e-20, -1e-310, 1e200]
POINTS += [math.inf, -math.inf, math.nan]


def bits(numbers):
    """What numbers are, to the sign of their zeros; one nan is the other."""
    return [struct.pack("d", x if x == x else math.nan) for x in numbers]


def code(leaves, constants, operations, outputs):
    """A code of operations by name."""
    flat = array("i")
    for name, *operands in operations:
        flat.extend((NUMBER[name], *operands, 0, 0)[:4])
    return Code(leaves, array("d", constants), flat, array("i", outputs))


ROWS = [*TABLE.values(), *conditions.CONDITIONS.values()]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_every_row_answers_as_eager_to_the_sign_of_zero(row):
    count = row.arity or 4
    unfolded = unfold(row, count)
    constants: list[float] = []
    operations = []

    def place(operand):
        if type(operand) is int:
            return operand
        constants.append(operand)
        return ~(len(constants) - 1)

    for operation, operands in unfolded.steps:
        operations.append((OPERATIONS[operation].name, *map(place, operands)))
    made = code(count, constants, operations, [place(unfolded.result)])
    cases = product(POINTS, repeat=min(count, 2))
    rng = random.Random(0)
    for case in cases:
        xs = [*case, *(rng.choice(POINTS) for _ in range(count - len(case)))]
        expected = bits([float(row.forward(*xs))])
        assert bits(evaluate(made, xs)) == expected, xs
        if core is not None:
            assert bits(tape(made).run(xs, [])) == expected, xs


@native
@pytest.mark.seeds(30)
def test_a_tape_means_what_the_graph_means(seed):
    f, xs = program(seed)
    graph = simplified(f, xs)
    expected = bits(interpret_scalar(graph, xs))
    assert bits(evaluate(encode(graph), xs)) == expected
    assert bits(tape_of(graph).run(xs, [])) == expected


@native
def test_a_product_joins_the_sum_that_it_feeds_and_is_rounded_twice():
    x, y = 1.0 + 2.0**-30, 1.0 - 2.0**-30
    for names in (("add", 0, 3), ("add", 3, 0), ("sub", 3, 0), ("sub", 0, 3)):
        made = code(3, [], [("mul", 1, 2), names], [4])
        assert tape(made).count == 1
        assert tape(made).run([-1.0, x, y], []) == evaluate(made, [-1.0, x, y])
    shared = code(2, [], [("mul", 0, 1), ("add", 0, 2), ("add", 1, 2)], [3, 4])
    assert tape(shared).count == 3
    returned = code(2, [], [("mul", 0, 1), ("add", 0, 2)], [2, 3])
    assert tape(returned).run([2.0, 3.0], []) == [6.0, 8.0]


@native
def test_a_sign_joins_the_product_that_it_is_of():
    for sums, count in (
        (("add", 2, 4), 1),
        (("add", 4, 2), 1),
        (("sub", 2, 4), 1),
        (("sub", 4, 2), 2),
    ):
        made = code(3, [], [("neg", 0), ("mul", 3, 1), sums], [5])
        assert tape(made).count == count
        for xs in ([0.1, 3.0, 0.7], [0.0, 1.0, 0.0], [1.0, 0.0, -0.0], [-0.0, -1.0, -0.0]):
            assert bits(tape(made).run(xs, [])) == bits(evaluate(made, xs))


@native
def test_registers_are_used_again():
    operations = [("add", 0, 1)] + [("sin", i) for i in range(2, 1002)]
    assert tape(code(2, [], operations, [1002])).slots == 3


@native
@pytest.mark.seeds(20)
def test_random_tapes_mean_what_they_say(seed):
    rng = random.Random(seed)
    leaves = rng.randrange(1, 5)
    constants = [rng.choice(POINTS) for _ in range(rng.randrange(4))]
    operations = []
    for i in range(rng.randrange(1, 60)):
        operation = rng.choice(OPERATIONS)
        operands = [rng.randrange(-len(constants), leaves + i) for _ in range(operation.arity)]
        operations.append((operation.name, *operands))
    last = leaves + len(operations)
    outputs = [rng.randrange(-len(constants), last) for _ in range(rng.randrange(5))]
    made = code(leaves, constants, operations, outputs)
    ran = tape(made)
    for _ in range(5):
        xs = [rng.choice(POINTS) for _ in range(leaves)]
        assert bits(ran.run(xs, [])) == bits(evaluate(made, xs))


@native
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 200])
def test_lanes_are_runs_of_their_own(size):
    np = pytest.importorskip("numpy")
    made = encode(simplified(lambda x, y, z: ag.sigmoid(x) * y - z % 2.0, 1.0, 1.0, 1.0))
    rng = np.random.default_rng(0)
    rows, out = rng.normal(size=(size, 2)), np.zeros((size, 1))
    ran = tape(made)
    ran.lanes(rows, [2, 0], [0.7], out)
    expected = [ran.run([x, 0.7, z], [])[0] for z, x in rows.tolist()]
    assert out[:, 0].tolist() == expected


WRONG = {
    "an operation that there is not": (1, [], [(len(OPERATIONS), 0, 0, 0)], [1], "kinds"),
    "a negative operation": (1, [], [(-1, 0, 0, 0)], [1], "kinds"),
    "a number made later": (1, [], [(NUMBER["neg"], 1, 0, 0)], [1], "made before"),
    "a constant that there is not": (1, [0.5], [(NUMBER["neg"], -2, 0, 0)], [1], "made before"),
    "an operand too many": (1, [], [(NUMBER["neg"], 0, 0, 3)], [1], "made before"),
    "an output that there is not": (1, [], [], [1], "no number of it"),
    "an output that no constant is": (1, [], [], [-1], "no number of it"),
}


@native
@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_tape_is_refused(name):
    leaves, constants, operations, outputs, message = WRONG[name]
    flat = array("i", [x for operation in operations for x in operation])
    with pytest.raises(ValueError, match=message):
        core.Tape(leaves, array("d", constants), flat, array("i", outputs))


@native
def test_numbers_that_do_not_fit_are_refused():
    ran = tape(code(2, [], [("add", 0, 1)], [2]))
    with pytest.raises(TypeError, match="takes 2 numbers, not 1 and 0"):
        ran.run([1.0], [])
    with pytest.raises(TypeError):
        ran.run([1.0, "2"], [])
    with pytest.raises(TypeError, match="two lists"):
        ran.run((1.0, 2.0), [])
    assert ran.run([1, 2], []) == [3.0]


@native
def test_a_list_that_changes_while_it_is_read_is_refused():
    numbers: list[object] = []

    class Shrinking:
        def __float__(self):
            numbers.clear()
            return 1.0

    numbers += [Shrinking(), 2.0]
    with pytest.raises(RuntimeError, match="changed its size"):
        tape(code(2, [], [("add", 0, 1)], [2])).run(numbers, [])


@native
def test_lanes_that_do_not_fit_are_refused():
    np = pytest.importorskip("numpy")
    ran = tape(code(2, [], [("add", 0, 1)], [2]))
    rows, out = np.zeros((3, 2)), np.zeros((3, 1))
    for arguments in (
        (rows[:, :1].copy(), [0, 1], [], out),
        (rows, [0, 0], [], out),
        (rows, [0, 2], [], out),
        (rows, [0], [], out),
        (rows.astype(np.float32), [0, 1], [], out),
        (rows.astype(np.int64), [0, 1], [], out),
        (rows, [0, 1], [], np.zeros((2, 1))),
        (rows, [0, 1], [], np.zeros((3, 2))),
    ):
        with pytest.raises(ValueError, match=r"column|rows|takes|matrix"):
            ran.lanes(*arguments)
    frozen = out.copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        ran.lanes(rows, [0, 1], [], frozen)


def test_a_users_row_that_computes_with_floats_alone_stays_python():
    @ag.custom_gradient(lambda out, x: 1.0)
    def opaque(x):
        return float(x)

    with pytest.raises(TypeError, match="floats alone"):
        _unfolded(opaque.primitive, 1)


@native
@pytest.mark.seeds(20)
def test_whatever_integers_come_are_a_tape_or_refused(seed):
    rng = random.Random(seed)
    made = 0
    for _ in range(300):
        leaves, constants, count = rng.randrange(4), rng.randrange(3), rng.randrange(6)

        def number(reach=leaves + count + 1, least=-constants - 1):
            small = rng.randrange(least, reach)
            return rng.choice([small, small, small, small, -(2**31), 2**31 - 1])

        flat = array("i")
        for _ in range(count):
            operation = rng.randrange(-1, len(OPERATIONS) + 1)
            arity = OPERATIONS[operation].arity if 0 <= operation < len(OPERATIONS) else 3
            flat.extend([operation, *(number() for _ in range(arity)), 0, 0][:4])
        if rng.randrange(9) == 0:
            flat.append(0)
        outputs = array("i", [number() for _ in range(rng.randrange(3))])
        values = array("d", [0.5] * constants)
        try:
            ran = core.Tape(leaves, values, flat, outputs)
        except ValueError:
            with pytest.raises((ValueError, IndexError)):
                check(Code(leaves, values, flat, outputs))
            continue
        check(Code(leaves, values, flat, outputs))
        made += 1
        xs = [0.25] * leaves
        assert bits(ran.run(xs, [])) == bits(evaluate(Code(leaves, values, flat, outputs), xs))
    assert made


@native
@pytest.mark.seeds(10)
def test_lanes_of_irregular_code_are_each_as_if_alone(seed):
    np = pytest.importorskip("numpy")
    f, xs = program(seed)
    points = np.array(xs) * (1.0 + 0.1 * np.random.default_rng(seed).normal(size=(70, len(xs))))
    mapped = ag.compile(ag.vmap(ag.value_and_grad(f)))
    values, slopes = mapped(points)
    if mapped.cost().path != "straight line":
        pytest.skip("it is regular")
    alone = ag.compile(ag.value_and_grad(f))
    for point, value, slope in zip(points.tolist(), values, slopes, strict=True):
        expected, expected_slope = alone(point)
        assert bits([value, *slope]) == bits([expected, *expected_slope])


@native
def test_lanes_share_what_is_not_mapped():
    np = pytest.importorskip("numpy")
    w = ag.Value(2.0)
    f = ag.compile(ag.vmap(lambda x, y: {"a": w * x[0] - y, "b": [x[1]]}, in_axes=(0, None)))
    points = np.arange(200.0).reshape(100, 2)
    for shift in (1.0, 5.0):
        found = f(points, shift)
        assert f.cost().path == "straight line"
        assert found["a"].tolist() == (2.0 * points[:, 0] - shift).tolist()
        assert np.asarray(found["b"]).ravel().tolist() == points[:, 1].tolist()


def test_float32_is_for_arrays_and_a_tape_computes_in_float64():
    def f(x):
        for _ in range(20):
            x = ag.sin(x) * 1.1
        return x

    plain, single = ag.compile(ag.value_and_grad(f)), ag.compile(ag.value_and_grad(f), "float32")
    assert single(0.7) == plain(0.7)
    assert single.cost().path == "straight line"
    assert single(0.7)[0] != struct.unpack("f", struct.pack("f", plain(0.7)[0]))[0]
