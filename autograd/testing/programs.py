"""Straight-line programs: a function of some inputs, one operation a line, as plain data.

A program, unlike a tree of expressions, can use a result twice, so it reaches the bugs that only shared
nodes have; and being a list it shrinks line by line. It prints as Python that runs.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import functions
from autograd.graph import topological_order
from autograd.operators import apply
from autograd.table import TABLE, USERS, row_named
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
SEQUENCES = {"sum", "prod", "logsumexp"}
SELECTIONS = {
    f"where {sign}": compared
    for sign, compared in {
        "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
    }.items()
}  # fmt: skip
"""Steps of four operands that are no row: ``"where <"`` of p, q, a and b is ``where(p < q, a, b)``."""


class Step(NamedTuple):
    """One line: an operation and what it is applied to."""

    name: str
    """A row of the table, or one of :data:`SELECTIONS`."""
    operands: tuple[Any, ...]
    """ints are earlier results (the inputs first, then the lines), floats are constants."""


class Program:
    """A function of some inputs, written as a list of steps; its value is the last step's.

    Args:
        inputs: the numbers at which it is looked at.
        steps: the lines, as :class:`Step` or as pairs of a row's name and operands.

    Raises:
        ValueError: if a step names no row of the table, or a result that is not there yet.

    >>> program = Program((0.5, 2.0), [("tanh", (0,)), ("mul", (2, 1))])
    >>> program(0.5, 2.0)
    0.92423431452001...
    >>> print(program.source())
    from autograd import Value, tanh
    <BLANKLINE>
    x0 = Value(0.5)
    x1 = Value(2.0)
    n2 = tanh(x0)
    n3 = n2 * x1
    n3.backward()
    """

    __slots__ = ("inputs", "steps")

    def __init__(self, inputs: Sequence[float], steps: Sequence[Any]) -> None:
        self.inputs = tuple(map(float, inputs))
        self.steps = tuple(Step(name, tuple(operands)) for name, operands in steps)
        known = len(self.inputs)
        if not known:
            raise ValueError("a program needs at least one input")
        for name, operands in self.steps:
            if name not in TABLE and name not in USERS and name not in SELECTIONS:
                raise ValueError(f"there is no primitive called {name!r}")
            for operand in operands:
                if isinstance(operand, int) and not 0 <= operand < known:
                    raise ValueError(f"a step uses result {operand}, but {known} are known so far")
            known += 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        return repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __len__(self) -> int:
        """How many nodes there are, inputs included."""
        return len(self.inputs) + len(self.steps)

    def results(self, *inputs: Any) -> list[Any]:
        """All results, inputs first, computed from Values, symbols or numbers."""
        if len(inputs) != len(self.inputs):
            raise TypeError(f"the program has {len(self.inputs)} inputs, not {len(inputs)}")
        results = list(inputs)
        for name, operands in self.steps:
            chosen = [results[x] if isinstance(x, int) else x for x in operands]
            results.append(_result(name, chosen))
        return results

    def __call__(self, *inputs: Any) -> Any:
        """The last result."""
        return self.results(*inputs)[-1]

    def record(self) -> tuple[Value, list[Value]]:
        """The graph at the program's own inputs: its root, and its leaves."""
        leaves = [Value(x, f"x{i}") for i, x in enumerate(self.inputs)]
        return self(*leaves), leaves

    # --- as text -----------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """The steps as assignments."""
        for number, step in enumerate(self.steps, len(self.inputs)):
            yield f"n{number} = {_call(step, self._name)}"

    def source(self) -> str:
        """A Python program that computes and differentiates this one."""
        names = {name.split()[0] for name, _ in self.steps} - {*OPERATORS, "neg"}
        public = sorted(x for x in names if not _shadows(x) and (x in TABLE or x not in USERS))
        shadowing = any(_shadows(name) for name in names)
        text = [f"from autograd import {', '.join(['Value', *public])}"]
        if shadowing:
            text.insert(0, "import autograd")
        if any(not math.isfinite(x) for x in self._constants()):
            text.append("from math import inf, nan")
        text.append("")
        text += [f"x{i} = Value({x!r})" for i, x in enumerate(self.inputs)]
        text += self.lines()
        text.append(f"{self._name(len(self) - 1)}.backward()")
        return "\n".join(text)

    def __repr__(self) -> str:
        steps = ", ".join(f"({name!r}, {operands!r})" for name, operands in self.steps)
        return f"Program({self.inputs!r}, [{steps}])"

    def _constants(self) -> list[float]:
        inside = [x for _, operands in self.steps for x in operands if isinstance(x, float)]
        return [*self.inputs, *inside]

    def _name(self, operand: Any) -> str:
        if isinstance(operand, float):
            return repr(operand) if operand >= 0.0 else f"({operand!r})"
        return f"x{operand}" if operand < len(self.inputs) else f"n{operand}"


