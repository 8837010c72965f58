"""Hypothesis strategies: Values, programs, kinks, modules and datasets that shrink to something readable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.table import TABLE
from autograd.value import Value

from ._extras import require
from .growing import grow, kink_points, row_names
from .programs import Program, Step

if TYPE_CHECKING:
    from collections.abc import Collection

    from hypothesis.strategies import DrawFn, SearchStrategy


def _strategies() -> Any:
    require("hypothesis", "autograd.testing's strategies")
    from hypothesis import strategies

    return strategies


def numbers(min_value: float = -1000.0, max_value: float = 1000.0) -> SearchStrategy[float]:
    """Floats of everyday size, whole and round ones often; never nan, infinite or subnormal.

    Args:
        min_value: the smallest.
        max_value: the largest.
    """
    st = _strategies()
    choices = [st.floats(min_value, max_value, allow_subnormal=False)]
    if max(min_value, -3.0) < min(max_value, 3.0):
        small = st.floats(max(min_value, -3.0), min(max_value, 3.0), allow_subnormal=False)
        choices.insert(0, small)
    if math.ceil(min_value) <= math.floor(max_value):
        whole = st.integers(math.ceil(min_value), math.floor(max_value))
        choices.insert(0, whole.map(float))
    found: SearchStrategy[float] = st.one_of(choices)
    return found


def values(
    min_value: float = -1000.0, max_value: float = 1000.0, labels: bool = False
) -> SearchStrategy[Value]:
    """Finite leaves. ``st.from_type(Value)`` draws these.

    Args:
        min_value: the smallest number.
        max_value: the largest.
        labels: whether they may have labels.
    """
    st = _strategies()
    names = st.sampled_from(["", "x", "loss", "w[0]"]) if labels else st.just("")
    found: SearchStrategy[Value] = st.builds(Value, numbers(min_value, max_value), names)
    return found


class _DrawChooser:
    """Choices that Hypothesis makes, and shrinks."""

    def __init__(self, draw: DrawFn) -> None:
        st = _strategies()
        self._draw, self._boolean, self._number = draw, st.booleans(), constants()
        self._integers = st.integers

    def boolean(self) -> bool:
        chosen: bool = self._draw(self._boolean)
        return chosen

    def index(self, count: int) -> int:
        chosen: int = self._draw(self._integers(0, count - 1))
        return chosen

    def number(self) -> float:
        chosen: float = self._draw(self._number)
        return chosen


def constants() -> SearchStrategy[float]:
    """Numbers for programs: of moderate size, in steps of 1/16 so that they read well, or any."""
    st = _strategies()
    tidy = st.integers(-48, 48).map(lambda n: n / 16.0)
    loose = st.floats(-20.0, 20.0, allow_subnormal=False)
    found: SearchStrategy[float] = st.one_of(tidy, loose)
    return found


def expressions(
    n_inputs: int | None = None,
    ops: Collection[Any] | None = None,
    max_nodes: int = 20,
    smooth: bool = True,
) -> SearchStrategy[Program]:
    """Programs: functions of a few inputs, together with a point at which to look at them.

    A :class:`Program` is callable on Values, numbers and lists of either's kind; ``program.inputs`` is the point,
    ``program.record()`` its graph there, and ``print(program.source())`` prints it as Python. Shared nodes,
    operands used twice and constants all occur. Shrinking drops lines and makes numbers round.

    Args:
        n_inputs: how many inputs; by default one to three.
        ops: which primitives, by name or as functions; all by default.
        max_nodes: how many nodes there may be, inputs included.
        smooth: whether each program must be smooth in a neighbourhood of its point: no kink, pole or edge of a
            domain comes nearer than a margin while the inputs move by an eighth of themselves. It holds by
            construction: nothing is drawn and rejected.

    Raises:
        ValueError: if an op is not a primitive, or the numbers do not fit together.
    """
    st = _strategies()
    names = row_names(ops, smooth)
    if n_inputs is not None and n_inputs < 1:
        raise ValueError(f"n_inputs must be at least 1, not {n_inputs}")
    if max_nodes < (n_inputs or 1) + 1:
        raise ValueError(f"max_nodes={max_nodes} leaves no room for an operation")
    most = n_inputs if n_inputs is not None else min(3, max_nodes - 1)

    def programs(draw: DrawFn) -> Program:
        count = n_inputs if n_inputs is not None else draw(st.integers(1, most))
        inputs = [draw(constants()) for _ in range(count)]
        return grow(_DrawChooser(draw), inputs, names, max_nodes, smooth)

    found: SearchStrategy[Program] = st.composite(programs)()
    return found


def kinks(ops: Collection[Any] | None = None) -> SearchStrategy[Program]:
    """Programs that stand exactly at a kink, a tie or a jump of one operation, with smooth ones after it.

    Args:
        ops: which primitives' kinks; by default those of all that have any.

    Raises:
        ValueError: if an op is not a primitive, or has no kinks.
    """
    st = _strategies()
    points = {name: kink_points(TABLE[name]) for name in row_names(ops, smooth=False)}
    if ops is not None:
        for name, found in points.items():
            if not found:
                raise ValueError(f"ops: {name!r} has no kinks")
    pairs = [(name, point) for name, found in points.items() for point in found]

    def programs(draw: DrawFn) -> Program:
        name, point = draw(st.sampled_from(pairs))
        operands: list[Any] = []
        inputs: list[float] = []
        for place, x in enumerate(point):
            constant = place > 0 and draw(st.booleans())
            operands.append(x if constant else len(inputs))
            if not constant:
                inputs.append(x)
        first = Step(name, tuple(operands))
        kinked = len(inputs)
        # An affine function of the kink, so that what comes after neither hides nor adds one.
        steps = [first]
        if draw(st.booleans()):
            steps.append(Step("mul", (kinked, draw(st.sampled_from([2.0, -1.0, 0.5, -3.0])))))
            if draw(st.booleans()):
                steps.append(Step("add", (kinked + 1, 0)))
        return Program(inputs, steps)

    made: SearchStrategy[Program] = st.composite(programs)()
    return made
