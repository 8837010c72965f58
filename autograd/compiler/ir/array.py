"""The array graph: operations on whole arrays of numbers, all of which stand on one virtual tape.

The numbers of a graph are the *elements* 0, 1, 2... of a tape, in the order in which they are defined. A *value* is an
interval of it. An operand is an integer array of elements, of any shape and in any order: with repeats, out of several
values, with constants among them. Gathering, concatenating, transposing and broadcasting are therefore no operations,
and what they cost is not decided before places are.

==============  ================================================================================
``input``       leaves; ``detail`` has their ids
``lanes``       how many lanes there are
``seed``        the cotangent to begin with, where it is set from outside
a primitive     applied side by side to operands of one dimension
``reduce``      along the rows of a matrix; ``detail`` is the kind: add, multiply, maximum, minimum
``accumulate``  the same with all that comes before the end, (rows, columns); ``detail`` is the kind
``segment``     of stretches of a line; ``detail`` is the kind, then where the stretches begin
``contract``    A (b, m, k) and B (b, n, k) to (b, m, n); ``detail``: whether summed over the lanes
``batch_sum``   the sum over the lanes
==============  ================================================================================

The element :attr:`ArrayGraph.absent` is a 0 that is not there: as a factor it makes no term of a contraction, and a product
with it is absent. So what comes from a branch that was not taken is told from what is 0.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ...namespaces import numpy_namespace
from ...primitives import Primitive
from ...table import bind_table
from .ops import KERNELS
from .verify import InvariantError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from autograd.drawing.model import Graph, Options

    from ...namespaces import Namespace

    Array = Any
    Elements = Any
    """An integer array of elements of the tape."""
    Operand = float | Elements


class Value(NamedTuple):
    """An operation and the interval of the tape that its results are."""

    op: Primitive | str
    args: tuple[Operand, ...]
    shape: tuple[int, ...]
    base: int
    """The first element."""
    batched: bool
    """Whether the numbers differ from lane to lane."""
    detail: Any = None

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def stop(self) -> int:
        """The element after the last."""
        return self.base + math.prod(self.shape)

    @property
    def elements(self) -> Elements:
        """Its elements in their shape."""
        import numpy as np

        return np.arange(self.base, self.stop).reshape(self.shape)

    @property
    def reads(self) -> Iterator[Elements]:
        """The operands that are not a constant."""
        return (x for x in self.args if not isinstance(x, float))

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.op if isinstance(self.op, str) else self.op.name


class ArrayGraph(NamedTuple):
    """Values in the order in which they can be computed.

    >>> from autograd import exp
    >>> from autograd.compiler.array.build import forward
    >>> print(forward(lambda xs: sum(exp(x) * x for x in xs), [1.0] * 9))
    e0:9 = input 9
    e9:18 = exp e0:9
    e18 = contract e0:9 e9:18
    return e18
    """

    values: list[Value]
    size: int
    """How many elements the tape has."""
    numbers: Mapping[int, float]
    """The number of each element that is a constant."""
    absent: int
    """The element that is absent, -1 if there is none."""
    outputs: Elements
    gradients: Elements
    """The derivatives of the first output, or none."""
    doubtful: bool = False
    """Whether something absent was read as 0, so that a nan may be wrong."""

    def _drawing(self, options: Options) -> Graph:
        """The values, for ``autograd.draw``."""
        from ..diagram import array_diagram

        return array_diagram(self, options)

    def __str__(self) -> str:
        lines = [f"{_span(v)} = {v.name}{self._detail(v)}" for v in self.values]
        results = [self._text(self.outputs.ravel())]
        if self.gradients.size:
            results.append(self._text(self.gradients.ravel()))
        return "\n".join([*lines, f"return {'; '.join(results)}"])

    def _detail(self, value: Value) -> str:
        parts = []
        if value.op == "input":
            parts.append(str(value.size))
        elif value.op == "segment":
            parts += [value.detail[0], str(value.size)]
        elif value.op in {"reduce", "accumulate"}:
            parts.append(value.detail)
        elif value.op == "contract" and value.detail:
            parts.append("over lanes")
        parts += [f"{x:g}" if isinstance(x, float) else self._text(x) for x in value.args]
        return "".join(f" {part}" for part in parts)

    def _text(self, elements: Elements) -> str:
        """Elements as runs that go up by 1, a few of them."""
        flat = elements.ravel()
        constant = [int(x) in self.numbers for x in flat.tolist()]
        goes_on = [a + 1 == b for a, b in pairwise(flat.tolist())]
        cuts = [i for i, on in enumerate(goes_on, 1) if not on or constant[i] or constant[i - 1]]
        runs: list[str] = []
        for start, stop in zip([0, *cuts[:4]], [*cuts[:4], len(flat)], strict=True):
            first, count = int(flat[start]), stop - start
            if len(runs) == 4:
                runs.append(f"...{len(flat)}")
            elif first in self.numbers and count == 1:
                runs.append("absent" if first == self.absent else f"{self.numbers[first]:g}")
            else:
                runs.append(f"e{first}" if count == 1 else f"e{first}:{first + count}")
        return ",".join(runs)

    @property
    def operations(self) -> int:
        """How many values are computed."""
        return sum(value.op not in {"input", "lanes", "seed"} for value in self.values)


def _span(value: Value) -> str:
    end = "" if value.size == 1 else f":{value.stop}"
    return f"e{value.base}{end}{' batched' if value.batched else ''}"


def interpret(
    graph: ArrayGraph, leaves: Sequence[float | Array], lanes: int = 1, seed: float = 1.0
) -> Array:
    """What an array graph means: the number of every element in every lane, an array (elements, lanes).

    Elements that no value has are nan.

    Args:
        graph: the graph.
        leaves: by id of leaf a number, or one for each lane.
        lanes: how many lanes there are.
        seed: the cotangent to begin with.
    """
    import numpy as np

    tape = np.full((graph.size, lanes), np.nan)
    for element, number in graph.numbers.items():
        tape[element] = number
    with np.errstate(all="ignore"):
        for value in graph.values:
            if value.op == "input":
                found: Any = [np.broadcast_to(leaves[i], (lanes,)) for i in value.detail]
            elif value.op == "lanes":
                found = float(lanes)
            elif value.op == "seed":
                found = seed
            else:
                found = _computed(graph, value, tape)
            tape[value.base : value.stop] = found
    return tape


@cache
def _numpy() -> Namespace:
    """The namespace of arrays, with all rows of the table."""
    found = numpy_namespace()
    bind_table(found)
    return found


def _computed(graph: ArrayGraph, value: Value, tape: Array) -> Array:
    import numpy as np

    args: list[Any] = [np.float64(x) if isinstance(x, float) else tape[x] for x in value.args]
    op, detail = value.op, value.detail
    found: Any
    if isinstance(op, Primitive):
        return op.bind(_numpy()).forward(*args)
    if op == "contract":
        a, b = args
        there: list[Any] = [elements != graph.absent for elements in value.reads]
        terms = there[0][:, :, None, :, None] & there[1][:, None, :, :, None]
        found = np.where(terms, a[:, :, None] * b[:, None], 0.0).sum(3).reshape(value.size, -1)
        return found.sum(-1, keepdims=True) if detail else found
    if op == "batch_sum":
        return args[0].sum(-1, keepdims=True)
    if op == "reduce":
        return getattr(np, detail).reduce(args[0], 1)
    if op == "accumulate":
        return getattr(np, detail).accumulate(args[0], 1).reshape(value.size, -1)
    assert op == "segment"
    kind, *starts = detail
    return getattr(np, kind).reduceat(args[0], starts, 0)


_OF_CONSTANTS = {"contract", "reduce", "accumulate", "segment", "batch_sum"}
"""What has operands whose shape matters, though all of one be one constant."""


def verify(graph: ArrayGraph, legal: bool = False) -> None:
    """Check the invariants of an array graph.

    V1 an operand's elements come before its value, or are constants. V2 shapes agree. V3 a value is batched just where
    an operand is, but for ``input``, ``batch_sum`` and sums over lanes. V4 an operand that is one constant is a float.
    V5 what is absent stands in contractions and gradients only. V6 no two values are the same operation on the same
    operands. V7 every primitive is a kernel (asked for after legalization only).

    Args:
        graph: the graph.
        legal: whether to ask for V7.

    Raises:
        InvariantError: if one does not hold; it tells which, and of which value.
    """
    _Verifier(graph).run()
    for value in graph.values if legal else ():
        _hold(isinstance(value.op, str) or value.op in KERNELS, "V7", value)


def _hold(holds: bool, invariant: str, value: Value | str) -> None:
    if not holds:
        where = value if isinstance(value, str) else f"{_span(value)} = {value.name}"
        raise InvariantError(f"{invariant}: {where}")


class _Verifier:
    def __init__(self, graph: ArrayGraph) -> None:
        import numpy as np

        self.np = np
        self.graph = graph
        self.constant = np.zeros(graph.size, bool)
        self.constant[list(graph.numbers)] = True
        self.defined = self.constant.copy()
        self.batched = np.zeros(graph.size, bool)

    def run(self) -> None:
        graph, seen = self.graph, set()
        for value in graph.values:
            span = slice(value.base, value.stop)
            _hold(value.base >= 0 and value.stop <= graph.size, "V1", value)
            _hold(not self.defined[span].any(), "V1", value)
            for elements in value.reads:
                self._operand(value, elements)
            self._shapes(value)
            self._lanes(value)
            detail = None if value.detail is None else self.np.asarray(value.detail).tolist()
            args = [x if isinstance(x, float) else (x.shape, x.tobytes()) for x in value.args]
            key = repr((value.op, args, detail)) if value.args else None
            _hold(key is None or key not in seen, "V6", value)
            seen.add(key)
            self.defined[span] = True
            self.batched[span] = value.batched
        for elements in (graph.outputs, graph.gradients):
            inside = elements.size == 0 or (elements.min() >= 0 and elements.max() < graph.size)
            _hold(bool(inside and self.defined[elements].all()), "V1", "the results")

    def _operand(self, value: Value, elements: Elements) -> None:
        inside = elements.size and elements.min() >= 0 and elements.max() < self.graph.size
        _hold(bool(inside) and bool(self.defined[elements].all()), "V1", value)
        first = elements.flat[0]
        alone = bool(self.constant[first]) and bool((elements == first).all())
        _hold(not alone or value.op in _OF_CONSTANTS, "V4", value)
        if value.op != "contract":
            _hold(not (elements == self.graph.absent).any(), "V5", value)

    def _shapes(self, value: Value) -> None:
        shapes = [x.shape for x in value.reads]
        if isinstance(value.op, Primitive):
            fits = all(shape == value.shape for shape in shapes) and len(value.shape) == 1
            fits = fits and value.op.arity in {None, len(value.args)} and bool(shapes)
        elif value.op == "contract":
            a, b = shapes
            fits = (a[0], a[2]) == (b[0], b[2]) and value.shape == (a[0], a[1], b[1])
        elif value.op == "reduce":
            fits = len(shapes[0]) == 2 and value.shape == shapes[0][:1] and shapes[0][1] > 1
        elif value.op == "accumulate":
            fits = shapes == [value.shape] and len(value.shape) == 2
        elif value.op == "segment":
            starts = list(value.detail[1:])
            fits = value.shape == (len(starts),) and len(shapes[0]) == 1 and starts[0] == 0
            fits = fits and sorted(set(starts)) == starts and starts[-1] < shapes[0][0]
        elif value.op == "batch_sum":
            fits = shapes == [value.shape]
        else:
            fits = not shapes and (value.op != "input" or value.size == len(value.detail))
        _hold(fits, "V2", value)

    def _lanes(self, value: Value) -> None:
        over = value.op == "batch_sum" or (value.op == "contract" and value.detail)
        operands = any(self.batched[x].any() for x in value.reads)
        if over:
            _hold(operands and not value.batched, "V3", value)
        elif value.op != "input":
            _hold(value.batched == operands, "V3", value)
