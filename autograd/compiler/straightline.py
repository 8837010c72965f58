"""The straight-line path: a graph as Python source over floats, for what holds no arrays.

A generated line takes about 25 ns. The first version of the code uses :mod:`math` directly, whose functions
raise at poles and on overflow; then the call is repeated with the table's own rules, which answer as IEEE 754
says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import primitives as p
from . import conditions as c

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..primitives import Primitive
    from .ir.scalar import ScalarGraph

    Program = Callable[[Sequence[float], Sequence[float]], tuple[float, ...]]

LONGEST = 20_000
"""The most operations put into one generated function; Python's compiler takes long over longer ones."""

_EXACT = {
    p.add: "{} + {}",
    p.sub: "{} - {}",
    p.mul: "{} * {}",
    p.neg: "-{}",
    p.abs_: "abs({})",
    p.where: "{1} if {0} else {2}",
    p.maximum: "{0} if {0} > {1} or {0} != {0} else {1}",
    p.minimum: "{0} if {0} < {1} or {0} != {0} else {1}",
    p.relu: "{0} if {0} > 0.0 or {0} != {0} else 0.0",
    c.lt: "{} < {}",
    c.le: "{} <= {}",
    c.equal: "{} == {}",
    c.isnan: "{0} != {0}",
    c.both: "{} and {}",
    c.either: "{} or {}",
    c.negation: "not {}",
    c.detach: "{}",
    c.same: "{}",
}
"""What is the same in both versions."""

_IN_MATH = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "cbrt",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "erf",
    "erfc",
    "atan2",
    "hypot",
]

_FAST = (
    _EXACT
    | {p.div: "{} / {}", p.pow_: "pow({}, {})", p.mod: "{} % {}", p.floordiv: "{} // {}"}
    | {
        p.TABLE[name]: f"{name}({', '.join(['{}'] * (p.TABLE[name].arity or 1))})"
        for name in _IN_MATH
    }
)

_MATH = {name: getattr(math, name) for name in [*_IN_MATH, "pow"]}


def source(graph: ScalarGraph, fast: bool) -> str:
    """The graph as the source of a Python function of the arguments and the parameters' numbers.

    >>> from autograd import exp
    >>> from autograd.compiler.stages import simplified
    >>> print(source(simplified(lambda x, y: exp(x) / y, 1.0, 1.0), fast=True))
    def program(arguments, parameters):
        x0, x1, = arguments
        v2 = exp(x0)
        v3 = v2 / x1
        return v3,
    """
    templates = _FAST if fast else _EXACT
    called = _calls(graph)
    n = graph.arguments
    names = [f"x{i}" if i < n else f"p{i}" for i in range(graph.leaves)]
    lines = ["def program(arguments, parameters):"]
    if n:
        lines.append(f"    {', '.join(names[:n])}, = arguments")
    if graph.parameters:
        lines.append(f"    {', '.join(names[n:])}, = parameters")
    for i in range(graph.leaves, len(graph.operands)):
        row = graph.primitives[i]
        if row is None:
            names.append(_literal(graph.constants[i]))
            continue
        operands = [names[x] for x in graph.operands[i]]
        template = templates.get(row)
        if template is not None:
            text = template.format(*operands)
        elif row is p.sum_ and len(operands) < 30:
            text = " + ".join(operands)
        elif row is p.dot and len(operands) < 60:
            half = len(operands) // 2
            text = " + ".join(
                f"{a} * {b}" for a, b in zip(operands[:half], operands[half:], strict=True)
            )
        else:
            text = f"{called[row]}({', '.join(operands)})"
        names.append(f"v{i}")
        lines.append(f"    v{i} = {text}")
    results = [names[i] for i in graph.outputs]
    lines.append(
        f"    return {''.join(r + ', ' for r in results).rstrip()}" if results else "    return ()"
    )
    return "\n".join(lines)


def _calls(graph: ScalarGraph) -> dict[Primitive, str]:
    """What the code calls the rows of a graph; of users' rows two may have one name."""
    found: dict[Primitive, str] = {}
    for row in graph.primitives:
        if row is not None and row not in found:
            name = f"row_{row.name}"
            found[row] = name if name not in found.values() else f"{name}_{len(found)}"
    return found


def _literal(number: float) -> str:
    if math.isfinite(number):
        return f"({number!r})" if number < 0 or str(number) == "-0.0" else repr(number)
    return "nan" if number != number else "inf" if number > 0 else "(-inf)"


def generate(graph: ScalarGraph) -> Program:
    """A function of the arguments' and the parameters' numbers that runs the graph."""
    if graph.operations > LONGEST:
        return _interpreter(graph)
    rows = {name: row.forward for row, name in _calls(graph).items()}
    base = {"inf": math.inf, "nan": math.nan, "abs": abs} | rows
    exact: Program | None = None

    def build(fast: bool) -> Any:
        space: dict[str, Any] = base | (_MATH if fast else {})
        exec(compile(source(graph, fast), "<compiled by autograd>", "exec"), space)  # noqa: S102
        return space["program"]

    fast: Program = build(True)

    def run(arguments: Sequence[float], parameters: Sequence[float]) -> tuple[float, ...]:
        nonlocal exact
        try:
            return fast(arguments, parameters)
        except (ValueError, OverflowError, ZeroDivisionError):
            if exact is None:
                exact = build(False)
            return exact(arguments, parameters)

    return run


def _interpreter(graph: ScalarGraph) -> Program:
    """The same without generated code, for graphs too long for Python's compiler."""
    start = graph.leaves
    one: list[tuple[int, Any, int, int]] = []
    end = len(graph.operands)
    tail = [graph.constants.get(i, 0.0) for i in range(start, end)]
    for i in range(start, end):
        row, operands = graph.primitives[i], graph.operands[i]
        if row is None:
            continue
        if len(operands) == 2:
            one.append((i, row.forward, *operands))
        elif len(operands) == 1:
            one.append((i, row.forward, operands[0], end))
        else:
            one.append((i, _spread(row, operands), end, end))

    def run(arguments: Sequence[float], parameters: Sequence[float]) -> tuple[float, ...]:
        numbers: list[Any] = [*arguments, *parameters, *tail]
        for i, forward, a, b in one:
            if b != end:
                numbers[i] = forward(numbers[a], numbers[b])
            elif a != end:
                numbers[i] = forward(numbers[a])
            else:
                numbers[i] = forward(numbers)
        return tuple([numbers[i] for i in graph.outputs])

    return run


def _spread(row: Primitive, operands: tuple[int, ...]) -> Callable[[list[float]], float]:
    return lambda numbers: row.forward(*[numbers[i] for i in operands])
