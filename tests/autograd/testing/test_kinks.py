"""Where derivatives are conventions."""

from __future__ import annotations

from autograd import Value, clip, exp, floor, maximum
from autograd.table import TABLE
from autograd.testing.kinks import conventions, kink_points


def test_a_convention_is_recognised_by_its_operands():
    x = Value(1.0)
    assert conventions([maximum(x, 1.0)]) == 1
    assert conventions([maximum(x, 2.0), exp(x)]) == 0


def test_a_jump_and_a_point_between_equal_bounds_are_more_than_one():
    x = Value(1.0)
    assert conventions([floor(x)]) == 2
    assert conventions([clip(x, 1.0, 1.0)]) > 1


def test_every_row_that_has_kinks_has_points_where_they_are():
    for row in TABLE.values():
        assert bool(kink_points(row)) == (row.kinks is not None), row.name
