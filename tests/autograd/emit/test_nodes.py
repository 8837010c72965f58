"""Partials on nodes in C build the graph that they build in Python, and give back what they hold."""

from __future__ import annotations

import ctypes
import itertools
import math

import pytest

from autograd import Value
from autograd.emit.headers import rules, traced
from autograd.functions import apply
from autograd.primitives import TABLE
from tests.autograd.emit.compiled import compilers, library, same
from tests.autograd.emit.rows import MORE, entered

NUMBERS = [0.0, -0.0, 0.5, -1.5, 2.0, math.inf, math.nan]
FIXED = [name for name, row in TABLE.items() if row.arity is not None]
BUILT_IN_PYTHON = {"prod", "logsumexp"}


@pytest.fixture(scope="module")
def rows():
    with entered(MORE[-1]):
        yield list(TABLE)


@pytest.fixture(scope="module")
def headers(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("traced")
    numbers = rules()
    nodes = traced(numbers.rows)
    assert nodes.left_out.keys() == BUILT_IN_PYTHON
    (folder / "rules.h").write_text(numbers.text)
    (folder / "traced.h").write_text(nodes.text)
    return folder


@pytest.fixture(scope="module", params=compilers())
def lib(headers, request):
    lib = library("nodes_driver", headers, request.param)
    double, integer = ctypes.c_double, ctypes.c_int
    lib.constant_of.restype = lib.number_of.restype = double
    pointers = [ctypes.POINTER(kind) for kind in (double, integer, integer, double)]
    lib.run.argtypes = [integer, integer, integer, double, integer, *pointers]
    lib.hypot = ctypes.CFUNCTYPE(double, double, double)(math.hypot)
    lib.set_hypot(lib.hypot)
    return lib


def run(lib, op, place, out, operands, fail=-1):
    """What a partial answers in C: the answer, the index of its node or -1, its number."""
    n = len(operands)
    numbers = [x if type(x) is float else x.data for x in operands]
    node, number = ctypes.c_int(), ctypes.c_double()
    arrays = (
        (ctypes.c_double * n)(*numbers),
        (ctypes.c_int * n)(*(type(x) is not float for x in operands)),
    )
    answer = lib.run(
        op, place, fail, out.data, n, *arrays, ctypes.byref(node), ctypes.byref(number)
    )
    return answer, node.value, number.value


def cases(row, arity):
    """Operands, nodes and constants in all mixtures, at least one of them a node."""
    kinds = [numbers for numbers in itertools.product([True, False], repeat=arity) if any(numbers)]
    if row == "where":  # whose condition is a constant: autograd.where makes it one
        kinds = [kind for kind in kinds if not kind[0]]
    numbers = NUMBERS if arity < 3 else NUMBERS[:5]
    for kind in kinds:
        for point in itertools.product(numbers, repeat=arity):
            yield [Value(x) if node else x for x, node in zip(point, kind, strict=True)]


def check_same_graph(lib, rows, index, number, python, known):
    """Whether a node in C and one in Python were made in the same way; known: those of C, by index."""
    if type(python) is float:
        assert index == -1
        assert same(number, python)
        return
    assert index >= 0, python
    if index in known:
        assert known[index] is python
        return
    assert not any(python is other for other in known.values()), "what Python shares was made twice"
    known[index] = python
    assert rows[lib.op_of(index)] == python.primitive.name
    assert same(lib.number_of(index), python.data)
    for place, operand in enumerate(python.operands):
        below = lib.operand_of(index, place)
        check_same_graph(lib, rows, below, lib.constant_of(index, place), operand, known)


@pytest.mark.parametrize("name", [*FIXED, "nested"])
def test_a_partial_builds_the_graph_that_it_builds_in_python(name, rows, lib):
    row, op = TABLE[name], rows.index(name)
    for operands in cases(name, row.arity):
        out = apply(row, *operands)
        for place, partial in enumerate(row.traced):
            expected = partial(out, *operands) if callable(partial) else partial
            answer, index, number = run(lib, op, place, out, operands)
            assert answer == (0 if expected is None else 1), (operands, place)
            if expected is not None:
                known = {
                    0: out,
                    **{1 + i: x for i, x in enumerate(operands) if type(x) is not float},
                }
                check_same_graph(lib, rows, index, number, expected, known)


@pytest.mark.parametrize("name", [*FIXED, "nested"])
def test_a_partial_holds_nothing_but_what_it_answers(name, rows, lib):
    op = rows.index(name)
    for operands in cases(name, TABLE[name].arity):
        out = apply(TABLE[name], *operands)
        for place in range(len(operands)):
            _, index, _ = run(lib, op, place, out, operands)
            for node in range(lib.nodes_made()):
                held_before = node <= len(operands)
                assert lib.references(node) == held_before + (node == index), (operands, place)


@pytest.mark.parametrize("name", [*FIXED, "nested"])
def test_where_a_node_cannot_be_made_the_partial_fails_and_holds_nothing(name, rows, lib):
    op = rows.index(name)
    for operands in itertools.islice(cases(name, TABLE[name].arity), 60):
        out = apply(TABLE[name], *operands)
        for place in range(len(operands)):
            for fail in itertools.count():
                answer, index, _ = run(lib, op, place, out, operands, fail)
                if answer != -1:
                    break  # it makes no more nodes than that
                assert index == -1
                for node in range(lib.nodes_made()):
                    assert lib.references(node) == (node <= len(operands))


@pytest.mark.parametrize("name", ["sum", "dot"])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 9])
def test_partials_that_are_arguments_are_borrowed(name, n, rows, lib):
    operands = [Value(float(i)) if i % 3 else float(i) for i in range(n)]
    expected = TABLE[name].traced[0](None, *operands)
    for place in range(n):
        answer, index, number = run(lib, rows.index(name), place, Value(0.0), operands)
        assert answer == 1
        if type(expected[place]) is float:
            assert (index, number) == (-1, expected[place])
        else:
            assert operands[index - 1] is expected[place]
        assert all(lib.references(node) == 1 for node in range(lib.nodes_made()))
