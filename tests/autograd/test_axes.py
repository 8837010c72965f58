"""vmap over any axis, with trees of axes: in and out, eager and compiled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from autograd import Value, compile, grad, sum, value_and_grad, vmap

RUNS = pytest.mark.parametrize("run", [lambda f: f, compile], ids=["eager", "compiled"])
CUBE = np.arange(24.0).reshape(2, 3, 4)


@dataclass
class Pair:
    a: object
    b: object


def total(x):
    return sum(x.ravel().tolist())


@RUNS
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis_of_an_array_is_mapped(run, axis):
    mapped = run(vmap(total, in_axes=axis))
    right = np.moveaxis(CUBE, axis, 0).sum(axis=(1, 2))
    for _ in range(2):
        np.testing.assert_array_equal(mapped(CUBE), right)


@RUNS
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_level_of_nested_lists_is_mapped(run, axis):
    mapped = run(vmap(lambda rows: [sum(row) for row in rows], in_axes=axis))
    right = np.moveaxis(CUBE, axis, 0).sum(axis=2).tolist()
    assert mapped(CUBE.tolist()) == right
    assert mapped(CUBE.tolist()) == right


def test_the_axes_of_a_list_of_arrays_are_the_lists_and_then_theirs():
    for axis in (0, 1, 2, -1):
        right = np.moveaxis(CUBE, axis, 0).sum(axis=(1, 2))
        found = vmap(lambda x: total(np.array(x, dtype=object)), in_axes=axis)(list(CUBE))
        np.testing.assert_array_equal(found, right)


@RUNS
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("kind", [np.array, list], ids=["array", "list"])
def test_the_new_axis_of_an_answer_may_be_any(run, axis, kind):
    def f(x):
        block = [[x * i + j for j in range(4)] for i in range(3)]
        return np.array(block) if kind is np.array else block

    right = np.stack([f(x) for x in (1.0, 2.0)], axis=axis)
    found = run(vmap(f, out_axes=axis))([1.0, 2.0])
    assert type(found) is (np.ndarray if kind is np.array else list)
    np.testing.assert_array_equal(found, right)


@RUNS
def test_each_argument_and_each_answer_may_have_its_own_axis(run):
    def f(x, w, y):
        return x[0] * w + y, {"x": [x[0], x[1]], "pair": Pair(np.array([y, y]), w)}

    X, w, y = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 10.0, np.array([7.0, 8.0, 9.0])
    axes = (0, {"x": 1, "pair": Pair(-1, 0)})
    first, rest = run(vmap(f, in_axes=(1, None, 0), out_axes=axes))(X, w, y)
    np.testing.assert_array_equal(first, [17.0, 28.0, 39.0])
    assert rest["x"] == X
    np.testing.assert_array_equal(rest["pair"].a, [y, y])
    np.testing.assert_array_equal(rest["pair"].b, [w, w, w])


@RUNS
def test_a_tree_of_axes_maps_parts_of_an_argument(run):
    def f(batch, pair):
        return batch["w"] * batch["x"] + pair.a * pair.b[0] - pair.b[1]

    args = {"w": 10.0, "x": [1.0, 2.0]}, Pair([[1.0, 2.0]], [3.0, [5.0, 6.0]])
    axes = {"x": 0, "w": None}, Pair(1, [None, 0])

    def first(batch, pair):
        return f(batch, Pair(pair.a[0], pair.b))

    assert run(vmap(first, in_axes=axes))(*args) == [8.0, 20.0]
    slopes = run(vmap(grad(first), in_axes=axes))(*args)
    assert slopes == {"w": [1.0, 2.0], "x": [10.0, 10.0]}


@RUNS
def test_what_is_the_same_at_all_positions_need_not_be_stacked(run):
    def f(x, w):
        return x * w, {"w": w, "seven": 7.0}

    mapped = vmap(f, in_axes=(0, None), out_axes=(0, None))
    assert run(mapped)([1.0, 2.0], 3.0) == ([3.0, 6.0], {"w": 3.0, "seven": 7.0})
    with pytest.raises(
        ValueError, match=r"out_axes\[1\] is None, which is for what is known to be"
    ):
        run(vmap(lambda x: (x, x), out_axes=(0, None)))([1.0, 2.0])
    assert vmap(lambda x, w: w * w, in_axes=(0, None), out_axes=None)([1.0, 2.0], 3.0) == 9.0


@RUNS
def test_derivatives_of_mapped_functions_and_maps_of_derivatives_agree(run):
    def f(w, x):
        return sum([a * a * b for a, b in zip(w, x, strict=True)])

    W, X = np.arange(6.0).reshape(3, 2), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    values, slopes = run(vmap(value_and_grad(f), in_axes=(1, 1), out_axes=(0, 1)))(W, X)
    np.testing.assert_array_equal(values, (W * W * X).sum(axis=0))
    np.testing.assert_array_equal(slopes, 2.0 * W * X)
    through = run(grad(lambda W: sum(vmap(f, in_axes=1)(W, X).tolist())))(W)
    np.testing.assert_array_equal(through, slopes)
    nested = run(vmap(vmap(lambda a, b: a * b, in_axes=(0, None)), in_axes=(1, 0), out_axes=1))
    np.testing.assert_array_equal(nested(W, np.array([1.0, 10.0])), W * [1.0, 10.0])


def test_values_stay_connected_through_other_axes():
    rows = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    out = vmap(lambda column: column[0] * column[1], in_axes=1)(rows)
    sum(out).backward()
    assert [[x.grad for x in row] for row in rows] == [[3.0, 4.0], [1.0, 2.0]]


@RUNS
@pytest.mark.parametrize(
    ("in_axes", "args", "message"),
    [
        (2, ([[1.0], [2.0]],), "argument 0 has no axis 2 to map over: it has 2"),
        (-2, (np.ones(3),), "argument 0 has no axis -2 to map over: it has 1"),
        (1, ([[1.0, 2.0], [3.0]],), "axis 1 of argument 0 has no one length, but 2, 1"),
        (1, (5.0,), "argument 0 has no leading axis to map over: it is the float 5.0"),
        ((0, 1), ([1.0], np.ones((1, 2))), r"argument 0 has 1, argument 1 has 2"),
        (({"x": 0},), ({"y": [1.0]},), r"in_axes of argument 0 has the keys \['x'\], but"),
        (
            ((0, None),),
            ([1.0, 2.0],),
            "in_axes of argument 0 is a tuple of 2, but argument 0 is a l",
        ),
        ((0, 1), ([1.0],), "in_axes has 2 entries, but f got 1 arguments"),
    ],
)
def test_axes_that_do_not_fit_are_named(run, in_axes, args, message):
    def f(*args):
        return 1.0

    with pytest.raises(ValueError, match=message):
        run(vmap(f, in_axes=in_axes))(*args)


@RUNS
@pytest.mark.parametrize(
    ("out_axes", "message"),
    [
        (1, "a number's stack, by out_axes, has no axis 1"),
        ((0, 1), "out_axes is a tuple of 2, but the function's answer is one number"),
    ],
)
def test_axes_that_do_not_fit_the_answer_are_named(run, out_axes, message):
    with pytest.raises(ValueError, match=message):
        run(vmap(lambda x: x, out_axes=out_axes))([1.0, 2.0])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"in_axes": True}, "vmap needs in_axes as an int, None, or a tree of these, not True"),
        ({"in_axes": (0, "x")}, r"not 'x' as in_axes\[1\]"),
        ({"out_axes": {"a": 1.0}}, r"vmap needs out_axes as .* not 1.0 as out_axes\['a'\]"),
    ],
)
def test_what_is_no_axis_is_refused(axes, message):
    with pytest.raises(TypeError, match=message):
        vmap(lambda x: x, **axes)
