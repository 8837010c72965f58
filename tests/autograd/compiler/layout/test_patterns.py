"""Patterns: the offsets at which an operand would be a strided view."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.compiler.layout.affine import nest
from autograd.compiler.layout.patterns import patterns


def found(elements, cluster=None, offset=None):
    elements = np.array(elements)
    line = elements.ravel()
    cluster = np.full(len(line), -1) if cluster is None else np.array(cluster)
    offset = line if offset is None else np.array(offset)
    return [x.tolist() for x in patterns(elements, cluster, offset, cluster >= 0)]


def test_elements_as_they_come():
    assert found([7, 3, 5]) == [[0, 1, 2]]


def test_equal_elements_at_one_place_and_each_at_its_own():
    assert found([7, 7, 3, 3]) == [[0, 0, 1, 1], [0, 1, 2, 3]]


def test_a_matrix_by_rows_and_by_columns():
    assert found([[1, 5, 9], [3, 7, 11]]) == [[0, 1, 2, 3, 4, 5], [0, 2, 4, 1, 3, 5]]


def test_the_lines_of_a_plane_go_on_beyond_its_end():
    # Of a plane of 4 by 4, the right neighbours of three columns; those beyond come from elsewhere.
    offset = [1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0]
    cluster = [0, 0, 0, -1] * 3
    assert [*range(12)] in found(range(12), cluster, offset)


@pytest.mark.seeds(20)
def test_every_pattern_is_affine(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, rng.integers(1, 4)))
    elements = rng.integers(0, 9, shape)
    cluster = rng.integers(-1, 2, elements.size)
    for wanted in patterns(elements, cluster, elements.ravel(), cluster >= 0):
        assert len(wanted) == elements.size
        if len(np.unique(wanted)) == len(wanted):
            assert nest(wanted[None]) is not None
