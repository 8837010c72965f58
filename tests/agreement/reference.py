"""What the engine answers, each number with a bound on what another order of evaluation may make of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value, dot, grad, hvp, vjp
from autograd.graph import topological_order
from autograd.table import TABLE
from autograd.testing.programs import SELECTIONS, Program

from . import anyorder
from .anyorder import RULES, Number, Unsure, lift, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Expected(NamedTuple):
    """A number that the engine computed."""

    number: float
    error: float
    """How far from it another order may come; infinite where it may come anywhere."""


class Answers:
    """The engine's answers for a function at a point.

    Args:
        function: a :class:`Program`, or any function of numbers whose comparisons are decided by exact ones.
        point: its arguments.
    """

    def __init__(self, function: Callable[..., Any], point: Sequence[float]) -> None:
        self.function = function
        self.leaves = [Value(x) for x in point]
        self.root = function(*self.leaves)
        self.decided = True
        if isinstance(function, Program):
            numbers, self.decided = survey(function, point)
            self.results = [Expected(x.value, x.error) for x in numbers]
            error = numbers[-1].error
        else:
            error = 0.0
            if isinstance(self.root, Value):
                error, self.decided = survey_graph(self.root)
        self.value = Expected(_data(self.root), error)

    # What a transform starts from is a Value too, so that no product of it is folded into a constant unseen.

    def gradient(self) -> list[Expected]:
        """The derivatives by all inputs."""
        return self._known(vjp(self._of_list, self.leaves)[1](Value(1.0))[0])

    def product(self, direction: Sequence[float]) -> list[Expected]:
        """The Hessian's product with a direction, forward over reverse."""
        tangents = [Value(x) for x in direction]
        return self._known(hvp(self._of_list, (self.leaves,), (tangents,))[0])

    def twice(self, direction: Sequence[float]) -> list[Expected]:
        """The same, reverse over reverse."""
        tangents = [Value(x) for x in direction]

        def slope(xs: Any) -> Any:
            return dot(grad(self._of_list)(xs), tangents)

        return self._known(grad(slope)(self.leaves))

    def hessian(self) -> list[Expected]:
        """All second derivatives, row by row."""
        found = []
        for row in range(len(self.leaves)):

            def slope(xs: Any, row: int = row) -> Any:
                return grad(self._of_list)(xs)[row]

            found += self._known(vjp(slope, self.leaves)[1](Value(1.0))[0])
        return found

    def _of_list(self, xs: Any) -> Any:
        return self.function(*xs)

    def _known(self, nodes: Sequence[Any]) -> list[Expected]:
        if not self.decided:
            return [Expected(_data(node), math.inf) for node in nodes]
        found = bounds([node for node in nodes if isinstance(node, Value)])
        return [
            Expected(node.data, found[node]) if isinstance(node, Value) else Expected(node, 0.0)
            for node in nodes
        ]


def _data(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def survey(program: Program, point: Sequence[float]) -> tuple[list[Number], bool]:
    """A program's results, inputs first, and whether its derivatives are the same in any order: no step is so near to a kink,
    and no comparison to a tie, that rounding decides."""
    results = [Number(x) for x in point]
    anyorder.doubts.clear()
    decided = True
    for name, operands in program.steps:
        chosen = [results[x] if isinstance(x, int) else Number(x) for x in operands]
        if name in SELECTIONS or name == "where":
            if name == "where":
                condition: Any = truth(chosen[0])
                branches = chosen[1:]
            else:
                condition = SELECTIONS[name](chosen[0], chosen[1])
                branches = chosen[2:]
            decided &= not isinstance(condition, Unsure)
            results.append(RULES.namespace.where(condition, *branches))
            continue
        rule = RULES[TABLE[name]]
        out = lift(rule.forward(*chosen))
        decided &= certain(rule.partials, out, chosen)
        results.append(out)
    return results, decided


def survey_graph(root: Value) -> tuple[float, bool]:
    """The same from a graph, with the value's bound; the comparisons of its function left no trace there."""
    numbers = trace([root])
    decided = True
    for node in numbers:
        row = node.primitive
        if row is not None and row.name != "where":
            operands = [Number(x) if isinstance(x, float) else numbers[x] for x in node.operands]
            decided &= certain(RULES[row].partials, numbers[node], operands)
    return numbers[root].error, decided


def certain(partials: Sequence[Any], out: Number, operands: Sequence[Number]) -> bool:
    """Whether a row's partials are the same in any order."""
    before = len(anyorder.doubts)
    for partial in partials:
        if callable(partial):
            partial(out, *operands)
    return len(anyorder.doubts) == before


def bounds(nodes: Sequence[Value]) -> dict[Value, float]:
    """For each of some Values a bound on what other orders of evaluating its graph may make of it."""
    numbers = trace(nodes, derivatives=True)
    return {node: numbers[node].error for node in nodes}


def trace(roots: Sequence[Value], derivatives: bool = False) -> dict[Value, Number]:
    """The numbers of all nodes of a graph, in topological order.

    Args:
        roots: its last nodes.
        derivatives: whether they are derivatives. Cotangents that meet at what is computed once, and not
            twice, are added before they are multiplied: (1 - 0.5) * inf, where inf - 0.5 * inf is nan.
    """
    numbers: dict[Value, Number] = {}
    for node in topological_order(*roots):
        row = node.primitive
        if row is None:
            numbers[node] = Number(node.data)
            continue
        operands = [Number(x) if isinstance(x, float) else numbers[x] for x in node.operands]
        if row.name == "where":  # whose condition was decided
            numbers[node] = operands[1] if operands[0].value else operands[2]
        elif row.name == "sub" and node.operands[1] == 0.0:  # a transform's own name for it
            numbers[node] = operands[0]
        else:
            numbers[node] = lift(RULES[row].forward(*operands))
        born = derivatives and row.name in {"add", "sub"} and math.isnan(node.data)
        if born and not any(math.isnan(x.value) for x in operands):
            numbers[node] = Number(node.data, math.inf)
        off = abs(numbers[node].value - node.data)
        if off > 0.0:
            raise AssertionError(f"{row.name} gave {node.data}, its rule {numbers[node].value}")
    return numbers
