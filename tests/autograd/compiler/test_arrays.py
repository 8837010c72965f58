from __future__ import annotations

import itertools
import math
import threading

import numpy as np
import pytest

import autograd as ag
from autograd import compile, grad, hessian, value_and_grad, vmap
from autograd.compiler import entry, running
from autograd.compiler.flatten import flatten
from autograd.compiler.ir.interpret import interpret_scalar
from autograd.compiler.ir.verify import verify_groups
from autograd.compiler.layout.affine import nest, nest_rows
from autograd.compiler.pipeline import LOWER, Task, group, run
from autograd.compiler.stages import simplified
from autograd.primitives import TABLE
from tests.autograd.compiler.programs import eager, gap, grouped, program

PATH = "arrays"

POINTS = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1000.0, -1000.0, 1e-20, 1e200, 1e-200, 3.0]
POINTS += [math.inf, -math.inf, math.nan]


@pytest.fixture
def arrays(monkeypatch):
    """Everything runs as an array program, however small."""
    monkeypatch.setattr(entry, "choose", group)


# --- the stages ------------------------------------------------------------------------------


@pytest.mark.seeds(25)
def test_flattening_does_not_change_the_value(seed):
    f, xs = program(seed)
    graph = simplified(f, xs)
    flat = flatten(graph.assigned(range(len(xs)))).graph
    assert gap(interpret_scalar(flat, xs), interpret_scalar(graph, xs)) <= 1e-12


def test_a_sum_of_products_written_by_hand_becomes_a_dot():
    graph = simplified(
        lambda w, x: sum(a * b for a, b in zip(w, x, strict=True)) - 2.0, [1.0] * 9, [1.0] * 9
    )
    flat = flatten(graph.assigned(range(9))).graph
    assert [row.name for row in flat.primitives if row is not None] == ["dot", "add"]
    assert interpret_scalar(flat, [2.0] * 18) == [34.0]


def test_a_right_deep_sum_of_many_terms_flattens_in_linear_time():
    def f(xs):
        total = xs[0]
        for x in xs[1:]:
            total = x - total
        return total

    xs = [float(i % 7) for i in range(20_000)]
    graph = simplified(f, xs)
    flat = flatten(graph).graph
    assert flat.operations <= 4
    assert interpret_scalar(flat, xs) == pytest.approx(interpret_scalar(graph, xs))


@pytest.mark.seeds(25)
def test_a_schedule_does_every_operation_once_and_after_its_operands(seed):
    f, xs = program(seed)
    found = grouped(f, xs, wanted=len(xs))
    verify_groups(found.flat.graph, found.groups)


@pytest.mark.seeds(17)
def test_a_nested_shape_gives_back_the_positions(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, rng.integers(1, 4)))
    strides = rng.integers(-4, 9, (3, len(shape)))
    index = np.indices(shape).reshape(len(shape), -1)
    vectors = strides @ index + 100
    found = nest(vectors)
    if found is not None and vectors.shape[1] > 1:
        new_shape, new_strides = found
        places = np.indices(new_shape).reshape(len(new_shape), -1)
        assert (vectors[:, :1] + np.array(new_strides) @ places == vectors).all()
    assert nest(np.array([[0, 1, 2, 5, 6, 9]])) is None
    assert nest_rows(np.array([[[0, 1], [5, 7]]])) is None


@pytest.mark.seeds(50)
def test_an_array_program_gives_the_engines_value_and_gradient(seed, arrays):
    f, xs = program(seed)
    compiled = compile(value_and_grad(f))
    value, gradient = compiled(xs)
    expected, gradients = eager(f, xs)
    assert gap([value, *gradient], [expected, *gradients]) <= 1e-12
    if compiled.cost().nodes:
        assert compiled.cost().path == "arrays"


@pytest.mark.seeds(25)
def test_lanes_give_what_single_calls_give(seed):
    f, xs = program(seed)
    X = np.random.default_rng(seed).uniform(-1.5, 1.5, (5, len(xs))).round(2)
    values, gradients = compile(vmap(value_and_grad(f)))(X)
    expected = [eager(f, x) for x in X.tolist()]
    assert gap(values, [value for value, _ in expected]) <= 1e-12
    assert gap(gradients.ravel(), np.ravel([g for _, g in expected])) <= 1e-12


