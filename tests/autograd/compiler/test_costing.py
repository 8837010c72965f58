from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.costing import is_deeper
from autograd.compiler.pipeline import Task, group
from autograd.compiler.stages import simplified
from benchmarks.irregular_cases import CASES
from tests.autograd.compiler.programs import program


def groups_of(graph):
    return len(group(graph, Task(tuple(range(graph.arguments)))).groups)


@pytest.mark.seeds(100)
def test_no_program_has_fewer_groups_than_it_is_deep(seed):
    f, xs = program(seed)
    graph = simplified(f, xs)
    assert not is_deeper(graph, groups_of(graph) + 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_case_has_fewer_groups_than_it_is_deep(case):
    graph = simplified(case.make(ag), np.array(case.point))
    assert not is_deeper(graph, groups_of(graph) + 1)


def running(row):
    def f(xs):
        total, parts = xs[0], []
        for x in xs[1:]:
            total = row(total, ag.sin(x))
            parts.append(total)
        return ag.max(parts) if row is ag.maximum else sum(parts)

    return f


@pytest.mark.parametrize("row", [lambda a, b: a + b, lambda a, b: a * b, ag.maximum])
def test_what_is_one_scan_is_not_deep(row):
    graph = simplified(running(row), [1.0] * 50)
    assert not is_deeper(graph, len(group(graph, Task()).groups) + 1)


def test_a_chain_of_maxima_is_not_deep():
    graph = simplified(lambda xs: reduce(ag.maximum, xs), [1.0] * 50)
    assert groups_of(graph) == 1
    assert not is_deeper(graph, 2)


def test_a_recurrence_is_deep_before_it_is_read_to_its_end():
    def f(x):
        for _ in range(10_000):
            x = ag.sin(x)
        return x

    assert is_deeper(simplified(f, 1.0), 4_000)
    assert not is_deeper(simplified(f, 1.0), 5_000)  # of more than these, nothing is known
