"""Dots of the vectors of two sets, by matrix products: they are what the engine computes, whatever is missing."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest

import autograd as ag
from autograd import compile, value_and_grad, vmap
from autograd.compiler import entry
from autograd.compiler.array import contract
from autograd.compiler.layout.affine import fitting, steps
from autograd.compiler.pipeline import group
from autograd.compiler.training import BatchLoss, Recording
from autograd.structure import Structure, flatten
from tests.autograd.compiler.programs import eager, gap, spoiled

INF, NAN = math.inf, math.nan


@pytest.fixture(autouse=True)
def arrays(monkeypatch):
    """Everything runs as an array program, however small."""
    monkeypatch.setattr(entry, "choose", group)


def check(function, xs, *, dtype="float64", bound=1e-12):
    """Value and gradient compared with the engine's; how often the program has each operation."""
    fast = compile(value_and_grad(function), dtype=dtype)
    value, gradient = fast(np.array(xs))
    expected, slopes = eager(function, xs)
    assert gap([value, *gradient], [expected, *slopes]) <= bound
    assert gap(gradient, slopes) <= bound
    return Counter(instruction.op for instruction in fast.program.instructions)


def vectors(xs, size, count=None):
    """The numbers of a list, cut into vectors."""
    count = len(xs) // size if count is None else count
    return [list(xs[i * size : (i + 1) * size]) for i in range(count)]


