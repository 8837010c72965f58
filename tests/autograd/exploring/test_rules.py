"""The rules in JavaScript give the numbers of the rules in Python."""

from __future__ import annotations

import math
import random
import sys

import pytest

from autograd.emit.javascript import translated
from autograd.exploring.bundle import resource
from autograd.primitives import TABLE
from autograd.table import ABSENT, Primitive
from tests.autograd.emit.rows import MORE, entered
from tests.autograd.emit.test_c import SPECIAL
from tests.autograd.exploring.node import READ, bits, needs_node, run, ulps, unbits

TWO = (2, 2)

LISTED = {
    # sums, quotients and squares of what may be off by one
    **dict.fromkeys(("tanh", "sigmoid", "silu", "softplus", "log_sigmoid", "logsumexp"), (2, 4)),
    **dict.fromkeys(("lgamma", "digamma", "polygamma"), (4, 4)),
    # the C library's has not all digits either
    "cbrt": (4, 2),
    # these are not in a browser: see functions.js
    "erf": (4, 2),
    "erfc": (4, 2),
    "erfinv": (4, 2),
}
"""How many floats the number and a partial may be off, where that is not 2."""

CANCEL = {"gelu": 2e-16, "lgamma": 2e-16, "digamma": 2e-16}
"""Where two terms cancel, and few digits are left in Python too: what they may be off instead."""

COMPUTE = """
console.log(JSON.stringify(data.map(([row, args, out]) => {
  const { forward, partials } = RULES[row];
  const v = args.map(unbits), o = unbits(out);
  if (Array.isArray(partials))
    return [bits(forward(...v)), partials.map((p) => bits(typeof p === "function" ? p(o, ...v) : p))];
  const p = new Float64Array(v.length);
  partials(p, o, v.length, Float64Array.from(v));
  return [bits(forward(v.length, Float64Array.from(v))), Array.from(p, bits)];
})));
"""


def point(rng: random.Random) -> float:
    """A number, special or drawn."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(SPECIAL)
    if kind < 0.6:
        return rng.uniform(-1.0, 1.0)
    if kind < 0.9:
        return rng.gauss(0.0, 4.0)
    return rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-20.0, 20.0)


def partials_of(row: Primitive, out: float, args: list[float]) -> list[float | None]:
    """A row's partials in Python."""
    if row.arity is None:
        return list(row.partials[0](out, *args))
    return [p(out, *args) if callable(p) else p for p in row.partials]


def compared(rows: list[Primitive], folder, count: int):
    """For each row: arguments, what Python gives and what JavaScript gives."""
    texts, left_out = translated(rows)
    assert left_out == {}
    cases = []
    for place, row in enumerate(rows):
        rng = random.Random(row.name)  # so that a new row changes no other's points
        few = [[x] for x in SPECIAL] if row.arity == 1 else []
        sizes = [row.arity or rng.randint(1, 12) for _ in range(count)]
        if row.name == "dot":
            sizes = [2 * size for size in sizes]
        for args in [*few, *([point(rng) for _ in range(size)] for size in sizes)]:
            out = row.forward(*args)
            cases.append((place, args, out, partials_of(row, out, args)))
    compensated = "true" if sys.version_info >= (3, 12) else "false"
    head = f'"use strict";\nconst COMPENSATED_SUM = {compensated};\n{resource("functions.js")}'
    script = f"{head}\nconst RULES = [\n{', '.join(texts)}\n];\n{READ}{COMPUTE}"
    sent = [[place, list(map(bits, args)), bits(out)] for place, args, out, _ in cases]
    for (place, args, out, partials), (js_out, js_partials) in zip(
        cases, run(folder, script, sent), strict=True
    ):
        yield (
            rows[place].name,
            args,
            (out, unbits(js_out)),
            partials,
            list(map(unbits, js_partials)),
        )


@needs_node
def test_every_row_gives_pythons_numbers_in_javascript(tmp_path):
    rows = set()
    for name, args, (out, js_out), partials, js_partials in compared(
        list(TABLE.values()), tmp_path, 600
    ):
        rows.add(name)
        forward, partial = LISTED.get(name, TWO)
        slack = CANCEL.get(name, 0.0)
        assert ulps(out, js_out) <= forward or abs(out - js_out) <= slack, (name, args, out, js_out)
        for i, (p, q) in enumerate(zip(partials, js_partials, strict=True)):
            near = p is not None and q is not None and abs(p - q) <= slack
            assert near or ulps(p, q) <= partial, (name, args, i, p, q)
    assert rows == set(TABLE)


@needs_node
def test_what_no_row_of_the_table_needs_is_translated_too(tmp_path):
    with entered(*MORE):
        rows = [TABLE[define.__name__] for define, _ in MORE]
        for name, args, (out, js_out), partials, js_partials in compared(rows, tmp_path, 100):
            close = [(out, js_out), *zip(partials, js_partials, strict=True)]
            for a, b in close:
                assert ulps(a, b) <= 8 or math.isclose(a, b, rel_tol=1e-12), (name, args, a, b)


def test_a_row_that_asks_for_a_number_is_left_out_with_the_reason():
    def branches(xp):
        return lambda x: x if x > 0 else 2 * x, lambda out, x: 1.0

    def fine(xp):
        return lambda x: xp.exp(x), lambda out, x: xp.where(x > 0.0, out, ABSENT)

    with entered((branches, 1), (fine, 1)):
        texts, left_out = translated([TABLE["branches"], TABLE["fine"]])
    assert texts[0] == "null"
    assert "must select with xp.where" in left_out["branches"]
    assert list(left_out) == ["branches"]
    assert texts[1] == (
        "{ forward: (x0) => xp.exp(x0), partials: [(out, x0) => (x0 > 0.0) ? out : null] }"
    )


def test_a_rows_name_is_no_part_of_its_text():
    def define(xp):
        return lambda x: x * x, lambda out, x: 2.0 * x

    name = '"</script><script>alert(1)//'
    define.__name__ = name
    row = Primitive(define, "", 1, False, None, None)
    assert name not in translated([row])[0][0]


@pytest.mark.parametrize("arity", [4, 5])
def test_rows_of_many_arguments_are_translated(arity):
    def many(xp):
        return lambda *args: args[0] - args[-1], *[1.0] * arity

    row = Primitive(many, "", arity, False, None, None)
    assert f"x0 - x{arity - 1}" in translated([row])[0][0]