@pytest.mark.seeds(5)
def test_second_derivatives_run_as_array_programs_too(seed, arrays):
    f, xs = program(seed, smooth=True)
    found, expected = compile(hessian(f))(xs), hessian(f)(xs)
    assert np.allclose(found, expected, rtol=1e-10, atol=1e-10)


# --- conventions -----------------------------------------------------------------------------


def engine(function, case):
    values = [ag.Value(x) for x in case]
    out = function(*values)
    out.backward()
    return out.data, [v.grad for v in values]


@pytest.mark.parametrize("name", [name for name in TABLE if name != "where"])
def test_every_primitive_keeps_its_conventions_in_lanes(name):
    row = TABLE[name]
    arity = row.arity or 4
    points = POINTS if arity < 3 else POINTS[:4] + POINTS[-3:]
    cases = list(itertools.product(points, repeat=arity))

    def function(*xs):
        return ag.functions.apply(row, *xs)

    values, gradients = compile(vmap(value_and_grad(function, tuple(range(arity)))))(
        *map(list, zip(*cases, strict=True))
    )
    for i, case in enumerate(cases):
        value, slopes = engine(function, case)
        found = [values[i], *(gradient[i] for gradient in gradients)]
        for a, b in zip(found, [value, *slopes], strict=True):
            same = a == b or (a != a and b != b) or abs(a - b) <= 1e-12 * abs(b)
            assert same or (abs(b) < 1e-300 and abs(a - b) < 1e-300), (case, found, value, slopes)


def test_an_unselected_branch_never_contaminates_an_array_program():
    def f(x):
        return ag.where(x > 0, ag.log(x), 0.0) * 2.0 + ag.where(x < 0, 1.0 / x, ag.sqrt(x) * x)

    points = [0.0, 1.0, -1.0, -0.0, 4.0]
    values, slopes = compile(vmap(value_and_grad(f)))(points)
    for x, value, slope in zip(points, values, slopes, strict=True):
        expected, (slope_expected,) = eager(lambda xs: f(xs[0]), [x])
        assert value == pytest.approx(expected)
        assert slope == pytest.approx(slope_expected, nan_ok=True)


def test_a_mask_reaches_dots_sums_and_parameters_used_under_it_alone():
    w = [0.0, 2.0, -1.0]

    def f(w, x):
        inner = ag.log(ag.dot(w, [x, x * x, 1.0])) + ag.log(w[0])
        return ag.where(x > 0, 3.0 * x, inner)

    compiled = compile(vmap(grad(f, (0, 1)), in_axes=(None, 0)))
    slopes, slope = compiled(w, [1.0, 2.0])
    assert slopes == [[0.0] * 3] * 2
    assert slope == [3.0, 3.0]


# --- the callable ----------------------------------------------------------------------------


def quadratic(xs):
    return sum((x - i) ** 2 * 0.5 for i, x in enumerate(xs)) + sum(
        x * y for x, y in itertools.pairwise(xs)
    )


def test_answers_have_the_structures_of_the_arguments(arrays):
    def f(tree, x):
        return sum(a * b for a, b in zip(tree["w"][0], tree["w"][1], strict=True)) * x + sum(
            tree["v"]
        )

    tree = {"w": [[1.0, 2.0], (3.0, 4.0)], "v": np.array([[1.0, 2.0, 3.0]])[0]}
    compiled = compile(value_and_grad(f, (0, 1)))
    for _ in range(2):  # the second call takes the short way
        value, (slopes, slope) = compiled(tree, 2)
        assert value == 28.0
        assert slopes["w"] == [[6.0, 8.0], (2.0, 4.0)]
        assert isinstance(slopes["v"], np.ndarray)
        assert slopes["v"].tolist() == [1.0, 1.0, 1.0]
        assert slope == 11.0


def test_results_do_not_change_with_the_next_call():
    f = compile(value_and_grad(quadratic))
    x = np.linspace(0, 1, 200)
    _, first = f(x)
    kept = first.copy()
    f(x + 1)
    assert (first == kept).all()
    first[:] = 0
    assert (f(x)[1] == kept).all()


