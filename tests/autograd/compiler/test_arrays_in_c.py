"""Calls of a program on arrays, run as records by the native core (``native/arrays.h``)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.native import core

pytestmark = pytest.mark.skipif(core is None, reason="needs the native core")
LOOPS = [(1, np.add), (2, np.subtract), (3, np.multiply), (4, np.divide)]
EDGES = np.array([0.0, -0.0, 1.0, -3.5, 5e-324, 1e308, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize(("operation", "function"), LOOPS)
def test_a_loop_gives_what_numpy_gives(operation: int, function: Any) -> None:
    a, b = (x.ravel().copy() for x in np.meshgrid(EDGES, EDGES))
    for left, right in ((a, b), (np.array(-0.0), b), (a, np.array(3.0))):
        out = np.empty_like(a)
        calls = core.Calls([(operation, function, (left, right, out))])
        calls.run()
        with np.errstate(all="ignore"):
            expected = function(left, right)
        assert calls.loops == 1
        np.testing.assert_array_equal(out, expected)
        finite = ~np.isnan(expected)
        assert np.array_equal(np.signbit(out)[finite], np.signbit(expected)[finite])


def test_an_operand_that_overlaps_its_result_is_left_to_numpy() -> None:
    x = np.arange(8.0)
    calls = core.Calls([(1, np.add, (x[:-1], x[1:], x[1:])), (1, np.add, (x[3:4], x, x))])
    expected = x.copy()
    np.add(expected[:-1], expected[1:], expected[1:])
    np.add(expected[3:4], expected, expected)
    calls.run()
    assert calls.loops == 0
    assert x.tobytes() == expected.tobytes()


@pytest.mark.parametrize("other", [np.zeros(4, "f4"), np.zeros(8)[::2], np.zeros((2, 2)), None])
def test_what_is_no_line_of_doubles_is_no_loop(other: Any) -> None:
    assert core.Calls([(1, np.add, (np.zeros(4), other, np.zeros(4)))]).loops == 0


@pytest.mark.parametrize(
    "wrong", [3, (9, np.add, ()), (-1, np.add, ()), (1, 2, ()), (1, np.add, [])]
)
def test_a_wrong_record_is_refused(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        core.Calls([wrong])


def test_an_exception_of_a_call_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        core.Calls([(0, divmod, (1, 0))]).run()


def test_the_memory_lives_as_long_as_the_records() -> None:
    out = np.empty(500)
    calls = core.Calls([(1, np.add, (np.ones(500), np.ones(500), out))])
    calls.run()
    assert out.tolist() == [2.0] * 500


def test_long_arrays_are_left_to_numpy() -> None:
    out = np.empty(513)
    calls = core.Calls([(1, np.add, (np.ones(513), np.ones(513), out))])
    calls.run()
    assert calls.loops == 0
    assert out.tolist() == [2.0] * 513
