"""Array graphs of functions, and what they compute, next to the engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd as ag
from autograd.compiler.array.build import build
from autograd.compiler.array.legalize import legalize
from autograd.compiler.array.vjp import vjp
from autograd.compiler.ir.array import interpret, verify
from autograd.compiler.pipeline import GROUP, Task, run
from autograd.compiler.stages import simplified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.ir.array import ArrayGraph


class Passes(NamedTuple):
    """A graph after each pass."""

    values: ArrayGraph
    derivatives: ArrayGraph
    legal: ArrayGraph
    captured: list[float]
    """The numbers of the leaves that the function captures, which come after its arguments."""


def graphs(
    function: Callable[..., Any], *args: Any, wanted: int = 0, batched: int = 0, exact: bool = False
) -> Passes:
    """The verified graphs of a function of arguments like these.

    Args:
        function: it returns one number.
        args: structures of numbers.
        wanted: by how many of the first numbers to differentiate.
        batched: how many of the last numbers differ from lane to lane.
        exact: whether what is absent is told from 0.
    """
    graph = simplified(function, *args)
    leaves = tuple(range(wanted))
    lanes = tuple(range(graph.arguments - batched, graph.arguments))
    task = Task(leaves, lanes, exact)
    values = build(run(graph.assigned(leaves, lanes), task, *GROUP))
    verify(values)
    found = vjp(values, leaves, exact=exact)
    verify(found)
    legal = legalize(found)
    verify(legal, legal=True)
    return Passes(values, found, legal, [x.data for x in graph.parameters])


def results(graph: ArrayGraph, leaves: Sequence[Any], lanes: int = 1) -> tuple[Any, Any]:
    """The first output in every lane, and the derivatives, (number, lane)."""
    tape = interpret(graph, leaves, lanes)
    return tape[int(graph.outputs.flat[0])], tape[graph.gradients]


def value_and_slopes(
    function: Callable[..., Any], inputs: Sequence[float], make: Callable[[ArrayGraph], ArrayGraph]
) -> list[float]:
    """What the graph that a pass makes computes, asked again exactly where a nan may be wrong."""
    for exact in (False, True):
        passes = graphs(function, list(inputs), wanted=len(inputs), exact=exact)
        found = make(passes.derivatives)
        value, slopes = results(found, [*inputs, *passes.captured])
        numbers = [float(value[0]), *slopes[:, 0].tolist()]
        if not (found.doubtful and any(map(math.isnan, numbers))):
            break
    return numbers


def eager(function: Callable[..., Any], inputs: Sequence[float]) -> list[float]:
    """Value and gradient by the engine."""
    values = [ag.Value(x) for x in inputs]
    out = function(values)
    if isinstance(out, ag.Value):
        out.backward()
    return [float(getattr(out, "data", out)), *[value.grad for value in values]]


def eager_over_lanes(
    function: Callable[..., Any], shared: Sequence[float], rows: Any
) -> tuple[list[float], Any]:
    """The values of lanes, and the sum of their gradients by what they share, by the engine."""
    found, total = [], np.zeros(len(shared))
    for row in rows:
        value, *slopes = eager(function, [*shared, *row])
        found.append(value)
        total = total + slopes[: len(shared)]
    return found, total
