"""The tape on which a pass writes values: what is the same is written once, and constants have an element each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ... import primitives as p
from .. import conditions as c
from ..ir.array import ArrayGraph, Value
from ..ir.ops import KERNELS, hands_nothing_on
from ..layout.affine import nest
from .symbols import Symbol, composite

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ...primitives import Primitive
    from ..ir.array import Array, Elements, Operand

SMALL = 64
"""Of so few numbers a set is made sooner than NumPy sorts them."""
LARGE = 1 << 20
"""The code of three elements of a larger tape does not fit an integer."""


class Tape:
    """Values so far.

    Args:
        exact: whether derivatives tell what is absent from what is 0; see :mod:`autograd.compiler.masked`.

    Attributes:
        values: in the order in which they were written.
        numbers: the number of each element that is a constant.
        absent: the element that is not there, -1 until it is asked for.
        owner: the index of the value of each element, -1 for a constant.
        batched: whether each element differs from lane to lane.
        active: whether each element may need a cotangent.
        constant: whether each element is a constant.
        has_lanes: whether any element differs from lane to lane.
        doubtful: whether something absent has been read as 0, so that a nan may be wrong.
    """

    def __init__(self, exact: bool = False) -> None:
        import numpy as np

        self.np = np
        self.exact = exact
        self.doubtful = False
        self.has_lanes = False
        self.values: list[Value] = []
        self.size = 0
        self.numbers: dict[int, float] = {}
        self.absent = -1
        self.owner = np.full(1024, -1)
        self.batched = np.zeros(1024, bool)
        self.active = np.zeros(1024, bool)
        self.constant = np.zeros(1024, bool)
        self._constants: dict[bytes, int] = {}
        self._known: dict[Any, Elements] = {}
        self._singles: dict[str, Elements] = {}

    # --- elements ----------------------------------------------------------------------------

    def _grow(self, count: int) -> int:
        """The first of new elements."""
        start = self.size
        self.size += count
        while self.size > len(self.owner):
            more = len(self.owner)
            self.owner = self.np.concatenate([self.owner, self.np.full(more, -1)])
            for name in ("batched", "active", "constant"):
                flags = getattr(self, name)
                setattr(self, name, self.np.concatenate([flags, self.np.zeros(more, bool)]))
        return start

    def constant_element(self, number: float) -> int:
        """The element of a constant, one for each pattern of bits."""
        key = self.np.float64(number).tobytes()
        found = self._constants.get(key)
        if found is None:
            found = self._constants[key] = self._grow(1)
            self.numbers[found] = float(number)
            self.constant[found] = True
        return found

    def absent_element(self) -> int:
        """The element that reads 0 and is not there."""
        if self.absent < 0:
            self.absent = self._grow(1)
            self.numbers[self.absent] = 0.0
            self.constant[self.absent] = True
        return self.absent

    def filled(self, operand: Operand, count: int) -> Elements:
        """An operand as elements, side by side."""
        if isinstance(operand, float):
            return self.np.full(count, self.constant_element(operand))
        return operand

    def operand(self, elements: Operand) -> Operand:
        """Elements as an operand of a mapped row: one constant is a float."""
        if isinstance(elements, float):
            return elements
        first = elements[0]
        if self.constant[first] and (elements == first).all():
            return self.numbers[int(first)]
        return elements

    def owners(self, elements: Elements) -> list[int]:
        """The indices of the values that elements belong to, ascending; -1 for constants."""
        low, high = int(elements.min()), int(elements.max())
        if self.owner[low] == self.owner[high] >= 0:  # a value is an interval
            return [int(self.owner[low])]
        return distinct(self.np, self.owner[elements])

    def are_leaves(self, elements: Elements) -> bool:
        """Whether elements are leaves, all of them."""
        owner = self.owner[elements.flat[0]]  # most are told by the first
        if owner < 0 or self.values[owner].op != "input":
            return False
        return all(i >= 0 and self.values[i].op == "input" for i in self.owners(elements))

    def _flags(self, operands: Iterable[Operand]) -> tuple[bool, bool]:
        """Whether something in operands is batched, and active."""
        batched = active = False
        for x in operands:
            if not isinstance(x, float):
                batched = batched or (self.has_lanes and bool(self.batched[x].any()))
                active = active or bool(self.active[x].any())
        return batched, active

    # --- values ------------------------------------------------------------------------------

    def append(
        self,
        op: Primitive | str,
        args: tuple[Operand, ...],
        shape: tuple[int, ...],
        batched: bool,
        active: bool,
        detail: Any = None,
    ) -> Elements:
        """Write a value, unless it is there yet; its elements."""
        np = self.np
        key: Any = None
        if args:
            key = self._key(op, args, detail)
            if key in self._known:
                return self._known[key]
        base = self._grow(math.prod(shape))
        span = slice(base, self.size)
        self.owner[span] = len(self.values)
        self.batched[span] = batched
        self.has_lanes = self.has_lanes or batched
        self.active[span] = active
        self.values.append(Value(op, args, shape, base, batched, detail))
        found = np.arange(base, self.size).reshape(shape)
        if key is not None:
            self._known[key] = found
        return found

    @classmethod
    def resumed(cls, graph: ArrayGraph, wanted: Collection[int], exact: bool = False) -> Tape:
        """The tape that a graph was written on, to go on.

        Args:
            graph: the graph.
            wanted: the ids of the leaves that are differentiated by; what they flow into is active.
            exact: whether derivatives tell what is absent from what is 0.
        """
        tape = cls(exact)
        tape.doubtful = graph.doubtful
        tape._grow(graph.size)
        tape.numbers = dict(graph.numbers)
        tape.absent = graph.absent
        chosen = set(wanted)
        for element, number in tape.numbers.items():
            tape.constant[element] = True
            if element != tape.absent:
                tape._constants[tape.np.float64(number).tobytes()] = element
        for value in graph.values:
            span = slice(value.base, value.stop)
            tape.owner[span] = len(tape.values)
            tape.values.append(value)
            tape.batched[span] = value.batched
            tape.has_lanes = tape.has_lanes or value.batched
            if value.op == "input":
                tape.active[span] = [identity in chosen for identity in value.detail]
            else:
                active = any(tape.active[x].any() for x in value.reads)
                tape.active[span] = active and _hands_on(value.op)
            if value.args:
                tape._known[tape._key(value.op, value.args, value.detail)] = value.elements
        return tape

    def _key(self, op: Primitive | str, args: Sequence[Operand], detail: Any) -> Any:
        """What tells one operation on the same operands from all others."""
        # A number by its bits: -0.0 is not 0.0, and nan is itself.
        known = [x.hex() if isinstance(x, float) else (x.shape, x.tobytes()) for x in args]
        return op, *known, detail

    def input(self, ids: Sequence[int], batched: bool) -> Elements:
        """Leaves."""
        return self.append("input", (), (len(ids),), batched, False, tuple(ids))

    def lanes(self, count: int) -> Elements:
        """How many lanes there are, as many times as asked for."""
        return self._single("lanes", count)

    def seed(self) -> Elements:
        """The cotangent to begin with."""
        return self._single("seed", 1)

    def _single(self, op: str, count: int) -> Elements:
        if op not in self._singles:
            self._singles[op] = self.append(op, (), (1,), False, False)
        return self.np.repeat(self._singles[op], count)

    def map(self, row: Primitive, operands: Sequence[Operand], count: int) -> Operand:
        """A row applied to operands side by side, or to numbers."""
        args = [self.operand(x) for x in operands]
        arrays = [x for x in args if not isinstance(x, float)]
        if not arrays:
            return row.forward(*args)
        if row is p.mul and len(arrays) == 1 and 1.0 in _numbers(args):
            return arrays[0]
        np = self.np
        if row is c.both and np.array_equal(args[0], args[1]):
            return args[0]
        if row is p.where:
            condition, a, b = args
            if isinstance(condition, float):
                return a if condition else b
            if np.array_equal(a, b):
                return a
        kept = self._distinct(arrays, count)
        if kept is not None:
            first, inverse = kept
            chosen = [x if isinstance(x, float) else x[first] for x in args]
            found = self.map(row, chosen, len(first))
            return found if isinstance(found, float) else found[inverse]
        order = self._as_leaves_stand(arrays)
        if order is not None:
            found = self.map(row, [x if isinstance(x, float) else x[order] for x in args], count)
            return found if isinstance(found, float) else found[np.argsort(order)]
        batched, active = self._flags(args)
        return self.append(row, tuple(args), (count,), batched, active and _hands_on(row))

    def _distinct(self, arrays: Sequence[Elements], count: int) -> tuple[Array, Array] | None:
        """Where what is computed from operands comes first, and which each is; None if most come once."""
        np = self.np
        if count < 2 or any((x[1:] > x[:-1]).all() for x in arrays):
            return None
        code = arrays[0].astype(np.int64)
        for x in arrays[1:]:
            if self.size > LARGE:
                code = np.unique(code, return_inverse=True)[1]
            code = code * self.size + x
        _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
        if 2 * len(first) > count:
            return None
        order = np.argsort(first)  # as they come
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return first[order], rank[inverse]

    def _as_leaves_stand(self, arrays: Sequence[Elements]) -> Array | None:
        """The order in which operands of leaves, which stay where they are, become views; None if there is none or one is one."""
        leaves = [x for x in arrays if self.are_leaves(x)]
        if not leaves or any(nest(x[None]) is not None for x in leaves):
            return None
        order = self.np.argsort(leaves[0], kind="stable")
        return order if all(nest(x[order][None]) is not None for x in leaves) else None

    def rule(self, row: Primitive, operands: Sequence[Operand], count: int) -> Operand:
        """A row applied side by side, by rows that are kernels."""
        args = [self.operand(x) for x in operands]
        if row is c.same or row is c.detach:
            return args[0]
        if row is p.relu:
            return self.map(p.maximum, [args[0], 0.0], count)
        if row is p.pow_ and not isinstance(args[0], float):
            special = self._power(args[0], args[1], count)
            if special is not None:
                return special
        if row in KERNELS:
            return self.map(row, args, count)
        found = composite(row)(*[self.symbol(x, count) for x in args])
        return found.operand if isinstance(found, Symbol) else float(found)

    def _power(self, x: Elements, exponent: Operand, count: int) -> Operand | None:
        """Powers that are computed in another way than by the kernel."""
        if not isinstance(exponent, float):
            return None
        if exponent in {2.0, 3.0}:
            square = self.map(p.mul, [x, x], count)
            return square if exponent == 2.0 else self.map(p.mul, [square, x], count)
        if exponent == 0.5:
            # NumPy makes a square root of it, which is nan at -inf, where a power is inf.
            ends = self.map(c.equal, [x, -math.inf], count)
            return self.map(p.pow_, [self.map(p.where, [ends, math.inf, x], count), 0.5], count)
        return None

    def symbol(self, operand: Operand, count: int) -> Any:
        """What a rule is to be called with."""
        return operand if isinstance(operand, float) else Symbol(self, operand, count)

    def reduce(self, kind: str, matrix: Elements) -> Elements:
        """The sum, product or maximum along the rows of a matrix of elements."""
        rows, columns = matrix.shape
        if columns == 1:
            return matrix[:, 0]
        batched, active = self._flags([matrix])
        return self.append("reduce", (matrix,), (rows,), batched, active, kind)

    def accumulate(self, kind: str, matrix: Elements) -> Elements:
        """The sums, products, maxima or minima so far along the rows of a matrix, a matrix."""
        batched, active = self._flags([matrix])
        return self.append("accumulate", (matrix,), matrix.shape, batched, active, kind)

    def segment(self, kind: str, line: Elements, starts: Sequence[int]) -> Elements:
        """The sums, products or maxima of stretches of a line that begin at ``starts``."""
        batched, active = self._flags([line])
        detail = (kind, *map(int, starts))
        return self.append("segment", (line,), (len(starts),), batched, active, detail)

    def contract(self, a: Elements, b: Elements, over: bool = False) -> Elements:
        """Of (batches, m, terms) and (batches, n, terms) the inner products, (batches, m, n).

        Args:
            a: elements.
            b: elements.
            over: whether they are summed over the lanes, too.
        """
        (batched_a, active_a), (batched_b, active_b) = self._flags([a]), self._flags([b])
        if over and not (batched_a and batched_b):  # what is the same in all lanes is a factor
            if batched_a:
                a = self.batch_sum(a.ravel()).reshape(a.shape)
            if batched_b:
                b = self.batch_sum(b.ravel()).reshape(b.shape)
            return self.contract(a, b)
        shape = (a.shape[0], a.shape[1], b.shape[1])
        batched = (batched_a or batched_b) and not over
        return self.append("contract", (a, b), shape, batched, active_a or active_b, over)

    def batch_sum(self, line: Elements) -> Elements:
        """The sum over the lanes; what is the same in all of them must not be among it, but for 0 that is absent."""
        batched = self.batched[line]
        if batched.all():
            return self.append("batch_sum", (line,), line.shape, False, self._flags([line])[1])
        found = line.copy()
        if batched.any():
            found[batched] = self.batch_sum(line[batched])
        rest = ~batched & (line != self.absent)
        if rest.any():
            count = int(rest.sum())
            each = self.map(p.mul, [line[rest], self.lanes(count)], count)
            found[rest] = self.filled(each, count)
        return found

    # --- the end -----------------------------------------------------------------------------

    def graph(self, outputs: Elements, gradients: Elements) -> ArrayGraph:
        """What was written, less what no result needs."""
        needed = self.np.zeros(self.size, bool)
        needed[outputs] = True
        needed[gradients] = True
        kept = []
        for value in reversed(self.values):
            if value.op == "input" or needed[value.base : value.stop].any():
                kept.append(value)
                for elements in value.reads:
                    needed[elements] = True
        return ArrayGraph(
            kept[::-1], self.size, self.numbers, self.absent, outputs, gradients, self.doubtful
        )


def distinct(np: Any, numbers: Array) -> list[int]:
    """The numbers of an array, each once, ascending."""
    if numbers.size <= SMALL:
        return sorted(set(numbers.ravel().tolist()))
    found: list[int] = np.unique(numbers).tolist()
    return found


def _numbers(args: Sequence[Operand]) -> list[float]:
    return [x for x in args if isinstance(x, float)]


def _hands_on(op: Primitive | str) -> bool:
    """Whether an operation has a derivative by some operand."""
    return isinstance(op, str) or not hands_nothing_on(op)