def test_threads_share_a_compiled_array_program():
    f = compile(value_and_grad(quadratic))
    x = np.linspace(0, 1, 300)
    expected = [f(x * k) for k in range(8)]
    assert f.cost().path == "arrays"
    wrong = []

    def work(k):
        for _ in range(100):
            value, slope = f(x * k)
            if value != expected[k][0] or (slope != expected[k][1]).any():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_number_of_workspaces_does_not_grow_with_calls():
    f = compile(value_and_grad(quadratic))
    x = np.linspace(0, 1, 300)
    for _ in range(50):
        f(x)
    assert len(f.latest._idle) == 1


def test_float32_is_offered_and_is_within_its_precision():
    x = np.linspace(0, 1, 300)
    double, single = (
        compile(value_and_grad(quadratic)),
        compile(value_and_grad(quadratic), "float32"),
    )
    assert single(x)[0] == pytest.approx(double(x)[0], rel=1e-5)
    assert np.allclose(single(x)[1], double(x)[1], rtol=1e-4, atol=1e-5)
    assert single.cost().bytes < 0.6 * double.cost().bytes
    with pytest.raises(ValueError, match="dtype must be"):
        compile(quadratic, "float16")


def test_many_lanes_go_in_blocks(monkeypatch):
    monkeypatch.setattr(entry.Entry, "_block", lambda self: 7)
    X = np.random.default_rng(0).normal(size=(23, 4))
    values, slopes = compile(vmap(value_and_grad(quadratic)))(X)
    for x, value, slope in zip(X, values, slopes, strict=True):
        expected, gradient = eager(quadratic, x.tolist())
        assert value == pytest.approx(expected, rel=1e-13)
        assert slope == pytest.approx(gradient, rel=1e-12)


@pytest.mark.parametrize(
    ("in_axes", "args"),
    [
        (0, ([1.0, 2.0], [3.0, 4.0])),
        ((None, 0), (3.0, [1.0, 2.0, 3.0])),
        ((0, None), ([1.0, 2.0], 5)),
        (0, (np.array([1.0, 2.0]), [3.0, 4.0])),
        ((0, None), (({"a": [1.0, 2.0], "b": [3.0, 4.0]}), 2.0)),
    ],
)
def test_vmap_stacks_as_it_does_eagerly(in_axes, args):
    def f(x, y):
        x = x["a"] * x["b"] if isinstance(x, dict) else x
        return {"p": x * y, "q": [x, y + 0.0]}

    found, expected = compile(vmap(f, in_axes))(*args), vmap(f, in_axes)(*args)
    assert found["q"] == expected["q"]
    assert type(found["p"]) is type(expected["p"])
    assert list(found["p"]) == list(expected["p"])


def test_arrays_take_the_short_way_through_a_mapped_function_with_the_same_answers():
    def f(w, xs, t):
        return ag.tanh(w[0] * xs[0] + w[1] * xs[1]) * t

    rng = np.random.default_rng(0)
    slopes = vmap(value_and_grad(f, (0, 1)), in_axes=(None, 0, None))
    compiled = compile(slopes)
    for size in (5, 5, 3, 70):
        w, xs, t = rng.normal(size=2), rng.normal(size=(size, 2)), rng.normal()
        value, (by_w, by_xs) = compiled(w, xs, t)
        expected, (by_w_expected, by_xs_expected) = slopes(w, xs, t)
        assert np.allclose(value, expected, rtol=1e-13)
        assert np.allclose(by_w, by_w_expected, rtol=1e-13)
        assert np.allclose(by_xs, by_xs_expected, rtol=1e-13)
    with pytest.raises(ValueError, match="needs axes of one length"):
        compile(vmap(f, in_axes=(0, 0, None)))(np.zeros((3, 2)), np.zeros((4, 2)), 1.0)


def test_workspaces_are_kept_for_a_few_numbers_of_lanes_only():
    f = compile(vmap(lambda x: ag.exp(x) * x))
    for size in range(1, 40):
        assert np.allclose(f(np.ones(size)), math.e)
    assert len(f.latest._free) <= entry.SIZES


