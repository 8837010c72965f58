"""The rules in C give the numbers of the rules in Python, bit for bit."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
from array import array

import pytest

from autograd import native
from autograd.emit.headers import rules
from autograd.primitives import TABLE
from tests.autograd.emit.compiled import compilers, library, same
from tests.autograd.emit.rows import MORE, entered

INF, NAN = math.inf, math.nan
FEW = [0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -3.0, 1e-300, -1e300, 5e-324, INF, -INF, NAN]
SPECIAL = [
    *FEW,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    -2.0,
    3.0,
    36.0,
    1e-8,
    -1e-8,
    1e16,
    1e300,
    -1e-300,
    22.5,
]
SPECIAL += [math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0), -math.nextafter(1.0, 0.0)]
SPECIAL += [
    1e-310,
    -5e-324,
    1.7976931348623157e308,
    709.5,
    710.5,
    -745.2,
    745.2,
    9007199254740993.0,
]
SPECIAL += [k * math.pi / 4 for k in (1, 2, 3, 4, 6, -2, 1000)]

rng = random.Random(12)
DRAWN = [rng.gauss(0.0, 1.0) * 10.0 ** rng.uniform(-3.0, 2.0) for _ in range(2000)]


def points(arity):
    """Where rows of so many arguments are compared, by the number of arguments."""
    if arity is None:
        mixed = [*SPECIAL, *DRAWN[:100]]
        wide = [rng.gauss(0.0, 1.0) * 10.0 ** rng.uniform(-20.0, 20.0) for _ in range(100)]
        found = {}
        for n in [*range(1, 10), 100]:
            kinds = [SPECIAL, mixed, DRAWN, wide, [0.0, -0.0], [1e308, -1e308, 1.0]]
            found[n] = [tuple(rng.choices(kind, k=n)) for kind in kinds for _ in range(40)]
        return found
    if arity == 1:
        return {1: [(x,) for x in SPECIAL + DRAWN]}
    if arity == 2:
        drawn = [tuple(rng.choices(DRAWN, k=2)) for _ in range(2000)]
        return {2: [*itertools.product(SPECIAL, repeat=2), *drawn]}
    drawn = [tuple(rng.choices([0.5, *DRAWN[:9]], k=arity)) for _ in range(1000)]
    return {arity: [*itertools.product(FEW, repeat=arity), *drawn]}


def in_python(row, point):
    """The value and the partials, None where absent."""
    out = float(row.forward(*point))
    if row.arity is None:
        return out, list(row.partials[0](out, *point))
    return out, [p(out, *point) if callable(p) else p for p in row.partials]


@pytest.fixture(scope="module")
def rows():
    with entered(*MORE):
        yield dict(TABLE)


@pytest.fixture(scope="module")
def headers(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    header = rules()
    assert header.left_out == {}
    (folder / "rules.h").write_text(header.text)
    return folder


@pytest.fixture(scope="module", params=compilers())
def lib(headers, request):
    lib = library("rules_driver", headers, request.param)
    lib.name_of.restype = lib.digest.restype = ctypes.c_char_p
    double, count = ctypes.c_double, ctypes.c_ssize_t
    lib.run.argtypes = [ctypes.c_int, count, count, *[ctypes.c_void_p] * 5]
    lib.hypot = ctypes.CFUNCTYPE(double, double, double)(math.hypot)
    lib.set_hypot(lib.hypot)
    return lib


def in_c(lib, op, n, cases):
    """The same of many points."""
    size = len(cases)
    flat = array("d", itertools.chain.from_iterable(cases))
    out, partials = array("d", bytes(8 * size)), array("d", bytes(8 * size * n))
    has, work = array("i", bytes(4 * size * n)), array("d", bytes(8 * n * lib.scratch() or 8))
    buffers = [x.buffer_info()[0] for x in (flat, out, partials, has, work)]
    lib.run(op, n, size, *buffers)
    for k in range(size):
        one = slice(k * n, k * n + n)
        yield out[k], [p if h else None for p, h in zip(partials[one], has[one], strict=True)]


@pytest.mark.parametrize("name", [*TABLE, *(define.__name__ for define, _ in MORE)])
def test_a_row_in_c_gives_the_bits_of_the_row_in_python(name, rows, lib):
    row, op = rows[name], list(rows).index(name)
    for n, cases in points(row.arity).items():
        for point, (out, partials) in zip(cases, in_c(lib, op, n, cases), strict=True):
            expected, slopes = in_python(row, point)
            assert same(out, expected), (point, out, expected)
            for place in range(n):
                found = partials[place], slopes[place]
                assert same(*found), (point, place, *found)


def test_a_row_is_numbered_by_its_place_in_the_table(rows, lib):
    assert lib.count_of_rows() == len(rows)
    for op, (name, row) in enumerate(rows.items()):
        assert lib.name_of(op).decode() == name
        assert lib.arity_of(op) == (row.arity or 0)


def test_the_header_tells_what_it_was_made_from(lib):
    assert (lib.digest(0).decode(), lib.digest(1).decode()) == native.digests()
