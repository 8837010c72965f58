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
    from .graph import Graph

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


def source(graph: Graph, fast: bool) -> str:
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
    constants = [_literal(x) for x in graph.constants]
    n = graph.arguments
    names = [f"x{i}" if i < n else f"p{i}" for i in range(graph.leaves)]
    lines = ["def program(arguments, parameters):"]
    if n:
        lines.append(f"    {', '.join(names[:n])}, = arguments")
    if graph.parameters:
        lines.append(f"    {', '.join(names[n:])}, = parameters")
    for i in range(graph.leaves, len(graph.operands)):
        row = graph.primitives[i]
        assert row is not None
        operands = [names[x] if x >= 0 else constants[~x] for x in graph.operands[i]]
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
    results = [names[i] if i >= 0 else constants[~i] for i in graph.outputs]
    lines.append(
        f"    return {''.join(r + ', ' for r in results).rstrip()}" if results else "    return ()"
    )
    return "\n".join(lines)


def _calls(graph: Graph) -> dict[Primitive, str]:
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


def generate(graph: Graph) -> Program:
    """A function of the arguments' and the parameters' numbers that runs the graph."""
    if len(graph.operands) - graph.leaves > LONGEST:
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


def _interpreter(graph: Graph) -> Program:
    """The same without generated code, for graphs too long for Python's compiler."""
    start = graph.leaves
    one: list[tuple[Any, int, int]] = []
    constants = graph.constants
    size = len(graph.operands)
    # Constants live behind the numbers, so that ~k counts from the end as Python's indices do.
    tail = constants[::-1]
    for row, operands in zip(graph.primitives[start:], graph.operands[start:], strict=True):
        assert row is not None
        if len(operands) == 2:
            one.append((row.forward, *operands))
        elif len(operands) == 1:
            one.append((row.forward, operands[0], size))
        else:
            one.append((_spread(row, operands), size, size))

    def run(arguments: Sequence[float], parameters: Sequence[float]) -> tuple[float, ...]:
        numbers: list[Any] = [*arguments, *parameters, *[0.0] * (size - start), *tail]
        end = size
        for i, (forward, a, b) in enumerate(one, start):
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