def test_arguments_of_one_structure_in_other_forms_share_an_entry(arrays):
    f = compile(value_and_grad(lambda xs, a: sum(x * x for x in xs) * a))
    xs = [1.0, 2.0, 3.0]
    for _ in range(2):  # the second time the short way
        for form in (xs, [np.float64(1.0), 2, 3.0], [1, 2, 3]):
            for a in (2.0, 2, np.float64(2.0), np.array(2.0)):
                assert f(form, a) == (28.0, [4.0, 8.0, 12.0])
    assert len(f._entries) == 1


def test_the_program_shown_is_that_of_the_last_call():
    f = compile(value_and_grad(quadratic))
    small, large = np.ones(200), np.ones(300)
    f(small)
    text = str(f.program)
    f(large)
    assert str(f.program) != text
    f(small)
    assert str(f.program) == text


def test_a_call_that_fails_leaves_the_next_one_right(arrays):
    f = compile(value_and_grad(lambda xs: sum(x * x for x in xs)))
    assert f([1.0, 2.0]) == (5.0, [2.0, 4.0])
    with pytest.raises(OverflowError):
        f([10**400, 2.0])
    assert f([1.0, 3.0]) == (10.0, [2.0, 6.0])


def test_vmap_over_nothing_and_over_unequal_axes():
    assert compile(vmap(lambda x: x * x))([]) == []
    with pytest.raises(ValueError, match="needs axes of one length"):
        compile(vmap(lambda x, y: x * y))([1.0], [1.0, 2.0])


def test_a_program_prints_an_instruction_a_line_and_tells_its_cost():
    f = compile(value_and_grad(quadratic))
    with pytest.raises(RuntimeError, match="has not been compiled yet"):
        f.program  # noqa: B018
    f.lower(np.zeros(500))
    text = str(f.program)
    assert len(text.splitlines()) == len(f.program.instructions) + 2
    assert "mul" in text
    cost = f.cost()
    assert cost.instructions == len(f.program.instructions) < 40
    assert cost.flops > 2000
    assert cost.recorded > 3000


def test_the_number_of_instructions_does_not_depend_on_the_size():
    counts = {
        len(compile(value_and_grad(quadratic)).lower(np.zeros(n)).program.instructions)
        for n in (200, 900)
    }
    assert len(counts) == 1


def ops(function, *args):
    return [x.op for x in compile(function).lower(*args).program.instructions]


def test_a_square_is_differentiated_in_one_product(arrays):
    of_squares = ops(value_and_grad(lambda xs: ag.sum([ag.exp(x * x) for x in xs])), [1.0] * 9)
    assert of_squares == ["mul", "exp", "reduce", "mul", "mul"]


def test_an_instruction_that_nobody_reads_is_dropped(arrays):
    # The partial of a power asks whether its base is 0, to choose between two branches: here the same.
    found = ops(value_and_grad(lambda xs: ag.sum([x**-0.5 for x in xs])), [1.0] * 9)
    assert found == ["pow", "reduce", "pow", "mul"]


def test_what_comes_many_times_is_computed_once(arrays):
    def f(xs):
        return ag.sum([ag.exp(x) * ag.tanh(ag.sum(xs)) for x in xs])

    program = compile(value_and_grad(f)).lower([0.1] * 50).program
    (partial,) = [x for x in program.instructions if x.op == "cosh"]  # of tanh's 1 / cosh**2
    assert partial.elements == 1


def test_a_workspace_may_be_run_again_and_again_with_the_same_result():
    made = run(grouped(quadratic, [0.0] * 30, wanted=30), Task(tuple(range(30))), *LOWER)
    space = running.Workspace(made, None, float)
    space.once[:30] = np.arange(30.0)
    space()
    first = [read() for group in space.results for read in group]
    space()
    assert all(
        (a == b()).all() for a, b in zip(first, [r for g in space.results for r in g], strict=True)
    )


def test_a_program_is_drawn_with_a_box_for_each_instruction():
    program = compile(value_and_grad(quadratic)).lower(np.zeros(300)).program
    source = ag.draw(program).source
    assert source.count("mul") >= sum(x.op == "mul" for x in program.instructions)
    assert "->" in source
