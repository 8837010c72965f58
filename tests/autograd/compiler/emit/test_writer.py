"""Writing instructions: wherever operands stand, the numbers come out where they are to."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autograd.compiler.emit.writer import Writer
from autograd.compiler.ir.interpret import interpret_program
from autograd.compiler.ir.program import ONCE, Program, Ref
from autograd.compiler.ir.verify import verify_program

GIVEN = np.linspace(0.5, 2.0, 60)


def ref(*positions):
    return Ref(ONCE, np.array(positions))


def check(write, out, expected):
    """What instructions write, after 60 numbers that are given, and 60 places."""
    writer = Writer(120)
    write(writer)
    size = writer.sizes[ONCE]
    outputs = [[out], []]
    count = len(writer.instructions)
    made = Program(
        writer.instructions, size, 0, 0, np.zeros(1), outputs, False, None, None, count, [], 60, []
    )
    verify_program(made)
    ((found,), _) = interpret_program(made, GIVEN)
    assert found.tolist() == pytest.approx(list(expected), rel=1e-15)
    return [instruction.op for instruction in writer.instructions]


LINES = {
    "in a row": range(3, 15),
    "with steps": range(0, 36, 3),
    "backwards": range(20, 8, -1),
    "at one place": [7] * 12,
    "in rows": [10 * i + j for i in range(3) for j in range(4)],
    "anywhere": random.Random(0).sample(range(60), 12),
}
PLACES = {name: [60 + i for i in line] for name, line in LINES.items() if name != "at one place"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("line", LINES)
def test_numbers_are_copied_from_anywhere_to_anywhere(line, place):
    source, out = ref(*LINES[line]), ref(*PLACES[place])
    ops = check(lambda w: w.copy(source, out), out, GIVEN[[*LINES[line]]])
    assert len(ops) <= 2


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("second", LINES)
@pytest.mark.parametrize("first", LINES)
def test_operands_may_stand_anywhere(first, second, place):
    out = ref(*PLACES[place])
    operands = [ref(*LINES[first]), ref(*LINES[second])]
    expected = GIVEN[[*LINES[first]]] * GIVEN[[*LINES[second]]]
    ops = check(lambda w: w.elementwise("mul", operands, out), out, expected)
    assert len(ops) <= 4


@pytest.mark.parametrize("columns", [2, 3, 5, 7, 8, 20])
@pytest.mark.parametrize("kind", ["add", "multiply", "maximum", "minimum"])
@pytest.mark.parametrize("where", ["in a row", "by columns", "anywhere"])
def test_rows_are_reduced_wherever_they_stand(kind, columns, where):
    rng = random.Random(columns)
    matrix = np.arange(3 * columns).reshape(3, columns)
    if where == "by columns":
        matrix = np.arange(3 * columns).reshape(columns, 3).T
    elif where == "anywhere":
        matrix = np.array([[rng.randrange(60) for _ in range(columns)] for _ in range(3)])
    out = ref(70, 71, 74)
    expected = getattr(np, kind).reduce(GIVEN[matrix], 1)
    check(lambda w: w.reduce(kind, Ref(ONCE, matrix), out), out, expected)