def _result(name: str, operands: list[Any]) -> Any:
    if name in SELECTIONS:
        first, second, *branches = operands
        return functions.where(SELECTIONS[name](first, second), *branches)
    if name == "where":  # which asks a number whether it is 0
        return functions.where(*operands)
    return apply(row_named(name), *operands)


def _shadows(name: str) -> bool:
    """Whether a function must be called as autograd's, because a builtin bears its name."""
    return hasattr(builtins, name)


def _call(step: Step, name_of: Callable[[Any], str]) -> str:
    name, operands = step
    shown = [name_of(operand) for operand in operands]
    if name in OPERATORS:
        return f"{shown[0]} {OPERATORS[name]} {shown[1]}"
    if name == "neg":
        return f"-{shown[0]}"
    if name in SELECTIONS:
        return f"where({shown[0]} {name.split()[1]} {shown[1]}, {shown[2]}, {shown[3]})"
    function = f"autograd.{name}" if _shadows(name) else name
    if name == "dot":
        half = len(shown) // 2
        return f"{function}([{', '.join(shown[:half])}], [{', '.join(shown[half:])}])"
    if name in SEQUENCES or (name in TABLE and TABLE[name].arity is None):
        return f"{function}([{', '.join(shown)}])"
    return f"{function}({', '.join(shown)})"


# --- from a graph, and smaller ---------------------------------------------------------------


def program_of(root: Value) -> Program:
    """The program that a graph records; its inputs are the graph's leaves, in topological order."""
    order = topological_order(root)
    leaves = [node for node in order if node.primitive is None]
    place = {node: i for i, node in enumerate(leaves)}
    steps: list[Step] = []
    for node in order:
        if node.primitive is None:
            continue
        operands = [place[x] if isinstance(x, Value) else x for x in node.operands]
        place[node] = len(leaves) + len(steps)
        steps.append(Step(node.primitive.name, tuple(operands)))
    return Program([leaf.data for leaf in leaves], steps)


def reduced(program: Program, fails: Callable[[Program], bool], attempts: int = 200) -> Program:
    """A smaller program that still fails: fewer steps, inputs instead of results.

    Args:
        program: one that fails.
        fails: whether a program fails.
        attempts: how often fails may be asked.
    """
    best, left = program, attempts
    while left > 0:
        for candidate in _smaller(best):
            left -= 1
            if fails(candidate):
                best = candidate
                break
            if left <= 0:
                break
        else:
            return best
    return best


def _smaller(program: Program) -> Iterator[Program]:
    count = len(program.inputs)
    for end in range(1, len(program.steps)):  # a result on the way is the root
        yield tidy(program.inputs, program.steps[:end])
    numbers = program.results(*program.inputs)
    for i in range(len(program.steps) - 1):  # a result becomes an input with its number
        if not math.isfinite(numbers[count + i]):
            continue

        def moved(x: Any, i: int = i) -> Any:
            if isinstance(x, float) or x < count:
                return x
            return count if x == count + i else x + 1 if x < count + i else x

        steps = [
            Step(name, tuple(moved(x) for x in operands))
            for j, (name, operands) in enumerate(program.steps)
            if j != i
        ]
        yield tidy((*program.inputs, numbers[count + i]), steps)


def tidy(inputs: Sequence[float], steps: Sequence[Step]) -> Program:
    """The program without what its last step does not depend on."""
    count = len(inputs)
    needed = {count + len(steps) - 1}
    for i in reversed(range(len(steps))):
        if count + i in needed:
            needed |= {x for x in steps[i].operands if isinstance(x, int)}
    kept = sorted(needed)
    if not any(x < count for x in kept):
        kept.insert(0, 0)  # a program of constants keeps its first input
    place = {old: new for new, old in enumerate(kept)}
    moved = [
        Step(name, tuple(place[x] if isinstance(x, int) else x for x in operands))
        for i, (name, operands) in enumerate(steps)
        if count + i in needed
    ]
    return Program([inputs[i] for i in kept if i < count], moved)
