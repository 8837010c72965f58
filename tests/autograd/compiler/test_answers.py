"""The way out of a compiled function: results in their structure, new at every call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import compile, grad, value_and_grad, vmap
from autograd.compiler.answers import Places, locate, reader
from autograd.compiler.ir.program import CONSTANTS, ONCE, Ref
from autograd.compiler.trees import outline
from autograd.structure import flatten

PATH = "arrays"

TREE = {"a": np.zeros((2, 3)), "b": [0.0, (0.0, 0.0)], "c": 0.0, "d": (0.0, 0.0), "e": []}
SIZE = 12


@dataclass
class Point:
    x: Any
    rest: Any


def taken_apart(tree):
    return np.array(flatten(tree)[0], float)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["in a row", "strided", "scattered", "with constants"])
def test_results_are_read_from_wherever_they_stand(kind, dtype):
    rng = np.random.default_rng(0)
    once = rng.normal(size=100).astype(dtype)
    positions = {"in a row": np.arange(7, 19), "strided": np.arange(60, 0, -5)}.get(
        kind, rng.permutation(100)[:SIZE]
    )
    numbers = np.zeros(SIZE)
    expected = once[positions].astype(float)
    if kind == "with constants":
        known = np.array([0, 3, 6, 9, 10])
        positions = positions.copy()
        positions[known] = -1
        numbers[known] = expected[known] = [0.5, -2.0, 3.0, 0.25, 4.0]
    read = reader(flatten(TREE)[1], Places(positions, numbers), once)
    first = read()
    assert flatten(first)[1] == flatten(TREE)[1]
    assert (taken_apart(first) == expected).all()
    assert first["a"].dtype == float
    once[:] = 0.0
    assert (taken_apart(first) == expected).all()
    first["a"][:] = 7.0
    assert (taken_apart(read()) == np.where(positions < 0, numbers, 0.0)).all()


def test_outputs_are_located_in_the_arenas_and_among_the_constants():
    constants = np.array([1.5, 2.5])
    group = [Ref(ONCE, np.array([4, 5])), 0.25, Ref(CONSTANTS, np.array([1]))]
    positions, numbers = locate(group, constants, 4)
    assert positions.tolist() == [4, 5, -1, -1]
    assert numbers.tolist() == [0.0, 0.0, 0.25, 2.5]
    positions, numbers = locate([0.0], constants, 3)
    assert positions.tolist() == [-1] * 3


def test_arguments_that_do_not_matter_have_derivative_zero_in_their_structure():
    def f(xs, unused, ys):
        return sum(x * x for x in xs) + sum(y * y * y for y in ys)

    xs, unused, ys = np.arange(40.0), np.ones((2, 2)), np.arange(30.0)
    by_all = compile(value_and_grad(f, (2, 1, 0)))
    for _ in range(3):
        value, (by_ys, by_unused, by_xs) = by_all(xs, unused, ys)
        assert value == pytest.approx(float((xs**2).sum() + (ys**3).sum()))
        assert np.allclose(by_xs, 2 * xs)
        assert np.allclose(by_ys, 3 * ys**2)
        assert by_unused.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert by_all.cost().path == "arrays"
    assert compile(grad(f, 1))(xs, unused, ys).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    "answer",
    [
        lambda z: [z[0], z[1] * 2.0],
        lambda z: [[z[0], z[1]], [z[2]], []],
        lambda z: [(z[0], {"a": z[1], "b": [z[2], z[0]]}), None],
        lambda z: [np.array([z[0], z[1]]), np.array([[z[2]], [z[0]]])],
        lambda z: [np.array([z[0] * z[1]]), z[2], (np.array([z[1], z[1]]),)],
        lambda z: [Point(z[0], [z[1], z[2]])],
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_answers_of_lanes_that_are_lists_are_those_of_each_lane(answer, dtype):
    rows = np.arange(12.0).reshape(4, 3)
    found = compile(vmap(answer), dtype)(rows)
    assert type(found) is list
    for mine, row in zip(found, rows, strict=True):
        leaves, structure = flatten(mine)
        expected, same = flatten(compile(answer)(row))
        assert structure == same
        assert leaves == expected
        assert all(type(x) is float for x in leaves)


def test_arrays_in_answers_of_lanes_can_be_changed_one_by_one():
    found = compile(vmap(lambda z: [np.array([z[0], z[1]])]))(np.ones((2, 2)))
    found[0][0][:] = 5.0
    assert found[1][0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_])
def test_a_list_of_numpys_numbers_is_taken_as_one_of_floats_is(kind):
    f = compile(lambda xs: ag.sum([x * 2.0 for x in xs]))
    numbers = [1.0, 0.0, 1.0]
    assert f([kind(x) for x in numbers]) == f(numbers) == 4.0
    assert f([kind(1), 0.0, 1]) == 4.0
    parts, others = [], []
    assert outline([kind(x) for x in numbers], parts) == outline(numbers, others)
    assert len(parts) == len(others) == 1


def test_a_list_with_something_else_than_numbers_has_no_outline():
    assert outline([1.0, "a"], []) is None
    assert outline([np.float64(1.0), np.complex128(1.0)], []) is None
