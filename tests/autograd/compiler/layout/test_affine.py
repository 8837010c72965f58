"""Views: the strides that are found give the positions, and are found wherever there are some."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd.compiler.layout.affine import LEVELS, fitting, nest, nest_rows, plane, steps


def positions(shape, strides, start=0):
    """The positions of a view."""
    axes = np.indices(shape).reshape(len(shape), math.prod(shape))
    return start + np.array(strides, dtype=int) @ axes


def is_view(vectors, found):
    shape, strides = found
    lines = [positions(shape, s, v[0]) for v, s in zip(vectors, strides, strict=True)]
    return (np.array(lines) == vectors).all()


@pytest.mark.seeds(50)
def test_a_common_shape_of_views_is_found(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 5, rng.integers(1, LEVELS + 1)).tolist())
    count = int(rng.integers(1, 4))
    strides = rng.integers(-9, 10, (count, len(shape)))
    vectors = np.array([positions(shape, s, rng.integers(99)) for s in strides])
    found = nest(vectors)
    assert found is not None
    assert is_view(vectors, found)
    assert len(found[0]) <= len(shape)  # axes that go on alike are one


@pytest.mark.seeds(50)
def test_what_is_found_gives_the_positions(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 3, (int(rng.integers(1, 3)), int(rng.integers(1, 9))))
    found = nest(vectors)
    if found is not None:
        assert is_view(vectors, found)


def test_what_runs_in_no_nested_way_is_no_view():
    assert nest(np.array([[0, 1, 3]])) is None
    assert nest(np.array([[0, 1, 5, 6, 11, 12]])) is None
    assert nest(np.array([[0, 1, 2, 3], [0, 1, 9, 11]])) is None
    deep = positions((2,) * (LEVELS + 1), [1000, 300, 90, 20, 1])
    assert nest(deep[None]) is None


def test_one_number_is_a_view_without_axes():
    assert nest(np.array([[7], [3]])) == ((), [(), ()])


def test_strides_are_plain_integers():
    shape, strides = nest(np.array([[0, 1, 2, 10, 11, 12]]))
    assert {type(n) for n in (*shape, *strides[0])} == {int}


@pytest.mark.seeds(30)
def test_rows_keep_their_axes_apart_from_columns(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 6, 2)
    down, across = rng.integers(1, 50, 2)
    matrix = positions((rows, columns), (down, across)).reshape(1, rows, columns)
    outer, inner, strides = nest_rows(matrix)
    assert (outer, inner, strides) == ((rows,), (columns,), [(down, across)])
    assert plane(matrix[0]) == (down, across)
    assert steps(matrix) == (0, down, across)


def test_a_plane_and_a_box_with_one_number_elsewhere_have_no_strides():
    box = positions((2, 3, 4), (100, 10, 1)).reshape(2, 3, 4)
    assert steps(box) == (100, 10, 1)
    assert plane(box[0]) == (10, 1)
    for at in np.ndindex(box.shape):
        moved = box.copy()
        moved[at] += 1
        assert steps(moved) is None
        if at[0] == 0:
            assert plane(moved[0]) is None


def test_columns_that_run_differently_in_each_row_are_no_rows_of_a_view():
    assert nest_rows(np.array([[[0, 1, 2], [10, 12, 14]]])) is None
    assert nest_rows(np.array([[[0, 1, 2], [10, 11, 12], [21, 22, 23]]])) is None


@pytest.mark.parametrize(
    ("strides", "shape", "expected"),
    [
        ((12, 4, 1), (2, 3, 4), (12, 4, 1)),
        ((12, 1, 3), (2, 3, 4), (12, 1, 3)),
        ((0, 6, 1), (1, 3, 4), (0, 6, 1)),
        ((0, 3, 1), (1, 3, 4), None),  # rows that overlap
        ((0, 8, 2), (1, 3, 4), None),
        ((0, 0, 1), (1, 3, 4), None),  # a row that is repeated
        ((0, 0, 1), (1, 1, 4), (0, 4, 1)),
        ((0, 5, 0), (1, 3, 1), (0, 5, 1)),
        ((0, 1, 0), (1, 3, 1), (0, 1, 3)),
        (None, (1, 3, 4), None),
    ],
)
def test_blas_takes_matrices_of_which_one_axis_goes_by_1(strides, shape, expected):
    assert fitting(strides, shape) == expected
