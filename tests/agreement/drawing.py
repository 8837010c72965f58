"""Random programs to compare two ways of running on: tame ones, ones at kinks, wild ones, and blocks of equal ones."""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from autograd.table import TABLE
from autograd.testing.generation import grow, row_names
from autograd.testing.programs import SELECTIONS, Program, Step, tidy
from benchmarks.gradcheck_accuracy import RandomChooser

if TYPE_CHECKING:
    import random

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1.5, 2.5]
FAR = [math.inf, -math.inf, math.nan, 1000.0, -1000.0, 1e-20, 1e200, 1e-200, 5e-324]
ROWS = [name for name in TABLE if name != "where"]
STEPPED = {"sign", "floor", "ceil", "round"}
N_ARY = [name for name in ROWS if TABLE[name].arity is None]
KINDS = ("tame", "kinked", "wild", "far")
"""Smooth around the inputs; kinks hit, domains kept; neither kept; and infinite, nan or huge inputs besides."""


def draw(rng: random.Random) -> Program:
    """A program of one of the kinds; every second one many times side by side, as real code has it."""
    kind = rng.choice(KINDS)
    count = rng.randint(1, 4)
    if kind == "tame":
        chooser = RandomChooser(rng, more=0.9)
        inputs = [round(chooser.number(), 3) for _ in range(count)]
        program = grow(chooser, inputs, row_names(None, smooth=True), count + rng.randint(1, 12))
    elif kind == "kinked":
        inputs = [rng.choice(EDGES) for _ in range(count)]
        chooser = _Edgy(rng, more=0.9)
        program = grow(chooser, inputs, ROWS, count + rng.randint(1, 12), smooth=False)
    else:
        program = _wild(rng, count, rng.randint(1, 10), far=kind == "far")
    if not program.steps:
        program = Program(program.inputs, [Step("mul", (0, 0))])
    program = tidy(program.inputs, program.steps)
    return beside(rng, program, rng.randint(2, 12), kind) if rng.random() < 0.5 else program


class _Edgy(RandomChooser):
    """Constants at which rules have kinks and poles."""

    def number(self) -> float:
        return self._generator.choice(EDGES)


def number(rng: random.Random, kind: str) -> float:
    """An input of a program of a kind."""
    if kind == "far" and rng.random() < 0.25:
        return rng.choice(FAR)
    if kind != "tame" and rng.random() < 0.6:
        return rng.choice(EDGES)
    return round(rng.uniform(-2.5, 2.5), 3)


def _wild(rng: random.Random, inputs: int, steps: int, far: bool) -> Program:
    kind = "far" if far else "wild"
    found: list[Step] = []
    for known in range(inputs, inputs + steps):
        name = rng.choice([*ROWS, *N_ARY, *N_ARY, "where", *SELECTIONS, "mul", "add"])
        if name in STEPPED and rng.random() < 0.7:  # past which no gradient flows
            name = "mul"
        arity = 4 if name in SELECTIONS else TABLE[name].arity or 2 * rng.randint(1, 3)
        operands: list[Any] = []
        for place in range(arity):
            if place and rng.random() < 0.2:
                operands.append(number(rng, kind))
            elif not place and rng.random() < 0.6:
                operands.append(known - 1)
            else:  # later results rather than earlier ones
                operands.append(max(rng.randrange(known), rng.randrange(known)))
        found.append(Step(name, tuple(operands)))
    return Program([number(rng, kind) for _ in range(inputs)], found)


def beside(rng: random.Random, program: Program, copies: int, kind: str) -> Program:
    """A program many times, on inputs and constants some of which differ, its results reduced to one."""

    def other(x: float) -> float:
        # A tame program stays in its domain only near where it grew.
        return x * rng.uniform(0.95, 1.05) if kind == "tame" else number(rng, kind)

    count = len(program.inputs)
    own = [i > 0 and rng.random() < 0.7 for i in range(count)]
    own[0] = True
    varying = rng.random() < 0.5
    inputs = list(program.inputs)
    places = [list(range(count))]
    for _ in range(copies - 1):
        place = []
        for i in range(count):
            place.append(len(inputs) if own[i] else i)
            if own[i]:
                inputs.append(other(program.inputs[i]))
        places.append(place)
    steps: list[Step] = []

    def add(name: str, *operands: Any) -> int:
        steps.append(Step(name, operands))
        return len(inputs) + len(steps) - 1

    results = []
    for place in places:
        known = list(place)
        for name, operands in program.steps:
            moved: list[Any] = []
            for x in operands:
                if isinstance(x, int):
                    moved.append(known[x])
                else:
                    moved.append(other(x) if varying else x)
            known.append(add(name, *moved))
        results.append(known[-1])
    how = rng.choice(["sum", "prod", "logsumexp", "dot", "add", "mul", "hypot", "weighted"])
    if how == "weighted":
        add("sum", *[add("mul", result, round(rng.uniform(-1, 1), 3)) for result in results])
    elif how == "dot":
        add("dot", *results, *results[::-1])
    elif TABLE[how].arity == 2:
        reduce(partial(add, how), results)
    else:
        add(how, *results)
    return Program(inputs, steps)
