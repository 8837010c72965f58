from __future__ import annotations

import ctypes
import math
import subprocess

import pytest

import autograd as ag
from autograd import Value, compile, value_and_grad
from autograd.compiler.stages import simplified
from autograd.compiler.standalone import to_c
from autograd.compiler.tape import encode, evaluate
from autograd.primitives import TABLE
from tests.autograd.compiler.programs import program
from tests.autograd.emit.compiled import compilers, same

POINTS = [0.0, -0.0, 1.0, -1.0, 0.3, 2.5, -3.5, 1000.0, 1e-20, 1e200, math.inf, -math.inf, math.nan]


@pytest.fixture(params=compilers())
def run(request, tmp_path):
    """Compiles a source without a warning, and calls its function."""

    def compiled(source, name="f"):
        (tmp_path / "f.c").write_text(source)
        flags = ["-std=c99", "-O2", "-ffp-contract=off", "-fno-builtin-pow", "-shared", "-fPIC"]
        flags += ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        command = [request.param, *flags, "f.c", "-o", f"{request.param}.so", "-lm"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        function = getattr(ctypes.CDLL(str(tmp_path / f"{request.param}.so")), name)

        def call(numbers, count):
            out = (ctypes.c_double * max(count, 1))()
            function((ctypes.c_double * max(len(numbers), 1))(*numbers), out)
            return list(out)[:count]

        return call

    return compiled


def test_value_and_gradient_as_c_have_the_same_bits(run):
    w = Value(1.5)

    def f(xs, y):
        return ag.sigmoid(xs[0] * w) * ag.logsumexp([*xs, y]) + ag.where(y > 0.0, xs[1] % 3.0, -0.0)

    compiled = compile(value_and_grad(f, (0, 1)))
    value, ((a, b), c) = compiled([0.3, -7.0], 2.0)
    source = compiled.to_c("value_and_slopes")
    assert "in: the 3 numbers of ([*, *], *)." in source
    assert run(source, "value_and_slopes")([0.3, -7.0, 2.0], 4) == [value, a, b, c]


@pytest.mark.seeds(3)
def test_random_programs_as_c_mean_what_they_meant(seed, run):
    f, xs = program(seed)
    code = encode(simplified(f, xs))
    found = run(to_c(code, "f", []))(xs, len(code.outputs))
    assert all(map(same, found, evaluate(code, xs)))


def test_every_row_as_c_answers_as_ever(run):
    rows = [row for row in TABLE.values() if row.name != "hypot"]  # which is C's here

    def f(x, y, z):
        return [ag.functions.apply(row, *(x, y, z, y)[: row.arity or 4]) for row in rows]

    code = encode(simplified(f, 1.0, 1.0, 1.0))
    call = run(to_c(code, "f", []))
    for x in POINTS:
        for y in POINTS:
            expected = evaluate(code, [x, y, 0.7])
            found = call([x, y, 0.7], len(rows))
            assert all(map(same, found, expected)), (x, y)


def test_a_name_that_c_has_not_is_refused():
    compiled = compile(lambda x: x).lower(1.0)
    for name in ("", "1f", "a-b", "f(x)", "int main"):
        with pytest.raises(ValueError, match="name must be"):
            compiled.to_c(name)


def test_a_comment_cannot_be_left():
    compiled = compile(lambda d: d["*/ x"] * 2).lower({"*/ x": 1.0})
    assert compiled.to_c().count("*/") == 1