def inner(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def numbers(count, seed=0):
    rng = random.Random(seed)
    return [round(rng.uniform(-1, 1), 3) for _ in range(count)]


def weighted(terms):
    """A loss in which every number has a slope of its own."""
    return sum(ag.tanh(x) * (1.0 + 0.1 * i) for i, x in enumerate(terms))


def scores(rows, columns, there):
    return [inner(a, b) for i, a in enumerate(rows) for k, b in enumerate(columns) if there(i, k)]


def attention(xs, length, heads, size, causal=True, look_back=99):
    """What attention makes of queries, keys and values: one number for each position, head and component."""
    width = heads * size
    q, k, v = (vectors(xs[i * length * width :], width, length) for i in range(3))
    out = []
    for t in range(length):
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            seen = range(max(0, t - look_back), t + 1) if causal else range(length)
            weights = ag.softmax([inner(q[t][part], k[s][part]) / size**0.5 for s in seen])
            out += [
                sum(w * v[s][part][j] for w, s in zip(weights, seen, strict=True))
                for j in range(size)
            ]
    return out


# --- which are found -------------------------------------------------------------------------


def rectangle(rows, columns, size, there):
    def f(xs):
        # not the leaves themselves: a matrix of parameters is another thing
        a = vectors([ag.sin(x) for x in xs[: rows * size]], size)
        b = vectors([x + 1.0 for x in xs[rows * size :]], size)
        return weighted(scores(a, b, there))

    return f, numbers((rows + columns) * size)


def test_a_triangle_of_pairs_is_completed():
    f, xs = rectangle(8, 8, 4, lambda i, k: k <= i)
    ops = check(f, xs)
    assert (ops["matmul"], ops["absent"], ops["ragged"]) == (1, 2, 0)


def test_pairs_below_the_diagonal_only_are_a_triangle_too():
    f, xs = rectangle(8, 8, 4, lambda i, k: k < i)
    ops = check(f, xs)
    assert (ops["matmul"], ops["absent"]) == (1, 2)


def test_a_band_of_pairs_is_not_completed():
    f, xs = rectangle(12, 12, 4, lambda i, k: abs(i - k) <= 1)
    ops = check(f, xs)
    assert not ops["matmul"] + ops["absent"]


def test_pairs_that_meet_once_are_no_product():
    f, xs = rectangle(12, 12, 4, lambda i, k: i == k)
    ops = check(f, xs)
    assert not ops["matmul"] + ops["absent"]


def test_a_gram_matrix_is_one_product_forward_and_one_back():
    def f(xs):
        rows = vectors(xs, 5)
        return weighted(inner(a, b) for a in rows for b in rows)

    ops = check(f, numbers(35))
    assert (ops["matmul"], ops["absent"]) == (2, 0)


def test_a_covariance():
    def f(xs):
        rows = vectors(xs, 5)
        means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        centred = [[x - m for x, m in zip(row, means, strict=True)] for row in rows]
        columns = list(zip(*centred, strict=True))
        return weighted(inner(a, b) / len(rows) for a in columns for b in columns)

    ops = check(f, numbers(60))
    assert (ops["matmul"], ops["absent"]) == (2, 0)


def test_heads_are_batches_of_complete_products():
    def f(xs):
        return weighted(attention(xs, 6, 3, 4, causal=False))

    ops = check(f, numbers(3 * 6 * 12))
    assert (ops["matmul"], ops["absent"], ops["ragged"]) == (6, 0, 0)


@pytest.mark.parametrize("heads", [1, 4])
def test_causal_attention_has_no_more_instructions_the_longer_and_wider_it_is(heads):
    found = []
    for length, size in (
        (6, 5),
        (12, 6),
    ):  # neither root is a power of two, by which a quotient is a product
        ops = check(
            lambda xs, n=length, d=size: weighted(attention(xs, n, heads, d)),
            numbers(3 * length * heads * size),
        )
        assert ops["absent"] == 4  # what is mixed; and to values, queries and keys
        found.append(ops)
    assert found[0] == found[1]


def test_attention_that_looks_back_a_little_is_not_completed():
    ops = check(lambda xs: weighted(attention(xs, 12, 1, 4, look_back=2)), numbers(3 * 12 * 4))
    assert not ops["absent"]


def test_a_triangular_matrix_times_a_vector():
    def f(xs):
        x, rest = xs[:9], iter(xs[9:])
        return weighted(inner([next(rest) for _ in range(i)], x[:i]) for i in range(2, 10))

    check(f, numbers(9 + 44))


def test_under_a_branch_there_is_a_product_forward_only():
    def f(xs):
        a, b = vectors(xs[:48], 4, 6), vectors(xs[24:], 4, 6)
        return sum(
            ag.where(xs[0] > 0, inner(p, q), 2.0 * xs[2])
            for i, p in enumerate(a)
            for q in b[: i + 1]
        )

    for first in (0.5, -0.5):
        xs = [first, *numbers(47)]
        ops = check(f, xs)
        assert (ops["matmul"], ops["absent"]) == (1, 0)
        check(f, [first, INF, *numbers(46)])


def check_lanes(function, rows):
    """Values and gradients of all lanes compared with the engine's; the program's operations."""
    fast = compile(vmap(value_and_grad(function)))
    values, slopes = fast(np.array(rows))
    for row, value, slope in zip(rows, values, slopes, strict=True):
        expected = eager(function, row)
        assert gap([value, *slope], [expected[0], *expected[1]]) <= 1e-12
        assert gap(slope, expected[1]) <= 1e-12
    return Counter(instruction.op for instruction in fast.program.instructions)


@pytest.mark.parametrize("lanes", [1, 2, 9])
def test_every_lane_has_products_of_its_own(lanes):
    rows = [numbers(3 * 6 * 8, seed) for seed in range(lanes)]
    ops = check_lanes(lambda row: weighted(attention(row, 6, 2, 4)), rows)
    assert ops["lanewise"] >= 6
    rows[0][2 * 48 + 5 * 8] = INF  # the last value
    rows[-1][48 + 4 * 8 + 1] = NAN  # the last key but one
    check_lanes(lambda row: weighted(attention(row, 6, 2, 4)), rows)


@pytest.mark.seeds(8)
def test_random_pairs_and_mixtures_in_lanes(seed):
    kind = list(SHAPES)[seed % len(SHAPES)]
    f, xs = random_mixtures(seed) if seed % 3 else random_pairs(seed, kind)
    rows = [[x * (1.0 - 0.1 * lane) for x in xs] for lane in range(5)]
    check_lanes(f, rows)
    rng = random.Random(seed)
    for wrong in (INF, -INF, NAN, 1e300):
        rows[rng.randrange(5)][rng.randrange(len(xs))] = wrong
        check_lanes(f, rows)


def check_batch(loss, leaves, rows):
    """The mean loss of a batch and its derivatives compared with the engine's; the program's operations."""
    structure = Structure(tuple, len(rows[0]), children=(flatten(rows[0])[1],))
    batch = BatchLoss(Recording(loss, structure, leaves))
    value = batch(np.array(rows))
    expected = sum(loss(row) for row in rows) / len(rows)
    expected.backward()
    assert gap([value], [expected.data]) <= 1e-12
    assert gap(batch.gradients, [leaf.grad for leaf in batch.leaves]) <= 1e-12
    return Counter(instruction.op for instruction in batch.program.instructions)


@pytest.mark.parametrize("of_lanes", [0, 1])
@pytest.mark.parametrize("kind", ["products", "mixtures"])
def test_one_side_may_be_the_same_in_all_lanes(of_lanes, kind):
    leaves = [ag.Value(x) for x in numbers(48)]
    rows = [numbers(48, seed) for seed in range(3)]

    def loss(row):
        sides = [[ag.sin(leaf) for leaf in leaves], [x + 1.0 for x in row]]
        a, b = sides[of_lanes], sides[1 - of_lanes]
        batches = [(vectors(a[i:], 4, 6), vectors(b[i:], 4, 6)) for i in (0, 24)]
        if kind == "products":
            return weighted(x for p, q in batches for x in scores(p, q, lambda i, k: k <= i))
        return weighted(
            sum(w * v[j] for w, v in zip(p[i], q[: 2 + i], strict=False))
            for p, q in batches
            for i in range(4)
            for j in range(4)
        )

    assert check_batch(loss, leaves, rows)["lanewise"]


def test_a_penalty_on_what_all_lanes_share():
    leaves = [ag.Value(x) for x in numbers(40)]

    def loss(row):
        ws = vectors([ag.sin(leaf) for leaf in leaves], 5)
        penalty = weighted(scores(ws, ws[::-1], lambda i, k: k <= i))
        return weighted(inner(w[:3], row) for w in ws) + penalty

    ops = check_batch(loss, leaves, [numbers(3, seed) for seed in range(4)])
    assert ops["absent"]


def test_in_single_precision():
    def f(xs):
        return weighted(attention(xs, 6, 2, 4))

    xs = [float(np.float32(x)) for x in numbers(3 * 6 * 8)]
    assert check(f, xs, dtype="float32", bound=1e-5)["absent"] == 4


# --- random ones -----------------------------------------------------------------------------

SHAPES = {
    "full": lambda i, k, r: True,
    "triangle": lambda i, k, r: k <= i,
    "the other triangle": lambda i, k, r: k >= i,
    "holes": lambda i, k, r: r.random() < 0.75,
    "band": lambda i, k, r: abs(i - k) <= 2,
}


def random_pairs(seed, kind):
    """A function whose middle is the dots of random pairs."""
    rng = random.Random(seed)
    size, batches = rng.randint(2, 6), rng.randint(1, 3)
    rows, columns = rng.randint(3, 8), rng.randint(3, 8)
    way = rng.choice(["two sets", "one set", "repeated", "overlapping", "constants", "shuffled"])
    data = numbers(batches * columns * size, seed)
    wanted = [
        (h, i, k)
        for h in range(batches)
        for i in range(rows)
        for k in range(columns)
        if SHAPES[kind](i, k, rng)
    ]
    if way == "shuffled":
        rng.shuffle(wanted)
    elif rng.random() < 0.5:
        wanted.sort(key=lambda pair: (pair[1], pair[0], pair[2]))
    count = batches * (rows + columns) * size

    def f(xs):
        xs = [ag.sin(x) if i % 2 else x for i, x in enumerate(xs)] if seed % 2 else list(xs)
        out = []
        for h, i, k in wanted:
            a = xs[(h * rows + i) * size :][:size]
            b = xs[(batches * rows + h * columns + k) * size :][:size]
            if way == "one set":
                b = xs[(h * rows + k % rows) * size :][:size]
            elif way == "repeated":
                b = xs[(batches * rows + h * columns + k // 2) * size :][:size]
            elif way == "overlapping":
                a, b = xs[i : i + size], xs[k + h : k + h + size]
            elif way == "constants":
                b = data[(h * columns + k) * size :][:size]
            out.append(inner(a, b))
        return weighted(out)

    return f, numbers(count, seed + 1)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.seeds(6)
def test_random_pairs_are_what_the_engine_computes(seed, kind):
    check(*random_pairs(seed, kind))


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.seeds(2)
def test_random_pairs_with_what_is_not_finite(seed, kind):
    f, xs = random_pairs(seed, kind)
    rng = random.Random(seed)
    for wrong in (INF, -INF, NAN, 1e300):
        some = list(xs)
        for _ in range(rng.randint(1, 3)):
            some[rng.randrange(len(some))] = wrong
        check(f, some)


def random_mixtures(seed):
    """A function whose middle mixes vectors with weights, of which each row has some."""
    rng = random.Random(seed)
    rows, columns, size = rng.randint(3, 8), rng.randint(3, 8), rng.randint(1, 5)
    batches = rng.randint(1, 3)
    kind = rng.choice(["triangle", "full", "holes"])
    sets = [
        (h, [k for k in range(columns) if SHAPES[kind](i % columns, k, rng)])
        for i in range(rows)
        for h in range(batches)
    ]
    rng.shuffle(sets) if rng.random() < 0.3 else None
    constants = rng.random() < 0.25
    fixed = numbers(999, seed)
    count = sum(len(ks) for _, ks in sets)

    def f(xs):
        rest = iter(fixed if constants else xs[batches * columns * size :])
        out = []
        for h, ks in sets:
            weights = [next(rest) for _ in ks]
            for j in range(size):
                vs = [xs[(h * columns + k) * size + j] for k in ks]
                out.append(sum(w * ag.exp(v) for w, v in zip(weights, vs, strict=True)))
        return weighted(out)

    return f, numbers(batches * columns * size + count, seed + 1)


@pytest.mark.seeds(10)
def test_random_mixtures_are_what_the_engine_computes(seed):
    f, xs = random_mixtures(seed)
    check(f, xs)
    for some in spoiled(xs, seed, 800.0):
        check(f, some)


# --- what is not there does not contaminate --------------------------------------------------


@pytest.mark.parametrize("wrong", [INF, -INF, NAN])
def test_a_key_that_is_not_finite_spoils_only_what_looks_at_it(wrong):
    f, xs = rectangle(8, 8, 4, lambda i, k: k <= i)
    xs[(8 + 5) * 4 + 1] = wrong  # of the sixth key
    fast = compile(value_and_grad(f))
    _, gradient = fast(np.array(xs))
    expected = eager(f, xs)[1]
    assert np.isfinite(expected[: 5 * 4]).all()
    assert not np.isfinite(expected[5 * 4 + 1])
    assert gap(gradient, expected) <= 1e-12
    assert any(instruction.op == "absent" for instruction in fast.program.instructions)


def test_a_value_that_is_not_finite_spoils_no_mixture_before_it():
    def f(xs):
        out = attention(xs, 8, 2, 4)
        return weighted(out[: 8 * 5]) + 0.0 * sum(ag.where(ag.abs(x) < 9.0, x, 1.0) for x in out)

    for wrong in (INF, NAN):
        xs = numbers(3 * 8 * 8)
        xs[2 * 64 + 5 * 8 + 3] = wrong  # of the sixth value
        value, _ = compile(value_and_grad(f))(np.array(xs))
        assert math.isfinite(value)
        assert check(f, xs)["absent"] >= 4


def test_what_overflows_where_nobody_looks_is_nothing():
    f, xs = rectangle(6, 6, 3, lambda i, k: k <= i)
    xs[15:18] = [1e-300] * 3  # the last row, which alone meets the last column
    xs[33:36] = [1.7e308] * 3
    assert math.isfinite(eager(f, xs)[0])
    check(f, xs)


def test_a_program_is_right_again_after_what_is_not_finite():
    f, xs = rectangle(8, 8, 4, lambda i, k: k <= i)
    fast = compile(value_and_grad(f))
    before = fast(np.array(xs))
    fast(np.full(len(xs), NAN))
    after = fast(np.array(xs))
    assert before[0] == after[0]
    assert (before[1] == after[1]).all()


def test_only_what_needs_a_cotangent_gets_one():
    def f(xs, ys):
        a, b = vectors([ag.sin(x) for x in xs], 4), vectors([ag.exp(y) for y in ys], 4)
        return weighted(scores(a, b, lambda i, k: k <= i))

    xs, ys = np.array(numbers(32)), np.array(numbers(32, 1))
    _, both = compile(value_and_grad(f, argnums=(0, 1)))(xs, ys)
    for argnum in (0, 1):
        fast = compile(value_and_grad(f, argnums=argnum))
        _, one = fast(xs, ys)
        assert one == pytest.approx(both[argnum], rel=1e-13)
        assert sum(instruction.op == "absent" for instruction in fast.program.instructions) == 1


# --- the pieces ------------------------------------------------------------------------------


def test_rows_that_are_connected():
    row, column = np.array([0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3])
    of_row, of_column = contract._connected(np, row, column, 4, 4)
    assert of_row.tolist() == [0, 1, 1, 3]
    assert of_column.tolist() == [0, 1, 1, 3]
    chain = np.arange(100)
    far = np.concatenate([chain, chain]), np.concatenate([chain, chain + 1])
    assert contract._connected(np, *far, 100, 101) is None


def test_the_strides_of_a_box():
    box = np.arange(24).reshape(2, 3, 4)
    assert steps(box) == (12, 4, 1)
    assert steps(box.transpose(2, 0, 1)) == (1, 12, 4)
    assert steps(box[:1, :, :1]) == (0, 4, 0)
    bent = box.copy()
    bent[1, 2, 3] += 1
    assert steps(bent) is None


def test_which_boxes_blas_takes():
    assert fitting((12, 4, 1), (2, 3, 4)) == (12, 4, 1)
    assert fitting((1, 4, 12), (2, 3, 4)) is None
    assert fitting((0, 1, 3), (1, 3, 4)) == (0, 1, 3)
    assert fitting((5, 0, 1), (4, 1, 5)) == (5, 5, 1)
    assert fitting(None, (2, 3, 4)) is None


def test_a_vector_that_a_mixture_has_twice_counts_twice():
    """As where a word comes again in causal attention."""
    words = [0, 1, 2, 3, 1, 4, 5, 6, 7, 2, 8, 9]
    starts = [i * (i + 1) // 2 for i in range(len(words) + 1)]

    def f(xs):
        mixed = vectors(xs[starts[-1] :], 4)
        return weighted(
            inner(xs[start:stop], [mixed[word][d] for word in words[: stop - start]])
            for start, stop in itertools.pairwise(starts)
            for d in range(4)
        )

    check(f, numbers(starts[-1] + 40))
