"""vmap: the loop over the leading axis, and how its answers are stacked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from autograd import Value, exp, grad, jacobian, sum, value_and_grad, vmap


class Point(NamedTuple):
    x: object
    y: object


def test_vmap_maps_over_the_elements_of_a_list():
    assert vmap(lambda x: x * x)([1.0, 2.0, 3.0]) == [1.0, 4.0, 9.0]


def test_vmap_maps_over_the_rows_of_an_array_and_answers_with_an_array():
    out = vmap(lambda row: row[0] * row[1])(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert isinstance(out, np.ndarray)
    np.testing.assert_array_equal(out, [2.0, 12.0])


def test_arrays_that_are_returned_get_one_more_axis():
    out = vmap(lambda x: np.array([x, x + 1]))([1.0, 2.0])
    np.testing.assert_array_equal(out, [[1.0, 2.0], [2.0, 3.0]])


def test_lists_that_are_returned_become_a_list_of_lists():
    assert vmap(lambda x: [x, -x])([1.0, 2.0]) == [[1.0, -1.0], [2.0, -2.0]]


def test_a_tuple_or_dict_that_is_returned_becomes_one_of_stacks():
    assert vmap(lambda x: (x, {"minus": -x}))([1.0, 2.0]) == (
        [1.0, 2.0],
        {"minus": [-1.0, -2.0]},
    )
    assert vmap(lambda x: Point(x, [x]))([1.0, 2.0]) == Point([1.0, 2.0], [[1.0], [2.0]])


def test_the_entries_of_a_dict_or_tuple_are_mapped_together():
    f = vmap(lambda batch: batch["x"] * batch["y"])
    assert f({"x": [1.0, 2.0], "y": [3.0, 4.0]}) == [3.0, 8.0]
    assert vmap(lambda p: p.x - p.y)(Point([1.0, 2.0], [3.0, 5.0])) == [-2.0, -3.0]
    assert vmap(lambda pair: pair[0] - pair[1])(([1.0, 2.0], [3.0, 5.0])) == [-2.0, -3.0]


def test_an_argument_whose_axis_is_none_is_passed_whole():
    f = vmap(lambda w, x: w[0] * x + w[1], in_axes=(None, 0))
    assert f([2.0, 1.0], [10.0, 20.0]) == [21.0, 41.0]


def test_keyword_arguments_are_passed_whole():
    assert vmap(lambda x, scale: x * scale)([1.0, 2.0], scale=10.0) == [10.0, 20.0]


def test_per_sample_gradients():
    def loss(w, x):
        return (w[0] * x[0] + w[1] * x[1]) ** 2

    X = [[1.0, 2.0], [3.0, -1.0]]
    w = [0.5, -0.25]
    got = vmap(grad(loss), in_axes=(None, 0))(w, X)
    assert got == [grad(loss)(w, x) for x in X]
    values, grads = vmap(value_and_grad(loss), in_axes=(None, 0))(w, X)
    assert values == [loss(w, x) for x in X]
    assert grads == got


def test_vmap_inside_a_derivative_stays_connected():
    def f(w):
        return sum(vmap(lambda x: exp(w * x))([0.0, 1.0]))

    assert grad(f)(0.0) == 1.0
    assert grad(grad(f))(0.0) == 1.0


def test_vmap_of_vmap_maps_two_axes():
    assert vmap(vmap(grad(lambda x: x**3)))([[1.0, 2.0], [3.0, 4.0]]) == [[3.0, 12.0], [27.0, 48.0]]


def test_vmap_of_jacobian_stacks_the_matrices():
    out = vmap(jacobian(lambda x: x * x[0]))(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(out, [[[2.0, 0.0], [2.0, 1.0]], [[6.0, 0.0], [4.0, 3.0]]])


def test_vmap_over_values_answers_with_values():
    xs = [Value(1.0), Value(2.0)]
    out = vmap(lambda x: x * x)(xs)
    sum(out).backward()
    assert [x.grad for x in xs] == [2.0, 4.0]
    stacked = vmap(lambda x: x * x)(np.array(xs))
    assert stacked.dtype == object


def test_nothing_to_map_over_answers_with_nothing():
    assert vmap(lambda x: x)([]) == []
    assert vmap(lambda x: x)(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    ("args", "in_axes", "message"),
    [
        (([1.0], [1.0, 2.0]), 0, "argument 0 has 1, argument 1 has 2"),
        (([1.0], 2.0), 0, "argument 1 has no leading axis to map over: it is the float 2.0"),
        (([1.0], {"a": [1.0], "b": 3}), 0, r"argument 1\['b'\] has no leading axis"),
        (([1.0], {}), (None, 0), "there is none"),
        (([1.0],), (0, None), "in_axes has 2 entries, but f got 1 argument"),
    ],
)
def test_axes_that_do_not_fit_are_named(args, in_axes, message):
    calls = []

    def f(*args):
        calls.append(args)

    with pytest.raises(ValueError, match=message):
        vmap(f, in_axes=in_axes)(*args)
    assert not calls


@pytest.mark.parametrize("in_axes", [None, (None, None), ({"a": None},), ()])
def test_mapping_nothing_is_refused(in_axes):
    with pytest.raises(ValueError, match="at least one argument"):
        vmap(lambda x: x, in_axes=in_axes)


def test_answers_of_different_structure_are_refused_by_position():
    with pytest.raises(ValueError, match=r"f returned \[\*, \*\] at position 0 and \[\*\] at .* 1"):
        vmap(f)([2, 1])


def f(n):
    return [0.0] * n
